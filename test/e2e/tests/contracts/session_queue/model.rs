//! SessionQueue and what its peers do for it, made of nothing but the rules of `cor_core`, over lists.

use std::collections::BTreeMap;

use alloy::{
    primitives::{Address, B256, LogData},
    sol_types::SolEvent,
};
use cor_core::limits::REPLICA_SLOTS;
use cor_core::money::pricing::PriceLines;
use cor_core::money::settlement::Escrow;
use cor_core::node::pool::Ineligible;
use cor_core::task::answer::AnswerKind;
use cor_core::task::commitment::Binding;
use cor_core::task::consensus::leader_of;
use cor_core::task::eip712::Message;
use cor_core::task::{self, Effects, Ending, Offence, Opening, Outcome, Phase, Status, Submission, TaskError, TaskState, Terms};
use cor_sol::{
    ContractError,
    node_pool::INodePool,
    session_payment_table::ISessionPaymentTable,
    session_queue::ISessionQueue::{self as Queue, TaskView},
};

use super::{
    actions::{Action, Word, digest_of},
    world::{CAP_BPS, MINERS, MODEL, PENALTIES, PREPAID, STAKE, World, digest, salt, same, terms},
};

/// A task, and what the contract keeps beside its state.
#[derive(Clone)]
struct Task {
    state: TaskState,
    session: u64,
    miners: Vec<usize>,
    seals: [B256; REPLICA_SLOTS],
    escrow: Option<Escrow>,
}

#[derive(Clone)]
pub(crate) struct Model {
    queue: Address,
    payer: Address,
    keeper: Address,
    addresses: Vec<Address>,
    prices: BTreeMap<u64, PriceLines>,
    now: u64,
    tasks: Vec<Task>,
    pub(crate) available: u128,
    pub(crate) treasury: u128,
    pub(crate) earned: BTreeMap<Address, u128>,
    pub(crate) stakes: [u128; MINERS],
    pub(crate) suspended: [bool; MINERS],
    pub(crate) places: [u32; MINERS],
}

type Logs = Vec<LogData>;

fn rules(session: u64) -> Terms {
    let params = terms(if session == 1 { 1 } else { 3 });
    Terms {
        replicas: params.redundant,
        quorum_bps: params.quorumBps,
        assign_secs: params.assignSecs,
        ack_secs: params.ackSecs,
        precommit_secs: params.precommitSecs,
        commit_secs: params.commitSecs,
    }
}

impl Model {
    /// The state a [`World`] starts in.
    pub(crate) fn of(world: &World) -> Self {
        let price = |session: u64| {
            let quote = world.solo.get(world.table, &ISessionPaymentTable::quoteCall { inputs: inputs(&rules(session)) });
            PriceLines {
                per_replica: quote.perReplica,
                miners: quote.miners,
                validators: quote.validators,
                network: quote.network,
                gas: quote.gas,
                rebate: quote.rebate,
                total: quote.total,
            }
        };
        Self {
            queue: world.queue,
            payer: world.payer(),
            keeper: world.keeper(),
            addresses: (0..MINERS).map(|index| world.miner(index)).collect(),
            prices: [1, 2].map(|session| (session, price(session))).into(),
            now: world.solo.chain().now(),
            tasks: Vec::new(),
            available: PREPAID,
            treasury: 0,
            earned: BTreeMap::new(),
            stakes: [STAKE; MINERS],
            suspended: [false; MINERS],
            places: [0; MINERS],
        }
    }

    /// The logs of an action; the same state if it is refused.
    pub(crate) fn perform(&mut self, action: &Action) -> Result<Logs, ContractError> {
        let mut next = self.clone();
        let logs = next.change(action)?;
        *self = next;
        Ok(logs)
    }

    fn change(&mut self, action: &Action) -> Result<Logs, ContractError> {
        match action {
            Action::Submit { session } => Ok(self.submit(*session)),
            Action::Assign { task, miners } => self.assign(*task, miners),
            Action::Say { task, miner, word } => {
                let message = self.message(*task, *miner, *word);
                self.replica(*task, *miner).and_then(|_| self.act(*task, *miner, message))
            }
            Action::Relay { task, miners, word } => {
                let mut logs = Vec::new();
                for miner in miners {
                    let message = self.message(*task, *miner, *word);
                    let replica = self.replica(*task, *miner)?;
                    if !self.took_effect(*task, replica, &message) {
                        logs.extend(self.act(*task, *miner, message)?);
                    }
                }
                Ok(logs)
            }
            Action::Report { task, miner, answer } => self.report(*task, *miner, *answer),
            Action::EndAck { task } => self.close(*task, task::close_ack),
            Action::EndPrecommit { task } => self.close(*task, task::close_precommit),
            Action::End { task } => self.close(*task, task::end),
            Action::Pass { secs } => {
                self.now += secs;
                Ok(Vec::new())
            }
        }
    }

