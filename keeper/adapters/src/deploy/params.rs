//! What a network starts with.

use std::collections::HashMap;

use alloy::primitives::{Address, B256, U256};
use cor_core::limits::{JURY_ANSWER_MIN_SECS, JURY_DEAD_SLOTS_MAX, JURY_EPOCH_MIN_SECS, JURY_REVEAL_MIN_SECS};
use cor_core::limits::{MODULE_DELAY_MAX_SECS, MODULE_DELAY_MIN_SECS};
use cor_core::task::jury::Times;
use cor_core::task::lane::LaneConfig;
use cor_core::task::{TermsError, in_range};
use cor_errors::{Coded, Entry, table::dpl};
use cor_sol::session_payment_table::ISessionPaymentTable::{ClassPrice, PriceVersion};

/// 1 COR in wei.
const COR: u128 = 1_000_000_000_000_000_000;
/// 1 COR in grains.
const COR_GRAINS: u64 = 1_000_000_000;

/// Which address of the parameters cannot be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// A keeper is the zero address, whose key nobody has.
    #[error("keeper {place} of {count} is the zero address")]
    ZeroKeeper {
        /// Its place among the keepers, from 1.
        place: usize,
        /// How many there are.
        count: usize,
    },
    /// The jury takes a proposal once.
    #[error("keeper {keeper} is named twice: as number {first} and as number {second} of {count}")]
    KeeperTwice {
        /// Who.
        keeper: Address,
        /// Its first place among the keepers, from 1.
        first: usize,
        /// Its second.
        second: usize,
        /// How many there are.
        count: usize,
    },
    /// The rest of lost bonds would go to the zero address, which the token does not pay.
    #[error("the treasury of the jury, which the rest of a lost bond goes to, is the zero address")]
    ZeroTreasury,
}

impl Coded for AddressError {
    fn entry(&self) -> &'static Entry {
        match self {
            Self::ZeroKeeper { .. } => &dpl::ZERO_KEEPER,
            Self::KeeperTwice { .. } => &dpl::KEEPER_TWICE,
            Self::ZeroTreasury => &dpl::ZERO_TREASURY,
        }
    }
}

/// A model and its price class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedModel {
    /// Number used on chain.
    pub identifier: u64,
    /// 0 light, 1 standard, 2 heavy.
    pub class: u8,
    /// Name, at most 32 ASCII characters.
    pub name: String,
}

/// Who names the lane's keepers and sets what its later tasks go by. For ever: a lane's governor never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Governor {
    /// The jury: a keeper posts a bond, and loses it for miners that were not drawn.
    Jury,
    /// Who deploys, for trials of the lane alone: keepers are named without a bond and bring whom they like, and nothing bounds the penalties that later
    /// tasks go by. The jury is there, but never opened: nobody can enrol, so nothing in it binds anybody.
    Deployer,
}

/// What a new network's jury is constructed with. None of it ever changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JuryParams {
    /// Bond of a keeper, COR wei: above 0. Too low and lying pays, by the measure in `docs/protocol/jury.md`; too high and few can be keepers.
    pub bond: U256,
    /// Length of an epoch, which has a roster and a secret of its own, seconds: [`cor_core::limits::JURY_EPOCH_MIN_SECS`] to
    /// [`cor_core::limits::JURY_EPOCH_MAX_SECS`]. Too short and a keeper's secrets cost a transaction a minute; too long and a node waits that long for its first
    /// task, and disputes come later.
    pub epoch_secs: u32,
    /// How long a keeper has to show a secret that is called for, seconds: [`cor_core::limits::JURY_REVEAL_MIN_SECS`] to
    /// [`cor_core::limits::JURY_REVEAL_MAX_SECS`]. Too short and whoever keeps transactions out takes honest bonds; too long and a liar serves on.
    pub reveal_secs: u32,
    /// How long a summoned node may answer, seconds: [`cor_core::limits::JURY_ANSWER_MIN_SECS`] to [`cor_core::limits::JURY_ANSWER_MAX_SECS`]. Too short and
    /// honest nodes are passed over; too long and one that is gone holds its tasks up until they expire.
    pub answer_secs: u32,
    /// How long after its submission a task can be disputed, seconds: what [`Times::check`] asks of the lane's longest task and the other times, to
    /// [`cor_core::limits::JURY_DISPUTE_MAX_SECS`] and [`cor_core::limits::SECRET_STEPS_MAX`] epochs less two. Too short and a lie outlives its bond; too long
    /// and bonds and slots are kept for nothing.
    pub dispute_secs: u32,
    /// For how many epochs a node that left a roster stays out of it: [`cor_core::limits::JURY_DEAD_SLOTS_MAX`] slots left in the time of a dispute at most, and
    /// [`cor_core::limits::JURY_ABSENCE_MAX_SECS`] at most. Too few and rosters fill with slots of nobody, so that draws are long or fail; too many and a restart
    /// costs a node its day.
    pub absence_epochs: u32,
    /// How long a proposed keeper waits once the jury is open, seconds: three to thirty days. Too short and who mistrusts it does not see it come; too long
    /// and keepers come late. Those of [`NetworkParams::keepers`] do not wait.
    pub delay_secs: u64,
    /// Where the rest of a lost bond goes, a wallet; `None` for who deploys.
    pub treasury: Option<Address>,
}

