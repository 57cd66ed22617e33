//! Reading the goldens: who may call what, and what changes something.
//!
//! A golden of permissions is a matrix of accounts and calls, with `ok` or the refusal in each cell; or a list of calls, each with the one that
//! may.

use std::collections::BTreeSet;

use super::NOBODY;

/// The account whose refusal is everybody's.
const STRANGER: &str = "stranger";
/// What a cell says of a call that is not refused.
const OK: &str = "ok";
/// Who may, in a list.
const ANYONE: &str = "Anyone";

/// A call of a function; a remark in brackets tells it from others of the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) who: Who,
}

/// Who may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Who {
    Anyone,
    /// These accounts of the golden.
    Accounts(Vec<String>),
    /// The golden cannot say.
    Untold,
}

impl Call {
    /// The function's name.
    pub(super) fn function(&self) -> &str {
        self.name.split('(').next().unwrap_or_default()
    }
}

/// The name of the contract whose golden is called so: `node-pool` is of `NodePool`.
pub(super) fn contract(file: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>())
    };
    file.split('-').filter_map(capital).collect()
}

/// Names of the functions of a golden ABI that change something.
pub(super) fn changing(abi: &str) -> BTreeSet<String> {
    let functions = abi.lines().filter_map(|line| line.strip_prefix("function "));
    let changing = functions.filter(|line| !line.contains(") view") && !line.contains(") pure"));
    changing.filter_map(|line| line.split('(').next()).map(str::to_owned).collect()
}

/// The calls of a golden of permissions.
///
/// # Errors
/// A sentence for a golden of neither form.
pub(super) fn read(text: &str) -> Result<Vec<Call>, String> {
    let mut lines = text.lines();
    if !text.starts_with(' ') {
        return lines.map(listed).collect();
    }
    let accounts: Vec<_> = lines.next().unwrap_or_default().split_whitespace().collect();
    let stranger = accounts.iter().position(|account| *account == STRANGER).ok_or("no stranger tries anything")?;
    lines.map(|line| row(line, &accounts, stranger)).collect()
}

fn listed(line: &str) -> Result<Call, String> {
    let [name, who] = line.split_whitespace().collect::<Vec<_>>()[..] else {
        return Err(format!("`{line}` is no call with its role"));
    };
    let who = if who == ANYONE { Who::Anyone } else { Who::Accounts(vec![who.to_owned()]) };
    Ok(Call { name: name.to_owned(), who })
}

fn row(line: &str, accounts: &[&str], stranger: usize) -> Result<Call, String> {
    let mut cells = line.split_whitespace();
    let name = cells.next().unwrap_or_default().to_owned();
    let cells: Vec<_> = cells.collect();
    let refusal = *cells
        .get(stranger)
        .filter(|_| cells.len() == accounts.len())
        .ok_or_else(|| format!("`{name}` has {} cells", cells.len()))?;
    if refusal == OK {
        return Ok(Call { name, who: Who::Anyone });
    }
    let may: Vec<_> = accounts.iter().zip(&cells).filter(|(_, cell)| **cell == OK).map(|(account, _)| *account).collect();
    if let Some(nobody) = may.iter().find(|account| NOBODY.contains(account)) {
        return Err(format!("`{nobody}` may call `{name}`, and a stranger may not"));
    }
    // What is refused in the state of the test is still of whom the others' refusal names.
    let required =
        refusal.strip_prefix("Unauthorized(").and_then(|rest| rest.strip_suffix(')')).filter(|who| accounts.contains(who));
    let who = match (may.is_empty(), required) {
        (false, _) => Who::Accounts(may.into_iter().map(str::to_owned).collect()),
        (true, Some(required)) => Who::Accounts(vec![required.to_owned()]),
        (true, None) => Who::Untold,
    };
    Ok(Call { name, who })
}
