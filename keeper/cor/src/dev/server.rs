//! An inference server in the place of the embedded model: which of its models the miners ask for.

use cor_inference::{InferenceError, OpenAiBackend, OpenAiConfig};

use crate::error::CliError;

/// How many of the server's models an error lists.
const LISTED_MAX: usize = 10;

/// The only model of a server.
///
/// # Errors
/// If the server cannot be reached, lists several models, or none.
pub(super) async fn only_model(url: &str) -> Result<String, CliError> {
    // No model is asked for: the name in the configuration does not matter.
    let config = OpenAiConfig::new(url, "");
    let listed = OpenAiBackend::models(&config).await.map_err(InferenceError::from)?;
    choose(url, listed)
}

fn choose(url: &str, listed: Option<Vec<String>>) -> Result<String, CliError> {
    let refused =
        |found: String, example: &str| Err(CliError::ModelChoice { url: url.to_owned(), found, example: example.to_owned() });
    let Some(models) = listed else { return refused("no list of models".to_owned(), "NAME") };
    match models.as_slice() {
        [only] => Ok(only.clone()),
        [] => refused("no model is loaded".to_owned(), "NAME"),
        [first, ..] => {
            let names: Vec<_> = models.iter().take(LISTED_MAX).map(|name| format!("`{name}`")).collect();
            let more = if models.len() > LISTED_MAX { ", …" } else { "" };
            refused(format!("{} models ({}{more})", models.len(), names.join(", ")), first)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_model_is_taken_and_more_or_none_must_be_named() {
        let names = |count: usize| (0..count).map(|index| format!("m{index}")).collect::<Vec<_>>();
        assert_eq!(choose("http://h/v1", Some(names(1))).unwrap(), "m0");
        for (listed, says) in [
            (None, "no list of models at http://h/…; --openai-model NAME names one"),
            (Some(names(0)), "no model is loaded at http://h/…; --openai-model NAME names one"),
            (Some(names(2)), "2 models (`m0`, `m1`) at http://h/…; --openai-model m0 names one"),
        ] {
            assert_eq!(choose("http://h/v1", listed).unwrap_err().to_string(), says);
        }
        let many = choose("http://h/v1", Some(names(50))).unwrap_err().to_string();
        assert!(many.contains("`m9`, …)") && !many.contains("`m10`"), "{many}");
    }
}
