//! What the chat's pages and the REST API ask, and the trait that the server implements.

#[cfg(feature = "ssr")]
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::conversation::Conversation;
use super::model::{Message, MessagePage};
use super::summary::{ConversationList, OpenedConversation};
use crate::accounts::UserSummary;
use crate::error::AppError;
use crate::ids::{ClientId, MessageId, UserId};
use crate::rest::page_function;
use crate::time::Timestamp;

/// `POST /api/chat/messages`: a message for the general room.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NewMessage {
    /// Made by the client before the first try; the server makes one for a request without.
    #[serde(default)]
    pub client_id: Option<ClientId>,
    /// See [`super::validate_body`].
    pub body: String,
    /// The message of the same conversation that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageId>,
}

/// `POST /api/chat/messages/private`: a message for one other person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPrivateMessage {
    /// Whom it is for.
    pub recipient_id: UserId,
    /// The message itself.
    #[serde(flatten)]
    pub message: NewMessage,
}

/// `PATCH /api/chat/messages/{id}`: another text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditMessage {
    /// See [`super::validate_body`].
    pub body: String,
}

/// `POST /api/chat/messages/{id}/reactions`: sets a reaction or takes it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct React {
    /// See [`super::validate_emoji`].
    pub emoji: String,
    /// Whether it is to be there afterwards; without it, it changes to what it is not.
    #[serde(default)]
    pub is_set: Option<bool>,
}

/// `GET /api/chat/messages/{id}`: a message with those around it, which a link to it opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundMessage {
    /// Where it was told.
    pub conversation: Conversation,
    /// The page with the message in its middle.
    pub page: MessagePage,
}

/// `GET /api/chat/messages/{id}/edits`: what a message said before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldText {
    /// Markdown source.
    pub body: String,
    /// When it was replaced.
    pub replaced_at: Timestamp,
}

/// `POST /api/chat/typing`: the body may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TypingNotice {
    /// Where; the general room without it.
    #[serde(default)]
    pub conversation: Conversation,
    /// Whether the person has stopped, before the lease is over.
    #[serde(default)]
    pub has_stopped: bool,
}

/// What became of a command that may be sent more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The stored message.
    pub message: Message,
    /// False if the same client id had been heard before: then nothing was done again.
    pub is_new: bool,
}

/// `GET /api/chat/messages`: which stretch of the history. Without a bound the newest page; at most one may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HistoryQuery {
    /// Whose history; the general room's without it.
    #[serde(default)]
    pub conversation: Conversation,
    /// Only messages older than this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<MessageId>,
    /// Only messages newer than this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<MessageId>,
    /// This message and those before and after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub around: Option<MessageId>,
    /// The first unread message, some before it, and those after it; the newest page if nothing is unread.
    #[serde(default)]
    pub unread: bool,
    /// How many, 1 to 100; 50 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// `GET /api/chat/conversations`: which part of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ListQuery {
    /// Only conversations whose last message is older than this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<MessageId>,
    /// How many, 1 to 100; 50 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Somebody who is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlineUser {
    /// Who.
    #[serde(flatten)]
    pub user: UserSummary,
    /// Since when, as far as the server remembers.
    pub since: Option<Timestamp>,
}

