//! The lane once more, written from `sol/ILane.sol` and `docs/protocol/lane.md` in plain maps. None of it is the rules' code: it reads the same
//! calldata as the contract, and says what must be returned, logged, paid and taken, or which error must come.

mod ending;
mod staking;
mod steps;
mod task;

use std::collections::{BTreeMap, BTreeSet};

use alloy::{
    primitives::{Address, B256, Bytes, LogData, Signature, U256, keccak256},
    sol_types::{Eip712Domain, SolCall, SolError, SolEvent, SolStruct, SolValue},
};
use cor_sol::{
    ContractError, decode_revert,
    lane::ILane::{self, ILaneCalls},
};

pub(crate) use self::{
    staking::{Slash, Stakes},
    task::{OPENING, Seat, Task, assignment, number},
};

/// Wei in a grain.
pub(crate) const GRAIN: u64 = 1_000_000_000;
const BPS: u128 = 10_000;

pub(crate) type Refused = ContractError;

/// A refusal as it is decoded from the chain.
pub(crate) fn refusal<E: SolError>(error: &E) -> Refused {
    decode_revert(&error.abi_encode()).expect("an error of the interfaces")
}

fn word(text: &str) -> B256 {
    B256::right_padding_from(text.as_bytes())
}

/// What an account has here, grains.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) available: u64,
    pub(crate) earned: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Session {
    pub(crate) owner: Address,
    pub(crate) terms: B256,
    pub(crate) open: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Config {
    pub(crate) no_reveal: u64,
    pub(crate) bad_reveal: u64,
    pub(crate) cap_bps: u16,
    pub(crate) paused: bool,
}

/// What a call that takes effect does.
#[derive(Default, Debug)]
pub(crate) struct Said {
    pub(crate) returned: Vec<u8>,
    pub(crate) logs: Vec<LogData>,
    pub(crate) slashes: Vec<Slash>,
}

/// What is around the lane at the moment of a call.
pub(crate) struct Around<'a> {
    pub(crate) from: Address,
    pub(crate) now: u64,
    /// Number of the block that the call is in.
    pub(crate) block: u64,
    /// The table's answer for terms.
    pub(crate) table: &'a dyn Fn(B256) -> Result<B256, Refused>,
    /// Where Staking says that earnings belong.
    pub(crate) payout: &'a dyn Fn(Address) -> Address,
}

#[derive(Clone, Debug)]
pub(crate) struct Oracle {
    pub(crate) lane: Address,
    pub(crate) vault: Address,
    pub(crate) governor: Address,
    pub(crate) domain: Eip712Domain,
    pub(crate) accounts: BTreeMap<Address, Account>,
    pub(crate) treasury: u64,
    /// The first has number 1.
    pub(crate) sessions: Vec<Session>,
    pub(crate) tariffs: BTreeMap<B256, B256>,
    pub(crate) tasks: BTreeMap<(Address, u64), Task>,
    pub(crate) config: Config,
    pub(crate) keepers: BTreeSet<Address>,
    /// What Staking did not take, grains.
    pub(crate) owed: BTreeMap<(B256, Address, u8), u64>,
    pub(crate) stakes: Stakes,
}

impl Oracle {
    /// What a call does: nothing at all if it is refused.
    pub(crate) fn call(&mut self, around: &Around<'_>, call: &ILaneCalls) -> Result<Said, Refused> {
        let before = self.clone();
        let mut said = Said::default();
        let outcome = self.dispatch(around, call, &mut said);
        match outcome {
            Ok(returned) => Ok(Said { returned, ..said }),
            Err(refused) => {
                *self = before;
                Err(refused)
            }
        }
    }

