//! Files under `test/goldens` that tests compare what they find with.
//!
//! A difference fails the test and shows both. One that is meant is written down by `cargo xtask bless`, which runs every test
//! whose name has `golden` in it with `COR_BLESS` set.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

/// Set and not empty: goldens are written and not compared.
const BLESS: &str = "COR_BLESS";

/// Another compiler makes other instructions of the same contract; by more than a tenth it would be another contract.
const OTHER_COMPILER_BPS: u64 = 1_000;

/// Compares `actual` with the golden text `name`, such as `permissions/node-pool.txt`.
///
/// # Panics
/// If they differ: the panic shows each line that does.
pub fn assert_text(name: &str, actual: &str) {
    let Some(golden) = read_or_bless(name, actual) else { return };
    fail_on(name, &lines_apart(&golden, actual));
}

/// Gas that calls used, in the order in which they were measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gas {
    /// Who compiled the contracts.
    compiler: String,
    calls: Vec<(String, u64)>,
}

impl Gas {
    /// Nothing measured yet, on the contracts of [`crate::paths::contracts`].
    #[must_use]
    pub fn new() -> Self {
        Self { compiler: compiler(), calls: Vec::new() }
    }

    /// Writes down what a call used, after refunds. Each call has a name of its own.
    pub fn used(&mut self, call: &str, gas: u64) {
        self.calls.push((call.to_owned(), gas));
    }

    /// Compares with the golden `gas/<name>.txt`: exactly, unless it was made with another compiler.
    ///
    /// # Panics
    /// If a call costs more or less than it did, is new, or is gone: the panic shows old and new.
    pub fn assert_golden(&self, name: &str) {
        let name = format!("gas/{name}.txt");
        let Some(golden) = read_or_bless(&name, &self.to_text()) else { return };
        let golden = Self::from_text(&golden).unwrap_or_else(|line| panic!("{name}: no line of a gas golden: {line}"));
        fail_on(&name, &self.apart_from(&golden));
    }

    /// What a call of this name used.
    ///
    /// # Panics
    /// If it was not measured.
    #[must_use]
    pub fn of(&self, call: &str) -> u64 {
        let found = self.calls.iter().find(|(name, _)| name == call);
        found.unwrap_or_else(|| panic!("{call}: not measured")).1
    }

    fn to_text(&self) -> String {
        let mut text = format!("{}\n", self.compiler);
        for (call, gas) in &self.calls {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{gas:>9}  {call}");
        }
        text
    }

    /// The line that is none, if there is one.
    fn from_text(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        let compiler = lines.next().unwrap_or_default().to_owned();
        let call = |line: &str| {
            let (gas, call) = line.trim_start().split_once("  ")?;
            Some((call.to_owned(), gas.parse::<u64>().ok()?))
        };
        let calls = lines.map(|line| call(line).ok_or_else(|| line.to_owned())).collect::<Result<Vec<_>, String>>()?;
        Ok(Self { compiler, calls })
    }

    fn apart_from(&self, golden: &Self) -> Vec<String> {
        let (old, new): (BTreeMap<_, _>, BTreeMap<_, _>) =
            (golden.calls.iter().cloned().collect(), self.calls.iter().cloned().collect());
        let slack = |gas: u64| if self.compiler == golden.compiler { 0 } else { gas * OTHER_COMPILER_BPS / 10_000 };
        let shown = |gas: Option<&u64>| gas.map_or("absent".to_owned(), u64::to_string);
        let names: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
        let apart = names.into_iter().filter(|name| match (old.get(*name), new.get(*name)) {
            (Some(old), Some(new)) => old.abs_diff(*new) > slack(*old),
            _ => true,
        });
        apart.map(|name| format!("{name}: was {}, is {}", shown(old.get(name)), shown(new.get(name)))).collect()
    }
}

impl Default for Gas {
    fn default() -> Self {
        Self::new()
    }
}

/// The figures that the project is measured by, by name: gas of whole ways, and what each contract weighs compressed, of 24,576 bytes.
const SCOREBOARD: &str = "scoreboard.json";

/// Compares `gas` and the compressed sizes of the contracts with the golden scoreboard: exactly, unless it was made with another compiler.
///
/// # Panics
/// If a figure differs, is new, or is gone: the panic shows old and new.
pub fn assert_scoreboard(gas: &[(String, u64)]) {
    let (compiler, sizes) = manifest();
    let section = |figures: &[(String, u64)]| figures.iter().cloned().collect::<BTreeMap<_, _>>();
    let now = serde_json::json!({ "compiler": compiler, "gas": section(gas), "brotli_bytes": section(&sizes) });
    let text = serde_json::to_string_pretty(&now).expect("figures are JSON") + "\n";
    let Some(golden) = read_or_bless(SCOREBOARD, &text) else { return };
    let golden: serde_json::Value = serde_json::from_str(&golden).expect("the scoreboard is JSON");
    let before = Gas { compiler: golden["compiler"].as_str().unwrap_or_default().to_owned(), calls: figures_of(&golden) };
    fail_on(SCOREBOARD, &Gas { compiler, calls: figures_of(&now) }.apart_from(&before));
}

