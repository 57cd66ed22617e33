//! What the miner decides, as tables.

use alloy_primitives::{B256, keccak256};
use cor_core::limits::LANE_PENALTY_MAX_GRAINS;
use cor_keeper::machine::miner::{
    Deed, FalseOffer, MinerPolicy, MinerStep, MinerTask, Moment, Route, Sealed, Serving, answers_summons, decide,
};
use cor_ports::domain::{Bound, Crew, LaneCall, LaneMessage, MessageKind, Offer, Opening, Reveal, Server, TaskRecord};
use cor_ports::lane;

use crate::lane::{DOMAIN, Key, apply, reveal, submitted};
use crate::world::{KEEPER, OTHER_KEEPER};

const NOW: u64 = 1_000;
const POLICY: MinerPolicy = MinerPolicy { direct_margin_secs: 3, repeat_secs: 2, close_grace_secs: 5 };
/// The replica of the miner that decides.
const ME: u8 = 2;

fn task() -> TaskRecord {
    submitted(1, 3, NOW, 10, 0)
}

fn crew() -> Crew {
    Crew { keeper: Key::new(KEEPER).address(), miners: [0, 1, 2].map(|index| Key::new(index).address()).into() }
}

fn assignment() -> B256 {
    lane::assignment(&task(), &crew())
}

fn sealed() -> Sealed {
    let Reveal { result_digest, salt } = reveal("Paris", 1);
    let commitment = lane::commitment(&DOMAIN, assignment(), ME, Key::new(ME).address(), &reveal("Paris", 1));
    Sealed { result_digest, salt, commitment }
}

/// What a replica's miner is bound by.
fn bound(replica: u8) -> Bound {
    let commitment = if replica == ME { sealed().commitment } else { keccak256([replica]) };
    Key::new(replica).bind(assignment(), commitment)
}

fn offer(bound_miners: &[u8]) -> Offer {
    let bound = [0, 1, 2].map(|replica| bound_miners.contains(&replica).then(|| bound(replica))).into();
    Offer { task: task().id, crew: crew(), assign: Key::new(KEEPER).assign(&task(), &crew()), bound }
}

fn offered(bound_miners: &[u8]) -> Serving {
    Serving::offered(&DOMAIN, &task(), Key::new(ME).address(), &offer(bound_miners)).unwrap()
}

/// A task whose answer is ready, with what the keeper shows of it.
fn ready(bound_miners: &[u8]) -> MinerTask {
    MinerTask { serving: Some(offered(bound_miners)), prepared: true, sealed: Some(sealed()), ..MinerTask::default() }
}

fn at(now_secs: u64) -> Moment {
    Moment { now_secs, is_keeper_away: false }
}

fn precommit(route: Route) -> MinerStep {
    MinerStep::Say { message: LaneMessage::Precommit { commitment: sealed().commitment }, route }
}

fn commit(route: Route) -> MinerStep {
    let Sealed { result_digest, salt, commitment } = sealed();
    MinerStep::Say { message: LaneMessage::Commit { commitment, result_digest, salt }, route }
}

/// The task after a start at 1,054 with these miners bound, closed if `is_closed`, with these answers shown then.
fn started(miners: &[u8], is_closed: bool, shown: bool) -> TaskRecord {
    let seats = [0, 1, 2].map(|replica| (Key::new(replica).address(), miners.contains(&replica).then(|| bound(replica)))).into();
    let keeper = crew().keeper;
    let does = |record: TaskRecord, call: LaneCall, now| apply(&record, &call, keeper, now, |_| true).unwrap();
    let start = LaneCall::Start { task: task().at(), seats, server: Server { keeper, assign: None } };
    let mut record = does(task(), start, 1_054);
    if is_closed {
        let call = LaneCall::Close { task: record.at() };
        record = does(record, call, 1_084);
    }
    if shown {
        let call = LaneCall::Reveal { task: record.at(), reveals: vec![(ME, reveal("Paris", 1))] };
        record = does(record, call, 1_085);
    }
    record
}

