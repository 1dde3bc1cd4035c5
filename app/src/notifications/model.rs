//! A notification as its receiver sees it.

use serde::{Deserialize, Serialize};

use crate::accounts::UserSummary;
use crate::chat::Conversation;
use crate::ids::{MessageId, NotificationId};
use crate::time::Timestamp;

/// What a notification is about; people filter by it and choose for each how they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NotificationKind {
    /// Somebody wrote to them alone.
    DirectMessage,
    /// Somebody named them in a room.
    Mention,
    /// Somebody answered what they wrote.
    Reply,
    /// Somebody reacted to what they wrote.
    Reaction,
    /// Their money moved, or failed to.
    Money,
    /// A campaign of theirs started, stopped or needs something.
    Campaign,
    /// Something about their account, or about the system.
    System,
}

impl NotificationKind {
    /// Whether somebody may be told of it by a sound: only of what is meant for them alone.
    pub const fn has_sound(self) -> bool {
        matches!(self, Self::DirectMessage | Self::Mention | Self::Money)
    }
}

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Notification {
    /// Rises in the order of creation.
    pub id: NotificationId,
    /// What it is about.
    pub kind: NotificationKind,
    /// One sentence of plain text.
    pub title: String,
    /// More of it in plain text; may be empty.
    pub body: String,
    /// Whoever caused it, if it was a person.
    pub actor: Option<UserSummary>,
    /// Path within the app that shows what it is about, beginning with `/`.
    pub path: Option<String>,
    /// The conversation that it is about.
    #[serde(default)]
    pub conversation: Option<Conversation>,
    /// The message that it is about, the last one if it stands for several.
    #[serde(default)]
    pub message_id: Option<MessageId>,
    /// How many things of the kind it stands for: "Amina and 3 others reacted" is one of 4.
    #[serde(default = "one")]
    pub count: u32,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was read, on whatever device.
    pub read_at: Option<Timestamp>,
}

const fn one() -> u32 {
    1
}
