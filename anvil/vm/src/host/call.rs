//! Calls, creates, their return data, and logs.

use alloy_primitives::{B256, Bytes, U256};

use super::{Failure, Hosted, Hostio, Stop};
use crate::price::host::{API, CALL, LOG_BYTE_GAS, LOG_GAS, POINTER, read, write};
use crate::{CallKind, CallRequest, CreateRequest};

/// Topics a log may have.
const TOPICS_MAX: u32 = 4;
/// Bytes of a topic.
const TOPIC_BYTES: u32 = 32;
/// Status a program sees when its call failed.
const CALL_FAILED: u32 = 2;

/// Where a program has put the parts of a call.
struct CallPointers {
    to: u32,
    data: u32,
    len: u32,
    /// Absent where the kind of call sends no value.
    value: Option<u32>,
    gas: u64,
    ret_len: u32,
}

/// Where a program has put the parts of a create.
struct CreatePointers {
    code: u32,
    len: u32,
    endowment: u32,
    salt: Option<u32>,
    address: u32,
    revert_len: u32,
}

impl Hostio<'_> {
    pub(crate) fn call_contract(&mut self, to: u32, data: u32, len: u32, value: u32, gas: u64, ret_len: u32) -> Hosted<u32> {
        let value = Some(value);
        self.call(CallKind::Call, &CallPointers { to, data, len, value, gas, ret_len })
    }

    pub(crate) fn delegate_call_contract(&mut self, to: u32, data: u32, len: u32, gas: u64, ret_len: u32) -> Hosted<u32> {
        let value = None;
        self.call(CallKind::Delegate, &CallPointers { to, data, len, value, gas, ret_len })
    }

    pub(crate) fn static_call_contract(&mut self, to: u32, data: u32, len: u32, gas: u64, ret_len: u32) -> Hosted<u32> {
        let value = None;
        self.call(CallKind::Static, &CallPointers { to, data, len, value, gas, ret_len })
    }

    fn call(&mut self, kind: CallKind, at: &CallPointers) -> Hosted<u32> {
        self.pay(CALL + 3 * POINTER + API + 2 * read(at.len))?;
        let gas_left = self.gas_left();
        let gas_requested = at.gas.min(gas_left);
        let to = self.read_address(at.to)?;
        let input = self.read(at.data, at.len)?.to_vec();
        let value = at.value.map(|ptr| self.read_u256(ptr)).transpose()?;

        let request = CallRequest { kind, to, input: &input, value: value.unwrap_or_default(), gas_left, gas_requested };
        let result = self.api.call(request)?;
        self.pay_gas(result.gas)?;
        let len = result.data.len() as u32;
        self.run.return_data = result.data;
        self.write(at.ret_len, &len.to_le_bytes())?;

        let status = if result.success { 0 } else { CALL_FAILED };
        let value = value.map(|value| value.to_be_bytes::<32>());
        self.note(
            &[to.as_slice(), &at.gas.to_be_bytes(), value.as_ref().map_or(&[], |value| &value[..]), &input],
            &[&len.to_be_bytes(), &[status as u8]],
        );
        Ok(status)
    }

    pub(crate) fn create1(&mut self, code: u32, len: u32, endowment: u32, address: u32, revert_len: u32) -> Hosted<()> {
        let salt = None;
        let at = CreatePointers { code, len, endowment, salt, address, revert_len };
        self.create(CALL + 3 * POINTER + API, &at)
    }

    pub(crate) fn create2(
        &mut self,
        code: u32,
        len: u32,
        endowment: u32,
        salt: u32,
        address: u32,
        revert_len: u32,
    ) -> Hosted<()> {
        let salt = Some(salt);
        let at = CreatePointers { code, len, endowment, salt, address, revert_len };
        self.create(CALL + 4 * POINTER + API, &at)
    }

    fn create(&mut self, base: u64, at: &CreatePointers) -> Hosted<()> {
        self.pay(base + 2 * read(at.len))?;
        let code = self.read(at.code, at.len)?.to_vec();
        let endowment: U256 = self.read_u256(at.endowment)?;
        let salt = at.salt.map(|ptr| self.read_word(ptr)).transpose()?;

        let gas_left = self.gas_left();
        let request = CreateRequest { code: &code, endowment, salt, gas_left };
        let result = self.api.create(request)?;
        self.pay_gas(result.gas)?;
        let len = result.data.len() as u32;
        self.run.return_data = result.data;
        self.write(at.revert_len, &len.to_le_bytes())?;
        self.write(at.address, result.address.as_slice())?;
        self.note(
            &[&endowment.to_be_bytes::<32>(), salt.as_ref().map_or(&[], |salt| salt.as_slice()), &code],
            &[result.address.as_slice(), &len.to_be_bytes()],
        );
        Ok(())
    }

    /// Copies the part of the return data that exists; being outside of it is not an error.
    pub(crate) fn read_return_data(&mut self, dest: u32, offset: u32, size: u32) -> Hosted<u32> {
        self.pay(CALL + API)?;
        let data = self.run.return_data.clone();
        let rest = data.get(offset as usize..).unwrap_or_default();
        let part = &rest[..rest.len().min(size as usize)];
        self.pay(write(part.len()))?;
        if !part.is_empty() {
            self.write(dest, part)?;
        }
        self.note(&[&offset.to_be_bytes(), &size.to_be_bytes()], &[part]);
        Ok(part.len() as u32)
    }

    pub(crate) fn return_data_size(&mut self) -> Hosted<u32> {
        self.give_u32(|host| host.run.return_data.len() as u32)
    }

    pub(crate) fn emit_log(&mut self, data: u32, len: u32, topics: u32) -> Hosted<()> {
        self.pay(CALL + API)?;
        if topics > TOPICS_MAX || len < topics * TOPIC_BYTES {
            return Err(Stop::Failure(Failure::Topics { topics, len }));
        }
        let data_len = len - topics * TOPIC_BYTES;
        self.pay(read(len))?;
        self.pay_gas(LOG_GAS * u64::from(1 + topics) + LOG_BYTE_GAS * u64::from(data_len))?;

        let bytes = Bytes::copy_from_slice(self.read(data, len)?);
        let (head, _) = bytes.split_at((topics * TOPIC_BYTES) as usize);
        let topic_words = head.chunks_exact(TOPIC_BYTES as usize).map(B256::from_slice).collect();
        self.api.log(topic_words, bytes.slice(head.len()..))?;
        self.note(&[&topics.to_be_bytes(), &bytes], &[]);
        Ok(())
    }
}
