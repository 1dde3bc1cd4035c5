//! Queries of who has read how far.

use app::accounts::UserSummary;
use app::chat::ReadReceipt;
use app::ids::{MessageId, UserId};
use app::time::Timestamp;
use chrono::{DateTime, Utc};

use super::time::{bound, timestamp};
use super::{Store, StoreError, Tx};

/// How far somebody has read a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadPosition {
    /// The last message that they have read.
    pub read_up_to: Option<MessageId>,
    /// How often the position was moved.
    pub revision: u32,
}

impl ReadPosition {
    /// The last message that was read, as a number: 0 before the first.
    pub fn message(self) -> MessageId {
        self.read_up_to.unwrap_or(MessageId(0))
    }
}

impl Store {
    /// How far somebody has read a conversation.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn read_position(&self, user_id: UserId, conversation: &str) -> Result<ReadPosition, StoreError> {
        const SQL: &str = "\
            select last_read_message_id, revision from read_positions where user_id = $1 and conversation = $2";
        let row: Option<(i64, i64)> = with_pool!(self, pool =>
            sqlx::query_as(SQL).bind(user_id.0).bind(conversation).fetch_optional(pool).await?);
        Ok(row.map_or_else(ReadPosition::default, |(id, revision)| ReadPosition {
            read_up_to: (id > 0).then_some(MessageId(id)),
            revision: u32::try_from(revision).unwrap_or(u32::MAX),
        }))
    }

    /// How far others have read a conversation, those furthest on first, at most `limit`.
    /// A position that its person has never moved is where they came in, and tells of nothing read.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn receipts(
        &self,
        conversation: &str,
        reader: UserId,
        limit: i64,
    ) -> Result<Vec<ReadReceipt>, StoreError> {
        const SQL: &str = "\
            select r.user_id, u.name, r.last_read_message_id, r.updated_at \
            from read_positions r join users u on u.id = r.user_id \
            where r.conversation = $1 and r.last_read_message_id > 0 and r.revision > 0 and r.user_id <> $2 \
            order by r.last_read_message_id desc limit $3";
        let rows: Vec<(i64, String, i64, DateTime<Utc>)> = with_pool!(self, pool =>
            sqlx::query_as(SQL).bind(conversation).bind(reader.0).bind(limit).fetch_all(pool).await?);
        let receipt = |(id, name, message, at): (i64, String, i64, DateTime<Utc>)| ReadReceipt {
            user: UserSummary { id: UserId(id), name },
            read_up_to: MessageId(message),
            read_at: timestamp(at),
        };
        Ok(rows.into_iter().map(receipt).collect())
    }

    /// Lets somebody who is new begin at the end of the general room: what was said before they came is history to
    /// them, and not unread.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn begin_reading(&self, user_id: UserId, at: Timestamp) -> Result<(), StoreError> {
        const SQL: &str = "\
            insert into read_positions (user_id, conversation, last_read_message_id, updated_at) \
            select $1, 'chat', coalesce(max(id), 0), $2 from chat_messages where conversation_id = 0 \
            on conflict (user_id, conversation) do nothing";
        with_writer!(self, pool =>
            sqlx::query(SQL).bind(user_id.0).bind(bound(at)).execute(pool).await.map(drop)?);
        Ok(())
    }
}

impl Tx {
    /// Moves a read position, one way alone; `None` if it stays, since it is there or beyond.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn move_read_position(
        &mut self,
        user_id: UserId,
        conversation: &str,
        to: Option<MessageId>,
        is_forward: bool,
        at: Timestamp,
    ) -> Result<Option<ReadPosition>, StoreError> {
        const FORWARD: &str = "\
            insert into read_positions (user_id, conversation, last_read_message_id, updated_at, revision) \
            values ($1, $2, $3, $4, 1) \
            on conflict (user_id, conversation) do update \
                set last_read_message_id = excluded.last_read_message_id, updated_at = excluded.updated_at, \
                    revision = read_positions.revision + 1 \
                where excluded.last_read_message_id > read_positions.last_read_message_id returning revision";
        const BACK: &str = "\
            update read_positions set last_read_message_id = $3, updated_at = $4, revision = revision + 1 \
            where user_id = $1 and conversation = $2 and last_read_message_id > $3 returning revision";
        let sql = if is_forward { FORWARD } else { BACK };
        let revision: Option<i64> = with_tx!(self, connection =>
            sqlx::query_scalar(sql)
                .bind(user_id.0)
                .bind(conversation)
                .bind(to.map_or(0, |it| it.0))
                .bind(bound(at))
                .fetch_optional(connection)
                .await?);
        let position =
            |revision| ReadPosition { read_up_to: to, revision: u32::try_from(revision).unwrap_or(u32::MAX) };
        Ok(revision.map(position))
    }

    /// Notes that messages have reached somebody; false if that was known.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn advance_delivered(
        &mut self,
        user_id: UserId,
        conversation: &str,
        message: MessageId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "\
            insert into read_positions \
                (user_id, conversation, last_read_message_id, last_delivered_message_id, updated_at) \
            values ($1, $2, 0, $3, $4) \
            on conflict (user_id, conversation) do update \
                set last_delivered_message_id = excluded.last_delivered_message_id \
                where excluded.last_delivered_message_id > read_positions.last_delivered_message_id";
        let count = with_tx!(self, connection =>
            sqlx::query(SQL)
                .bind(user_id.0)
                .bind(conversation)
                .bind(message.0)
                .bind(bound(at))
                .execute(connection)
                .await?
                .rows_affected());
        Ok(count > 0)
    }

    /// Keeps `is_read` of what `author` wrote to `reader` true to the read position, which has just been moved there.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn set_read(
        &mut self,
        reader: UserId,
        author: UserId,
        position: MessageId,
        is_forward: bool,
    ) -> Result<(), StoreError> {
        const FORWARD: &str = "\
            update chat_messages set is_read = true \
            where recipient_id = $1 and user_id = $2 and id <= $3 and not is_read";
        const BACK: &str = "\
            update chat_messages set is_read = false \
            where recipient_id = $1 and user_id = $2 and id > $3 and is_read";
        let sql = if is_forward { FORWARD } else { BACK };
        with_tx!(self, connection =>
            sqlx::query(sql).bind(reader.0).bind(author.0).bind(position.0).execute(connection).await.map(drop)?);
        Ok(())
    }
}
