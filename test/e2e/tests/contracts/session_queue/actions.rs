//! What can happen to tasks, as plain values: the model and the contract are given the same ones.

use alloy::primitives::{Address, Bytes, LogData};
use cor_core::task::eip712::Message;
use cor_kit::solo::{Done, Refused};
use cor_sol::{ContractError, session_queue::ISessionQueue as Queue};
use proptest::prelude::*;

use super::{
    model::Model,
    world::{World, digest, submission},
};

/// Miners are given by index, answers by letter.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    Submit { session: u64 },
    Assign { task: u64, miners: Vec<usize> },
    Say { task: u64, miner: usize, word: Word },
    Relay { task: u64, miners: Vec<usize>, word: Word },
    Report { task: u64, miner: usize, answer: char },
    EndAck { task: u64 },
    EndPrecommit { task: u64 },
    End { task: u64 },
    Pass { secs: u64 },
}

/// A message, but for its numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Word {
    Ack,
    Precommit(char),
    Commit(char),
}

impl Action {
    /// Name of the variant.
    pub(crate) fn kind(&self) -> String {
        let shown = format!("{self:?}");
        shown.split_once(' ').map_or(shown.clone(), |(name, _)| name.to_owned())
    }
}

/// Tasks that actions are about.
pub(crate) const TASKS: std::ops::RangeInclusive<u64> = 1..=2;

