//! Messages by signature, of each kind: one bad entry takes the whole batch with it. And payloads beyond all measure.

use alloy::primitives::{Address, Bytes, U256};
use cor_core::task::eip712::{Message, session_queue_domain};
use cor_kit::solo::Refused;
use cor_sol::{ContractError, session_queue::ISessionQueue as Queue};

use super::world::{World, digest, reveal, salt, same, submission};

/// A task in the phase that a kind of message is for, and the messages that three miners have for it.
fn due(world: &World, kind: usize) -> (u64, [Message; 3]) {
    let crew = [0, 1, 2];
    match kind {
        0 => (world.assigned(2, crew), [Message::Ack; 3]),
        1 => {
            let task = world.assigned(2, crew);
            world.by(world.stranger(), &world.acks(task, &crew));
            (task, crew.map(|miner| Message::Precommit { commitment: world.commitment(task, miner, "A") }))
        }
        _ => (world.bound(2, crew, ["A"; 3]), crew.map(|miner| reveal(miner, "A"))),
    }
}

type Signed = Vec<(Address, Message, Bytes)>;

/// What is wrong with the entry of miner `miner`, and what the batch is refused with.
fn spoilt(world: &World, task: u64, miner: usize, message: Message) -> Vec<((Address, Message, Bytes), ContractError)> {
    let address = world.miner(miner);
    let other = (miner + 1) % 3;
    let foreign_chain = world.sign_for(1, world.queue, task, miner, message);
    let right_digest = message.digest(session_queue_domain(cor_anvil::DEFAULT_CHAIN_ID, world.queue), task, address);
    let recovered = alloy::primitives::Signature::from_raw(&foreign_chain)
        .and_then(|signature| signature.recover_address_from_prehash(&right_digest))
        .expect("any signature is by somebody");
    let by = |signer| same(&Queue::InvalidSignature { signer, expected: address });
    let outsider = world.miner(7);
    let mut list = vec![
        ((address, message, world.sign_by(other, task, miner, message)), by(world.miner(other))),
        ((address, message, foreign_chain), by(recovered)),
        ((address, message, Bytes::new()), by(Address::ZERO)),
        ((address, message, Bytes::from(vec![7; 100_000])), by(Address::ZERO)),
        ((outsider, message, world.sign(task, 7, message)), same(&Queue::NotAssigned { taskId: task, account: outsider })),
    ];
    if let Message::Precommit { .. } = message {
        let nothing = Message::Precommit { commitment: Default::default() };
        let empty = same(&Queue::EmptyCommitment { taskId: task, miner: address });
        list.push(((address, nothing, world.sign(task, miner, nothing)), empty));
    }
    if let Message::Commit { result_digest, .. } = message {
        let wrong_salt = Message::Commit { result_digest, salt: salt(other) };
        let committed = world.commitment(task, miner, "A");
        let computed = world.binding(task, miner).commitment(result_digest, salt(other));
        let mismatch = same(&Queue::RevealMismatch { taskId: task, miner: address, committed, computed });
        list.push(((address, wrong_salt, world.sign(task, miner, wrong_salt)), mismatch));
    }
    list
}

#[tokio::test]
async fn one_bad_entry_takes_the_batch_with_it() {
    let world = World::start().await;
    for kind in 0..3 {
        let (task, messages) = due(&world, kind);
        let good: Signed =
            (0..3).map(|miner| (world.miner(miner), messages[miner], world.sign(task, miner, messages[miner]))).collect();
        let before = world.task(task);
        for bad in 0..3 {
            for (entry, error) in spoilt(&world, task, bad, messages[bad]) {
                let mut batch = good.clone();
                batch[bad] = entry;
                assert_eq!(world.relay_signed(task, &batch), Err(error), "kind {kind}, entry {bad}");
                assert_eq!(world.task(task), before, "kind {kind}, entry {bad}: nothing of it took effect");
            }
        }
        // The same batch with all entries good counts, and again changes nothing.
        assert!(!world.relay_signed(task, &good).expect("a good batch").is_empty());
        assert!(world.task(task).replicas.iter().all(|replica| usize::from(replica.messages) == kind + 1));
        assert_eq!(world.relay_signed(task, &good), Ok(vec![]));
    }
}

