//! Any sequence of versions, cancellations, models and days does to the contract what it does to the oracle; every quote that was given holds
//! until its end; and no line of a model's price moves by more than a factor of two within a day.

use std::{cell::RefCell, collections::BTreeMap};

use alloy::{
    primitives::{B256, LogData},
    sol_types::{SolCall, SolEvent},
};
use cor_kit::{Seed, solo::Refused};
use cor_sol::session_payment_table::ISessionPaymentTable::{self as Table, ClassPrice, PriceVersion, Quote, QuoteInputs};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};

use super::{
    oracle::{Oracle, Refusal},
    world::{DAY, DELAY_SECS, World, inputs, logs},
};

/// Sequences, and the most actions in each.
const SEQUENCES: u32 = 40;
const ACTIONS: usize = 80;
/// Models 1 to 3 are there from the start; the others come.
const MODELS: std::ops::Range<u64> = 1..6;
/// What a line is rounded up by, wei.
const GRAIN: u128 = 1_000_000_000;

/// By how much the terms of a version differ from those of the last, in percent.
#[derive(Clone, Copy, Debug)]
struct Terms {
    sla: [u32; 3],
    consensus: [u32; 3],
    quorum_step: u32,
    priority: [u32; 3],
    fee: u32,
    units: [u32; 2],
    gas_price: u32,
    /// A rebate for what is sold, which cannot be.
    rebate: bool,
}

#[derive(Clone, Copy, Debug)]
enum Action {
    /// The last prices, each class times so many quarters; when, in seconds from now.
    Publish {
        quarters: [u8; 3],
        terms: Terms,
        ahead: u64,
    },
    /// A version counted back from the last.
    Cancel {
        back: u64,
    },
    SetModel {
        model: u64,
        class: u8,
        enabled: bool,
    },
    CancelModelChange {
        model: u64,
    },
    Pass {
        secs: u64,
    },
    /// To the last second of the quote that ends first.
    PassToTheEnd,
    Quote {
        model: u64,
        replicas: u8,
        quorum: u16,
        tokens: u32,
    },
    QuoteAt {
        back: u64,
        model: u64,
    },
}

fn action() -> impl Strategy<Value = Action> {
    let quarters = prop_oneof![5 => Just(4_u8), 9 => 2_u8..=8, 1 => 1_u8..=9];
    let ahead = prop_oneof![
        4 => DAY..3 * DAY,
        2 => Just(DAY),
        1 => DAY - 2..DAY,
        2 => 3 * DAY..12 * DAY,
        1 => 28 * DAY..32 * DAY,
    ];
    let quorum = prop_oneof![4 => 5_001_u16..=6_666, 2 => Just(10_000_u16), 1 => 5_000_u16..=10_001];
    let replicas = prop_oneof![6 => (0_u8..4).prop_map(|half| 2 * half + 1), 1 => 0_u8..9];
    let secs = prop_oneof![3 => 1_u64..3_600, 3 => 3_600..DAY, 2 => DAY..4 * DAY];
    prop_oneof![
        8 => ([quarters.clone(), quarters.clone(), quarters], terms(), ahead)
            .prop_map(|(quarters, terms, ahead)| Action::Publish { quarters, terms, ahead }),
        2 => (0_u64..5).prop_map(|back| Action::Cancel { back }),
        6 => (MODELS, 0_u8..3, prop::bool::weighted(0.75)).prop_map(|(model, class, enabled)| Action::SetModel { model, class, enabled }),
        4 => MODELS.prop_map(|model| Action::CancelModelChange { model }),
        5 => secs.prop_map(|secs| Action::Pass { secs }),
        3 => Just(Action::PassToTheEnd),
        8 => (MODELS, replicas, quorum, prop_oneof![8 => 1_u32..5_000, 1 => any::<u32>()])
            .prop_map(|(model, replicas, quorum, tokens)| Action::Quote { model, replicas, quorum, tokens }),
        2 => (0_u64..6, MODELS).prop_map(|(back, model)| Action::QuoteAt { back, model }),
    ]
}

