//! The text of an error with all its causes.

use std::error::Error;

/// The error with all its causes, which clients of the outside keep to themselves: they say "error sending request", and not that the
/// connection was refused. A cause that its effect already quotes is not said twice.
#[must_use]
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Layer {
        text: &'static str,
        source: Option<Box<Layer>>,
    }

    #[test]
    fn each_cause_is_said_once() {
        for (texts, said) in [
            (vec!["no reply"], "no reply"),
            (vec!["no reply", "connection refused"], "no reply: connection refused"),
            (vec!["no reply: refused", "refused", "errno 111"], "no reply: refused: errno 111"),
        ] {
            let error = texts.into_iter().rev().fold(None, |source, text| Some(Box::new(Layer { text, source })));
            assert_eq!(with_causes(&error.unwrap()), said);
        }
    }
}
