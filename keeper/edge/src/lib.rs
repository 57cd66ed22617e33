//! What faces the network: the keeper's HTTP server.
//!
//! | route | what |
//! |---|---|
//! | `POST /v1/messages` | a signed message of a miner; 202 if taken |
//! | `GET /v1/offers/{miner}` | the tasks that wait for a miner |
//! | `POST /v1/blobs` | bytes; answers digest and URN |
//! | `GET /v1/blobs/{digest}` | bytes of a digest |
//! | `GET /healthz` | 200 while the process lives |
//!
//! Everything else is refused with an [`ApiError`], rendered in one place as `{"error": {"code", "message", "next", "request_id"}}`.
//! Each answer has the header `x-request-id`, under which the log has what the answer does not tell.
//!
//! The edge knows ports and wire types, no service and no adapter: it hands messages to an `Intake`, which has the offers too, and bytes to `Blobs`.

mod blobs;
mod error;
mod limits;
mod messages;
mod offers;
mod request_id;
mod serve;
#[cfg(test)]
mod tests;

pub use error::ApiError;
pub use limits::Limits;
pub use request_id::{REQUEST_ID, RequestId};
pub use serve::{ServeError, routes, serve};
