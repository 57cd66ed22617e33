//! A chain with token, vault, and modules of the vault that the test commands.

use alloy::{
    primitives::{Address, B256, Bytes, LogData, U256, keccak256},
    signers::SignerSync,
    sol,
    sol_types::{Eip712Domain, SolCall, SolError, SolEvent, SolStruct, SolValue, eip712_domain},
};
use cor_kit::{
    foreign::script,
    solo::{Done, Refused, Solo},
};
use cor_sol::{
    ContractError,
    cor::ICor,
    decode_revert,
    vault::IVault::{self, VaultModule},
};
use serde_json::{Value, json};

use crate::cor::{Permit, ReceiveWithAuthorization};

/// 1 COR in wei.
pub(crate) const COR: u128 = 1_000_000_000_000_000_000;
/// What each wallet starts with.
pub(crate) const WALLET: u128 = 1_000 * COR;
/// How long a widening waits.
pub(crate) const DELAY_SECS: u64 = 3 * DAY_SECS;
/// The window of caps.
pub(crate) const DAY_SECS: u64 = 86_400;
/// What the modules that are active from the start take in a day.
pub(crate) const CAP: u128 = 100 * COR;

/// Who is who among the accounts. Users have free money; the last of them has let nobody take its tokens.
pub(crate) const OWNER: usize = 0;
pub(crate) const GUARDIAN: usize = 1;
pub(crate) const USERS: [usize; 4] = [2, 3, 4, FRUGAL];
pub(crate) const FRUGAL: usize = 5;
pub(crate) const STRANGER: usize = 6;
pub(crate) const CANDIDATE: usize = 7;
pub(crate) const ACCOUNTS: usize = 8;

/// Modules: the first two are active from the start, the others unknown.
pub(crate) const MODULES: usize = 4;

sol! {
    function set(uint8 way, address target, bytes message) external;
    function forward(address to, bytes data) external returns (bytes answer);
    #[derive(Debug, PartialEq)]
    event Credited(address beneficiary, address account, uint256 amount);
    #[derive(Debug, PartialEq)]
    event CalledBack(bool ok, bytes answer);
    error Unwanted(address beneficiary);
}

/// How a module answers, in the order of `test/foreign/VaultModule.sol`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    AnswersNothing = 1,
    AnswersAnother,
    AnswersTooMuch,
    AnswersDirty,
    AnswersAtTheWrongEnd,
    Refuses,
    RevertsWithoutReason,
    TakesAllGas,
    CallsBack,
}

/// A signed transfer to the vault, as whoever has it can send it.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) from: Address,
    pub(crate) amount: U256,
    pub(crate) valid_after: U256,
    pub(crate) valid_before: U256,
    pub(crate) nonce: B256,
    pub(crate) signature: Bytes,
}

pub(crate) struct World {
    pub(crate) solo: Solo,
    pub(crate) token: Address,
    pub(crate) vault: Address,
}

impl World {
    /// An open vault with two modules and a guardian.
    pub(crate) async fn start() -> Self {
        let world = Self::closed().await;
        world.by(OWNER, &IVault::setGuardianCall { account: world.account(GUARDIAN) });
        for index in 0..2 {
            world.by(OWNER, &IVault::proposeModuleCall { module: world.module(index), cap: U256::from(CAP) });
        }
        world.by(OWNER, &IVault::openCall {});
        world
    }

    /// The same before it is set up: no guardian, no module, not open.
    pub(crate) async fn closed() -> Self {
        let solo = Solo::start().await;
        let owner = solo.account(OWNER);
        let supply = U256::from(1_000_000_000 * COR);
        let token = ("Cortensor".to_owned(), "COR".to_owned(), U256::from(18), supply, owner);
        let token = solo.deploy("Cor", &token.abi_encode_params());
        let vault = solo.deploy("Vault", &(owner, token, DELAY_SECS).abi_encode_params());
        solo.ok(owner, token, &ICor::setMinterCall { minter: owner, enabled: true });
        for index in 0..ACCOUNTS {
            let wallet = solo.account(index);
            solo.ok(owner, token, &ICor::mintCall { to: wallet, value: U256::from(WALLET) });
            if index != FRUGAL {
                solo.ok(wallet, token, &ICor::approveCall { spender: vault, value: U256::MAX });
            }
        }
        let world = Self { solo, token, vault };
        let compiled = compiled("VaultModule.sol").await;
        for index in 0..MODULES {
            world.place(world.module(index), &compiled, "VaultModule");
        }
        world
    }

    /// Puts a compiled contract at an address.
    pub(crate) fn place(&self, at: Address, compiled: &Value, name: &str) {
        let code = compiled[name]["runtime"].as_str().expect("the contract is in the file").parse().expect("hex");
        self.solo.chain().writer().set_code(at, code).expect("code is laid");
    }

