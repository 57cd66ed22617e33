//! Contracts in hand-assembled EVM code.

/// Init code that deploys `runtime` (hex without prefix, at most 255 bytes).
pub(crate) fn init_code(runtime: &str) -> String {
    // PUSH1 len, DUP1, PUSH1 9, PUSH0, CODECOPY, PUSH0, RETURN
    format!("0x60{:02x}8060095f395ff3{runtime}", runtime.len() / 2)
}

/// Without calldata returns slot 0; with calldata stores its first word there and logs it under topic 1.
pub(crate) const COUNTER: &str = concat!(
    "36600c57",         // if calldatasize goto 0c
    "5f545f5260205ff3", // return sload(0)
    "5b5f35805f555f52", // 0c: sstore(0, calldata[0]); mstore(0, calldata[0])
    "600160205fa100",   // log1(0, 32, 1); stop
);

/// Reverts with its calldata.
pub(crate) const REVERTER: &str = "365f5f37365ffd";

/// Returns block number, timestamp, base fee, chain id, gas price and origin, a word each.
pub(crate) const ENVIRONMENT: &str = concat!(
    "435f52",   // mstore(0x00, number)
    "42602052", // mstore(0x20, timestamp)
    "48604052", // mstore(0x40, basefee)
    "46606052", // mstore(0x60, chainid)
    "3a608052", // mstore(0x80, gasprice)
    "3260a052", // mstore(0xa0, origin)
    "60c05ff3", // return(0, 0xc0)
);

/// Runs into INVALID.
pub(crate) const INVALID: &str = "fe";

/// Calls the address in the first word of its calldata with the rest, and returns or reverts with what it got.
pub(crate) const PROXY: &str = "602036038060206000376000600082600060006000355af13d600060003e6025573d6000fd5b3d6000f3";

/// Emits as many logs as the first word of its calldata says, under topic 1, without data.
pub(crate) const LOGGER: &str = concat!(
    "5f35",         // n = calldata[0]
    "5b80600957",   // 02: if n goto 09
    "0000",         // stop
    "5b60015f5fa1", // 09: log1(0, 0, 1)
    "60019003",     // n -= 1
    "600256",       // goto 02
);
