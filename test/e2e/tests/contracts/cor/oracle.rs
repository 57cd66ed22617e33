//! Cor and OpenZeppelin's token, each on a chain of its own at the same address: so the same calldata, signatures included, does for both, and
//! what both do is compared byte by byte.

use std::fmt;

use alloy::{
    primitives::{Address, Bytes, Log, U256, address},
    signers::{SignerSync, local::PrivateKeySigner},
    sol,
    sol_types::{Eip712Domain, Panic, PanicKind, SolCall, SolError, SolStruct, SolValue, eip712_domain},
};
use cor_anvil::harness::{CallError, Done, Snapshot, TestChain, Transaction};
use cor_kit::{foreign::script, paths};
use cor_sol::cor::ICor;
use serde_json::json;

use super::Permit;

/// Few enough that mints reach it, and transfers are often of more than there is.
pub(super) const CAP: u64 = 1_000;
/// Who deploys on a test chain: its first contract is at the same address on each.
const DEPLOYER: Address = address!("00000000000000000000000000000000000000de");
const NAME: &str = "Cortensor";
/// The zero address, then accounts with keys, of which the first is the minter.
pub(super) const ACCOUNTS: usize = 5;

sol! {
    contract Token {
        constructor(string name, string symbol, uint8 decimals, uint256 cap, address owner);
    }

    error ERC20ExceededCap(uint256 increasedSupply, uint256 cap);
    error ERC2612ExpiredSignature(uint256 deadline);
    error ERC2612InvalidSigner(address signer, address owner);
    error ECDSAInvalidSignature();
    error ECDSAInvalidSignatureS(bytes32 s);
}

/// What a call did: the bytes it returned and its logs, or the bytes it reverted with.
pub(super) type Outcome = Result<(Bytes, Vec<Log>), Bytes>;

/// Where the tokens say the same in other words, on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Difference {
    /// Ours has the supply and the amount apart, which theirs adds up.
    Cap,
    /// Theirs adds before it compares, and panics if the sum wraps; to ours that is above the cap as well.
    CapWraps,
    /// Ours tells the time, too.
    Expired,
    /// Ours has one error for every signature that is not by the owner, in permits and in authorizations.
    WrongSigner,
    /// As [`Self::WrongSigner`].
    Unsigned,
    /// As [`Self::WrongSigner`].
    HighS,
}

impl Difference {
    pub(super) const ALL: [Self; 6] = [Self::Cap, Self::CapWraps, Self::Expired, Self::WrongSigner, Self::Unsigned, Self::HighS];
}

/// Both tokens, and who uses them.
pub(super) struct Pair {
    ours: TestChain,
    theirs: TestChain,
    pub(super) at: Address,
    keys: Vec<PrivateKeySigner>,
    start: [Snapshot; 2],
}

/// What both are deployed from: a module, and init code without the constructor's arguments.
pub(super) struct Code {
    ours: Vec<u8>,
    theirs: Bytes,
}

/// Code of contracts by their names, from a Solidity file of `test/foreign/token`.
pub(super) async fn solidity(file: &str) -> impl Fn(&str) -> Bytes {
    let compiled = script("compile.mjs", "solc", &json!({ "source": format!("token/{file}") })).await;
    move |name| compiled[name]["creation"].as_str().expect("the contract is in the file").parse().expect("hex")
}

impl Code {
    pub(super) async fn compiled() -> Self {
        let ours = std::fs::read(paths::contracts().join("cor.wasm")).expect("`cargo xtask wasm` builds it");
        Self { ours, theirs: solidity("Oracle.sol").await("Oracle") }
    }
}

