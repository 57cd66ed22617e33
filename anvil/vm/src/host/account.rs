//! Looking at other accounts.

use alloy_primitives::{Address, Bytes};

use super::{Hosted, Hostio, charged};
use crate::price::host::{API, CALL, COLD_ACCOUNT_GAS, POINTER, write};

impl Hostio<'_> {
    pub(crate) fn account_balance(&mut self, address: u32, dest: u32) -> Hosted<()> {
        self.pay(CALL + 2 * POINTER + API)?;
        self.need_gas(COLD_ACCOUNT_GAS)?;
        let address = self.read_address(address)?;
        let answer = self.api.balance(address);
        let balance = charged(self, answer)?.to_be_bytes::<32>();
        self.write(dest, &balance)?;
        self.note(&[address.as_slice()], &[&balance]);
        Ok(())
    }

    pub(crate) fn account_codehash(&mut self, address: u32, dest: u32) -> Hosted<()> {
        self.pay(CALL + 2 * POINTER + API)?;
        self.need_gas(COLD_ACCOUNT_GAS)?;
        let address = self.read_address(address)?;
        let answer = self.api.code_hash(address);
        let hash = charged(self, answer)?;
        self.write(dest, hash.as_slice())?;
        self.note(&[address.as_slice()], &[hash.as_slice()]);
        Ok(())
    }

    /// Copies a part of an account's code. The whole code is paid for, whatever the part.
    pub(crate) fn account_code(&mut self, address: u32, offset: u32, size: u32, dest: u32) -> Hosted<u32> {
        self.pay(CALL + API)?;
        self.need_gas(COLD_ACCOUNT_GAS)?;
        let address = self.read_address(address)?;
        let code = self.code(address)?;
        self.pay(write(code.len()))?;
        let rest = code.get(offset as usize..).unwrap_or_default();
        let part = &rest[..rest.len().min(size as usize)];
        self.write(dest, part)?;
        self.note(&[address.as_slice(), &offset.to_be_bytes(), &size.to_be_bytes()], &[part]);
        Ok(part.len() as u32)
    }

    pub(crate) fn account_code_size(&mut self, address: u32) -> Hosted<u32> {
        self.pay(CALL + API)?;
        self.need_gas(COLD_ACCOUNT_GAS)?;
        let address = self.read_address(address)?;
        let len = self.code(address)?.len() as u32;
        self.note(&[address.as_slice()], &[&len.to_be_bytes()]);
        Ok(len)
    }

    /// Code of an account, free if it is the one asked for last and there was any.
    fn code(&mut self, address: Address) -> Hosted<Bytes> {
        if let Some((last, code)) = &self.run.code
            && *last == address
        {
            return Ok(code.clone());
        }
        let answer = self.api.code(address);
        if let Ok(answer) = &answer
            && !answer.value.is_empty()
        {
            self.run.code = Some((address, answer.value.clone()));
        }
        charged(self, answer)
    }
}
