//! `GET /apps/{id}/channels`: the occupied channels (section 15.6).

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::PusherApi;
use super::answer::{ApiError, Object, json};
use super::attributes::{Counts, asked};
use super::signed_request::SignedRequest;

#[derive(Serialize)]
struct Channels {
    /// Always an object, also when nothing is occupied (rule API-17).
    channels: Object<Counts>,
}

pub(super) async fn list(State(api): State<PusherApi>, request: SignedRequest) -> Result<Response, ApiError> {
    let asked = asked(&request.query);
    let prefix = request.query.get("filter_by_prefix").unwrap_or_default();
    // Channels of single users are listed only when asked for by their prefix (rule USR-6).
    let shows_users = prefix.starts_with("#server-to-user-");
    let channels = api.hub.channels(&request.application.id, prefix);
    let shown = channels.into_iter().filter(|(channel, _)| shows_users || channel.server_to_user().is_none());
    let counted =
        shown.map(|(channel, counts)| (channel.as_str().to_owned(), Counts::from_counts(&channel, counts, &asked)));
    Ok(json(&Channels { channels: Object(counted.collect()) }))
}