impl JuryParams {
    /// The times that the rules count by.
    #[must_use]
    pub const fn times(&self) -> Times {
        let Self { epoch_secs, reveal_secs, answer_secs, dispute_secs, absence_epochs, .. } = *self;
        Times { epoch_secs, reveal_secs, answer_secs, dispute_secs, absence_epochs }
    }

    /// Refuses what the contract would refuse when others are deployed already.
    ///
    /// # Errors
    /// [`TermsError::OutOfRange`], of the first that is wrong.
    pub fn check(&self) -> Result<(), TermsError> {
        self.times().check()?;
        in_range("delaySecs", self.delay_secs, MODULE_DELAY_MIN_SECS, MODULE_DELAY_MAX_SECS)?;
        in_range("bond", self.bond.saturating_to(), 1, u64::MAX)
    }

    /// Short epochs and answers, so that whoever tries a network waits for little; all that protects bonds as on a network of others.
    fn development() -> Self {
        let (epoch_secs, dispute_secs) = (JURY_EPOCH_MIN_SECS, 12 * 24 * 60 * 60_u32);
        let least_epochs = dispute_secs.div_ceil(epoch_secs * JURY_DEAD_SLOTS_MAX);
        Self {
            bond: U256::from(50_000_u64) * U256::from(COR),
            epoch_secs,
            reveal_secs: JURY_REVEAL_MIN_SECS,
            answer_secs: JURY_ANSWER_MIN_SECS,
            dispute_secs,
            // Whole hours.
            absence_epochs: least_epochs.next_multiple_of(60 * 60 / epoch_secs),
            delay_secs: MODULE_DELAY_MIN_SECS,
            treasury: None,
        }
    }
}

/// Parameters of a new network.
#[derive(Debug, Clone)]
pub struct NetworkParams {
    /// EIP-155 id.
    pub chain_id: u64,
    /// ERC-20 name, part of the EIP-712 domain.
    pub token_name: String,
    /// ERC-20 symbol.
    pub token_symbol: String,
    /// ERC-20 decimals.
    pub token_decimals: u8,
    /// Most tokens that can exist, wei.
    pub token_cap: U256,
    /// Stake of one node, wei.
    pub node_stake: U256,
    /// Between unbonding and withdrawal, seconds: [`cor_core::limits::UNBONDING_MIN_SECS`] at least. Too short and a node leaves before its offence is
    /// seen; too long and honest operators pay for it.
    pub unbonding_secs: u64,
    /// How long a new slasher, a new peer and a higher cap of Staking and NodePool wait, seconds: [`cor_core::limits::SLASHER_NOTICE_SECS`] more than
    /// `unbonding_secs` at least, so that whoever reads of a new slasher can have left before it acts, and thirty days at most. Too long and a broken
    /// slasher is not replaced.
    pub delay_secs: u64,
    /// Most that the lane slashes in a day, COR wei. Too low and misconduct at the end of a bad day is owed until the next; too high and a broken
    /// lane takes everybody's stake before it is closed.
    pub slash_cap: U256,
    /// How long a new module of the vault and a higher cap wait, seconds: three to thirty days. Too short and who reads of a module has no time to
    /// withdraw; too long and a broken one is not replaced. For ever.
    pub vault_delay_secs: u64,
    /// Most that accounts move into the lane in a day, less what they take back on the same day, COR wei. Too low and payers are refused until
    /// midnight UTC, by whoever came first; too high and a broken lane takes that much in before it is closed.
    pub vault_cap: U256,
    /// Between publishing a price and its effect, and how long a quote holds: one to seven days.
    pub price_delay_secs: u64,
    /// The keeper's share of its line for a task without a result, basis points: 10,000 at most. Too low and nobody serves doubtful tasks; too high
    /// and failing pays.
    pub no_result_gas_cap_bps: u16,
    /// Prices from the start.
    pub prices: PriceVersion,
    /// Models from the start.
    pub models: Vec<ListedModel>,
    /// Who may serve tasks: at once if who deploys governs the lane, and once it has posted its bond if the jury does.
    pub keepers: Vec<Address>,
    /// Who governs the lane.
    pub governor: Governor,
    /// Who must serve a task, and keepers' bonds.
    pub jury: JuryParams,
    /// Stake lost by silence that spoils an outcome, grains of 1e9 wei: [`cor_core::limits::LANE_PENALTY_MAX_GRAINS`] at most.
    pub no_reveal_penalty: u64,
    /// Stake lost by a signed reveal that does not open its commitment, or a second commitment, grains: as `no_reveal_penalty`, and no less than that.
    pub bad_reveal_penalty: u64,
    /// Oldest node software, major·1e6 + minor·1e3 + patch.
    pub min_node_version: u64,
}

