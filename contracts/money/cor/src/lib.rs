//! Cor: the token. Specified by `sol/ICor.sol`.
//!
//! ERC-20 with the errors of ERC-6093, EIP-2612, EIP-3009 and EIP-5267, and a mint up to a cap. Contracts sign (ERC-1271) by the packed
//! forms of EIP-3009; the forms with `v`, `r`, `s`, `permit` among them, are for keys.

#![cfg_attr(not(any(test, feature = "export-abi")), no_main)]
// The SDK's macro writes an entry point without a doc comment.
#![allow(missing_docs)]

extern crate alloc;

use alloc::{string::String, vec, vec::Vec};

use alloy_primitives::{keccak256, Address, FixedBytes, B256, U256, U8};
use alloy_sol_types::sol;
use cor_contract_shared::{check_signature, contract_agrees, nonzero, Ownable, Revert, Row, Signature};
use cor_core::task::eip712::domain_separator;
use stylus_sdk::{
    abi::Bytes,
    prelude::*,
    storage::{StorageB256, StorageBool, StorageMap, StorageU256, StorageU8},
};

mod authorization;
mod eip712;
mod text;

use authorization::Authorization;
use text::Text;

sol! {
    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);
    event AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce);
    event MinterSet(address indexed minter, bool enabled);

    error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
    error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
    error ERC20InvalidSender(address sender);
    error ERC20InvalidReceiver(address receiver);
    error ERC20InvalidApprover(address approver);
    error ERC20InvalidSpender(address spender);
    error PermitExpired(uint256 deadline, uint256 timestamp);
    error InvalidSigner(address signer, address expected);
    error AuthorizationNotYetValid(uint256 validAfter, uint256 timestamp);
    error AuthorizationExpired(uint256 validBefore, uint256 timestamp);
    error AuthorizationUsedOrCanceled(address authorizer, bytes32 nonce);
    error CallerMustBePayee(address caller, address payee);
    error CapExceeded(uint256 supply, uint256 amount, uint256 cap);
    error NotMinter(address caller);
    error TextTooLong(uint256 length, uint256 limit);
}

/// Balances, allowances, and which signatures took effect.
#[storage]
#[entrypoint]
pub struct Cor {
    ownable: Ownable,
    total_supply: StorageU256,
    cap: StorageU256,
    balances: StorageMap<Address, StorageU256>,
    allowances: StorageMap<Address, StorageMap<Address, StorageU256>>,
    permit_nonces: StorageMap<Address, StorageU256>,
    authorizations: StorageMap<Address, StorageMap<B256, StorageBool>>,
    minters: StorageMap<Address, StorageBool>,
    name_hash: StorageB256,
    decimals: StorageU8,
    name: Text,
    symbol: Text,
}

/// A signature as it was given.
enum Proof<'a> {
    /// By a key.
    Parts(Signature),
    /// By a key, or what an account with code takes for a signature.
    Packed(&'a [u8]),
}

// The argument list of permit is that of the standard.
#[allow(clippy::too_many_arguments)]
#[public]
impl Cor {
    /// Sets what never changes, and the first owner. There is no minter yet.
    ///
    /// # Arguments
    /// * `name`, `symbol`: at most 31 bytes each.
    /// * `decimals`: decimal places.
    /// * `cap`: most tokens that can ever exist, in the smallest unit.
    /// * `owner`: who names minters; not zero.
    ///
    /// # Errors
    /// * `TextTooLong` for a longer name or symbol.
    /// * `ZeroAddress` for a zero owner.
    ///
    /// # Events
    /// * `OwnershipTransferred` from zero.
    #[constructor]
    pub fn constructor(&mut self, name: String, symbol: String, decimals: u8, cap: U256, owner: Address) -> Result<(), Revert> {
        self.name_hash.set(keccak256(&name));
        self.name.set(&name)?;
        self.symbol.set(&symbol)?;
        self.decimals.set(U8::from(decimals));
        self.cap.set(cap);
        self.ownable.init(owner)
    }

    /// ERC-20.
    /// Arguments, errors, events: `ICor.name`.
    pub fn name(&self) -> String {
        self.name.get()
    }

    /// ERC-20.
    /// Arguments, errors, events: `ICor.symbol`.
    pub fn symbol(&self) -> String {
        self.symbol.get()
    }

    /// ERC-20.
    /// Arguments, errors, events: `ICor.decimals`.
    pub fn decimals(&self) -> u8 {
        self.decimals.get().to()
    }

