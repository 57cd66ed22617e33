//! The jury's part of a receipt: its logs, and the draw.

use std::sync::{Arc, Mutex};

use alloy::{primitives::keccak256, rpc::types::Log, sol_types::SolInterface as _};
use cor_ports::jury::{RosterSlot, ShownChain, Slot};
use cor_sol::jury::IJury::{self, IJuryEvents as Jury};
use cor_wire::{
    name::{DrawVerdict, Guilt},
    receipt::{DrawEvidence, PresenceEvidence, SummonsEvidence},
};
use serde_json::{Value, json};

use super::*;
use crate::{
    chain::tests::{log, node},
    receipt::{
        draw::{ChainLogs, Draw, Outcome, Secret, secret_ever, secret_now},
        read_draw::{Court, Submitted},
    },
};

const OTHER_KEEPER: Address = Address::repeat_byte(0x44);
/// The epoch of the opening's time, by epochs of 20 seconds.
const EPOCH: u32 = 2;
const HEAD: u64 = 40;

fn summoned(keeper: Address, node: Address) -> Event {
    Event::Jury(Jury::Summoned(IJury::Summoned { task: TASK, keeper, node, answerBy: 130 }))
}

fn absent(keeper: Address, node: Address) -> Event {
    Event::Jury(Jury::Absent(IJury::Absent { task: TASK, keeper, node }))
}

fn present(node: Address) -> Event {
    Event::Jury(Jury::Present(IJury::Present { task: TASK, node }))
}

fn convicted(reason: u8, drawn: Address) -> Event {
    Event::Jury(Jury::KeeperConvicted(IJury::KeeperConvicted {
        keeper: KEEPER,
        task: TASK,
        challenger: PAYER,
        reason,
        seat: 2,
        drawn,
        toChallenger: U256::from(24),
        toTreasury: U256::from(26),
    }))
}

/// A task that ended completed, with what the jury logged before and after it.
fn told(before: Vec<Event>, after: Vec<Event>) -> Result<Receipt, ChainError> {
    let end = state(Phase::Ended, Status::Completed, [Seat::Follows(0); 3]);
    let mut transactions = vec![(None, vec![submitted()])];
    transactions.extend(before.into_iter().map(|event| (None, vec![event])));
    transactions.push((None, vec![ended(&end, DIGEST)]));
    transactions.extend(after.into_iter().map(|event| (None, vec![event])));
    receipt(&end, found(100, transactions))
}

#[test]
fn a_receipt_tells_who_was_summoned_who_came_and_who_did_not() {
    let [one, two] = [Address::repeat_byte(1), Address::repeat_byte(2)];
    let events =
        vec![summoned(KEEPER, one), summoned(OTHER_KEEPER, one), summoned(KEEPER, two), present(two), absent(KEEPER, one)];
    let told = told(events, vec![]).unwrap();
    let jury = &told.jury;
    assert_eq!((jury.address, jury.epoch, jury.draw.as_ref(), jury.conviction.as_ref()), (JURY, EPOCH, None, None));
    let summons = |keeper, node, summoned_at, absent_at| SummonsEvidence { keeper, node, summoned_at, answer_by: 130, absent_at };
    let expected = [summons(KEEPER, one, 101, Some(105)), summons(OTHER_KEEPER, one, 102, None), summons(KEEPER, two, 103, None)];
    assert_eq!((&jury.summonses[..], &jury.presences[..]), (&expected[..], &[PresenceEvidence { node: two, at: 104 }][..]));
    let steps: Vec<_> = told.transactions.iter().map(|line| line.step).collect();
    let summons = [Step::Summon; 3];
    assert_eq!(steps, [&[Step::Submit][..], &summons, &[Step::Present, Step::Dismiss, Step::End]].concat());
    let names: Vec<_> = told.timeline.iter().map(|entry| entry.event.as_str()).collect();
    assert_eq!(names, ["TaskSubmitted", "Summoned", "Summoned", "Summoned", "Present", "Absent", "TaskEnded"]);
    assert!(told.timeline[5].detail.contains(&format!("{KEEPER} found {one} absent")), "{:#?}", told.timeline);
}