impl NetworkParams {
    /// A network for development: the live network's stake, one light model.
    #[must_use]
    pub fn development(chain_id: u64, keepers: Vec<Address>, models: Vec<ListedModel>) -> Self {
        Self {
            chain_id,
            token_name: "Cortensor".to_owned(),
            token_symbol: "COR".to_owned(),
            token_decimals: 18,
            token_cap: U256::from(1_000_000_000_u64) * U256::from(COR),
            node_stake: U256::from(10_000_u64) * U256::from(COR),
            unbonding_secs: cor_core::limits::UNBONDING_MIN_SECS,
            delay_secs: cor_core::limits::UNBONDING_MIN_SECS + cor_core::limits::SLASHER_NOTICE_SECS,
            slash_cap: U256::from(100_000_u64) * U256::from(COR),
            vault_delay_secs: cor_core::limits::MODULE_DELAY_MIN_SECS,
            vault_cap: U256::from(1_000_000_u64) * U256::from(COR),
            price_delay_secs: cor_core::limits::PRICE_NOTICE_MIN_SECS,
            no_result_gas_cap_bps: 10_000,
            prices: default_prices(),
            models,
            keepers,
            governor: Governor::Jury,
            jury: JuryParams::development(),
            no_reveal_penalty: 100 * COR_GRAINS,
            bad_reveal_penalty: 1_000 * COR_GRAINS,
            min_node_version: 1_000,
        }
    }

    /// Refuses addresses that a contract would refuse when others are deployed already.
    ///
    /// # Errors
    /// [`AddressError`], of the first that is wrong.
    pub fn check_addresses(&self) -> Result<(), AddressError> {
        let count = self.keepers.len();
        let mut places = HashMap::new();
        for (place, keeper) in (1..).zip(&self.keepers) {
            if keeper.is_zero() {
                return Err(AddressError::ZeroKeeper { place, count });
            }
            if let Some(first) = places.insert(*keeper, place) {
                return Err(AddressError::KeeperTwice { keeper: *keeper, first, second: place, count });
            }
        }
        if self.jury.treasury.is_some_and(|treasury| treasury.is_zero()) {
            return Err(AddressError::ZeroTreasury);
        }
        Ok(())
    }

    /// What tasks go by from the start.
    #[must_use]
    pub const fn lane_config(&self) -> LaneConfig {
        LaneConfig {
            no_reveal: self.no_reveal_penalty,
            bad_reveal: self.bad_reveal_penalty,
            no_result_gas_cap_bps: self.no_result_gas_cap_bps,
            paused: false,
        }
    }
}

/// The prices a new network starts with, effective at once.
#[must_use]
pub fn default_prices() -> PriceVersion {
    let class = |base: u128| ClassPrice { base, step: base / 5, tool: base / 4, token: base / 5, validator: base / 2 };
    PriceVersion {
        effectiveAt: 0,
        classes: [class(COR / 10), class(COR / 2), class(2 * COR)],
        slaBps: [cor_core::limits::BPS, 12_500, 16_000],
        consensusBps: [cor_core::limits::BPS, 10_500, 11_000],
        priorityBps: [cor_core::limits::BPS, 12_000, 15_000],
        quorumStepBps: 100,
        networkFeeBps: 1_000,
        settlementGasBase: 200_000,
        settlementGasPerReplica: 100_000,
        gasPrice: 10_000_000_000,
        stakeRebateBps: [0, 100, 200, 400],
        volumeRebateBps: [0, 50, 100, 200],
    }
}

