//! `GET /v1/offers/{miner}`: the tasks that wait for a miner.

use std::sync::Arc;

use alloy_primitives::{Address, Bytes};
use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use cor_errors::table::htp;
use cor_ports::Intake;
use cor_ports::domain::{Bound, Crew, Offer};
use cor_wire::http::{BoundBody, OfferBody, OffersBody};

use crate::error::ApiError;

/// Tells a miner of its tasks. Nobody is asked who they are: an offer holds signatures, and no answer.
pub(crate) async fn give(
    State(intake): State<Arc<dyn Intake>>,
    miner: Result<Path<String>, PathRejection>,
) -> Result<Json<OffersBody>, ApiError> {
    let Path(miner) = miner.map_err(|_| ApiError::new(&htp::NOT_AN_ADDRESS))?;
    let miner = miner
        .parse::<Address>()
        .map_err(|_| ApiError::new(&htp::NOT_AN_ADDRESS).saying(format!("{miner:.80} is not an address of 20 bytes in hex")))?;
    let offers = intake.offers(miner).await;
    Ok(Json(OffersBody { offers: offers.into_iter().map(body).collect() }))
}

fn body(offer: Offer) -> OfferBody {
    let Offer { task, crew: Crew { keeper, miners }, assign, bound } = offer;
    let bound = bound.into_iter().map(|bound| bound.map(bound_body)).collect();
    OfferBody { task, keeper, miners, assign: Bytes::copy_from_slice(&assign), bound }
}

fn bound_body(bound: Bound) -> BoundBody {
    BoundBody { commitment: bound.commitment, signature: Bytes::copy_from_slice(&bound.signature) }
}