/// Mostly those of the last version.
fn terms() -> impl Strategy<Value = Terms> {
    let percent =
        || prop_oneof![30 => Just(100_u32), 3 => 90..=112_u32, 1 => 50..=200_u32, 1 => Just(50), 1 => Just(200)].boxed();
    let three = move || [percent(), percent(), percent()];
    let work = (three(), three(), percent(), three(), percent());
    (work, [percent(), percent()], percent(), prop::bool::weighted(0.08)).prop_map(
        |((sla, consensus, quorum_step, priority, fee), units, gas_price, rebate)| Terms {
            sla,
            consensus,
            quorum_step,
            priority,
            fee,
            units,
            gas_price,
            rebate,
        },
    )
}

impl Terms {
    /// Puts what they make of the last terms into a version, in order and within bounds.
    fn apply(&self, price: &mut PriceVersion) {
        let multipliers =
            [(&mut price.slaBps, self.sla), (&mut price.consensusBps, self.consensus), (&mut price.priorityBps, self.priority)];
        for (values, percents) in multipliers {
            for (value, percent) in values.iter_mut().zip(percents) {
                *value = (*value * percent / 100).clamp(10_000, 1_000_000);
            }
            values.sort_unstable();
        }
        price.quorumStepBps = (price.quorumStepBps * self.quorum_step / 100).clamp(1, 1_000_000);
        // Enough for the rebates.
        price.networkFeeBps = (price.networkFeeBps * self.fee / 100).clamp(50, 10_000);
        let [base, replica] = self.units.map(u64::from);
        price.settlementGasBase = price.settlementGasBase * base / 100;
        price.settlementGasPerReplica = price.settlementGasPerReplica * replica / 100;
        price.gasPrice = price.gasPrice * u128::from(self.gas_price) / 100;
        price.volumeRebateBps[0] = u32::from(self.rebate);
    }
}

/// Prices of three classes near enough for a model to go from one to the next, and with odd wei.
fn prices() -> PriceVersion {
    let class = |base: u128| ClassPrice { base, step: base / 7, tool: base / 9, token: base / 3, validator: base / 2 };
    PriceVersion {
        classes: [class(100_000_000_000_000_007), class(160_000_000_000_000_011), class(290_000_000_000_000_013)],
        stakeRebateBps: [0; 4],
        volumeRebateBps: [0, 8, 9, 10],
        ..cor_adapters::deploy::default_prices()
    }
}

/// Lines of a price: for a replica, and for the network, gas and all.
type Lines = [u128; 4];

/// What each model is asked for all the time: three replicas by majority, and seven that all agree.
fn asked(model: u64) -> [QuoteInputs; 2] {
    let three = QuoteInputs { modelIdentifier: model, ..inputs() };
    let seven = QuoteInputs { replicas: 7, quorumBps: 10_000, ..three.clone() };
    [three, seven]
}

/// The contract, the oracle, the quotes that hold, and what each model cost within a day.
struct Pair<'a> {
    world: &'a World,
    oracle: Oracle,
    last: PriceVersion,
    promises: Vec<(QuoteInputs, Quote)>,
    history: BTreeMap<(u64, u8), Vec<(u64, Lines)>>,
    seen: &'a RefCell<BTreeMap<(&'static str, &'static str), u32>>,
}

type Step = Result<(), TestCaseError>;

/// The other fields follow from the tokens: mostly what is sold, else what is not, or what there is not.
fn asked_with(asked: QuoteInputs) -> QuoteInputs {
    let odd = |which: u32, values: [u8; 3]| match asked.maxTokens % 64 {
        rest if rest == which => values[1],
        rest if rest == which + 1 => values[2],
        _ => values[0],
    };
    let rule = u8::try_from(asked.maxTokens / 64 % 2).expect("0 or 1");
    QuoteInputs {
        sla: odd(0, [0, 2, 3]),
        priority: odd(2, [0, 2, 3]),
        consensusRule: odd(4, [rule, 2, 3]),
        // Of 16 bits: also what a byte of them would make something that is sold.
        executionDepth: u16::from(odd(6, [1, 2, 0])) + if asked.maxTokens % 64 == 10 { 256 } else { 0 },
        toolDepth: u16::from(odd(8, [0, 1, 200])) + if asked.maxTokens % 64 == 11 { 256 } else { 0 },
        ..asked
    }
}

