//! Flags of Anvil that `cor chain` does not have: whoever gives one is told why, and what does the same here.

use clap::{
    builder::StyledStr,
    error::{ContextKind, ContextValue, ErrorKind},
};

/// Flags of Anvil 1.7.1 and of releases before it, with what to say of each. `anvil --help` is compared with it by a test.
const ABSENT: [(&[&str], &str); 23] = [
    // Not Anvil's, but what its users type.
    (
        &["--private-key"],
        "a key is never an argument, which others could read: put it into COR_KEY, or into a file for --key-file",
    ),
    (&["--threads", "--jobs", "-j"], "it is not here: the chain takes the threads that it needs"),
    (&["--max-transactions"], "it is not here: a block takes what its gas limit allows, see --gas-limit"),
    (&["--mnemonic-seed-unsafe"], "it is not here: give a phrase with --mnemonic, or take a new one with --mnemonic-random"),
    (&["--preserve-historical-states"], "it is not here: states of older blocks are not written to a file"),
    (&["--color", "--md"], "it is not here: colours are for terminals alone, and NO_COLOR=1 takes them away"),
    (&["-v", "--verbosity"], "it is not here: COR_LOG=debug logs more, and --print-traces prints what transactions call"),
    (&["--cache-path"], "it is not here: states of older blocks are kept in memory; what a fork read is in --fork-cache"),
    (&["--no-request-size-limit"], "it is not here: a request may have 128 MiB"),
    (
        &["--compute-units-per-second", "--no-rate-limit", "--no-rpc-rate-limit"],
        "it is not here: no more than 16 requests are under way at an endpoint; see --retries and --fork-retry-backoff",
    ),
    (&["--fork-transaction-hash"], "it is not here: fork at the block with --fork-block-number"),
    (&["--disable-block-gas-limit"], "it is not here: the default --gas-limit is no limit for any block"),
    (&["--disable-min-priority-fee", "--no-priority-fee"], "it is not here, nor needed: Arbitrum collects no tips"),
    (
        &["--enable-tx-gas-limit", "--tx-gas-limit"],
        "it is not here: ArbOS has a limit of its own, which ArbOwner.setMaxTxGasLimit changes",
    ),
    (&["--disable-console-log", "--no-console-log"], "it is not here: calls of Solidity's console are not printed"),
    (&["--disable-default-create2-deployer", "--no-create2"], "it is not here: tools for Stylus need the deployer"),
    (&["--disable-pool-balance-checks"], "it is not here: anvil_setBalance gives an account what it lacks"),
    (&["--memory-limit"], "it is not here: memory is bounded by its gas"),
    (&["--network", "-n"], "it is not here: the chain runs by Arbitrum's rules"),
    (&["--optimism", "--celo", "--odyssey", "--alphanet"], "it is not here: the chain runs by Arbitrum's rules"),
    (&["--blockTime"], "write --block-time"),
    (&["--ipc-path"], "write --ipc"),
    (&["--no-gas-cap", "--rpc-gas-cap"], "it is not here: a call may use 50 million gas"),
];

/// Why the preset of nitro-devnode is not for a fork.
const PRESET_OF_FORK: &str =
    "a fork starts with the accounts and contracts of its origin, the preset with its own: leave one out";

/// The error with a tip that fits, if it is for a flag of Anvil, or for two flags of which nobody can guess why they do not go together.
pub(crate) fn explained(mut error: clap::Error) -> clap::Error {
    let Some(reason) = reason(&error) else { return error };
    // What clap finds similar does something else, and is what it shows the usage of.
    error.remove(ContextKind::SuggestedArg);
    error.remove(ContextKind::Usage);
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(reason)]));
    error
}

fn reason(error: &clap::Error) -> Option<&'static str> {
    let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidArg) else { return None };
    match error.kind() {
        ErrorKind::UnknownArgument => ABSENT.iter().find(|(names, _)| names.contains(&given.as_str())).map(|(_, reason)| *reason),
        ErrorKind::ArgumentConflict => {
            let Some(ContextValue::String(other)) = error.get(ContextKind::PriorArg) else { return None };
            let both = [given, other].map(|flag| flag.split(' ').next().unwrap_or_default());
            (both.contains(&"--nitro-devnode") && both.contains(&"--fork-url")).then_some(PRESET_OF_FORK)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::args::Args;

    fn said(line: &str) -> String {
        let error = Args::try_parse_from(line.split(' ')).expect_err("it is refused");
        explained(error).to_string()
    }

    #[test]
    fn each_absent_flag_is_explained_once_and_is_absent() {
        let command = Args::command();
        let chain = command.find_subcommand("chain").expect("a command");
        let ours: BTreeSet<_> =
            chain.get_arguments().flat_map(|arg| arg.get_long_and_visible_aliases().unwrap_or_default()).collect();
        let mut seen = BTreeSet::new();
        for (names, reason) in ABSENT {
            for name in names {
                assert!(seen.insert(*name), "{name} is there twice");
                assert!(!ours.contains(name.trim_start_matches("--")), "{name} is a flag");
                if name.starts_with("--") {
                    let said = said(&format!("cor chain {name}"));
                    assert!(said.contains(&format!("unexpected argument '{name}' found")) && said.contains(reason), "{said}");
                    assert!(!said.contains("similar"), "{said}");
                }
            }
        }
    }

    #[test]
    fn a_preset_for_a_fork_says_why_not() {
        for line in ["cor chain --nitro-devnode --fork-url http://a", "cor chain -f http://a --nitro-devnode"] {
            let said = said(line);
            assert!(said.contains("cannot be used with") && said.contains(PRESET_OF_FORK), "{said}");
        }
        assert!(!said("cor chain --fork-url http://a --init y").contains(PRESET_OF_FORK));
    }

    #[test]
    fn other_errors_are_claps_own() {
        for (line, part) in [
            ("cor chain --blok-time 1", "a similar argument exists: '--block-time'"),
            ("cor chain --order random", "possible values: fifo, fees"),
            ("cor chain --nonsense", "unexpected argument '--nonsense' found"),
        ] {
            let said = said(line);
            assert!(said.contains(part), "{said}");
        }
    }
}
