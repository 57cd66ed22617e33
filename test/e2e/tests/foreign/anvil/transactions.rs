//! Transactions of every type, made at random and signed.

use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxEnvelope, TxLegacy},
    eips::{
        eip2930::{AccessList, AccessListItem},
        eip7702::{Authorization, SignedAuthorization},
    },
    primitives::{Address, B256, Bytes, TxKind, U256},
    signers::{SignerSync, local::PrivateKeySigner},
};

use super::{
    pair::CHAIN_ID,
    program::{self, SLOTS, World},
    random::Random,
};

/// What is the same in a transaction of any type.
pub(crate) struct Draft {
    pub(crate) nonce: u64,
    pub(crate) gas_limit: u64,
    /// Wei for a unit of gas: what the block asks, so that a legacy transaction does not tip.
    pub(crate) base_fee: u64,
    pub(crate) to: TxKind,
    pub(crate) value: U256,
    pub(crate) input: Bytes,
}

impl Draft {
    /// A transfer, a call or a creation.
    pub(crate) fn random(random: &mut Random, world: &World<'_>, contracts: &[Address], nonce: u64, base_fee: u64) -> Self {
        let value = U256::from(if random.once_in(3) { random.below(1_000_000) } else { 0 });
        // Too little for any transaction, or enough for what is charged before it runs.
        let gas_limit = match random.below(20) {
            0 => 20_000,
            1..=3 => 120_000 + random.below(100_000),
            _ => 300_000 + random.below(700_000),
        };
        let (to, input) = match random.below(10) {
            0 => (TxKind::Call(random.pick(world.accounts)), Vec::new()),
            1 => {
                let steps = 4 + random.below(12);
                (TxKind::Create, program::generate(random, world, steps))
            }
            2 => {
                let size = random.below(40);
                (TxKind::Create, random.bytes(size))
            }
            3 | 4 if contracts.len() < 60 => {
                let steps = 6 + random.below(30);
                (TxKind::Create, program::deploy(&program::generate(random, world, steps)))
            }
            _ => {
                let size = random.below(40);
                match contracts {
                    [] => (TxKind::Call(random.pick(world.accounts)), Vec::new()),
                    contracts => (TxKind::Call(random.pick(contracts)), random.bytes(size)),
                }
            }
        };
        Self { nonce, gas_limit, base_fee, to, value, input: input.into() }
    }

    /// Signed as a type that fits, chosen at random; `7702` with the authorizations, if there are any.
    pub(crate) fn sign(
        self,
        random: &mut Random,
        key: &PrivateKeySigner,
        accounts: &[Address],
        authorizations: Vec<SignedAuthorization>,
    ) -> TxEnvelope {
        let gas_price = u128::from(self.base_fee);
        let max_fee_per_gas = gas_price * u128::from(1 + random.below(3));
        // A call with calldata pays for an access list as well, so that it is above EIP-7623's floor, which Arbitrum does not have.
        let listed = u64::from(self.to.is_call() && !self.input.is_empty());
        if let (false, TxKind::Call(to)) = (authorizations.is_empty(), self.to) {
            return signed(
                key,
                TxEip7702 {
                    chain_id: CHAIN_ID,
                    nonce: self.nonce,
                    // An authorization costs 25,000.
                    gas_limit: self.gas_limit.max(300_000),
                    max_fee_per_gas,
                    max_priority_fee_per_gas: 0,
                    to,
                    value: self.value,
                    access_list: access_list(random, accounts, listed),
                    authorization_list: authorizations,
                    input: self.input,
                },
            );
        }
        let Self { nonce, gas_limit, to, value, input, .. } = self;
        match random.below(4).max(listed) {
            0 => {
                let chain_id = (!random.once_in(4)).then_some(CHAIN_ID);
                signed(key, TxLegacy { chain_id, nonce, gas_price, gas_limit, to, value, input })
            }
            1 => {
                let access_list = access_list(random, accounts, listed);
                signed(key, TxEip2930 { chain_id: CHAIN_ID, nonce, gas_price, gas_limit, to, value, access_list, input })
            }
            _ => {
                let access_list =
                    if listed == 0 && random.once_in(2) { AccessList::default() } else { access_list(random, accounts, listed) };
                signed(
                    key,
                    TxEip1559 {
                        chain_id: CHAIN_ID,
                        nonce,
                        gas_limit,
                        max_fee_per_gas,
                        max_priority_fee_per_gas: 0,
                        to,
                        value,
                        access_list,
                        input,
                    },
                )
            }
        }
    }
}

/// Signs any transaction.
pub(crate) fn signed<T: SignableTransaction<alloy::primitives::Signature>>(key: &PrivateKeySigner, tx: T) -> TxEnvelope
where
    TxEnvelope: From<alloy::consensus::Signed<T>>,
{
    let signature = key.sign_hash_sync(&tx.signature_hash()).expect("a key signs");
    tx.into_signed(signature).into()
}

fn access_list(random: &mut Random, accounts: &[Address], least: u64) -> AccessList {
    let count = random.below(4).max(least);
    let item = |random: &mut Random| {
        let slots = random.below(4);
        AccessListItem {
            address: random.pick(accounts),
            storage_keys: (0..slots).map(|_| B256::from(U256::from(random.below(SLOTS)))).collect(),
        }
    };
    AccessList((0..count).map(|_| item(random)).collect())
}

/// An authorization of `key` to run the code of one of `accounts`; sometimes to run none, and sometimes one that does not hold.
pub(crate) fn authorization(
    random: &mut Random,
    key: &PrivateKeySigner,
    nonce: u64,
    accounts: &[Address],
) -> SignedAuthorization {
    let authorization = Authorization {
        chain_id: U256::from(random.pick(&[0, CHAIN_ID, CHAIN_ID, CHAIN_ID, CHAIN_ID + 1])),
        address: if random.once_in(6) { Address::ZERO } else { random.pick(accounts) },
        nonce: nonce + u64::from(random.once_in(6)),
    };
    let signature = key.sign_hash_sync(&authorization.signature_hash()).expect("a key signs");
    authorization.into_signed(signature)
}
