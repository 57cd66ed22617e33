//! Nodes that were summoned and did not answer: a keeper pays for each summons and each dismissal.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use cor_ports::jury::Summons;

/// Most tasks of an epoch to which a node is summoned that answers none of them. Who was found absent can be drawn until the next epoch begins, and a task
/// that misses it costs its keeper about 200,000 gas: without a bound, whoever has a node that is gone and opens tasks makes the keeper pay for each. Smaller: a
/// busy keeper replaces nobody in tasks that it could have saved. Larger: it pays for more. Tasks beyond it start with a quorum, or expire.
const UNANSWERED_MAX: usize = 5;

/// An epoch, by which a task is drawn, and a node.
type Drawn = (u32, Address);

/// What came of the summonses that were not answered, as far as it is known since the start.
#[derive(Debug, Default)]
pub(super) struct Unanswered {
    /// By task, whether the node was found absent; until then its answer is waited for.
    tasks: BTreeMap<Drawn, BTreeMap<B256, bool>>,
    /// Whose answers were looked for last.
    looked_for: Option<Drawn>,
}

impl Unanswered {
    /// Whether a node may be summoned to a task.
    pub(super) fn has_room_for(&self, drawn: Drawn, task: B256) -> bool {
        self.tasks.get(&drawn).is_none_or(|tasks| tasks.len() < UNANSWERED_MAX || tasks.contains_key(&task))
    }

    /// Takes in what the jury has of a node's summons to a task.
    pub(super) fn note(&mut self, drawn: Drawn, task: B256, summons: Summons) {
        if summons.answer_by.is_some() && (summons.is_absent || !summons.is_present) {
            self.tasks.entry(drawn).or_default().insert(task, summons.is_absent);
        } else if let Some(tasks) = self.tasks.get_mut(&drawn) {
            tasks.remove(&task);
        }
    }

    /// Forgets answers that are not `awaited` any more, and epochs before the one in which the oldest open task was submitted.
    pub(super) fn tidy(&mut self, oldest: u32, awaited: impl Fn(B256, Address) -> bool) {
        self.tasks.retain(|(epoch, node), tasks| {
            tasks.retain(|task, is_absent| *is_absent || awaited(*task, *node));
            *epoch >= oldest && !tasks.is_empty()
        });
    }

    /// For which tasks to look whether one of these nodes answered: of a node that may be summoned to none more, each in its turn.
    pub(super) fn next_to_look_for(&mut self, full: impl Iterator<Item = Drawn>) -> Option<(Drawn, Vec<B256>)> {
        let waits = |drawn: &Drawn| self.tasks.get(drawn).is_some_and(|tasks| tasks.values().any(|is_absent| !is_absent));
        let mut full: Vec<Drawn> = full.filter(waits).collect();
        full.sort_unstable();
        let next = full.iter().find(|drawn| self.looked_for.is_none_or(|last| **drawn > last));
        let next = *next.or_else(|| full.first())?;
        self.looked_for = Some(next);
        let tasks = self.tasks.get(&next)?.iter().filter(|(_, is_absent)| !**is_absent);
        Some((next, tasks.map(|(task, _)| *task).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: Drawn = (7, Address::repeat_byte(1));
    const OTHER: Drawn = (7, Address::repeat_byte(2));
    const WAITING: Summons = Summons { answer_by: Some(1_050), is_present: false, is_absent: false };
    const ABSENT: Summons = Summons { is_absent: true, ..WAITING };
    const PRESENT: Summons = Summons { is_present: true, ..WAITING };

    fn task(number: usize) -> B256 {
        B256::left_padding_from(&number.to_be_bytes())
    }

    fn full(of: Drawn, summons: Summons) -> Unanswered {
        let mut unanswered = Unanswered::default();
        for number in 0..UNANSWERED_MAX {
            assert!(unanswered.has_room_for(of, task(number)));
            unanswered.note(of, task(number), summons);
        }
        unanswered
    }

    #[test]
    fn a_node_that_answers_nothing_is_summoned_so_often_in_an_epoch() {
        let mut unanswered = full(NODE, WAITING);
        assert!(!unanswered.has_room_for(NODE, task(9)) && unanswered.has_room_for(NODE, task(0)));
        assert!(unanswered.has_room_for(OTHER, task(9)) && unanswered.has_room_for((8, NODE.1), task(9)));
        unanswered.note(NODE, task(0), PRESENT);
        assert!(unanswered.has_room_for(NODE, task(9)), "it answered one");
        unanswered.note(NODE, task(9), Summons::default());
        assert!(unanswered.has_room_for(NODE, task(9)), "it was not summoned, as it was refused");
    }

    #[test]
    fn who_is_absent_counts_until_the_epoch_is_over_and_who_is_waited_for_while_it_is() {
        let mut unanswered = full(NODE, ABSENT);
        unanswered.tidy(7, |_, _| false);
        assert!(!unanswered.has_room_for(NODE, task(9)));
        unanswered.tidy(8, |_, _| true);
        assert!(unanswered.has_room_for(NODE, task(9)));
        let mut unanswered = full(NODE, WAITING);
        unanswered.tidy(7, |_, _| true);
        assert!(!unanswered.has_room_for(NODE, task(9)));
        unanswered.tidy(7, |id, _| id != task(3));
        assert!(unanswered.has_room_for(NODE, task(9)));
    }

    #[test]
    fn answers_are_looked_for_of_each_node_in_its_turn() {
        let mut unanswered = full(NODE, WAITING);
        for number in 0..UNANSWERED_MAX {
            unanswered.note(OTHER, task(number), if number == 0 { WAITING } else { ABSENT });
        }
        let both = || [NODE, OTHER].into_iter();
        assert_eq!(unanswered.next_to_look_for(both()), Some((NODE, (0..UNANSWERED_MAX).map(task).collect())));
        assert_eq!(unanswered.next_to_look_for(both()), Some((OTHER, vec![task(0)])));
        assert_eq!(unanswered.next_to_look_for(both()).map(|(of, _)| of), Some(NODE));
        unanswered.note(OTHER, task(0), ABSENT);
        assert_eq!(unanswered.next_to_look_for([OTHER].into_iter()), None, "nothing is waited for");
    }
}