#[test]
fn an_open_task_is_answered_bound_and_shown_in_this_order() {
    let fresh = MinerTask { serving: Some(offered(&[])), ..MinerTask::default() };
    let prepared = MinerTask { prepared: true, ..fresh.clone() };
    let said = |kind, at| Some((Deed::Said(kind, Route::Relay), at));
    let bound_again = MinerTask { last: said(MessageKind::Precommit, 1_010), ..ready(&[0, 1]) };
    let shown = MinerTask { last: said(MessageKind::Commit, 1_010), ..ready(&[0, 1, 2]) };
    let away = |now_secs| Moment { now_secs, is_keeper_away: true };
    let none = MinerTask::default();
    let by_chain = MinerTask { serving: Serving::of(&task(), crew(), Key::new(ME).address(), None), ..ready(&[]) };
    let tried = MinerTask { last: Some((Deed::Started, 1_057)), ..ready(&[0, 1, 2]) };
    let told = |known: &MinerTask| MinerTask { is_told: true, ..known.clone() };
    let exposed = MinerTask { is_exposed: true, ..ready(&[0, 1, 2]) };
    for (row, (known, moment, step)) in [
        (&none, at(1_000), MinerStep::Forget),
        (&fresh, at(1_000), MinerStep::Prepare),
        (&prepared, at(1_000), MinerStep::Answer),
        (&prepared, at(1_059), MinerStep::Answer),
        // Nothing was signed, and nothing can come of it any more.
        (&prepared, at(1_060), MinerStep::Forget),
        (&ready(&[]), at(1_000), precommit(Route::Relay)),
        (&ready(&[0, 1]), at(1_000), precommit(Route::Relay)),
        (&bound_again, at(1_011), MinerStep::Wait),
        (&bound_again, at(1_012), precommit(Route::Relay)),
        // It was done when the clock was ahead.
        (&bound_again, at(1_009), precommit(Route::Relay)),
        (&ready(&[0, 2]), at(1_000), MinerStep::Wait),
        (&ready(&[0, 1, 2]), at(1_000), commit(Route::Relay)),
        (&shown, at(1_011), MinerStep::Wait),
        (&shown, at(1_012), commit(Route::Relay)),
        // Near the deadline nobody waits for the keeper any more.
        (&ready(&[0, 1, 2]), at(1_056), commit(Route::Relay)),
        (&ready(&[0, 1, 2]), at(1_057), MinerStep::Start),
        (&tried, at(1_058), MinerStep::Wait),
        (&tried, at(1_059), MinerStep::Start),
        (&ready(&[0, 2]), at(1_057), MinerStep::Start),
        (&ready(&[0]), at(1_057), MinerStep::Start),
        (&ready(&[2]), at(1_057), MinerStep::Wait),
        (&ready(&[]), at(1_057), precommit(Route::Relay)),
        (&ready(&[]), away(1_056), precommit(Route::Relay)),
        (&ready(&[]), away(1_057), MinerStep::Start),
        // Without the keeper's word it cannot.
        (&by_chain, away(1_057), precommit(Route::Relay)),
        // It showed its answer in another crew, and commits to nothing more; here it is bound already.
        (&told(&fresh), at(1_000), MinerStep::Wait),
        (&told(&prepared), at(1_059), MinerStep::Wait),
        (&told(&prepared), at(1_060), MinerStep::Forget),
        (&told(&ready(&[0, 1, 2])), at(1_000), commit(Route::Relay)),
        // Somebody could copy it in another crew, as long as none is on chain.
        (&exposed, at(1_056), MinerStep::Wait),
        (&exposed, at(1_057), MinerStep::Start),
        (&ready(&[0, 1, 2]), at(1_060), MinerStep::Wait),
        (&ready(&[0, 1, 2]), at(1_064), MinerStep::Wait),
        (&ready(&[0, 1, 2]), at(1_065), MinerStep::Close),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(decide(&POLICY, &task(), known, moment), step, "row {row}");
    }
}

/// The contract takes the keeper's word from the middle of the time on.
#[test]
fn a_task_is_not_started_by_the_keepers_word_before_the_middle() {
    let wide = MinerPolicy { direct_margin_secs: 50, ..POLICY };
    assert_eq!(decide(&wide, &task(), &ready(&[0, 1, 2]), at(1_029)), commit(Route::Relay));
    assert_eq!(decide(&wide, &task(), &ready(&[0, 1, 2]), at(1_030)), MinerStep::Start);
    let serving = offered(&[0, 1]);
    let server = Server { keeper: crew().keeper, assign: serving.assign };
    let call = LaneCall::Start { task: task().at(), seats: serving.seats(bound(ME)), server };
    for (now, is_taken) in [(1_029, false), (1_030, true)] {
        assert_eq!(apply(&task(), &call, Key::new(ME).address(), now, |_| true).is_ok(), is_taken, "at {now}");
    }
}