impl Pair {
    pub(super) fn new(code: &Code) -> Self {
        let keys: Vec<_> =
            (1..ACCOUNTS).map(|byte| PrivateKeySigner::from_slice(&[byte as u8; 32]).expect("a valid key")).collect();
        let minter = keys[0].address();
        let [mut ours, mut theirs] = [(); 2].map(|()| TestChain::new().expect("a chain"));
        let at = ours.deploy(&code.ours).expect("a contract");
        let (name, symbol, cap) = (NAME.to_owned(), "COR".to_owned(), U256::from(CAP));
        let construct = Token::constructorCall { name, symbol, decimals: 18, cap, owner: minter };
        ours.construct(minter, at, &construct).expect("it is constructed");
        ours.send(minter, at, &ICor::setMinterCall { minter, enabled: true }).expect("the owner names a minter");

        let arguments = (NAME.to_owned(), "COR".to_owned(), U256::from(CAP), minter).abi_encode_params();
        let data = [code.theirs.as_ref(), &arguments].concat().into();
        let creation = Transaction { to: None, data, ..Transaction::call(DEPLOYER, Address::ZERO, Bytes::new()) };
        assert_eq!(theirs.transact(creation).expect("the code is good").created, Some(at), "both are at one address");
        let start = [ours.snapshot(), theirs.snapshot()];
        Self { ours, theirs, at, keys, start }
    }

    /// Undoes everything since the tokens were deployed.
    pub(super) fn reset(&mut self) {
        let [ours, theirs] = &self.start;
        assert!(self.ours.revert(ours) && self.theirs.revert(theirs), "the start is there");
    }

    /// The zero address, or an account with a key.
    pub(super) fn who(&self, index: usize) -> Address {
        index.checked_sub(1).map_or(Address::ZERO, |index| self.keys[index].address())
    }

    /// The key of an account; of the zero address, which has none, another's.
    pub(super) fn key(&self, index: usize) -> &PrivateKeySigner {
        &self.keys[index.saturating_sub(1)]
    }

    pub(super) fn now(&self) -> u64 {
        self.ours.now()
    }

    pub(super) fn wait(&mut self, secs: u64) {
        self.ours.advance(secs);
        self.theirs.advance(secs);
    }

    fn domain(&self) -> Eip712Domain {
        eip712_domain! { name: NAME, version: "1", chain_id: cor_anvil::DEFAULT_CHAIN_ID, verifying_contract: self.at, }
    }

    pub(super) fn sign(&self, key: &PrivateKeySigner, message: &Permit) -> alloy::primitives::Signature {
        key.sign_hash_sync(&message.eip712_signing_hash(&self.domain())).expect("a key signs")
    }

    /// The number of the next permit.
    pub(super) fn nonce(&self, owner: Address) -> U256 {
        self.theirs.view(self.at, &ICor::noncesCall { owner }).expect("a view")
    }

    /// Sends the same to both, and holds ours to what theirs did. What differs on purpose is told.
    pub(super) fn send(&mut self, from: Address, call: &impl SolCall) -> Result<(bool, Option<Difference>), Unequal> {
        let data = call.abi_encode();
        let supply = self.theirs.view(self.at, &ICor::totalSupplyCall {}).expect("a view");
        let [ours, theirs] = [&mut self.ours, &mut self.theirs]
            .map(|chain| outcome(chain.transact(Transaction::call(from, self.at, data.clone()))));
        let (expected, difference) = match theirs {
            Err(revert) => match in_our_words(&revert, &data, supply, U256::from(self.now())) {
                Some((difference, words)) => (Err(words), Some(difference)),
                None => (Err(revert), None),
            },
            done => (done, None),
        };
        if ours != expected {
            return Err(Unequal { what: "outcome", ours: format!("{ours:?}"), theirs: format!("{expected:?}") });
        }
        Ok((ours.is_ok(), difference))
    }

    /// Holds everything that the tokens keep to each other.
    pub(super) fn compare_state(&self) -> Result<(), Unequal> {
        self.compare("supply", &ICor::totalSupplyCall {})?;
        for owner in (0..ACCOUNTS).map(|index| self.who(index)) {
            self.compare("balance", &ICor::balanceOfCall { account: owner })?;
            self.compare("nonce", &ICor::noncesCall { owner })?;
            for spender in (0..ACCOUNTS).map(|index| self.who(index)) {
                self.compare("allowance", &ICor::allowanceCall { owner, spender })?;
            }
        }
        Ok(())
    }

