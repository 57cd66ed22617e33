//! An ERC-721 whose safe transfers ask the receiver, which may be written in any language.

#![allow(missing_docs, reason = "the SDK's macros write public items")]

extern crate alloc;

use alloc::{format, string::String, vec, vec::Vec};

use alloy_primitives::{Address, FixedBytes, U256};
use alloy_sol_types::sol;
use stylus_sdk::{abi::Bytes, prelude::*};

sol_interface! {
    interface IReceiver {
        function onERC721Received(address operator, address from, uint256 token_id, bytes data) external returns (bytes4);
    }
}

sol! {
    event Transfer(address indexed from, address indexed to, uint256 indexed token_id);
    event Approval(address indexed owner, address indexed approved, uint256 indexed token_id);
    event ApprovalForAll(address indexed owner, address indexed operator, bool approved);

    error NotMinted(uint256 token_id);
    error NotOwner(address from, uint256 token_id, address real_owner);
    error NotApproved(address owner, address spender, uint256 token_id);
    error ReceiverRefused(address receiver, uint256 token_id, bytes4 returned);
}

/// What a receiver that accepts answers: the selector of its own function.
const ACCEPTED: FixedBytes<4> = FixedBytes([0x15, 0x0b, 0x7a, 0x02]);

#[derive(SolidityError)]
pub enum NftError {
    Unknown(NotMinted),
    Owner(NotOwner),
    Spender(NotApproved),
    Refused(ReceiverRefused),
    /// The receiver's own words.
    Receiver(stylus_sdk::stylus_core::calls::errors::Error),
}

sol_storage! {
    #[entrypoint]
    pub struct Nft {
        mapping(uint256 => address) owners;
        mapping(address => uint256) balances;
        mapping(uint256 => address) approvals;
        mapping(address => mapping(address => bool)) operators;
        uint256 supply;
    }
}

#[public]
impl Nft {
    pub fn mint(&mut self) -> U256 {
        let (to, id) = (self.vm().msg_sender(), self.supply.get());
        self.supply.set(id + U256::ONE);
        self.assign(Address::ZERO, to, id);
        id
    }

    pub fn balance_of(&self, owner: Address) -> U256 {
        self.balances.get(owner)
    }

    pub fn owner_of(&self, token_id: U256) -> Result<Address, NftError> {
        let owner = self.owners.get(token_id);
        if owner.is_zero() {
            return Err(NftError::Unknown(NotMinted { token_id }));
        }
        Ok(owner)
    }

    #[selector(name = "tokenURI")]
    pub fn token_uri(&self, token_id: U256) -> Result<String, NftError> {
        self.owner_of(token_id)?;
        Ok(format!("https://nft.example/{token_id}.json"))
    }

    pub fn approve(&mut self, approved: Address, token_id: U256) -> Result<(), NftError> {
        let (owner, spender) = (self.owner_of(token_id)?, self.vm().msg_sender());
        if spender != owner && !self.operators.getter(owner).get(spender) {
            return Err(NftError::Spender(NotApproved { owner, spender, token_id }));
        }
        self.approvals.insert(token_id, approved);
        self.vm().log(Approval { owner, approved, token_id });
        Ok(())
    }

    pub fn set_approval_for_all(&mut self, operator: Address, approved: bool) {
        let owner = self.vm().msg_sender();
        self.operators.setter(owner).insert(operator, approved);
        self.vm().log(ApprovalForAll { owner, operator, approved });
    }

    pub fn transfer_from(&mut self, from: Address, to: Address, token_id: U256) -> Result<(), NftError> {
        let (owner, spender) = (self.owner_of(token_id)?, self.vm().msg_sender());
        if from != owner {
            return Err(NftError::Owner(NotOwner { from, token_id, real_owner: owner }));
        }
        let approved = self.approvals.get(token_id) == spender || self.operators.getter(owner).get(spender);
        if spender != owner && !approved {
            return Err(NftError::Spender(NotApproved { owner, spender, token_id }));
        }
        self.assign(from, to, token_id);
        Ok(())
    }

    #[selector(name = "safeTransferFrom")]
    pub fn safe_transfer_from(&mut self, from: Address, to: Address, token_id: U256) -> Result<(), NftError> {
        self.safe_transfer_from_with_data(from, to, token_id, Bytes::default())
    }

    #[selector(name = "safeTransferFrom")]
    pub fn safe_transfer_from_with_data(
        &mut self,
        from: Address,
        to: Address,
        token_id: U256,
        data: Bytes,
    ) -> Result<(), NftError> {
        self.transfer_from(from, to, token_id)?;
        if self.vm().code_size(to) == 0 {
            return Ok(());
        }
        let operator = self.vm().msg_sender();
        let call = Call::new_mutating(self);
        let asked = IReceiver::new(to).on_erc_721_received(self.vm(), call, operator, from, token_id, data.0.to_vec().into());
        let returned = asked.map_err(NftError::Receiver)?;
        if returned != ACCEPTED {
            return Err(NftError::Refused(ReceiverRefused { receiver: to, token_id, returned }));
        }
        Ok(())
    }
}

impl Nft {
    fn assign(&mut self, from: Address, to: Address, token_id: U256) {
        if !from.is_zero() {
            let balance = self.balances.get(from);
            self.balances.insert(from, balance - U256::ONE);
        }
        let balance = self.balances.get(to);
        self.balances.insert(to, balance + U256::ONE);
        self.owners.insert(token_id, to);
        self.approvals.delete(token_id);
        self.vm().log(Transfer { from, to, token_id });
    }
}
