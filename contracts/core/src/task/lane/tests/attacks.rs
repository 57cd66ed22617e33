//! What an attacker did to the lane before: each worked there, and fails here or costs the attacker.

use alloy_primitives::{B256, keccak256};

use super::scene::{KEEPER, LATER, NOW, PAYER, SERVER, Scene, opening};
use crate::limits::FORCED_INCLUSION_SECS;
use crate::task::lane::history::{History, Opening};
use crate::task::lane::messages::task_id;
use crate::task::lane::split::{offences, split};
use crate::task::lane::{
    LaneError, LanePhase, LaneState, LaneTerms, Place, Seat, Server, close, complete, finish, precommit, report, report_second,
    reveal, start,
};
use crate::task::{Offence, Status};

/// Phases of a second, so that every honest reveal is late: seven miners lost 700 COR for 0.009.
#[test]
fn short_phases_burn_nobody() {
    let mut scene = Scene::new(7, 5_001);
    assert!(LaneTerms { reveal_secs: 1, ..scene.history.opening.terms }.check_unpriced().is_err());
    // The chain stands still from the start to long after the deadline. Whoever closes first only calls the others once more, also if it shows an answer of its own
    // first: six honest miners do not pay for the seventh being quick.
    let bound = scene.bound(&[Some("VALID"); 7]);
    start(&mut scene.state, &mut scene.history, NOW, SERVER, &bound).unwrap();
    let first = scene.reveal_of(3, "VALID");
    reveal(&mut scene.state, &mut scene.history, &scene.place, first).unwrap();
    finish(&mut scene.state, &scene.history.opening, NOW + 10_000).unwrap();
    assert_eq!((scene.state.phase, scene.state.deadline), (LanePhase::Reveal, NOW + 10_000 + 108_000));
    // It stands still once more, or its sequencer moves the clock by its hour: the call lasts for longer.
    let early = LaneError::DeadlineNotReached { deadline: NOW + 118_000 };
    assert_eq!(finish(&mut scene.state, &scene.history.opening, NOW + 117_999), Err(early));
    let mut ignored = scene.state;
    close(&mut ignored, &scene.history.opening, NOW + 118_000).unwrap();
    assert_eq!((ignored.status, offences(&scene.history.opening, &ignored).count()), (Status::NoQuorum, 6), "a last call is one");
    for replica in [0, 1, 2, 4, 5, 6] {
        let shown = scene.reveal_of(replica, "VALID");
        reveal(&mut scene.state, &mut scene.history, &scene.place, shown).unwrap();
    }
    finish(&mut scene.state, &scene.history.opening, NOW + 10_000).unwrap();
    assert_eq!(scene.state.status, Status::Completed);
}

/// Silence still costs where it is a choice: one of three holds back what the others showed.
#[test]
fn who_holds_its_reveal_back_while_others_show_theirs_pays() {
    let mut scene = Scene::new(3, 10_000);
    let bound = scene.bound(&[Some("VALID"); 3]);
    start(&mut scene.state, &mut scene.history, NOW, SERVER, &bound).unwrap();
    for replica in [0, 1] {
        let shown = scene.reveal_of(replica, "VALID");
        reveal(&mut scene.state, &mut scene.history, &scene.place, shown).unwrap();
    }
    finish(&mut scene.state, &scene.history.opening, NOW + 90).unwrap();
    assert_eq!(scene.state.phase, LanePhase::Reveal, "it is called once more");
    finish(&mut scene.state, &scene.history.opening, NOW + 90 + 108_000).unwrap();
    let punished: Vec<_> = offences(&scene.history.opening, &scene.state).collect();
    assert_eq!(punished, [(2, Offence::NoReveal, 40)]);
}

