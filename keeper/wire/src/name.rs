//! Phases, statuses, outcomes and steps by the names that programs read. A name never changes; a new value takes a new name.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An enum whose values have one name each: in JSON, in text and in [`fmt::Display`].
macro_rules! names {
    ($(#[$doc:meta])* $enum:ident { $($(#[$about:meta])+ $value:ident = $name:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $enum {
            $($(#[$about])+ #[serde(rename = $name)] $value,)+
        }

        impl $enum {
            /// Every value, in order.
            pub const ALL: &[Self] = &[$(Self::$value),+];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)+
                }
            }
        }

        impl fmt::Display for $enum {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

names! {
    /// Where a task stands.
    TaskPhase {
        /// Submitted: nobody's answer is on chain.
        Open = "open",
        /// Started: the miners that were left out bind themselves to answers.
        Precommit = "precommit",
        /// The miners reveal.
        Reveal = "reveal",
        /// Over.
        Ended = "ended",
    }
}

names! {
    /// How a task ended.
    TaskStatus {
        /// It has not.
        Open = "open",
        /// Enough replicas agreed.
        Completed = "completed",
        /// Too few agreed.
        NoQuorum = "no_quorum",
        /// Nobody completed or started it in time.
        Expired = "expired",
    }
}

names! {
    /// What became of a replica.
    ReplicaOutcome {
        /// Nothing yet; or the task ended before it was the miner's turn.
        Pending = "pending",
        /// It revealed the result.
        Agreed = "agreed",
        /// It revealed something else, or there is no result.
        Outlier = "outlier",
        /// It did not bind itself in time.
        NoPrecommit = "no_precommit",
        /// It did not reveal in time.
        NoReveal = "no_reveal",
        /// It signed a reveal that does not open its commitment, or a second commitment.
        BadReveal = "bad_reveal",
    }
}

names! {
    /// What a transaction did for a task. The order is that of how telling a step is: a transaction is named by its first.
    Step {
        /// The task ended.
        End = "end",
        /// The task was submitted.
        Submit = "submit",
        /// Crew and commitments were put on chain.
        Start = "start",
        /// A signed reveal was shown that does not open its commitment, or a second commitment.
        ReportBadReveal = "report bad reveal",
        /// Miners revealed.
        Reveal = "reveal",
        /// Miners bound themselves.
        Precommit = "precommit",
        /// A phase was closed.
        ClosePhase = "close phase",
        /// The keeper lost its bond.
        Convict = "convict keeper",
        /// A keeper found a miner absent.
        Dismiss = "dismiss miner",
        /// A keeper summoned a miner.
        Summon = "summon miner",
        /// A miner said that it is there.
        Present = "answer summons",
        /// Anything else.
        Other = "other",
    }
}

names! {
    /// Whether a keeper brought the crew that was drawn.
    DrawVerdict {
        /// It did.
        AsDrawn = "as_drawn",
        /// It brought another.
        OtherCrew = "other_crew",
        /// Nobody can tell yet: the keeper has not shown the secret of the epoch.
        SecretNotShown = "secret_not_shown",
        /// It had committed to no secret of the epoch: it was to serve no task of it, or the jury does not govern the lane.
        NoSecret = "no_secret",
        /// Nobody can tell any more: the jury gave a slot that was drawn to another node, once the task was beyond dispute.
        RosterForgotten = "roster_forgotten",
    }
}

names! {
    /// What a keeper lost its bond for.
    Guilt {
        /// It brought another crew than was drawn.
        OtherCrew = "other_crew",
        /// It did not show a secret that was called for.
        SecretNotShown = "secret_not_shown",
        /// It had committed to no secret of the epoch.
        NoSecret = "no_secret",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The JSON strings that programs have read since the first receipt.
    #[test]
    fn names_are_those_in_json() {
        fn all<T: Serialize + for<'a> Deserialize<'a> + fmt::Display + PartialEq + fmt::Debug>(values: &[T], names: &[&str]) {
            assert_eq!(values.iter().map(ToString::to_string).collect::<Vec<_>>(), names);
            for (value, name) in values.iter().zip(names) {
                let json = format!("\"{name}\"");
                assert_eq!(serde_json::to_string(value).unwrap(), json);
                assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value);
            }
            assert!(serde_json::from_str::<T>("\"NoQuorum\"").is_err());
        }
        all(TaskPhase::ALL, &["open", "precommit", "reveal", "ended"]);
        all(TaskStatus::ALL, &["open", "completed", "no_quorum", "expired"]);
        all(ReplicaOutcome::ALL, &["pending", "agreed", "outlier", "no_precommit", "no_reveal", "bad_reveal"]);
        let lane = ["end", "submit", "start", "report bad reveal", "reveal", "precommit", "close phase"];
        let jury = ["convict keeper", "dismiss miner", "summon miner", "answer summons", "other"];
        all(Step::ALL, &[&lane[..], &jury].concat());
        all(DrawVerdict::ALL, &["as_drawn", "other_crew", "secret_not_shown", "no_secret", "roster_forgotten"]);
        all(Guilt::ALL, &["other_crew", "secret_not_shown", "no_secret"]);
        assert_eq!(format!("{:<6}|", Step::End), "end   |", "padded as a text is");
    }
}
