//! The vault once more, of plain maps and 256-bit numbers, and with modules as lists of what holds from when on. It uses nothing of the rules.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::{Address, B256, LogData, U256};
use cor_sol::{
    ContractError,
    cor::ICor,
    vault::IVault::{self as Vault, VaultModule},
};

use super::{
    actions::{Action, Form, salt},
    world::{ACCOUNTS, CAP, DAY_SECS, DELAY_SECS, FRUGAL, GUARDIAN, MODULES, OWNER, WALLET, World, logged, nonce_of, same},
};

/// Most that the vault can hold.
const MOST: U256 = U256::from_limbs([u64::MAX, u64::MAX, 0, 0]);

/// What an action does: the vault's logs, or the error.
pub(crate) type Outcome = Result<Vec<LogData>, ContractError>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Proposed = 1,
    Active,
    Closing,
}

/// What a module may do and take, each from a time on, and what it took in each day.
#[derive(Clone, Debug, Default)]
struct Life {
    phases: Vec<(u64, Phase)>,
    caps: Vec<(u64, U256)>,
    taken: BTreeMap<u64, U256>,
    /// Of what it took in a day, for whom, less what it gave back to them on that day.
    taken_for: BTreeMap<(u64, Address), U256>,
}

#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) now: u64,
    vault: Address,
    accounts: Vec<Address>,
    modules: Vec<Address>,
    guardian: Address,
    pub(crate) wallets: BTreeMap<Address, U256>,
    /// What the vault may take.
    allowances: BTreeMap<Address, U256>,
    /// Nonces of authorizations.
    used: BTreeSet<(Address, B256)>,
    pub(crate) free: BTreeMap<Address, U256>,
    pub(crate) books: BTreeMap<Address, U256>,
    pub(crate) treasury: U256,
    lives: BTreeMap<Address, Life>,
}

/// What holds at a time.
fn at<T: Copy>(line: &[(u64, T)], now: u64) -> Option<(u64, T)> {
    line.iter().rfind(|(from, _)| *from <= now).copied()
}

/// What is to hold later.
fn later<T: Copy>(line: &[(u64, T)], now: u64) -> Option<(u64, T)> {
    line.iter().find(|(from, _)| *from > now).copied()
}

impl Life {
    fn phase(&self, now: u64) -> Option<Phase> {
        at(&self.phases, now).map(|(_, phase)| phase)
    }

    fn cap(&self, now: u64) -> U256 {
        at(&self.caps, now).map_or(U256::ZERO, |(_, cap)| cap)
    }

    fn left(&self, now: u64) -> U256 {
        self.cap(now).saturating_sub(self.taken.get(&(now / DAY_SECS)).copied().unwrap_or_default())
    }

    /// From when on a cap holds.
    fn set_cap(&mut self, now: u64, cap: U256) -> u64 {
        let from = if cap <= self.cap(now) { now } else { now + DELAY_SECS };
        self.caps.retain(|(from, _)| *from <= now);
        self.caps.push((from, cap));
        from
    }

    /// What an account gets back of what was taken for it on that day counts no more.
    fn give_back(&mut self, day: u64, account: Address, amount: U256) {
        let taken_for = self.taken_for.entry((day, account)).or_default();
        let back = amount.min(*taken_for);
        *taken_for -= back;
        *self.taken.entry(day).or_default() -= back;
    }

    fn shown(&self, now: u64, book: U256) -> VaultModule {
        let (next_cap_at, next_cap) = later(&self.caps, now).unwrap_or_default();
        let active_at = match self.phase(now) {
            Some(Phase::Active) => at(&self.phases, now).map(|(from, _)| from),
            _ => later(&self.phases, now).map(|(from, _)| from),
        };
        let closed_at = at(&self.phases, now).filter(|(_, phase)| *phase == Phase::Closing).map(|(from, _)| from);
        VaultModule {
            status: self.phase(now).map_or(0, |phase| phase as u8),
            activeAt: active_at.unwrap_or(0),
            closedAt: closed_at.unwrap_or(0),
            cap: self.cap(now).to(),
            left: self.left(now).to(),
            nextCap: next_cap.to(),
            nextCapAt: next_cap_at,
            book: book.to(),
        }
    }
}

