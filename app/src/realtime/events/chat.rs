//! Payloads of the chat's events.

use serde::{Deserialize, Serialize};

use crate::accounts::UserSummary;
use crate::chat::{Conversation, ConversationSummary, Message};
use crate::ids::{MessageId, UserId};
use crate::time::Timestamp;

/// A message of the general room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct MessageSent {
    /// The stored message.
    pub message: Message,
}

/// A message between two people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct PrivateMessageSent {
    /// The stored message.
    pub message: Message,
    /// Whom it was written to.
    pub recipient_id: UserId,
}

/// The text of a message changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct MessageEdited {
    /// Which message.
    pub message_id: MessageId,
    /// The new text: Markdown source.
    pub body: String,
    /// The new text as sanitised HTML.
    pub body_html: String,
    /// Who changed it.
    pub edited_by: UserSummary,
    /// When.
    pub edited_at: Timestamp,
    /// Who is named in the new text.
    #[serde(default)]
    pub mentions: Vec<UserSummary>,
    /// The message's revision after it; a message of this one or a higher one knows of it.
    #[serde(default)]
    pub revision: u32,
}

/// A message is gone; its place says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct MessageDeleted {
    /// Which message.
    pub message_id: MessageId,
    /// Who deleted it: its author or an admin.
    pub deleted_by: UserSummary,
    /// When.
    pub deleted_at: Timestamp,
    /// The message's revision after it.
    #[serde(default)]
    pub revision: u32,
}

/// Somebody set or took back a reaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct ReactionChanged {
    /// Which message.
    pub message_id: MessageId,
    /// The reaction: one emoji.
    pub emoji: String,
    /// Whose reaction.
    pub user: UserSummary,
    /// True if it was set, false if it was taken back.
    pub is_set: bool,
    /// How many people react to the message with this emoji now.
    pub count: u32,
    /// The message's revision after it.
    #[serde(default)]
    pub revision: u32,
}

/// Somebody is typing. A lease: without another one they have stopped when it is over. One that ends as it begins says
/// that they have stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct UserTyping {
    /// Who.
    pub user: UserSummary,
    /// The end of the lease.
    pub until: Timestamp,
    /// Where they type.
    #[serde(default)]
    pub conversation: Conversation,
}

/// Somebody has read a conversation up to a message, or has marked it unread from there on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct MessageRead {
    /// Which conversation.
    pub conversation: Conversation,
    /// Who has read.
    pub reader: UserSummary,
    /// The last message that they have read; `None` if all is unread again.
    pub read_up_to: Option<MessageId>,
    /// When.
    pub read_at: Timestamp,
    /// How often the position was moved, this time included: of two the higher one counts, forward or back.
    #[serde(default)]
    pub revision: u32,
    /// How many messages are unread now. Told to the reader alone.
    #[serde(default)]
    pub unread_count: Option<u32>,
}

/// Messages of a conversation of two have reached a device of the person they are for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct MessageDelivered {
    /// Which conversation.
    pub conversation: Conversation,
    /// Who has got them.
    pub recipient: UserSummary,
    /// The last message that arrived; never moves back.
    pub delivered_up_to: MessageId,
    /// When.
    pub delivered_at: Timestamp,
}

/// A conversation's line in somebody's list changed: a new last message, or one that was edited or deleted. This is how
/// a list hears of conversations whose channels it does not listen to, new ones among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct ConversationUpdated {
    /// The line as it is now.
    pub summary: ConversationSummary,
}
