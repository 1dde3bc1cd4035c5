//! Chat: the general room, where everybody who is signed in talks to everybody else, and conversations of two.

#![expect(
    clippy::large_types_passed_by_value,
    reason = "handles are signals beside each other, each of which carries where it was made in a development build alone"
)]

mod api;
mod conversation;
mod model;
mod outbox;
mod state;
mod store;
mod summary;
mod view;

#[cfg(feature = "ssr")]
pub use api::ChatService;
pub use api::{
    EditMessage, FoundMessage, HistoryQuery, ListQuery, NewMessage, NewPrivateMessage, OldText, OnlineUser, React,
    Sent, TypingNotice, list_conversations, open_conversation,
};
pub use conversation::{Conversation, ConversationError, UserPair};
pub use model::{
    ChannelPosition, MAX_COUNTED_UNREAD, MAX_EXCERPT_CHARS, MAX_MESSAGE_CHARS, Message, MessagePage, Quote, Reaction,
    excerpt, validate_body, validate_emoji,
};
pub use store::provide_chat;
pub use summary::{
    AllRead, BlockState, ConversationList, ConversationSummary, LastLine, OpenedConversation, ReadReceipt, ReadState,
    Readers,
};
pub use view::{
    ChatLayout, DirectPage, GeneralPage, MessageDialogs, PeerMenu, PeoplePicker, ReadAllDialog, Toolbar,
    offer_conversations,
};