impl Model {
    /// The vault as the world begins with it.
    pub(crate) fn of(world: &World) -> Self {
        let accounts: Vec<_> = (0..ACCOUNTS).map(|index| world.account(index)).collect();
        let modules: Vec<_> = (0..MODULES).map(|index| world.module(index)).collect();
        let now = world.now();
        let begun = Life { phases: vec![(now, Phase::Active)], caps: vec![(now, U256::from(CAP))], ..Life::default() };
        Self {
            now,
            vault: world.vault,
            guardian: accounts[GUARDIAN],
            wallets: accounts.iter().map(|account| (*account, U256::from(WALLET))).collect(),
            allowances: accounts.iter().map(|account| (*account, U256::MAX)).filter(|(at, _)| *at != accounts[FRUGAL]).collect(),
            used: BTreeSet::new(),
            free: BTreeMap::new(),
            books: BTreeMap::new(),
            treasury: U256::ZERO,
            lives: modules[..2].iter().map(|module| (*module, begun.clone())).collect(),
            accounts,
            modules,
        }
    }

    pub(crate) fn held(&self) -> U256 {
        self.free.values().chain(self.books.values()).sum::<U256>() + self.treasury
    }

    pub(crate) fn shown(&self, module: Address) -> VaultModule {
        let book = self.books.get(&module).copied().unwrap_or_default();
        self.lives.get(&module).cloned().unwrap_or_default().shown(self.now, book)
    }

    /// Does an action wholly or not at all; but a permit that somebody sends first stays sent.
    pub(crate) fn perform(&mut self, action: &Action) -> Outcome {
        if let Action::Permit { by, amount, form: Form::FrontRun, .. } = *action {
            self.allowances.insert(self.accounts[by], amount);
        }
        let mut next = self.clone();
        let outcome = next.attempt(action);
        if outcome.is_ok() {
            *self = next;
        }
        outcome
    }

    fn attempt(&mut self, action: &Action) -> Outcome {
        let accounts = self.accounts.clone();
        let who = |index: usize| accounts[index];
        match *action {
            Action::Deposit { by, amount } => self.deposit(who(by), who(by), amount),
            Action::DepositFor { by, account, amount } => self.deposit(who(by), who(account), amount),
            Action::Permit { by, account, amount, form } => {
                let log = self.take_in(who(account), who(by), amount)?;
                self.permit(who(by), amount, form)?;
                self.pull(who(by), amount).map(|()| vec![log])
            }
            Action::Authorize { from, amount, form, salt: byte, .. } => {
                let log = self.take_in(who(from), who(from), amount)?;
                self.receive(who(from), amount, salt(byte), form).map(|()| vec![log])
            }
            Action::Withdraw { by, amount } => self.withdraw(who(by), who(by), amount),
            Action::WithdrawTo { by, to, amount } => self.withdraw(who(by), who(to), amount),
            Action::Fund { by, module, beneficiary, amount } => {
                self.fund(who(by), module, who(beneficiary), amount).map(|log| vec![log])
            }
            Action::DepositAndFund { by, module, beneficiary, amount } => {
                let deposited = self.take_in(who(by), who(by), amount)?;
                let funded = self.fund(who(by), module, who(beneficiary), amount)?;
                self.pull(who(by), amount).map(|()| vec![deposited, funded])
            }
            Action::AuthorizeAndFund { from, module, amount, form, salt: byte, .. } => {
                let deposited = self.take_in(who(from), who(from), amount)?;
                let funded = self.fund(who(from), module, who(from), amount)?;
                let nonce = nonce_of(self.modules[module], salt(byte));
                self.receive(who(from), amount, nonce, form).map(|()| vec![deposited, funded])
            }
            Action::PayOut { module, to, amount } => {
                let (module, book) = self.unbook(module, amount)?;
                *self.wallets.entry(who(to)).or_default() += amount;
                Ok(vec![logged(&Vault::PaidOut { module, to: who(to), amount, book })])
            }
            Action::Release { module, account, amount } => {
                let (module, book) = self.unbook(module, amount)?;
                let free = self.give(who(account), amount);
                self.lives.entry(module).or_default().give_back(self.now / DAY_SECS, who(account), amount);
                Ok(vec![logged(&Vault::Released { module, account: who(account), amount, free, book })])
            }
            Action::PayTreasury { module, amount } => {
                let (module, book) = self.unbook(module, amount)?;
                self.treasury += amount;
                Ok(vec![logged(&Vault::TreasuryPaid { module, amount, treasury: self.treasury, book })])
            }
            Action::FundTreasury { by, amount } => {
                self.fits(amount)?;
                self.treasury += amount;
                self.pull(who(by), amount)?;
                Ok(vec![logged(&Vault::TreasuryFunded { from: who(by), amount, treasury: self.treasury })])
            }
            Action::WithdrawTreasury { by, to, amount } => self.withdraw_treasury(by, who(to), amount),
            Action::Propose { by, module, cap } => self.propose(by, self.modules[module], cap.min(MOST)),
            Action::Close { by, module } => self.close(by, self.modules[module]),
            Action::SetCap { by, module, cap } => self.set_cap(by, self.modules[module], cap.min(MOST)),
            Action::SetGuardian { by, account } => {
                self.only(by, false)?;
                self.guardian = who(account);
                Ok(vec![logged(&Vault::GuardianSet { guardian: who(account) })])
            }
            Action::Approve { by } => {
                self.allowances.insert(who(by), U256::MAX);
                Ok(Vec::new())
            }
            Action::Wait { secs } => {
                self.now += secs;
                Ok(Vec::new())
            }
        }
    }

