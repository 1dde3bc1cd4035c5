//! `POST /apps/{id}/batch_events`: publishes 1 to 10 events, all or nothing (section 15.4).

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::PusherApi;
use super::answer::{ApiError, Object, accepted, json};
use super::attributes::Counts;
use super::event::{Channels, Event, Fields};
use super::events::hand_over;
use super::signed_request::SignedRequest;
use crate::application::Limits;

#[derive(Serialize)]
struct Published {
    batch: Vec<Counts>,
}

pub(super) async fn publish(State(api): State<PusherApi>, request: SignedRequest) -> Result<Response, ApiError> {
    let entries = match request.json()?.remove("batch") {
        Some(Value::Array(entries)) if !entries.is_empty() => entries,
        None | Some(Value::Null | Value::Array(_)) => {
            return Err(ApiError::field("batch", "The batch field is required."));
        }
        Some(_) => return Err(ApiError::field("batch", "The batch field must be an array.")),
    };
    let max_events = request.application.limits.max_events_per_batch;
    if entries.len() > max_events {
        return Err(ApiError::BadRequest(format!("Batch too large ({} > {max_events})", entries.len())));
    }
    let events = check(entries, &api, &request.application.limits)?;
    if !api.hub.may_publish(&request.application, events.len()) {
        return Err(ApiError::TooManyPublishes);
    }
    let application_id = &request.application.id;
    hand_over(&api, events.iter().flat_map(|it| it.publications(application_id)).collect()).await;
    if events.iter().all(|it| it.info.is_none()) {
        return Ok(accepted());
    }
    let counts = events.iter().map(|event| match (&event.info, event.channels.first()) {
        (Some(asked), Some(channel)) => Counts::of(&api.hub, application_id, channel, asked),
        _ => Counts::default(),
    });
    Ok(json(&Published { batch: counts.collect() }))
}

/// Every entry valid, or everything that is wrong with any of them.
fn check(entries: Vec<Value>, api: &PusherApi, limits: &Limits) -> Result<Vec<Event>, ApiError> {
    let mut errors = Object::default();
    let mut all_fields = Vec::with_capacity(entries.len());
    for (index, entry) in entries.into_iter().enumerate() {
        match entry {
            Value::Object(object) => {
                all_fields.extend(Fields::take(object, &format!("batch.{index}."), Channels::One, &mut errors));
            }
            _ => errors.0.push((format!("batch.{index}"), vec![format!("The batch.{index} field must be an array.")])),
        }
    }
    if !errors.0.is_empty() {
        return Err(ApiError::Fields(errors));
    }
    all_fields.into_iter().map(|it| it.check(api.limits, limits)).collect()
}
