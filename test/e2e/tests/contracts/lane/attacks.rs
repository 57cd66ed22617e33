//! What was done to the lane before, on the contract: each fails with a typed error, or costs the attacker.

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    sol_types::SolEvent as _,
};
use cor_kit::solo::{Refused, UNBONDING_SECS};
use cor_sol::{lane::ILane, staking::IStaking, vault::IVault};

use super::world::{
    CREDIT, LAST_CALL_SECS, PENALTIES, Precommit, SAFE_STAKED, STAKE, STAKER, Task, World, digest, event, logs, submitted, terms,
    wei,
};
use cor_sol::decode_revert;

/// Phases of a second cost seven honest miners 700 COR. Now the terms are refused.
#[tokio::test]
async fn phases_of_a_second_are_refused() {
    let world = World::start().await;
    let mut short = terms(7, 5_001);
    // revealSecs: bytes 22 to 24.
    short[22..25].copy_from_slice(&[0, 0, 1]);
    let refused = world.refused(2, &ILane::createSessionCall { terms: short, metadata: B256::ZERO });
    let word = |text: &str| B256::right_padding_from(text.as_bytes());
    let expected =
        ILane::InputOutOfRange { field: word("revealSecs"), value: U256::from(1), min: U256::from(30), max: U256::from(86_400) };
    assert_eq!(refused, decode_revert(&alloy::sol_types::SolError::abi_encode(&expected)).expect("an error of ours"));
}

/// The chain stands still after the last commitment, and one miner is quick when it runs again. The others are called once more, so nobody
/// loses stake, and all are paid.
#[tokio::test]
async fn a_chain_that_stands_still_burns_nobody() {
    let world = World::start().await;
    let crew = [0, 1, 2, 3, 4, 5, 6];
    let mut task = world.task(7, 5_001, 1);
    world.start_all(&mut task, &crew, &[Some("VALID"); 7]);
    world.solo.pass(100_000);
    let quick = World::finishing(&task, &[(6, "VALID")]);
    world.on(5, &mut task, &quick);
    let (state, _) = world.words(&task);
    assert_eq!((state[0], state[2]), (3, 0x87), "still in reveals, after a last call");
    // It stands still once more, or its sequencer moves the clock as far as it may.
    world.solo.pass(3_600);
    let refused = world.refused(5, &World::finishing(&task, &[]));
    assert!(matches!(&refused, cor_sol::ContractError::LaneTooEarly(_)), "{refused}");
    let others: Vec<_> = (0..6).map(|replica| (replica, "VALID")).collect();
    let done = world.by(5, &World::finishing(&task, &others));
    assert_eq!(event::<ILane::TaskEnded>(&logs(&world, &done)).paid, 0x7f);
    assert_eq!(crew.map(|index| world.staked(index)), [U256::from(STAKE); 7]);
}

/// A sequencer keeps a miner's reveal out from the first second of a call on, for a day, until the parent chain's inbox brings it. It lands hours before the call ends, though somebody else
/// showed its answer and a stranger closes as soon as it can.
#[tokio::test]
async fn nobody_pays_for_what_a_sequencer_keeps_out() {
    let world = World::start().await;
    let mut task = world.task(3, 10_000, 1);
    world.start_all(&mut task, &[0, 1, 2], &[Some("VALID"); 3]);
    world.solo.pass(90);
    let called = World::finishing(&task, &[(0, "VALID"), (1, "VALID")]);
    world.on(5, &mut task, &called);
    let refused_after = |secs| {
        world.solo.pass(secs);
        world.refused(5, &World::finishing(&task, &[]))
    };
    for secs in [86_400, 6 * 3_600 - 1] {
        let refused = refused_after(secs);
        assert!(matches!(&refused, cor_sol::ContractError::LaneTooEarly(_)), "{refused}");
    }
    let done = world.by(5, &World::finishing(&task, &[(2, "VALID")]));
    let ended: ILane::TaskEnded = event(&logs(&world, &done));
    assert_eq!((ended.status, ended.paid), (1, 0b111));
    assert_eq!([0, 1, 2].map(|index| world.staked(index)), [U256::from(STAKE); 3]);
}

