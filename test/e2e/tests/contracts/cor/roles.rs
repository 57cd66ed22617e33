//! Who may call what of the token: each role tries each function.

use alloy::{
    primitives::{Address, B256, Signature, U256},
    signers::SignerSync,
    sol_types::{SolStruct, SolValue, eip712_domain},
};
use cor_kit::{goldens, paths, solo::Solo};
use cor_sol::cor::ICor;

use super::{
    CancelAuthorization, Permit, ReceiveWithAuthorization, authorization, packed, parts, receive_by_parts, transfer_by_parts,
    transfer_packed, units,
};
use crate::support::{Trial, permissions, trial};

/// Who calls. `candidate` was offered ownership; `holder` signs, lets `spender` take its tokens, and authorizes `payee`.
const ROLES: [&str; 7] = ["owner", "candidate", "minter", "holder", "spender", "payee", "stranger"];

/// A token of which everybody has some, so that nobody is refused for want of it.
struct World {
    solo: Solo,
    token: Address,
}

impl World {
    async fn start() -> Self {
        let solo = Solo::start().await;
        let arguments = ("Cortensor".to_owned(), "COR".to_owned(), U256::from(18), units(1_000), solo.account(0));
        let token = solo.deploy("Cor", &arguments.abi_encode_params());
        let world = Self { solo, token };
        let [owner, minter, holder] = ["owner", "minter", "holder"].map(|role| world.account(role));
        world.solo.ok(owner, token, &ICor::setMinterCall { minter, enabled: true });
        world.solo.ok(owner, token, &ICor::transferOwnershipCall { candidate: world.account("candidate") });
        for role in ROLES {
            world.solo.ok(minter, token, &ICor::mintCall { to: world.account(role), value: units(10) });
        }
        world.solo.ok(holder, token, &ICor::approveCall { spender: world.account("spender"), value: units(10) });
        world
    }

    fn account(&self, role: &str) -> Address {
        self.solo.account(index(role))
    }

    /// By the holder.
    fn signed(&self, message: &impl SolStruct) -> Signature {
        let chain_id = self.solo.chain().chain_id();
        let domain = eip712_domain! { name: "Cortensor", version: "1", chain_id: chain_id, verifying_contract: self.token, };
        self.solo.key(index("holder")).sign_hash_sync(&message.eip712_signing_hash(&domain)).expect("it signs")
    }

    /// Every function that changes something, both forms of those that have two.
    fn trials(&self) -> Vec<Trial> {
        let [holder, payee, stranger] = ["holder", "payee", "stranger"].map(|role| self.account(role));
        let permit = Permit { owner: holder, spender: stranger, value: units(1), nonce: U256::ZERO, deadline: U256::MAX };
        let (v, r, s) = parts(&self.signed(&permit));
        let Permit { owner, spender, value, deadline, .. } = permit;
        let permit = ICor::permitCall { owner, spender, value, deadline, v, r, s };
        let transfer = authorization(holder, payee, 1, 1);
        let (from, to, valid_after, valid_before, nonce) = (holder, payee, U256::ZERO, U256::MAX, B256::repeat_byte(2));
        let receive = ReceiveWithAuthorization { from, to, value, validAfter: valid_after, validBefore: valid_before, nonce };
        let receive_signed = self.signed(&receive);
        let receive_packed = ICor::receiveWithAuthorization_1Call {
            from,
            to,
            value,
            validAfter: valid_after,
            validBefore: valid_before,
            nonce,
            signature: packed(&receive_signed),
        };
        let cancel = CancelAuthorization { authorizer: holder, nonce: B256::repeat_byte(3) };
        let cancel_signed = self.signed(&cancel);
        let CancelAuthorization { authorizer, nonce } = cancel;
        let (v, r, s) = parts(&cancel_signed);
        let signature = packed(&cancel_signed);
        vec![
            trial("", &ICor::transferCall { to: payee, value }),
            trial("", &ICor::approveCall { spender, value }),
            trial("", &ICor::transferFromCall { from: holder, to: stranger, value }),
            trial("", &ICor::mintCall { to: stranger, value }),
            trial("", &ICor::setMinterCall { minter: stranger, enabled: true }),
            trial("", &permit),
            trial("", &transfer_by_parts(&transfer, parts(&self.signed(&transfer)))),
            trial("(packed)", &transfer_packed(&transfer, packed(&self.signed(&transfer)))),
            trial("", &receive_by_parts(&receive, parts(&receive_signed))),
            trial("(packed)", &receive_packed),
            trial("", &ICor::cancelAuthorization_0Call { authorizer, nonce, v, r, s }),
            trial("(packed)", &ICor::cancelAuthorization_1Call { authorizer, nonce, signature }),
            trial("", &ICor::transferOwnershipCall { candidate: stranger }),
            trial("", &ICor::acceptOwnershipCall {}),
        ]
    }
}

/// A role's account.
fn index(role: &str) -> usize {
    ROLES.iter().position(|known| *known == role).expect("it is a role")
}

#[tokio::test]
async fn golden_permissions() {
    let world = World::start().await;
    let roles = ROLES.map(|role| (role, world.account(role)));
    let abi = std::fs::read_to_string(paths::repository("test/goldens/abi/Cor.txt")).expect("the ABI is there");
    let table = permissions(&world.solo, world.token, &abi, &roles, world.trials());
    goldens::assert_text("permissions/cor.txt", &table);
}
