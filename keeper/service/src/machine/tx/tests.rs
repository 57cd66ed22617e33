//! Against a node of a rollup that loses, drops, repeats, rolls back and shares the key with another program.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::keccak256;
use proptest::prelude::*;

use super::*;

const POLICY: TxPolicy =
    TxPolicy { in_flight_max: 8, resend_ms: 500, raise_ms: 2_000, raise_percent: 13, fee_max: 1_000, safe_blocks: 64 };

/// Chance from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

#[derive(Clone)]
struct Signed {
    nonce: u64,
    fee: u128,
    effect: Option<String>,
}

/// What a block has.
#[derive(Clone, Copy, PartialEq)]
enum Block {
    Empty,
    Ours(B256),
    /// Another program's transaction by the same key.
    Others,
}

/// A sequencer: what it takes is in a block at once; it takes no nonce but the next.
struct Node {
    dice: Dice,
    is_faulty: bool,
    /// Whether another program uses the key, and whether blocks are replaced.
    is_shared: bool,
    is_replaced: bool,
    /// Whether what was taken out may come in again.
    is_kept: bool,
    signed: BTreeMap<B256, Signed>,
    chain: Vec<Block>,
    base_fee: u128,
    /// What was taken out, and may come in again.
    taken_out: Vec<B256>,
}

impl Node {
    fn nonce(&self) -> u64 {
        u64::try_from(self.chain.iter().filter(|block| **block != Block::Empty).count()).unwrap()
    }

    fn head(&self) -> u64 {
        u64::try_from(self.chain.len()).unwrap()
    }

    fn send(&mut self, transaction: B256) -> Told {
        if self.is_faulty && self.dice.roll(10) {
            return Told::Nothing;
        }
        let (signed, next) = (&self.signed[&transaction], self.nonce());
        let told = if signed.nonce < next {
            Told::NonceTooLow
        } else if signed.nonce > next {
            Told::NonceTooHigh
        } else if signed.fee < self.base_fee {
            Told::FeeTooLow
        } else {
            let is_dropped = self.is_faulty && self.dice.roll(10);
            if !is_dropped {
                self.chain.push(Block::Ours(transaction));
            }
            Told::Taken
        };
        if self.is_faulty && self.dice.roll(10) { Told::Nothing } else { told }
    }

    fn find(&self, transaction: B256) -> Option<Inclusion> {
        let block = self.chain.iter().position(|found| *found == Block::Ours(transaction))?;
        Some(Inclusion { block: u64::try_from(block).unwrap(), is_success: true })
    }

    /// Another program's transaction, a rollback, what was taken out, a fee. Whether blocks were replaced.
    fn live(&mut self) -> bool {
        self.chain.push(Block::Empty);
        if !self.is_faulty {
            self.base_fee = 10;
            return false;
        }
        if self.is_shared && self.dice.roll(3) {
            self.chain.push(Block::Others);
        }
        if self.dice.roll(20) {
            self.base_fee = 1 + u128::from(self.dice.below(200));
        }
        if self.is_kept && self.dice.roll(10) {
            let again = std::mem::take(&mut self.taken_out);
            for transaction in again {
                if self.signed[&transaction].nonce == self.nonce() {
                    self.chain.push(Block::Ours(transaction));
                }
            }
        }
        let is_rollback = self.is_replaced && self.dice.roll(4);
        if is_rollback {
            let left = self.chain.len().saturating_sub(1 + usize::try_from(self.dice.below(4)).unwrap());
            let out = self.chain.split_off(left).into_iter();
            self.taken_out =
                out.filter_map(|block| if let Block::Ours(transaction) = block { Some(transaction) } else { None }).collect();
        }
        is_rollback
    }

    /// How often each effect is in.
    fn effects(&self) -> BTreeMap<String, u32> {
        let mut effects = BTreeMap::new();
        for block in &self.chain {
            if let Block::Ours(transaction) = block
                && let Some(effect) = &self.signed[transaction].effect
            {
                *effects.entry(effect.clone()).or_default() += 1;
            }
        }
        effects
    }
}