/// A keeper has everybody's word and all answers, and starts without one of its own, which binds itself in the same block to an answer that it read and shows it; or the keeper completes the
/// task with that one's second word. It is paid, and whoever has its first word takes a hundred times as much for it, at any time after.
#[tokio::test]
async fn who_binds_itself_to_an_answer_that_it_read_pays_as_for_a_lie() {
    let world = World::start().await;
    let crew = [0, 1, 2];
    for (sequence, at_once) in [(1, true), (2, false)] {
        let mut task = world.task(3, 5_001, sequence);
        let done = if at_once {
            logs(&world, &world.by(1, &world.completion(&task, &crew, &["VALID"; 3])))
        } else {
            world.start_all(&mut task, &crew, &[Some("VALID"), Some("VALID"), None]);
            let read = ILane::precommitCall {
                payer: task.payer,
                sequence: task.sequence,
                history: task.history.clone().into(),
                replica: 2,
                commitment: world.commitment(&task, &crew, 2, "VALID"),
                signature: Bytes::new(),
            };
            world.on(10, &mut task, &read);
            logs(&world, &world.by(5, &World::finishing(&task, &[(0, "VALID"), (1, "VALID"), (2, "VALID")])))
        };
        let ended: ILane::TaskEnded = event(&done);
        assert_eq!((ended.status, ended.paid), (1, 0b111));
        let (before, _) = world.words(&task);
        world.solo.pass(7 * 86_400);
        let done = world.by(5, &world.reporting_second(&task, (&crew, &ended), 2, "ITS OWN"));
        let slashed: IStaking::Slashed = {
            let said = done.logs.iter().filter(|(contract, _)| *contract == world.staking);
            event(&said.map(|(_, log)| log.clone()).collect::<Vec<_>>())
        };
        assert_eq!((slashed.node, slashed.reason, slashed.amount), (world.miner(2), 2, wei(PENALTIES.1)));
        assert!(PENALTIES.1 > 100 * ended.perMiner, "{} for {}", PENALTIES.1, ended.perMiner);
        let record: ILane::TaskRecord = event(&logs(&world, &done));
        assert_eq!((record.phase, record.record.to_vec()), (4, vec![4, 2]));
        let mut seats = before;
        seats[9] |= 0x0f;
        assert_eq!(world.words(&task), (seats, B256::ZERO), "its seat is that of a lie, and nothing else has changed");
    }
    assert_eq!(world.staked(2), U256::from(STAKE) - wei(2 * PENALTIES.1));
    assert_eq!([0, 1].map(|index| world.staked(index)), [U256::from(STAKE); 2]);
}

/// The reveal of a commitment that was not taken is no lie: of a miner that signed two, the second commitment alone is evidence.
#[tokio::test]
async fn who_signed_twice_is_not_slashed_for_the_other_reveal() {
    let world = World::start().await;
    let crew = [0, 1, 2];
    let mut task = world.task(3, 5_001, 1);
    world.start_all(&mut task, &crew, &[Some("VALID"); 3]);
    let report = world.reporting(&task, &crew, "RETRY", "RETRY");
    let refused = world.refused(5, &report);
    assert!(matches!(&refused, cor_sol::ContractError::InvalidSignature(error) if error.expected == world.miner(0)), "{refused}");
}

/// The stake of a bound miner leaves: what unbonds is slashed all the same, for a lie that is reported and for a silence that spoils the outcome.
#[tokio::test]
async fn stake_does_not_run_away_from_a_penalty() {
    let world = World::start().await;
    let crew = [0, 1, 2];
    let (mut lied, mut silent) = (world.task(3, 5_001, 1), world.task(3, 5_001, 2));
    for task in [&mut lied, &mut silent] {
        world.start_all(task, &crew, &[Some("VALID"), Some("VALID"), Some("INVALID")]);
    }
    let node = world.miner(0);
    world.solo.ok(node, world.staking, &IStaking::unbondNodeCall { node });
    assert_eq!(world.staked(0), U256::ZERO, "nothing of it is bonded");
    let held = || world.solo.get(world.staking, &IStaking::totalHeldCall {});
    let pot = || world.solo.get(world.staking, &IStaking::slashedPotCall {});
    let before = held();
    let report = world.reporting(&lied, &crew, "VALID", "INVALID");
    world.on(5, &mut lied, &report);
    let shown = [(1, "VALID"), (2, "INVALID")];
    world.by(5, &World::finishing(&lied, &shown));
    assert_eq!((held(), pot()), (before, wei(PENALTIES.1)));
    world.solo.pass(90);
    let called = World::finishing(&silent, &shown);
    world.on(5, &mut silent, &called);
    world.solo.pass(LAST_CALL_SECS);
    world.by(5, &World::finishing(&silent, &[]));
    assert_eq!((held(), pot()), (before, wei(PENALTIES.1 + PENALTIES.0)));
}

