//! Pusher's frames as a client reads and writes them.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::channel_name::ChannelName;
use super::presence::{Member, MemberId, Members};
use super::socket_id::SocketId;
use crate::chat::ChannelPosition;
use crate::json;

/// What `/broadcasting/auth` says with its 403 to whoever is not signed in (rule AUT-1 has one status for all refusals).
pub const SIGN_IN_FIRST: &str = "Sign in first.";

/// A frame from the server. Read as tolerantly as clients do: `data` may be an object or a string that holds one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerFrame {
    /// The first frame of a connection.
    ConnectionEstablished {
        /// The connection's id.
        socket_id: SocketId,
        /// Silence after which a client pings, in seconds, at least 1.
        activity_timeout_s: u64,
    },
    /// Something failed; the connection stays open unless a close follows.
    Error {
        /// The code of section 13.2, where the server tells it.
        code: Option<u16>,
        /// The server's words.
        message: String,
    },
    /// The server asks for a sign of life.
    Ping,
    /// The server's sign of life.
    Pong,
    /// A subscription stands.
    SubscriptionSucceeded {
        /// To which channel.
        channel: ChannelName,
        /// Who is there, on a presence channel.
        members: Option<Members>,
        /// The channel's newest event, if it is a logged one.
        position: Option<ChannelPosition>,
        /// Whether everything after the position asked for follows.
        recovered: bool,
    },
    /// A subscription was refused.
    SubscriptionError {
        /// To which channel.
        channel: ChannelName,
        /// The status of section 5.5.
        status: u16,
        /// The server's words.
        error: String,
    },
    /// A user's first connection joined.
    MemberAdded {
        /// Which channel.
        channel: ChannelName,
        /// Who.
        member: Member,
    },
    /// A user's last connection left.
    MemberRemoved {
        /// Which channel.
        channel: ChannelName,
        /// Who.
        id: MemberId,
    },
    /// An event of a channel, by the server or by another client.
    Event {
        /// Which channel.
        channel: ChannelName,
        /// The event itself.
        event: ReceivedEvent,
    },
    /// A frame of the protocol, or of a later version of it, that needs no answer.
    Other {
        /// The event's name.
        event: String,
    },
}

/// An event as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedEvent {
    /// The name, `client-…` if another client sent it.
    pub name: String,
    /// What was published, usually JSON; a client's JSON as text.
    pub data: String,
    /// Who sent a client event, on presence channels.
    pub user_id: Option<MemberId>,
    /// Number within the channel's log.
    pub offset: Option<u64>,
    /// The event's own id.
    pub event_id: Option<Uuid>,
}

/// A text that is no frame.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// It is no JSON, or not of a frame's shape.
    #[error("no frame: {0}")]
    Shape(#[from] serde_json::Error),
    /// It has no channel where its event needs one, or a bad one.
    #[error("the frame `{event}` needs a channel")]
    Channel {
        /// The event's name.
        event: String,
    },
}

/// The outer shape of all frames.
#[derive(Deserialize)]
struct Envelope {
    event: String,
    channel: Option<String>,
    #[serde(default)]
    data: Value,
    user_id: Option<MemberId>,
    offset: Option<u64>,
    event_id: Option<Uuid>,
}

/// What all frames have, for who passes them on. `data` as it stands: an object, or a string that holds one.
#[derive(Debug)]
pub struct Outline {
    /// The event's name.
    pub event: String,
    /// The channel beside it; a subscription has it within `data`.
    pub channel: Option<String>,
    /// What comes with it.
    pub data: Value,
}

impl Outline {
    /// Reads it; `None` if the text is no frame.
    pub fn of(text: &str) -> Option<Self> {
        let Envelope { event, channel, data, .. } = json::from_str(text).ok()?;
        Some(Self { event, channel, data })
    }
}

impl ServerFrame {
    /// Reads a frame.
    ///
    /// # Errors
    /// If the text is no frame, or one whose event lacks what it must have.
    pub fn parse(text: &str) -> Result<Self, FrameError> {
        let envelope: Envelope = json::from_str(text)?;
        match envelope.event.as_str() {
            "pusher:ping" => Ok(Self::Ping),
            "pusher:pong" => Ok(Self::Pong),
            "pusher:connection_established" => established(envelope.data),
            "pusher:error" => error(envelope.data),
            "pusher_internal:subscription_succeeded" => succeeded(envelope),
            "pusher:subscription_error" => refused(envelope),
            "pusher_internal:member_added" => {
                let channel = envelope.channel()?;
                Ok(Self::MemberAdded { channel, member: read(envelope.data)? })
            }
            "pusher_internal:member_removed" => {
                #[derive(Deserialize)]
                struct Data {
                    user_id: MemberId,
                }
                let channel = envelope.channel()?;
                Ok(Self::MemberRemoved { channel, id: read::<Data>(envelope.data)?.user_id })
            }
            name if name.starts_with("pusher:") || name.starts_with("pusher_internal:") => {
                Ok(Self::Other { event: envelope.event })
            }
            _ => Ok(Self::Event { channel: envelope.channel()?, event: envelope.into_event() }),
        }
    }
}

impl Envelope {
    fn channel(&self) -> Result<ChannelName, FrameError> {
        let name = self.channel.as_deref().and_then(|it| it.parse().ok());
        name.ok_or_else(|| FrameError::Channel { event: self.event.chars().take(200).collect() })
    }

