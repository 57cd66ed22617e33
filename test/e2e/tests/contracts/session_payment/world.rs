//! A chain with token, price table and SessionPayment, on which the test itself is the SessionQueue.

use alloy::{
    primitives::{Address, B256, LogData, U256},
    sol_types::{SolCall, SolError, SolValue},
};
use cor_adapters::deploy::default_prices;
use cor_core::money::pricing::{ClassPrice, PriceTerms, PriceVersion};
use cor_kit::solo::{Done, Refused, Solo};
use cor_sol::{
    ContractError,
    cor::ICor,
    decode_revert,
    session_payment::ISessionPayment::{self, QuoteInputs},
    session_payment_table::ISessionPaymentTable,
};

/// 1 COR in wei.
pub(crate) const COR: u128 = 1_000_000_000_000_000_000;
/// What each wallet starts with.
pub(crate) const WALLET: u128 = 1_000 * COR;
/// Half of the gas line is the most that a keeper gets for nothing.
pub(crate) const CAP_BPS: u32 = 5_000;
/// The model in service: of class light.
pub(crate) const MODEL: u64 = 1;

/// Contracts, and who is who among the accounts: 0 owner, 1 queue, 2 and 3 payers, 4 to 6 miners, 7 keeper.
pub(crate) struct World {
    pub(crate) solo: Solo,
    pub(crate) token: Address,
    pub(crate) table: Address,
    pub(crate) payment: Address,
}

impl World {
    /// Everything deployed and wired; each wallet has [`WALLET`] and lets SessionPayment take it.
    pub(crate) async fn start() -> Self {
        let world = Self::unwired().await;
        world.by(0, &world.wiring());
        world
    }

    /// The same, before SessionPayment knows its peers.
    pub(crate) async fn unwired() -> Self {
        let solo = Solo::start().await;
        let owner = solo.account(0);
        let supply = U256::from(1_000_000_000 * COR);
        let token = ("Cortensor".to_owned(), "COR".to_owned(), U256::from(18), supply, owner);
        let token = solo.deploy("Cor", &token.abi_encode_params());
        let table = solo.deploy("SessionPaymentTable", &(owner, 86_400_u64).abi_encode_params());
        let payment = solo.deploy("SessionPayment", &(owner, CAP_BPS).abi_encode_params());
        solo.ok(owner, token, &ICor::setMinterCall { minter: owner, enabled: true });
        for index in 0..8 {
            let wallet = solo.account(index);
            solo.ok(owner, token, &ICor::mintCall { to: wallet, value: U256::from(WALLET) });
            solo.ok(wallet, token, &ICor::approveCall { spender: payment, value: U256::MAX });
        }
        solo.ok(owner, table, &ISessionPaymentTable::publishCall { price: default_prices() });
        let model = ISessionPaymentTable::setModelCall { modelIdentifier: MODEL, class: 0, enabled: true, name: B256::ZERO };
        solo.ok(owner, table, &model);
        Self { solo, token, table, payment }
    }

    pub(crate) fn wiring(&self) -> ISessionPayment::wireCall {
        let (token, table) = (self.token, self.table);
        ISessionPayment::wireCall { token, table, staking: self.account(6), sessionQueue: self.account(1) }
    }

    pub(crate) fn account(&self, index: usize) -> Address {
        self.solo.account(index)
    }

    /// A call of SessionPayment by account `index` that must succeed.
    pub(crate) fn by<C: SolCall>(&self, index: usize, call: &C) -> Done<C::Return> {
        self.solo.ok(self.account(index), self.payment, call)
    }

    /// A call of SessionPayment by account `index` that must be refused.
    pub(crate) fn refused<C: SolCall>(&self, index: usize, call: &C) -> ContractError {
        self.solo.refused(self.account(index), self.payment, call)
    }

    pub(crate) fn try_by<C: SolCall>(&self, index: usize, call: &C) -> Result<Done<C::Return>, Refused> {
        self.solo.send(self.account(index), self.payment, call)
    }

