//! Sizes and hashes of the contracts: the manifest of a build and the golden it is compared with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Measurements of one built program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// Bytes of the module.
    pub(crate) wasm_bytes: usize,
    /// Bytes of the module compressed, without the 4 bytes of prefix.
    pub(crate) brotli_bytes: usize,
    /// Of the module, in hex.
    pub(crate) sha256: String,
}

/// The golden file: exact for one compiler, since another one makes other bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sizes {
    /// Compiler and optimiser, as they call themselves.
    pub(crate) compiler: String,
    pub(crate) contracts: BTreeMap<String, Measured>,
}

/// What the comparison with the golden came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Same,
    /// The golden was made by another compiler, so nothing can be said.
    OtherCompiler {
        golden: String,
    },
    Different(Vec<String>),
}

impl Sizes {
    pub(crate) fn path(root: &Path) -> PathBuf {
        root.join("test/goldens/wasm-sizes.json")
    }

    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
        serde_json::from_str(&text).map_err(Error::json(path))
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        write_json(path, self)
    }

    /// Compares a fresh build with the golden.
    pub(crate) fn against(&self, golden: &Self) -> Verdict {
        if self.compiler != golden.compiler {
            return Verdict::OtherCompiler { golden: golden.compiler.clone() };
        }
        let names: std::collections::BTreeSet<_> = self.contracts.keys().chain(golden.contracts.keys()).collect();
        let differences: Vec<_> = names
            .into_iter()
            .filter_map(|name| {
                let (new, old) = (self.contracts.get(name), golden.contracts.get(name));
                (new != old).then(|| format!("  {name}: golden {}, built {}", shown(old), shown(new)))
            })
            .collect();
        if differences.is_empty() { Verdict::Same } else { Verdict::Different(differences) }
    }
}

fn shown(measured: Option<&Measured>) -> String {
    measured.map_or_else(|| "absent".to_owned(), |m| format!("{} / {} bytes ({:.8}…)", m.wasm_bytes, m.brotli_bytes, m.sha256))
}

/// Writes pretty JSON with a final newline, making the folder if need be.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value).map_err(Error::json(path))?;
    text.push('\n');
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    }
    std::fs::write(path, text).map_err(Error::io("write", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(compiler: &str, contracts: &[(&str, usize)]) -> Sizes {
        let measured = |&(name, brotli_bytes): &(&str, usize)| {
            let measured = Measured { wasm_bytes: 100, brotli_bytes, sha256: "ab".repeat(32) };
            (name.to_owned(), measured)
        };
        Sizes { compiler: compiler.to_owned(), contracts: contracts.iter().map(measured).collect() }
    }

    #[test]
    fn any_change_under_the_same_compiler_is_a_difference() {
        let golden = sizes("a", &[("cor", 10), ("staking", 20)]);
        let cases = [
            (sizes("a", &[("cor", 10), ("staking", 20)]), Some(Vec::new())),
            (sizes("a", &[("cor", 11), ("staking", 20)]), Some(vec!["cor"])),
            (sizes("a", &[("cor", 10)]), Some(vec!["staking"])),
            (sizes("a", &[("cor", 10), ("new", 1), ("staking", 20)]), Some(vec!["new"])),
            (sizes("b", &[("cor", 99)]), None),
        ];
        for (built, expected) in cases {
            let names = match built.against(&golden) {
                Verdict::Same => Some(Vec::new()),
                Verdict::OtherCompiler { golden } => {
                    assert_eq!(golden, "a");
                    None
                }
                Verdict::Different(list) => {
                    Some(list.iter().filter_map(|line| Some(line.trim().split_once(':')?.0.to_owned())).collect())
                }
            };
            assert_eq!(names, expected.map(|list| list.into_iter().map(str::to_owned).collect()));
        }
    }
}