/// Whoever ends a task chooses its gas: too little and nothing ends, enough and every penalty is taken or owed.
#[tokio::test]
async fn no_gas_spares_a_penalty() {
    let world = World::start().await;
    let mut task = world.task(7, 5_001, 1);
    world.start_all(&mut task, &[0, 1, 2, 3, 4, 5, 6], &[Some("VALID"); 7]);
    world.solo.pass(90);
    let called = World::finishing(&task, &[(0, "VALID")]);
    world.on(5, &mut task, &called);
    world.solo.pass(LAST_CALL_SECS);
    let end = World::finishing(&task, &[]);
    let (mut refused, mut ended) = (0, 0);
    for gas in (100_000..1_000_000).step_by(10_000) {
        world.undoing(|| match world.solo.with_gas(world.account(5), world.lane, &end, gas) {
            Ok(done) => {
                let logs: Vec<_> = done.logs.iter().map(|(_, data)| data.clone()).collect();
                let owed: U256 =
                    logs.iter().filter_map(|log| ILane::SlashOwed::decode_log_data(log).ok()).map(|owed| wei(owed.amount)).sum();
                let left: U256 = (1..7).map(|index| world.staked(index)).sum();
                let lost = wei(6 * PENALTIES.0);
                assert_eq!(left + lost - owed, U256::from(6 * STAKE), "{gas} gas: taken or owed");
                ended += 1;
            }
            Err(why) => {
                assert!(matches!(&why, Refused::Other(data) if data.is_empty()), "{gas} gas: {why:?}");
                refused += 1;
            }
        });
    }
    assert!(refused > 10 && ended > 10, "{refused} {ended}");
}

/// A node on two seats: its commitment to one was taken for the other by anyone, and its honest reveal there for a lie.
#[tokio::test]
async fn nobody_has_two_seats() {
    let world = World::start().await;
    let task = world.task(3, 5_001, 1);
    for (crew, replica) in [([0, 0, 1], 1), ([0, 1, 0], 2), ([0, 1, 1], 2), ([1, 1, 1], 1)] {
        let twice = ILane::MinerTwice { task: task.id, replica };
        assert_eq!(world.refused(1, &world.starting(&task, &crew, &[Some("VALID"), None, None])), twice.clone().into());
        assert_eq!(world.refused(1, &world.completion(&task, &crew, &["VALID"; 3])), twice.into());
    }
}

/// Whatever Staking does when it is told of a penalty, the task ends, its money is paid, and what was not taken is owed.
#[tokio::test]
async fn no_staking_holds_an_end() {
    // Reverts; burns what it is given; answers with 448 KiB of zeros, with a number beyond all, with a byte.
    let stubs: [(&[u8], u64); 5] = [
        (&[0x5f, 0x5f, 0xfd], 1),
        (&[0x5b, 0x5f, 0x56], 1),
        (&[0x62, 0x07, 0, 0, 0x5f, 0xf3], 1),
        (&[0x5f, 0x19, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3], 1),
        (&[0x60, 1, 0x5f, 0xf3], 1),
    ];
    let world = World::start().await;
    let mut task = world.task(3, 5_001, 1);
    world.start_all(&mut task, &[0, 1, 2], &[Some("VALID"), Some("INVALID"), Some("VALID")]);
    world.solo.pass(90);
    let called = World::finishing(&task, &[(0, "VALID"), (1, "INVALID")]);
    world.on(5, &mut task, &called);
    world.solo.pass(LAST_CALL_SECS);
    let code = world.solo.chain().code(world.staking).expect("Staking has code");
    for (stub, owes) in stubs {
        world.undoing(|| {
            let lay = |code| world.solo.chain().writer().set_code(world.staking, code).expect("code is laid");
            lay(stub.to_vec().into());
            let done = world.by(5, &World::finishing(&task, &[]));
            let owed: ILane::SlashOwed = event(&logs(&world, &done));
            assert_eq!(owed.amount, owes * PENALTIES.0, "{stub:?}");
            lay(code.clone());
            world.by(5, &ILane::slashAgainCall { task: task.id, node: world.miner(2), reason: 1 });
            assert_eq!(world.staked(2), U256::from(STAKE) - wei(PENALTIES.0));
        });
    }
}

