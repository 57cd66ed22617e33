//! Transactions of one key, without IO: which nonce a call gets, what is sent and sent again, at which fee, and what came of it.
//!
//! The node of a rollup has no pool: it refuses a nonce that is ahead of the account's, and forgets what it refused. So transactions go out in the order of their nonces,
//! each once the node has taken the one before it. What is on its way is sent again, at a rising fee, until its nonce is used up; nothing is called failed before the chain
//! was asked. What a reorganisation took out is not sent again by itself: it was decided on a chain that is no more, so whoever wanted it decides anew, and its nonce is
//! free. A nonce that nobody wants any more, with others behind it, is used up by a transfer of nothing to oneself.
//!
//! Whoever drives it tells it what happened ([`Event`]) and does what it asks for ([`Action`]), in order. Times are milliseconds of a clock that never goes back.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, Bytes};

/// How transactions are sent.
#[derive(Debug, Clone, Copy)]
pub struct TxPolicy {
    /// Most transactions on their way at a time. Fewer: calls wait for each other's blocks. More: after a rollback as many are decided anew.
    pub in_flight_max: usize,
    /// After how long what is on its way is sent again, ms. A node may have taken and dropped it.
    pub resend_ms: u64,
    /// After how long the fee rises, ms, and again each time as long.
    pub raise_ms: u64,
    /// By how much, percent. Nodes that have a pool take no other of the same nonce for less than 10.
    pub raise_percent: u32,
    /// The most that is offered for a unit of gas, wei.
    pub fee_max: u128,
    /// Blocks after which no rollback is feared.
    pub safe_blocks: u64,
}

/// What somebody wants to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Names what it brings about: there is one transaction for it.
    pub effect: String,
    /// The contract.
    pub to: Address,
    /// What it is called with.
    pub data: Bytes,
    /// By when it should be in, seconds since 1970: what is due first goes first.
    pub due_secs: u64,
}

/// Where a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inclusion {
    /// Block number.
    pub block: u64,
    /// Whether it succeeded.
    pub is_success: bool,
}

/// What a node says of bytes that were sent to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It has them.
    Taken,
    /// Their nonce is used up.
    NonceTooLow,
    /// Their nonce is ahead of the account's: one before it is missing.
    NonceTooHigh,
    /// They offer too little for gas.
    FeeTooLow,
    /// Nothing, or nothing that is known: they may have arrived.
    Nothing,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A transaction was signed before a restart. Whoever still wants what it brings about says so: it gets the same nonce, and only one of both can come in.
    Restored {
        /// Its nonce.
        nonce: u64,
        /// Its hash.
        transaction: B256,
        /// Wei for a unit of gas.
        fee: u128,
        /// What it brings about; `None`: nothing.
        effect: Option<String>,
    },
    /// Somebody wants a call. What is wanted already under the same name is replaced if it is not on its way yet, and left as it is otherwise.
    Wanted(Wish),
    /// Nobody wants it any more. It may come in all the same.
    Unwanted(String),
    /// A transaction was signed as asked for.
    Signed {
        /// Its nonce.
        nonce: u64,
        /// Its hash.
        transaction: B256,
        /// Wei for a unit of gas that it offers.
        fee: u128,
        /// What it brings about; `None`: nothing.
        effect: Option<String>,
    },
    /// It is not signed: the call would fail.
    Refused {
        /// The nonce that was asked for.
        nonce: u64,
        /// What it was to bring about.
        effect: String,
    },
    /// The node's word on bytes.
    Told(B256, Told),
    /// What the node has of a transaction: `None` if it is in no block. With the number of the question: answers may come late, and in another order.
    Found(u64, B256, Option<Inclusion>),
    /// How many transactions of the account are in blocks, with the number of the question.
    Nonce(u64, u64),
    /// A new last block, with its base fee. `is_rollback`: blocks that were there before are not any more.
    Head {
        /// Block number.
        number: u64,
        /// Wei for a unit of gas.
        base_fee: u128,
        /// Whether blocks were replaced.
        is_rollback: bool,
    },
    /// The time.
    Tick(u64),
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Sign a transaction with this nonce and fee, write it down, and tell of it. Without a wish it is a transfer of nothing to oneself.
    Sign {
        /// Its nonce.
        nonce: u64,
        /// What it calls.
        wish: Option<Wish>,
        /// Wei for a unit of gas.
        fee: u128,
    },
    /// Send the bytes that were signed.
    Send(B256),
    /// Ask where a transaction is. Questions are numbered.
    Find(u64, B256),
    /// Ask for the account's nonce.
    AskNonce(u64),
    /// Tell whoever wanted it that it is in, or has failed in a block. A rollback may take it out again.
    Done(String, Inclusion),
    /// Tell whoever wanted it that it would fail, or that a rollback took it out: it is not looked after any more.
    Dropped(String),
    /// What was written down of a nonce is needed no more.
    Forget(u64),
}