/// A lane's terms that ask for the same, laid out as ILane says. Of kind of answer and phases the table knows nothing: they are whatever they are.
fn terms_of(asked: &QuoteInputs) -> B256 {
    let QuoteInputs {
        modelIdentifier,
        maxTokens,
        replicas,
        quorumBps,
        executionDepth,
        toolDepth,
        sla,
        priority,
        consensusRule,
        ..
    } = asked;
    let mut word = modelIdentifier.to_be_bytes().to_vec();
    word.extend(maxTokens.to_be_bytes());
    word.extend([0xaa, *replicas]);
    word.extend(quorumBps.to_be_bytes());
    word.extend([0xbb; 9]);
    word.extend(executionDepth.to_be_bytes());
    word.extend(toolDepth.to_be_bytes());
    word.extend([*sla, *priority, *consensusRule]);
    B256::from_slice(&word)
}

/// A quote in one word, laid out as ISessionPaymentTable says.
fn tariff_of(quote: &Quote) -> B256 {
    let grains = |wei: u128| {
        assert_eq!(wei % GRAIN, 0, "a line is whole grains");
        u64::try_from(wei / GRAIN).expect("a line of 64 bits")
    };
    let mut word = [quote.perReplica, quote.network, quote.gas].map(|line| grains(line).to_be_bytes()).concat();
    for number in [quote.version, quote.validUntil] {
        word.extend(u32::try_from(number).expect("32 bits").to_be_bytes());
    }
    B256::from_slice(&word)
}

fn name<R>(answer: &Result<R, Refused>) -> Result<&R, &'static str> {
    answer.as_ref().map_err(|refused| match refused {
        Refused::Known(error) => error.name(),
        Refused::Other(_) => "unknown",
    })
}

