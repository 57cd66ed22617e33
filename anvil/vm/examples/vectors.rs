//! Runs every `*.json` of a folder in the format of `test/vectors/stylus` and says how many programs
//! and runs agree: `cargo run -p cor-stylus-vm --example vectors -- DIR`. Exit code 1 on any
//! difference, 2 when the vectors cannot be read.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line program")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::path::Path;
use std::process::ExitCode;
use std::{env, io};

use support::vectors::{Report, files, run_file};

/// Differences printed for each file.
const SHOWN_MAX: usize = 10;

fn main() -> ExitCode {
    let Some(folder) = env::args().nth(1) else {
        eprintln!("usage: vectors DIR");
        return ExitCode::from(2);
    };
    match run_folder(Path::new(&folder)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{folder}: {error}");
            ExitCode::from(2)
        }
    }
}

fn run_folder(folder: &Path) -> io::Result<bool> {
    let paths = files(folder)?;
    if paths.is_empty() {
        return Err(io::Error::other("no *.json here"));
    }
    let mut total = Report::default();
    for path in paths {
        let report = run_file(&path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        print_line(&name, &report);
        for difference in report.differences.iter().take(SHOWN_MAX) {
            println!("  {difference}");
        }
        if report.differences.len() > SHOWN_MAX {
            println!("  … and {} more", report.differences.len() - SHOWN_MAX);
        }
        total.add(report);
    }
    print_line("all", &total);
    Ok(total.differences.is_empty())
}

fn print_line(name: &str, report: &Report) {
    let Report { programs, programs_agreeing, runs, runs_agreeing, .. } = report;
    println!("{name}: {programs_agreeing} of {programs} programs, {runs_agreeing} of {runs} runs agree");
}
