//! Ink prices. Ink is the VM's unit of work; a chain's `ink_price` says how much of it one gas
//! buys (10,000 by default).
//!
//! Values are the reference's tables for Stylus versions 1 and 2, which share them.

use wasmparser::Operator;

/// Charged for every basic block beside its operators: the price of the check itself.
pub(crate) const BLOCK_HEADER: u64 = 2450;
/// Ink per byte of `memory.fill` and `memory.copy`, beside their operator price.
pub(crate) const BULK_BYTE: u64 = 100;
/// Price of operators that are accepted but can never be paid (float constants, loads, stores and
/// reinterpretations): a block that holds one always runs out of ink.
pub(crate) const UNPAYABLE: u64 = u64::MAX;

/// Price of one operator, or nothing if a program may not contain it. `params_of` gives the number
/// of parameters of a function type.
pub(crate) fn operator(op: &Operator<'_>, params_of: impl Fn(u32) -> usize) -> Option<u64> {
    use Operator::*;
    Some(match op {
        Unreachable | Return | Nop | Block { .. } | Loop { .. } | Else | End => 1,
        I32Const { .. } | I64Const { .. } => 1,
        Drop => 9,
        Br { .. } | BrIf { .. } | If { .. } => 765,
        BrTable { targets } => 2400 + 325 * u64::from(targets.len()),
        Call { .. } => 3800,
        CallIndirect { type_index, .. } => 13_610 + 650 * params_of(*type_index) as u64,
        Select => 1250,
        LocalGet { .. } | LocalTee { .. } => 75,
        LocalSet { .. } => 210,
        GlobalGet { .. } => 225,
        GlobalSet { .. } => 575,
        MemorySize { .. } => 3000,
        MemoryGrow { .. } => 8050,
        MemoryCopy { .. } | MemoryFill { .. } => 950,
        I32WrapI64 | I64ExtendI32S | I64ExtendI32U => 100,
        I32Extend8S | I32Extend16S | I64Extend8S | I64Extend16S | I64Extend32S => 100,
        _ => {
            return memory_access(op).or_else(|| integer(op)).or_else(|| unpayable(op));
        }
    })
}

fn memory_access(op: &Operator<'_>) -> Option<u64> {
    use Operator::*;
    Some(match op {
        I32Load { .. } | I32Load8S { .. } | I32Load8U { .. } => 670,
        I32Load16S { .. } | I32Load16U { .. } => 670,
        I64Load { .. } | I64Load8S { .. } | I64Load8U { .. } | I64Load16S { .. } => 680,
        I64Load16U { .. } | I64Load32S { .. } | I64Load32U { .. } => 680,
        I32Store { .. } | I32Store8 { .. } | I32Store16 { .. } => 825,
        I64Store { .. } | I64Store8 { .. } | I64Store16 { .. } | I64Store32 { .. } => 950,
        _ => return None,
    })
}

fn integer(op: &Operator<'_>) -> Option<u64> {
    use Operator::*;
    Some(match op {
        I32Eqz | I32Eq | I32Ne | I32LtS | I32LtU | I32GtS | I32GtU => 170,
        I32LeS | I32LeU | I32GeS | I32GeU => 170,
        I64Eqz | I64Eq | I64Ne | I64LtS | I64LtU | I64GtS | I64GtU => 225,
        I64LeS | I64LeU | I64GeS | I64GeU => 225,
        I32Clz | I32Ctz | I64Clz | I64Ctz => 210,
        I32Add | I32Sub | I32And | I32Or | I32Xor => 70,
        I32Shl | I32ShrS | I32ShrU | I32Rotl | I32Rotr => 70,
        I64Add | I64Sub | I64And | I64Or | I64Xor => 100,
        I64Shl | I64ShrS | I64ShrU | I64Rotl | I64Rotr => 100,
        I32Mul | I64Mul => 160,
        I32DivS | I32DivU | I32RemS | I32RemU => 1120,
        I64DivS | I64DivU | I64RemS | I64RemU => 1270,
        I32Popcnt => 2650,
        I64Popcnt => 6000,
        _ => return None,
    })
}

fn unpayable(op: &Operator<'_>) -> Option<u64> {
    use Operator::*;
    match op {
        F32Const { .. } | F64Const { .. } => Some(UNPAYABLE),
        F32Load { .. } | F64Load { .. } | F32Store { .. } | F64Store { .. } => Some(UNPAYABLE),
        I32ReinterpretF32 | I64ReinterpretF64 | F32ReinterpretI32 | F64ReinterpretI64 => Some(UNPAYABLE),
        _ => None,
    }
}

