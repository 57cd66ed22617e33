//! `cor model`: the embedded model.

use cor_inference::{
    ModelSpec, Progress,
    model::{self, Sources},
};
use serde::Serialize;

use crate::{
    args::{ModelAction, ModelArgs},
    error::CliError,
    output::Output,
};

#[derive(Serialize)]
struct Installed {
    name: String,
    licence: String,
    path: String,
    bytes: u64,
}

pub(crate) async fn run(args: ModelArgs, output: &Output) -> Result<(), CliError> {
    let ModelAction::Fetch { dir, url } = args.action;
    let installed = fetch(dir, url, output).await?;
    output.result(&installed, |model| format!("{} ({}), {} bytes: {}", model.name, model.licence, model.bytes, model.path));
    Ok(())
}

/// Installs the model if it is not there. Shows a bar while bytes come.
pub(crate) async fn ensure(dir: Option<std::path::PathBuf>, url: Option<String>, output: &Output) -> Result<(), CliError> {
    fetch(dir, url, output).await.map(drop)
}

async fn fetch(dir: Option<std::path::PathBuf>, url: Option<String>, output: &Output) -> Result<Installed, CliError> {
    let dir = match dir {
        Some(dir) => dir,
        None => model::default_models_dir()?,
    };
    let spec = ModelSpec::SMOLLM2_135M_INSTRUCT;
    let bar = output.bytes_bar();
    let shown = bar.clone();
    let progress = Progress::new(move |event| {
        shown.set_message(event.stage.to_string());
        shown.set_length(event.total);
        shown.set_position(event.done);
    });
    let installed = model::ensure(&spec, &dir, &Sources::standard(url), &progress).await?;
    bar.finish_and_clear();
    let path = installed.path().display().to_string();
    Ok(Installed { name: spec.name.to_string(), licence: spec.licence.to_string(), path, bytes: spec.installed.bytes })
}
