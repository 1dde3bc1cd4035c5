//! `POST /apps/{id}/events`: publishes one event to 1 to 100 channels (section 15.3).

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::PusherApi;
use super::answer::{ApiError, Object, accepted, json};
use super::attributes::Counts;
use super::event::{Channels, Fields};
use super::signed_request::SignedRequest;
use crate::broker::Publication;

#[derive(Serialize)]
struct Published {
    channels: Object<Counts>,
}

pub(super) async fn publish(State(api): State<PusherApi>, request: SignedRequest) -> Result<Response, ApiError> {
    let mut errors = Object::default();
    let fields = Fields::take(request.json()?, "", Channels::OneOrMore, &mut errors);
    let event = fields.ok_or(ApiError::Fields(errors))?.check(api.limits, &request.application.limits)?;
    if !api.hub.may_publish(&request.application, event.channels.len()) {
        return Err(ApiError::TooManyPublishes);
    }
    let application_id = &request.application.id;
    hand_over(&api, event.publications(application_id).collect()).await;
    let Some(asked) = &event.info else { return Ok(accepted()) };
    let counts = event
        .channels
        .iter()
        .map(|channel| (channel.as_str().to_owned(), Counts::of(&api.hub, application_id, channel, asked)));
    Ok(json(&Published { channels: Object(counts.collect()) }))
}

/// Gives publications to the broker. The answer means "accepted": when other nodes can't be reached, local subscribers
/// have been served all the same and the SDK is not made to send the event again (rule API-4).
pub(super) async fn hand_over(api: &PusherApi, publications: Vec<Publication>) {
    if let Err(error) = api.broker.publish(publications).await {
        tracing::warn!(%error, "an event reached this node's subscribers alone");
    }
}
