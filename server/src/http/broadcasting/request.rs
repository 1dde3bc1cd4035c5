//! What a client asks to have signed: as a form, as JSON or in the query, whichever it sends (rule AUT-1).

use std::collections::{BTreeMap, HashMap};

use app::error::AppError;
use app::realtime::{AppChannel, ChannelName, SocketId};
use axum::extract::Request;
use serde_json::Value;

use super::{Denial, status_of};
use crate::http::extract;
use crate::state::AppState;

/// A subscription.
#[derive(Debug)]
pub(super) struct ChannelRequest {
    pub(super) socket_id: SocketId,
    /// Private, presence, or the general room; any other public one is refused before.
    pub(super) channel: ChannelName,
}

/// A sign-in on the socket.
#[derive(Debug)]
pub(super) struct UserRequest {
    pub(super) socket_id: SocketId,
}

impl ChannelRequest {
    pub(super) async fn read(request: Request, state: &AppState) -> Result<Self, Denial> {
        let fields = fields(request, state).await?;
        let mut errors = BTreeMap::new();
        let socket_id = socket_id(&fields, &mut errors);
        let name = fields.get("channel_name").map(String::as_str).unwrap_or_default();
        let channel = if name.is_empty() { Err("The channel_name is missing.".to_owned()) } else { channel(name) };
        let channel = channel.map_err(|message| errors.insert("channel_name", vec![message])).ok();
        match (socket_id, channel) {
            (Some(socket_id), Some(channel)) if is_signed(&channel) => Ok(Self { socket_id, channel }),
            (Some(_), Some(_)) => Err(Denial::Forbidden("A public channel needs no signature.")),
            _ => Err(Denial::Invalid(errors)),
        }
    }
}

impl UserRequest {
    pub(super) async fn read(request: Request, state: &AppState) -> Result<Self, Denial> {
        let mut errors = BTreeMap::new();
        let socket_id = socket_id(&fields(request, state).await?, &mut errors);
        socket_id.map(|socket_id| Self { socket_id }).ok_or(Denial::Invalid(errors))
    }
}

/// Deviation: `chat` is public by name and signed nevertheless (rule AUT-2), since its history is for people alone.
fn is_signed(channel: &ChannelName) -> bool {
    channel.kind().is_signed() || AppChannel::try_from(channel).is_ok_and(|it| it == AppChannel::Chat)
}

/// The query's fields, and over them the body's.
async fn fields(request: Request, state: &AppState) -> Result<HashMap<String, String>, Denial> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let has_json = extract::media_type(request.headers()).is_some_and(|it| extract::is_json(&it));
    let body = extract::read(request, state)
        .await
        .map_err(|error: AppError| Denial::Failed(status_of(error.status()), error.to_string()))?;
    let mut fields: HashMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    if has_json && !body.is_empty() {
        let object: serde_json::Map<String, Value> = extract::from_json(&body)
            .map_err(|error| Denial::Invalid(BTreeMap::from([("body", vec![error.to_string()])])))?;
        // Only a text can name a channel or a socket; anything else counts as missing.
        fields.extend(object.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))));
    } else {
        fields.extend(url::form_urlencoded::parse(&body).into_owned());
    }
    Ok(fields)
}

fn socket_id(fields: &HashMap<String, String>, errors: &mut BTreeMap<&'static str, Vec<String>>) -> Option<SocketId> {
    let parsed = match fields.get("socket_id").map(String::as_str) {
        None | Some("") => Err("The socket_id is missing.".to_owned()),
        Some(text) => text.parse::<SocketId>().map_err(|error| error.to_string()),
    };
    parsed.map_err(|message| errors.insert("socket_id", vec![message])).ok()
}

fn channel(name: &str) -> Result<ChannelName, String> {
    name.parse::<ChannelName>().map_err(|error| error.to_string())
}