/// A sequencer keeps a transaction out for a day, from the first second of a call on, and somebody closes in the first second in which a call of a day would be over. The miner is in time:
/// what the parent chain's inbox brings lands hours before the call ends, and nobody loses anything.
#[test]
fn nobody_pays_for_what_a_sequencer_keeps_out() {
    let mut scene = Scene::new(3, 10_000);
    let bound = scene.bound(&[Some("VALID"); 3]);
    start(&mut scene.state, &mut scene.history, NOW, SERVER, &bound).unwrap();
    for replica in [0, 1] {
        let shown = scene.reveal_of(replica, "VALID");
        reveal(&mut scene.state, &mut scene.history, &scene.place, shown).unwrap();
    }
    let called = NOW + 90;
    finish(&mut scene.state, &scene.history.opening, called).unwrap();
    let kept_out_until = called + FORCED_INCLUSION_SECS;
    for now in [kept_out_until, kept_out_until + 6 * 3_600 - 1] {
        let early = LaneError::DeadlineNotReached { deadline: called + 108_000 };
        assert_eq!(finish(&mut scene.state, &scene.history.opening, now), Err(early), "six hours are left for it to land");
    }
    let shown = scene.reveal_of(2, "VALID");
    reveal(&mut scene.state, &mut scene.history, &scene.place, shown).unwrap();
    finish(&mut scene.state, &scene.history.opening, kept_out_until).unwrap();
    assert_eq!((scene.state.status, offences(&scene.history.opening, &scene.state).count()), (Status::Completed, 0));
}

/// A keeper that chooses the moment of the start, and a payer with short phases, burn nobody who is away for a minute: where the others decide, nobody waits, and nobody pays.
#[test]
fn silence_that_decides_nothing_costs_nothing() {
    let mut scene = Scene::new(3, 5_001);
    let bound = scene.bound(&[Some("VALID"); 3]);
    start(&mut scene.state, &mut scene.history, NOW, SERVER, &bound).unwrap();
    for replica in [0, 1] {
        let shown = scene.reveal_of(replica, "VALID");
        reveal(&mut scene.state, &mut scene.history, &scene.place, shown).unwrap();
    }
    let early = LaneError::DeadlineNotReached { deadline: NOW + 90 };
    assert_eq!(finish(&mut scene.state, &scene.history.opening, NOW + 89), Err(early), "the third may still show and be paid");
    finish(&mut scene.state, &scene.history.opening, NOW + 90).unwrap();
    assert_eq!((scene.state.phase, scene.state.status), (LanePhase::Ended, Status::Completed));
    assert_eq!(offences(&scene.history.opening, &scene.state).count(), 0);
    // The same where no answer can win any more.
    let mut torn = Scene::new(3, 10_000);
    let bound = torn.bound(&[Some("VALID"), Some("INVALID"), Some("VALID")]);
    start(&mut torn.state, &mut torn.history, NOW, SERVER, &bound).unwrap();
    for (replica, answer) in [(0, "VALID"), (1, "INVALID")] {
        let shown = torn.reveal_of(replica, answer);
        reveal(&mut torn.state, &mut torn.history, &torn.place, shown).unwrap();
    }
    finish(&mut torn.state, &torn.history.opening, NOW + 90).unwrap();
    assert_eq!((torn.state.status, offences(&torn.history.opening, &torn.state).count()), (Status::NoQuorum, 0));
}

/// The last call is heard by some, and then the others decide no more: for a result that there is, or that there cannot be, the silence of the last one spoils nothing.
#[test]
fn silence_costs_nothing_once_the_called_have_decided() {
    // Of three that must agree by two, one has shown its answer when the deadline passes. One more shows the same, or another.
    for (second, status, silent) in [("VALID", Status::Completed, 0), ("INVALID", Status::NoQuorum, 1)] {
        let mut scene = Scene::new(3, 5_001);
        let bound = scene.bound(&[Some("VALID"), Some(second), Some("VALID")]);
        start(&mut scene.state, &mut scene.history, NOW, SERVER, &bound).unwrap();
        let show = |scene: &mut Scene, replica, answer| {
            let shown = scene.reveal_of(replica, answer);
            reveal(&mut scene.state, &mut scene.history, &scene.place, shown).unwrap();
        };
        show(&mut scene, 0, "VALID");
        finish(&mut scene.state, &scene.history.opening, NOW + 90).unwrap();
        assert!(scene.state.last_call);
        show(&mut scene, 1, second);
        finish(&mut scene.state, &scene.history.opening, NOW + 90 + 108_000).unwrap();
        // Where the two differ, the third had the result in its hand.
        assert_eq!((scene.state.status, offences(&scene.history.opening, &scene.state).count()), (status, silent));
    }
    // Of five that must all agree, three are called; one of them shows another answer, and nothing can come of it any more.
    let mut torn = Scene::new(5, 10_000);
    let bound = torn.bound(&[Some("VALID"), Some("VALID"), Some("INVALID"), Some("VALID"), Some("VALID")]);
    start(&mut torn.state, &mut torn.history, NOW, SERVER, &bound).unwrap();
    for (replica, answer) in [(0, "VALID"), (1, "VALID"), (2, "INVALID")] {
        if replica == 2 {
            finish(&mut torn.state, &torn.history.opening, NOW + 90).unwrap();
        }
        let shown = torn.reveal_of(replica, answer);
        reveal(&mut torn.state, &mut torn.history, &torn.place, shown).unwrap();
    }
    finish(&mut torn.state, &torn.history.opening, NOW + 90 + 108_000).unwrap();
    assert_eq!((torn.state.status, offences(&torn.history.opening, &torn.state).count()), (Status::NoQuorum, 0));
}