struct Run {
    node: Node,
    machine: TxMachine,
    /// What was written down of each nonce.
    disk: BTreeMap<u64, Vec<B256>>,
    /// What is told later, and when.
    late: Vec<(u64, Event)>,
    /// What nobody wants any more.
    unwanted: BTreeSet<u64>,
    now_ms: u64,
    signatures: u64,
}

impl Run {
    fn new(seed: u64, [is_shared, is_replaced, is_kept]: [bool; 3]) -> Self {
        let node = Node {
            dice: Dice(seed | 1),
            is_faulty: true,
            is_shared,
            is_replaced,
            is_kept,
            signed: BTreeMap::new(),
            chain: vec![],
            base_fee: 10,
            taken_out: vec![],
        };
        Self {
            node,
            machine: TxMachine::new(POLICY),
            disk: BTreeMap::new(),
            late: vec![],
            unwanted: BTreeSet::new(),
            now_ms: 0,
            signatures: 0,
        }
    }

    fn wish(effect: &str, due_secs: u64) -> Event {
        Event::Wanted(Wish { effect: effect.to_owned(), to: Address::ZERO, data: Bytes::new(), due_secs })
    }

    fn tell(&mut self, event: Event) {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            let actions = self.machine.step(event);
            // The last is taken first.
            for action in actions.into_iter().rev() {
                let Some(event) = self.act(action) else { continue };
                if self.node.is_faulty && self.node.dice.roll(40) {
                    self.late.push((self.now_ms + self.node.dice.below(2_000), event));
                } else {
                    events.push(event);
                }
            }
        }
    }

    fn act(&mut self, action: Action) -> Option<Event> {
        Some(match action {
            Action::Sign { nonce, wish, fee } => {
                self.signatures += 1;
                let transaction = keccak256(self.signatures.to_be_bytes());
                let effect = wish.map(|wish| wish.effect);
                self.node.signed.insert(transaction, Signed { nonce, fee, effect: effect.clone() });
                self.disk.entry(nonce).or_default().push(transaction);
                Event::Signed { nonce, transaction, fee, effect }
            }
            Action::Send(transaction) => Event::Told(transaction, self.node.send(transaction)),
            Action::Find(..) | Action::AskNonce(_) if self.node.is_faulty && self.node.dice.roll(10) => return None,
            Action::Find(ask, transaction) => Event::Found(ask, transaction, self.node.find(transaction)),
            Action::AskNonce(ask) => Event::Nonce(ask, self.node.nonce()),
            // Whoever wanted it wants it still.
            Action::Dropped(effect) if self.unwanted.iter().all(|number| effect != format!("effect {number}")) => {
                Self::wish(&effect, 1)
            }
            Action::Done(..) | Action::Dropped(_) => return None,
            Action::Forget(nonce) => {
                self.disk.remove(&nonce);
                return None;
            }
        })
    }

    /// Killed, and started again.
    fn kill(&mut self) {
        self.machine = TxMachine::new(POLICY);
        self.late.clear();
        for transaction in self.disk.clone().into_values().flatten() {
            let Signed { nonce, fee, effect } = self.node.signed[&transaction].clone();
            self.tell(Event::Restored { nonce, transaction, fee, effect });
        }
    }

    /// The service looks at the chain: what is to be in and is not is wanted, whether it was wanted before or not.
    fn look(&mut self, wanted: u64) {
        let effects = self.node.effects();
        for number in (1..=wanted).filter(|number| !self.unwanted.contains(number)).collect::<Vec<_>>() {
            if !effects.contains_key(&format!("effect {number}")) {
                self.tell(Self::wish(&format!("effect {number}"), number % 7));
            }
        }
    }

    fn second(&mut self) {
        let is_rollback = self.node.live();
        let (number, base_fee) = (self.node.head(), self.node.base_fee);
        self.tell(Event::Head { number, base_fee, is_rollback });
        for _ in 0..4 {
            self.now_ms += 250;
            let (due, late) = std::mem::take(&mut self.late).into_iter().partition(|(at_ms, _)| *at_ms <= self.now_ms);
            self.late = late;
            for (_, event) in Vec::from_iter::<Vec<(u64, Event)>>(due) {
                self.tell(event);
            }
            self.tell(Event::Tick(self.now_ms));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_node_does_each_call_is_in_once_and_nothing_stands_still(seed: u64, faults: [bool; 3]) {
        let mut run = Run::new(seed, faults);
        let [is_shared, is_replaced, is_kept] = faults;
        let mut wanted = 0;
        for _ in 0..120 {
            if run.node.dice.roll(50) {
                wanted += 1;
                run.tell(Run::wish(&format!("effect {wanted}"), wanted % 7));
            }
            run.second();
            if run.node.dice.roll(2) {
                run.kill();
            }
            if run.node.dice.roll(30) {
                run.look(wanted);
            }
            if run.node.dice.roll(5) && run.unwanted.insert(wanted) {
                run.tell(Event::Unwanted(format!("effect {wanted}")));
            }
        }
        run.node.is_faulty = false;
        for _ in 0..40 {
            run.look(wanted);
            run.second();
        }
        let effects = run.node.effects();
        prop_assert!(run.machine.is_idle(), "{:#?}", run.machine);
        for number in 1..=wanted {
            let times = effects.get(&format!("effect {number}")).copied().unwrap_or_default();
            // What was taken out, or lost its nonce to another program, is sent anew, maybe with another nonce; and then the first may come back. The contract refuses the second.
            let most = if is_replaced && (is_shared || is_kept) { 2 } else { 1 };
            let least = u32::from(!run.unwanted.contains(&number));
            prop_assert!((least..=most).contains(&times), "effect {} is in {} times: {:#?}", number, times, run.machine);
        }
    }
}

/// What is to be done, with questions unnumbered.
fn step(machine: &mut TxMachine, event: Event) -> Vec<Action> {
    let unnumbered = |action| match action {
        Action::Find(_, transaction) => Action::Find(0, transaction),
        Action::AskNonce(_) => Action::AskNonce(0),
        other => other,
    };
    machine.step(event).into_iter().map(unnumbered).collect()
}

/// The answers to questions of now.
fn nonce(machine: &mut TxMachine, mined: u64) -> Vec<Action> {
    machine.asked += 1;
    step(machine, Event::Nonce(machine.asked, mined))
}

fn found(machine: &mut TxMachine, transaction: u8, inclusion: Option<Inclusion>) -> Vec<Action> {
    machine.asked += 1;
    step(machine, Event::Found(machine.asked, hash(transaction), inclusion))
}

/// A machine whose account has no transaction, at a base fee of 10.
fn idle() -> TxMachine {
    let mut machine = TxMachine::new(POLICY);
    step(&mut machine, Event::Head { number: 1, base_fee: 10, is_rollback: false });
    nonce(&mut machine, 0);
    machine
}

fn hash(number: u8) -> B256 {
    B256::with_last_byte(number)
}

/// A transaction of this hash was signed.
fn signed_as(machine: &mut TxMachine, (nonce, transaction): (u64, u8), effect: &str, fee: u128) -> Vec<Action> {
    let effect = (!effect.is_empty()).then(|| effect.to_owned());
    step(machine, Event::Signed { nonce, transaction: hash(transaction), fee, effect })
}

fn signed(machine: &mut TxMachine, nonce: u8, effect: &str, fee: u128) -> Vec<Action> {
    signed_as(machine, (u64::from(nonce), nonce), effect, fee)
}

fn sign(nonce: u64, effect: &str, fee: u128) -> Action {
    let wish = Wish { effect: effect.to_owned(), to: Address::ZERO, data: Bytes::new(), due_secs: 9 };
    Action::Sign { nonce, wish: Some(wish), fee }
}

/// A node that has no pool refuses what is ahead.
#[test]
fn each_goes_out_once_the_one_before_it_is_taken() {
    let mut machine = idle();
    assert_eq!(step(&mut machine, Run::wish("a", 9)), [sign(0, "a", 20)]);
    assert_eq!(step(&mut machine, Run::wish("b", 9)), [sign(1, "b", 20)]);
    assert_eq!(step(&mut machine, Run::wish("a", 9)), [], "it is on its way");
    assert_eq!(signed(&mut machine, 1, "b", 20), [], "the first is not signed yet");
    assert_eq!(signed(&mut machine, 0, "a", 20), [Action::Send(hash(0))]);
    assert_eq!(step(&mut machine, Event::Told(hash(0), Told::Nothing)), []);
    assert_eq!(step(&mut machine, Event::Tick(499)), []);
    assert_eq!(step(&mut machine, Event::Tick(500)), [Action::Send(hash(0))], "again");
    assert_eq!(step(&mut machine, Event::Told(hash(0), Told::Taken)), [Action::Send(hash(1))]);
    assert_eq!(step(&mut machine, Event::Told(hash(1), Told::NonceTooHigh)), [Action::AskNonce(0)]);
    assert_eq!(nonce(&mut machine, 1), [Action::Find(0, hash(0))]);
    let inclusion = Inclusion { block: 2, is_success: false };
    assert_eq!(found(&mut machine, 0, Some(inclusion)), [Action::Done("a".to_owned(), inclusion)], "failed in a block");
    assert_eq!(step(&mut machine, Event::Tick(1_000)), [Action::Send(hash(1))]);
}

#[test]
fn no_more_are_on_their_way_than_are_allowed_and_what_is_due_first_goes_first() {
    let mut machine = idle();
    let asked: Vec<_> =
        (0..12_u64).flat_map(|number| step(&mut machine, Run::wish(&format!("{number}"), 100 - number))).collect();
    assert_eq!(asked.len(), POLICY.in_flight_max);
    signed(&mut machine, 0, "0", 20);
    nonce(&mut machine, 1);
    let next = found(&mut machine, 0, Some(Inclusion { block: 2, is_success: true }));
    let Some(Action::Sign { nonce: 8, wish: Some(wish), .. }) = next.last() else { panic!("{next:?}") };
    assert_eq!(wish.effect, "11");
}

/// A base fee that rose left a transaction in nobody's pool for ever.
#[test]
fn fees_rise_by_time_and_at_once_if_they_are_too_low_and_not_above_the_most() {
    let mut machine = idle();
    step(&mut machine, Run::wish("a", 9));
    signed(&mut machine, 0, "a", 20);
    step(&mut machine, Event::Told(hash(0), Told::Taken));
    assert_eq!(step(&mut machine, Event::Tick(1_999)), [Action::Send(hash(0))]);
    assert_eq!(step(&mut machine, Event::Tick(2_000)), [sign(0, "a", 23)], "by an eighth");
    signed_as(&mut machine, (0, 10), "a", 23);
    step(&mut machine, Event::Head { number: 2, base_fee: 300, is_rollback: false });
    step(&mut machine, Event::Tick(2_500));
    assert_eq!(step(&mut machine, Event::Told(hash(10), Told::FeeTooLow)), [sign(0, "a", 600)], "at once, and enough");
    signed_as(&mut machine, (0, 11), "a", 600);
    step(&mut machine, Event::Head { number: 3, base_fee: 900, is_rollback: false });
    assert_eq!(step(&mut machine, Event::Tick(5_000)), [sign(0, "a", 1_000)]);
    signed_as(&mut machine, (0, 12), "a", 1_000);
    assert_eq!(step(&mut machine, Event::Tick(9_000)), [Action::Send(hash(12))], "no more is offered");
    // Any of them may come in.
    nonce(&mut machine, 1);
    let inclusion = Inclusion { block: 4, is_success: true };
    assert_eq!(found(&mut machine, 10, Some(inclusion)), [Action::Done("a".to_owned(), inclusion)]);
    assert!(machine.is_idle());
}

#[test]
fn what_nobody_wants_any_more_is_replaced_by_nothing() {
    let mut machine = idle();
    step(&mut machine, Run::wish("a", 9));
    signed(&mut machine, 0, "a", 20);
    let nothing = Action::Sign { nonce: 0, wish: None, fee: 23 };
    assert_eq!(step(&mut machine, Event::Unwanted("a".to_owned())), [nothing]);
    assert_eq!(signed_as(&mut machine, (0, 10), "", 23), [Action::Send(hash(10))]);
    nonce(&mut machine, 1);
    assert_eq!(found(&mut machine, 10, Some(Inclusion { block: 2, is_success: true })), []);
    assert!(machine.is_idle());
}

#[test]
fn a_call_that_would_fail_leaves_no_gap() {
    let mut machine = idle();
    for effect in ["a", "b", "c"] {
        step(&mut machine, Run::wish(effect, 9));
    }
    let dropped = |effect: &str| Action::Dropped(effect.to_owned());
    assert_eq!(step(&mut machine, Event::Refused { nonce: 2, effect: "c".to_owned() }), [dropped("c")], "the last nonce is free");
    assert_eq!(
        step(&mut machine, Event::Refused { nonce: 0, effect: "a".to_owned() }),
        [dropped("a"), Action::Sign { nonce: 0, wish: None, fee: 20 }]
    );
    assert_eq!(step(&mut machine, Run::wish("d", 9)), [sign(2, "d", 20)]);
}

/// It was decided on a chain that is no more: a crew that was drawn by a block that was replaced costs its keeper the bond.
#[test]
fn what_a_rollback_took_out_is_not_sent_again_unless_it_is_wanted_again() {
    for wanted_again in [false, true] {
        let mut machine = idle();
        step(&mut machine, Run::wish("a", 9));
        signed(&mut machine, 0, "a", 20);
        nonce(&mut machine, 1);
        found(&mut machine, 0, Some(Inclusion { block: 2, is_success: true }));
        let told = step(&mut machine, Event::Head { number: 2, base_fee: 10, is_rollback: true });
        assert_eq!(told, [Action::Find(0, hash(0)), Action::AskNonce(0)]);
        assert_eq!(found(&mut machine, 0, None), [Action::Dropped("a".to_owned())]);
        assert_eq!(nonce(&mut machine, 0), []);
        assert_eq!(step(&mut machine, Event::Tick(60_000)), [], "nor is its nonce used up");
        let next = if wanted_again { "a" } else { "b" };
        assert_eq!(step(&mut machine, Run::wish(next, 9)), [sign(0, next, 23)]);
    }
}

#[test]
fn a_nonce_is_remembered_until_no_rollback_is_feared() {
    let mut machine = idle();
    step(&mut machine, Run::wish("a", 9));
    signed(&mut machine, 0, "a", 20);
    nonce(&mut machine, 1);
    found(&mut machine, 0, Some(Inclusion { block: 2, is_success: true }));
    let head = |number| Event::Head { number, base_fee: 10, is_rollback: false };
    assert_eq!(step(&mut machine, head(65)), [Action::AskNonce(0)]);
    assert_eq!(step(&mut machine, Run::wish("a", 9)), [], "it is in");
    assert_eq!(step(&mut machine, head(66)), [Action::Forget(0), Action::AskNonce(0)]);
}

/// It was asked for before, and is signed only now: what it brings about is not what is wanted now.
#[test]
fn what_is_signed_late_is_not_sent_for_something_else() {
    let mut machine = idle();
    step(&mut machine, Run::wish("a", 9));
    step(&mut machine, Event::Unwanted("a".to_owned()));
    assert_eq!(signed(&mut machine, 0, "a", 20), [], "nobody wants it");
    assert_eq!(signed_as(&mut machine, (0, 10), "", 20), [Action::Send(hash(10))]);
    // It may have got out all the same.
    nonce(&mut machine, 1);
    let inclusion = Inclusion { block: 2, is_success: true };
    assert_eq!(found(&mut machine, 0, Some(inclusion)), [Action::Done("a".to_owned(), inclusion)]);
}

/// `a` and `b` are signed and sent, with the nonces 0 and 1; `a` was in a block that a rollback took out.
fn taken_out() -> TxMachine {
    let mut machine = idle();
    for (number, effect) in [(0, "a"), (1, "b")] {
        step(&mut machine, Run::wish(effect, 9));
        signed(&mut machine, number, effect, 20);
        step(&mut machine, Event::Told(hash(number), Told::Taken));
    }
    nonce(&mut machine, 1);
    found(&mut machine, 0, Some(Inclusion { block: 2, is_success: true }));
    step(&mut machine, Event::Head { number: 2, base_fee: 10, is_rollback: true });
    assert_eq!(found(&mut machine, 0, None), [Action::Dropped("a".to_owned())]);
    machine
}

#[test]
fn a_nonce_that_nobody_wants_is_used_up_by_nothing_after_a_while() {
    let mut machine = taken_out();
    assert_eq!(nonce(&mut machine, 0), [], "somebody may want it yet");
    assert_eq!(step(&mut machine, Event::Tick(499)), []);
    let nothing = Action::Sign { nonce: 0, wish: None, fee: 23 };
    assert_eq!(step(&mut machine, Event::Tick(500)), [nothing]);
    assert_eq!(signed_as(&mut machine, (0, 10), "", 23), [Action::Send(hash(10))]);
    assert_eq!(step(&mut machine, Event::Told(hash(10), Told::Taken)), [Action::Send(hash(1))], "what waited behind it");
}

/// The account's nonce is another.
#[test]
fn nothing_is_signed_after_a_rollback_before_the_nonce_is_known() {
    let mut machine = taken_out();
    assert_eq!(step(&mut machine, Run::wish("c", 9)), []);
    assert_eq!(nonce(&mut machine, 0), [sign(0, "c", 23)]);
}

/// It was asked for its place before it was wanted anew, and comes in with its old nonce.
#[test]
fn what_comes_back_is_not_brought_a_second_time() {
    let mut machine = taken_out();
    nonce(&mut machine, 0);
    assert_eq!(step(&mut machine, Run::wish("c", 9)), [sign(0, "c", 23)]);
    assert_eq!(step(&mut machine, Run::wish("a", 9)), [sign(2, "a", 20)]);
    nonce(&mut machine, 1);
    let inclusion = Inclusion { block: 2, is_success: true };
    let told = found(&mut machine, 0, Some(inclusion));
    let nothing = Action::Sign { nonce: 2, wish: None, fee: 20 };
    assert_eq!(told, [nothing, Action::Done("a".to_owned(), inclusion), sign(3, "c", 20)]);
}

#[test]
fn a_nonce_that_another_program_used_is_given_up_when_that_was_seen_twice() {
    let mut machine = idle();
    step(&mut machine, Run::wish("a", 9));
    signed(&mut machine, 0, "a", 20);
    let before = machine.asked;
    assert_eq!(nonce(&mut machine, 1), [Action::Find(0, hash(0))]);
    assert_eq!(step(&mut machine, Event::Found(before, hash(0), None)), [], "asked before the nonce was used up");
    assert_eq!(found(&mut machine, 0, None), []);
    assert_eq!(found(&mut machine, 0, None), [Action::Forget(0), sign(1, "a", 20)]);
}

#[test]
fn answers_that_come_late_are_not_believed() {
    let mut machine = idle();
    step(&mut machine, Run::wish("a", 9));
    signed(&mut machine, 0, "a", 20);
    nonce(&mut machine, 1);
    let (early, late) = (machine.asked + 1, machine.asked + 2);
    machine.asked = late;
    let inclusion = Inclusion { block: 2, is_success: true };
    assert_eq!(step(&mut machine, Event::Found(late, hash(0), Some(inclusion))), [Action::Done("a".to_owned(), inclusion)]);
    assert_eq!(step(&mut machine, Event::Found(early, hash(0), None)), []);
    nonce(&mut machine, 2);
    assert_eq!(step(&mut machine, Event::Nonce(early, 0)), []);
    assert_eq!(step(&mut machine, Run::wish("b", 9)), [sign(2, "b", 20)]);
    step(&mut machine, Event::Head { number: 3, base_fee: 10, is_rollback: true });
    assert_eq!(step(&mut machine, Event::Nonce(late, 2)), [], "of a chain that is no more");
}
