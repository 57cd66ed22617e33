//! `cor model`: the models that a network serves, and the embedded one.

use std::collections::BTreeSet;

use alloy::{primitives::B256, providers::Provider as _, rpc::types::Filter, sol_types::SolEvent};
use cor_adapters::chain::explain;
use cor_core::money::pricing::ModelClass;
use cor_inference::{
    ModelSpec, Progress,
    model::{self, Sources},
};
use cor_ports::{ChainError, RevertError};
use cor_sol::{
    ContractError,
    session_payment_table::ISessionPaymentTable::{ModelSet, getModelChangeReturn},
};
use cor_wire::readable;
use serde::Serialize;

use crate::{
    args::{ModelAction, ModelArgs, NetworkArgs},
    error::CliError,
    network::Network,
    output::Output,
};

#[derive(Serialize)]
struct Installed {
    name: String,
    licence: String,
    path: String,
    bytes: u64,
}

/// A model that sessions can name.
#[derive(Serialize)]
struct Served {
    model: u64,
    class: String,
    name: String,
    /// What is announced of it; `None` if nothing is.
    change: Option<Announced>,
}

/// What a model will be. Until then it is what it is.
#[derive(Serialize)]
struct Announced {
    #[serde(with = "readable::maybe_time")]
    effective_at: Option<u64>,
    class: String,
    in_service: bool,
    name: String,
}

pub(crate) async fn run(args: ModelArgs, output: &Output) -> Result<(), CliError> {
    let (dir, url) = match args.action {
        ModelAction::List(network) => return list(&network, output).await,
        ModelAction::Fetch { dir, url } => (dir, url),
    };
    let installed = fetch(dir, url, output).await?;
    output.result(&installed, |model| format!("{} ({}), {} bytes: {}", model.name, model.licence, model.bytes, model.path))
}

/// Lists the models in service. The table has no list of them: its log has each that ever was, and the table what each is now.
async fn list(args: &NetworkArgs, output: &Output) -> Result<(), CliError> {
    let network = Network::open(args).await?;
    let filter = Filter::new()
        .address(network.at.session_payment_table)
        .event_signature(ModelSet::SIGNATURE_HASH)
        .from_block(network.at.from_block);
    let logs = network.provider.get_logs(&filter).await.map_err(|error| explain(&network.endpoint, "eth_getLogs", error))?;
    let models: BTreeSet<_> =
        logs.iter().filter_map(|log| ModelSet::decode_log(&log.inner).ok()).map(|set| set.modelIdentifier).collect();
    let mut served = Vec::new();
    for model in models {
        served.extend(look_up(&network, model).await?);
    }
    output.result(&served, |served| {
        std::iter::once(" model  class      name".to_owned()).chain(served.iter().map(line)).collect::<Vec<_>>().join("\n")
    })
}

/// A model as the table has it now; `None` if it is out of service.
async fn look_up(network: &Network, model: u64) -> Result<Option<Served>, CliError> {
    let table = network.table();
    let now = match table.getModel(model).call().await.map_err(network.failed("getModel")) {
        Ok(now) => now,
        Err(error) if is_out_of_service(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let next = table.getModelChange(model).call().await.map_err(network.failed("getModelChange"))?;
    let change = (next.effectiveAt != 0).then(|| announced(&next));
    Ok(Some(Served { model, class: class(now.class), name: text(now.name), change }))
}

const fn is_out_of_service(error: &CliError) -> bool {
    let CliError::Chain(ChainError::Reverted { error: RevertError::Contract(error), .. }) = error else { return false };
    matches!(error, ContractError::UnknownModel(_))
}

fn announced(change: &getModelChangeReturn) -> Announced {
    Announced {
        effective_at: Some(change.effectiveAt),
        class: class(change.class),
        in_service: change.enabled,
        name: text(change.name),
    }
}

fn line(model: &Served) -> String {
    let now = format!("{:>6}  {:<10} {}", model.model, model.class, model.name);
    let Some(change) = &model.change else { return now };
    let time = change.effective_at.and_then(readable::time_text).unwrap_or_default();
    let then = if change.in_service { format!("{} {}", change.class, change.name) } else { "out of service".to_owned() };
    format!("{now} (from {time}: {then})")
}

fn class(number: u8) -> String {
    match ModelClass::try_from(number) {
        Ok(ModelClass::Light) => "light".to_owned(),
        Ok(ModelClass::Standard) => "standard".to_owned(),
        Ok(ModelClass::Heavy) => "heavy".to_owned(),
        Err(_) => format!("unknown {number}"),
    }
}

fn text(name: B256) -> String {
    String::from_utf8_lossy(name.as_slice()).trim_end_matches('\0').to_owned()
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