    fn dispatch(&mut self, around: &Around<'_>, call: &ILaneCalls, said: &mut Said) -> Result<Vec<u8>, Refused> {
        let nothing = |()| Vec::new();
        match call {
            ILaneCalls::credited(c) => self.credited(around, c, said),
            ILaneCalls::release(c) => self.release(around, c.amount, said).map(nothing),
            ILaneCalls::payEarnings(c) => self.pay_earnings(around, c.miner, said),
            ILaneCalls::passTreasury(_) => self.pass_treasury(said),
            ILaneCalls::createSession(c) => {
                let session = self.create_session(around, c.terms, c.metadata, said)?;
                Ok(ILane::createSessionCall::abi_encode_returns(&session))
            }
            ILaneCalls::closeSession(c) => self.close_session(around, c, said).map(nothing),
            ILaneCalls::pinTariff(c) => {
                let tariff = self.pin(around, c.terms, said)?;
                Ok(ILane::pinTariffCall::abi_encode_returns(&tariff))
            }
            ILaneCalls::submit(c) => {
                let task = self.submit(around, c, said)?;
                Ok(ILane::submitCall::abi_encode_returns(&task))
            }
            ILaneCalls::createAndSubmit(c) => self.create_and_submit(around, c, said),
            ILaneCalls::complete(c) => self.complete(around, c, said).map(nothing),
            ILaneCalls::start(c) => self.start(around, c, said).map(nothing),
            ILaneCalls::precommit(c) => self.precommit(around, c, said).map(nothing),
            ILaneCalls::reveal(c) => self.reveal(around, c, said).map(nothing),
            ILaneCalls::finish(c) => self.finish(around, c, said).map(nothing),
            ILaneCalls::report(c) => self.report(around, c, said).map(nothing),
            ILaneCalls::reportSecond(c) => self.report_second(around, c, said).map(nothing),
            ILaneCalls::close(c) => self.close(around, c, said).map(nothing),
            ILaneCalls::slashAgain(c) => self.slash_again(around, c, said),
            ILaneCalls::setKeeper(c) => self.set_keeper(around, c, said).map(nothing),
            ILaneCalls::setConfig(c) => self.set_config(around, c, said).map(nothing),
            ILaneCalls::taskOf(_) | ILaneCalls::extsload(_) => unreachable!("views are asked after each call"),
        }
    }

    fn account(&mut self, account: Address) -> &mut Account {
        self.accounts.entry(account).or_default()
    }

    /// All that the lane owes, grains.
    pub(crate) fn book(&self) -> u64 {
        let accounts: u64 = self.accounts.values().map(|account| account.available + account.earned).sum();
        let open: u64 = self.tasks.values().filter(|task| task.phase != 4).map(|task| task.charged).sum();
        accounts + self.treasury + open
    }

    fn credited(&mut self, around: &Around<'_>, call: &ILane::creditedCall, said: &mut Said) -> Result<Vec<u8>, Refused> {
        if around.from != self.vault {
            return Err(refusal(&ILane::Unauthorized { caller: around.from, required: self.vault }));
        }
        let grains = call.amount / U256::from(GRAIN);
        if call.amount % U256::from(GRAIN) != U256::ZERO || grains > U256::from(u64::MAX) {
            return Err(refusal(&ILane::NotInGrains { amount: call.amount }));
        }
        let amount = grains.to::<u64>();
        let account = self.account(call.account);
        account.available += amount;
        let available = account.available;
        said.log(&ILane::Credited { account: call.account, from: call.from, amount, available });
        Ok(ILane::creditedCall::abi_encode_returns(&ILane::creditedCall::SELECTOR.into()))
    }

    fn release(&mut self, around: &Around<'_>, amount: u64, said: &mut Said) -> Result<(), Refused> {
        if amount == 0 {
            return Err(refusal(&ILane::ZeroAmount {}));
        }
        self.debit(around.from, amount)?;
        let available = self.account(around.from).available;
        said.log(&ILane::Released { account: around.from, amount, available });
        Ok(())
    }

    fn debit(&mut self, who: Address, needed: u64) -> Result<(), Refused> {
        let account = self.account(who);
        let available = account.available;
        if available < needed {
            return Err(refusal(&ILane::InsufficientCredit { account: who, available, needed }));
        }
        account.available -= needed;
        Ok(())
    }

