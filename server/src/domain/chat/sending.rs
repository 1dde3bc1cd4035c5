//! How a message is stored and told of, once however often it is sent.

use app::accounts::{User, UserSummary};
use app::chat::{BlockState, Conversation, Message, NewMessage, Quote, Sent, UserPair, excerpt, validate_body};
use app::error::AppError;
use app::ids::{ClientId, MessageId};
use app::notifications::NotificationKind;
use app::realtime::events::{MessageSent, PrivateMessageSent};
use app::realtime::{AppChannel, AppEvent, SocketId};

use super::notifying::of_message;
use super::{Chat, markdown};
use crate::store::{ConversationKey, NewMessageRow, StoreError, Tx};

/// A message that has passed every check.
#[derive(Clone)]
pub(super) struct Draft {
    author: UserSummary,
    /// The other person, in a conversation of two.
    recipient: Option<UserSummary>,
    pub(super) client_id: ClientId,
    body: String,
    body_html: String,
    reply_to: Option<Quote>,
    mentions: Vec<UserSummary>,
    pub(super) except: Option<SocketId>,
}

impl Draft {
    fn pair(&self) -> Option<UserPair> {
        UserPair::new(self.author.id, self.recipient.as_ref()?.id)
    }

    /// Its row, if it is stored now.
    pub(super) fn row(&self, conversation: ConversationKey, at: app::time::Timestamp) -> NewMessageRow<'_> {
        NewMessageRow {
            user_id: self.author.id,
            recipient_id: self.recipient.as_ref().map(|it| it.id),
            conversation,
            client_id: self.client_id,
            body: &self.body,
            body_html: &self.body_html,
            reply_to: self.reply_to.as_ref().map(|it| it.message_id),
            at,
        }
    }

    /// What it is once it has its number.
    pub(super) fn message(&self, id: MessageId, at: app::time::Timestamp) -> Message {
        let (body, body_html) = (self.body.clone(), self.body_html.clone());
        let (reply_to, mentions) = (self.reply_to.clone(), self.mentions.clone());
        Message { reply_to, mentions, ..Message::new(id, self.client_id, self.author.clone(), body, body_html, at) }
    }
}

impl Chat {
    /// Sends a message to the general room, or to `recipient` alone.
    pub(super) async fn send(
        &self,
        author: &User,
        recipient: Option<UserSummary>,
        message: NewMessage,
        except: Option<SocketId>,
    ) -> Result<Sent, AppError> {
        let body = validate_body(&message.body).map_err(|detail| AppError::invalid("body", detail))?;
        let now = self.clock.now();
        let client_id = message.client_id.unwrap_or_else(|| ClientId::new(now));
        let conversation = recipient.as_ref().and_then(|it| Conversation::direct(author.id, it.id)).unwrap_or_default();
        // What else may be refused to one that was stored before; a plain one is found when it is stored again.
        let is_plain = recipient.is_none() && message.reply_to.is_none();
        if !is_plain && let Some(sent) = self.stored(author, conversation, client_id).await? {
            return Ok(sent);
        }
        if let Some(recipient) = &recipient {
            self.refuse_blocked(author, recipient).await?;
        }
        let reply_to = match message.reply_to {
            Some(id) => Some(self.quote(conversation, id).await?),
            None => None,
        };
        if let Err(refused) = self.messages.take(author.id, now) {
            let stored = if is_plain { self.stored(author, conversation, client_id).await? } else { None };
            return stored.ok_or(refused);
        }
        let (body_html, mentions) = (markdown::to_html(&body), self.mentioned(author, conversation, &body).await?);
        let draft = Draft { author: author.into(), recipient, client_id, body, body_html, reply_to, mentions, except };
        if let Some(message) = self.store_message(draft).await? {
            self.typing.end(&author.into(), conversation).await;
            return Ok(Sent { message, is_new: true });
        }
        self.messages.give_back(&author.id);
        self.stored(author, conversation, client_id).await?.ok_or_else(|| {
            tracing::error!(%client_id, "a message whose client id is taken cannot be found");
            AppError::Internal
        })
    }

    /// What was stored under this client id, if it is the author's own.
    async fn stored(
        &self,
        author: &User,
        conversation: Conversation,
        client_id: ClientId,
    ) -> Result<Option<Sent>, AppError> {
        let Some(stored) = self.store.message_by_client_id(client_id).await? else { return Ok(None) };
        if stored.message.user.id != author.id || stored.conversation != conversation {
            return Err(AppError::Conflict(format!("the client id {client_id} is taken: make a new one")));
        }
        let mut message = [stored.message];
        self.adorn(author.id, &mut message).await?;
        let [message] = message;
        Ok(Some(Sent { message, is_new: false }))
    }

