//! Queries of chat messages.

use app::accounts::UserSummary;
use app::chat::{Conversation, Message, Quote, excerpt};
use app::ids::{ClientId, MessageId, UserId};
use app::time::Timestamp;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::time::{bound, timestamp};
use super::{ConversationKey, Store, StoreError, Tx};

/// A message that is to be.
#[derive(Debug)]
pub struct NewMessageRow<'a> {
    /// Its author.
    pub user_id: UserId,
    /// `None`: the general room.
    pub recipient_id: Option<UserId>,
    /// Where it is told.
    pub conversation: ConversationKey,
    /// Made by the author's client.
    pub client_id: ClientId,
    /// Valid Markdown source.
    pub body: &'a str,
    /// Sanitised.
    pub body_html: &'a str,
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
    /// Now.
    pub at: Timestamp,
}

/// A message, and where it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMessage {
    /// The message as readers get it, but without its mentions and reactions.
    pub message: Message,
    /// Its conversation.
    pub conversation: Conversation,
    /// The conversation's number.
    pub key: ConversationKey,
}

/// A row of [`select_messages`].
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: i64,
    client_id: Uuid,
    conversation_id: i64,
    user_id: i64,
    name: String,
    recipient_id: Option<i64>,
    body: String,
    body_html: String,
    created_at: DateTime<Utc>,
    edited_at: Option<DateTime<Utc>>,
    deleted_at: Option<DateTime<Utc>>,
    revision: i64,
    quote_id: Option<i64>,
    quote_user_id: Option<i64>,
    quote_name: Option<String>,
    quote_body: Option<String>,
    quote_deleted_at: Option<DateTime<Utc>>,
}

/// Messages with their authors and what they quote. As much of a quoted text is read as an excerpt can show.
macro_rules! select_messages {
    ($rest:literal) => {
        concat!(
            "select m.id, m.client_id, m.conversation_id, m.user_id, u.name, m.recipient_id, m.body, m.body_html, \
                m.created_at, m.edited_at, m.deleted_at, m.revision, q.id as quote_id, q.user_id as quote_user_id, \
                qu.name as quote_name, substr(q.body, 1, 600) as quote_body, q.deleted_at as quote_deleted_at \
            from chat_messages m join users u on u.id = m.user_id \
            left join chat_messages q on q.id = m.reply_to_id left join users qu on qu.id = q.user_id ",
            $rest
        )
    };
}

pub(super) use select_messages;

impl Row {
    fn quote(&mut self) -> Option<Quote> {
        let (message_id, user_id) = (MessageId(self.quote_id?), UserId(self.quote_user_id?));
        let is_deleted = self.quote_deleted_at.is_some();
        let body = self.quote_body.take().filter(|_| !is_deleted).unwrap_or_default();
        let user = UserSummary { id: user_id, name: self.quote_name.take()? };
        Some(Quote { message_id, user, excerpt: excerpt(&body), is_deleted })
    }
}

impl From<Row> for StoredMessage {
    fn from(mut row: Row) -> Self {
        let (reply_to, deleted_at) = (row.quote(), row.deleted_at.map(timestamp));
        let user = UserSummary { id: UserId(row.user_id), name: row.name };
        let conversation =
            row.recipient_id.and_then(|it| Conversation::direct(user.id, UserId(it))).unwrap_or_default();
        // What was deleted stays in its row and is told to nobody.
        let shown = |text: String| if deleted_at.is_some() { String::new() } else { text };
        let (id, client_id) = (MessageId(row.id), ClientId(row.client_id));
        let message = Message {
            revision: u32::try_from(row.revision).unwrap_or(u32::MAX),
            edited_at: row.edited_at.map(timestamp),
            deleted_at,
            reply_to,
            ..Message::new(id, client_id, user, shown(row.body), shown(row.body_html), timestamp(row.created_at))
        };
        Self { message, conversation, key: ConversationKey(row.conversation_id) }
    }
}

impl Tx {
    /// Adds a message; `None` if its client id is known already, also while another transaction adds it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn insert_message(&mut self, row: NewMessageRow<'_>) -> Result<Option<MessageId>, StoreError> {
        const SQL: &str = "\
            insert into chat_messages \
                (user_id, recipient_id, conversation_id, client_id, body, body_html, reply_to_id, created_at, updated_at) \
            values ($1, $2, $3, $4, $5, $6, $7, $8, $8) on conflict (client_id) do nothing returning id";
        let id: Option<i64> = with_tx!(self, connection =>
            sqlx::query_scalar(SQL)
                .bind(row.user_id.0)
                .bind(row.recipient_id.map(|it| it.0))
                .bind(row.conversation.0)
                .bind(row.client_id.0)
                .bind(row.body)
                .bind(row.body_html)
                .bind(row.reply_to.map(|it| it.0))
                .bind(bound(row.at))
                .fetch_optional(connection)
                .await?);
        let id = id.map(MessageId);
        if let (Some(id), ConversationKey::GENERAL) = (id, row.conversation) {
            self.advance_room_author(row.user_id, id).await?;
        }
        Ok(id)
    }
}

impl Store {
    /// The message with this client id.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn message_by_client_id(&self, client_id: ClientId) -> Result<Option<StoredMessage>, StoreError> {
        const SQL: &str = select_messages!("where m.client_id = $1");
        let row = with_pool!(self, pool =>
            sqlx::query_as::<_, Row>(SQL).bind(client_id.0).fetch_optional(pool).await?);
        Ok(row.map(StoredMessage::from))
    }

    /// The message with this number.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn message(&self, id: MessageId) -> Result<Option<StoredMessage>, StoreError> {
        const SQL: &str = select_messages!("where m.id = $1");
        let row = with_pool!(self, pool => sqlx::query_as::<_, Row>(SQL).bind(id.0).fetch_optional(pool).await?);
        Ok(row.map(StoredMessage::from))
    }
}