    fn deposit(&mut self, from: Address, account: Address, amount: U256) -> Outcome {
        let log = self.take_in(account, from, amount)?;
        self.pull(from, amount).map(|()| vec![log])
    }

    fn withdraw(&mut self, account: Address, to: Address, amount: U256) -> Outcome {
        let free = self.spend(account, amount)?;
        *self.wallets.entry(to).or_default() += amount;
        Ok(vec![logged(&Vault::Withdrawn { account, to, amount, free })])
    }

    fn withdraw_treasury(&mut self, by: usize, to: Address, amount: U256) -> Outcome {
        self.only(by, false)?;
        let available = self.treasury;
        self.treasury = taken(available, amount, same(&Vault::InsufficientTreasury { available, needed: amount }))?;
        *self.wallets.entry(to).or_default() += amount;
        Ok(vec![logged(&Vault::TreasuryWithdrawn { to, amount, treasury: self.treasury })])
    }

    fn propose(&mut self, by: usize, module: Address, cap: U256) -> Outcome {
        self.only(by, false)?;
        let (now, life) = (self.now, self.lives.entry(module).or_default());
        let active_at = now + DELAY_SECS;
        match life.phase(now) {
            None => {
                life.phases = vec![(now, Phase::Proposed)];
                life.caps = vec![(now, cap)];
            }
            Some(Phase::Closing) if later(&life.phases, now).is_none() => {
                life.set_cap(now, cap);
            }
            Some(_) => return Err(same(&Vault::ModuleInService { module })),
        }
        life.phases.push((active_at, Phase::Active));
        Ok(vec![logged(&Vault::ModuleProposed { module, activeAt: active_at, cap })])
    }

    fn close(&mut self, by: usize, module: Address) -> Outcome {
        self.only(by, true)?;
        let (now, life) = (self.now, self.lives.entry(module).or_default());
        match life.phase(now) {
            None => return Err(same(&Vault::ModuleUnknown { module })),
            Some(Phase::Proposed) => *life = Life::default(),
            Some(Phase::Closing) => life.phases.retain(|(from, _)| *from <= now),
            Some(Phase::Active) => life.phases.push((now, Phase::Closing)),
        }
        // No wider cap comes any more.
        life.caps.retain(|(from, _)| *from <= now);
        Ok(vec![logged(&Vault::ModuleClosed { module })])
    }

    fn set_cap(&mut self, by: usize, module: Address, cap: U256) -> Outcome {
        let now = self.now;
        let narrower = cap <= self.lives.get(&module).map_or(U256::ZERO, |life| life.cap(now));
        self.only(by, narrower)?;
        let life = self.lives.entry(module).or_default();
        if life.phase(now).is_none() {
            return Err(same(&Vault::ModuleUnknown { module }));
        }
        let from = life.set_cap(now, cap);
        Ok(vec![logged(&Vault::ModuleCapChanged { module, cap, effectiveAt: from })])
    }

    /// Who may: the owner, and the guardian if it is `narrower`.
    fn only(&self, by: usize, narrower: bool) -> Result<(), ContractError> {
        let caller = self.accounts[by];
        if by == OWNER || (narrower && caller == self.guardian) {
            return Ok(());
        }
        Err(same(&Vault::Unauthorized { caller, required: self.accounts[OWNER] }))
    }

    fn fits(&self, amount: U256) -> Result<(), ContractError> {
        if amount.is_zero() {
            return Err(same(&Vault::ZeroAmount {}));
        }
        match self.held().checked_add(amount) {
            Some(sum) if sum <= MOST => Ok(()),
            _ => Err(same(&Vault::AmountTooLarge { amount, limit: MOST })),
        }
    }

    fn give(&mut self, account: Address, amount: U256) -> U256 {
        let free = self.free.entry(account).or_default();
        *free += amount;
        *free
    }

    fn take_in(&mut self, account: Address, from: Address, amount: U256) -> Result<LogData, ContractError> {
        self.fits(amount)?;
        let free = self.give(account, amount);
        Ok(logged(&Vault::Deposited { account, from, amount, free }))
    }

