//! People as others see them, and why somebody came or went, as `UserJoined` and `UserLeft` tell it.

use serde::{Deserialize, Serialize};

use crate::accounts::UserSummary;
use crate::chat::{BlockState, Conversation};
use crate::time::Timestamp;

/// Why somebody is there now who was not before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum JoinReason {
    /// Their first tab or device connected.
    Connected,
    /// They had been there all the time, but invisible until now.
    BecameVisible,
}

/// Why somebody is no longer there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LeaveReason {
    /// Their last tab or device has been gone for longer than the grace.
    Disconnected,
    /// They signed out.
    SignedOut,
    /// They chose not to be seen.
    BecameInvisible,
    /// The server that held their last connection died.
    NodeLost,
    /// An admin ended their connections.
    Terminated,
}

/// How somebody is seen. Each has a mark of its own shape on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PresenceStatus {
    /// There, and has done something in the last 10 minutes.
    Online,
    /// There without doing anything, or away by their own word.
    Away,
    /// There, and not to be disturbed.
    DoNotDisturb,
    /// Not there, or not to be seen.
    Offline,
}

/// How somebody wants to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChosenStatus {
    /// As they are: online while they do something, away after 10 minutes without.
    #[default]
    Automatic,
    /// Away.
    Away,
    /// There, and not to be disturbed.
    DoNotDisturb,
    /// As if they were not there.
    Invisible,
}

/// Somebody as everybody sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who.
    #[serde(flatten)]
    pub user: UserSummary,
    /// How they are seen now.
    pub status: PresenceStatus,
    /// What they do, in their own words; may be empty.
    pub headline: String,
    /// When they were here last. `None` while they are here, if they never were, or keep it to themselves.
    pub last_seen: Option<Timestamp>,
}

/// Somebody's profile, as the reader sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonProfile {
    /// Who, and how they are seen.
    pub person: Person,
    /// The IANA name of their time zone, for the time where they are.
    pub time_zone: Option<String>,
    /// Since when they have an account.
    pub member_since: Timestamp,
    /// What the two have said to each other; `None` for oneself.
    pub conversation: Option<Conversation>,
    /// Whether one of both does not want to hear from the other.
    pub block: BlockState,
}