    pub(crate) fn get<C: SolCall>(&self, call: &C) -> C::Return {
        self.solo.get(self.payment, call)
    }

    /// The logs of SessionPayment alone.
    pub(crate) fn own_logs<R>(&self, done: &Done<R>) -> Vec<LogData> {
        done.logs.iter().filter(|(contract, _)| *contract == self.payment).map(|(_, log)| log.clone()).collect()
    }

    pub(crate) fn wallet(&self, account: Address) -> U256 {
        self.solo.get(self.token, &ICor::balanceOfCall { account })
    }

    pub(crate) fn available(&self, account: Address) -> U256 {
        self.get(&ISessionPayment::availableOfCall { payer: account })
    }

    pub(crate) fn reserved(&self, account: Address) -> U256 {
        self.get(&ISessionPayment::reservedOfCall { payer: account })
    }

    pub(crate) fn earnings(&self, account: Address) -> U256 {
        self.get(&ISessionPayment::earningsOfCall { account })
    }

    pub(crate) fn escrow(&self, task: u64) -> ISessionPayment::Escrow {
        self.get(&ISessionPayment::escrowOfCall { taskId: task })
    }

    /// available + escrow + earnings + treasury = totalHeld = token balance, over all accounts and these tasks.
    pub(crate) fn assert_conserved(&self, tasks: impl IntoIterator<Item = u64>) {
        let accounts: Vec<_> = (0..8).map(|index| self.account(index)).collect();
        let free: U256 = accounts.iter().map(|account| self.available(*account) + self.earnings(*account)).sum();
        let reserved: U256 = accounts.iter().map(|account| self.reserved(*account)).sum();
        let escrow: U256 = tasks.into_iter().map(|task| U256::from(self.escrow(task).total)).sum();
        let treasury = self.get(&ISessionPayment::treasuryCall {});
        let held = self.get(&ISessionPayment::totalHeldCall {});
        assert_eq!(reserved, escrow, "reserved = escrow");
        assert_eq!(free + escrow + treasury, held, "the parts are the whole");
        assert_eq!(held, self.wallet(self.payment), "the whole is there");
    }
}

/// An error as it is decoded: those of one signature are one variant, whichever contract names it.
pub(crate) fn same<E: SolError>(error: &E) -> ContractError {
    decode_revert(&error.abi_encode()).expect("an error of ours")
}

/// Three replicas of the light model by majority.
pub(crate) fn inputs() -> QuoteInputs {
    QuoteInputs {
        modelIdentifier: MODEL,
        executionDepth: 1,
        toolDepth: 0,
        maxTokens: 1_000,
        sla: 0,
        validatorDepth: 0,
        replicas: 3,
        consensusRule: 1,
        quorumBps: 5_001,
        priority: 0,
        stakeTier: 0,
        volumeTier: 0,
    }
}

/// The published prices as the rules see them.
pub(crate) fn prices() -> PriceVersion {
    let version = default_prices();
    let class = |class: &ISessionPaymentTable::ClassPrice| ClassPrice {
        base: class.base,
        step: class.step,
        tool: class.tool,
        token: class.token,
        validator: class.validator,
    };
    PriceVersion {
        terms: PriceTerms {
            effective_at: version.effectiveAt,
            sla_bps: version.slaBps,
            consensus_bps: version.consensusBps,
            priority_bps: version.priorityBps,
            quorum_step_bps: version.quorumStepBps,
            network_fee_bps: version.networkFeeBps,
            settlement_gas_base: version.settlementGasBase,
            settlement_gas_per_replica: version.settlementGasPerReplica,
            gas_price: version.gasPrice,
            stake_rebate_bps: version.stakeRebateBps,
            volume_rebate_bps: version.volumeRebateBps,
        },
        classes: version.classes.each_ref().map(class),
    }
}
