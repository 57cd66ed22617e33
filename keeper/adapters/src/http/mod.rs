//! The keeper's HTTP: miners hand in messages, anyone fetches and uploads blobs.
//!
//! | route | what |
//! |---|---|
//! | `POST /v1/messages` | a signed lane message; 202 if taken |
//! | `POST /v1/blobs` | bytes; answers digest and URN |
//! | `GET /v1/blobs/{digest}` | bytes of a digest |
//! | `GET /healthz` | 200 while the process lives |

mod client;
mod server;

pub use client::{HttpBlobs, HttpRelay, KeeperClient};
pub use server::{IntakeError, serve};

use alloy::primitives::Bytes;
use cor_ports::domain::{LaneMessage, SignedMessage};
use cor_wire::lane::{MessageBody, MessageContents};

/// The wire form of a message.
fn to_wire(message: &SignedMessage) -> MessageBody {
    let contents = match message.message {
        LaneMessage::Ack => MessageContents::Ack {},
        LaneMessage::Precommit { commitment } => MessageContents::Precommit { commitment },
        LaneMessage::Commit { result_digest, salt } => MessageContents::Commit { result_digest, salt },
    };
    MessageBody {
        task_id: message.task_id,
        miner: message.miner,
        message: contents,
        signature: Bytes::copy_from_slice(&message.signature),
    }
}

/// The message of a wire form; `None` if the signature has not 65 bytes.
fn from_wire(body: &MessageBody) -> Option<SignedMessage> {
    let message = match body.message {
        MessageContents::Ack {} => LaneMessage::Ack,
        MessageContents::Precommit { commitment } => LaneMessage::Precommit { commitment },
        MessageContents::Commit { result_digest, salt } => LaneMessage::Commit { result_digest, salt },
    };
    Some(SignedMessage { task_id: body.task_id, miner: body.miner, message, signature: body.signature.as_ref().try_into().ok()? })
}
