//! `cor deploy`: contracts onto a chain, addresses and ABIs into files.

use std::path::Path;

use cor_adapters::{
    chain::{Account, connect, explain},
    deploy::{Artifacts, DeployedNetwork, NetworkParams, deploy},
};
use serde::Serialize;

use crate::{
    args::DeployArgs,
    error::CliError,
    key,
    network::{write_abis, write_deployment},
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
    let provider = connect(&args.network.rpc, None).await?;
    let chain_id = alloy::providers::Provider::get_chain_id(&provider).await;
    let chain_id = chain_id.map_err(|error| explain(&args.network.rpc, "eth_chainId", error))?;
    let account = Account::new(&args.network.rpc, provider, chain_id, key);
    let params = NetworkParams::development(chain_id, args.keepers, vec![default_model()]);
    let spinner = output.spinner("deploying");
    let network =
        deploy(&account, &Artifacts::new(&args.contracts), &params, &mut |step| spinner.set_message(step.to_owned())).await?;
    spinner.finish_and_clear();
    let file = &args.network.network;
    write_deployment(file, &network.deployment)?;
    let abi = write_abis(file)?;
    let report = Report { network: &network.deployment, contracts: &network.contracts, abi: &abi };
    output.result(&report, |report| text(&network, file, report.abi))?;
    Ok(())
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
