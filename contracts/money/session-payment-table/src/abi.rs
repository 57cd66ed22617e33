//! The interface's structs, events and errors, and which of the rules' refusals each error is.

use alloy_primitives::{B256, U256};
use alloy_sol_types::sol;
use cor_contract_shared::{Cursor, Fields, Revert};
use cor_core::money::pricing::{self, Field, PricingError};

sol! {
    event VersionPublished(uint64 indexed version, uint64 effectiveAt);
    event VersionCancelled(uint64 indexed version);
    event ModelSet(uint64 indexed modelIdentifier, uint8 class, bool enabled, bytes32 name);
    event ModelChangeScheduled(uint64 indexed modelIdentifier, uint8 class, bool enabled, bytes32 name, uint64 effectiveAt);
    event ModelChangeCancelled(uint64 indexed modelIdentifier);

    error UnknownModel(uint64 modelIdentifier);
    error UnknownVersion(uint64 version, uint64 latest);
    error NoPriceYet(uint64 timestamp, uint64 firstEffectiveAt);
    error InputOutOfRange(bytes32 field, uint256 value, uint256 min, uint256 max);
    error EvenReplicas(uint8 replicas);
    error NotSold(bytes32 field, uint256 value);
    error EffectiveTooSoon(uint64 effectiveAt, uint64 earliest);
    error EffectiveTooLate(uint64 effectiveAt, uint64 latest);
    error CancelledVersion(uint64 version);
    error AlreadyEffective(uint64 version, uint64 effectiveAt);
    error ModelChangePending(uint64 modelIdentifier, uint64 effectiveAt);
    error NoModelChange(uint64 modelIdentifier);
    error ChangeTooLarge(bytes32 field, uint256 previous, uint256 next);
    error InvalidPrice(bytes32 field, uint256 value, uint256 bound);
    error PriceOverflow();
}

/// A version as an argument or a result.
#[derive(Clone, Copy, Default)]
pub struct PriceVersion(pub(crate) pricing::PriceVersion);

impl Fields<38> for PriceVersion {
    const NAME: &'static str = "PriceVersion";
    const TYPES: &'static str = "(uint64,(uint128,uint128,uint128,uint128,uint128)[3],uint32[3],uint32[3],uint32[3],\
        uint32,uint32,uint64,uint64,uint128,uint32[4],uint32[4])";

    fn visit(&mut self, row: &mut Cursor<'_>) {
        let pricing::PriceVersion { terms, classes } = &mut self.0;
        row.uint(&mut terms.effective_at);
        for class in classes {
            row.uint(&mut class.base);
            row.uint(&mut class.step);
            row.uint(&mut class.tool);
            row.uint(&mut class.token);
            row.uint(&mut class.validator);
        }
        row.uints(&mut terms.sla_bps);
        row.uints(&mut terms.consensus_bps);
        row.uints(&mut terms.priority_bps);
        row.uint(&mut terms.quorum_step_bps);
        row.uint(&mut terms.network_fee_bps);
        row.uint(&mut terms.settlement_gas_base);
        row.uint(&mut terms.settlement_gas_per_replica);
        row.uint(&mut terms.gas_price);
        row.uints(&mut terms.stake_rebate_bps);
        row.uints(&mut terms.volume_rebate_bps);
    }
}

/// The Solidity error of a refusal that concerns `subject`: a version's number, or a model's.
pub(crate) fn refuse(error: PricingError, subject: u64) -> Revert {
    match error {
        PricingError::InputOutOfRange { field, value, min, max } => {
            InputOutOfRange { field: word(field), value: U256::from(value), min: U256::from(min), max: U256::from(max) }.into()
        }
        PricingError::EvenReplicas { replicas } => EvenReplicas { replicas }.into(),
        PricingError::PriceOverflow => PriceOverflow {}.into(),
        PricingError::NotSold { field, value } => NotSold { field: word(field), value: U256::from(value) }.into(),
        PricingError::EffectiveTooSoon { effective_at, earliest } => {
            EffectiveTooSoon { effectiveAt: effective_at, earliest }.into()
        }
        PricingError::EffectiveTooLate { effective_at, latest } => EffectiveTooLate { effectiveAt: effective_at, latest }.into(),
        PricingError::AlreadyEffective { effective_at } => {
            AlreadyEffective { version: subject, effectiveAt: effective_at }.into()
        }
        PricingError::UnknownModel => UnknownModel { modelIdentifier: subject }.into(),
        PricingError::ModelChangePending { effective_at } => {
            ModelChangePending { modelIdentifier: subject, effectiveAt: effective_at }.into()
        }
        PricingError::NoModelChange => NoModelChange { modelIdentifier: subject }.into(),
        PricingError::ChangeTooLarge { field, previous, next } => {
            ChangeTooLarge { field: word(field), previous: U256::from(previous), next: U256::from(next) }.into()
        }
        PricingError::InvalidPrice { field, value, bound } => {
            InvalidPrice { field: word(field), value: U256::from(value), bound: U256::from(bound) }.into()
        }
    }
}

/// A field's name as the errors carry it: ASCII, left-aligned.
fn word(field: Field) -> B256 {
    B256::right_padding_from(field.as_bytes())
}
