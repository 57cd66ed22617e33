//! Terms of a session, and what a task by them costs: from the command line or from the chain, in one place.

use alloy::primitives::B256;
use cor_core::task::lane::{LaneTerms, Tariff};
use cor_ports::ChainError;

use crate::{args::TermsArgs, error::CliError, network::Network};

/// What of the terms only the price depends on, as the session's word has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Priced {
    pub(crate) execution_depth: u16,
    pub(crate) tool_depth: u16,
    pub(crate) sla: u8,
    pub(crate) priority: u8,
    pub(crate) consensus_rule: u8,
}

impl Priced {
    const fn pack(self) -> u64 {
        let ([e0, e1], [t0, t1]) = (self.execution_depth.to_be_bytes(), self.tool_depth.to_be_bytes());
        u64::from_be_bytes([0, e0, e1, t0, t1, self.sla, self.priority, self.consensus_rule])
    }

    pub(crate) const fn unpack(priced: u64) -> Self {
        let [_, e0, e1, t0, t1, sla, priority, consensus_rule] = priced.to_be_bytes();
        let (execution_depth, tool_depth) = (u16::from_be_bytes([e0, e1]), u16::from_be_bytes([t0, t1]));
        Self { execution_depth, tool_depth, sla, priority, consensus_rule }
    }
}

/// The terms as the lane takes them.
///
/// # Errors
/// A phase out of its range. It is refused here, since a longer one would lose its first bits in the word.
pub(crate) fn word(terms: &TermsArgs) -> Result<B256, CliError> {
    let priced = Priced {
        execution_depth: terms.execution_depth,
        tool_depth: terms.tool_depth,
        sla: terms.sla.number(),
        priority: terms.priority.number(),
        consensus_rule: terms.consensus_rule.number(),
    };
    let terms = LaneTerms {
        model: terms.model,
        max_tokens: terms.max_tokens,
        answer_kind: terms.kind.number(),
        replicas: terms.replicas,
        quorum_bps: terms.quorum_bps,
        open_secs: terms.open_secs,
        precommit_secs: terms.precommit_secs,
        reveal_secs: terms.reveal_secs,
        priced: priced.pack(),
    };
    terms.check_unpriced()?;
    Ok(terms.pack())
}

/// The prices that the lane would charge a task by these terms now. It keeps those that it read last while they are valid, so it is asked
/// itself; nothing is sent.
///
/// # Errors
/// What the price table refuses.
pub(crate) async fn tariff(network: &Network, word: B256) -> Result<Tariff, CliError> {
    let tariff = network.lane().pinTariff(word).call().await.map_err(network.failed("pinTariff"))?;
    let none = || ChainError::Unexpected { what: "pinTariff".to_owned(), detail: "no prices".to_owned() };
    Ok(Tariff::unpack(tariff).ok_or_else(none)?)
}

/// What a task costs at these prices, grains.
///
/// # Errors
/// `Unexpected` if they are none that a task could be submitted at.
pub(crate) fn total(tariff: &Tariff, replicas: u8) -> Result<u64, CliError> {
    let total = tariff.price().total(replicas);
    let detail = || format!("{tariff:?} is more than 64 bits of grains for {replicas} replicas");
    Ok(total.ok_or_else(|| ChainError::Unexpected { what: "pinTariff".to_owned(), detail: detail() })?)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use cor_errors::Coded as _;

    use super::*;
    use crate::args::{Args, Command, QuoteArgs};

    fn word_of(line: &str) -> Result<B256, CliError> {
        let args = Args::try_parse_from(["cor"].into_iter().chain(line.split(' '))).unwrap();
        let Command::Quote(QuoteArgs { terms, .. }) = args.command else { panic!("another command") };
        word(&terms)
    }

    #[test]
    fn each_argument_has_its_place_in_the_word() {
        let line = "quote --model 258 --kind verdict --max-tokens 7 --replicas 5 --quorum-bps 6000 --open-secs 200 --precommit-secs 31 \
                    --reveal-secs 32 --execution-depth 3 --tool-depth 4 --sla medium --priority urgent --consensus-rule single";
        let word = word_of(&line.split_whitespace().collect::<Vec<_>>().join(" ")).unwrap();
        let expected = "00000000000001020000000701051770\
                        0000c800001f000020000300040102 00";
        assert_eq!(word, expected.replace(char::is_whitespace, "").parse::<B256>().unwrap());
        let priced = Priced { execution_depth: 3, tool_depth: 4, sla: 1, priority: 2, consensus_rule: 0 };
        assert_eq!(Priced::unpack(LaneTerms::unpack(word).priced), priced);
    }

    #[test]
    fn a_phase_out_of_range_is_refused_and_not_cut() {
        // In 24 bits this would be 30 seconds.
        for line in ["quote --open-secs 16777246", "quote --precommit-secs 29", "quote --reveal-secs 86401"] {
            assert_eq!(word_of(line).unwrap_err().code(), "PRICE-004", "{line}");
        }
    }
}