/// A signed transaction.
#[derive(Debug, Clone)]
struct Attempt {
    transaction: B256,
    fee: u128,
    /// What it brings about; `None`: nothing.
    effect: Option<String>,
}

/// A nonce in use.
#[derive(Debug, Clone, Default)]
struct Row {
    wish: Option<Wish>,
    /// The last one is that of now. All may come in.
    attempts: Vec<Attempt>,
    /// Whether another is being signed.
    is_signing: bool,
    /// Whether the node has the last one, as far as is known.
    is_taken: bool,
    /// When it was sent last.
    sent_ms: Option<u64>,
    /// When its fee was set.
    priced_ms: u64,
    /// Where one of them is.
    inclusion: Option<(B256, Inclusion)>,
    /// The question to which that was the answer.
    answered: u64,
    /// Whether blocks were replaced since that was heard.
    is_doubted: bool,
    /// The last question before its nonce was known to be used up.
    used_up: Option<u64>,
    /// Attempts that were in no block although the nonce is used up, and how often all were.
    missing: BTreeSet<B256>,
    misses: u8,
}

impl Row {
    /// Whether nobody wants its nonce, though something was sent with it that may come in.
    fn is_vacant(&self) -> bool {
        let was_for_something = self.attempts.last().is_none_or(|last| last.effect.is_some());
        self.inclusion.is_none() && self.wish.is_none() && !self.is_signing && was_for_something
    }

    /// What is wanted to come in with it.
    fn effect(&self) -> Option<&String> {
        self.wish.as_ref().map(|wish| &wish.effect)
    }

    fn is_on_its_way(&self) -> bool {
        self.inclusion.is_none() && !self.is_vacant()
    }
}

/// How often all attempts of a nonce that is used up are found in no block before another transaction is taken to have it: a node may be asked between two blocks.
const MISSES: u8 = 2;

/// The transactions of a key.
#[derive(Debug)]
pub struct TxMachine {
    policy: TxPolicy,
    /// Transactions of the account that are in blocks; `None` before it was asked for.
    mined: Option<u64>,
    rows: BTreeMap<u64, Row>,
    /// By due time and turn.
    queue: BTreeMap<(u64, u64), Wish>,
    turn: u64,
    head: u64,
    base_fee: u128,
    now_ms: u64,
    /// The number of the last question, of the last before blocks were replaced, and of that whose answer the account's nonce is.
    asked: u64,
    replaced: u64,
    nonce_answered: u64,
}

impl TxMachine {
    /// A key of which nothing is known.
    #[must_use]
    pub const fn new(policy: TxPolicy) -> Self {
        Self {
            policy,
            mined: None,
            rows: BTreeMap::new(),
            queue: BTreeMap::new(),
            turn: 0,
            head: 0,
            base_fee: 0,
            now_ms: 0,
            asked: 0,
            replaced: 0,
            nonce_answered: 0,
        }
    }

