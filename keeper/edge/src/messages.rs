//! `POST /v1/messages`: signed messages of miners.

use std::sync::Arc;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
};
use cor_errors::table::htp;
use cor_ports::Intake;
use cor_ports::domain::{LaneMessage, SignedMessage};
use cor_wire::http::{MessageBody, MessageContents};

use crate::error::ApiError;

/// Takes in a message.
pub(crate) async fn take(
    State(intake): State<Arc<dyn Intake>>,
    body: Result<Json<MessageBody>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    let Json(body) = body.map_err(|rejection| unreadable(&rejection))?;
    let message = signed(&body)?;
    intake.receive(message).await.map_err(|refusal| ApiError::of(&refusal))?;
    Ok(StatusCode::ACCEPTED)
}

fn unreadable(rejection: &JsonRejection) -> ApiError {
    match rejection {
        JsonRejection::JsonDataError(_) | JsonRejection::JsonSyntaxError(_) => {
            ApiError::new(&htp::NOT_A_MESSAGE).saying(format!("not a lane message: {}", rejection.body_text()))
        }
        JsonRejection::MissingJsonContentType(_) => ApiError::new(&htp::NOT_JSON),
        other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(&htp::BODY_TOO_LARGE),
        _ => ApiError::new(&htp::BODY_UNREADABLE),
    }
}

/// The message of a body.
fn signed(body: &MessageBody) -> Result<SignedMessage, ApiError> {
    let message = match body.message {
        MessageContents::Precommit { commitment } => LaneMessage::Precommit { commitment },
        MessageContents::Commit { commitment, result_digest, salt } => LaneMessage::Commit { commitment, result_digest, salt },
    };
    let signature = body.signature.as_ref().try_into().map_err(|_| {
        let text = format!("the signature has {} bytes, wanted are 65 (r, s, v)", body.signature.len());
        ApiError::new(&htp::SIGNATURE_LENGTH).saying(text)
    })?;
    let MessageBody { task, assignment, miner, .. } = *body;
    Ok(SignedMessage { task, assignment, miner, message, signature })
}