/// The guilty reports itself when Staking takes nothing, so that nobody else can: by a call that it starves, or on a day on which its cap is used up. That is refused, and the report can be
/// made again.
#[tokio::test]
async fn nobody_reports_itself_for_nothing() {
    let world = World::start().await;
    let (crew, task) = ([0, 1, 2], world.task(3, 5_001, 1));
    let done = world.by(1, &world.completion(&task, &crew, &["VALID"; 3]));
    let report = world.reporting_second(&task, (&crew, &event(&logs(&world, &done))), 2, "ITS OWN");
    let nothing = ILane::NothingTaken { task: task.id, node: world.miner(2), reason: 2, owed: PENALTIES.1 };
    let (mut refused, mut taken) = (0, 0);
    for gas in (40_000..240_000).step_by(2_500) {
        world.undoing(|| match world.solo.with_gas(world.account(5), world.lane, &report, gas) {
            Ok(_) => {
                assert_eq!(world.staked(2), U256::from(STAKE) - wei(PENALTIES.1), "{gas} gas: all of it");
                taken += 1;
            }
            Err(Refused::Known(error)) => assert_eq!(error, nothing.clone().into(), "{gas} gas"),
            Err(Refused::Other(data)) => {
                assert!(data.is_empty(), "{gas} gas: {data}");
                refused += 1;
            }
        });
    }
    assert!(refused > 10 && taken > 10, "{refused} {taken}");
    let code = world.solo.chain().code(world.staking).expect("Staking has code");
    let lay = |code| world.solo.chain().writer().set_code(world.staking, code).expect("code is laid");
    // Reverts; burns what it is given; takes nothing.
    for stub in [&[0x5f, 0x5f, 0xfd][..], &[0x5b, 0x5f, 0x56], &[0x60, 0x20, 0x5f, 0xf3]] {
        lay(stub.to_vec().into());
        assert_eq!(world.refused(5, &report), nothing.clone().into(), "{stub:?}");
    }
    lay(code);
    // A cap of half of it: what is left is owed, and no second report is taken.
    let half = wei(PENALTIES.1) / U256::from(2);
    world.solo.ok(world.account(0), world.staking, &IStaking::setModuleCapCall { module: world.lane, cap: half });
    let done = world.by(5, &report);
    let owed: ILane::SlashOwed = event(&logs(&world, &done));
    assert_eq!((owed.node, owed.reason, owed.amount), (world.miner(2), 2, PENALTIES.1 / 2));
    assert_eq!(world.refused(5, &report), ILane::ReplicaDone { task: task.id, replica: 2 }.into());
    world.solo.pass(86_400);
    world.by(5, &ILane::slashAgainCall { task: task.id, node: world.miner(2), reason: 2 });
    assert_eq!(world.staked(2), U256::from(STAKE) - wei(PENALTIES.1));
}

/// For how long after its submission a second word of a task is taken, seconds.
const REPORTED_SECS: u64 = 8 * 86_400 + 12 * 3_600;

/// A task that is submitted now and served by the crew at once, and how it ended.
fn served(world: &World, sequence: u64, crew: &[usize; 3]) -> (Task, ILane::TaskEnded) {
    let task = world.task(3, 5_001, sequence);
    let done = world.by(1, &world.completion(&task, crew, &["VALID"; 3]));
    let ended = event(&logs(world, &done));
    (task, ended)
}

/// A signature has no date, so whoever has a node's key makes second words of whatever it served. Without an end to their time, one of ten tasks of years ago took all that
/// somebody had staked for the node since.
#[tokio::test]
async fn nobody_pays_for_second_words_of_long_ago() {
    let world = World::start().await;
    let crew = [3, 1, 2];
    let (task, ended) = served(&world, 1, &crew);
    let deadline = world.solo.chain().latest().timestamp() + REPORTED_SECS;
    let report = world.reporting_second(&task, (&crew, &ended), 0, "A WORD OF LATER");
    world.solo.pass(REPORTED_SECS - 100);
    world.undoing(|| {
        world.by(5, &report);
        assert_eq!(world.staked(3), U256::from(STAKE) - wei(PENALTIES.1), "it is in time still");
    });
    let node = world.miner(3);
    world.solo.ok(node, world.staking, &IStaking::unbondNodeCall { node });
    world.solo.pass(UNBONDING_SECS);
    world.solo.ok(node, world.staking, &IStaking::withdrawNodeCall { node });
    world.stake(3, STAKER);
    let refused = world.refused(5, &report);
    let late =
        |error: &ILane::LaneTooLate| error.task == task.id && error.timestamp >= error.deadline && error.deadline <= deadline;
    assert!(matches!(&refused, cor_sol::ContractError::LaneTooLate(error) if late(error)), "{refused}");
    assert_eq!(world.staked(3), U256::from(STAKE), "what the new staker has");
}