    fn task(&self, id: u64) -> Result<&Task, ContractError> {
        let latest = self.tasks.len() as u64;
        let index = usize::try_from(id).expect("small").checked_sub(1);
        let found = index.and_then(|index| self.tasks.get(index));
        found.ok_or_else(|| same(&Queue::UnknownTask { taskId: id, latest }))
    }

    fn task_mut(&mut self, id: u64) -> &mut Task {
        let index = usize::try_from(id).expect("small") - 1;
        &mut self.tasks[index]
    }

    fn replica(&self, id: u64, miner: usize) -> Result<u8, ContractError> {
        let task = self.task(id)?;
        let found = task.miners.iter().position(|assigned| *assigned == miner);
        let found = found.map(|index| u8::try_from(index).expect("few"));
        found.ok_or_else(|| same(&Queue::NotAssigned { taskId: id, account: self.addresses[miner] }))
    }

    fn commitment(&self, id: u64, replica: u8, miner: usize, answer: B256) -> B256 {
        let binding = Binding {
            chain_id: cor_anvil::DEFAULT_CHAIN_ID,
            queue: self.queue,
            task_id: id,
            replica,
            miner: self.addresses[miner],
            registration_epoch: miner as u64 + 1,
        };
        binding.commitment(answer, salt(miner))
    }

    /// What a miner says. One that is not of the task commits itself to something.
    pub(crate) fn message(&self, id: u64, miner: usize, word: Word) -> Message {
        match word {
            Word::Ack => Message::Ack,
            Word::Precommit(answer) => {
                let replica = self.replica(id, miner).unwrap_or(0);
                Message::Precommit { commitment: self.commitment(id, replica, miner, digest_of(answer)) }
            }
            Word::Commit(answer) => Message::Commit { result_digest: digest_of(answer), salt: salt(miner) },
        }
    }

    fn took_effect(&self, id: u64, replica: u8, message: &Message) -> bool {
        let Ok(task) = self.task(id) else { return false };
        let (stage, seal) = (task.state.stages.get(replica), task.seals[usize::from(replica)]);
        match message {
            Message::Ack => stage.has_acked(),
            Message::Precommit { commitment } => stage.has_revealed() || (stage.is_bound() && seal == *commitment),
            Message::Commit { result_digest, .. } => stage.has_revealed() && seal == *result_digest,
        }
    }

    fn submit(&mut self, session: u64) -> Logs {
        let rules = rules(session);
        let escrow = Escrow::open(rules.replicas, &self.prices[&session], u128::MAX).expect("a price");
        self.available -= escrow.total();
        let submission = Submission { session_id: session, answer_kind: AnswerKind::Verdict, max_tokens: 64 };
        let state = task::submit(&submission, &rules, self.now).state;
        self.tasks.push(Task { state, session, miners: vec![], seals: Default::default(), escrow: Some(escrow) });
        let queued = Queue::TaskQueued {
            sessionId: session,
            taskId: self.tasks.len() as u64,
            payer: self.payer,
            promptDigest: digest("prompt"),
            promptUrn: "urn:cor:blob:prompt".to_owned(),
            answerKind: 1,
            maxTokens: 64,
            deadline: state.deadline(),
            clientReference: digest("reference"),
        };
        vec![queued.encode_log_data()]
    }

    fn assign(&mut self, id: u64, miners: &[usize]) -> Result<Logs, ContractError> {
        let task = self.task(id)?;
        let session = task.session;
        let transition = task::assign(task.state, &rules(session), 1, miners.len(), self.now);
        let state = transition.map_err(|error| refusal(error, id, self.keeper))?.state;
        for (index, miner) in miners.iter().enumerate() {
            let unfit = |why: Ineligible| same(&INodePool::NotEligible { node: self.addresses[*miner], reason: why.reason() });
            if miners[..index].contains(miner) {
                return Err(unfit(Ineligible::NodeTwice));
            }
            if self.suspended[*miner] {
                return Err(unfit(Ineligible::Suspended));
            }
            self.places[*miner] += 1;
        }
        let task = self.task_mut(id);
        (task.state, task.miners) = (state, miners.to_vec());
        let assigned = Queue::TaskAssigned {
            sessionId: session,
            taskId: id,
            keeper: self.keeper,
            miners: miners.iter().map(|miner| self.addresses[*miner]).collect(),
            registrationEpochs: miners.iter().map(|miner| *miner as u64 + 1).collect(),
            deadline: state.deadline(),
        };
        Ok(vec![assigned.encode_log_data()])
    }