    pub(crate) fn account(&self, index: usize) -> Address {
        self.solo.account(index)
    }

    pub(crate) fn module(&self, index: usize) -> Address {
        Address::repeat_byte(0xa0 + u8::try_from(index).expect("a small number"))
    }

    /// Sets how a module answers the vault; what it calls back is a call of the vault.
    pub(crate) fn tell(&self, module: usize, way: Way, message: Vec<u8>) {
        let call = setCall { way: way as u8, target: self.vault, message: message.into() };
        self.solo.ok(self.account(STRANGER), self.module(module), &call);
    }

    /// A call of the vault by account `index` that must succeed.
    pub(crate) fn by<C: SolCall>(&self, index: usize, call: &C) -> Done<C::Return> {
        self.solo.ok(self.account(index), self.vault, call)
    }

    pub(crate) fn try_by<C: SolCall>(&self, index: usize, call: &C) -> Result<Done<C::Return>, Refused> {
        self.solo.send(self.account(index), self.vault, call)
    }

    /// A call of the vault by account `index` that must be refused.
    pub(crate) fn refused<C: SolCall>(&self, index: usize, call: &C) -> ContractError {
        self.solo.refused(self.account(index), self.vault, call)
    }

    /// Calldata for the vault that a module sends on.
    pub(crate) fn forwarded(&self, data: Vec<u8>) -> Vec<u8> {
        forwardCall { to: self.vault, data: data.into() }.abi_encode()
    }

    /// A call of the vault by a module. All that modules call returns nothing.
    pub(crate) fn try_as_module<C: SolCall>(&self, module: usize, call: &C) -> Result<Done<Bytes>, Refused> {
        self.solo.transact(self.account(STRANGER), self.module(module), self.forwarded(call.abi_encode()))
    }

    /// A call of the vault by a module that must succeed.
    pub(crate) fn as_module<C: SolCall>(&self, module: usize, call: &C) -> Done<Bytes> {
        self.try_as_module(module, call).unwrap_or_else(|refused| panic!("{}: {refused:?}", C::SIGNATURE))
    }

    /// A call of the vault by a module that must be refused.
    pub(crate) fn refused_as_module<C: SolCall>(&self, module: usize, call: &C) -> ContractError {
        match self.try_as_module(module, call) {
            Err(Refused::Known(error)) => error,
            other => panic!("{}: {other:?}", C::SIGNATURE),
        }
    }

    pub(crate) fn get<C: SolCall>(&self, call: &C) -> C::Return {
        self.solo.get(self.vault, call)
    }

    /// The logs of the vault alone.
    pub(crate) fn own_logs<R>(&self, done: &Done<R>) -> Vec<LogData> {
        done.logs.iter().filter(|(contract, _)| *contract == self.vault).map(|(_, log)| log.clone()).collect()
    }

    pub(crate) fn wallet(&self, account: Address) -> U256 {
        self.solo.get(self.token, &ICor::balanceOfCall { account })
    }

    pub(crate) fn free(&self, index: usize) -> U256 {
        self.get(&IVault::freeOfCall { account: self.account(index) })
    }

    pub(crate) fn book(&self, module: usize) -> U256 {
        self.get(&IVault::bookOfCall { module: self.module(module) })
    }

    pub(crate) fn shown(&self, module: usize) -> VaultModule {
        self.get(&IVault::moduleOfCall { module: self.module(module) })
    }

    pub(crate) fn now(&self) -> u64 {
        self.solo.chain().now()
    }

    /// Moves the time to `secs`.
    pub(crate) fn pass_to(&self, secs: u64) {
        self.solo.pass(secs.checked_sub(self.now()).expect("time goes forward"));
    }

    /// Accounts 2 to 4 have 100 COR of free money each, and account 2 has put 30 into the book of module 0 and 20 into that of 1.
    pub(crate) fn filled(&self) {
        for user in &USERS[..3] {
            self.by(*user, &IVault::depositCall { amount: cor(100) });
        }
        for (module, amount) in [(0, 30), (1, 20)] {
            self.by(2, &self.funding(module, 3, cor(amount)));
        }
    }

    pub(crate) fn funding(&self, module: usize, beneficiary: usize, amount: U256) -> IVault::fundCall {
        IVault::fundCall { module: self.module(module), beneficiary: self.account(beneficiary), amount }
    }

    /// free + books + treasury = totalHeld = token balance, over all accounts and modules.
    pub(crate) fn assert_conserved(&self) {
        let free: U256 = (0..ACCOUNTS).map(|index| self.free(index)).sum();
        let books: U256 = (0..MODULES).map(|index| self.book(index)).sum();
        let held = self.get(&IVault::totalHeldCall {});
        assert_eq!(free + books + self.get(&IVault::treasuryCall {}), held, "the parts are the whole");
        assert_eq!(held, self.wallet(self.vault), "the whole is there");
    }