    /// EIP-712 version of the signing domain.
    /// Arguments, errors, events: `ICor.version`.
    pub fn version(&self) -> String {
        "1".into()
    }

    /// ERC-20.
    /// Arguments, errors, events: `ICor.totalSupply`.
    pub fn total_supply(&self) -> U256 {
        self.total_supply.get()
    }

    /// Most tokens that can ever exist.
    /// Arguments, errors, events: `ICor.cap`.
    pub fn cap(&self) -> U256 {
        self.cap.get()
    }

    /// ERC-20.
    /// Arguments, errors, events: `ICor.balanceOf`.
    pub fn balance_of(&self, account: Address) -> U256 {
        self.balances.get(account)
    }

    /// ERC-20.
    /// Arguments, errors, events: `ICor.allowance`.
    pub fn allowance(&self, owner: Address, spender: Address) -> U256 {
        self.allowances.getter(owner).get(spender)
    }

    /// ERC-20.
    /// Arguments, errors, events: `ICor.transfer`.
    pub fn transfer(&mut self, to: Address, value: U256) -> Result<bool, Revert> {
        self.move_tokens(self.vm().msg_sender(), to, value)?;
        Ok(true)
    }

    /// ERC-20.
    /// Arguments, errors, events: `ICor.approve`.
    pub fn approve(&mut self, spender: Address, value: U256) -> Result<bool, Revert> {
        self.allow(self.vm().msg_sender(), spender, value)?;
        Ok(true)
    }

    /// ERC-20. An allowance of 2^256-1 is never reduced.
    /// Arguments, errors, events: `ICor.transferFrom`.
    pub fn transfer_from(&mut self, from: Address, to: Address, value: U256) -> Result<bool, Revert> {
        let spender = self.vm().msg_sender();
        let allowance = self.allowance(from, spender);
        if allowance != U256::MAX {
            let short = ERC20InsufficientAllowance { spender, allowance, needed: value };
            let left = allowance.checked_sub(value).ok_or(short)?;
            self.set_allowance(from, spender, left)?;
        }
        self.move_tokens(from, to, value)?;
        Ok(true)
    }

    /// Creates tokens up to the cap; minters only.
    /// Arguments, errors, events: `ICor.mint`.
    pub fn mint(&mut self, to: Address, value: U256) -> Result<(), Revert> {
        let caller = self.vm().msg_sender();
        if !self.minters.get(caller) {
            return Err(NotMinter { caller }.into());
        }
        let to = receiver(to)?;
        let (supply, cap) = (self.total_supply.get(), self.cap.get());
        let next = supply.checked_add(value).filter(|next| *next <= cap).ok_or(CapExceeded { supply, amount: value, cap })?;
        self.total_supply.set(next);
        self.credit(Address::ZERO, to, value);
        Ok(())
    }

    /// Names or removes a minter.
    /// Arguments, errors, events: `ICor.setMinter`.
    pub fn set_minter(&mut self, minter: Address, enabled: bool) -> Result<(), Revert> {
        self.ownable.only_owner()?;
        self.minters.insert(nonzero(minter)?, enabled);
        self.vm().log(MinterSet { minter, enabled });
        Ok(())
    }

    /// Whether `account` may mint.
    /// Arguments, errors, events: `ICor.isMinter`.
    pub fn is_minter(&self, account: Address) -> bool {
        self.minters.get(account)
    }

    /// EIP-2612.
    /// Arguments, errors, events: `ICor.permit`.
    pub fn permit(
        &mut self,
        owner: Address,
        spender: Address,
        value: U256,
        deadline: U256,
        v: u8,
        r: B256,
        s: B256,
    ) -> Result<(), Revert> {
        let timestamp = self.timestamp();
        if timestamp > deadline {
            return Err(PermitExpired { deadline, timestamp }.into());
        }
        let nonce = self.permit_nonces.get(owner);
        let words = [eip712::PERMIT, owner.into_word(), spender.into_word(), value.into(), nonce.into(), deadline.into()];
        self.check(&words.map(|word| word.0), &Proof::Parts(Signature { v, r, s }), owner)?;
        // A nonce counts signatures of one key: it cannot reach 2^256.
        self.permit_nonces.insert(owner, nonce.wrapping_add(U256::ONE));
        self.allow(owner, spender, value)
    }

    /// EIP-2612.
    /// Arguments, errors, events: `ICor.nonces`.
    pub fn nonces(&self, owner: Address) -> U256 {
        self.permit_nonces.get(owner)
    }