    /// # Errors
    /// `Forbidden` if one of both has blocked the other.
    pub(super) async fn refuse_blocked(&self, author: &User, recipient: &UserSummary) -> Result<(), AppError> {
        let name = &recipient.name;
        match self.store.block_state(author.id, recipient.id).await? {
            BlockState::None => Ok(()),
            BlockState::ByMe => Err(AppError::Forbidden(format!("you have blocked {name}: unblock them to write"))),
            BlockState::ByPeer => Err(AppError::Forbidden(format!("{name} does not take messages from you"))),
        }
    }

    /// What a reply shows of the message that it answers.
    async fn quote(&self, conversation: Conversation, id: MessageId) -> Result<Quote, AppError> {
        let found = self.store.message(id).await?.filter(|it| it.conversation == conversation);
        let Some(found) = found else {
            return Err(AppError::invalid("reply_to", format!("is {id}: expected a message of this conversation")));
        };
        let (is_deleted, message) = (found.message.deleted_at.is_some(), found.message);
        Ok(Quote { message_id: id, user: message.user, excerpt: excerpt(&message.body), is_deleted })
    }

    /// The message and its events in one transaction; `None` if the client id came up meanwhile.
    async fn store_message(&self, draft: Draft) -> Result<Option<Message>, StoreError> {
        match draft.pair() {
            Some(pair) => self.store_private_message(draft, pair).await,
            None if draft.mentions.is_empty() && draft.reply_to.is_none() => self.store_grouped(draft).await,
            None => self.store_alone(draft).await,
        }
    }

    /// A message to the general room in a transaction of its own.
    pub(super) async fn store_alone(&self, draft: Draft) -> Result<Option<Message>, StoreError> {
        let answered = draft.reply_to.as_ref().map(|it| it.user.id);
        let receivers = self.named_or_answered(draft.author.id, &draft.mentions, answered).await?;
        let mut tx = self.store.begin().await?;
        // First, so that messages are numbered in the order in which the channel is told of them.
        let channels = receivers.keys().map(|it| AppChannel::PrivateUser(*it)).chain([AppChannel::Chat]);
        let mut reservations = self.log.reserve_all(&mut tx, channels).await?;
        let except = draft.except;
        let Some(message) = self.insert(&mut tx, draft, ConversationKey::GENERAL).await? else {
            tx.rollback().await?; // gives the numbers back
            return Ok(None);
        };
        let event = AppEvent::from(MessageSent { message: message.clone() });
        self.log.append_one_of(&mut tx, &mut reservations, AppChannel::Chat, &event, except).await?;
        for (user_id, kind) in receivers {
            let notification = of_message(user_id, kind, Conversation::General, &message);
            self.notifications.append(&mut tx, &mut reservations, notification).await?;
        }
        self.log.commit(tx).await?;
        Ok(Some(message))
    }

    async fn store_private_message(&self, draft: Draft, pair: UserPair) -> Result<Option<Message>, StoreError> {
        let Some(recipient) = draft.recipient.clone() else { return Ok(None) };
        let (channel, except) = (AppChannel::PrivateChat(pair), draft.except);
        let lists = self.both_lists(pair).await?;
        let is_told = self.is_told_of_message(recipient.id).await?;
        let mut tx = self.store.begin().await?;
        let channels = lists.people.iter().map(|it| AppChannel::PrivateUser(it.id)).chain([channel]);
        let mut reservations = self.log.reserve_all(&mut tx, channels).await?;
        let key = tx.begin_conversation(pair, self.clock.now()).await?;
        let Some(message) = self.insert(&mut tx, draft, key).await? else {
            tx.rollback().await?;
            return Ok(None);
        };
        tx.set_last_message(key, message.id).await?;
        let event = AppEvent::from(PrivateMessageSent { message: message.clone(), recipient_id: recipient.id });
        self.log.append_one_of(&mut tx, &mut reservations, channel, &event, except).await?;
        self.tell_lists(&mut tx, &mut reservations, &lists, key).await?;
        if is_told {
            let kind = NotificationKind::DirectMessage;
            let notification = of_message(recipient.id, kind, Conversation::Direct(pair), &message);
            self.notifications.append(&mut tx, &mut reservations, notification).await?;
        }
        self.log.commit(tx).await?;
        Ok(Some(message))
    }

    /// Adds the message's row.
    async fn insert(&self, tx: &mut Tx, draft: Draft, key: ConversationKey) -> Result<Option<Message>, StoreError> {
        let at = self.clock.now();
        let Some(id) = tx.insert_message(draft.row(key, at)).await? else { return Ok(None) };
        if !draft.mentions.is_empty() {
            tx.set_mentions(id, &draft.mentions).await?;
        }
        Ok(Some(draft.message(id, at)))
    }
}