/// Whoever said one thing cannot say another in a batch, and does not spoil it by repeating itself.
#[tokio::test]
async fn a_message_is_repeated_and_not_replaced() {
    let world = World::start().await;
    for kind in 1..3 {
        let (task, messages) = due(&world, kind);
        let entry = |miner: usize, message| (world.miner(miner), message, world.sign(task, miner, message));
        let other = match kind {
            1 => Message::Precommit { commitment: world.commitment(task, 0, "B") },
            _ => reveal(0, "B"),
        };
        assert_eq!(world.relay_signed(task, &[entry(0, messages[0])]).map(|logs| logs.len()), Ok(1));
        let done = same(&Queue::AlreadyDone { taskId: task, miner: world.miner(0) });
        assert_eq!(world.relay_signed(task, &[entry(1, messages[1]), entry(0, other)]), Err(done));
        // Nobody looks at the signature of what is known.
        let known = (world.miner(0), messages[0], Bytes::new());
        let logs = world.relay_signed(task, &[known, entry(1, messages[1])]).expect("one is new");
        assert!(!logs.is_empty());
        let shown: Vec<_> = world.task(task).replicas.iter().map(|replica| usize::from(replica.messages)).collect();
        assert_eq!(shown, [kind + 1, kind + 1, kind]);
    }
}

/// Lists and texts of any size are refused by their length, or run out of gas; nothing of them is kept.
#[tokio::test]
async fn payloads_beyond_all_measure() {
    let world = World::start().await;
    let (payer, keeper) = (world.payer(), world.keeper());
    let field = alloy::primitives::B256::right_padding_from(b"promptUrn");
    for bytes in [257, 70_000, 200_000] {
        let urn = Queue::submitCall { promptUrn: "ü".repeat(bytes / 2) + "u", ..submission(2) };
        let value = U256::from(urn.promptUrn.len());
        let long = same(&Queue::InputOutOfRange { field, value, min: U256::ZERO, max: U256::from(256) });
        assert_eq!(world.refused(payer, &urn), long);
    }
    let task = world.submit(2);
    for count in [8, 3_000] {
        let assign = Queue::assignTaskCall { taskId: task, miners: vec![world.miner(0); count] };
        let many = same(&Queue::WrongMinerCount { taskId: task, given: count as u64, wanted: 3 });
        assert_eq!(world.refused(keeper, &assign), many);
    }
    let task = world.assigned(2, [0, 1, 2]);
    for count in [8, 1_000] {
        let acks = Queue::ackBySigCall {
            taskId: task,
            miners: vec![world.miner(0); count],
            signatures: vec![world.sign(task, 0, Message::Ack); count],
        };
        let many = same(&Queue::LengthMismatch { left: count as u64, right: count as u64, limit: 7 });
        assert_eq!(world.refused(keeper, &acks), many);
    }
    let commits = Queue::commitBySigCall {
        taskId: task,
        miners: world.miners([0]),
        resultDigests: vec![digest("A"); 2_000],
        salts: vec![salt(0); 2_000],
        signatures: vec![Bytes::new()],
    };
    let many = same(&Queue::LengthMismatch { left: 2_000, right: 2_000, limit: 7 });
    assert_eq!(world.refused(keeper, &commits), many);
    // A list that claims more than there is ends where the bytes do.
    let outcome = world.solo.transact(keeper, world.queue, claiming(u64::MAX));
    assert_eq!(outcome.map(|done| done.returned), Err(Refused::Other(Bytes::new())));
    assert!(world.task(task).replicas.iter().all(|replica| replica.messages == 0));
}

/// `assignTask` with a list that says it has so many entries.
fn claiming(entries: u64) -> Vec<u8> {
    use alloy::sol_types::SolCall;
    let mut data = Queue::assignTaskCall { taskId: 1, miners: vec![] }.abi_encode();
    let end = data.len();
    data[end - 8..].copy_from_slice(&entries.to_be_bytes());
    data
}
