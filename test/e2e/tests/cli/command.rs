//! Running `cor` for one row of a table.

use std::{
    io::{Seek, Write},
    process::{Child, Command, Stdio},
};

use cor_errors::table;
use cor_kit::paths;
use serde_json::Value;

/// A command that must be refused.
pub(crate) struct Row {
    /// What is wrong.
    pub(crate) case: &'static str,
    /// Arguments after `cor`.
    pub(crate) args: Vec<String>,
    /// Environment, beside a clean one.
    pub(crate) env: Vec<(&'static str, String)>,
    /// Standard input.
    pub(crate) input: Vec<u8>,
    /// The code of the error.
    pub(crate) code: &'static str,
    /// The process's exit code.
    pub(crate) exit: i32,
    /// What the message or the next step must say: numbers, names, ways out.
    pub(crate) says: Vec<String>,
}

impl Row {
    /// A row with the words of `line` as arguments.
    pub(crate) fn new(case: &'static str, line: &str, code: &'static str, exit: i32, says: &[&str]) -> Self {
        let args = line.split_whitespace().map(str::to_owned).collect();
        Self {
            case,
            args,
            env: Vec::new(),
            input: Vec::new(),
            code,
            exit,
            says: says.iter().map(|&text| text.to_owned()).collect(),
        }
    }

    /// With one more argument, as it is.
    pub(crate) fn arg(mut self, argument: impl Into<String>) -> Self {
        self.args.push(argument.into());
        self
    }

    /// With one more variable.
    pub(crate) fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    /// With something on standard input.
    pub(crate) fn input(mut self, input: Vec<u8>) -> Self {
        self.input = input;
        self
    }

    /// Runs the row and says what differs from what is wanted.
    pub(crate) fn differs(&self, environment: &[(&'static str, String)]) -> Option<String> {
        let mut command = cor();
        command.arg("--json").args(&self.args);
        // A row's own variables come last and win.
        command.envs(environment.iter().chain(&self.env).map(|(name, value)| (*name, value)));
        let mut input = tempfile::tempfile().expect("a file");
        input.write_all(&self.input).and_then(|()| input.rewind()).expect("a file takes it");
        let output = command.stdin(input).output().expect("cor starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        let document = errors.lines().rev().find_map(|line| serde_json::from_str::<Value>(line).ok());
        let Some(error) = document.as_ref().map(|document| &document["error"]) else {
            return Some(format!("{}: no error in JSON, but {errors:?} and {}", self.case, output.status));
        };
        let (message, next) = (error["message"].as_str().unwrap_or_default(), error["next_step"].as_str().unwrap_or_default());
        let mut faults = Vec::new();
        if error["code"] != self.code || message.contains(self.code) {
            faults.push(format!("the code is {}", error["code"]));
        }
        let row = table::all().find(|entry| entry.code == self.code).expect("the table has the code");
        if error["name"] != row.name || next != row.next {
            faults.push(format!("name or next step are not those of the table: {error}"));
        }
        if output.status.code() != Some(self.exit) || error["exit_code"] != self.exit {
            faults.push(format!("the exit code is {:?}", output.status.code()));
        }
        let said = |text: &String| message.contains(text) || next.contains(text);
        faults.extend(self.says.iter().filter(|text| !said(text)).map(|text| format!("{text:?} is not said")));
        if errors.contains("panicked") || !output.stdout.is_empty() {
            faults.push("it panicked, or printed a result".to_owned());
        }
        (!faults.is_empty()).then(|| format!("{}: {} in {message:?}", self.case, faults.join(", ")))
    }
}

/// Runs all rows and fails with everything that differs.
pub(crate) fn all(rows: Vec<Row>, environment: Vec<(&'static str, String)>) {
    let faults: Vec<_> = rows.iter().filter_map(|row| row.differs(&environment)).collect();
    assert!(faults.is_empty(), "{} of {} rows:\n{}", faults.len(), rows.len(), faults.join("\n"));
}

/// `cor` without anything from the environment of whoever runs the tests.
pub(crate) fn cor() -> Command {
    let mut command = Command::new(paths::cor());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("COR_")) {
        command.env_remove(name);
    }
    command.env("COR_LOG", "error").stdin(Stdio::null());
    command
}

/// A process that ends with its test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
