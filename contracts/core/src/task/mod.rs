//! The life of a task: queued, ack, precommit, commit, ended.
//!
//! ```text
//!  answer       kinds of answers, and which bytes of one are compared
//!  commitment   a miner's binding to an answer that it has not shown
//!  eip712       digests of the messages that miners sign
//!  selection    which miners serve
//!  consensus    when enough replicas agree                (knows only who follows whom)
//!  terms        what a session fixes for its tasks            -> consensus
//!  state        what is known of a task, in one storage word   -> answer, consensus
//!  ending       what a task's end settles                      -> state
//!  machine      from phase to phase                            -> state, ending, terms, consensus
//!  end          how a task ends, and when it can               -> machine
//!  lane         the same life in two words a task             -> consensus, terms, eip712
//!  jury         whom a keeper must bring to it, and its bond   -> lane, terms, eip712
//! ```
//!
//! Each module uses those above it, never one below.

pub mod answer;
pub mod commitment;
pub mod consensus;
pub mod eip712;
mod end;
mod ending;
pub mod jury;
pub mod lane;
mod machine;
pub mod selection;
mod state;
mod terms;

pub use end::{Closing, closable, end};
pub use ending::{Ending, Offence};
pub use machine::{
    Decision, Effects, Opening, Submission, TaskError, Transition, ack, assign, close_ack, close_precommit, commit, precommit,
    report_bad_reveal, submit,
};
pub use state::{Outcome, Phase, Stage, Stages, Status, TaskState};
pub use terms::{Terms, TermsError, in_range};
