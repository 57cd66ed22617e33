//! Settings of the long-running services: shipped defaults < TOML file < environment. Unknown keys are refused.

use std::path::{Path, PathBuf};

use cor_inference::{EmbeddedConfig, InferenceConfig, KeySource, OpenAiConfig};
use cor_keeper::service::drill::Drill;
use figment::{
    Figment,
    providers::{Env, Format, Toml},
};
use serde::{Deserialize, de::DeserializeOwned};

use crate::error::CliError;

/// The shipped defaults; also the reference of every key.
const KEEPER_DEFAULTS: &str = include_str!("../keeper.default.toml");
const MINER_DEFAULTS: &str = include_str!("../miner.default.toml");

/// File in the keeper's folder with the address it listens on.
pub(crate) const ADDRESS_FILE: &str = "address";

/// Settings of a keeper.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeeperSettings {
    pub(crate) listen: String,
    pub(crate) data: PathBuf,
    pub(crate) poll_ms: u64,
    pub(crate) start_margin_secs: u64,
    pub(crate) reveal_patience_secs: u64,
    pub(crate) relay_margin_secs: u64,
    pub(crate) summon_after_percent: u64,
    pub(crate) retry_secs: u64,
    pub(crate) open_tasks_max: usize,
}

/// Settings of a miner.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MinerSettings {
    pub(crate) keeper: String,
    pub(crate) data: PathBuf,
    pub(crate) poll_ms: u64,
    pub(crate) direct_margin_secs: u64,
    pub(crate) repeat_secs: u64,
    pub(crate) close_grace_secs: u64,
    pub(crate) claim_min_cor: String,
    pub(crate) operator: String,
    pub(crate) models: Vec<u64>,
    pub(crate) capacity: u32,
    pub(crate) hardware_class: u8,
    pub(crate) drill: DrillSetting,
    pub(crate) drill_replica: i64,
    pub(crate) backend: BackendSettings,
}

/// How a miner misbehaves on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DrillSetting {
    /// Not at all.
    #[serde(rename = "")]
    None,
    WrongAnswer,
    NeverReveal,
    RevealOther,
    CopyCommitment,
    Silent,
}

impl DrillSetting {
    /// The value as a settings file or the environment has it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "",
            Self::WrongAnswer => "wrong-answer",
            Self::NeverReveal => "never-reveal",
            Self::RevealOther => "reveal-other",
            Self::CopyCommitment => "copy-commitment",
            Self::Silent => "silent",
        }
    }

    /// The drill, if there is one.
    pub(crate) const fn drill(self) -> Option<Drill> {
        match self {
            Self::None => None,
            Self::WrongAnswer => Some(Drill::WrongAnswer),
            Self::NeverReveal => Some(Drill::NeverReveal),
            Self::RevealOther => Some(Drill::RevealOther),
            Self::CopyCommitment => Some(Drill::CopyCommitment),
            Self::Silent => Some(Drill::Silent),
        }
    }
}

/// Which backend answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BackendKind {
    /// The small model in this process.
    Embedded,
    /// An OpenAI-compatible server.
    Openai,
}

/// What answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackendSettings {
    pub(crate) kind: BackendKind,
    pub(crate) threads: usize,
    pub(crate) models_dir: String,
    pub(crate) model_url: String,
    pub(crate) openai_url: String,
    pub(crate) openai_model: String,
    pub(crate) openai_key_env: String,
    pub(crate) openai_determinism_class: String,
}

/// The keeper's settings.
pub(crate) fn keeper(file: Option<&Path>) -> Result<KeeperSettings, CliError> {
    load(KEEPER_DEFAULTS, file, "COR_KEEPER_")
}

/// The miner's settings.
pub(crate) fn miner(file: Option<&Path>) -> Result<MinerSettings, CliError> {
    load(MINER_DEFAULTS, file, "COR_MINER_")
}

fn load<T: DeserializeOwned>(defaults: &str, file: Option<&Path>, prefix: &str) -> Result<T, CliError> {
    let mut figment = Figment::from(Toml::string(defaults));
    if let Some(path) = file {
        figment = figment.merge(Toml::file_exact(path));
    }
    Ok(figment.merge(Env::prefixed(prefix).split("__")).extract()?)
}

