//! What the lane costs in gas, from the session to the payout, everything included, steady: every word that is touched was touched before. Uncached,
//! with the programs in ArbOS's cache, and with the Solidity twin in the lane's place, for which there is no such cache.

use alloy::primitives::{Address, B256, LogData};
use cor_kit::goldens::{self, Gas};
use cor_sol::lane::ILane;

use super::{
    twin,
    world::{World, event, logs, submitted, terms},
};

#[tokio::test]
async fn golden_gas_of_the_lane_of_two_words() {
    let world = World::start().await;
    let solidity = World::of_the_twin(true, &twin::creation().await).await;
    let mut gas = Gas::new();
    for world in [&world, &solidity] {
        for replicas in [3_u8, 5, 7] {
            // A task before, which pays for what everybody earns for the first time.
            let first = world.task(replicas, 5_001, u64::from(replicas) * 100);
            world.by(1, &world.completion(&first, &crew(replicas), &answers(replicas)));
        }
    }
    let ours = [3, 5, 7].map(|replicas| measure(&world, &mut gas, replicas, ("", 0)));
    measure_reports(&world, &mut gas, "", 901);
    world.solo.cache(world.lane);
    for replicas in [3, 5, 7] {
        measure(&world, &mut gas, replicas, (", cached", 1));
    }
    measure_reports(&world, &mut gas, ", cached", 902);
    let theirs = [3, 5, 7].map(|replicas| measure(&solidity, &mut gas, replicas, (", Solidity", 0)));
    assert_eq!(ours, theirs, "both say the same of the same calldata");
    gas.assert_golden("lane");
    goldens::assert_scoreboard(&figures(&gas));
}

/// The ways that the goals are about, by the names of the scoreboard.
fn figures(gas: &Gas) -> Vec<(String, u64)> {
    let ways = [
        ("with_create_three_tx", "by start and finish, with its session"),
        ("with_create_complete", "by complete, with its session"),
        ("existing_session_three_tx", "by start and finish, existing session"),
        ("existing_session_complete", "by complete, existing session"),
    ];
    let mut figures = Vec::new();
    for replicas in [3, 5, 7] {
        for (name, way) in ways {
            for (suffix, cached) in [("", ""), ("_cached", ", cached")] {
                let used = gas.of(&format!("lane {way}, {replicas} miners{cached}"));
                figures.push((format!("lane{replicas}_{name}{suffix}"), used));
            }
        }
    }
    figures
}

fn crew(replicas: u8) -> Vec<usize> {
    (0..usize::from(replicas)).collect()
}

fn answers(replicas: u8) -> Vec<&'static str> {
    vec!["VALID"; usize::from(replicas)]
}

/// What it costs to show a lie and a second commitment, of a task of three miners of the given sequence number.
fn measure_reports(world: &World, gas: &mut Gas, what: &str, sequence: u64) {
    let crew = crew(3);
    let mut task = world.task(3, 5_001, sequence);
    world.start_all(&mut task, &crew, &[Some("VALID"); 3]);
    let report = world.reporting(&task, &crew, "VALID", "INVALID");
    let lie = world.on(5, &mut task, &report);
    let shown = [(1, "VALID"), (2, "VALID")];
    let ended: ILane::TaskEnded = event(&logs(world, &world.by(5, &World::finishing(&task, &shown))));
    let second = world.by(5, &world.reporting_second(&task, (&crew, &ended), 1, "INVALID"));
    for (entry, used) in [("report", lie.gas_used), ("reportSecond", second.gas_used)] {
        gas.used(&format!("{entry}, 3 miners{what}"), used);
    }
}

/// Measures each entry by what is measured and the number of the round. Returns all that was logged.
fn measure(world: &World, gas: &mut Gas, replicas: u8, (what, round): (&str, u64)) -> Vec<(Address, LogData)> {
    let (crew, answers) = (crew(replicas), answers(replicas));
    let name = |entry: &str| format!("{entry}, {replicas} miners{what}");
    let word = terms(replicas, 5_001);
    let created = world.by(2, &ILane::createSessionCall { terms: word, metadata: B256::ZERO });
    let order = |number: u64| World::submission(created.returned, word, u64::from(replicas) * 100 + round * 10 + number);
    let one = world.by(2, &order(1));
    let task = submitted(&logs(world, &one));
    let completed = world.by(1, &world.completion(&task, &crew, &answers));

    let two = world.by(2, &order(2));
    let mut task = submitted(&logs(world, &two));
    let bound: Vec<_> = answers.iter().map(|answer| Some(*answer)).collect();
    let call = world.starting(&task, &crew, &bound);
    let started = world.on(1, &mut task, &call);
    let reveals: Vec<_> = answers.iter().copied().enumerate().collect();
    let finished = world.by(1, &World::finishing(&task, &reveals));

    let order = ILane::createAndSubmitCall {
        terms: word,
        metadata: B256::ZERO,
        sequence: order(3).sequence,
        maxCharge: u64::MAX,
        promptDigest: order(3).promptDigest,
        promptUrn: order(3).promptUrn,
        clientReference: order(3).clientReference,
    };
    let both = world.by(2, &order);

    for (entry, used) in [
        ("createSession", created.gas_used),
        ("submit", one.gas_used),
        ("createAndSubmit", both.gas_used),
        ("complete", completed.gas_used),
        ("start", started.gas_used),
        ("finish", finished.gas_used),
        ("lane by complete, with its session", created.gas_used + one.gas_used + completed.gas_used),
        ("lane by complete, existing session", one.gas_used + completed.gas_used),
        ("lane by start and finish, with its session", created.gas_used + two.gas_used + started.gas_used + finished.gas_used),
        ("lane by start and finish, existing session", two.gas_used + started.gas_used + finished.gas_used),
    ] {
        gas.used(&name(entry), used);
    }
    [created.logs, one.logs, completed.logs, two.logs, started.logs, finished.logs, both.logs].concat()
}