impl Pair<'_> {
    fn same<R: PartialEq + std::fmt::Debug>(
        &self,
        kind: &'static str,
        ours: Result<R, &'static str>,
        oracle: Result<R, Refusal>,
    ) -> Step {
        let outcome = oracle.as_ref().err().copied().unwrap_or("ok");
        *self.seen.borrow_mut().entry((kind, outcome)).or_default() += 1;
        prop_assert_eq!(ours, oracle);
        Ok(())
    }

    /// Sends a call to the contract: the logs that it makes, or its refusal.
    fn send<C: SolCall>(&self, call: &C) -> Result<Vec<LogData>, &'static str> {
        let answer = self.world.try_by(0, call);
        name(&answer).map(logs)
    }

    fn perform(&mut self, action: Action) -> Step {
        match action {
            Action::Publish { quarters, terms, ahead } => self.publish(quarters, Some(terms), ahead),
            Action::Cancel { back } => {
                let version = (self.oracle.published() as u64).saturating_sub(back);
                let ours = self.send(&Table::cancelVersionCall { version });
                let gone = self
                    .oracle
                    .cancel(version)
                    .map(|gone| gone.into_iter().map(|version| Table::VersionCancelled { version }.encode_log_data()).collect());
                self.same("cancelVersion", ours, gone)
            }
            Action::SetModel { model, class, enabled } => self.set_model(model, class, enabled),
            Action::CancelModelChange { model } => {
                let ours = self.send(&Table::cancelModelChangeCall { modelIdentifier: model });
                let log = Table::ModelChangeCancelled { modelIdentifier: model }.encode_log_data();
                let oracle = self.oracle.cancel_model_change(model).map(|()| vec![log]);
                self.same("cancelModelChange", ours, oracle)
            }
            Action::Pass { secs } => self.pass(secs),
            Action::PassToTheEnd => {
                let end = self.promises.iter().map(|(_, quote)| quote.validUntil).min();
                end.map_or(Ok(()), |end| self.pass(end - self.oracle.now))
            }
            Action::Quote { model, replicas, quorum, tokens } => {
                let asked = asked_with(QuoteInputs {
                    modelIdentifier: model,
                    replicas,
                    quorumBps: quorum,
                    maxTokens: tokens,
                    ..inputs()
                });
                let (ours, oracle) = (self.quoted(&asked), self.oracle.quote(&asked));
                self.same("quote", ours, oracle.clone())?;
                let word = self.world.solo.view(self.world.table, &Table::tariffCall { terms: terms_of(&asked) });
                self.same("tariff", name(&word).copied(), oracle.clone().map(|quote| tariff_of(&quote)))?;
                if let Ok(quote) = oracle {
                    self.promises.push((asked, quote));
                }
                Ok(())
            }
            Action::QuoteAt { back, model } => {
                let version = (self.oracle.published() as u64 + 1).saturating_sub(back);
                let asked = QuoteInputs { modelIdentifier: model, ..inputs() };
                let ours = self.world.solo.view(self.world.table, &Table::quoteAtCall { version, inputs: asked.clone() });
                self.same("quoteAt", name(&ours).cloned(), self.oracle.quote_at(version, &asked))
            }
        }
    }

    fn quoted(&self, inputs: &QuoteInputs) -> Result<Quote, &'static str> {
        let answer = self.world.solo.view(self.world.table, &Table::quoteCall { inputs: inputs.clone() });
        name(&answer).cloned()
    }

    fn publish(&mut self, quarters: [u8; 3], terms: Option<Terms>, ahead: u64) -> Step {
        let mut price = PriceVersion { effectiveAt: self.oracle.now + ahead, ..self.last.clone() };
        if let Some(terms) = terms {
            terms.apply(&mut price);
        }
        for (class, quarters) in price.classes.iter_mut().zip(quarters) {
            let scaled = |value: u128| value * u128::from(quarters) / 4;
            *class = ClassPrice {
                base: scaled(class.base).max(1),
                step: scaled(class.step),
                tool: scaled(class.tool),
                token: scaled(class.token),
                validator: scaled(class.validator),
            };
        }
        let ours = self.send(&Table::publishCall { price: price.clone() });
        let kind = if self.oracle.each_within_two(&price) { "publish, each within two" } else { "publish" };
        let oracle = self.oracle.publish(&price);
        if oracle.is_ok() {
            self.last = price.clone();
        }
        let log = |version| vec![Table::VersionPublished { version, effectiveAt: price.effectiveAt }.encode_log_data()];
        self.same(kind, ours, oracle.map(log))
    }

    fn set_model(&mut self, model: u64, class: u8, enabled: bool) -> Step {
        let ours = self.send(&Table::setModelCall { modelIdentifier: model, class, enabled, name: B256::ZERO });
        let oracle = self.oracle.set_model(model, class, enabled);
        let later = oracle.as_ref().is_ok_and(|from| *from > self.oracle.now);
        let log = |effective_at: u64| {
            let name = B256::ZERO;
            vec![if later {
                Table::ModelChangeScheduled { modelIdentifier: model, class, enabled, name, effectiveAt: effective_at }
                    .encode_log_data()
            } else {
                Table::ModelSet { modelIdentifier: model, class, enabled, name }.encode_log_data()
            }]
        };
        self.same(if later { "setModel, later" } else { "setModel" }, ours, oracle.map(log))
    }

    fn pass(&mut self, secs: u64) -> Step {
        self.world.solo.pass(secs);
        self.oracle.now += secs;
        prop_assert_eq!(self.world.now(), self.oracle.now);
        Ok(())
    }

    /// What must be so after each action.
    fn check(&mut self) -> Step {
        let now = self.oracle.now;
        self.promises.retain(|(_, quote)| quote.validUntil >= now);
        self.promises.drain(..self.promises.len().saturating_sub(5));
        for (inputs, given) in &self.promises {
            let quote = self.quoted(inputs);
            let total = quote.map(|quote| (quote.version, quote.total));
            prop_assert_eq!(
                total,
                Ok((given.version, given.total)),
                "at {} of a quote that holds until {}",
                now,
                given.validUntil
            );
        }
        for model in MODELS {
            for inputs in asked(model) {
                let Ok(quote) = self.oracle.quote(&inputs) else { continue };
                let lines = [quote.perReplica, quote.network, quote.gas, quote.total];
                let history = self.history.entry((model, inputs.replicas)).or_default();
                history.retain(|(time, _)| time + DAY >= now);
                history.push((now, lines));
                for (time, before) in history.iter() {
                    // What is rounded up to a grain, of a replica or all, is not multiplied.
                    let far = |from: &Lines, to: &Lines| from.iter().zip(to).any(|(from, to)| *to > 2 * from + 20 * GRAIN);
                    prop_assert!(
                        !far(before, &lines) && !far(&lines, before),
                        "model {} from {:?} at {} to {:?}",
                        model,
                        before,
                        time,
                        lines
                    );
                }
            }
        }
        Ok(())
    }
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a run can be repeated, one that is killed too")]
async fn the_table_does_what_the_oracle_does() {
    let (world, seed) = (World::empty().await, Seed::fresh_or_given());
    println!("{seed}");
    let seen = RefCell::new(BTreeMap::new());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed.bytes());
    let config = Config { cases: cor_kit::cases(SEQUENCES), failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let sequences = (prop_oneof![4 => Just(0_u64), 1 => 1..2 * DAY], proptest::collection::vec(action(), ACTIONS / 2..=ACTIONS));
    let outcome = runner.run(&sequences, |(ahead, sequence)| {
        world.solo.undoing(|| {
            let mut oracle = Oracle::new(world.now(), DELAY_SECS);
            for class in 0..3 {
                oracle.set_model(u64::from(class) + 1, class, true).expect("a new model");
            }
            let (promises, history) = (Vec::new(), BTreeMap::new());
            let mut pair = Pair { world: &world, oracle, last: prices(), promises, history, seen: &seen };
            pair.publish([4; 3], None, ahead)?;
            for (number, action) in sequence.into_iter().enumerate() {
                let step = pair.perform(action).and_then(|()| pair.check());
                step.map_err(|error| TestCaseError::fail(format!("action {number}, {action:?}: {error}")))?;
            }
            Ok(())
        })
    });
    outcome.unwrap_or_else(|failure| panic!("{seed}: {failure}"));
    let seen = seen.into_inner();
    println!("{seen:?}");
    for wanted in [
        ("publish, each within two", "ok"),
        ("publish, each within two", "EffectiveTooSoon"),
        ("publish, each within two", "ChangeTooLarge"),
        ("publish, each within two", "InvalidPrice"),
        ("publish", "ChangeTooLarge"),
        ("cancelVersion", "ok"),
        ("cancelVersion", "AlreadyEffective"),
        ("setModel", "ok"),
        ("setModel, later", "ok"),
        ("setModel", "ModelChangePending"),
        ("cancelModelChange", "ok"),
        ("cancelModelChange", "NoModelChange"),
        ("quote", "ok"),
        ("quote", "UnknownModel"),
        ("quote", "InputOutOfRange"),
        ("quote", "EvenReplicas"),
        ("quote", "NotSold"),
        ("tariff", "ok"),
        ("tariff", "UnknownModel"),
        ("tariff", "InputOutOfRange"),
        ("tariff", "EvenReplicas"),
        ("tariff", "NotSold"),
        ("quoteAt", "ok"),
    ] {
        assert!(seen.contains_key(&wanted), "{seed}: {wanted:?} is not among {seen:?}");
    }
}