    /// Whether nothing waits, nor is on its way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty() && !self.rows.values().any(Row::is_on_its_way)
    }

    /// Takes in what happened. What is to be done now, in order.
    pub fn step(&mut self, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Restored { nonce, transaction, fee, effect } => {
                self.rows.entry(nonce).or_default().attempts.push(Attempt { transaction, fee, effect });
            }
            Event::Wanted(wish) => self.want(wish),
            Event::Unwanted(effect) => self.unwant(&effect, &mut actions),
            Event::Signed { nonce, transaction, fee, effect } => self.signed(nonce, Attempt { transaction, fee, effect }),
            Event::Refused { nonce, effect } => self.refused(nonce, &effect, &mut actions),
            Event::Told(transaction, told) => self.told(transaction, told, &mut actions),
            // What was asked before blocks were replaced is of another chain.
            Event::Found(ask, transaction, inclusion) if ask > self.replaced => {
                self.found(ask, transaction, inclusion, &mut actions)
            }
            Event::Nonce(ask, mined) if ask > self.replaced.max(self.nonce_answered) => self.nonce(ask, mined, &mut actions),
            Event::Found(..) | Event::Nonce(..) => {}
            Event::Head { number, base_fee, is_rollback } => self.head(number, base_fee, is_rollback, &mut actions),
            Event::Tick(now_ms) => self.now_ms = self.now_ms.max(now_ms),
        }
        self.assign(&mut actions);
        self.send(&mut actions);
        actions
    }

    fn want(&mut self, wish: Wish) {
        let brings = |row: &Row| match row.inclusion {
            Some((found, _)) => {
                row.attempts.iter().any(|attempt| attempt.transaction == found && attempt.effect.as_ref() == Some(&wish.effect))
            }
            None => row.wish.as_ref().is_some_and(|known| known.effect == wish.effect),
        };
        if self.rows.values().any(brings) {
            return;
        }
        self.queue.retain(|_, known| known.effect != wish.effect);
        self.enqueue(wish);
    }

    fn enqueue(&mut self, wish: Wish) {
        self.turn = self.turn.saturating_add(1);
        self.queue.insert((wish.due_secs, self.turn), wish);
    }

    fn unwant(&mut self, effect: &str, actions: &mut Vec<Action>) {
        self.queue.retain(|_, known| known.effect != effect);
        let fees = self.fee();
        let row = self.rows.iter_mut().find(|(_, row)| row.wish.as_ref().is_some_and(|wish| wish.effect == effect));
        let Some((nonce, row)) = row.filter(|(_, row)| row.inclusion.is_none()) else { return };
        row.wish = None;
        row.is_signing = true;
        let fee = raised(&self.policy, row, fees);
        actions.push(Action::Sign { nonce: *nonce, wish: None, fee });
    }

    fn signed(&mut self, nonce: u64, attempt: Attempt) {
        let now_ms = self.now_ms;
        let Some(row) = self.rows.get_mut(&nonce) else { return };
        // Something else may be wanted meanwhile, and is being signed.
        row.is_signing &= row.effect() != attempt.effect.as_ref();
        row.attempts.push(attempt);
        (row.is_taken, row.sent_ms, row.priced_ms) = (false, None, now_ms);
    }

    /// A call that would fail is dropped. If its nonce is the last, it is free; else it is used up by nothing.
    fn refused(&mut self, nonce: u64, effect: &str, actions: &mut Vec<Action>) {
        let is_last = self.rows.keys().next_back() == Some(&nonce);
        let fee = self.fee();
        let is_meant = |row: &Row| row.is_signing && row.effect().is_some_and(|wanted| wanted == effect);
        let Some(row) = self.rows.get_mut(&nonce).filter(|row| is_meant(row)) else { return };
        row.wish = None;
        row.is_signing = !is_last || !row.attempts.is_empty();
        actions.push(Action::Dropped(effect.to_owned()));
        if row.is_signing {
            let fee = raised(&self.policy, row, fee);
            actions.push(Action::Sign { nonce, wish: None, fee });
        } else {
            self.rows.remove(&nonce);
        }
    }

    fn told(&mut self, transaction: B256, told: Told, actions: &mut Vec<Action>) {
        let Some((_, row)) = self.row_of(transaction) else { return };
        match told {
            Told::Taken => row.is_taken = true,
            Told::NonceTooLow => self.ask_nonce(actions),
            Told::NonceTooHigh => {
                row.is_taken = false;
                self.ask_nonce(actions);
            }
            // It is priced anew at once.
            Told::FeeTooLow => (row.is_taken, row.priced_ms) = (false, 0),
            Told::Nothing => {}
        }
    }

    fn ask_nonce(&mut self, actions: &mut Vec<Action>) {
        self.asked = self.asked.saturating_add(1);
        actions.push(Action::AskNonce(self.asked));
    }

    fn find(&mut self, transactions: impl IntoIterator<Item = B256>, actions: &mut Vec<Action>) {
        for transaction in transactions {
            self.asked = self.asked.saturating_add(1);
            actions.push(Action::Find(self.asked, transaction));
        }
    }

    fn row_of(&mut self, transaction: B256) -> Option<(u64, &mut Row)> {
        let has = |row: &Row| row.attempts.iter().any(|attempt| attempt.transaction == transaction);
        self.rows.iter_mut().find(|(_, row)| has(row)).map(|(nonce, row)| (*nonce, row))
    }

    fn found(&mut self, ask: u64, transaction: B256, inclusion: Option<Inclusion>, actions: &mut Vec<Action>) {
        let Some((nonce, row)) = self.row_of(transaction).filter(|(_, row)| ask > row.answered) else { return };
        let Some(inclusion) = inclusion else {
            if row.inclusion.is_some_and(|(found, _)| found == transaction) {
                (row.inclusion, row.is_doubted) = (None, false);
                let attempt = row.attempts.iter().find(|attempt| attempt.transaction == transaction);
                actions.extend(attempt.and_then(|attempt| attempt.effect.clone()).map(Action::Dropped));
            }
            // Its nonce is free; what was sent is remembered, as it may come in again.
            if row.inclusion.is_none() && row.used_up.is_some_and(|before| ask > before) {
                self.miss(nonce, transaction, actions);
            }
            return;
        };
        let is_news = row.inclusion.is_none_or(|known| known != (transaction, inclusion));
        (row.inclusion, row.answered, row.is_doubted) = (Some((transaction, inclusion)), ask, false);
        let attempt = row.attempts.iter().find(|attempt| attempt.transaction == transaction);
        let effect = attempt.and_then(|attempt| attempt.effect.clone());
        let wish = row.wish.take();
        row.is_signing = false;
        // Another than the one of now came in.
        if let Some(wish) = wish.filter(|wish| Some(&wish.effect) != effect.as_ref()) {
            self.enqueue(wish);
        }
        if let Some(effect) = effect.filter(|_| is_news) {
            // It may have been wanted anew.
            self.unwant(&effect, actions);
            actions.push(Action::Done(effect, inclusion));
        }
    }

    /// An attempt is in no block, though its nonce is used up.
    fn miss(&mut self, nonce: u64, transaction: B256, actions: &mut Vec<Action>) {
        let Some(row) = self.rows.get_mut(&nonce) else { return };
        row.missing.insert(transaction);
        if row.missing.len() < row.attempts.len() {
            return;
        }
        row.missing.clear();
        row.misses = row.misses.saturating_add(1);
        if row.misses < MISSES {
            return;
        }
        let wish = row.wish.take();
        self.rows.remove(&nonce);
        actions.push(Action::Forget(nonce));
        if let Some(wish) = wish {
            self.enqueue(wish);
        }
    }

    fn nonce(&mut self, ask: u64, mined: u64, actions: &mut Vec<Action>) {
        (self.mined, self.nonce_answered) = (Some(mined), ask);
        let mut wanted = Vec::new();
        for (nonce, row) in &mut self.rows {
            row.used_up = if *nonce < mined { row.used_up.or(Some(self.asked)) } else { None };
            // What the account has is asked for; and what it has no more although it was in a block.
            if (*nonce < mined) == row.inclusion.is_none() {
                wanted.extend(row.attempts.iter().map(|attempt| attempt.transaction));
            }
        }
        self.find(wanted, actions);
    }

    fn head(&mut self, number: u64, base_fee: u128, is_rollback: bool, actions: &mut Vec<Action>) {
        (self.head, self.base_fee) = (number, base_fee);
        if is_rollback {
            // No nonce is given, and nothing sent, before the account's is known anew.
            (self.mined, self.replaced) = (None, self.asked);
            for row in self.rows.values_mut() {
                (row.is_doubted, row.used_up, row.misses) = (row.inclusion.is_some(), None, 0);
            }
        }
        let doubted = self.rows.values().filter(|row| row.is_doubted).filter_map(|row| row.inclusion);
        let doubted: Vec<B256> = doubted.map(|(transaction, _)| transaction).collect();
        self.find(doubted, actions);
        let safe = number.saturating_sub(self.policy.safe_blocks);
        let is_safe = |row: &Row| !row.is_doubted && row.inclusion.is_some_and(|(_, inclusion)| inclusion.block <= safe);
        let over: Vec<u64> = self.rows.iter().filter(|(_, row)| is_safe(row)).map(|(nonce, _)| *nonce).collect();
        for nonce in over {
            self.rows.remove(&nonce);
            actions.push(Action::Forget(nonce));
        }
        self.ask_nonce(actions);
    }
}

