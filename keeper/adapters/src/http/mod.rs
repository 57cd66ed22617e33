//! A keeper as miners and users reach it over HTTP.

mod client;

pub use client::{HttpBlobs, HttpRelay, KeeperClient};

use alloy::primitives::Bytes;
use cor_ports::domain::{LaneMessage, SignedMessage};
use cor_wire::http::{MessageBody, MessageContents};

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
