//! The price table once more, written from its specification in integers that cannot overflow. None of it is the rules' code.

use std::collections::BTreeMap;

use alloy::primitives::U512;
use cor_sol::session_payment_table::ISessionPaymentTable::{ClassPrice, PriceVersion, Quote, QuoteInputs};

const DAY: u64 = 24 * 3_600;

/// A refusal by the name of its error.
pub(crate) type Refusal = &'static str;

/// What a model is from a time on.
#[derive(Clone, Copy, Debug)]
struct Stage {
    from: u64,
    class: u8,
    enabled: bool,
}

/// A table: all that was published, and each model's past and future.
#[derive(Debug)]
pub(crate) struct Oracle {
    pub(crate) now: u64,
    notice: u64,
    /// By number from 1: the version, and whether it was cancelled.
    versions: Vec<(PriceVersion, bool)>,
    models: BTreeMap<u64, Vec<Stage>>,
}

impl Oracle {
    pub(crate) const fn new(now: u64, notice: u64) -> Self {
        Self { now, notice, versions: Vec::new(), models: BTreeMap::new() }
    }

    pub(crate) const fn published(&self) -> usize {
        self.versions.len()
    }

    fn live(&self) -> impl DoubleEndedIterator<Item = (u64, &PriceVersion)> {
        let numbers = 1..=self.versions.len() as u64;
        numbers
            .map(|number| (number, &self.versions[index(number)]))
            .filter(|(_, version)| !version.1)
            .map(|(number, version)| (number, &version.0))
    }

    fn current(&self) -> Option<(u64, &PriceVersion)> {
        self.live().rfind(|(_, price)| price.effectiveAt <= self.now)
    }

    fn next_at(&self) -> Option<u64> {
        self.live().map(|(_, price)| price.effectiveAt).find(|at| *at > self.now)
    }

    pub(crate) fn publish(&mut self, next: &PriceVersion) -> Result<u64, Refusal> {
        if (next.stakeRebateBps[0], next.volumeRebateBps[0]) != (0, 0) {
            return Err("InvalidPrice");
        }
        if let Some((_, last)) = self.live().last() {
            let reclassified = self.models.keys().filter_map(|model| self.reclassified(*model)).max().unwrap_or_default();
            let earliest = [self.now + self.notice, last.effectiveAt + DAY, reclassified + DAY].into_iter().max();
            if Some(next.effectiveAt) < earliest {
                return Err("EffectiveTooSoon");
            }
        }
        if next.effectiveAt > self.now + 30 * DAY {
            return Err("EffectiveTooLate");
        }
        if let Some((_, last)) = self.live().last() {
            let together = [work(last, next), gas(last, next)].iter().all(|groups| no_choice_moves_far(groups));
            if !self.each_within_two(next) || !together {
                return Err("ChangeTooLarge");
            }
        }
        self.versions.push((next.clone(), false));
        Ok(self.versions.len() as u64)
    }

    /// Whether each value by itself may follow that of the last version.
    pub(crate) fn each_within_two(&self, next: &PriceVersion) -> bool {
        let Some((_, last)) = self.live().last() else { return true };
        let groups = [work(last, next), gas(last, next)].concat();
        groups.concat().into_iter().all(|[before, after]| after <= 2 * before && before <= 2 * after)
    }

    /// Numbers of those that go, the last first.
    pub(crate) fn cancel(&mut self, version: u64) -> Result<Vec<u64>, Refusal> {
        self.known(version)?;
        if self.versions[index(version)].0.effectiveAt <= self.now {
            return Err("AlreadyEffective");
        }
        let gone: Vec<_> = self.live().map(|(number, _)| number).filter(|number| *number >= version).rev().collect();
        for number in &gone {
            self.versions[index(*number)].1 = true;
        }
        Ok(gone)
    }

    fn known(&self, version: u64) -> Result<(), Refusal> {
        match self.versions.get(index(version)) {
            None => Err("UnknownVersion"),
            Some((_, true)) => Err("CancelledVersion"),
            Some(_) => Ok(()),
        }
    }

    fn stage(&self, model: u64) -> Option<Stage> {
        self.models.get(&model)?.iter().rfind(|stage| stage.from <= self.now).copied()
    }

    fn pending(&self, model: u64) -> Option<Stage> {
        self.models.get(&model)?.last().filter(|stage| stage.from > self.now).copied()
    }