#[test]
fn a_task_that_the_jury_has_nothing_of_has_an_epoch_and_nothing_else() {
    let told = told(vec![], vec![]).unwrap();
    assert_eq!((told.jury.summonses.len(), told.jury.presences.len(), told.jury.epoch), (0, 0, EPOCH));
    let json = serde_json::to_value(&told).unwrap();
    assert!(json["jury"]["draw"].is_null() && json["jury"]["conviction"].is_null());
}

#[test]
fn a_bond_that_was_lost_is_told_with_its_reason() {
    let miner = Address::repeat_byte(1);
    for (reason, drawn, guilt, replica, instead, words) in [
        (1, miner, Guilt::OtherCrew, Some(2), Some(miner), "was drawn for seat 2"),
        (1, Address::ZERO, Guilt::OtherCrew, Some(2), None, "nobody was drawn for seat 2"),
        (2, Address::ZERO, Guilt::SecretNotShown, None, None, "did not show a secret"),
        (3, Address::ZERO, Guilt::NoSecret, None, None, "committed to no secret"),
    ] {
        let told = told(vec![], vec![convicted(reason, drawn)]).unwrap();
        let lost = told.jury.conviction.unwrap();
        assert_eq!((lost.guilt, lost.replica, lost.drawn, lost.challenger, lost.at), (guilt, replica, instead, PAYER, 102));
        assert_eq!((lost.to_challenger, lost.to_treasury), (U256::from(24), U256::from(26)));
        assert_eq!(told.transactions.last().map(|line| line.step), Some(Step::Convict));
        assert!(told.timeline.last().unwrap().detail.contains(words), "{:#?}", told.timeline);
    }
    let error = told(vec![], vec![convicted(4, miner)]).unwrap_err();
    assert!(error.code() == "CHN-007" && error.to_string().contains("reason 4"), "{error}");
}

/// The chain of secrets from an anchor of this byte: the anchor first, then the secret of each epoch from `first` on.
fn secrets(byte: u8, count: usize) -> Vec<B256> {
    let mut links = vec![B256::repeat_byte(byte)];
    for _ in 0..count {
        links.push(keccak256(links[links.len() - 1]));
    }
    links.reverse();
    links
}

#[test]
fn a_secret_that_was_shown_shows_those_before_it() {
    let links = secrets(7, 10);
    let chain = |shown: u32| ShownChain { head: links[usize::try_from(shown - 4).unwrap()], shown, first: 5 };
    for (shown, epoch, expected) in [
        (4, 5, Some(Secret::Hidden)),
        (5, 5, Some(Secret::Shown(links[1]))),
        (9, 5, Some(Secret::Shown(links[1]))),
        (9, 9, Some(Secret::Shown(links[5]))),
        (9, 10, Some(Secret::Hidden)),
        (9, 4, None),
    ] {
        assert_eq!(secret_now(&chain(shown), epoch), expected, "epoch {epoch} when {shown} was shown");
    }
    assert_eq!(secret_now(&ShownChain::default(), 5), None, "no keeper");
}

/// What the jury forgot is in the logs: a chain that was renewed, and one of a keeper that left or was convicted.
#[test]
fn a_secret_of_an_earlier_chain_is_found_in_the_logs() {
    let (old, new) = (secrets(7, 10), secrets(8, 10));
    // The old one has the epochs 5 to 9, the new one those from 10 on: old[1] is the secret of 5, new[1] that of 10.
    let logs = |shown: &[(u32, B256)]| ChainLogs { begun: vec![5, 10], shown: shown.to_vec() };
    for (shown, epoch, expected) in [
        (vec![(7, old[3])], 6, Secret::Shown(old[2])),
        (vec![(7, old[3]), (6, old[2])], 6, Secret::Shown(old[2])),
        (vec![(11, new[2]), (7, old[3])], 7, Secret::Shown(old[3])),
        (vec![(11, new[2])], 7, Secret::Hidden),
        (vec![(6, old[2])], 7, Secret::Hidden),
        (vec![(11, new[2])], 10, Secret::Shown(new[1])),
        (vec![(11, new[2])], 4, Secret::None),
        (vec![], 9, Secret::Hidden),
    ] {
        assert_eq!(secret_ever(&logs(&shown), epoch), expected, "epoch {epoch} of {shown:?}");
    }
    assert_eq!(secret_ever(&ChainLogs::default(), 5), Secret::None);
}

