//! 256-bit arithmetic that would be long in 32-bit code. Words are big endian, results replace the
//! first operand, division by zero gives zero.

use alloy_primitives::U256;

use super::{Hosted, Hostio};
use crate::price::host::{ADD_MOD, CALL, DIV, MUL_MOD, POINTER, pow};

impl Hostio<'_> {
    pub(crate) fn math_div(&mut self, a: u32, b: u32) -> Hosted<()> {
        self.binary(a, b, |x, y| x.checked_div(y).unwrap_or_default())
    }

    pub(crate) fn math_mod(&mut self, a: u32, b: u32) -> Hosted<()> {
        self.binary(a, b, |x, y| x.checked_rem(y).unwrap_or_default())
    }

    pub(crate) fn math_pow(&mut self, a: u32, exponent: u32) -> Hosted<()> {
        self.pay(CALL + 3 * POINTER)?;
        let (base, power) = (self.read_u256(a)?, self.read_u256(exponent)?);
        self.pay(pow(&power.to_be_bytes()))?;
        self.finish(a, &[base, power], base.wrapping_pow(power))
    }

    pub(crate) fn math_add_mod(&mut self, a: u32, b: u32, modulus: u32) -> Hosted<()> {
        self.modular(ADD_MOD, [a, b, modulus], U256::add_mod)
    }

    pub(crate) fn math_mul_mod(&mut self, a: u32, b: u32, modulus: u32) -> Hosted<()> {
        self.modular(MUL_MOD, [a, b, modulus], U256::mul_mod)
    }

    fn binary(&mut self, a: u32, b: u32, op: fn(U256, U256) -> U256) -> Hosted<()> {
        self.pay(CALL + 3 * POINTER + DIV)?;
        let (x, y) = (self.read_u256(a)?, self.read_u256(b)?);
        self.finish(a, &[x, y], op(x, y))
    }

    fn modular(&mut self, price: u64, at: [u32; 3], op: fn(U256, U256, U256) -> U256) -> Hosted<()> {
        self.pay(CALL + 4 * POINTER + price)?;
        let (x, y, z) = (self.read_u256(at[0])?, self.read_u256(at[1])?, self.read_u256(at[2])?);
        self.finish(at[0], &[x, y, z], op(x, y, z))
    }

    fn finish(&mut self, dest: u32, operands: &[U256], result: U256) -> Hosted<()> {
        let result = result.to_be_bytes::<32>();
        self.write(dest, &result)?;
        if self.run.tracing {
            let operands: Vec<_> = operands.iter().map(|x| x.to_be_bytes::<32>()).collect();
            self.trace.args = operands.concat();
            self.trace.outs = result.to_vec();
        }
        Ok(())
    }
}