/// Who has the keeper's word and brings no commitment would forestall a completion that is on its way, and read everybody's answer in its calldata.
#[test]
fn the_keepers_word_alone_starts_nothing_at_first() {
    let mut scene = Scene::new(3, 5_001);
    let nobody = scene.bound(&[None; 3]);
    let other = Server { itself: false, ..SERVER };
    let early = LaneError::DeadlineNotReached { deadline: NOW + 300 };
    assert_eq!(start(&mut scene.state, &mut scene.history, NOW + 299, other, &nobody), Err(early));
    let mut keeper = Scene::new(3, 5_001);
    start(&mut keeper.state, &mut keeper.history, NOW, SERVER, &nobody).unwrap();
    start(&mut scene.state, &mut scene.history, NOW + 300, other, &nobody).unwrap();
}

/// Unanimity of seven, one dissenter: six agreeing miners had nothing, and the payer had the texts for the gas line.
#[test]
fn answers_are_not_for_nothing() {
    let mut scene = Scene::new(7, 10_000);
    let answers = scene.answers(&["VALID", "VALID", "VALID", "VALID", "VALID", "VALID", "INVALID"]);
    complete(&mut scene.state, &mut scene.history, NOW, &scene.place, KEEPER, &answers).unwrap();
    assert_eq!(scene.state.status, Status::NoQuorum);
    let split = split(&scene.history.opening, &scene.state).unwrap();
    assert_eq!(
        split.to_miners,
        [500, 500, 500, 500, 500, 500, 0],
        "each of the majority has half of its price; who spoiled the vote has nothing"
    );
    // The network has half of what was delivered: 700 * 6 / 7 / 2.
    assert_eq!((split.to_keeper, split.to_treasury, split.refunded), (90, 300, 7_790 - 3_000 - 90 - 300));

    // A plain majority that is missed has no answer that anybody could take away.
    let mut torn = Scene::new(3, 5_001);
    let answers = torn.answers(&["VALID", "INVALID", "RETRY"]);
    complete(&mut torn.state, &mut torn.history, NOW, &torn.place, KEEPER, &answers).unwrap();
    let torn = super::super::split::split(&torn.history.opening, &torn.state).unwrap();
    assert_eq!((torn.to_miners, torn.refunded), ([0; 7], 3_700));
}