/// The figures of a scoreboard with their section before their names.
fn figures_of(scoreboard: &serde_json::Value) -> Vec<(String, u64)> {
    let sections = ["gas", "brotli_bytes"].into_iter().filter_map(|section| Some((section, scoreboard[section].as_object()?)));
    let figures = sections.flat_map(|(section, figures)| {
        figures.iter().map(move |(name, figure)| (format!("{section} {name}"), figure.as_u64().unwrap_or_default()))
    });
    figures.collect()
}

/// The golden, or `None` if it was just written.
fn read_or_bless(name: &str, actual: &str) -> Option<String> {
    let path = path(name);
    if std::env::var_os(BLESS).is_some_and(|value| !value.is_empty()) {
        let folder = path.parent().expect("a golden lies in a folder");
        fs::create_dir_all(folder).unwrap_or_else(|error| panic!("{name}: {error}"));
        fs::write(&path, actual).unwrap_or_else(|error| panic!("{name}: {error}"));
        return None;
    }
    Some(fs::read_to_string(&path).unwrap_or_else(|error| panic!("golden {name}: {error}; made by `cargo xtask bless`")))
}

fn path(name: &str) -> PathBuf {
    crate::paths::repository("test/goldens").join(name)
}

/// Compiler and optimiser of the contracts, as their manifest names them.
fn compiler() -> String {
    manifest().0
}

/// Who compiled the contracts, and what each weighs compressed, bytes.
fn manifest() -> (String, Vec<(String, u64)>) {
    let path = crate::paths::contracts().join("manifest.json");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let manifest: serde_json::Value = serde_json::from_str(&text).expect("the manifest is JSON");
    let contracts = manifest["contracts"].as_array().expect("the manifest lists the contracts");
    let size = |contract: &serde_json::Value| {
        let name = contract["name"].as_str().expect("the manifest knows their names");
        (name.to_owned(), contract["brotli_bytes"].as_u64().expect("the manifest knows their sizes"))
    };
    (manifest["compiler"].as_str().expect("the manifest names the compiler").to_owned(), contracts.iter().map(size).collect())
}

fn lines_apart(golden: &str, actual: &str) -> Vec<String> {
    let (mut old, mut new) = (golden.lines(), actual.lines());
    let mut apart = Vec::new();
    loop {
        match (old.next(), new.next()) {
            (None, None) => return apart,
            (old, new) if old == new => {}
            (old, new) => apart.push(format!("was {}\n   is {}", old.unwrap_or("absent"), new.unwrap_or("absent"))),
        }
    }
}

fn fail_on(name: &str, differences: &[String]) {
    let list = differences.join("\n  ");
    assert!(differences.is_empty(), "{name} differs:\n  {list}\nIf that is meant: cargo xtask bless, and review the change.");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gas(compiler: &str, calls: &[(&str, u64)]) -> Gas {
        let calls = calls.iter().map(|(call, gas)| ((*call).to_owned(), *gas)).collect();
        Gas { compiler: compiler.to_owned(), calls }
    }

    #[test]
    fn gas_is_written_and_read() {
        let measured = gas("rustc 1", &[("submit(a b)", 204_208), ("end", 7)]);
        assert_eq!(measured.to_text(), "rustc 1\n   204208  submit(a b)\n        7  end\n");
        assert_eq!(Gas::from_text(&measured.to_text()), Ok(measured));
        assert_eq!(Gas::from_text("rustc 1\n12 end\n"), Err("12 end".to_owned()));
    }

    #[test]
    fn one_unit_of_gas_is_a_difference() {
        let golden = gas("a", &[("ack", 10_000), ("end", 20_000)]);
        let table: [(Gas, &[&str]); 6] = [
            (gas("a", &[("end", 20_000), ("ack", 10_000)]), &[]),
            (gas("a", &[("ack", 10_001), ("end", 20_000)]), &["ack: was 10000, is 10001"]),
            (gas("a", &[("ack", 9_999), ("end", 20_000)]), &["ack: was 10000, is 9999"]),
            (gas("a", &[("ack", 10_000), ("fin", 1)]), &["end: was 20000, is absent", "fin: was absent, is 1"]),
            (gas("b", &[("ack", 11_000), ("end", 18_000)]), &[]),
            (gas("b", &[("ack", 11_001), ("end", 17_999)]), &["ack: was 10000, is 11001", "end: was 20000, is 17999"]),
        ];
        for (measured, differences) in table {
            assert_eq!(measured.apart_from(&golden), differences);
        }
    }

    #[test]
    fn every_line_of_a_text_counts() {
        assert!(lines_apart("a\nb\n", "a\nb\n").is_empty());
        assert_eq!(lines_apart("a\nb\n", "a\nc\n"), ["was b\n   is c"]);
        assert_eq!(lines_apart("a\n", "a\nb\n"), ["was absent\n   is b"]);
        assert_eq!(lines_apart("a\nb\n", "a\n"), ["was b\n   is absent"]);
    }
}
