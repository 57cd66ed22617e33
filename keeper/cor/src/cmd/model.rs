//! `cor model`: the models that a network serves, and the embedded one.

use std::collections::BTreeMap;

use alloy::{providers::Provider as _, rpc::types::Filter, sol_types::SolEvent};
use cor_adapters::chain::explain;
use cor_core::money::pricing::ModelClass;
use cor_inference::{
    ModelSpec, Progress,
    model::{self, Sources},
};
use cor_sol::session_payment_table::ISessionPaymentTable::ModelSet;
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
}

pub(crate) async fn run(args: ModelArgs, output: &Output) -> Result<(), CliError> {
    let (dir, url) = match args.action {
        ModelAction::List(network) => return list(&network, output).await,
        ModelAction::Fetch { dir, url } => (dir, url),
    };
    let installed = fetch(dir, url, output).await?;
    output.result(&installed, |model| format!("{} ({}), {} bytes: {}", model.name, model.licence, model.bytes, model.path))
}

/// Lists the models in service. The table has no list of them: its log does.
async fn list(args: &NetworkArgs, output: &Output) -> Result<(), CliError> {
    let network = Network::open(args).await?;
    let filter = Filter::new()
        .address(network.at.session_payment_table)
        .event_signature(ModelSet::SIGNATURE_HASH)
        .from_block(network.at.from_block);
    let logs = network.provider.get_logs(&filter).await.map_err(|error| explain(&network.endpoint, "eth_getLogs", error))?;
    let mut served = BTreeMap::new();
    for set in logs.iter().filter_map(|log| ModelSet::decode_log(&log.inner).ok()) {
        // The newest log of a model counts.
        let class = match ModelClass::try_from(set.class) {
            Ok(ModelClass::Light) => "light".to_owned(),
            Ok(ModelClass::Standard) => "standard".to_owned(),
            Ok(ModelClass::Heavy) => "heavy".to_owned(),
            Err(_) => format!("unknown {}", set.class),
        };
        let name = String::from_utf8_lossy(set.name.as_slice()).trim_end_matches('\0').to_owned();
        served.insert(set.modelIdentifier, set.enabled.then(|| Served { model: set.modelIdentifier, class, name }));
    }
    let served: Vec<_> = served.into_values().flatten().collect();
    output.result(&served, |served| {
        let line = |model: &Served| format!("{:>6}  {:<10} {}", model.model, model.class, model.name);
        std::iter::once(" model  class      name".to_owned()).chain(served.iter().map(line)).collect::<Vec<_>>().join("\n")
    })
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
