//! `cor deploy`: contracts onto a chain, addresses and ABIs into files.

use std::path::Path;

use cor_adapters::{
    chain::{Account, connect, explain},
    deploy::{Artifacts, DeployedNetwork, NetworkParams, deploy, deploy_lane},
};
use cor_wire::deployment::Deployment;
use serde::Serialize;

use crate::{
    args::DeployArgs,
    error::CliError,
    key,
    network::{read_deployment, write_abis, write_deployment},
    output::Output,
};

#[derive(Serialize)]
struct Report<'a> {
    network: &'a cor_wire::deployment::Deployment,
    contracts: &'a [cor_wire::deployment::DeployedContract],
    /// Folder of the contracts' ABIs.
    abi: &'a Path,
}

pub(crate) async fn run(args: DeployArgs, output: &Output) -> Result<(), CliError> {
    let key = key::load(&args.network)?;
    let replaced = args.replace.as_deref().map(read_deployment).transpose()?;
    let provider = connect(&args.network.rpc, replaced.as_ref().map(|replaced| replaced.chain_id)).await?;
    let chain_id = alloy::providers::Provider::get_chain_id(&provider).await;
    let chain_id = chain_id.map_err(|error| explain(&args.network.rpc, "eth_chainId", error))?;
    let account = Account::new(&args.network.rpc, provider, chain_id, key);
    let params = NetworkParams::development(chain_id, args.keepers, vec![default_model()]);
    let spinner = output.spinner("deploying");
    let artifacts = Artifacts::new(&args.contracts);
    let mut progress = |step: &str| spinner.set_message(step.to_owned());
    let network = match &replaced {
        None => deploy(&account, &artifacts, &params, &mut progress).await?,
        Some(replaced) => deploy_lane(&account, &artifacts, replaced, &params, &mut progress).await?,
    };
    spinner.finish_and_clear();
    let file = &args.network.network;
    write_deployment(file, &network.deployment)?;
    let abi = write_abis(file)?;
    let report = Report { network: &network.deployment, contracts: &network.contracts, abi: &abi };
    output.result(&report, |report| text(&network, file, report.abi))?;
    if let Some(replaced) = replaced {
        output.say(replacement_text(&replaced, &network));
    }
    Ok(())
}

/// What is left to do for a lane to take another's place.
fn replacement_text(replaced: &Deployment, network: &DeployedNetwork) -> String {
    format!(
        "The lane {} is proposed, and paused: Vault.moduleOf and Staking.moduleOf tell from when on it is active. Until then keepers post their bonds with the jury {}, and \
         miners are started with the new network file. Once both are active, setLanePaused(false) of that jury opens it; Vault.closeModule({}) stops money from coming into the \
         old lane, and setLanePaused(true) of its jury new tasks; it ends those that it has. Runtime.setModule tells clients.",
        network.deployment.lane, network.deployment.jury, replaced.lane
    )
}

/// The model that every miner has out of the box.
pub(crate) fn default_model() -> cor_adapters::deploy::ListedModel {
    cor_adapters::deploy::ListedModel {
        identifier: 1,
        class: 0,
        name: cor_inference::ModelSpec::SMOLLM2_135M_INSTRUCT.name.to_string(),
    }
}

/// The contracts as a table, and where addresses and ABIs are.
pub(crate) fn text(network: &DeployedNetwork, file: &Path, abi: &Path) -> String {
    let mut lines = vec![format!("{:<20} {:<42} {:>10} {:>10}", "contract", "address", "bytes", "gas")];
    for contract in &network.contracts {
        lines.push(format!(
            "{:<20} {:<42} {:>10} {:>10}",
            contract.name,
            contract.address.to_string(),
            contract.code_bytes,
            contract.gas_used
        ));
    }
    lines.push(format!("addresses in {}, ABIs in {}", file.display(), abi.display()));
    lines.join("\n")
}