    /// EIP-712. Made anew for each use from the hash of the name: that is one storage read, where a cached separator would be two
    /// (itself and the chain it was made for), and it is right after a fork of the chain.
    /// Arguments, errors, events: `ICor.DOMAIN_SEPARATOR`.
    #[selector(name = "DOMAIN_SEPARATOR")]
    pub fn domain_separator(&self) -> B256 {
        domain_separator(self.name_hash.get(), self.vm().chain_id(), self.vm().contract_address())
    }

    /// EIP-5267.
    /// Arguments, errors, events: `ICor.eip712Domain`.
    #[selector(name = "eip712Domain")]
    pub fn eip712_domain(&self) -> (FixedBytes<1>, String, String, U256, Address, B256, Vec<U256>) {
        let (chain_id, contract) = (U256::from(self.vm().chain_id()), self.vm().contract_address());
        (eip712::DOMAIN_FIELDS, self.name(), self.version(), chain_id, contract, B256::ZERO, Vec::new())
    }

    /// EIP-3009.
    /// Arguments, errors, events: `ICor.authorizationState`.
    pub fn authorization_state(&self, authorizer: Address, nonce: B256) -> bool {
        self.authorizations.getter(authorizer).get(nonce)
    }

    /// EIP-3009.
    /// Arguments, errors, events: `ICor.transferWithAuthorization`.
    pub fn transfer_with_authorization(
        &mut self,
        authorization: Row<Authorization, 6>,
        v: u8,
        r: B256,
        s: B256,
    ) -> Result<(), Revert> {
        self.execute(eip712::TRANSFER, authorization.0, &Proof::Parts(Signature { v, r, s }))
    }

    /// EIP-3009, with a packed signature.
    /// Arguments, errors, events: `ICor.transferWithAuthorization`.
    #[selector(name = "transferWithAuthorization")]
    pub fn transfer_with_packed_authorization(
        &mut self,
        authorization: Row<Authorization, 6>,
        signature: Bytes,
    ) -> Result<(), Revert> {
        self.execute(eip712::TRANSFER, authorization.0, &Proof::Packed(&signature))
    }

    /// EIP-3009: only the payee may call.
    /// Arguments, errors, events: `ICor.receiveWithAuthorization`.
    pub fn receive_with_authorization(
        &mut self,
        authorization: Row<Authorization, 6>,
        v: u8,
        r: B256,
        s: B256,
    ) -> Result<(), Revert> {
        self.only_payee(authorization.0.to)?;
        self.execute(eip712::RECEIVE, authorization.0, &Proof::Parts(Signature { v, r, s }))
    }

    /// EIP-3009, with a packed signature.
    /// Arguments, errors, events: `ICor.receiveWithAuthorization`.
    #[selector(name = "receiveWithAuthorization")]
    pub fn receive_with_packed_authorization(
        &mut self,
        authorization: Row<Authorization, 6>,
        signature: Bytes,
    ) -> Result<(), Revert> {
        self.only_payee(authorization.0.to)?;
        self.execute(eip712::RECEIVE, authorization.0, &Proof::Packed(&signature))
    }

    /// EIP-3009.
    /// Arguments, errors, events: `ICor.cancelAuthorization`.
    pub fn cancel_authorization(&mut self, authorizer: Address, nonce: B256, v: u8, r: B256, s: B256) -> Result<(), Revert> {
        self.cancel(authorizer, nonce, &Proof::Parts(Signature { v, r, s }))
    }

    /// EIP-3009, with a packed signature.
    /// Arguments, errors, events: `ICor.cancelAuthorization`.
    #[selector(name = "cancelAuthorization")]
    pub fn cancel_packed_authorization(&mut self, authorizer: Address, nonce: B256, signature: Bytes) -> Result<(), Revert> {
        self.cancel(authorizer, nonce, &Proof::Packed(&signature))
    }

    /// Present owner.
    /// Arguments, errors, events: `ICor.owner`.
    pub fn owner(&self) -> Address {
        self.ownable.owner()
    }

    /// Offers ownership.
    /// Arguments, errors, events: `ICor.transferOwnership`.
    pub fn transfer_ownership(&mut self, candidate: Address) -> Result<(), Revert> {
        self.ownable.offer(candidate)
    }