impl TxMachine {
    /// Gives nonces to what waits, what is due first first; and uses up those that nobody wants, with others behind them.
    fn assign(&mut self, actions: &mut Vec<Action>) {
        let Some(mined) = self.mined else { return };
        loop {
            let on_their_way = self.rows.values().filter(|row| row.is_on_its_way()).count();
            let is_free = |nonce: &u64| self.rows.get(nonce).is_none_or(Row::is_vacant);
            let nonce = (mined..).find(is_free).unwrap_or(mined);
            let is_gap = self.rows.range(nonce..).any(|(_, row)| !row.is_vacant());
            // A gap is filled though there is no room: what is behind it waits for it.
            let has_room = is_gap || on_their_way < self.policy.in_flight_max;
            let wish = has_room.then(|| self.next_wish(nonce)).flatten();
            if wish.is_none() && !is_gap {
                return;
            }
            if wish.is_none() && !self.gap_is_old() {
                return;
            }
            let fee = self.fee();
            let row = self.rows.entry(nonce).or_default();
            (row.wish, row.is_signing, row.priced_ms) = (wish.clone(), true, self.now_ms);
            let fee = raised(&self.policy, row, fee);
            actions.push(Action::Sign { nonce, wish, fee });
        }
    }

    /// What is to have a nonce: what was sent with it before, so that one of both comes in; else what is due first.
    fn next_wish(&mut self, nonce: u64) -> Option<Wish> {
        let before = self.rows.get(&nonce).map(|row| row.attempts.as_slice()).unwrap_or_default();
        let is_again = |wish: &Wish| before.iter().any(|attempt| attempt.effect.as_ref() == Some(&wish.effect));
        let place = self.queue.iter().find(|(_, wish)| is_again(wish)).or_else(|| self.queue.first_key_value());
        let place = place.map(|(place, _)| *place)?;
        self.queue.remove(&place)
    }

