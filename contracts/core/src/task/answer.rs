//! What kinds of answers there are, and which bytes of an answer are compared.
//!
//! A result digest is the keccak256 of the *canonical* bytes of an answer, so two miners agree by digest exactly if their
//! canonical bytes are the same:
//!
//! | kind | canonical bytes |
//! |---|---|
//! | text | UTF-8 as it came, without white space at the end |
//! | verdict | the label in ASCII, e.g. `NEEDS_SPEC` |
//! | json | RFC 8785, made where JSON is parsed, which is not here |
//! | number | the decimal text of the request's precision, made where numbers are parsed |

use alloy_primitives::{B256, keccak256};

/// How the answers to a task are compared. The numbers are those of the contract's `answerKind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnswerKind {
    /// Free text.
    Text,
    /// One of the [`Verdict`] labels.
    Verdict,
    /// A JSON value.
    Json,
    /// A number.
    Number,
}

impl AnswerKind {
    /// The greatest number of a kind.
    pub const MAX: u8 = AnswerKind::Number.number();

    /// The kind of a contract's number; `None` above [`AnswerKind::MAX`].
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Text),
            1 => Some(Self::Verdict),
            2 => Some(Self::Json),
            3 => Some(Self::Number),
            _ => None,
        }
    }

    /// The contract's number of the kind.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Text => 0,
            Self::Verdict => 1,
            Self::Json => 2,
            Self::Number => 3,
        }
    }
}

/// The labels an answer of kind [`AnswerKind::Verdict`] can have. Reading a model's words as one of them is an adapter's work;
/// here a label is a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The work meets its specification.
    Valid,
    /// It does not.
    Invalid,
    /// No judgement; asking again may give one.
    Retry,
    /// No judgement possible without a better specification.
    NeedsSpec,
    /// The statement holds.
    True,
    /// It does not.
    False,
    /// No judgement.
    Unsure,
}

impl Verdict {
    /// Every label.
    pub const ALL: [Self; 7] = [Self::Valid, Self::Invalid, Self::Retry, Self::NeedsSpec, Self::True, Self::False, Self::Unsure];

    /// The canonical label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Valid => "VALID",
            Self::Invalid => "INVALID",
            Self::Retry => "RETRY",
            Self::NeedsSpec => "NEEDS_SPEC",
            Self::True => "TRUE",
            Self::False => "FALSE",
            Self::Unsure => "UNSURE",
        }
    }

    /// The verdict with exactly this label; no case folding, no trimming.
    #[must_use]
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.label() == label)
    }
}

/// The canonical form of a text: ASCII white space at its end is dropped, nothing else changes.
///
/// Whether a model ends with a newline depends on where its server cuts the stop sequence, so it says nothing about the answer.
/// White space at the beginning or within can carry meaning (code, tables) and stays. Unicode spaces stay too: what counts as
/// one changes between Unicode versions, and the digest must not.
#[must_use]
pub fn canonical_text(text: &str) -> &str {
    text.trim_end_matches([' ', '\t', '\n', '\u{b}', '\u{c}', '\r'])
}

/// The digest that miners commit to and that votes are counted by.
#[must_use]
pub fn result_digest(canonical: &[u8]) -> B256 {
    keccak256(canonical)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn kinds_and_numbers_are_one_to_one() {
        for number in 0..=u8::MAX {
            let kind = AnswerKind::from_number(number);
            assert_eq!(kind.is_some(), number <= AnswerKind::MAX, "{number}");
            assert_eq!(kind.map_or(number, AnswerKind::number), number);
        }
    }

    #[test]
    fn labels_are_exact() {
        for verdict in Verdict::ALL {
            assert_eq!(Verdict::from_label(verdict.label()), Some(verdict));
            for other in [verdict.label().to_lowercase(), format!(" {}", verdict.label()), format!("{}\n", verdict.label())] {
                assert_eq!(Verdict::from_label(&other), None, "{other:?}");
            }
        }
        assert_eq!(Verdict::from_label(""), None);
    }

    #[test]
    fn text_table() {
        let table = [
            ("", ""),
            ("4", "4"),
            ("4\n", "4"),
            ("4 \r\n\t\u{b}\u{c} ", "4"),
            (" \n", ""),
            ("  4", "  4"),
            ("a\nb\n\n", "a\nb"),
            ("4\u{a0}", "4\u{a0}"),
            ("4\u{2003}\n", "4\u{2003}"),
        ];
        for (text, canonical) in table {
            assert_eq!(canonical_text(text), canonical, "{text:?}");
        }
        assert_eq!(
            result_digest(canonical_text("4\n").as_bytes()),
            result_digest(b"4"),
            "a newline at the end is no disagreement"
        );
        assert_ne!(result_digest(b"4"), result_digest(b" 4"));
    }

    proptest! {
        #[test]
        fn canonical_text_is_idempotent_and_a_prefix(text in ".*[ \t\n]*") {
            let canonical = canonical_text(&text);
            prop_assert_eq!(canonical_text(canonical), canonical);
            prop_assert!(text.starts_with(canonical));
            prop_assert!(text.bytes().skip(canonical.len()).all(|byte| byte.is_ascii_whitespace() || byte == 0xb));
        }
    }
}
