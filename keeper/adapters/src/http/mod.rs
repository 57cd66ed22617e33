//! A keeper as miners and users reach it over HTTP.

mod client;

pub use client::{HttpBlobs, HttpRelay, KeeperClient};

use alloy::primitives::Bytes;
use cor_ports::domain::{Bound, Crew, LaneMessage, Offer, SignatureBytes, SignedMessage};
use cor_wire::http::{BoundBody, MessageBody, MessageContents, OfferBody};

/// The wire form of a message.
fn to_wire(message: &SignedMessage) -> MessageBody {
    let contents = match message.message {
        LaneMessage::Precommit { commitment } => MessageContents::Precommit { commitment },
        LaneMessage::Commit { commitment, result_digest, salt } => MessageContents::Commit { commitment, result_digest, salt },
    };
    MessageBody {
        task: message.task,
        assignment: message.assignment,
        miner: message.miner,
        message: contents,
        signature: Bytes::copy_from_slice(&message.signature),
    }
}

/// An offer of its wire form; `None` if a signature has not 65 bytes, or not each miner has a place for what it is bound by.
fn from_wire(offer: OfferBody) -> Option<Offer> {
    let OfferBody { task, keeper, miners, assign, bound } = offer;
    if miners.len() != bound.len() {
        return None;
    }
    // Nothing of a miner is right; half of something is not.
    let bound = bound.into_iter().map(|bound| bound.map_or(Some(None), |bound| bound_of(bound).map(Some)));
    Some(Offer { task, crew: Crew { keeper, miners }, assign: signature(&assign)?, bound: bound.collect::<Option<_>>()? })
}

fn bound_of(bound: BoundBody) -> Option<Bound> {
    Some(Bound { commitment: bound.commitment, signature: signature(&bound.signature)? })
}

fn signature(bytes: &[u8]) -> Option<SignatureBytes> {
    bytes.try_into().ok()
}
