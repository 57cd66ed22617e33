//! Reading the table: what each call can do at worst, and when.
//!
//! A line is `contracts | calls | who | at worst | after`, with commas between contracts and calls. *Who* is for what no golden tells, and for
//! what everybody may send with a role's signature. A call is a function, or one of its rows in the golden, remark and all. `#` begins a remark.

use super::golden::Call;

/// One line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    contracts: Vec<String>,
    calls: Vec<String>,
    pub(super) who: Vec<String>,
    pub(super) worst: String,
    pub(super) after: String,
}

impl Row {
    /// Whether it is about this call.
    pub(super) fn is_of(&self, contract: &str, call: &Call) -> bool {
        let named = self.calls.iter().any(|name| *name == call.name || *name == call.function());
        named && self.contracts.iter().any(|name| name == contract)
    }

    /// Each contract with each call.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.contracts.iter().flat_map(|contract| self.calls.iter().map(move |call| (contract.as_str(), call.as_str())))
    }
}

/// All lines.
///
/// # Errors
/// A sentence about the first line that is none.
pub(super) fn read(text: &str) -> Result<Vec<Row>, String> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(row).collect()
}

fn row(line: &str) -> Result<Row, String> {
    let parts: Vec<_> = line.split('|').map(str::trim).collect();
    let [contracts, calls, who, worst, after] = parts[..] else {
        return Err(format!("`{line}` has {} parts of five", parts.len()));
    };
    let list = |text: &str| text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let row =
        Row { contracts: list(contracts), calls: list(calls), who: list(who), worst: worst.to_owned(), after: after.to_owned() };
    if row.contracts.is_empty() || row.calls.is_empty() || worst.is_empty() || after.is_empty() {
        return Err(format!("`{line}` leaves something out"));
    }
    Ok(row)
}