    /// Accepts an offered ownership.
    /// Arguments, errors, events: `ICor.acceptOwnership`.
    pub fn accept_ownership(&mut self) -> Result<(), Revert> {
        self.ownable.accept()
    }
}

impl Cor {
    fn timestamp(&self) -> U256 {
        U256::from(self.vm().block_timestamp())
    }

    // The order of the checks of transfers and allowances is OpenZeppelin's.
    fn move_tokens(&mut self, from: Address, to: Address, value: U256) -> Result<(), Revert> {
        if from.is_zero() {
            return Err(ERC20InvalidSender { sender: from }.into());
        }
        let to = receiver(to)?;
        let balance = self.balances.get(from);
        let left = balance.checked_sub(value).ok_or(ERC20InsufficientBalance { sender: from, balance, needed: value })?;
        self.balances.insert(from, left);
        self.credit(from, to, value);
        Ok(())
    }

    fn credit(&mut self, from: Address, to: Address, value: U256) {
        // Balances sum to the supply, which fits: no balance can wrap.
        let balance = self.balances.get(to).wrapping_add(value);
        self.balances.insert(to, balance);
        self.vm().log(Transfer { from, to, value });
    }

    fn allow(&mut self, owner: Address, spender: Address, value: U256) -> Result<(), Revert> {
        self.set_allowance(owner, spender, value)?;
        self.vm().log(Approval { owner, spender, value });
        Ok(())
    }

    fn set_allowance(&mut self, owner: Address, spender: Address, value: U256) -> Result<(), Revert> {
        if owner.is_zero() {
            return Err(ERC20InvalidApprover { approver: owner }.into());
        }
        if spender.is_zero() {
            return Err(ERC20InvalidSpender { spender }.into());
        }
        self.allowances.setter(owner).insert(spender, value);
        Ok(())
    }

    fn only_payee(&self, payee: Address) -> Result<(), Revert> {
        let caller = self.vm().msg_sender();
        if caller != payee {
            return Err(CallerMustBePayee { caller, payee }.into());
        }
        Ok(())
    }

    fn execute(&mut self, kind: B256, signed: Authorization, proof: &Proof<'_>) -> Result<(), Revert> {
        let Authorization { from, to, value, valid_after, valid_before, nonce } = signed;
        let (value, timestamp) = (value.into(), self.timestamp());
        let (after, before): (U256, U256) = (valid_after.into(), valid_before.into());
        if timestamp <= after {
            return Err(AuthorizationNotYetValid { validAfter: after, timestamp }.into());
        }
        if timestamp >= before {
            return Err(AuthorizationExpired { validBefore: before, timestamp }.into());
        }
        self.consume(from, nonce, &signed.words(kind), proof)?;
        self.vm().log(AuthorizationUsed { authorizer: from, nonce });
        self.move_tokens(from, to, value)
    }

    fn cancel(&mut self, authorizer: Address, nonce: B256, proof: &Proof<'_>) -> Result<(), Revert> {
        self.consume(authorizer, nonce, &[eip712::CANCEL.0, authorizer.into_word().0, nonce.0], proof)?;
        self.vm().log(AuthorizationCanceled { authorizer, nonce });
        Ok(())
    }

    /// Takes a nonce out of use, if it is unused and the structure of `words` is signed by its owner.
    fn consume(&mut self, authorizer: Address, nonce: B256, words: &[[u8; 32]], proof: &Proof<'_>) -> Result<(), Revert> {
        if self.authorization_state(authorizer, nonce) {
            return Err(AuthorizationUsedOrCanceled { authorizer, nonce }.into());
        }
        self.check(words, proof, authorizer)?;
        self.authorizations.setter(authorizer).insert(nonce, true);
        Ok(())
    }

    fn check(&self, words: &[[u8; 32]], proof: &Proof<'_>, expected: Address) -> Result<(), Revert> {
        let digest = eip712::digest(self.domain_separator(), words);
        let signature = match proof {
            Proof::Parts(signature) => Some(*signature),
            Proof::Packed(bytes) => match contract_agrees(self.vm(), expected, digest, bytes) {
                Some(true) => return Ok(()),
                Some(false) => None,
                None => Signature::from_packed(bytes),
            },
        };
        check_signature(self.vm(), digest, signature, expected).map_err(|signer| InvalidSigner { signer, expected }.into())
    }
}

fn receiver(to: Address) -> Result<Address, Revert> {
    if to.is_zero() {
        return Err(ERC20InvalidReceiver { receiver: to }.into());
    }
    Ok(to)
}