/// True if a basic block ends with this operator. `block` and `unreachable` do not end one.
pub(crate) fn ends_block(op: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        op,
        End | Else
            | Return
            | Loop { .. }
            | Br { .. }
            | BrTable { .. }
            | BrIf { .. }
            | If { .. }
            | Call { .. }
            | CallIndirect { .. }
    )
}

/// True if nobody outside of a function can tell how much ink is left when this operator runs: it
/// cannot trap and calls nothing. Whether it leaves the function is another question.
pub(crate) fn is_silent(op: &Operator<'_>) -> bool {
    use Operator::*;
    match op {
        I32DivS | I32DivU | I32RemS | I32RemU | I64DivS | I64DivU | I64RemS | I64RemU => false,
        Nop | Block { .. } | Loop { .. } | If { .. } | Else | End | Br { .. } | BrIf { .. } => true,
        I32Const { .. } | I64Const { .. } | Drop | Select | MemorySize { .. } => true,
        LocalGet { .. } | LocalSet { .. } | LocalTee { .. } | GlobalGet { .. } | GlobalSet { .. } => true,
        I32WrapI64 | I64ExtendI32S | I64ExtendI32U => true,
        I32Extend8S | I32Extend16S | I64Extend8S | I64Extend16S | I64Extend32S => true,
        other => integer(other).is_some(),
    }
}

/// Prices of host calls, in ink unless the name says gas.
pub(crate) mod host {
    /// Every host call.
    pub(crate) const CALL: u64 = 8400;
    /// Every pointer argument of 20 or 32 bytes.
    pub(crate) const POINTER: u64 = 5040;
    /// Every question to the chain.
    pub(crate) const API: u64 = 59_673;
    /// `math_div` and `math_mod`.
    pub(crate) const DIV: u64 = 20_000;
    /// `math_add_mod`.
    pub(crate) const ADD_MOD: u64 = 21_000;
    /// `math_mul_mod`.
    pub(crate) const MUL_MOD: u64 = 24_100;

    /// Gas a program must have before it may load a slot: a cold load and the longest surcharge.
    pub(crate) const SLOAD_GAS_NEEDED: u64 = 2100 + 10;
    /// Gas of the EIP-2200 sentry, asked for by cached stores and flushes.
    pub(crate) const SSTORE_SENTRY_GAS: u64 = 2300;
    /// Gas a program must have before it may store to the cache: the sentry and the longest surcharge.
    pub(crate) const SCACHE_GAS_NEEDED: u64 = SSTORE_SENTRY_GAS + 10;
    /// Gas a program must have before it may look at an account.
    pub(crate) const COLD_ACCOUNT_GAS: u64 = 2600;
    /// Gas of a transient load or store.
    pub(crate) const TRANSIENT_GAS: u64 = 100;
    /// Gas of a log and of each of its topics.
    pub(crate) const LOG_GAS: u64 = 375;
    /// Gas of a byte of log data.
    pub(crate) const LOG_BYTE_GAS: u64 = 8;

    /// Bytes covered by the fixed part of the per-byte prices below.
    const FREE_BYTES: u64 = 32;

    /// Writing `len` bytes into a program's memory.
    pub(crate) fn write(len: usize) -> u64 {
        5040 + 30 * (len as u64).saturating_sub(FREE_BYTES)
    }

    /// Reading `len` bytes out of a program's memory.
    pub(crate) fn read(len: u32) -> u64 {
        16_381 + 55 * u64::from(len).saturating_sub(FREE_BYTES)
    }

    /// Hashing `len` bytes.
    pub(crate) fn keccak(len: u32) -> u64 {
        121_800 + 21_000 * u64::from(len).div_ceil(32).saturating_sub(2)
    }

    /// Raising to `exponent` (big endian): a part for each significant byte and one more.
    pub(crate) fn pow(exponent: &[u8; 32]) -> u64 {
        let zeroes = exponent.iter().take_while(|byte| **byte == 0).count() as u64;
        3000 + 17_500 * (33 - zeroes)
    }

    /// Gas surcharge of the `n`-th storage load of a run, counted from 1, hit or miss.
    pub(crate) fn load_surcharge_gas(n: u64) -> u64 {
        match n {
            0..=32 => 0,
            33..=128 => 2,
            _ => 10,
        }
    }

    /// Gas surcharge of the `n`-th store to the storage cache of a run, counted from 1.
    pub(crate) fn store_surcharge_gas(n: u64) -> u64 {
        match n {
            0..=8 => 0,
            9..=64 => 7,
            _ => 10,
        }
    }
}