    fn into_event(self) -> ReceivedEvent {
        let data = match self.data {
            Value::String(text) => text,
            other => text_of(&other),
        };
        ReceivedEvent { name: self.event, data, user_id: self.user_id, offset: self.offset, event_id: self.event_id }
    }
}

fn established(data: Value) -> Result<ServerFrame, FrameError> {
    #[derive(Deserialize)]
    struct Data {
        socket_id: SocketId,
        activity_timeout: Option<u64>,
    }
    let Data { socket_id, activity_timeout } = read(data)?;
    // Pusher's own default, for servers that tell none.
    let activity_timeout_s = activity_timeout.unwrap_or(120).max(1);
    Ok(ServerFrame::ConnectionEstablished { socket_id, activity_timeout_s })
}

fn error(data: Value) -> Result<ServerFrame, FrameError> {
    #[derive(Deserialize)]
    struct Data {
        code: Option<u16>,
        #[serde(default)]
        message: String,
    }
    let Data { code, message } = read(data)?;
    Ok(ServerFrame::Error { code, message })
}

fn succeeded(envelope: Envelope) -> Result<ServerFrame, FrameError> {
    #[derive(Deserialize)]
    struct Data {
        presence: Option<Value>,
        epoch: Option<String>,
        offset: Option<u64>,
        #[serde(default)]
        recovered: bool,
    }
    let channel = envelope.channel()?;
    let Data { presence, epoch, offset, recovered } = read(envelope.data)?;
    Ok(ServerFrame::SubscriptionSucceeded {
        channel,
        members: presence.map(Members::from_snapshot).transpose()?,
        // A server that could not read its log names an epoch that no log has.
        position: epoch
            .filter(|it| !it.is_empty())
            .zip(offset)
            .map(|(epoch, offset)| ChannelPosition { epoch, offset }),
        recovered,
    })
}

fn refused(envelope: Envelope) -> Result<ServerFrame, FrameError> {
    #[derive(Deserialize)]
    struct Data {
        #[serde(default)]
        error: String,
        status: u16,
    }
    let channel = envelope.channel()?;
    let Data { error, status } = read(envelope.data)?;
    Ok(ServerFrame::SubscriptionError { channel, status, error })
}

/// Reads `data`, which may be an object, a string that holds one, or nothing at all.
fn read<T: serde::de::DeserializeOwned>(data: Value) -> Result<T, serde_json::Error> {
    match data {
        Value::String(text) if text.is_empty() => json::from_value(Value::Object(Map::new())),
        Value::String(text) => json::from_str(&text),
        Value::Null => json::from_value(Value::Object(Map::new())),
        other => json::from_value(other),
    }
}

/// A frame to the server.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientFrame<'a> {
    /// Asks for a sign of life.
    Ping,
    /// Gives one.
    Pong,
    /// Subscribes to a channel.
    Subscribe {
        /// Which one.
        channel: &'a ChannelName,
        /// The signature, where the channel needs one.
        authorization: Option<&'a ChannelAuthorization>,
        /// The last event known; without it only what is to come.
        from: Option<&'a ChannelPosition>,
    },
    /// Ends a subscription.
    Unsubscribe {
        /// To which channel.
        channel: &'a ChannelName,
    },
    /// Tells all other subscribers something.
    ClientEvent {
        /// Of which channel.
        channel: &'a ChannelName,
        /// The name, with `client-`.
        event: &'a str,
        /// Any JSON.
        data: &'a Value,
    },
}

/// What the application signs for a private or presence channel, passed on untouched.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ChannelAuthorization {
    /// The key and the signature.
    pub auth: String,
    /// Who it is, on a presence channel: JSON text.
    #[serde(default)]
    pub channel_data: Option<String>,
}

impl ClientFrame<'_> {
    /// The frame's text.
    pub fn to_text(&self) -> String {
        let frame = match self {
            Self::Ping => json!({ "event": "pusher:ping", "data": {} }),
            Self::Pong => json!({ "event": "pusher:pong", "data": {} }),
            Self::Subscribe { channel, authorization, from } => {
                let mut data = Map::new();
                data.insert("channel".into(), channel.as_str().into());
                if let Some(ChannelAuthorization { auth, channel_data }) = authorization {
                    data.insert("auth".into(), auth.as_str().into());
                    if let Some(channel_data) = channel_data {
                        data.insert("channel_data".into(), channel_data.as_str().into());
                    }
                }
                let recover = from.map_or(Value::Bool(true), |it| json!({ "epoch": it.epoch, "offset": it.offset }));
                data.insert("recover".into(), recover);
                json!({ "event": "pusher:subscribe", "data": data })
            }
            Self::Unsubscribe { channel } => {
                json!({ "event": "pusher:unsubscribe", "data": { "channel": channel.as_str() } })
            }
            Self::ClientEvent { channel, event, data } => {
                json!({ "event": event, "channel": channel.as_str(), "data": data })
            }
        };
        text_of(&frame)
    }
}

/// The JSON text of a value. Its `Display` would bring a second writer into the browser's program, and a third for
/// indented text.
fn text_of(value: &Value) -> String {
    serde_json::to_string(value).expect("the keys of an object are texts")
}

#[cfg(test)]
mod tests;
