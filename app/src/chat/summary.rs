//! A conversation as a line of somebody's list, and who has read how far.

use serde::{Deserialize, Serialize};

use super::conversation::Conversation;
use super::model::{ChannelPosition, MessagePage};
use crate::accounts::UserSummary;
use crate::ids::MessageId;
use crate::time::Timestamp;

/// A conversation as one person has it in their list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct ConversationSummary {
    /// Which one.
    pub conversation: Conversation,
    /// The other person; `None` for the general room.
    pub peer: Option<UserSummary>,
    /// The last message; `None` before the first.
    pub last_line: Option<LastLine>,
    /// The last message that the list's owner has read.
    pub read_up_to: Option<MessageId>,
    /// How often that position was moved; the higher one is the newer.
    pub read_revision: u32,
    /// How many messages of others follow it, counted up to [`super::MAX_COUNTED_UNREAD`].
    pub unread_count: u32,
    /// The last message that the other person has read. `None` in the general room, before they have read any, and where
    /// one of both keeps read receipts to themselves.
    pub peer_read_up_to: Option<MessageId>,
    /// The last message that has reached a device of the other person.
    pub peer_delivered_up_to: Option<MessageId>,
    /// Whether one of both does not want to hear from the other.
    pub block: BlockState,
}

/// Whether two people may write to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BlockState {
    /// They may.
    #[default]
    None,
    /// The list's owner has blocked the other person.
    ByMe,
    /// The other person has blocked the list's owner.
    ByPeer,
}

/// The last message of a conversation, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct LastLine {
    /// Which message.
    pub message_id: MessageId,
    /// Who wrote it.
    pub user: UserSummary,
    /// Its beginning, see [`super::excerpt`]. Empty if it was deleted.
    pub excerpt: String,
    /// Whether it was deleted.
    pub is_deleted: bool,
    /// When it was sent.
    pub sent_at: Timestamp,
}

/// How far somebody has read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct ReadReceipt {
    /// Who.
    pub user: UserSummary,
    /// The last message that they have read.
    pub read_up_to: MessageId,
    /// When they got there.
    pub read_at: Timestamp,
}

/// Where a reader stands after `POST /api/chat/messages/{id}/read` or `/unread`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadState {
    /// Which conversation.
    pub conversation: Conversation,
    /// The last message that they have read.
    pub read_up_to: Option<MessageId>,
    /// How often the position was moved.
    pub revision: u32,
    /// How many messages of others follow it, counted up to [`super::MAX_COUNTED_UNREAD`].
    pub unread_count: u32,
}

/// `POST /api/chat/read`: what of everything that was unread is read now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllRead {
    /// Where the reader stands in each conversation that had something unread, at most 100 of them.
    pub conversations: Vec<ReadState>,
    /// Whether there are more: they are marked by asking again.
    pub has_more: bool,
}

/// `GET /api/chat/messages/{id}/readers`: who has read a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readers {
    /// How many people, counted up to 50.
    pub count: u32,
    /// Who, those furthest on first; neither the author nor whoever asks.
    pub readers: Vec<ReadReceipt>,
}

/// `GET /api/chat/conversations`: somebody's conversations, the one with the newest message first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationList {
    /// The general room; on the first page alone.
    pub general: Option<ConversationSummary>,
    /// Conversations with one other person.
    pub direct: Vec<ConversationSummary>,
    /// Whether there are more of them, older ones: ask with `before` and the last one's `last_line.message_id`.
    pub has_more: bool,
    /// The position of the reader's own channel (`private-user.…`) before all this was read: subscribing from here
    /// misses no change of it.
    pub position: ChannelPosition,
}

/// What the page of a conversation begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedConversation {
    /// Its line in the list.
    pub summary: ConversationSummary,
    /// The page around the first unread message, or the newest one; with the position to subscribe from.
    pub page: MessagePage,
    /// How far others have read, those furthest on first, at most 50. In a conversation of two it is the other's.
    pub receipts: Vec<ReadReceipt>,
    /// Who is there, by name.
    pub online: Vec<UserSummary>,
}
