//! The page of powers: by samples, and the repository's own.

use super::*;
use crate::BLESS;
use crate::tidy::Tree;
use crate::workspace::Workspace;

const ABI: (&str, &str) = (
    "test/goldens/abi/Till.txt",
    "function open()\nfunction pay(address)\nfunction put()\nfunction sum() view returns (uint256)\n",
);
const PERMISSIONS: (&str, &str) = (
    "test/goldens/permissions/till.txt",
    "           owner                guardian               stranger\n\
     open(again) AlreadyOpen          Unauthorized(owner)    Unauthorized(owner)\n\
     pay         ok                   ok                     Unauthorized(owner)\n\
     put         ok                   ok                     ok\n\
     sum         ok                   ok                     ok\n",
);
const ROWS: &str = "# remark\nTill | open | | It begins | at once\nTill | pay | | All goes | at once\n";

fn made(permissions: &str, rows: &str) -> Result<String, Vec<String>> {
    page([ABI, (PERMISSIONS.0, permissions), (TABLE, rows)].into_iter())
}

/// The one problem of a sample.
fn problem(permissions: &str, rows: &str) -> String {
    let problems = made(permissions, rows).expect_err("a problem");
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems[0].clone()
}

#[test]
fn roles_come_from_the_golden_and_the_rest_from_the_table() {
    let page = made(PERMISSIONS.1, ROWS).expect("a page");
    let of =
        |heading: &str| page.split(heading).nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a section").to_owned();
    assert!(of("## Owner").contains("| Till | `open(again)` | It begins | at once |\n| Till | `pay` | All goes | at once |"));
    assert!(of("## Guardian").contains("| Till | `pay` | All goes | at once |") && !of("## Guardian").contains("open"));
    assert!(of("## Anyone").contains("| Till | `put` |") && !page.contains("`sum`"));
}

#[test]
fn a_call_without_a_row_and_a_row_without_a_call_are_found() {
    assert!(problem(PERMISSIONS.1, "Till | open | | It begins | at once\n").starts_with("Till.pay has no row"));
    assert!(
        problem(PERMISSIONS.1, &format!("{ROWS}Till | take | | All goes | at once\n"))
            .starts_with("Till.take has a row and is no call")
    );
    assert!(problem(PERMISSIONS.1, &format!("{ROWS}Till | pay | | Nothing | never\n")).starts_with("Till.pay has 2 rows"));
    assert!(problem(PERMISSIONS.1, &ROWS.replace("pay | |", "pay | owner |")).starts_with("Till.pay: the golden says"));
    assert!(problem(PERMISSIONS.1, &ROWS.replace("open | |", "open | | |")).contains("parts of five"));
    assert!(problem(PERMISSIONS.1, &ROWS.replace("All goes", "")).contains("leaves something out"));
}

#[test]
fn what_no_golden_tells_is_said_by_hand() {
    let untold = PERMISSIONS
        .1
        .replace("open(again) AlreadyOpen          Unauthorized(owner)    Unauthorized(owner)", "open NotYet NotYet NotYet");
    assert!(problem(&untold, ROWS).starts_with("Till.open has no row that says who"));
    let said = made(&untold, &ROWS.replace("open | |", "open | keeper |")).expect("a page");
    assert!(said.contains("| Till | `open` * | It begins | at once |"));
    assert!(problem(&untold, &ROWS.replace("open | |", "open | nobody |")).contains("`nobody` holds no role"));
    // Of what everybody may call a role can say what its signature does there.
    let signed = made(PERMISSIONS.1, &format!("{ROWS}Till | put | keeper | It chooses | at once\n")).expect("a page");
    assert!(signed.contains("| Till | `put` * | It chooses | at once |"));
}

#[test]
fn goldens_that_do_not_fit_are_found() {
    let missing = PERMISSIONS.1.lines().filter(|line| !line.starts_with("put")).collect::<Vec<_>>().join("\n");
    assert!(problem(&missing, ROWS).starts_with("Till.put: the golden of permissions lacks it"));
    // A row that says who may call takes no golden's place.
    for rows in ["# nothing\n", "Till | open, pay, put | owner | All goes | at once\n"] {
        let renamed = page([ABI, ("test/goldens/permissions/purse.txt", "pay Anyone\n"), (TABLE, rows)].into_iter());
        let problems = renamed.expect_err("a problem");
        let [mine, others] = ["Till: there is no golden of permissions", "Purse: there is no golden ABI of this name"];
        assert_eq!(problems[..2], [mine, others], "{problems:?}");
    }
    let unknown = PERMISSIONS.1.replace("guardian ", "account  ");
    assert!(made(&unknown, ROWS).expect_err("a problem")[0].contains("`account` may call `pay`"));
    for (bad, says) in [
        ("  owner\npay ok\n", "no stranger"),
        ("  owner stranger\npay ok\n", "1 cells"),
        ("pay Anyone now\n", "no call with its role"),
    ] {
        assert!(made(bad, ROWS).expect_err("a problem")[0].contains(says), "{bad}");
    }
}

#[test]
fn golden_powers_page() {
    let workspace = Workspace::load().expect("a workspace");
    let tree = Tree::load(&workspace).expect("a tree");
    let made = page(tree.texts()).unwrap_or_else(|problems| panic!("{}", problems.join("\n")));
    let path = workspace.root.join(PAGE);
    if std::env::var_os(BLESS).is_some_and(|value| !value.is_empty()) {
        std::fs::write(&path, &made).expect("the page is written");
        return;
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == made, "{PAGE} is not what goldens and {TABLE} make: cargo xtask bless");
}
