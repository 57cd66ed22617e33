//! The `cor` command line.
fn main() {}
