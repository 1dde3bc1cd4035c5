//! What is unread from first principles: messages walked one by one, without an index of authors or a table beside them.
//! Slow, and therefore bounded; [`crate::domain::UnreadCheck`] holds the counts that people are shown against it.

use app::chat::{Conversation, UserPair};
use app::ids::{MessageId, UserId};

use super::unread::Texts;
use super::{ConversationKey, Store, StoreError, Tx, UnreadStretch};

/// Messages that are walked of one conversation at most.
const MAX_WALKED: i64 = 1_000;

/// A message after a read position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalkedMessage {
    /// Its number.
    pub id: MessageId,
    /// Who wrote it.
    pub author: UserId,
    /// Whether it was deleted, and so counts for nobody.
    pub is_deleted: bool,
}

/// The first messages after a read position, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// At most 1 000.
    pub messages: Vec<WalkedMessage>,
    /// The last message that the walk would have met; the greatest number there is if it met all.
    pub horizon: MessageId,
}

impl Walk {
    fn new(messages: Vec<WalkedMessage>) -> Self {
        let is_full = i64::try_from(messages.len()).is_ok_and(|it| it >= MAX_WALKED);
        let last = messages.last().filter(|_| is_full).map(|it| it.id);
        Self { messages, horizon: last.unwrap_or(MessageId(i64::MAX)) }
    }

    /// Whether nothing lies beyond it.
    pub fn is_complete(&self) -> bool {
        self.horizon == MessageId(i64::MAX)
    }
}

type Row = (i64, i64, bool);

fn walked((id, author, is_deleted): Row) -> WalkedMessage {
    WalkedMessage { id: MessageId(id), author: UserId(author), is_deleted }
}

impl Tx {
    /// The messages of a conversation after the read position, the reader's own and deleted ones among them.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn walk_after(&mut self, stretch: UnreadStretch) -> Result<Walk, StoreError> {
        const TEXTS: Texts = Texts {
            postgres: "\
                select id, user_id, deleted_at is not null from chat_messages \
                where (conversation_id, id) > ($1, $2) and conversation_id <= $1 order by conversation_id, id limit $3",
            sqlite: "\
                select id, user_id, deleted_at is not null from chat_messages \
                where conversation_id = $1 and id > $2 order by id limit $3",
        };
        let sql = self.text(TEXTS);
        let rows: Vec<Row> = with_tx!(self, connection =>
            sqlx::query_as(sql).bind(stretch.key.0).bind(stretch.read.0).bind(MAX_WALKED).fetch_all(connection).await?);
        Ok(Walk::new(rows.into_iter().map(walked).collect()))
    }

    /// What `author` wrote to `reader` that does not bear `is_read`, wherever their read position is.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn walk_flags(&mut self, reader: UserId, author: UserId) -> Result<Walk, StoreError> {
        const TEXTS: Texts = Texts {
            postgres: "\
                select id, user_id, deleted_at is not null from chat_messages \
                where recipient_id = $1 and (user_id, id) > ($2, 0) and user_id <= $2 and not is_read \
                order by user_id, id limit $3",
            sqlite: "\
                select id, user_id, deleted_at is not null from chat_messages \
                where recipient_id = $1 and user_id = $2 and not is_read order by id limit $3",
        };
        let sql = self.text(TEXTS);
        let rows: Vec<Row> = with_tx!(self, connection =>
            sqlx::query_as(sql).bind(reader.0).bind(author.0).bind(MAX_WALKED).fetch_all(connection).await?);
        Ok(Walk::new(rows.into_iter().map(walked).collect()))
    }

    /// The last message that somebody has read of a conversation, as this transaction sees it; 0 before the first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn last_read(&mut self, reader: UserId, conversation: Conversation) -> Result<MessageId, StoreError> {
        const SQL: &str = "\
            select last_read_message_id from read_positions where user_id = $1 and conversation = $2";
        let id: Option<i64> = with_tx!(self, connection =>
            sqlx::query_scalar(SQL).bind(reader.0).bind(conversation.to_string()).fetch_optional(connection).await?);
        Ok(MessageId(id.unwrap_or(0)))
    }
}

impl Store {
    /// The people after one, in the order of their numbers.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn people_after(&self, id: UserId, limit: i64) -> Result<Vec<UserId>, StoreError> {
        const SQL: &str = "select id from users where id > $1 order by id limit $2";
        let ids: Vec<i64> =
            with_pool!(self, pool => sqlx::query_scalar(SQL).bind(id.0).bind(limit).fetch_all(pool).await?);
        Ok(ids.into_iter().map(UserId).collect())
    }

    /// The conversations of two after one, in the order of their numbers.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn conversations_after(
        &self,
        key: ConversationKey,
        limit: i64,
    ) -> Result<Vec<(ConversationKey, UserPair)>, StoreError> {
        const SQL: &str = "\
            select id, low_user_id, high_user_id from direct_conversations where id > $1 order by id limit $2";
        let rows: Vec<(i64, i64, i64)> =
            with_pool!(self, pool => sqlx::query_as(SQL).bind(key.0).bind(limit).fetch_all(pool).await?);
        let pair = |(id, low, high)| Some((ConversationKey(id), UserPair::new(UserId(low), UserId(high))?));
        Ok(rows.into_iter().filter_map(pair).collect())
    }
}
