//! The table: one file for each owner, one module for each area. A code is written here and nowhere else.
//!
//! A code that has been published keeps its meaning; a new error takes the next number of its area, and a number that is no longer
//! used is not given away again.

mod command;
mod contracts;
mod dev_chain;
mod inference;
mod keeper;
mod tools;

pub use command::cli;
pub use contracts::{access, amount, jury, lane, module, pay, pool, price, queue, stake, token};
pub use dev_chain::{chain, dump, evm, fork, harness, node, vm};
pub use inference::inf;
pub use keeper::{blb, chn, dpl, htp, jrn, kpr, mnr, rly, sig};
pub use tools::{bench, xtask};

use crate::entry::Entry;

/// An area of the table: errors of one subject.
#[derive(Clone, Copy, Debug)]
pub struct Area {
    /// What its codes begin with.
    pub name: &'static str,
    /// Its subject, in a line.
    pub about: &'static str,
    /// Its errors, by code.
    pub entries: &'static [&'static Entry],
}

/// Makes the entries of an area, each a static that its error names, and their list.
///
/// A row is: code, static, name, `[selector]` if a contract reverts with it, class, HTTP status or `-` if it is not for a client, exit code,
/// sentence, next step.
macro_rules! area {
    (
        #[doc = $about:literal]
        $area:ident $prefix:literal:
        $($code:literal $entry:ident $name:literal $([$selector:literal])? $class:ident $status:tt $exit:ident $sentence:literal $next:literal;)+
    ) => {
        #[doc = $about]
        pub mod $area {
            use crate::{entry::{Class, Entry, Exit}, table::Area};

            $(
                #[doc = concat!("`", $code, "`: ", $sentence)]
                pub static $entry: Entry = Entry {
                    code: $code,
                    name: $name,
                    selector: crate::table::selector(&[$($selector)?]),
                    class: Class::$class,
                    status: crate::table::status!($status),
                    exit: Exit::$exit,
                    sentence: $sentence,
                    next: $next,
                };
            )+

            /// The area with every entry.
            pub static AREA: Area = Area { name: $prefix, about: $about, entries: &[$(&$entry),+] };
        }
    };
}
use area;

/// The status of a row; `-` is none.
macro_rules! status {
    (-) => {
        None
    };
    ($status:literal) => {
        Some($status)
    };
}
use status;

/// The four bytes of a selector, if a row has one.
const fn selector(written: &[u32]) -> Option<[u8; 4]> {
    match written {
        [number] => Some(number.to_be_bytes()),
        _ => None,
    }
}

/// Every area, in the order of the catalogue.
pub static AREAS: &[&Area] = &[
    &access::AREA,
    &token::AREA,
    &amount::AREA,
    &module::AREA,
    &stake::AREA,
    &pool::AREA,
    &price::AREA,
    &pay::AREA,
    &queue::AREA,
    &lane::AREA,
    &jury::AREA,
    &node::AREA,
    &chain::AREA,
    &dump::AREA,
    &fork::AREA,
    &evm::AREA,
    &vm::AREA,
    &harness::AREA,
    &chn::AREA,
    &blb::AREA,
    &jrn::AREA,
    &rly::AREA,
    &sig::AREA,
    &kpr::AREA,
    &mnr::AREA,
    &htp::AREA,
    &dpl::AREA,
    &inf::AREA,
    &cli::AREA,
    &xtask::AREA,
    &bench::AREA,
];

/// Every entry, in the order of the catalogue.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    AREAS.iter().flat_map(|area| area.entries.iter().copied())
}