    /// When the model goes to another class, if that is announced.
    fn reclassified(&self, model: u64) -> Option<u64> {
        let (present, pending) = (self.stage(model)?, self.pending(model)?);
        (present.class != pending.class).then_some(pending.from)
    }

    /// When it takes effect.
    pub(crate) fn set_model(&mut self, model: u64, class: u8, enabled: bool) -> Result<u64, Refusal> {
        if class > 2 {
            return Err("InputOutOfRange");
        }
        if self.pending(model).is_some() {
            return Err("ModelChangePending");
        }
        let from = match self.stage(model) {
            None if !enabled => return Err("UnknownModel"),
            Some(stage) if !enabled && stage.class != class => return Err("InputOutOfRange"),
            Some(stage) if self.current().is_some() && stage.class != class => {
                let current = self.current().map_or(0, |(number, _)| number);
                for (_, price) in self.live().filter(|(number, _)| *number >= current) {
                    let [before, after] = [stage.class, class].map(|class| class_values(&price.classes[usize::from(class)]));
                    if before.into_iter().zip(after).any(|(before, after)| after > 2 * before || before > 2 * after) {
                        return Err("ChangeTooLarge");
                    }
                }
                let last = self.live().last().map_or(0, |(_, price)| price.effectiveAt);
                (self.now + self.notice).max(last + DAY)
            }
            Some(stage) if self.current().is_some() && stage.enabled && !enabled => self.now + self.notice,
            _ => self.now,
        };
        self.models.entry(model).or_default().push(Stage { from, class, enabled });
        Ok(from)
    }

    pub(crate) fn cancel_model_change(&mut self, model: u64) -> Result<(), Refusal> {
        self.pending(model).ok_or("NoModelChange")?;
        self.models.entry(model).or_default().pop();
        Ok(())
    }

    pub(crate) fn quote(&self, inputs: &QuoteInputs) -> Result<Quote, Refusal> {
        let (number, price) = self.current().ok_or("NoPriceYet")?;
        let ends = [self.next_at(), self.pending(inputs.modelIdentifier).map(|stage| stage.from), Some(self.now + self.notice)];
        let until = ends.into_iter().flatten().min().map_or(0, |end| end - 1);
        self.by(number, price, inputs, until)
    }

    pub(crate) fn quote_at(&self, version: u64, inputs: &QuoteInputs) -> Result<Quote, Refusal> {
        self.known(version)?;
        self.by(version, &self.versions[index(version)].0, inputs, 0)
    }

    fn by(&self, number: u64, price: &PriceVersion, inputs: &QuoteInputs, until: u64) -> Result<Quote, Refusal> {
        let stage = self.stage(inputs.modelIdentifier).filter(|stage| stage.enabled).ok_or("UnknownModel")?;
        let [per_replica, miners, validators, network, gas, rebate, total] = lines(price, stage.class, inputs)?;
        Ok(Quote { version: number, perReplica: per_replica, miners, validators, network, gas, rebate, total, validUntil: until })
    }
}

/// Place of a version's number, which begin with 1.
fn index(version: u64) -> usize {
    usize::try_from(version.wrapping_sub(1)).unwrap_or(usize::MAX)
}

fn class_values(class: &ClassPrice) -> [u128; 5] {
    [class.base, class.step, class.tool, class.token, class.validator]
}

/// A value before and after.
type Pair = [u128; 2];

fn pairs<T: Copy + Into<u128>>(before: &[T], after: &[T]) -> Vec<Pair> {
    before.iter().zip(after).map(|(before, after)| [(*before).into(), (*after).into()]).collect()
}

/// What makes the lines of miners, validators and network: of each group a product has one value or none.
fn work(before: &PriceVersion, after: &PriceVersion) -> Vec<Vec<Pair>> {
    let classes = before.classes.iter().zip(&after.classes);
    let agreement = [pairs(&before.consensusBps, &after.consensusBps), pairs(&[before.quorumStepBps], &[after.quorumStepBps])];
    vec![
        classes.flat_map(|(before, after)| pairs(&class_values(before), &class_values(after))).collect(),
        pairs(&before.slaBps, &after.slaBps),
        agreement.concat(),
        pairs(&before.priorityBps, &after.priorityBps),
        pairs(&[before.networkFeeBps], &[after.networkFeeBps]),
    ]
}

