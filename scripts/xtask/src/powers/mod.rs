//! Who may do what, at worst, and after what delay: the page [`PAGE`], made of the goldens of permissions and of [`TABLE`].
//!
//! The goldens say who may call a function. What comes of it at worst, and when, only a person can say: in one row for every call that is
//! not everybody's. A call without a row and a row without a call are findings of `tidy`, and so is a page that is not what these make.

mod golden;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use self::golden::{Call, Who};
use self::table::Row;

/// The page.
pub(crate) const PAGE: &str = "docs/protocol/powers.md";
/// What is said by hand.
pub(crate) const TABLE: &str = "scripts/xtask/src/powers/worst.txt";
/// Who may call what, by contract.
const PERMISSIONS: &str = "test/goldens/permissions/";
/// Every function of every contract.
const ABIS: &str = "test/goldens/abi/";

/// The roles of the page in their order: a heading, and the accounts of the goldens, or of the table, that are meant.
const ROLES: [(&str, &[&str]); 12] = [
    ("Owner", &["owner"]),
    ("Governor", &["Governor"]),
    ("Guardian", &["guardian"]),
    ("Candidate for ownership", &["candidate"]),
    ("Keeper", &["keeper"]),
    ("Module, or another contract of ours", &["active", "closing", "slasher", "Vault", "Staking"]),
    ("Minter", &["minter"]),
    ("Node", &["node", "draining", "stopped"]),
    ("Operator", &["operator"]),
    ("Staker", &["staker"]),
    ("Payer", &["payer"]),
    ("Spender or payee that a holder of tokens named", &["spender", "payee"]),
];

/// Accounts of the goldens that hold no role: what they may do, everybody may.
const NOBODY: [&str; 6] = ["stranger", "unknown", "account", "proposed", "gone", "lane"];

const HEAD: &str = "\
# Powers: who can do what, at worst

Made of the goldens in `test/goldens/permissions` and of `scripts/xtask/src/powers/worst.txt`; do not edit. `cargo xtask bless` writes it, and `cargo xtask tidy`
refuses one that is out of date, a call without a row, and a row without a call.

Who may call what is tried by the contracts' tests: every role calls every function. For what is marked * it is said by hand: no golden tells it, or anyone may call and the
contract asks for the role's signature.

*At once* is in the same second. Delays that a contract has for ever, by the name under which it shows them:

- `moduleDelaySecs` of `Vault`, `delaySecs` of `Staking`, `NodePool` and `Jury`, `minDelaySecs` of `SessionPaymentTable`; bounds and reasons are in
  `contracts/core/src/limits.rs`, those of money and stake in [money](money.md).
- Before `open` of `Vault`, `Staking`, `NodePool` and `Jury` they are not waited for, and no money, stake, node or keeper is taken.

`cor deploy` makes `Jury` the lane's governor, so that what a governor can do is what the jury lets its owner do. A jury has one lane for ever, and a lane one governor: another of either is another lane, which waits for `moduleDelaySecs` and `delaySecs`.
";

/// A call with what is said of it.
struct Power<'a> {
    contract: &'a str,
    call: &'a str,
    /// Places in [`ROLES`]; nothing is everybody.
    roles: BTreeSet<usize>,
    by_hand: bool,
    row: Option<&'a Row>,
}