    fn pay_earnings(&mut self, around: &Around<'_>, miner: Address, said: &mut Said) -> Result<Vec<u8>, Refused> {
        let amount = std::mem::take(&mut self.account(miner).earned);
        if amount == 0 {
            return Err(refusal(&ILane::NothingEarned { miner }));
        }
        said.log(&ILane::EarningsPaid { miner, to: (around.payout)(miner), amount });
        Ok(ILane::payEarningsCall::abi_encode_returns(&amount))
    }

    fn pass_treasury(&mut self, said: &mut Said) -> Result<Vec<u8>, Refused> {
        let amount = std::mem::take(&mut self.treasury);
        if amount == 0 {
            return Err(refusal(&ILane::ZeroAmount {}));
        }
        said.log(&ILane::TreasuryPassed { amount });
        Ok(ILane::passTreasuryCall::abi_encode_returns(&amount))
    }

    fn set_keeper(&mut self, around: &Around<'_>, call: &ILane::setKeeperCall, said: &mut Said) -> Result<(), Refused> {
        self.by_governor(around)?;
        if call.enabled {
            self.keepers.insert(call.keeper);
        } else {
            self.keepers.remove(&call.keeper);
        }
        said.log(&ILane::KeeperNamed { keeper: call.keeper, enabled: call.enabled });
        Ok(())
    }

    fn set_config(&mut self, around: &Around<'_>, call: &ILane::setConfigCall, said: &mut Said) -> Result<(), Refused> {
        self.by_governor(around)?;
        let ILane::setConfigCall { noReveal, badReveal, noResultGasCapBps, paused } = call.clone();
        self.config = Config { no_reveal: noReveal, bad_reveal: badReveal, cap_bps: noResultGasCapBps, paused };
        said.log(&ILane::ConfigSet { noReveal, badReveal, noResultGasCapBps, paused });
        Ok(())
    }

    fn by_governor(&self, around: &Around<'_>) -> Result<(), Refused> {
        if around.from == self.governor {
            return Ok(());
        }
        Err(refusal(&ILane::Unauthorized { caller: around.from, required: self.governor }))
    }

    fn create_session(&mut self, around: &Around<'_>, terms: B256, metadata: B256, said: &mut Said) -> Result<u64, Refused> {
        if self.config.paused {
            return Err(refusal(&ILane::Paused {}));
        }
        for (field, secs) in ["openSecs", "precommitSecs", "revealSecs"].into_iter().zip(task::phases(terms)) {
            if !(30..=86_400).contains(&secs) {
                let [value, min, max] = [secs, 30, 86_400].map(U256::from);
                return Err(refusal(&ILane::InputOutOfRange { field: word(field), value, min, max }));
            }
        }
        self.pin(around, terms, said)?;
        self.sessions.push(Session { owner: around.from, terms, open: true });
        let session = self.sessions.len() as u64;
        said.log(&ILane::SessionCreated { session, owner: around.from, terms, metadata });
        Ok(session)
    }

    fn close_session(&mut self, around: &Around<'_>, call: &ILane::closeSessionCall, said: &mut Said) -> Result<(), Refused> {
        self.own_session(around, call.session, call.terms)?.open = false;
        said.log(&ILane::SessionClosed { session: call.session });
        Ok(())
    }

    fn own_session(&mut self, around: &Around<'_>, session: u64, terms: B256) -> Result<&mut Session, Refused> {
        let place = usize::try_from(session.wrapping_sub(1)).unwrap_or(usize::MAX);
        let known = self.sessions.get_mut(place);
        known
            .filter(|known| known.open && known.owner == around.from && known.terms == terms)
            .ok_or_else(|| refusal(&ILane::NoSuchSession { session, owner: around.from }))
    }

    /// The prices of terms: those that are known, up to their last second, or the table's.
    fn pin(&mut self, around: &Around<'_>, terms: B256, said: &mut Said) -> Result<B256, Refused> {
        if let Some(known) = self.tariffs.get(&terms).filter(|known| around.now <= number(&known[28..])) {
            return Ok(*known);
        }
        let tariff = (around.table)(terms)?;
        self.tariffs.insert(terms, tariff);
        said.log(&ILane::TariffPinned { terms, tariff });
        Ok(tariff)
    }

