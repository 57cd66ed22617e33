//! What can happen to the vault, as plain values: the model and the contract are given the same ones.

use alloy::{
    primitives::{Address, B256, LogData, U256},
    sol_types::SolCall,
};
use cor_kit::solo::{Done, Refused};
use cor_sol::{cor::ICor, vault::IVault as Vault};
use proptest::prelude::*;

use super::world::{ACCOUNTS, COR, DAY_SECS, DELAY_SECS, FRUGAL, GUARDIAN, MODULES, OWNER, USERS, World};

/// Accounts and modules are given by index, amounts in wei.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    Deposit { by: usize, amount: U256 },
    DepositFor { by: usize, account: usize, amount: U256 },
    Permit { by: usize, account: usize, amount: U256, form: Form },
    Authorize { by: usize, from: usize, amount: U256, form: Form, salt: u8 },
    Withdraw { by: usize, amount: U256 },
    WithdrawTo { by: usize, to: usize, amount: U256 },
    Fund { by: usize, module: usize, beneficiary: usize, amount: U256 },
    DepositAndFund { by: usize, module: usize, beneficiary: usize, amount: U256 },
    AuthorizeAndFund { by: usize, from: usize, module: usize, amount: U256, form: Form, salt: u8 },
    PayOut { module: usize, to: usize, amount: U256 },
    Release { module: usize, account: usize, amount: U256 },
    PayTreasury { module: usize, amount: U256 },
    FundTreasury { by: usize, amount: U256 },
    WithdrawTreasury { by: usize, to: usize, amount: U256 },
    Propose { by: usize, module: usize, cap: U256 },
    Close { by: usize, module: usize },
    SetCap { by: usize, module: usize, cap: U256 },
    SetGuardian { by: usize, account: usize },
    Approve { by: usize },
    Wait { secs: u64 },
}

/// How a message is signed. The last two fail in the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Right,
    /// A permit that was sent to the token before; an authorization that is right.
    FrontRun,
    /// By its times.
    Expired,
    /// A permit with a later nonce; an authorization of another account.
    Wrong,
}

impl Action {
    /// Name of the variant.
    pub(crate) fn kind(&self) -> String {
        let shown = format!("{self:?}");
        shown.split_once(' ').map_or(shown.clone(), |(name, _)| name.to_owned())
    }
}

impl Form {
    /// From when to when an authorization is valid, exclusive.
    pub(crate) fn times(self, now: u64) -> (U256, U256) {
        (U256::ZERO, if self == Self::Expired { U256::from(now) } else { U256::MAX })
    }

    pub(crate) fn deadline(self, now: u64) -> U256 {
        if self == Self::Expired { U256::from(now - 1) } else { U256::from(now) }
    }
}

/// The nonce of a deposit, or the salt of the nonce of a funding.
pub(crate) fn salt(byte: u8) -> B256 {
    B256::repeat_byte(byte)
}

/// Any action. Amounts and caps are around what is there, so that both outcomes are common.
pub(crate) fn action() -> impl Strategy<Value = Action> {
    prop_oneof![12 => money(), 6 => funding(), 5 => books(), 7 => roles(), 3 => times()]
}

fn account() -> impl Strategy<Value = usize> {
    0..ACCOUNTS
}

fn user() -> impl Strategy<Value = usize> {
    proptest::sample::select(USERS.to_vec())
}

/// Mostly one that is in service from the start.
fn module() -> impl Strategy<Value = usize> {
    prop_oneof![3 => 0..2_usize, 1 => 0..MODULES]
}

fn amount() -> impl Strategy<Value = U256> {
    prop_oneof![
        1 => Just(U256::ZERO),
        12 => (1..60 * COR).prop_map(U256::from),
        2 => (1..1_200 * COR).prop_map(U256::from),
        1 => any::<[u8; 32]>().prop_map(U256::from_be_bytes),
    ]
}