/// The page, from the repository's text files as path and text.
///
/// # Errors
/// A sentence for each call without a row, each row without a call, and whatever cannot be read.
pub(crate) fn page<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Result<String, Vec<String>> {
    let (mut goldens, mut abis, mut rows) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    let mut problems = Vec::new();
    for (path, text) in files {
        if let Some(name) = path.strip_prefix(PERMISSIONS).and_then(|name| name.strip_suffix(".txt")) {
            match golden::read(text) {
                Ok(calls) => drop(goldens.insert(golden::contract(name), calls)),
                Err(problem) => problems.push(format!("{path}: {problem}")),
            }
        } else if let Some(name) = path.strip_prefix(ABIS).and_then(|name| name.strip_suffix(".txt")) {
            abis.insert(name.to_owned(), golden::changing(text));
        } else if path == TABLE {
            match table::read(text) {
                Ok(read) => rows = read,
                Err(problem) => problems.push(problem),
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let calls = calls(&goldens, &abis, &mut problems);
    let powers = powers(&calls, &rows, &mut problems);
    if problems.is_empty() { Ok(render(&powers)) } else { Err(problems) }
}

/// Every call that changes something, of the golden of its contract.
fn calls(
    goldens: &BTreeMap<String, Vec<Call>>,
    abis: &BTreeMap<String, BTreeSet<String>>,
    problems: &mut Vec<String>,
) -> Vec<(String, Call)> {
    let mut calls = Vec::new();
    for (contract, functions) in abis {
        let Some(golden) = goldens.get(contract) else {
            problems.push(format!("{contract}: there is no golden of permissions"));
            continue;
        };
        let tried: BTreeSet<_> = golden.iter().map(Call::function).collect();
        let missing = functions.iter().filter(|function| !tried.contains(function.as_str()));
        problems.extend(missing.map(|function| format!("{contract}.{function}: the golden of permissions lacks it")));
        let changing = golden.iter().filter(|call| functions.contains(call.function()));
        calls.extend(changing.map(|call| (contract.clone(), call.clone())));
    }
    let nameless = goldens.keys().filter(|contract| !abis.contains_key(*contract));
    problems.extend(nameless.map(|contract| format!("{contract}: there is no golden ABI of this name")));
    calls
}

/// Every call with its roles and its row.
fn powers<'a>(calls: &'a [(String, Call)], rows: &'a [Row], problems: &mut Vec<String>) -> Vec<Power<'a>> {
    let mut powers = Vec::new();
    for (contract, call) in calls {
        let name = format!("{contract}.{}", call.name);
        let found: Vec<_> = rows.iter().filter(|row| row.is_of(contract, call)).collect();
        if found.len() > 1 {
            problems.push(format!("{name} has {} rows", found.len()));
        }
        let row = found.first().copied();
        let said = row.map_or(&[][..], |row| &row.who);
        let told = match &call.who {
            Who::Accounts(accounts) if said.is_empty() => accounts.as_slice(),
            Who::Accounts(accounts) => {
                problems.push(format!("{name}: the golden says {accounts:?}; say nobody"));
                continue;
            }
            Who::Anyone | Who::Untold => said,
        };
        if call.who == Who::Untold && told.is_empty() {
            problems.push(format!("{name} has no row that says who may call it"));
        }
        match roles_of(told) {
            Ok(roles) => {
                if row.is_none() && !roles.is_empty() {
                    problems.push(format!("{name} has no row: say what it can do at worst, and after what delay"));
                }
                powers.push(Power { contract, call: &call.name, roles, by_hand: !said.is_empty(), row });
            }
            Err(account) => problems.push(format!("{name}: `{account}` holds no role of the page")),
        }
    }
    for row in rows {
        let named = row.names().filter(|(contract, function)| {
            !calls.iter().any(|(of, call)| of == contract && (call.name == *function || call.function() == *function))
        });
        problems.extend(named.map(|(contract, function)| format!("{contract}.{function} has a row and is no call: take it out")));
    }
    powers
}

/// The roles of some accounts, as places in [`ROLES`].
fn roles_of(accounts: &[String]) -> Result<BTreeSet<usize>, String> {
    let place = |account: &String| {
        let place = ROLES.iter().position(|(_, accounts)| accounts.contains(&account.as_str()));
        place.ok_or_else(|| account.clone())
    };
    accounts.iter().map(place).collect()
}

fn render(powers: &[Power<'_>]) -> String {
    let mut text = HEAD.to_owned();
    for (place, (heading, _)) in ROLES.iter().enumerate() {
        // Writing to a string does not fail.
        let _ = write!(text, "\n## {heading}\n\n| contract | call | at worst | after |\n|---|---|---|---|\n");
        for power in powers.iter().filter(|power| power.roles.contains(&place)) {
            let (mark, row) = (if power.by_hand { " *" } else { "" }, power.row);
            let (worst, after) = row.map_or(("", ""), |row| (row.worst.as_str(), row.after.as_str()));
            let _ = writeln!(text, "| {} | `{}`{mark} | {worst} | {after} |", power.contract, power.call);
        }
    }
    text.push_str("\n## Anyone\n\nFor itself, with its own money or with a signature of whom it is about; and `complete`, `start` and `precommit` of `Lane`, with the signature of the role above.\n\n");
    text.push_str("| contract | calls |\n|---|---|\n");
    let mut open: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for power in powers.iter().filter(|power| power.roles.is_empty()) {
        open.entry(power.contract).or_default().push(format!("`{}`{}", power.call, if power.by_hand { " *" } else { "" }));
    }
    for (contract, calls) in open {
        let _ = writeln!(text, "| {contract} | {} |", calls.join(", "));
    }
    text
}

#[cfg(test)]
mod tests;
