//! Contracts by themselves, on a chain without sockets whose time the test owns: for every answer of one contract.

use alloy::{
    primitives::{Address, Bytes, LogData, TxKind, U256, address},
    rpc::types::TransactionRequest,
    signers::local::PrivateKeySigner,
    sol,
    sol_types::{SolCall, SolError},
};
use cor_adapters::deploy::{Artifacts, init_code};
use cor_anvil::{
    ManualClock, Node, NodeConfig, NodeHandle,
    chain::{CallOptions, Chain, ChainError},
};
use cor_core::limits::{SLASHER_NOTICE_SECS, UNBONDING_MIN_SECS};
use cor_sol::{ContractError, decode_revert};

/// Time of the first block.
pub const START_SECS: u64 = 1_800_000_000;

/// The shortest unbonding time that Staking takes, seconds; for tests that are about something else.
pub const UNBONDING_SECS: u64 = UNBONDING_MIN_SECS;

/// The shortest delay that goes with [`UNBONDING_SECS`], seconds. Vault and NodePool take it too.
pub const DELAY_SECS: u64 = UNBONDING_SECS + SLASHER_NOTICE_SECS;

/// Who owns the chain of a [`Solo`]: none of its funded accounts.
const CHAIN_OWNER: Address = Address::repeat_byte(0xc0);
/// Keeps programs in ArbOS's cache.
const ARB_WASM_CACHE: Address = Address::with_last_byte(0x72);

/// Turns deployed code into a program.
const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
/// More than any activation of ours costs; the rest comes back.
const ACTIVATION_VALUE_WEI: u64 = 1_000_000_000_000_000_000;

sol! {
    function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
    function stylus_constructor();
    error ProgramUpToDate();
    function cacheProgram(address program) external;
}

/// A chain and what can be done to contracts on it.
pub struct Solo {
    node: NodeHandle,
    artifacts: Artifacts,
}

/// What a call that took effect did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done<R> {
    /// What it returned.
    pub returned: R,
    /// Its logs: which contract, and what.
    pub logs: Vec<(Address, LogData)>,
    /// Gas it used, after refunds.
    pub gas_used: u64,
}

/// What a call is refused with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// An error of the contracts.
    Known(ContractError),
    /// Revert data that is none.
    Other(Bytes),
}

/// A mined transaction.
#[derive(Debug)]
struct Mined {
    created: Option<Address>,
    done: Done<Bytes>,
}

impl Solo {
    /// Starts a chain with sixteen funded accounts.
    ///
    /// # Panics
    /// If the chain does not start.
    pub async fn start() -> Self {
        // It stands still: what moves is the chain's distance from it, which goes back with the chain.
        let clock = std::sync::Arc::new(ManualClock::at_secs(START_SECS));
        let config = NodeConfig { accounts: 16, clock, chain_owner: Some(CHAIN_OWNER), ..NodeConfig::test().no_socket() };
        let node = Node::spawn(config).await.expect("the chain starts");
        Self { node, artifacts: Artifacts::new(&crate::paths::contracts()) }
    }

    /// Address of a funded account.
    #[must_use]
    pub fn account(&self, index: usize) -> Address {
        self.node.accounts()[index].address
    }

    /// Key of a funded account.
    ///
    /// # Panics
    /// If there is no such account.
    #[must_use]
    pub fn key(&self, index: usize) -> PrivateKeySigner {
        PrivateKeySigner::from_bytes(&self.node.accounts()[index].private_key).expect("a valid key")
    }

    /// Puts a contract's program into ArbOS's cache, as a bid for it does: its calls start for less.
    ///
    /// # Panics
    /// If the chain refuses.
    pub fn cache(&self, contract: Address) {
        self.enable(CHAIN_OWNER);
        self.ok(CHAIN_OWNER, ARB_WASM_CACHE, &cacheProgramCall { program: contract });
    }

    /// Lets an account send transactions that has no key and no ether: a contract, or the chain's owner.
    ///
    /// # Panics
    /// If the chain refuses.
    pub fn enable(&self, account: Address) {
        let writer = self.chain().writer();
        writer.impersonate(account);
        writer.set_balance(account, U256::from(1) << 80).expect("a balance is set");
    }