/// What is open: within that time nobody can tell a stolen key's word from an offence, so the key is worth the stake, whoever else staked it, and none of it leaves in time.
#[tokio::test]
async fn who_has_a_nodes_key_has_its_stake_for_what_it_served_this_week() {
    let world = World::start().await;
    let crew = [SAFE_STAKED, 1, 2];
    let tasks: Vec<_> = (1..=11).map(|sequence| served(&world, sequence, &crew)).collect();
    world.solo.pass(8 * 86_400);
    let node = world.miner(SAFE_STAKED);
    let reports = tasks.iter().map(|(task, ended)| world.reporting_second(task, (&crew, ended), 0, "A WORD OF LATER"));
    for (number, report) in reports.enumerate() {
        if number == 10 {
            let nothing = ILane::NothingTaken { task: tasks[10].0.id, node, reason: 2, owed: PENALTIES.1 };
            assert_eq!(world.refused(5, &report), nothing.into(), "there is no more of it");
            break;
        }
        world.by(5, &report);
        if number == 0 {
            world.solo.ok(world.account(STAKER), world.staking, &IStaking::unbondNodeCall { node });
        }
    }
    let unbonding = world.solo.get(world.staking, &IStaking::nodeUnbondingOfCall { node }).amount;
    let pot = world.solo.get(world.staking, &IStaking::slashedPotCall {});
    assert_eq!([world.staked(SAFE_STAKED), unbonding, pot], [U256::ZERO, U256::ZERO, U256::from(STAKE)]);
}

/// Unanimity of seven and one dissenter gave six answers for 0.009 COR. Now each of the majority has half of its price.
#[tokio::test]
async fn unanimity_is_not_for_nothing() {
    let world = World::start().await;
    let crew = [0, 1, 2, 3, 4, 5, 6];
    let task = world.task(7, 10_000, 1);
    let answers = ["VALID", "VALID", "VALID", "VALID", "VALID", "VALID", "INVALID"];
    let done = world.by(1, &world.completion(&task, &crew, &answers));
    let ended: ILane::TaskEnded = event(&logs(&world, &done));
    let per_replica = u64::from_be_bytes(task.history[..8].try_into().expect("eight bytes"));
    assert_eq!((ended.status, ended.paid, ended.perMiner), (2, 0x3f, per_replica / 2), "who spoiled the vote has nothing");
    let spent = CREDIT - world.available(task.payer);
    assert_eq!(spent, 6 * (per_replica / 2) + ended.toKeeper + ended.toTreasury);
    assert!(ended.toTreasury > 0, "the network earns on what was delivered");
}

/// A signed message of another order of the same miners, as after a reorganisation, was taken and made the honest reveal a lie.
#[tokio::test]
async fn a_message_of_another_assignment_is_nobodys() {
    let world = World::start().await;
    let task = world.task(3, 5_001, 1);
    let before = world.completion(&task, &[1, 0, 2], &["VALID"; 3]);
    // The same miners and answers in another order: the signatures of the first order are brought along.
    let mut parts: Vec<Vec<u8>> = before.answers.chunks(148).map(<[u8]>::to_vec).collect();
    parts.swap(0, 1);
    let call = ILane::completeCall { answers: parts.concat().into(), ..before };
    let refused = world.refused(1, &call);
    assert!(
        matches!(refused, cor_sol::ContractError::InvalidSignature(ref error) if error.expected == world.miner(0)),
        "{refused}"
    );
}