    fn spend(&mut self, account: Address, amount: U256) -> Result<U256, ContractError> {
        let available = self.free.get(&account).copied().unwrap_or_default();
        let short = same(&Vault::InsufficientBalance { payer: account, available, needed: amount });
        let free = taken(available, amount, short)?;
        self.free.insert(account, free);
        Ok(free)
    }

    fn fund(&mut self, account: Address, module: usize, beneficiary: Address, amount: U256) -> Result<LogData, ContractError> {
        let (now, module) = (self.now, self.modules[module]);
        let life = self.lives.get(&module).cloned().unwrap_or_default();
        match life.phase(now) {
            None => return Err(same(&Vault::ModuleUnknown { module })),
            Some(Phase::Active) => {}
            Some(_) => {
                let active_at = later(&life.phases, now).map_or(0, |(from, _)| from);
                return Err(same(&Vault::ModuleNotActive { module, activeAt: active_at }));
            }
        }
        let free = self.spend(account, amount)?;
        let available = life.left(now);
        if amount > available {
            return Err(same(&Vault::ModuleCapExceeded { module, available, needed: amount }));
        }
        let life = self.lives.entry(module).or_default();
        *life.taken.entry(now / DAY_SECS).or_default() += amount;
        *life.taken_for.entry((now / DAY_SECS, beneficiary)).or_default() += amount;
        let book = self.books.entry(module).or_default();
        *book += amount;
        Ok(logged(&Vault::Funded { module, account, beneficiary, amount, free, book: *book }))
    }

    /// Takes out of a book: whose, and what is left.
    fn unbook(&mut self, module: usize, amount: U256) -> Result<(Address, U256), ContractError> {
        let module = self.modules[module];
        let available = self.books.get(&module).copied().unwrap_or_default();
        let book = taken(available, amount, same(&Vault::InsufficientBook { module, available, needed: amount }))?;
        self.books.insert(module, book);
        Ok((module, book))
    }

    /// The token, by an allowance.
    fn pull(&mut self, from: Address, amount: U256) -> Result<(), ContractError> {
        let allowance = self.allowances.get(&from).copied().unwrap_or_default();
        if allowance != U256::MAX {
            let left = allowance.checked_sub(amount);
            let short = ICor::ERC20InsufficientAllowance { spender: self.vault, allowance, needed: amount };
            self.allowances.insert(from, left.ok_or_else(|| same(&short))?);
        }
        self.take_from_wallet(from, amount)
    }

    fn take_from_wallet(&mut self, from: Address, amount: U256) -> Result<(), ContractError> {
        let balance = self.wallets.get(&from).copied().unwrap_or_default();
        let short = ICor::ERC20InsufficientBalance { sender: from, balance, needed: amount };
        self.wallets.insert(from, balance.checked_sub(amount).ok_or_else(|| same(&short))?);
        Ok(())
    }

    fn permit(&mut self, owner: Address, amount: U256, form: Form) -> Result<(), ContractError> {
        let (deadline, timestamp) = (form.deadline(self.now), U256::from(self.now));
        let refusal = match form {
            Form::Right => {
                self.allowances.insert(owner, amount);
                return Ok(());
            }
            Form::Expired => same(&ICor::PermitExpired { deadline, timestamp }),
            Form::FrontRun | Form::Wrong => same(&ICor::InvalidSigner { signer: Address::ZERO, expected: owner }),
        };
        if self.allowances.get(&owner).copied().unwrap_or_default() < amount { Err(refusal) } else { Ok(()) }
    }

    /// The token, by an authorization.
    fn receive(&mut self, from: Address, amount: U256, nonce: B256, form: Form) -> Result<(), ContractError> {
        let timestamp = U256::from(self.now);
        if form == Form::Expired {
            return Err(same(&ICor::AuthorizationExpired { validBefore: timestamp, timestamp }));
        }
        if self.used.contains(&(from, nonce)) {
            return Err(same(&ICor::AuthorizationUsedOrCanceled { authorizer: from, nonce }));
        }
        if form == Form::Wrong {
            return Err(same(&ICor::InvalidSigner { signer: Address::ZERO, expected: from }));
        }
        self.used.insert((from, nonce));
        self.take_from_wallet(from, amount)
    }
}

/// What is left of `available`.
fn taken(available: U256, amount: U256, short: ContractError) -> Result<U256, ContractError> {
    if amount.is_zero() {
        return Err(same(&Vault::ZeroAmount {}));
    }
    available.checked_sub(amount).ok_or(short)
}