    fn act(&mut self, id: u64, miner: usize, message: Message) -> Result<Logs, ContractError> {
        let replica = self.replica(id, miner)?;
        let (index, address, now) = (usize::from(replica), self.addresses[miner], self.now);
        let task = self.task(id)?;
        let (state, rules) = (task.state, rules(task.session));
        let (transition, seal, said) = match message {
            Message::Ack => {
                let said = Queue::TaskAcked { taskId: id, miner: address }.encode_log_data();
                (task::ack(state, &rules, replica, now), task.seals[index], said)
            }
            Message::Precommit { commitment } => {
                let said = Queue::TaskPrecommitted { taskId: id, miner: address, commitment }.encode_log_data();
                (task::precommit(state, &rules, replica, commitment, now), commitment, said)
            }
            Message::Commit { result_digest, salt } => {
                let reveal = self.reveal(id, replica, miner, result_digest);
                let leaders = state.leaders().map(|leader| (leader, task.seals[usize::from(leader)]));
                let transition = task::commit(state, &rules, &reveal, leader_of(&result_digest, leaders), now);
                let said = Queue::TaskCommitted { taskId: id, miner: address, resultDigest: result_digest, salt };
                (transition, result_digest, said.encode_log_data())
            }
        };
        let transition = transition.map_err(|error| refusal(error, id, address))?;
        let task = self.task_mut(id);
        task.state = transition.state;
        task.seals[index] = seal;
        Ok([vec![said], told(id, task, &transition.effects)].concat())
    }

    fn reveal(&self, id: u64, replica: u8, miner: usize, answer: B256) -> Opening {
        let committed = self.task(id).map(|task| task.seals[usize::from(replica)]).unwrap_or_default();
        Opening { replica, committed, computed: self.commitment(id, replica, miner, answer) }
    }

    fn report(&mut self, id: u64, miner: usize, answer: char) -> Result<Logs, ContractError> {
        let replica = self.replica(id, miner)?;
        let reveal = self.reveal(id, replica, miner, digest_of(answer));
        let transition = task::report_bad_reveal(self.task(id)?.state, &reveal);
        let transition = transition.map_err(|error| refusal(error, id, self.addresses[miner]))?;
        self.task_mut(id).state = transition.state;
        let shown =
            Queue::BadReveal { taskId: id, miner: self.addresses[miner], resultDigest: digest_of(answer), salt: salt(miner) };
        Ok(vec![shown.encode_log_data()])
    }

    fn close(
        &mut self,
        id: u64,
        step: fn(TaskState, &Terms, u64) -> Result<task::Transition, TaskError>,
    ) -> Result<Logs, ContractError> {
        let task = self.task(id)?;
        let transition = step(task.state, &rules(task.session), self.now);
        let transition = transition.map_err(|error| refusal(error, id, Address::ZERO))?;
        let task = self.task_mut(id);
        task.state = transition.state;
        let mut logs = told(id, task, &transition.effects);
        if let Some(ending) = transition.effects.ending {
            logs.push(self.settle(id, &ending));
        }
        Ok(logs)
    }

    fn settle(&mut self, id: u64, ending: &Ending) -> LogData {
        let task = self.task_mut(id).clone();
        let escrow = self.task_mut(id).escrow.take().expect("a task ends once");
        let address = |replica: u8| task.miners[usize::from(replica)];
        if ending.status == Status::Completed {
            let charge = escrow.charge(ending.paid().count() as u64, true).expect("not more than replicas");
            for replica in ending.paid() {
                *self.earned.entry(self.addresses[address(replica)]).or_default() += charge.per_miner;
            }
            *self.earned.entry(self.keeper).or_default() += charge.to_keeper;
            self.treasury += charge.to_treasury;
            self.available += charge.refunded;
        } else {
            let refund = escrow.refund(ending.was_assigned(), CAP_BPS);
            *self.earned.entry(self.keeper).or_default() += refund.to_keeper;
            self.available += refund.refunded;
        }
        for (replica, offence) in ending.slashed() {
            let (miner, penalty) = match offence {
                Offence::NoReveal => (address(replica), PENALTIES.0),
                Offence::BadReveal => (address(replica), PENALTIES.1),
            };
            self.stakes[miner] = self.stakes[miner].saturating_sub(penalty);
            self.suspended[miner] = true;
        }
        for miner in &task.miners {
            self.places[*miner] -= 1;
        }
        let outcomes = ending.outcomes().take(task.miners.len()).map(|(_, outcome)| outcome.number()).collect();
        let ended = Queue::TaskEnded {
            sessionId: task.session,
            taskId: id,
            status: ending.status.number(),
            resultDigest: ending.winner.map_or(B256::ZERO, |winner| task.seals[usize::from(winner)]),
            miners: task.miners.iter().map(|miner| self.addresses[*miner]).collect(),
            outcomes,
        };
        ended.encode_log_data()
    }