/// Ten slots, of operators of their own, but for the last two, which have one.
fn roster() -> BTreeMap<u32, Option<RosterSlot>> {
    let slot = |number: u8| RosterSlot {
        slot: Slot { node: Address::repeat_byte(number + 1), from: 1, until: 0 },
        operator: Address::repeat_byte(0x80 + number.min(8)),
    };
    (0..10).map(|number| (u32::from(number), Some(slot(number)))).collect()
}

const SECRET: B256 = B256::repeat_byte(0x5e);

/// A draw of a task whose keeper brought this crew.
fn draw_of(crew: &[Address]) -> Draw {
    let (absent, slots) = (Vec::new(), roster());
    Draw { task: TASK, block_hash: BLOCK_HASH, epoch: EPOCH, crew: crew.to_vec(), absent, length: 10, slots }
}

fn drawn(draw: &Draw) -> Vec<Address> {
    let Outcome::Drawn(drawn) = draw.by(SECRET) else { panic!("{draw:?}") };
    drawn
}

/// The crew of the roster as it is.
fn right() -> Vec<Address> {
    drawn(&draw_of(&[Address::ZERO; 3]))
}

fn verdict(draw: &Draw) -> (DrawVerdict, Option<u8>) {
    let DrawEvidence { verdict, first_difference, .. } = draw.evidence(SECRET, Some(drawn(draw)));
    (verdict, first_difference)
}

/// By the text of `IJury`: seed and slots.
#[test]
fn a_draw_is_what_the_interface_says() {
    let seed = keccak256([SECRET.0, BLOCK_HASH.0, TASK.0].concat());
    let (mut nodes, mut operators): (Vec<Address>, Vec<Address>) = (vec![], vec![]);
    for number in 0..1_024_u32 {
        let hash = keccak256([seed.as_slice(), &number.to_be_bytes()].concat());
        let slot: u32 = (U256::from_be_bytes(hash.0) % U256::from(10)).to();
        let RosterSlot { slot, operator } = roster()[&slot].unwrap();
        if nodes.len() < 3 && !nodes.contains(&slot.node) && !operators.contains(&operator) {
            nodes.push(slot.node);
            operators.push(operator);
        }
    }
    assert_eq!(right(), nodes);
    assert_eq!(verdict(&draw_of(&nodes)), (DrawVerdict::AsDrawn, None));
}

#[test]
fn another_crew_than_was_drawn_is_told_by_its_first_seat() {
    let right = right();
    let other = (1..10).map(Address::repeat_byte).find(|node| !right.contains(node)).unwrap();
    for seat in 0..3 {
        let mut crew = right.clone();
        crew[seat] = other;
        assert_eq!(verdict(&draw_of(&crew)), (DrawVerdict::OtherCrew, Some(u8::try_from(seat).unwrap())));
    }
    let turned: Vec<_> = right.iter().rev().copied().collect();
    assert_eq!(verdict(&draw_of(&turned)), (DrawVerdict::OtherCrew, Some(0)), "the order counts");
    let few = Draw { length: 2, ..draw_of(&right) };
    assert_eq!((verdict(&few).0, drawn(&few).len()), (DrawVerdict::OtherCrew, 2), "nobody could be drawn for the last seat");
}

/// Whom the keeper found absent it may leave out, or bring if it came back.
#[test]
fn a_node_that_was_found_absent_is_passed_over_unless_it_was_brought() {
    let with = right();
    let absent = vec![with[1]];
    let without = drawn(&Draw { absent: absent.clone(), ..draw_of(&[Address::ZERO; 3]) });
    assert!(!without.contains(&with[1]));
    for crew in [&with, &without] {
        assert_eq!(verdict(&Draw { absent: absent.clone(), ..draw_of(crew) }).0, DrawVerdict::AsDrawn);
    }
    assert_eq!(verdict(&draw_of(&without)), (DrawVerdict::OtherCrew, Some(1)), "it was found absent by nobody");
}