/// After a reorganisation with another order of miners an old signed message was taken, and the honest reveal mismatched. What a miner signs and is
/// bound to is one assignment: any change of it is another.
#[test]
fn a_message_is_of_one_assignment() {
    let scene = Scene::new(3, 5_001);
    let (first, bound) = (scene.place.assignment(&scene.history, KEEPER, &scene.miners), scene.commitment(0, "VALID"));
    let mut swapped = Scene::new(3, 5_001);
    swapped.miners.swap(0, 1);
    let mut other_crew = Scene::new(3, 5_001);
    other_crew.miners[2] = PAYER;
    let mut other_prompt = Scene::new(3, 5_001);
    other_prompt.history = History::begin(Opening { prompt_digest: keccak256("another prompt"), ..scene.history.opening });
    let mut other_penalty = Scene::new(3, 5_001);
    other_penalty.history = History::begin(Opening { bad_reveal: 1_000_000, ..scene.history.opening });
    let mut other_block = Scene::new(3, 5_001);
    other_block.history = History::begin(Opening { block: 78, ..scene.history.opening });
    let mut other_number = Scene::new(3, 5_001);
    other_number.place = Place { task: task_id(KEEPER, 1), ..other_number.place };
    for (case, changed) in [
        ("another order", swapped),
        ("another colleague", other_crew),
        ("another prompt", other_prompt),
        ("another penalty", other_penalty),
        ("another block of the submission", other_block),
        ("another payer's task", other_number),
    ] {
        assert_ne!(changed.place.assignment(&changed.history, KEEPER, &changed.miners), first, "{case}");
        assert_ne!(changed.commitment(0, "VALID"), bound, "{case}");
    }
    let other_keeper = scene.place.assignment(&scene.history, PAYER, &scene.miners);
    assert_ne!(other_keeper, first, "another keeper");
    // And on another chain or contract, of the same assignment.
    let mut fork = Scene::new(3, 5_001);
    fork.place.chain_id = 1;
    let mut elsewhere = Scene::new(3, 5_001);
    elsewhere.place.lane = PAYER;
    for other in [fork, elsewhere] {
        assert_ne!(other.commitment(0, "VALID"), bound);
    }
}

/// A keeper that starts a task with miners that never agreed has nothing of it: killing a task was worth the gas line.
#[test]
fn a_keeper_earns_nothing_by_a_start_that_cannot_succeed() {
    for (answers, to_keeper) in [([None; 3], 0), ([Some("VALID"), None, None], 0), ([Some("VALID"), Some("RETRY"), None], 90)] {
        let mut scene = Scene::new(3, 5_001);
        let bound = scene.bound(&answers);
        start(&mut scene.state, &mut scene.history, NOW, SERVER, &bound).unwrap();
        for now in [NOW + 60, NOW + 150, NOW + 108_200] {
            let _ = close(&mut scene.state, &scene.history.opening, now);
        }
        let split = split(&scene.history.opening, &scene.state).unwrap();
        assert_eq!((split.to_keeper, split.refunded), (to_keeper, 3_790 - to_keeper), "{answers:?}");
    }
}

/// An honest miner cannot be reported by what it revealed.
#[test]
fn an_honest_reveal_is_no_offence() {
    let mut scene = Scene::new(3, 5_001);
    let bound = scene.bound(&[Some("VALID"), Some("VALID"), Some("VALID")]);
    start(&mut scene.state, &mut scene.history, NOW, SERVER, &bound).unwrap();
    for replica in 0..3 {
        let shown = scene.reveal_of(replica, "VALID");
        assert!(report(&mut scene.state, &mut scene.history, &scene.place, shown).is_err());
    }
    assert_eq!(offences(&scene.history.opening, &scene.state).count(), 0);
}

/// A keeper has everybody's word and starts without one of its own, which binds itself in the same block to an answer that it read; or it brings that one's second word in
/// a completion. Its first word is evidence when the task has ended.
#[test]
fn who_binds_itself_to_an_answer_that_it_read_pays_as_for_a_lie() {
    for at_once in [true, false] {
        let mut scene = Scene::new(3, 5_001);
        let (read, own) = (scene.commitment(2, "VALID"), scene.commitment(2, "RETRY"));
        if at_once {
            let answers = scene.answers(&["VALID", "VALID", "VALID"]);
            complete(&mut scene.state, &mut scene.history, NOW, &scene.place, KEEPER, &answers).unwrap();
        } else {
            let bound = scene.bound(&[Some("VALID"), Some("VALID"), None]);
            start(&mut scene.state, &mut scene.history, NOW, SERVER, &bound).unwrap();
            precommit(&mut scene.state, &mut scene.history, NOW, 2, read).unwrap();
            for replica in 0..3 {
                let shown = scene.reveal_of(replica, "VALID");
                reveal(&mut scene.state, &mut scene.history, &scene.place, shown).unwrap();
            }
            finish(&mut scene.state, &scene.history.opening, NOW + 2).unwrap();
        }
        let Scene { state, history, .. } = &mut scene;
        let before = *state;
        assert_eq!(offences(&history.opening, state).count(), 0);
        assert_eq!(
            report_second(state, history, LATER, 2, read),
            Err(LaneError::AlreadyDone { replica: 2 }),
            "what it is bound to"
        );
        assert_eq!(report_second(state, history, LATER, 2, own), Ok(vec![4, 2]));
        assert_eq!((state.seats[2], history.told[2].bad), (Seat::Bad, true));
        assert_eq!(LaneState { seats: before.seats, ..*state }, before, "nothing else changes");
        assert_eq!(report_second(state, history, LATER, 2, own), Err(LaneError::AlreadyDone { replica: 2 }), "once");
    }
}