    /// The task as the contract should show it, and the call that brings it on.
    pub(crate) fn view(&self, id: u64) -> Option<(TaskView, u8)> {
        let task = self.task(id).ok()?;
        let state = &task.state;
        let replicas: Vec<_> = task
            .miners
            .iter()
            .zip(state.replica_stages())
            .map(|(miner, (replica, stage))| {
                let seal = task.seals[usize::from(replica)];
                let revealed = stage.has_revealed();
                Queue::Replica {
                    miner: self.addresses[*miner],
                    registrationEpoch: *miner as u64 + 1,
                    outcome: stage.outcome().number(),
                    messages: stage.messages(),
                    commitment: if revealed { B256::ZERO } else { seal },
                    resultDigest: if revealed { seal } else { B256::ZERO },
                }
            })
            .collect();
        let winner = replicas.iter().find(|replica| replica.outcome == Outcome::Agreed.number());
        let view = TaskView {
            sessionId: task.session,
            payer: self.payer,
            keeper: if task.miners.is_empty() { Address::ZERO } else { self.keeper },
            phase: state.phase.number(),
            status: state.status.number(),
            answerKind: 1,
            maxTokens: 64,
            submittedAt: state.submitted_at,
            deadline: state.deadline(),
            endedAt: state.ended_at(),
            resultDigest: winner.map_or(B256::ZERO, |replica| replica.resultDigest),
            replicas,
        };
        Some((view, task::closable(*state, &rules(task.session), self.now).number()))
    }

    pub(crate) fn ended(&self) -> usize {
        self.tasks.iter().filter(|task| task.state.phase == Phase::Ended).count()
    }
}

fn told(id: u64, task: &Task, effects: &Effects) -> Logs {
    let began = effects.phase_began.then(|| {
        let (phase, deadline) = (task.state.phase.number(), task.state.deadline());
        Queue::PhaseChanged { taskId: id, phase, deadline }.encode_log_data()
    });
    let decided = effects.decided.map(|decision| {
        let digest = task.seals[usize::from(decision.leader)];
        Queue::TaskDecided { taskId: id, resultDigest: digest, votes: decision.votes }.encode_log_data()
    });
    began.into_iter().chain(decided).collect()
}

fn refusal(error: TaskError, id: u64, miner: Address) -> ContractError {
    match error {
        TaskError::WrongPhase { phase, wanted } => {
            same(&Queue::WrongPhase { taskId: id, phase: phase.number(), wanted: wanted.number() })
        }
        TaskError::DeadlinePassed { deadline, now } => same(&Queue::DeadlinePassed { taskId: id, deadline, timestamp: now }),
        TaskError::DeadlineNotReached { deadline, now } => {
            same(&Queue::DeadlineNotReached { taskId: id, deadline, timestamp: now })
        }
        TaskError::AlreadyEnded { status } => same(&Queue::TaskAlreadyEnded { taskId: id, status: status.number() }),
        TaskError::WrongMinerCount { given, wanted } => same(&Queue::WrongMinerCount { taskId: id, given, wanted }),
        TaskError::NotAssigned { .. } => same(&Queue::NotAssigned { taskId: id, account: miner }),
        TaskError::AlreadyDone { .. } => same(&Queue::AlreadyDone { taskId: id, miner }),
        TaskError::MissedPhase { phase, .. } => same(&Queue::MissedPhase { taskId: id, miner, phase: phase.number() }),
        TaskError::EmptyCommitment { .. } => same(&Queue::EmptyCommitment { taskId: id, miner }),
        TaskError::RevealMismatch { committed, computed, .. } => {
            same(&Queue::RevealMismatch { taskId: id, miner, committed, computed })
        }
        TaskError::RevealIsGood { .. } => same(&Queue::RevealIsGood { taskId: id, miner }),
    }
}

fn inputs(rules: &Terms) -> ISessionPaymentTable::QuoteInputs {
    let params = terms(rules.replicas);
    ISessionPaymentTable::QuoteInputs {
        modelIdentifier: MODEL,
        executionDepth: params.executionDepth,
        toolDepth: params.toolDepth,
        maxTokens: 64,
        sla: params.sla,
        validatorDepth: 0,
        replicas: params.redundant,
        consensusRule: params.consensusRule,
        quorumBps: params.quorumBps,
        priority: params.priority,
        stakeTier: 0,
        volumeTier: 0,
    }
}
