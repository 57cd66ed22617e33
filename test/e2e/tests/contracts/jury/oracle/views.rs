//! What the views must answer: calldata, and what comes back.

use std::collections::BTreeMap;

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use cor_sol::jury::IJury;

use super::{
    super::world::{ABSENCE_EPOCHS, ANSWER_SECS, BOND, DELAY_SECS, DISPUTE_SECS, EPOCH_SECS, REVEAL_SECS},
    Oracle,
};

/// Views by their calldata.
pub(crate) type Answers = BTreeMap<Vec<u8>, Vec<u8>>;

/// Adds what a view answers.
fn add<C: SolCall>(answers: &mut Answers, call: &C, answer: &C::Return) {
    answers.insert(call.abi_encode(), C::abi_encode_returns(answer));
}

impl Oracle {
    /// What every view answers about these keepers, nodes, models and epochs, and about all that was ever called, noted and summoned.
    pub(crate) fn answers(&self, keepers: &[Address], nodes: &[Address], models: &[u64], epochs: &[u32]) -> Answers {
        let mut answers = Answers::new();
        self.of_itself(&mut answers);
        self.of_keepers(keepers, epochs, &mut answers);
        self.of_rosters(nodes, models, epochs, &mut answers);
        for ((task, keeper, node), summons) in &self.summons {
            let asked = IJury::summonsOfCall { task: *task, keeper: *keeper, node: *node };
            let present_at = self.present.get(&(*task, *node)).copied().unwrap_or_default();
            let answer = IJury::summonsOfReturn { answerBy: summons.answer_by, presentAt: present_at, absent: summons.absent };
            add(&mut answers, &asked, &answer);
        }
        for ((task, node), present_at) in &self.present {
            let asked = IJury::summonsOfCall { task: *task, keeper: Address::ZERO, node: *node };
            add(&mut answers, &asked, &IJury::summonsOfReturn { answerBy: 0, presentAt: *present_at, absent: false });
        }
        answers
    }

    fn of_itself(&self, answers: &mut Answers) {
        let parameters = IJury::parametersReturn {
            bond: U256::from(BOND),
            epochSecs: EPOCH_SECS,
            revealSecs: REVEAL_SECS,
            answerSecs: ANSWER_SECS,
            disputeSecs: DISPUTE_SECS,
            absenceEpochs: ABSENCE_EPOCHS,
            delaySecs: DELAY_SECS,
            opened: self.opened,
        };
        add(answers, &IJury::parametersCall {}, &parameters);
        let peers = IJury::peersReturn {
            token: self.token,
            nodePool: self.pool,
            treasury: self.treasury,
            lane: self.lane.unwrap_or_default(),
            guardian: self.guardian,
        };
        add(answers, &IJury::peersCall {}, &peers);
        let config = IJury::laneConfigReturn {
            noReveal: self.config.no_reveal,
            badReveal: self.config.bad_reveal,
            noResultGasCapBps: self.config.share_bps,
            paused: self.config.paused,
        };
        add(answers, &IJury::laneConfigCall {}, &config);
        add(answers, &IJury::ownerCall {}, &self.owner);
    }

    fn of_keepers(&self, keepers: &[Address], epochs: &[u32], answers: &mut Answers) {
        for keeper in keepers {
            let known = self.keeper(*keeper);
            let (first, shown, head) =
                known.chains.last().map(|chain| (chain.first, chain.shown, chain.head)).unwrap_or_default();
            let (standing, enrols_at, free_at) = (known.standing, known.enrols_at, known.free_at);
            let answer = IJury::keeperOfReturn { standing, enrolsAt: enrols_at, freeAt: free_at, first, shown, head };
            add(answers, &IJury::keeperOfCall { keeper: *keeper }, &answer);
            for epoch in epochs {
                add(answers, &IJury::calledUntilCall { keeper: *keeper, epoch: *epoch }, &0);
            }
        }
        for ((keeper, epoch), until) in &self.called {
            add(answers, &IJury::calledUntilCall { keeper: *keeper, epoch: *epoch }, until);
        }
    }

    fn of_rosters(&self, nodes: &[Address], models: &[u64], epochs: &[u32], answers: &mut Answers) {
        for model in models {
            for epoch in epochs {
                let asked = IJury::lengthOfCall { model: *model, epoch: *epoch };
                add(answers, &asked, &self.length(*model, *epoch));
            }
            let slots = self.rosters.get(model).map_or(0, Vec::len);
            for slot in 0..=u32::try_from(slots).expect("few slots") {
                let stay = self.stay(*model, slot);
                let answer = stay.map_or_else(
                    || IJury::slotOfReturn { node: Address::ZERO, operator: Address::ZERO, from: 0, until: 0 },
                    |stay| IJury::slotOfReturn {
                        node: stay.node,
                        operator: stay.operator,
                        from: stay.from,
                        until: stay.closed.map_or(0, |(until, _)| until),
                    },
                );
                add(answers, &IJury::slotOfCall { model: *model, slot }, &answer);
            }
            for node in nodes {
                let entry = self.entry(*node, *model);
                let answer = IJury::entryOfReturn { inside: entry.inside, slot: entry.slot, barredUntil: entry.barred_until };
                add(answers, &IJury::entryOfCall { node: *node, model: *model }, &answer);
            }
        }
    }
}