/// As a rule less than there is after a deposit or two.
fn little() -> impl Strategy<Value = U256> {
    prop_oneof![1 => Just(U256::ZERO), 12 => (1..4 * COR).prop_map(U256::from), 3 => amount()]
}

fn form() -> impl Strategy<Value = Form> {
    prop_oneof![3 => Just(Form::Right), 2 => Just(Form::FrontRun), 1 => Just(Form::Expired), 1 => Just(Form::Wrong)]
}

fn money() -> impl Strategy<Value = Action> {
    let authorization = (account(), user(), amount(), form(), 0..8_u8);
    prop_oneof![
        4 => (user(), amount()).prop_map(|(by, amount)| Action::Deposit { by, amount }),
        2 => (user(), account(), amount()).prop_map(|(by, account, amount)| Action::DepositFor { by, account, amount }),
        3 => (user(), account(), amount(), form())
            .prop_map(|(by, account, amount, form)| Action::Permit { by, account, amount, form }),
        3 => authorization.prop_map(|(by, from, amount, form, salt)| Action::Authorize { by, from, amount, form, salt }),
        2 => (user(), little()).prop_map(|(by, amount)| Action::Withdraw { by, amount }),
        2 => (user(), account(), little()).prop_map(|(by, to, amount)| Action::WithdrawTo { by, to, amount }),
        2 => user().prop_map(|by| Action::Approve { by }),
    ]
}

fn funding() -> impl Strategy<Value = Action> {
    let signed = (account(), user(), module(), amount(), form(), 0..3_u8);
    prop_oneof![
        3 => (user(), module(), account(), little())
            .prop_map(|(by, module, beneficiary, amount)| Action::Fund { by, module, beneficiary, amount }),
        2 => (user(), module(), account(), amount())
            .prop_map(|(by, module, beneficiary, amount)| Action::DepositAndFund { by, module, beneficiary, amount }),
        2 => signed.prop_map(|(by, from, module, amount, form, salt)| {
            Action::AuthorizeAndFund { by, from, module, amount, form, salt }
        }),
    ]
}

fn books() -> impl Strategy<Value = Action> {
    prop_oneof![
        (module(), account(), little()).prop_map(|(module, to, amount)| Action::PayOut { module, to, amount }),
        (module(), account(), little()).prop_map(|(module, account, amount)| Action::Release { module, account, amount }),
        (module(), little()).prop_map(|(module, amount)| Action::PayTreasury { module, amount }),
    ]
}

fn roles() -> impl Strategy<Value = Action> {
    let by = || prop_oneof![4 => Just(OWNER), 2 => Just(GUARDIAN), 1 => account()];
    let modules = || 0..MODULES;
    prop_oneof![
        2 => (user(), amount()).prop_map(|(by, amount)| Action::FundTreasury { by, amount }),
        3 => (by(), account(), little()).prop_map(|(by, to, amount)| Action::WithdrawTreasury { by, to, amount }),
        4 => (by(), modules(), amount()).prop_map(|(by, module, cap)| Action::Propose { by, module, cap }),
        3 => (by(), modules()).prop_map(|(by, module)| Action::Close { by, module }),
        3 => (by(), modules(), amount()).prop_map(|(by, module, cap)| Action::SetCap { by, module, cap }),
        2 => (by(), GUARDIAN..=FRUGAL).prop_map(|(by, account)| Action::SetGuardian { by, account }),
    ]
}

/// Long enough, now and then, for what is due to come.
fn times() -> impl Strategy<Value = Action> {
    let secs = prop_oneof![1 => 1..DAY_SECS, 2 => Just(DAY_SECS), 2 => Just(DELAY_SECS), 1 => Just(DELAY_SECS - 1)];
    secs.prop_map(|secs| Action::Wait { secs })
}