impl BackendSettings {
    /// The inference adapter's configuration.
    pub(crate) fn config(&self) -> Result<InferenceConfig, CliError> {
        let text = |value: &str| (!value.is_empty()).then(|| value.to_owned());
        match self.kind {
            BackendKind::Embedded => {
                let threads = self.threads.try_into().map_err(|_| invalid("backend.threads must be at least 1"))?;
                let models_dir = text(&self.models_dir).map(PathBuf::from);
                Ok(InferenceConfig::Embedded(EmbeddedConfig {
                    threads,
                    models_dir,
                    url: text(&self.model_url),
                    ..EmbeddedConfig::STANDARD
                }))
            }
            BackendKind::Openai => {
                let base_url = text(&self.openai_url)
                    .ok_or_else(|| invalid("backend.openai_url is missing; backend.kind = \"openai\" needs it"))?;
                let key = text(&self.openai_key_env).map(KeySource::Variable);
                let determinism_class = text(&self.openai_determinism_class);
                let standard = OpenAiConfig::new(base_url, self.openai_model.clone());
                Ok(InferenceConfig::OpenAi(OpenAiConfig { key, determinism_class, ..standard }))
            }
        }
    }
}

/// A value that no type can refuse.
pub(crate) fn invalid(text: &str) -> CliError {
    CliError::from(figment::Error::from(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_defaults_are_complete_and_valid() {
        let keeper = keeper(None).unwrap();
        let miner = miner(None).unwrap();
        for (margin, direct) in
            [keeper.start_margin_secs, keeper.relay_margin_secs].map(|margin| (margin, miner.direct_margin_secs))
        {
            assert!(margin > direct, "the keeper must act before miners lose patience");
        }
        assert!(
            keeper.start_margin_secs + keeper.reveal_patience_secs < u64::from(cor_core::limits::LANE_PHASE_SECS_MIN),
            "the shortest phase has time for an answer"
        );
        assert!(miner.backend.config().is_ok());
    }

    #[test]
    fn the_determinism_class_of_a_server_is_the_operators_word() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("miner.toml");
        for (line, class) in [("", None), ("openai_determinism_class = \"vllm-0.9/a100\"", Some("vllm-0.9/a100"))] {
            std::fs::write(&path, format!("[backend]\nkind = \"openai\"\nopenai_url = \"http://h/v1\"\n{line}\n")).unwrap();
            let config = miner(Some(&path)).unwrap().backend.config().unwrap();
            let InferenceConfig::OpenAi(config) = config else { panic!("{config:?}") };
            assert_eq!(config.determinism_class.as_deref(), class);
        }
    }

    #[test]
    fn bad_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("miner.toml");
        for (text, word) in [("pol_ms = 3", "pol_ms"), ("poll_ms = \"x\"", "poll_ms"), ("[backend]\nkind = 3", "kind")] {
            std::fs::write(&path, text).unwrap();
            let error = miner(Some(&path)).unwrap_err().to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
        assert!(miner(Some(&folder.path().join("absent.toml"))).is_err());
        for (text, values) in
            [("[backend]\nkind = \"oracle\"", ["oracle", "embedded"]), ("drill = \"dance\"", ["dance", "copy-commitment"])]
        {
            std::fs::write(&path, text).unwrap();
            let error = miner(Some(&path)).unwrap_err().to_string();
            assert!(values.iter().all(|value| error.contains(value)), "the value and those that are known: {error}");
        }
    }

    #[test]
    fn each_drill_is_set_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("miner.toml");
        for drill in [
            DrillSetting::None,
            DrillSetting::WrongAnswer,
            DrillSetting::NeverReveal,
            DrillSetting::RevealOther,
            DrillSetting::CopyCommitment,
            DrillSetting::Silent,
        ] {
            std::fs::write(&path, format!("drill = {:?}", drill.name())).unwrap();
            let read = miner(Some(&path)).unwrap().drill;
            assert_eq!(read, drill);
            assert_eq!(read.drill().is_none(), drill == DrillSetting::None);
        }
    }
}
