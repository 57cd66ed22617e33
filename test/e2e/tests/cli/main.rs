//! The command line's answers to what cannot work: each refusal has a code, the numbers and what to do next, its exit code is the
//! documented one, and nothing is lost by it.

mod chain;
mod command;
mod files;
mod jury;
mod network;