    /// The chain itself.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        self.node.chain()
    }

    /// Puts a contract's code on the chain and activates it, without calling its constructor.
    ///
    /// # Panics
    /// If the chain refuses the code.
    pub fn place(&self, name: &str) -> Address {
        let code = self.artifacts.code(name).expect("the contract is compiled");
        let creation = TransactionRequest { to: Some(TxKind::Create), ..self.request(self.account(0), init_code(&code)) };
        let program = self.execute(creation).expect("the code fits").created.expect("a creation has an address");
        match self.activate(self.account(0), program) {
            // The same code was activated before, at another address.
            Err(Refused::Other(data)) if data.as_ref() == ProgramUpToDate::SELECTOR => {}
            outcome => drop(outcome.expect("the program is activated")),
        }
        program
    }

    /// Deploys EVM code: `init_code` is its constructor with the arguments behind it.
    ///
    /// # Panics
    /// If the chain refuses the code.
    pub fn create(&self, init_code: Vec<u8>) -> Address {
        let creation = TransactionRequest { to: Some(TxKind::Create), ..self.request(self.account(0), init_code) };
        self.execute(creation).expect("the constructor succeeds").created.expect("a creation has an address")
    }

    /// Has ArbOS make a program of a contract's code, at the cost of account `from`: anyone may.
    ///
    /// # Errors
    /// What ArbWasm reverts with.
    pub fn activate(&self, from: Address, program: Address) -> Result<Done<Bytes>, Refused> {
        let activation = self.request(from, activateProgramCall { program }.abi_encode());
        let value = Some(U256::from(ACTIVATION_VALUE_WEI));
        self.execute(TransactionRequest { to: Some(ARB_WASM.into()), value, ..activation }).map(|mined| mined.done)
    }

    /// Calls a contract's constructor with ABI-encoded arguments.
    ///
    /// # Errors
    /// What it reverts with.
    pub fn construct(&self, contract: Address, arguments: &[u8]) -> Result<Done<Bytes>, Refused> {
        let data = [stylus_constructorCall::SELECTOR.as_slice(), arguments].concat();
        self.transact(self.account(0), contract, data)
    }

    /// Places a contract and constructs it.
    ///
    /// # Panics
    /// If either is refused.
    pub fn deploy(&self, name: &str, arguments: &[u8]) -> Address {
        let contract = self.place(name);
        self.construct(contract, arguments).unwrap_or_else(|refused| panic!("{name}: {refused:?}"));
        contract
    }

    /// Sends calldata and mines it.
    ///
    /// # Errors
    /// What it reverts with.
    pub fn transact(&self, from: Address, to: Address, data: Vec<u8>) -> Result<Done<Bytes>, Refused> {
        let request = TransactionRequest { to: Some(to.into()), ..self.request(from, data) };
        self.execute(request).map(|mined| mined.done)
    }

    /// Sends a call and mines it.
    ///
    /// # Errors
    /// What it reverts with.
    pub fn send<C: SolCall>(&self, from: Address, to: Address, call: &C) -> Result<Done<C::Return>, Refused> {
        let Done { returned, logs, gas_used } = self.transact(from, to, call.abi_encode())?;
        Ok(Done { returned: decode::<C>(&returned), logs, gas_used })
    }

    /// Sends a call with no more than `gas`.
    ///
    /// # Errors
    /// What it reverts with; nothing if its gas does not suffice.
    pub fn with_gas<C: SolCall>(&self, from: Address, to: Address, call: &C, gas: u64) -> Result<Done<Bytes>, Refused> {
        let request = self.request(from, call.abi_encode());
        self.execute(TransactionRequest { to: Some(to.into()), gas: Some(gas), ..request }).map(|mined| mined.done)
    }

    /// Sends a call that must succeed.
    ///
    /// # Panics
    /// If it does not.
    pub fn ok<C: SolCall>(&self, from: Address, to: Address, call: &C) -> Done<C::Return> {
        self.send(from, to, call).unwrap_or_else(|refused| panic!("{}: {refused:?}", C::SIGNATURE))
    }

    /// Sends a call that must be refused.
    ///
    /// # Panics
    /// If it is not, or not by an error of the contracts.
    pub fn refused<C: SolCall>(&self, from: Address, to: Address, call: &C) -> ContractError {
        match self.send(from, to, call) {
            Err(Refused::Known(error)) => error,
            Err(Refused::Other(data)) => panic!("{}: reverts with {data}", C::SIGNATURE),
            Ok(_) => panic!("{}: succeeds", C::SIGNATURE),
        }
    }

    /// Asks without leaving a trace.
    ///
    /// # Errors
    /// What the call reverts with.
    pub fn view<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, Refused> {
        let request = TransactionRequest { to: Some(to.into()), ..self.request(self.account(0), call.abi_encode()) };
        self.chain().call(request, CallOptions::default()).map(|data| decode::<C>(&data)).map_err(refused)
    }

    /// Asks for what is there.
    ///
    /// # Panics
    /// If the call reverts.
    pub fn get<C: SolCall>(&self, to: Address, call: &C) -> C::Return {
        self.view(to, call).unwrap_or_else(|refused| panic!("{}: {refused:?}", C::SIGNATURE))
    }

    /// Moves the chain's time forward and mines a block at the new time.
    ///
    /// # Panics
    /// If no block can be mined.
    pub fn pass(&self, secs: u64) {
        self.chain().writer().increase_time(secs);
        self.chain().mine().expect("a block is mined");
    }

    /// Runs `test`, and undoes what it did: time as well.
    ///
    /// # Panics
    /// If the chain cannot go back.
    pub fn undoing<R>(&self, test: impl FnOnce() -> R) -> R {
        let snapshot = self.chain().writer().snapshot().expect("a snapshot is taken");
        let result = test();
        assert!(self.chain().writer().revert(snapshot), "the snapshot is there");
        result
    }

    fn request(&self, from: Address, data: Vec<u8>) -> TransactionRequest {
        TransactionRequest { from: Some(from), input: Bytes::from(data).into(), ..TransactionRequest::default() }
    }

    fn execute(&self, request: TransactionRequest) -> Result<Mined, Refused> {
        let hash = self.chain().send(request).map_err(refused)?;
        let (block, index) = self.chain().mined(hash).expect("a transaction is mined at once");
        let (_, receipt) = block.transaction(index).expect("a block has its transactions");
        if !receipt.success {
            return Err(Refused::of(receipt.output.clone()));
        }
        let logs = receipt.logs.iter().map(|log| (log.address, log.data.clone())).collect();
        let done = Done { returned: receipt.output.clone(), logs, gas_used: receipt.gas_used };
        Ok(Mined { created: receipt.contract_address, done })
    }
}

impl Refused {
    fn of(data: Bytes) -> Self {
        decode_revert(&data).map_or(Self::Other(data), Self::Known)
    }
}

fn decode<C: SolCall>(data: &[u8]) -> C::Return {
    C::abi_decode_returns_validate(data).unwrap_or_else(|error| panic!("{} returned what does not decode: {error}", C::SIGNATURE))
}

fn refused(error: ChainError) -> Refused {
    match error {
        ChainError::Reverted { data, .. } => Refused::of(data),
        other => panic!("wanted a revert, got {other}"),
    }
}