impl World {
    /// Does it. The vault's logs, or what it refused with.
    pub(crate) fn perform(&self, action: &Action) -> Result<Vec<LogData>, Refused> {
        let (who, now) = (|index: usize| self.account(index), self.now());
        match *action {
            Action::Deposit { by, amount } => self.sent(by, &Vault::depositCall { amount }),
            Action::DepositFor { by, account, amount } => self.sent(by, &Vault::depositForCall { account: who(account), amount }),
            Action::Permit { by, account, amount, form } => {
                let ahead = u64::from(form == Form::Wrong);
                let call = self.permitted(by, who(account), amount, form.deadline(now), ahead);
                if form == Form::FrontRun {
                    self.front_run(by, &call);
                }
                self.sent(by, &call)
            }
            Action::Authorize { by, from, amount, form, salt: byte } => {
                self.sent(by, &self.authorized(from, amount, salt(byte), form).deposit())
            }
            Action::Withdraw { by, amount } => self.sent(by, &Vault::withdrawCall { amount }),
            Action::WithdrawTo { by, to, amount } => self.sent(by, &Vault::withdrawToCall { to: who(to), amount }),
            Action::Fund { by, module, beneficiary, amount } => self.sent(by, &self.funding(module, beneficiary, amount)),
            Action::DepositAndFund { by, module, beneficiary, amount } => {
                let (module, beneficiary) = (self.module(module), who(beneficiary));
                self.sent(by, &Vault::depositAndFundCall { module, beneficiary, amount })
            }
            Action::AuthorizeAndFund { by, from, module, amount, form, salt: byte } => {
                let (module, salt) = (self.module(module), salt(byte));
                let nonce = super::world::nonce_of(module, salt);
                self.sent(by, &self.authorized(from, amount, nonce, form).fund(module, salt))
            }
            Action::PayOut { module, to, amount } => self.sent_by_module(module, &Vault::payOutCall { to: who(to), amount }),
            Action::Release { module, account, amount } => {
                self.sent_by_module(module, &Vault::releaseCall { account: who(account), amount })
            }
            Action::PayTreasury { module, amount } => self.sent_by_module(module, &Vault::payTreasuryCall { amount }),
            Action::FundTreasury { by, amount } => self.sent(by, &Vault::fundTreasuryCall { amount }),
            Action::WithdrawTreasury { by, to, amount } => self.sent(by, &Vault::withdrawTreasuryCall { to: who(to), amount }),
            Action::Propose { by, module, cap } => self.sent(by, &Vault::proposeModuleCall { module: self.module(module), cap }),
            Action::Close { by, module } => self.sent(by, &Vault::closeModuleCall { module: self.module(module) }),
            Action::SetCap { by, module, cap } => self.sent(by, &Vault::setModuleCapCall { module: self.module(module), cap }),
            Action::SetGuardian { by, account } => self.sent(by, &Vault::setGuardianCall { account: who(account) }),
            Action::Approve { by } => {
                let call = ICor::approveCall { spender: self.vault, value: U256::MAX };
                self.solo.send(who(by), self.token, &call).map(|done| self.own_logs(&done))
            }
            Action::Wait { secs } => {
                self.solo.pass(secs);
                Ok(Vec::new())
            }
        }
    }

    fn sent<C: SolCall>(&self, by: usize, call: &C) -> Result<Vec<LogData>, Refused> {
        self.try_by(by, call).map(|done: Done<C::Return>| self.own_logs(&done))
    }

    fn sent_by_module<C: SolCall>(&self, module: usize, call: &C) -> Result<Vec<LogData>, Refused> {
        self.try_as_module(module, call).map(|done| self.own_logs(&done))
    }

    /// Signed by the account itself, or, if it is to be wrong, by the one before.
    fn authorized(&self, from: usize, amount: U256, nonce: B256, form: Form) -> super::world::Signed {
        let signer = if form == Form::Wrong { from - 1 } else { from };
        let signed = self.signed(signer, amount, nonce, form.times(self.now()));
        super::world::Signed { from: self.account(from), ..signed }
    }

    /// Every account, then every module.
    pub(crate) fn everybody(&self) -> Vec<Address> {
        let modules = (0..MODULES).map(|index| self.module(index));
        (0..ACCOUNTS).map(|index| self.account(index)).chain(modules).collect()
    }
}