    fn create_and_submit(
        &mut self,
        around: &Around<'_>,
        call: &ILane::createAndSubmitCall,
        said: &mut Said,
    ) -> Result<Vec<u8>, Refused> {
        let ILane::createAndSubmitCall { terms, metadata, sequence, maxCharge, promptDigest, promptUrn, clientReference } =
            call.clone();
        let session = self.create_session(around, terms, metadata, said)?;
        let order = ILane::submitCall { session, terms, sequence, maxCharge, promptDigest, promptUrn, clientReference };
        let task = self.submit(around, &order, said)?;
        Ok(ILane::createAndSubmitCall::abi_encode_returns(&ILane::createAndSubmitReturn { session, task }))
    }

    fn submit(&mut self, around: &Around<'_>, call: &ILane::submitCall, said: &mut Said) -> Result<B256, Refused> {
        if self.config.paused {
            return Err(refusal(&ILane::Paused {}));
        }
        let (payer, sequence) = (around.from, call.sequence);
        self.own_session(around, call.session, call.terms)?;
        if self.tasks.contains_key(&(payer, sequence)) {
            return Err(refusal(&ILane::SequenceUsed { payer, sequence }));
        }
        if call.promptUrn.len() > 256 {
            let [value, min, max] = [call.promptUrn.len(), 0, 256].map(U256::from);
            return Err(refusal(&ILane::InputOutOfRange { field: word("promptUrn"), value, min, max }));
        }
        let tariff = self.pin(around, call.terms, said)?;
        let task = Task::submitted(around, self.config, &tariff, call);
        if task.charged > call.maxCharge {
            return Err(refusal(&ILane::PriceAboveMax { price: task.charged, maxCharge: call.maxCharge }));
        }
        self.debit(payer, task.charged)?;
        said.log(&ILane::TaskSubmitted {
            task: task.id,
            payer,
            session: call.session,
            sequence,
            deadline: task.deadline,
            charged: task.charged,
            clientReference: call.clientReference,
            opening: task.history.clone().into(),
            promptUrn: call.promptUrn.clone(),
        });
        let id = task.id;
        self.tasks.insert((payer, sequence), task);
        Ok(id)
    }

    /// Who signed: nobody if it is no signature.
    fn signer(&self, message: &impl SolStruct, signature: &[u8]) -> Address {
        let Ok(bytes) = <[u8; 64]>::try_from(signature) else { return Address::ZERO };
        let signature = Signature::from_erc2098(&bytes);
        signature.recover_address_from_prehash(&message.eip712_signing_hash(&self.domain)).unwrap_or_default()
    }

    fn signed(&self, expected: Address, message: &impl SolStruct, signature: &[u8]) -> Result<(), Refused> {
        let signer = self.signer(message, signature);
        if signer == expected && expected != Address::ZERO {
            return Ok(());
        }
        Err(refusal(&ILane::InvalidSignature { signer, expected }))
    }

    fn commitment(&self, assignment: B256, replica: usize, miner: Address, digest: B256, salt: B256) -> B256 {
        commitment(self.lane, assignment, replica, miner, digest, salt)
    }
}

/// What a miner binds itself to, by an ABI encoder.
pub(crate) fn commitment(lane: Address, assignment: B256, replica: usize, miner: Address, digest: B256, salt: B256) -> B256 {
    let domain = keccak256("Cortensor.Commitment.v2");
    let numbers = [cor_anvil::DEFAULT_CHAIN_ID, replica as u64].map(U256::from);
    keccak256((domain, numbers[0], lane, assignment, numbers[1], miner, digest, salt).abi_encode())
}

impl Said {
    fn log(&mut self, event: &impl SolEvent) {
        self.logs.push(event.encode_log_data());
    }

    fn record(&mut self, task: &Task, record: &[u8]) {
        let record = Bytes::copy_from_slice(record);
        self.log(&ILane::TaskRecord { task: task.id, phase: task.phase, deadline: task.deadline, record });
    }
}