/// Actions from the start, or, as often, from where the first task's miners have taken it: chance alone seldom gets there in time.
pub(crate) fn sequence(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Action>> {
    let taken = vec![
        Action::Assign { task: 1, miners: vec![0, 1, 2] },
        Action::Relay { task: 1, miners: vec![0, 1, 2], word: Word::Ack },
    ];
    let start = prop_oneof![Just(Vec::new()), Just(taken)];
    (start, proptest::collection::vec(action(), length)).prop_map(|(start, rest)| [start, rest].concat())
}

/// Any action, weighted so that most tasks get somewhere.
fn action() -> impl Strategy<Value = Action> {
    let task = || TASKS;
    let miner = || 0_usize..4;
    let answer = || prop_oneof![4 => Just('A'), 1 => Just('B')];
    let word =
        move || prop_oneof![3 => Just(Word::Ack), 4 => answer().prop_map(Word::Precommit), 4 => answer().prop_map(Word::Commit)];
    let crew = prop_oneof![
        6 => Just(vec![0, 1, 2]),
        2 => Just(vec![3]),
        1 => proptest::collection::vec(miner(), 0..4),
    ];
    let speakers = prop_oneof![
        4 => Just(vec![0, 1, 2]),
        1 => Just(vec![3]),
        2 => proptest::sample::subsequence(vec![2, 0, 1], 1..3),
        1 => proptest::collection::vec(miner(), 1..4),
    ];
    prop_oneof![
        3 => prop_oneof![1 => Just(1_u64), 3 => Just(2)].prop_map(|session| Action::Submit { session }),
        5 => (task(), crew).prop_map(|(task, miners)| Action::Assign { task, miners }),
        6 => (task(), miner(), word()).prop_map(|(task, miner, word)| Action::Say { task, miner, word }),
        12 => (task(), speakers, word()).prop_map(|(task, miners, word)| Action::Relay { task, miners, word }),
        4 => (task(), miner(), prop_oneof![Just('A'), Just('B')]).prop_map(|(task, miner, answer)| Action::Report { task, miner, answer }),
        2 => task().prop_map(|task| Action::EndAck { task }),
        2 => task().prop_map(|task| Action::EndPrecommit { task }),
        3 => task().prop_map(|task| Action::End { task }),
        3 => prop_oneof![2 => 1_u64..9, 1 => 9_u64..41].prop_map(|secs| Action::Pass { secs }),
    ]
}

impl World {
    /// Does it to the contract. Which commitment a miner makes is the model's to say.
    pub(crate) fn perform(&self, action: &Action, model: &Model) -> Result<Vec<LogData>, ContractError> {
        match action {
            Action::Submit { session } => self.logs(self.try_by(self.payer(), &submission(*session))),
            Action::Assign { task, miners } => {
                let miners = miners.iter().map(|miner| self.miner(*miner)).collect();
                self.logs(self.try_by(self.keeper(), &Queue::assignTaskCall { taskId: *task, miners }))
            }
            Action::Say { task, miner, word } => self.say(*task, *miner, model.message(*task, *miner, *word)),
            Action::Relay { task, miners, word } => {
                let messages: Vec<_> = miners.iter().map(|miner| model.message(*task, *miner, *word)).collect();
                self.relay(*task, miners, &messages)
            }
            Action::Report { task, miner, answer } => {
                self.logs(self.try_by(self.stranger(), &self.report(*task, *miner, &answer.to_string())))
            }
            Action::EndAck { task } => self.logs(self.try_by(self.stranger(), &Queue::endAckCall { taskId: *task })),
            Action::EndPrecommit { task } => self.logs(self.try_by(self.stranger(), &Queue::endPrecommitCall { taskId: *task })),
            Action::End { task } => self.logs(self.try_by(self.stranger(), &Queue::endCall { taskId: *task })),
            Action::Pass { secs } => {
                self.solo.pass(*secs);
                Ok(Vec::new())
            }
        }
    }

    fn say(&self, task: u64, miner: usize, message: Message) -> Result<Vec<LogData>, ContractError> {
        let from = self.miner(miner);
        match message {
            Message::Ack => self.logs(self.try_by(from, &Queue::ackCall { taskId: task })),
            Message::Precommit { commitment } => self.logs(self.try_by(from, &Queue::precommitCall { taskId: task, commitment })),
            Message::Commit { result_digest, salt } => {
                self.logs(self.try_by(from, &Queue::commitCall { taskId: task, resultDigest: result_digest, salt }))
            }
        }
    }

    fn relay(&self, task: u64, senders: &[usize], messages: &[Message]) -> Result<Vec<LogData>, ContractError> {
        let signed = |(miner, message): (&usize, &Message)| (self.miner(*miner), *message, self.sign(task, *miner, *message));
        self.relay_signed(task, &senders.iter().zip(messages).map(signed).collect::<Vec<_>>())
    }

    /// Messages of one kind with their signatures, whatever these are.
    pub(crate) fn relay_signed(&self, task: u64, signed: &[(Address, Message, Bytes)]) -> Result<Vec<LogData>, ContractError> {
        let from = self.stranger();
        let miners = signed.iter().map(|(miner, ..)| *miner).collect();
        let signatures = signed.iter().map(|(_, _, signature)| signature.clone()).collect();
        let (mut commitments, mut digests, mut salts) = (vec![], vec![], vec![]);
        for (_, message, _) in signed {
            match *message {
                Message::Ack => {}
                Message::Precommit { commitment } => commitments.push(commitment),
                Message::Commit { result_digest, salt } => {
                    digests.push(result_digest);
                    salts.push(salt);
                }
            }
        }
        match signed.first() {
            Some((_, Message::Precommit { .. }, _)) => {
                self.logs(self.try_by(from, &Queue::precommitBySigCall { taskId: task, miners, commitments, signatures }))
            }
            Some((_, Message::Commit { .. }, _)) => self.logs(
                self.try_by(from, &Queue::commitBySigCall { taskId: task, miners, resultDigests: digests, salts, signatures }),
            ),
            _ => self.logs(self.try_by(from, &Queue::ackBySigCall { taskId: task, miners, signatures })),
        }
    }

    fn logs<R>(&self, outcome: Result<Done<R>, Refused>) -> Result<Vec<LogData>, ContractError> {
        match outcome {
            Ok(done) => Ok(self.own_logs(&done)),
            Err(Refused::Known(error)) => Err(error),
            Err(Refused::Other(data)) => panic!("reverts with {data}"),
        }
    }
}

/// The digest of an answer by letter.
pub(crate) fn digest_of(answer: char) -> alloy::primitives::B256 {
    digest(&answer.to_string())
}