/// The same of the line of gas.
fn gas(before: &PriceVersion, after: &PriceVersion) -> Vec<Vec<Pair>> {
    let units = |price: &PriceVersion| [price.settlementGasBase, price.settlementGasPerReplica];
    vec![pairs(&units(before), &units(after)), pairs(&[before.gasPrice], &[after.gasPrice])]
}

/// Whether each product is within a factor of two, before and after, of every choice of one value or none from each group.
fn no_choice_moves_far(groups: &[Vec<Pair>]) -> bool {
    let (two, nothing) = (U512::from(2), [U512::from(1); 2]);
    let products = groups.iter().fold(vec![nothing], |products, group| {
        let chosen = |[before, after]: [U512; 2]| {
            let further = group.iter().map(move |pair| [before * U512::from(pair[0]), after * U512::from(pair[1])]);
            further.chain([[before, after]])
        };
        products.into_iter().flat_map(chosen).collect()
    });
    products.into_iter().all(|[before, after]| after <= two * before && before <= two * after)
}

/// Replicas and the quorum of them: how many votes it takes, counted out.
fn votes(replicas: u8, quorum: u16) -> u8 {
    let enough = |votes: &u8| u32::from(*votes) * 10_000 >= u32::from(quorum) * u32::from(replicas);
    (0..=replicas).find(enough).unwrap_or(replicas)
}

/// Per replica, miners, validators, network, gas, rebate, total.
pub(crate) fn lines(price: &PriceVersion, class: u8, inputs: &QuoteInputs) -> Result<[u128; 7], Refusal> {
    let i = inputs;
    // In the order of the interface's fields.
    if i.executionDepth == 0 || i.maxTokens == 0 || i.sla > 2 || !(1..8).contains(&i.replicas) {
        return Err("InputOutOfRange");
    }
    if i.replicas.is_multiple_of(2) {
        return Err("EvenReplicas");
    }
    let agreement = i.consensusRule < 3 && (5_001..=10_000).contains(&i.quorumBps);
    if !agreement || i.priority > 2 || i.stakeTier > 3 || i.volumeTier > 3 {
        return Err("InputOutOfRange");
    }
    let several = i.replicas > 1;
    if several && i.quorumBps < 10_000 && (i.consensusRule == 2 || votes(i.replicas, i.quorumBps) == i.replicas) {
        return Err("InputOutOfRange");
    }
    let plain = (i.executionDepth, i.toolDepth, i.sla, i.validatorDepth, i.priority, i.stakeTier, i.volumeTier);
    if plain != (1, 0, 0, 0, 0, 0, 0) {
        return Err("NotSold");
    }
    let wide = |value: u128| U512::from(value);
    let bps = |value: u32| wide(value.into());
    let up = |value: U512, by: u128| (value + wide(by) - wide(1)) / wide(by);
    let grains = |value: U512, by: u128| up(value, by * 1_000_000_000) * wide(1_000_000_000);
    let class = &price.classes[usize::from(class)];
    let replica = wide(class.base) + up(wide(class.token) * wide(i.maxTokens.into()), 1_000);
    let consensus = match (several, i.quorumBps) {
        (false, _) => bps(price.consensusBps[0]),
        (true, 10_000) => bps(price.consensusBps[2]) + bps(price.quorumStepBps) * wide(5),
        (true, quorum) => bps(price.consensusBps[1]) + bps(price.quorumStepBps) * up(wide((quorum - 5_000).into()), 1_000),
    };
    let replicas = wide(i.replicas.into());
    let per_replica = grains(replica * bps(price.slaBps[0]) * consensus * bps(price.priorityBps[0]), 10_u128.pow(12));
    let miners = per_replica * replicas;
    let network = grains(miners * bps(price.networkFeeBps), 10_000);
    let units = wide(price.settlementGasBase.into()) + wide(price.settlementGasPerReplica.into()) * replicas;
    let gas = grains(units * wide(price.gasPrice), 1);
    // What is charged for a task, which knows no rebate.
    let total = miners + network + gas;
    if total > U512::from(u128::MAX) {
        return Err("PriceOverflow");
    }
    Ok([per_replica, miners, U512::ZERO, network, gas, U512::ZERO, total].map(|line| line.to::<u128>()))
}
