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

area! {
    /// Prompts and answers by their digest.
    blb:
    "BLB-001" BLOB_NOT_FOUND "BlobNotFound" None, Caller 404 Refused,
        "The blob is not there.",
        "Upload it first.";
    "BLB-002" WRONG_BLOB "WrongBlob" None, Peer 502 Refused,
        "The bytes do not hash to the digest that was asked for.",
        "Ask another source: this one is damaged or lies.";
    "BLB-003" BLOB_TOO_LARGE "BlobTooLarge" None, Caller 413 Refused,
        "The blob is larger than the limit.",
        "Make it smaller.";
    "BLB-004" BLOBS_UNAVAILABLE "BlobsUnavailable" None, Transient 503 Refused,
        "The blob store is unavailable.",
        "Try again later; check the folder, or that the keeper is running.";
}

area! {
    /// Messages that a keeper does not take.
    kpr:
    "KPR-001" TASK_NOT_OPEN "TaskNotOpen" None, Caller 404 Refused,
        "The task is not open.",
        "Check the task's number and its phase.";
    "KPR-002" MINER_NOT_ASSIGNED "MinerNotAssigned" None, Caller 403 Refused,
        "The miner is not assigned to the task.",
        "Send messages of assigned tasks only.";
    "KPR-003" WRONG_MESSAGE_SIGNER "WrongMessageSigner" None, Caller 403 Refused,
        "The signature is not by the miner.",
        "Check the key, the chain id, the address of the queue, and every value.";
    "KPR-004" MESSAGE_NOT_AWAITED "MessageNotAwaited" None, Caller 409 Refused,
        "The task does not wait for this message.",
        "Look at the phase of the task.";
}

area! {
    /// The keeper's HTTP server.
    htp:
    "HTP-001" SERVER_STOPPED "ServerStopped" None, Transient 503 Refused,
        "The HTTP server stopped.",
        "Look at the log, and start the service again.";
    "HTP-002" NOT_A_MESSAGE "NotAMessage" None, Caller 400 Refused,
        "The body is not a message of a miner.",
        "Send the JSON that the documentation shows.";
    "HTP-003" SIGNATURE_LENGTH "SignatureLength" None, Caller 400 Refused,
        "The signature is not of 65 bytes.",
        "Send r, s and v.";
    "HTP-004" NOT_A_DIGEST "NotADigest" None, Caller 400 Refused,
        "The digest is not 32 bytes in hex.",
        "Use the digest that the upload returned.";
    "HTP-005" NOT_JSON "NotJson" None, Caller 415 Refused,
        "The content type is not JSON.",
        "Set the header content-type to application/json.";
    "HTP-006" BODY_TOO_LARGE "BodyTooLarge" None, Caller 413 Refused,
        "The body is larger than the limit of its route.",
        "Send one message with each request.";
    "HTP-007" BODY_UNREADABLE "BodyUnreadable" None, Caller 400 Refused,
        "The body could not be read to its end.",
        "Send the whole body.";
    "HTP-008" NO_SUCH_ROUTE "NoSuchRoute" None, Caller 404 Refused,
        "There is no such route.",
        "Check the path.";
    "HTP-009" WRONG_METHOD "WrongMethod" None, Caller 405 Refused,
        "The route does not take this method.",
        "Check the method.";
    "HTP-010" BUSY "Busy" None, Transient 503 Refused,
        "The keeper serves as many requests of this kind as it can.",
        "Try again in a second.";
    "HTP-011" TOO_SLOW "TooSlow" None, Transient 408 Refused,
        "The request was not done in time.",
        "Try again later, or over a faster connection.";
}

/// Every area, in the order of the catalogue.
pub static AREAS: &[&[&Entry]] = &[access::ENTRIES, blb::ENTRIES, kpr::ENTRIES, htp::ENTRIES];

/// Every entry.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    AREAS.iter().flat_map(|area| area.iter().copied())
}
