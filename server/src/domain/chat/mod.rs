//! Chat: messages, history, typing and read positions, of the general room and of conversations of two.

mod changing;
mod conversations;
mod grouping;
mod history;
mod markdown;
mod mentions;
mod notifying;
mod reading;
mod sending;
mod typing;

use std::sync::Arc;
use std::time::Duration;

use app::accounts::{User, UserSummary};
use app::chat::{
    AllRead, ChatService, Conversation, ConversationList, EditMessage, FoundMessage, HistoryQuery, ListQuery, Message,
    MessagePage, NewMessage, NewPrivateMessage, OldText, OnlineUser, OpenedConversation, React, ReadState, Readers,
    Sent, TypingNotice,
};
use app::error::AppError;
use app::ids::{MessageId, UserId};
use app::realtime::SocketId;
use app::realtime::events::ReactionChanged;
use app::time::Timestamp;

pub(in crate::domain) use history::checked_limit;
pub use typing::Typing;

use super::notifications::Notifications;
use super::rate_limiter::{Allowance, RateLimiter};
use crate::broker::Broker;
use crate::clock::Clock;
use crate::event_log::EventLog;
use crate::store::{Store, StoreError};

/// Above so many people in the room nobody is told who types: it would be somebody always.
const MAX_TYPING_ROOM: usize = 100;

/// How often one person may do what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChatLimits {
    /// New messages; one that is sent again is not counted.
    pub messages: Allowance,
    /// Edits and reactions.
    pub changes: Allowance,
    /// Typing notices.
    pub typing: Allowance,
}

impl Default for ChatLimits {
    fn default() -> Self {
        Self {
            // A browser that was away may have many waiting, and sends them at once.
            messages: Allowance { burst: 200, interval: Duration::from_millis(200) },
            changes: Allowance { burst: 60, interval: Duration::from_secs(1) },
            // A browser says so every 3 s, on each of a few tabs.
            typing: Allowance { burst: 10, interval: Duration::from_secs(1) },
        }
    }
}

/// Tells who is in the general room now, from the live table of members.
pub type PresentUsers = Arc<dyn Fn() -> Vec<UserId> + Send + Sync>;

/// The chat. Cheap to clone.
#[derive(Clone)]
pub struct Chat {
    store: Store,
    log: EventLog,
    clock: Clock,
    present_users: PresentUsers,
    typing: Typing,
    notifications: Notifications,
    messages: Arc<RateLimiter<UserId>>,
    changes: Arc<RateLimiter<UserId>>,
    typing_allowance: Arc<RateLimiter<UserId>>,
    waiting: grouping::Waiting,
}

impl Chat {
    /// The chat in this store, which tells the log's channels.
    pub fn new(
        store: Store,
        log: EventLog,
        broker: Arc<dyn Broker>,
        clock: Clock,
        present_users: PresentUsers,
        limits: ChatLimits,
    ) -> Self {
        let limiter = |allowance| Arc::new(RateLimiter::new(allowance));
        let notifications = Notifications::new(store.clone(), log.clone(), clock.clone());
        let typing = Typing::new(broker, log.application_id().clone(), clock.clone());
        Self {
            store,
            log,
            clock,
            present_users,
            typing,
            notifications,
            messages: limiter(limits.messages),
            changes: limiter(limits.changes),
            typing_allowance: limiter(limits.typing),
            waiting: grouping::Waiting::default(),
        }
    }

    /// Who is typing, for whoever hears that people leave.
    pub fn typists(&self) -> Typing {
        self.typing.clone()
    }

    /// Everybody who is there now, by name.
    async fn online(&self) -> Result<Vec<OnlineUser>, StoreError> {
        let people = self.store.people(&(self.present_users)()).await?;
        Ok(people.into_iter().map(|it| OnlineUser { user: it.user, since: it.online_since }).collect())
    }
}

#[async_trait::async_trait]
impl ChatService for Chat {
    async fn send_message(
        &self,
        author: &User,
        message: NewMessage,
        except: Option<SocketId>,
    ) -> Result<Sent, AppError> {
        self.send(author, None, message, except).await
    }

    async fn send_private_message(
        &self,
        author: &User,
        message: NewPrivateMessage,
        except: Option<SocketId>,
    ) -> Result<Sent, AppError> {
        let NewPrivateMessage { recipient_id, message } = message;
        if recipient_id == author.id {
            let detail = format!("is {recipient_id}, which is yourself: expected another person");
            return Err(AppError::invalid("recipient_id", detail));
        }
        let recipient = self.person(recipient_id).await?;
        self.send(author, Some(recipient), message, except).await
    }

    async fn conversations(&self, reader: &User, query: ListQuery) -> Result<ConversationList, AppError> {
        self.list(reader, query).await
    }

    async fn open(&self, reader: &User, conversation: Conversation) -> Result<OpenedConversation, AppError> {
        self.opened(reader, conversation).await
    }

    async fn messages(&self, reader: &User, query: HistoryQuery) -> Result<MessagePage, AppError> {
        self.page(reader, query).await
    }

    async fn edit_message(&self, editor: &User, message: MessageId, edit: EditMessage) -> Result<Message, AppError> {
        self.edit(editor, message, &edit.body).await
    }

    async fn delete_message(&self, who: &User, message: MessageId) -> Result<(), AppError> {
        self.delete(who, message).await
    }

    async fn react(&self, user: &User, message: MessageId, reaction: React) -> Result<ReactionChanged, AppError> {
        self.react_to(user, message, &reaction.emoji, reaction.is_set).await
    }

    async fn find(&self, reader: &User, message: MessageId) -> Result<FoundMessage, AppError> {
        self.find_message(reader, message).await
    }

    async fn edits(&self, reader: &User, message: MessageId) -> Result<Vec<OldText>, AppError> {
        self.earlier_texts(reader, message).await
    }

    async fn typing(&self, user: &User, notice: TypingNotice, except: Option<SocketId>) -> Result<Timestamp, AppError> {
        let (conversation, typist) = (notice.conversation, UserSummary::from(user));
        history::refuse_strangers(user, conversation)?;
        if notice.has_stopped {
            self.typing.end(&typist, conversation).await;
            return Ok(self.clock.now());
        }
        self.typing_allowance.take(user.id, self.clock.now())?;
        if let Some(peer) = conversation.peer(user.id) {
            self.refuse_blocked(user, &self.person(peer).await?).await?;
        }
        let is_crowded = conversation == Conversation::General && (self.present_users)().len() > MAX_TYPING_ROOM;
        let is_shown = !is_crowded && self.store.settings(user.id).await?.privacy.sends_typing;
        self.typing.begin(&typist, conversation, is_shown, except).await
    }

    async fn mark_read(&self, reader: &User, message: MessageId) -> Result<ReadState, AppError> {
        self.read(reader, message).await
    }

    async fn mark_unread(&self, reader: &User, message: MessageId) -> Result<ReadState, AppError> {
        self.unread(reader, message).await
    }

    async fn mark_all_read(&self, reader: &User) -> Result<AllRead, AppError> {
        self.read_all(reader).await
    }

    async fn mark_delivered(&self, recipient: &User, message: MessageId) -> Result<(), AppError> {
        self.deliver(recipient, message).await
    }

    async fn readers(&self, reader: &User, message: MessageId) -> Result<Readers, AppError> {
        self.who_read(reader, message).await
    }

    async fn online_users(&self) -> Result<Vec<OnlineUser>, AppError> {
        Ok(self.online().await?)
    }
}