#[test]
fn a_slot_counts_for_as_long_as_it_was_its_nodes() {
    let right = right();
    let at = |slots: &BTreeMap<u32, Option<RosterSlot>>, node| {
        *slots.iter().find(|(_, slot)| slot.is_some_and(|slot| slot.slot.node == node)).unwrap().0
    };
    let changed = |change: fn(&mut Slot)| {
        let mut draw = draw_of(&right);
        let place = at(&draw.slots, right[0]);
        change(&mut draw.slots.get_mut(&place).unwrap().as_mut().unwrap().slot);
        draw
    };
    assert_eq!(verdict(&changed(|slot| slot.until = EPOCH + 1)).0, DrawVerdict::AsDrawn, "it left later");
    assert_eq!(verdict(&changed(|slot| slot.until = EPOCH)).0, DrawVerdict::OtherCrew, "it had left");
    let forgotten = changed(|slot| slot.from = EPOCH + 1);
    assert_eq!(forgotten.by(SECRET), Outcome::Forgotten, "it is somebody else's");
    assert_eq!(forgotten.evidence(SECRET, None).verdict, DrawVerdict::RosterForgotten);
}

/// What a node has of the jury, and what it was asked.
#[derive(Default)]
struct Shelf {
    keeper: ShownChain,
    logs: Vec<Log>,
    called_until: u64,
    length: u32,
}

fn answer(shelf: &Shelf, params: &Value) -> Bytes {
    let call = &params[0];
    assert_eq!((&call["to"], &params[1]), (&json!(JURY), &json!(format!("{HEAD:#x}"))), "as of one block");
    let input: Bytes = serde_json::from_value(call["input"].clone()).unwrap();
    let answer = match IJury::IJuryCalls::abi_decode(&input).unwrap() {
        IJury::IJuryCalls::keeperOf(call) => {
            assert_eq!(call.keeper, KEEPER);
            let ShownChain { head, shown, first } = shelf.keeper;
            let told = IJury::keeperOfReturn { standing: 2, enrolsAt: 0, freeAt: 0, first, shown, head };
            IJury::keeperOfCall::abi_encode_returns(&told)
        }
        IJury::IJuryCalls::calledUntil(call) => {
            assert_eq!((call.keeper, call.epoch), (KEEPER, EPOCH));
            IJury::calledUntilCall::abi_encode_returns(&shelf.called_until)
        }
        IJury::IJuryCalls::lengthOf(call) => {
            assert_eq!((call.model, call.epoch), (1, EPOCH));
            IJury::lengthOfCall::abi_encode_returns(&shelf.length)
        }
        IJury::IJuryCalls::slotOf(call) => {
            let RosterSlot { slot: Slot { node, from, until }, operator } = roster()[&call.slot].unwrap();
            IJury::slotOfCall::abi_encode_returns(&IJury::slotOfReturn { node, operator, from, until })
        }
        other => panic!("{other:?} is not needed"),
    };
    answer.into()
}

/// What a node with this shelf tells of a receipt's draw, and what it was asked for, by method or function.
async fn held(shelf: Shelf, receipt: &Receipt) -> (Option<DrawEvidence>, Vec<String>) {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = asked.clone();
    let provider = node(move |method, params| {
        let name = match method {
            "eth_call" => {
                let input: Bytes = serde_json::from_value(params[0]["input"].clone()).unwrap();
                IJury::IJuryCalls::name_by_selector(input[..4].try_into().unwrap()).unwrap()
            }
            other => other,
        };
        told.lock().unwrap().push(name.to_owned());
        match method {
            "eth_call" => json!(answer(&shelf, params)),
            "eth_getLogs" => {
                assert_eq!((&params[0]["address"], &params[0]["topics"][1]), (&json!(JURY), &json!(KEEPER.into_word())));
                let topics: Value = params[0]["topics"][0].clone();
                let wanted: Vec<B256> = serde_json::from_value(if topics.is_array() { topics } else { json!([topics]) }).unwrap();
                let found = shelf.logs.iter().filter(|log| log.topic0().is_some_and(|topic| wanted.contains(topic)));
                json!(found.collect::<Vec<_>>())
            }
            other => panic!("{other} is not needed"),
        }
    });
    let (provider, at) = (provider.await, deployment());
    let submitted = Submitted { model: 1, block: 10, block_hash: BLOCK_HASH };
    let evidence = Court::new(&provider, "node", &at, HEAD).draw(receipt, &submitted).await.unwrap();
    let asked = asked.lock().unwrap().clone();
    (evidence, asked)
}