    /// Whether what is behind a gap has waited for so long that nobody is to be expected who wants the nonce.
    fn gap_is_old(&self) -> bool {
        let waits = self.rows.values().filter(|row| row.is_on_its_way()).map(|row| row.priced_ms).min();
        waits.is_some_and(|since_ms| since_ms.saturating_add(self.policy.resend_ms) <= self.now_ms)
    }

    /// Sends what is signed, in order, up to the first that the node has not taken; again what it has had for long; and has fees raised.
    fn send(&mut self, actions: &mut Vec<Action>) {
        let Some(mined) = self.mined else { return };
        let (policy, fees, now_ms) = (self.policy, self.fee(), self.now_ms);
        let mut expected = mined;
        for (nonce, row) in self.rows.range_mut(mined..) {
            if *nonce != expected || row.is_vacant() {
                return;
            }
            expected = expected.saturating_add(1);
            if row.inclusion.is_some() {
                continue;
            }
            let is_stale = row.priced_ms.saturating_add(policy.raise_ms) <= now_ms;
            let last_fee = row.attempts.last().map_or(0, |attempt| attempt.fee);
            if is_stale && !row.is_signing && !row.attempts.is_empty() {
                let fee = raised(&policy, row, fees);
                if fee > last_fee {
                    row.is_signing = true;
                    actions.push(Action::Sign { nonce: *nonce, wish: row.wish.clone(), fee });
                }
                row.priced_ms = now_ms;
            }
            // What is being signed may be for something else.
            let Some(last) = row.attempts.last().filter(|_| !row.is_signing) else { return };
            let is_due = row.sent_ms.is_none_or(|sent_ms| sent_ms.saturating_add(policy.resend_ms) <= now_ms);
            if is_due {
                row.sent_ms = Some(now_ms);
                actions.push(Action::Send(last.transaction));
            }
            if !row.is_taken {
                return;
            }
        }
    }

    /// What is offered for a unit of gas at first: the base fee may double until it is in.
    fn fee(&self) -> u128 {
        self.base_fee.saturating_mul(2).clamp(1, self.policy.fee_max)
    }
}

/// The fee of the next attempt of a row: more than the last by as much as nodes ask for, and not less than a first one would offer.
fn raised(policy: &TxPolicy, row: &Row, first: u128) -> u128 {
    let Some(last) = row.attempts.last().map(|attempt| attempt.fee) else { return first };
    let more = last.saturating_mul(u128::from(policy.raise_percent)).div_ceil(100).max(1);
    last.saturating_add(more).max(first).min(policy.fee_max)
}

#[cfg(test)]
mod tests;