#[test]
fn on_chain_it_is_bound_and_shown_by_the_keeper_or_by_itself() {
    let on_chain = |record: &TaskRecord| Serving::on_chain(record, Key::new(ME).address());
    let left_out = started(&[0, 1], false, false);
    let bound = started(&[0, 2], false, false);
    let reveal = started(&[0, 1, 2], false, false);
    let silent = started(&[0, 1], true, false);
    let shown = started(&[0, 2], true, true);
    let known = MinerTask { serving: on_chain(&left_out), ..ready(&[]) };
    let fresh = MinerTask { serving: on_chain(&left_out), ..MinerTask::default() };
    let prepared = MinerTask { prepared: true, ..fresh.clone() };
    let lost = MinerTask { sealed: None, ..known.clone() };
    let told = |known: &MinerTask| MinerTask { is_told: true, ..known.clone() };
    let exposed = MinerTask { is_exposed: true, ..known.clone() };
    let handed_late = MinerTask { last: Some((Deed::Said(MessageKind::Precommit, Route::Relay), 1_080)), ..known.clone() };
    let sent = MinerTask { last: Some((Deed::Said(MessageKind::Precommit, Route::Direct), 1_081)), ..known.clone() };
    for (row, (record, known, now, step)) in [
        (&left_out, &fresh, 1_055, MinerStep::Prepare),
        (&left_out, &prepared, 1_055, MinerStep::Answer),
        (&left_out, &prepared, 1_084, MinerStep::Wait),
        (&left_out, &told(&fresh), 1_055, MinerStep::Wait),
        (&left_out, &told(&prepared), 1_055, MinerStep::Wait),
        (&left_out, &known, 1_055, precommit(Route::Relay)),
        (&left_out, &known, 1_081, precommit(Route::Direct)),
        (&left_out, &known, 1_084, MinerStep::Wait),
        // Handed to a keeper that may stand still, with the deadline at hand now; and then sent by itself.
        (&left_out, &handed_late, 1_081, precommit(Route::Direct)),
        (&left_out, &sent, 1_082, MinerStep::Wait),
        (&left_out, &sent, 1_083, precommit(Route::Direct)),
        (&bound, &known, 1_083, MinerStep::Wait),
        (&bound, &known, 1_088, MinerStep::Wait),
        (&bound, &known, 1_089, MinerStep::Close),
        // The reveals last from 1,054 to 1,084.
        (&reveal, &known, 1_060, commit(Route::Relay)),
        (&reveal, &exposed, 1_060, commit(Route::Relay)),
        (&reveal, &told(&known), 1_060, commit(Route::Relay)),
        (&reveal, &known, 1_081, commit(Route::Direct)),
        (&reveal, &known, 1_200, commit(Route::Direct)),
        // What was said before a restart comes back from the journal, or not at all.
        (&reveal, &lost, 1_060, MinerStep::Answer),
        (&silent, &known, 1_200, MinerStep::Wait),
        // Shown in reveals that last to 1,114.
        (&shown, &known, 1_113, MinerStep::Wait),
        (&shown, &known, 1_118, MinerStep::Wait),
        (&shown, &known, 1_119, MinerStep::Finish),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(decide(&POLICY, record, known, at(now)), step, "row {row}");
    }
    let over = LaneCall::Close { task: task().at() };
    let over = apply(&task(), &over, Key::new(0).address(), 1_060, |_| true).unwrap();
    assert_eq!(decide(&POLICY, &over, &ready(&[]), at(1_061)), MinerStep::Forget);
}

/// It would be punished for the reveal of an answer that it is not bound to, or be bound twice.
#[test]
fn a_miner_that_is_bound_otherwise_says_nothing_more() {
    let other = Key::new(ME).bind(assignment(), keccak256("before its disk was lost"));
    let shown = |own| Serving { own, ..offered(&[0, 1]) };
    let known = |own| MinerTask { serving: Some(shown(own)), ..ready(&[]) };
    assert_eq!(decide(&POLICY, &task(), &known(Some(other)), at(NOW)), MinerStep::Leave);
    assert_eq!(decide(&POLICY, &task(), &known(Some(other)), at(1_058)), MinerStep::Leave);
    assert_eq!(decide(&POLICY, &task(), &known(Some(bound(ME))), at(NOW)), commit(Route::Relay));
    assert_eq!(decide(&POLICY, &started(&[0, 1], false, false), &known(Some(other)), at(1_055)), MinerStep::Leave);
    let record = started(&[0, 1, 2], false, false);
    let signed = MinerTask { signed: Some(other.commitment), ..ready(&[]) };
    assert_eq!(decide(&POLICY, &record, &signed, at(1_060)), MinerStep::Leave);
    assert_eq!(decide(&POLICY, &record, &ready(&[]), at(1_060)), commit(Route::Relay));
}