/// A receipt of a task with this crew.
fn with_crew(crew: &[Address]) -> Receipt {
    let mut receipt =
        told(vec![summoned(KEEPER, Address::repeat_byte(0xee)), absent(KEEPER, Address::repeat_byte(0xee))], vec![]).unwrap();
    for (replica, miner) in receipt.replicas.iter_mut().zip(crew) {
        replica.miner = *miner;
    }
    receipt
}

/// The chain whose secret of the epoch is [`SECRET`], with that shown.
fn shown() -> ShownChain {
    ShownChain { head: SECRET, shown: EPOCH, first: EPOCH }
}

#[tokio::test]
async fn a_crew_is_held_against_the_slots_that_the_draw_hits() {
    let right = right();
    let (evidence, asked) = held(Shelf { keeper: shown(), length: 10, ..Shelf::default() }, &with_crew(&right)).await;
    let evidence = evidence.unwrap();
    assert_eq!((evidence.verdict, evidence.drawn, evidence.first_difference), (DrawVerdict::AsDrawn, Some(right.clone()), None));
    assert_eq!((evidence.secret, evidence.block_hash, evidence.called_until), (Some(SECRET), BLOCK_HASH, None));
    assert_eq!(asked[..2], ["keeperOf", "lengthOf"]);
    assert!(asked[2..].iter().all(|name| name == "slotOf") && asked.len() - 2 < 10, "{asked:?}");

    let turned: Vec<_> = right.iter().rev().copied().collect();
    let (evidence, _) = held(Shelf { keeper: shown(), length: 10, ..Shelf::default() }, &with_crew(&turned)).await;
    let evidence = evidence.unwrap();
    assert_eq!((evidence.verdict, evidence.first_difference), (DrawVerdict::OtherCrew, Some(0)));
    assert_eq!(evidence.drawn, Some(right));
}

#[tokio::test]
async fn a_secret_that_is_not_shown_leaves_the_draw_open() {
    let crew = with_crew(&right());
    let hidden = ShownChain { head: keccak256(SECRET), shown: EPOCH - 1, first: EPOCH };
    for (called_until, expected) in [(0, None), (900, Some(900))] {
        let (evidence, asked) = held(Shelf { keeper: hidden, called_until, ..Shelf::default() }, &crew).await;
        let evidence = evidence.unwrap();
        assert_eq!((evidence.verdict, evidence.called_until), (DrawVerdict::SecretNotShown, expected));
        assert_eq!((evidence.secret, evidence.drawn, evidence.first_difference), (None, None, None));
        assert_eq!(asked, ["keeperOf", "calledUntil"]);
    }
    let (evidence, _) = held(Shelf::default(), &crew).await;
    assert_eq!(evidence.unwrap().verdict, DrawVerdict::NoSecret, "of who is no keeper of the jury");
}

/// The jury keeps nothing of a keeper that it convicted but that.
#[tokio::test]
async fn the_secret_of_a_convicted_keeper_is_in_the_logs() {
    let enrolled = IJury::KeeperEnrolled { keeper: KEEPER, anchor: keccak256(SECRET), first: EPOCH };
    let secret_shown = IJury::SecretShown { keeper: KEEPER, epoch: EPOCH, secret: SECRET };
    let logs = vec![log(JURY, (20, 0), &secret_shown), log(JURY, (5, 0), &enrolled)];
    let (evidence, asked) = held(Shelf { logs, length: 10, ..Shelf::default() }, &with_crew(&right())).await;
    assert_eq!(evidence.unwrap().verdict, DrawVerdict::AsDrawn);
    assert_eq!(asked[..4], ["keeperOf", "eth_getLogs", "eth_getLogs", "lengthOf"]);
    let logs = vec![log(JURY, (5, 0), &enrolled)];
    let (evidence, _) = held(Shelf { logs, ..Shelf::default() }, &with_crew(&right())).await;
    assert_eq!(evidence.unwrap().verdict, DrawVerdict::SecretNotShown);
}

#[tokio::test]
async fn a_task_without_a_crew_has_no_draw() {
    let open = receipt(&state(Phase::Open, Status::Open, OPEN), found(100, vec![(None, vec![submitted()])])).unwrap();
    let (evidence, asked) = held(Shelf::default(), &open).await;
    assert!(evidence.is_none() && asked.is_empty(), "{asked:?}");
}
