//! The `cor` command line: the only place that knows services and adapters.
//!
//! Exit codes are those of `cor_errors::Exit`.

mod activity;
mod args;
mod cmd;
mod dev;
mod error;
mod key;
mod network;
mod output;
mod settings;
mod terms;

use std::{io, process::ExitCode};

use args::{Args, Command};
use clap::error::ContextKind;
use cor_errors::Coded as _;
use error::CliError;
use output::Output;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let args = match Args::of_process() {
        Ok(args) => args,
        Err(error) => return refuse_usage(&error),
    };
    tracing_subscriber::fmt()
        .with_env_filter(log_filter())
        .with_writer(io::stderr)
        .with_target(false)
        .with_ansi(output::colours())
        .init();
    let output = Output::new(args.json);
    if let Err(error) = configure_engine(&args.command) {
        output.error(&error);
        return ExitCode::from(error.exit_code());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(args.command, &output)),
        Err(error) => Err(CliError::Io { what: "starting the runtime".to_owned(), source: error }),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// What is logged: what `COR_LOG` asks for, but for the client of nodes, which below this level names the whole URL in every line.
fn log_filter() -> EnvFilter {
    let asked = EnvFilter::try_from_env("COR_LOG").unwrap_or_else(|_| "warn,cor=info,cor_keeper=info".into());
    asked.add_directive("alloy_transport_http=info".parse().expect("a directive"))
}

/// Ends with wrong usage: a value that we refuse as every other error; what the parser refuses in its own form for people, and as every
/// other error for programs. `--help` and `--version` come this way too, and are no errors.
fn refuse_usage(error: &clap::Error) -> ExitCode {
    let json = std::env::args_os().any(|argument| argument == "--json");
    if let Some(refusal) = refused_value(error) {
        Output::new(json).error(&refusal);
        return ExitCode::from(refusal.exit_code());
    }
    if !error.use_stderr() || !json {
        // A closed terminal is nothing to report to.
        let _ = error.print();
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1));
    }
    let usage = CliError::Usage(one_line(&error.to_string()));
    Output::new(json).error(&usage);
    ExitCode::from(usage.exit_code())
}

/// A value that one of our own parsers refused, with the argument that it was given for.
fn refused_value(error: &clap::Error) -> Option<CliError> {
    let refusal = std::error::Error::source(error)?.downcast_ref::<CliError>()?;
    let argument = error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
    Some(CliError::Argument { argument, message: refusal.to_string(), entry: refusal.entry() })
}

/// What the parser says, without its marks, its usage and its hint at `--help`, which the next step is.
fn one_line(text: &str) -> String {
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let end = ["\n\nUsage:", "\n\nFor more information"].iter().filter_map(|mark| text.find(mark)).min().unwrap_or(text.len());
    text.get(..end).unwrap_or(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The embedded engine's threads are fixed before any other thread starts.
fn configure_engine(command: &Command) -> Result<(), CliError> {
    let Command::Miner(args) = command else { return Ok(()) };
    let threads = settings::miner(args.config.as_deref())?.backend.threads;
    let threads = threads.try_into().map_err(|_| settings::invalid("backend.threads must be at least 1"))?;
    Ok(cor_inference::engine_threads::configure(threads).map_err(cor_inference::InferenceError::from)?)
}

async fn run(command: Command, output: &Output) -> Result<(), CliError> {
    match command {
        Command::Dev(args) => dev::run(args, output).await,
        Command::Chain(args) => cmd::chain::run(args, output).await,
        Command::Deploy(args) => cmd::deploy::run(args, output).await,
        Command::Keeper(args) => cmd::keeper::run(args).await,
        Command::Miner(args) => cmd::miner::run(args).await,
        Command::Session(args) => cmd::session::run(args, output).await,
        Command::Task(args) => cmd::task::run(args, output).await,
        Command::Quote(args) => cmd::quote::run(args, output).await,
        Command::Stake(args) => cmd::stake::run(args, output).await,
        Command::Jury(args) => cmd::jury::run(args, output).await,
        Command::Explain(args) => cmd::explain::run(args, output).await,
        Command::Model(args) => cmd::model::run(args, output).await,
    }
}
