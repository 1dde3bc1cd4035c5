//! `GET /apps/{id}/channels/{channel}`: one channel (section 15.6).

use app::realtime::ChannelName;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::PusherApi;
use super::answer::{ApiError, json};
use super::attributes::{Attribute, Counts, asked};
use super::signed_request::SignedRequest;

#[derive(Serialize)]
struct Channel {
    occupied: bool,
    #[serde(flatten)]
    counts: Counts,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<Cached>,
}

/// The cached event with the seconds it still has (rule API-18).
#[derive(Serialize)]
struct Cached {
    event: String,
    data: String,
    channel: String,
    ttl: u64,
}

pub(super) async fn show(State(api): State<PusherApi>, request: SignedRequest) -> Result<Response, ApiError> {
    let name = channel_name(&request)?;
    let application_id = &request.application.id;
    let asked = asked(&request.query);
    let counts = api.hub.counts(application_id, &name);
    let wants_cache = name.kind().is_cache() && asked.contains(&Attribute::Cache);
    let cached = if wants_cache { api.hub.cached_event(application_id, &name) } else { None };
    Ok(json(&Channel {
        occupied: counts.subscriptions > 0,
        counts: Counts::from_counts(&name, counts, &asked),
        cache: cached.map(|it| Cached {
            event: it.event.as_ref().to_owned(),
            data: it.data.as_ref().to_owned(),
            channel: name.as_str().to_owned(),
            ttl: it.expires_in.as_secs(),
        }),
    }))
}

/// The channel that the path names (rule API-19).
pub(super) fn channel_name(request: &SignedRequest) -> Result<ChannelName, ApiError> {
    request.parameter("channel").parse().map_err(|error| ApiError::BadRequest(format!("{error}")))
}