page_function! { "open_conversation",
    /// Opens a conversation for whoever is signed in; one of two people also before its first message.
    ///
    /// With `at` the page is the one around that message, if it is still there.
    ///
    /// # Errors
    /// `Unauthenticated`; `Forbidden` if it is other people's; `NotFound` if there is no such person.
    pub async fn open_conversation(
        /// Which one.
        conversation: Conversation,
        /// The message that a link leads to.
        at: Option<MessageId>,
    ) -> Result<OpenedConversation, AppError> {
        let user = use_context::<crate::accounts::CurrentUser>().and_then(|it| it.0).ok_or(AppError::Unauthenticated)?;
        let chat = expect_context::<std::sync::Arc<dyn ChatService>>();
        let mut opened = chat.open(&user, conversation).await?;
        if at.is_some() {
            let query = HistoryQuery { conversation, around: at, ..HistoryQuery::default() };
            match chat.messages(&user, query).await {
                Ok(page) => opened.page = page,
                // The page says so, once it has come to life.
                Err(AppError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(opened)
    }
}

page_function! { "list_conversations",
    /// The first conversations of whoever is signed in, with the position of their own channel.
    ///
    /// # Errors
    /// `Unauthenticated`; `Internal` if the database is away.
    pub async fn list_conversations() -> Result<ConversationList, AppError> {
        let user = use_context::<crate::accounts::CurrentUser>().and_then(|it| it.0).ok_or(AppError::Unauthenticated)?;
        expect_context::<std::sync::Arc<dyn ChatService>>().conversations(&user, ListQuery::default()).await
    }
}

/// What the chat can do, implemented by the server's domain.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait ChatService: Send + Sync {
    /// Stores a message of the general room and tells `chat` of it, in one transaction; ends the author's typing.
    /// The same `client_id` of the same author again gives the stored message and changes nothing.
    ///
    /// # Errors
    /// `Invalid` names `body`; `Conflict` if the client id is another person's; `TooManyRequests`.
    async fn send_message(
        &self,
        author: &crate::accounts::User,
        message: NewMessage,
        except: Option<crate::realtime::SocketId>,
    ) -> Result<Sent, crate::error::AppError>;

    /// Stores a message for one other person and tells their channel and both lists, in one transaction. The same
    /// `client_id` again as with [`Self::send_message`].
    ///
    /// # Errors
    /// `Invalid` names `body`, `reply_to` or `recipient_id`; `NotFound` if there is no such person; `Forbidden` if one
    /// of both has blocked the other; `Conflict` and `TooManyRequests` as above.
    async fn send_private_message(
        &self,
        author: &crate::accounts::User,
        message: NewPrivateMessage,
        except: Option<crate::realtime::SocketId>,
    ) -> Result<Sent, crate::error::AppError>;

    /// The reader's conversations, the one with the newest message first.
    ///
    /// # Errors
    /// `Invalid` names `limit`.
    async fn conversations(
        &self,
        reader: &crate::accounts::User,
        query: ListQuery,
    ) -> Result<ConversationList, crate::error::AppError>;

    /// A conversation as its page begins: its line in the list, the page around what is unread, and who is there.
    ///
    /// # Errors
    /// `Forbidden` if it is other people's; `NotFound` if there is no such person.
    async fn open(
        &self,
        reader: &crate::accounts::User,
        conversation: Conversation,
    ) -> Result<OpenedConversation, crate::error::AppError>;

    /// A page of a conversation's history, with the position to subscribe from.
    ///
    /// # Errors
    /// `Invalid` names `limit`, or the bound that was one too many; `Forbidden` if the conversation is other people's;
    /// `NotFound` if there is no message `around` there.
    async fn messages(
        &self,
        reader: &crate::accounts::User,
        query: HistoryQuery,
    ) -> Result<super::MessagePage, crate::error::AppError>;

    /// Changes the text of a message of one's own; the old one is kept.
    ///
    /// # Errors
    /// `Invalid` names `body`; `NotFound` if there is no such message that this person may read; `Forbidden` if it is
    /// another person's; `Conflict` if it was deleted; `TooManyRequests`.
    async fn edit_message(
        &self,
        editor: &crate::accounts::User,
        message: MessageId,
        edit: EditMessage,
    ) -> Result<Message, crate::error::AppError>;

    /// Deletes a message of one's own, or as an admin one of the general room: nobody can read it any more, its place
    /// stays. Again changes nothing.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden` as above.
    async fn delete_message(
        &self,
        who: &crate::accounts::User,
        message: MessageId,
    ) -> Result<(), crate::error::AppError>;

    /// Sets a reaction or takes it back; returns what the others are told.
    ///
    /// # Errors
    /// `Invalid` names `emoji`; `NotFound`, `Conflict`, `TooManyRequests` as above.
    async fn react(
        &self,
        user: &crate::accounts::User,
        message: MessageId,
        reaction: React,
    ) -> Result<crate::realtime::events::ReactionChanged, crate::error::AppError>;

    /// A message with those around it.
    ///
    /// # Errors
    /// `NotFound` as above.
    async fn find(
        &self,
        reader: &crate::accounts::User,
        message: MessageId,
    ) -> Result<FoundMessage, crate::error::AppError>;

    /// What a message said before, the oldest first.
    ///
    /// # Errors
    /// `NotFound` as above.
    async fn edits(
        &self,
        reader: &crate::accounts::User,
        message: MessageId,
    ) -> Result<Vec<OldText>, crate::error::AppError>;

    /// Tells a conversation that somebody is typing, for a lease of 6 s from now, or that they have stopped; returns
    /// until when they count as typing. Not told in a room of more than 100 people, nor of who keeps it to themselves.
    ///
    /// # Errors
    /// `Forbidden` if the conversation is other people's, or one of both has blocked the other; `TooManyRequests`.
    async fn typing(
        &self,
        user: &crate::accounts::User,
        notice: TypingNotice,
        except: Option<crate::realtime::SocketId>,
    ) -> Result<Timestamp, crate::error::AppError>;

    /// Everything up to `message` in its conversation has been read; never moves back. Tells the reader's other tabs and
    /// the authors of what was read.
    ///
    /// # Errors
    /// `NotFound` if there is no such message that this person may read.
    async fn mark_read(
        &self,
        reader: &crate::accounts::User,
        message: MessageId,
    ) -> Result<super::ReadState, crate::error::AppError>;

    /// Everything from `message` on in its conversation counts as unread again; never moves forward.
    ///
    /// # Errors
    /// As [`Self::mark_read`].
    async fn mark_unread(
        &self,
        reader: &crate::accounts::User,
        message: MessageId,
    ) -> Result<super::ReadState, crate::error::AppError>;

    /// Everything has been read that is stored now, in every conversation; as [`Self::mark_read`] for the newest message of
    /// each that has something unread. Conversations that were marked before an error stay so.
    ///
    /// # Errors
    /// `Internal` if the database is away.
    async fn mark_all_read(&self, reader: &crate::accounts::User) -> Result<super::AllRead, crate::error::AppError>;

    /// Everything up to `message` in its conversation has reached a device of this person; never moves back. Tells the
    /// other person, in a conversation of two.
    ///
    /// # Errors
    /// As [`Self::mark_read`].
    async fn mark_delivered(
        &self,
        recipient: &crate::accounts::User,
        message: MessageId,
    ) -> Result<(), crate::error::AppError>;

    /// Who has read a message.
    ///
    /// # Errors
    /// As [`Self::mark_read`].
    async fn readers(
        &self,
        reader: &crate::accounts::User,
        message: MessageId,
    ) -> Result<super::Readers, crate::error::AppError>;

    /// Everybody who is there now, by name.
    ///
    /// # Errors
    /// `Internal` if the database is away.
    async fn online_users(&self) -> Result<Vec<OnlineUser>, crate::error::AppError>;
}
