//! The price of a program's bytes: every activation raises it, time lets it fall.

use revm::primitives::U256;

use super::{
    layout::DATA_PRICER,
    storage::{Slots, StateError, Storage},
};

/// 100 percent in basis points.
const ONE_BIPS: u64 = 10_000;
/// Terms of the series that stands for the exponential.
const EXP_TERMS: u64 = 12;

/// Arbitrum's first second: times in the programs table count from here.
pub(crate) const ARBITRUM_START: u64 = 1_421_388_000;

/// Demand the price forgets in a second, bytes: 2^40 a year.
const INITIAL_BYTES_PER_SECOND: u64 = (1 << 40) / (365 * 24) / 3600;
/// Wei for a byte without demand.
const INITIAL_MIN_PRICE: u64 = 82_928_201;
/// Demand that multiplies the price by e, bytes.
const INITIAL_INERTIA: u64 = 21_360_419;

const DEMAND: u64 = 0;
const BYTES_PER_SECOND: u64 = 1;
const LAST_UPDATE: u64 = 2;
const MIN_PRICE: u64 = 3;
const INERTIA: u64 = 4;

/// Writes the model a chain starts with.
pub(crate) fn initialize<S: Slots>(storage: &mut Storage<'_, S>) -> Result<(), StateError<S::Error>> {
    for (field, value) in [
        (BYTES_PER_SECOND, INITIAL_BYTES_PER_SECOND),
        (LAST_UPDATE, ARBITRUM_START),
        (MIN_PRICE, INITIAL_MIN_PRICE),
        (INERTIA, INITIAL_INERTIA),
    ] {
        storage.set(DATA_PRICER.at(field), U256::from(value))?;
    }
    Ok(())
}

/// Adds `bytes` of demand at `time` (seconds) and answers their fee in wei.
pub(crate) fn charge<S: Slots>(storage: &mut Storage<'_, S>, bytes: u32, time: u64) -> Result<U256, StateError<S::Error>> {
    let mut read = |field| storage.get(DATA_PRICER.at(field)).map(|value| value.saturating_to::<u64>());
    let demand = narrow(read(DEMAND)?);
    let bytes_per_second = narrow(read(BYTES_PER_SECOND)?);
    let last_update = read(LAST_UPDATE)?;
    let min_price = narrow(read(MIN_PRICE)?);
    let inertia = narrow(read(INERTIA)?);

    let passed = narrow(time.saturating_sub(last_update));
    let credit = bytes_per_second.saturating_mul(passed);
    let demand = demand.saturating_sub(credit).saturating_add(bytes);
    storage.set(DATA_PRICER.at(DEMAND), U256::from(demand))?;
    storage.set(DATA_PRICER.at(LAST_UPDATE), U256::from(time))?;
    Ok(U256::from(price_per_byte_down(demand, min_price, inertia).saturating_mul(bytes.into())))
}

/// Wei for a byte at `demand`, rounded down.
fn price_per_byte_down(demand: u32, min_price: u32, inertia: u32) -> u64 {
    let exponent = ONE_BIPS * u64::from(demand) / u64::from(inertia.max(1));
    u64::from(min_price).saturating_mul(exp_bips(exponent)) / ONE_BIPS
}

/// e^x in basis points for x in basis points, by the first terms of its series, rounding down at
/// each of them. Saturates.
fn exp_bips(x: u64) -> u64 {
    let last = ONE_BIPS.saturating_add(x / EXP_TERMS);
    (1..EXP_TERMS).rev().fold(last, |sum, term| ONE_BIPS.saturating_add(sum.saturating_mul(x) / (term * ONE_BIPS)))
}

fn narrow(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use revm::primitives::HashMap;

    use super::*;
    use crate::arbos::storage::Meter;

    /// The assembly estimate of the sample counter.
    const COUNTER: u32 = 745_717;

    fn fees(charges: &[(u32, u64)]) -> Vec<u64> {
        let mut slots = HashMap::default();
        let mut meter = Meter::free();
        let mut storage = Storage::new(&mut slots, &mut meter);
        initialize(&mut storage).unwrap();
        let mut fee = |&(bytes, time)| charge(&mut storage, bytes, time).unwrap().to::<u64>();
        charges.iter().map(&mut fee).collect()
    }

    #[test]
    fn the_first_fee_is_the_reference_one() {
        assert_eq!(exp_bips(349), 10_355);
        assert_eq!(fees(&[(COUNTER, 1_700_000_000)]), [64_036_323_572_984]);
    }

    #[test]
    fn demand_raises_the_fee_and_time_lowers_it() {
        let fees = fees(&[
            (COUNTER, 1_700_000_000),
            (COUNTER, 1_700_000_000),
            (COUNTER, 1_700_000_000 + 10),
            (COUNTER, 1_700_000_000 + 1_000),
            (COUNTER, 0),
        ]);
        let second = u64::from(COUNTER) * (82_928_201 * exp_bips(698) / 10_000);
        assert_eq!(fees[1], second);
        // 348650 bytes are forgotten in ten seconds, all of them in a thousand.
        let third = 2 * COUNTER - 348_650 + COUNTER;
        assert_eq!(fees[2], u64::from(COUNTER) * price_per_byte_down(third, 82_928_201, 21_360_419));
        assert_eq!(fees[3], fees[0]);
        assert_eq!(fees[4], fees[1], "time that runs backwards forgets nothing");
    }

    #[test]
    fn extremes_saturate() {
        assert_eq!(exp_bips(0), ONE_BIPS);
        assert!(exp_bips(u64::MAX) > 1 << 40);
        assert!(price_per_byte_down(u32::MAX, u32::MAX, 0) > 0);
    }

    #[test]
    fn a_charge_reads_five_slots_and_writes_two() {
        let mut slots = HashMap::default();
        initialize(&mut Storage::new(&mut slots, &mut Meter::free())).unwrap();
        let mut meter = Meter::new(5 * 800 + 2 * 20_000);
        charge(&mut Storage::new(&mut slots, &mut meter), COUNTER, 1_700_000_000).unwrap();
        assert_eq!(meter.left(), 0);
    }
}
