//! The table, one module for each area. A code is written here and nowhere else.

use crate::entry::{Class, Entry, Exit};

/// Makes the entries of an area, each a static that its error names, and their list.
macro_rules! area {
    ($(#[$doc:meta])* $area:ident: $($code:literal $entry:ident $name:literal $selector:expr, $class:ident $status:literal $exit:ident, $sentence:literal, $next:literal;)+) => {
        $(#[$doc])*
        pub mod $area {
            use super::{Class, Entry, Exit};

            $(
                #[doc = concat!("`", $code, "`: ", $sentence)]
                pub static $entry: Entry = Entry {
                    code: $code,
                    name: $name,
                    selector: $selector,
                    class: Class::$class,
                    status: $status,
                    exit: Exit::$exit,
                    sentence: $sentence,
                    next: $next,
                };
            )+

            /// Every entry of the area, by code.
            pub static ENTRIES: &[&Entry] = &[$(&$entry),+];
        }
    };
}

area! {
    /// Who may call, and the module registry.
    access:
    "ACCESS-001" UNAUTHORIZED "Unauthorized" Some([0x8e, 0x4a, 0x23, 0xd6]), Caller 403 Refused,
        "The caller does not hold the role that this function wants.",
        "Send the call from the required account; if that is the zero address, the contract is not wired yet.";
}

/// Every area, in the order of the catalogue.
pub static AREAS: &[&[&Entry]] = &[access::ENTRIES];

/// Every entry.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    AREAS.iter().flat_map(|area| area.iter().copied())
}
