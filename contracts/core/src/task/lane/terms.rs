//! The terms of a session, in one word.

use alloy_primitives::B256;

use crate::limits::{DUTY_SECS_MAX, LANE_PHASE_SECS_MIN};
use crate::task::consensus::Quorum;
use crate::task::{TermsError, in_range};

/// What a session fixes for each of its tasks. In the word, the first field is the most significant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneTerms {
    /// The model, 64 bits.
    pub model: u64,
    /// Most tokens of an answer, 32 bits.
    pub max_tokens: u32,
    /// Kind of the answer, 8 bits: 0 text, 1 verdict, 2 json, 3 number.
    pub answer_kind: u8,
    /// Replicas of each task, odd, 8 bits.
    pub replicas: u8,
    /// Share of the replicas asked for that must agree, basis points, 16 bits.
    pub quorum_bps: u16,
    /// From submission to completion or start, seconds, 24 bits.
    pub open_secs: u32,
    /// For miners that were not in the start, seconds, 24 bits.
    pub precommit_secs: u32,
    /// For reveals, seconds, 24 bits.
    pub reveal_secs: u32,
    /// What else the price depends on, 56 bits, of which the lane knows nothing: execution depth 16, tool depth 16, SLA 8, priority 8,
    /// consensus rule 8.
    pub priced: u64,
}

impl LaneTerms {
    /// The word.
    #[must_use]
    pub const fn pack(&self) -> B256 {
        let [m0, m1, m2, m3, m4, m5, m6, m7] = self.model.to_be_bytes();
        let [t0, t1, t2, t3] = self.max_tokens.to_be_bytes();
        let [q0, q1] = self.quorum_bps.to_be_bytes();
        let [_, o0, o1, o2] = self.open_secs.to_be_bytes();
        let [_, c0, c1, c2] = self.precommit_secs.to_be_bytes();
        let [_, r0, r1, r2] = self.reveal_secs.to_be_bytes();
        let [_, p0, p1, p2, p3, p4, p5, p6] = self.priced.to_be_bytes();
        B256::new([
            m0,
            m1,
            m2,
            m3,
            m4,
            m5,
            m6,
            m7,
            t0,
            t1,
            t2,
            t3,
            self.answer_kind,
            self.replicas,
            q0,
            q1,
            o0,
            o1,
            o2,
            c0,
            c1,
            c2,
            r0,
            r1,
            r2,
            p0,
            p1,
            p2,
            p3,
            p4,
            p5,
            p6,
        ])
    }

    /// Reads a word. Every word is some terms; [`LaneTerms::check_unpriced`] and the price table say whether they are good ones.
    #[must_use]
    pub const fn unpack(word: B256) -> Self {
        let [
            m0,
            m1,
            m2,
            m3,
            m4,
            m5,
            m6,
            m7,
            t0,
            t1,
            t2,
            t3,
            answer_kind,
            replicas,
            q0,
            q1,
            o0,
            o1,
            o2,
            c0,
            c1,
            c2,
            r0,
            r1,
            r2,
            p0,
            p1,
            p2,
            p3,
            p4,
            p5,
            p6,
        ] = word.0;
        Self {
            model: u64::from_be_bytes([m0, m1, m2, m3, m4, m5, m6, m7]),
            max_tokens: u32::from_be_bytes([t0, t1, t2, t3]),
            answer_kind,
            replicas,
            quorum_bps: u16::from_be_bytes([q0, q1]),
            open_secs: u32::from_be_bytes([0, o0, o1, o2]),
            precommit_secs: u32::from_be_bytes([0, c0, c1, c2]),
            reveal_secs: u32::from_be_bytes([0, r0, r1, r2]),
            priced: u64::from_be_bytes([0, p0, p1, p2, p3, p4, p5, p6]),
        }
    }

    /// Refuses what the price table does not look at when it is asked for a tariff: kinds of answer that there are not, and phases that bind money for too long, or give
    /// honest miners too little time: with one of a second a payer had seven miners slashed for the price of the gas line.
    ///
    /// # Errors
    /// `OutOfRange`, of the first field that is wrong.
    pub fn check_unpriced(&self) -> Result<(), TermsError> {
        let (least, most) = (u64::from(LANE_PHASE_SECS_MIN), u64::from(DUTY_SECS_MAX));
        for (field, value, min, max) in [
            ("answerKind", u32::from(self.answer_kind), 0, 3),
            ("openSecs", self.open_secs, least, most),
            ("precommitSecs", self.precommit_secs, least, most),
            ("revealSecs", self.reveal_secs, least, most),
        ] {
            in_range(field, u64::from(value), min, max)?;
        }
        Ok(())
    }

    /// How many replicas must agree.
    #[must_use]
    pub const fn quorum(&self) -> Quorum {
        Quorum { asked: self.replicas, bps: self.quorum_bps }
    }
}
