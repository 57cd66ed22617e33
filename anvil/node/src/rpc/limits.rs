//! Limits of the server, each with its reason.

/// Bytes of a request, single or batch. Anvil takes 2 MB; state dumps and traces' overrides are larger, and a hundred megabytes are
/// what a state of a few hundred contracts needs.
pub(super) const BODY_BYTES_MAX: u32 = 128 * 1024 * 1024;
/// Bytes of an answer. A hundred thousand logs or a struct trace of a long transaction fit; beyond it clients give up anyway.
pub(super) const RESPONSE_BYTES_MAX: u32 = 512 * 1024 * 1024;
/// Requests in a batch: geth's limit. Clients split larger ones.
pub(super) const BATCH_MAX: u32 = 1_000;
/// Requests of one connection to the Unix socket that are under way at the same time; more wait.
pub(super) const IPC_CALLS_MAX: usize = 64;
/// Open connections. Browsers and test runners open a few each; each connection has one request under way.
pub(super) const CONNECTIONS_MAX: u32 = 1_024;
/// Subscriptions of one WebSocket connection; geth allows about as many before it drops the connection.
pub(super) const SUBSCRIPTIONS_MAX: u32 = 1_024;
/// Messages buffered for a WebSocket client that reads slowly; beyond that its subscriptions wait, then lose events.
pub(super) const MESSAGES_BUFFERED: u32 = 1_024;
/// Blocks of one `eth_feeHistory` (geth).
pub(super) const FEE_HISTORY_BLOCKS_MAX: u64 = 1_024;
/// Percentiles of one `eth_feeHistory` (geth).
pub(super) const FEE_HISTORY_PERCENTILES_MAX: usize = 100;
/// Slots of one `eth_getStorageValues` (geth).
pub(super) const STORAGE_VALUES_MAX: usize = 1_024;