/// Nobody else is convicted by a second word: not who said the same twice, who was bound to nothing, or whose lie was reported before, and nobody while the task goes on.
#[test]
fn one_word_said_twice_is_no_offence() {
    let mut scene = Scene::new(3, 5_001);
    let bound = scene.bound(&[Some("VALID"), Some("VALID"), None]);
    let (other, lie) = (scene.commitment(0, "RETRY"), scene.reveal_of(1, "RETRY"));
    let wanted = LanePhase::Ended;
    let Scene { state, history, place, .. } = &mut scene;
    let early = |phase| Err(LaneError::WrongPhase { phase, wanted });
    assert_eq!(report_second(&mut LaneState::default(), history, LATER, 0, other), early(LanePhase::None));
    assert_eq!(report_second(state, history, LATER, 0, other), early(LanePhase::Open));
    start(state, history, NOW, SERVER, &bound).unwrap();
    assert_eq!(report_second(state, history, LATER, 0, other), early(LanePhase::Precommit));
    close(state, &history.opening, NOW + 60).unwrap();
    assert_eq!(report_second(state, history, LATER, 0, other), early(LanePhase::Reveal));
    report(state, history, place, lie).unwrap();
    close(state, &history.opening, NOW + 60 + 90).unwrap();
    assert_eq!(state.phase, LanePhase::Ended);
    assert_eq!(report_second(state, history, LATER, 0, bound[0].1.unwrap()), Err(LaneError::AlreadyDone { replica: 0 }));
    assert_eq!(report_second(state, history, LATER, 1, other), Err(LaneError::AlreadyDone { replica: 1 }));
    assert_eq!(report_second(state, history, LATER, 2, other), Err(LaneError::NotCommitted { replica: 2 }));
    // The seat is the chain's, whatever the bytes say that are brought.
    history.told[2].commitment = Some(B256::ZERO);
    assert_eq!(report_second(state, history, LATER, 2, other), Err(LaneError::NotCommitted { replica: 2 }));
    assert_eq!(report_second(state, history, LATER, 3, other), Err(LaneError::NoSuchReplica { replica: 3 }));
    let deadline = LATER + 1;
    assert_eq!(report_second(state, history, deadline, 0, other), Err(LaneError::DeadlinePassed { deadline }));
    report_second(state, history, LATER, 0, other).unwrap();
}

/// With 4 of 7 agreeing the network kept 17.5 % of what was delivered instead of 10 %.
#[test]
fn the_network_earns_on_what_was_delivered() {
    let mut scene = Scene::new(7, 5_001);
    let answers = scene.answers(&["VALID", "VALID", "VALID", "VALID", "INVALID", "INVALID", "INVALID"]);
    complete(&mut scene.state, &mut scene.history, NOW, &scene.place, KEEPER, &answers).unwrap();
    let split = split(&scene.history.opening, &scene.state).unwrap();
    // Prices: 7 × 1,000 and 10 % of it for the network.
    assert_eq!((split.to_miners.iter().sum::<u64>(), split.to_treasury), (4_000, 400));
}

/// What the owner changes later does not touch a task that is open: prices and penalties are in its seal.
#[test]
fn another_opening_is_another_seal() {
    let submitted = opening(3, 5_001);
    let mut harsher = submitted;
    harsher.no_reveal = u64::MAX;
    let mut dearer = submitted;
    dearer.price.per_replica += 1;
    for changed in [harsher, dearer] {
        assert_ne!(History::begin(changed).seal, History::begin(submitted).seal);
    }
}