    /// Holds to each other what never changes.
    pub(super) fn compare_constants(&self) -> Result<(), Unequal> {
        self.compare("name", &ICor::nameCall {})?;
        self.compare("symbol", &ICor::symbolCall {})?;
        self.compare("decimals", &ICor::decimalsCall {})?;
        self.compare("cap", &ICor::capCall {})?;
        self.compare("separator", &ICor::DOMAIN_SEPARATORCall {})?;
        self.compare("domain", &ICor::eip712DomainCall {})
    }

    /// Holds the answers to a view to each other.
    fn compare<C: SolCall<Return: PartialEq + fmt::Debug>>(&self, what: &'static str, call: &C) -> Result<(), Unequal> {
        let [ours, theirs] = [&self.ours, &self.theirs].map(|chain| chain.view(self.at, call).expect("a view"));
        if ours == theirs {
            return Ok(());
        }
        Err(Unequal { what, ours: format!("{ours:?}"), theirs: format!("{theirs:?}") })
    }
}

/// Where the tokens are not alike.
#[derive(Debug)]
pub(super) struct Unequal {
    what: &'static str,
    ours: String,
    theirs: String,
}

impl fmt::Display for Unequal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} is ours, and should be {}", self.what, self.ours, self.theirs)
    }
}

fn outcome(result: Result<Done<Bytes>, CallError>) -> Outcome {
    match result {
        Ok(done) => Ok((done.returned, done.logs)),
        Err(CallError::Reverted(data)) => Err(data),
        Err(other) => panic!("neither success nor revert: {other}"),
    }
}

/// What ours should revert with where the words differ on purpose.
fn in_our_words(theirs: &[u8], call: &[u8], supply: U256, timestamp: U256) -> Option<(Difference, Bytes)> {
    let cap_exceeded = || {
        let amount = ICor::mintCall::abi_decode(call).expect("only a mint can exceed the cap").value;
        ICor::CapExceeded { supply, amount, cap: U256::from(CAP) }
    };
    let invalid_signer = |signer| {
        let expected = ICor::permitCall::abi_decode(call).expect("only a permit is signed").owner;
        ICor::InvalidSigner { signer, expected }.abi_encode()
    };
    let (difference, words) = match theirs.first_chunk::<4>().copied()? {
        ERC20ExceededCap::SELECTOR => {
            let (error, ours) = (ERC20ExceededCap::abi_decode(theirs).ok()?, cap_exceeded());
            assert_eq!((error.increasedSupply, error.cap), (ours.supply + ours.amount, ours.cap));
            (Difference::Cap, ours.abi_encode())
        }
        Panic::SELECTOR => {
            let (panic, ours) = (Panic::abi_decode(theirs).ok()?, cap_exceeded());
            assert_eq!(panic.kind(), Some(PanicKind::UnderOverflow));
            assert!(ours.supply.checked_add(ours.amount).is_none(), "only a sum that wraps panics");
            (Difference::CapWraps, ours.abi_encode())
        }
        ERC2612ExpiredSignature::SELECTOR => {
            let deadline = ERC2612ExpiredSignature::abi_decode(theirs).ok()?.deadline;
            (Difference::Expired, ICor::PermitExpired { deadline, timestamp }.abi_encode())
        }
        ERC2612InvalidSigner::SELECTOR => {
            (Difference::WrongSigner, invalid_signer(ERC2612InvalidSigner::abi_decode(theirs).ok()?.signer))
        }
        ECDSAInvalidSignature::SELECTOR => (Difference::Unsigned, invalid_signer(Address::ZERO)),
        ECDSAInvalidSignatureS::SELECTOR => (Difference::HighS, invalid_signer(Address::ZERO)),
        _ => return None,
    };
    Some((difference, words.into()))
}