/// A name as bytes32: ASCII, left-aligned, cut at 32.
#[must_use]
pub fn model_name(name: &str) -> B256 {
    let mut word = [0; 32];
    for (slot, byte) in word.iter_mut().zip(name.bytes()) {
        *slot = byte;
    }
    B256::from(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lane takes what it is told: only here is a slip of the pen refused.
    #[test]
    fn what_tasks_go_by_is_within_its_bounds() {
        let good = NetworkParams::development(1, vec![], vec![]);
        assert_eq!(good.lane_config().check(), Ok(()));
        for bad in [
            NetworkParams { no_reveal_penalty: good.bad_reveal_penalty + 1, ..good.clone() },
            NetworkParams { bad_reveal_penalty: cor_core::limits::LANE_PENALTY_MAX_GRAINS + 1, ..good.clone() },
            NetworkParams { no_result_gas_cap_bps: 10_001, ..good.clone() },
        ] {
            assert!(bad.lane_config().check().is_err(), "{bad:?}");
        }
    }
    /// Before anything is deployed: the jury's constructor would refuse it when five contracts are there already.
    #[test]
    fn what_a_jury_goes_by_is_within_its_bounds() {
        let good = NetworkParams::development(1, vec![], vec![]).jury;
        assert_eq!(good.check(), Ok(()));
        let least = JuryParams { absence_epochs: good.absence_epochs - 60 * 60 / good.epoch_secs, ..good.clone() };
        for (bad, named) in [
            (JuryParams { bond: U256::ZERO, ..good.clone() }, "bond"),
            (JuryParams { epoch_secs: 59, ..good.clone() }, "epochSecs"),
            (JuryParams { reveal_secs: JURY_REVEAL_MIN_SECS - 1, ..good.clone() }, "revealSecs"),
            (JuryParams { answer_secs: 0, ..good.clone() }, "answerSecs"),
            (JuryParams { dispute_secs: cor_core::limits::LANE_END_MAX_SECS, ..good.clone() }, "disputeSecs"),
            (least, "absenceEpochs"),
            (JuryParams { delay_secs: MODULE_DELAY_MIN_SECS - 1, ..good.clone() }, "delaySecs"),
            (JuryParams { delay_secs: MODULE_DELAY_MAX_SECS + 1, ..good.clone() }, "delaySecs"),
        ] {
            let Err(TermsError::OutOfRange { field, .. }) = bad.check() else { panic!("{bad:?}") };
            assert_eq!(field, named, "{bad:?}");
        }
    }

    /// Before anything is deployed: the jury would refuse it when all others are there already.
    #[test]
    fn nobody_is_named_twice_and_nobody_is_zero() {
        let [first, second] = [1, 2].map(Address::repeat_byte);
        let named = |keepers: &[Address], treasury| {
            let mut params = NetworkParams::development(1, keepers.to_vec(), vec![]);
            params.jury.treasury = treasury;
            params.check_addresses()
        };
        assert_eq!(named(&[], None), Ok(()));
        assert_eq!(named(&[first, second], Some(first)), Ok(()));
        let zero = named(&[first, Address::ZERO, second], None).unwrap_err();
        assert_eq!((zero.code(), zero.to_string()), ("DPL-006", "keeper 2 of 3 is the zero address".to_owned()));
        let twice = named(&[first, second, first], None).unwrap_err();
        let says = format!("keeper {first} is named twice: as number 1 and as number 3 of 3");
        assert_eq!((twice.code(), twice.to_string()), ("DPL-005", says));
        assert_eq!(named(&[Address::ZERO; 2], None), Err(AddressError::ZeroKeeper { place: 1, count: 2 }));
        let nowhere = named(&[first], Some(Address::ZERO)).unwrap_err();
        assert_eq!((nowhere, nowhere.code()), (AddressError::ZeroTreasury, "DPL-007"));
    }

    /// Who tries a network waits for a minute; bonds are held by times as anywhere.
    #[test]
    fn a_jury_for_development_has_short_epochs_and_no_short_disputes() {
        let jury = NetworkParams::development(1, vec![], vec![]).jury;
        assert_eq!((jury.epoch_secs, jury.answer_secs, jury.delay_secs), (60, 30, 3 * 86_400));
        assert_eq!((jury.reveal_secs, jury.dispute_secs, jury.bond), (30 * 3_600, 12 * 86_400, U256::from(50_000 * COR)));
        assert_eq!(jury.absence_epochs * jury.epoch_secs, 5 * 3_600, "the least, 4.5 hours, in whole hours");
    }
}