#[test]
fn only_what_was_signed_counts_as_bound() {
    let mut serving = offered(&[]);
    let forged = Bound { signature: bound(1).signature, ..bound(0) };
    let of_another_task = Key::new(0).bind(B256::repeat_byte(1), bound(0).commitment);
    let zero = Key::new(0).bind(assignment(), B256::ZERO);
    for shown in
        [vec![], vec![Some(forged)], vec![Some(of_another_task)], vec![Some(zero)], vec![None, Some(bound(0)), Some(bound(0))]]
    {
        serving.note(&DOMAIN, &shown);
        assert_eq!((serving.others_bound(), serving.own), (0, None), "{shown:?}");
    }
    serving.note(&DOMAIN, &[Some(bound(0)), None, Some(bound(2))]);
    assert_eq!((serving.others_bound(), serving.are_others_bound(), serving.own), (1, false, Some(bound(2))));
    // What the keeper lost is to be said again by its author; but who signed once is bound.
    serving.note(&DOMAIN, &[None, Some(bound(1))]);
    assert_eq!((serving.others_bound(), serving.are_others_bound(), serving.own), (2, true, None));
    let second = Key::new(0).bind(assignment(), keccak256("second"));
    serving.note(&DOMAIN, &[Some(second)]);
    let seats: Vec<_> = serving.seats(bound(2)).into_iter().map(|(_, bound)| bound).collect();
    assert_eq!(seats, [0, 1, 2].map(|replica| Some(bound(replica))));
}

#[test]
fn an_offer_holds_only_if_its_keeper_signed_it_for_the_task_as_it_is() {
    let me = Key::new(ME).address();
    let check = |offer: &Offer| Serving::offered(&DOMAIN, &task(), me, offer).map(|serving| serving.replica);
    assert_eq!(check(&offer(&[])), Ok(ME));
    let with = |miners: &[u8]| {
        let crew = Crew { miners: miners.iter().map(|index| Key::new(*index).address()).collect(), ..crew() };
        Offer { assign: Key::new(KEEPER).assign(&task(), &crew), crew, ..offer(&[]) }
    };
    assert_eq!(check(&with(&[0, 2])), Err(FalseOffer::CrewSize { given: 2, wanted: 3 }));
    assert_eq!(check(&with(&[0, 0, 2])), Err(FalseOffer::MinerTwice));
    assert_eq!(check(&with(&[0, 1, 3])), Err(FalseOffer::NoSeat));
    assert_eq!(check(&with(&[2, 1, 0])), Ok(0));
    let keeper = crew().keeper;
    let not_assigned =
        |offer: &Offer| matches!(check(offer), Err(FalseOffer::NotAssigned { keeper: named, .. }) if named == keeper);
    let anew = submitted(1, 3, NOW, 11, 0);
    for assign in [
        Key::new(OTHER_KEEPER).assign(&task(), &crew()),
        Key::new(KEEPER).assign(&anew, &crew()),
        Key::new(KEEPER).assign(&task(), &with(&[2, 1, 0]).crew),
        Key::new(KEEPER).sign(assignment()),
        [0; 65],
    ] {
        assert!(not_assigned(&Offer { assign, ..offer(&[]) }));
    }
    assert!(!offered(&[]).is_of(&anew) && offered(&[]).is_of(&task()));
}

#[test]
fn what_was_known_of_a_crew_is_kept_when_it_is_offered_again() {
    let others = |serving: &Serving| serving.unbound().collect::<Vec<_>>();
    let (mut before, now) = (offered(&[0]), offered(&[1]));
    assert_eq!((others(&before), others(&now)), (vec![Key::new(1).address()], vec![Key::new(0).address()]));
    before.bound[1] = Some(Key::new(1).bind(assignment(), keccak256("first")));
    let by_chain = Serving::of(&task(), crew(), Key::new(ME).address(), None).unwrap();
    for now in [now, by_chain.clone()] {
        let both = now.after(&before);
        assert_eq!((both.assign, &both.bound, others(&both)), (before.assign, &before.bound, vec![]), "who signed once is bound");
    }
    let learned = offered(&[1]).after(&by_chain);
    assert_eq!((learned.assign, others(&learned)), (before.assign, vec![Key::new(0).address()]));
}

#[test]
fn a_summons_is_answered_while_it_can_matter() {
    let with = |change: fn(&mut Opening)| {
        let mut record = task();
        change(&mut record.history.opening);
        record
    };
    let over = apply(&task(), &LaneCall::Close { task: task().at() }, Key::new(0).address(), 1_060, |_| true).unwrap();
    for (row, (record, models, now, is_answered)) in [
        (task(), [1].as_slice(), NOW, true),
        (task(), &[7, 1], 1_059, true),
        (task(), &[1], 1_060, false),
        (task(), &[2], NOW, false),
        (task(), &[], NOW, false),
        (started(&[0, 1], false, false), &[1], 1_055, false),
        (over, &[1], NOW, false),
        (with(|opening| opening.bad_reveal = LANE_PENALTY_MAX_GRAINS), &[1], NOW, true),
        (with(|opening| opening.bad_reveal = LANE_PENALTY_MAX_GRAINS + 1), &[1], NOW, false),
        (with(|opening| opening.no_reveal = LANE_PENALTY_MAX_GRAINS + 1), &[1], NOW, false),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(answers_summons(&record, models, now), is_answered, "row {row}");
    }
}