    fn domain(&self) -> Eip712Domain {
        let chain_id = self.solo.chain().chain_id();
        eip712_domain! { name: "Cortensor", version: "1", chain_id: chain_id, verifying_contract: self.token, }
    }

    /// What a signature of a message for the token is of.
    pub(crate) fn digest(&self, message: &impl SolStruct) -> B256 {
        message.eip712_signing_hash(&self.domain())
    }

    /// A deposit of account `index` with its permit; `ahead` is added to the nonce.
    pub(crate) fn permitted(
        &self,
        index: usize,
        account: Address,
        amount: U256,
        deadline: U256,
        ahead: u64,
    ) -> IVault::depositWithPermitCall {
        let owner = self.account(index);
        let nonce = self.solo.get(self.token, &ICor::noncesCall { owner }) + U256::from(ahead);
        let message = Permit { owner, spender: self.vault, value: amount, nonce, deadline };
        let signature = self.solo.key(index).sign_hash_sync(&self.digest(&message)).expect("it signs");
        let (r, s) = (signature.r().into(), signature.s().into());
        IVault::depositWithPermitCall { account, amount, deadline, v: 27 + u8::from(signature.v()), r, s }
    }

    /// The same permit, sent to the token by itself.
    pub(crate) fn front_run(&self, index: usize, call: &IVault::depositWithPermitCall) {
        let IVault::depositWithPermitCall { amount, deadline, v, r, s, .. } = call.clone();
        let (owner, spender) = (self.account(index), self.vault);
        let permit = ICor::permitCall { owner, spender, value: amount, deadline, v, r, s };
        self.solo.ok(self.account(STRANGER), self.token, &permit);
    }

    /// A transfer to the vault that account `index` signs, valid from `after` to `before`, exclusive.
    pub(crate) fn signed(&self, index: usize, amount: U256, nonce: B256, (after, before): (U256, U256)) -> Signed {
        let message = self.message(self.account(index), amount, nonce, (after, before));
        let signature = self.solo.key(index).sign_hash_sync(&self.digest(&message)).expect("it signs");
        let signature = signature.as_bytes().to_vec().into();
        Signed { from: message.from, amount, valid_after: after, valid_before: before, nonce, signature }
    }

    pub(crate) fn message(
        &self,
        from: Address,
        value: U256,
        nonce: B256,
        (after, before): (U256, U256),
    ) -> ReceiveWithAuthorization {
        ReceiveWithAuthorization { from, to: self.vault, value, validAfter: after, validBefore: before, nonce }
    }

    /// The same for ever, for funding a module. The salt is what the nonce is made of beside the module.
    pub(crate) fn signed_funding(&self, index: usize, module: usize, amount: U256, salt: B256) -> Signed {
        self.signed(index, amount, nonce_of(self.module(module), salt), FOREVER)
    }
}

/// The nonce of a deposit that goes on to a module, as `IVault.authorizeAndFund` says.
pub(crate) fn nonce_of(module: Address, salt: B256) -> B256 {
    keccak256([module.into_word(), salt].concat())
}

/// Always valid.
pub(crate) const FOREVER: (U256, U256) = (U256::ZERO, U256::MAX);

impl Signed {
    /// What anyone can do with it.
    pub(crate) fn deposit(self) -> IVault::depositWithAuthorizationCall {
        let Self { from, amount, valid_after, valid_before, nonce, signature } = self;
        IVault::depositWithAuthorizationCall {
            from,
            amount,
            validAfter: valid_after,
            validBefore: valid_before,
            nonce,
            signature,
        }
    }

    /// What anyone can do with it who knows the salt.
    pub(crate) fn fund(self, module: Address, salt: B256) -> IVault::authorizeAndFundCall {
        let Self { from, amount, valid_after, valid_before, signature, .. } = self;
        IVault::authorizeAndFundCall { from, module, amount, validAfter: valid_after, validBefore: valid_before, salt, signature }
    }
}

/// Every contract of a Solidity file under `test/foreign`, by name.
pub(crate) async fn compiled(file: &str) -> Value {
    script("compile.mjs", "solc", &json!({ "source": file })).await
}

/// Whole COR in wei.
pub(crate) fn cor(amount: u128) -> U256 {
    U256::from(amount * COR)
}

/// An error as it is decoded: those of one signature are one variant, whichever contract names it.
pub(crate) fn same<E: SolError>(error: &E) -> ContractError {
    decode_revert(&error.abi_encode()).expect("an error of ours")
}

/// Events as they are logged.
pub(crate) fn logged<E: SolEvent>(event: &E) -> LogData {
    event.encode_log_data()
}