/// After a reorganisation the same number is another task: of another prompt, or another block. What was signed for the first is nobody's word on it.
#[tokio::test]
async fn a_rollback_turns_no_old_word_against_its_miner() {
    let world = World::start().await;
    let (crew, session) = ([0, 1, 2], world.session(3, 5_001));
    let submission = World::submission(session, terms(3, 5_001), 1);
    let submit = |call: &ILane::submitCall| submitted(&logs(&world, &world.by(2, call)));
    let (completion, starting) = world.undoing(|| {
        let task = submit(&submission);
        let (completion, starting) =
            (world.completion(&task, &crew, &["VALID"; 3]), world.starting(&task, &crew, &[Some("VALID"); 3]));
        world.by(1, &completion);
        (completion, starting)
    });
    let other_prompt = ILane::submitCall { promptDigest: B256::repeat_byte(7), ..submission.clone() };
    for (call, later_secs) in [(&other_prompt, 0), (&submission, 1)] {
        world.undoing(|| {
            world.solo.pass(later_secs);
            let task = submit(call);
            let opening: Bytes = task.history.clone().into();
            assert!(
                matches!(world.refused(1, &completion), cor_sol::ContractError::HistoryMismatch(error) if error.task == task.id)
            );
            let calls = [
                world.refused(1, &ILane::completeCall { opening: opening.clone(), ..completion.clone() }),
                world.refused(1, &ILane::startCall { opening, ..starting.clone() }),
            ];
            for refused in calls {
                let is_unsigned = |error: &ILane::InvalidSignature| error.expected == world.miner(0);
                assert!(matches!(&refused, cor_sol::ContractError::InvalidSignature(error) if is_unsigned(error)), "{refused}");
            }
        });
    }
}

/// Who copies a commitment is bound to nothing it can open; who takes another's answer has no signature for it.
#[tokio::test]
async fn a_copied_commitment_opens_for_nobody() {
    let world = World::start().await;
    let crew = [0, 1, 2];
    let mut task = world.task(3, 5_001, 1);
    let copied = world.commitment(&task, &crew, 0, "VALID");
    let assignment = world.assignment(&task, &crew);
    let signature = world.sign(world.key(1), &Precommit { assignment, commitment: copied });
    let mut call = world.starting(&task, &crew, &[Some("VALID"), None, Some("VALID")]);
    let mut parts: Vec<Vec<u8>> = call.miners.chunks(116).map(<[u8]>::to_vec).collect();
    parts[1] = [world.miner(1).as_slice(), copied.as_slice(), &signature].concat();
    call.miners = parts.concat().into();
    world.on(1, &mut task, &call);
    let shown = World::revealing(&task, &[(0, "VALID")]);
    world.on(5, &mut task, &shown);
    // The salt of replica 0 is public now, and does not help.
    let stolen: Bytes = [&[1_u8], digest("VALID").as_slice(), super::world::salt(0).as_slice()].concat().into();
    let theft = ILane::revealCall { reveals: stolen, ..World::revealing(&task, &[]) };
    let refused = world.refused(9, &theft);
    assert!(
        matches!(refused, cor_sol::ContractError::CommitmentMismatch(ref error) if error.committed == copied && error.replica == 1),
        "{refused}"
    );
}

/// The owner raises the penalties while a task is open. The task goes by those of its submission.
#[tokio::test]
async fn penalties_are_those_of_the_submission() {
    let world = World::start().await;
    let mut task = world.task(3, 5_001, 1);
    world.start_all(&mut task, &[0, 1, 2], &[Some("VALID"), Some("INVALID"), Some("VALID")]);
    world.by(0, &ILane::setConfigCall { noReveal: u64::MAX, badReveal: u64::MAX, noResultGasCapBps: 10_000, paused: true });
    world.solo.pass(90);
    let called = World::finishing(&task, &[(0, "VALID"), (1, "INVALID")]);
    world.on(5, &mut task, &called);
    world.solo.pass(LAST_CALL_SECS);
    world.by(5, &World::closing(&task));
    assert_eq!(world.staked(2), U256::from(STAKE) - wei(PENALTIES.0));
}

/// Findings 1 and 2: the owner has no call that moves a payer's money, and a lane that the vault closed ends what it has.
#[tokio::test]
async fn a_closed_lane_ends_its_tasks_and_gives_all_back() {
    let world = World::start().await;
    let task = world.task(3, 5_001, 1);
    world.solo.ok(world.account(0), world.vault, &IVault::closeModuleCall { module: world.lane });
    let crew = [0, 1, 2];
    world.by(1, &world.completion(&task, &crew, &["VALID"; 3]));
    for index in crew {
        world.by(5, &ILane::payEarningsCall { miner: world.miner(index) });
    }
    let payer: Address = world.account(2);
    world.by(2, &ILane::releaseCall { amount: world.available(payer) });
    assert_eq!(world.solo.get(world.vault, &IVault::freeOfCall { account: payer }), wei(CREDIT - task.charged));
}
