//! Queries of where messages stand in their conversation: pages, neighbours, the last authors.
//!
//! Each walks the index of one conversation from a message on, so it costs what it finds, however much was written
//! elsewhere. SQLite does that for a conversation and a number. PostgreSQL has to be asked for pairs, in their order: else
//! it takes the primary key for a large conversation and passes over all that was written elsewhere since, or the whole
//! table where one message is enough.

use app::chat::Message;
use app::ids::{MessageId, UserId};

use super::chat_messages::{Row, select_messages};
use super::unread::Texts;
use super::{ConversationKey, Store, StoreError, StoredMessage};

/// Which messages of a conversation; each without the one named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stretch {
    /// The last ones.
    Newest,
    /// Those just before one.
    Before(MessageId),
    /// Those just after one.
    After(MessageId),
}

const BACKWARD: Texts = Texts {
    postgres: select_messages!(
        "where (m.conversation_id, m.id) < ($1, $2) and m.conversation_id >= $1 \
        order by m.conversation_id desc, m.id desc limit $3"
    ),
    sqlite: select_messages!("where m.conversation_id = $1 and m.id < $2 order by m.id desc limit $3"),
};

const FORWARD: Texts = Texts {
    postgres: select_messages!(
        "where (m.conversation_id, m.id) > ($1, $2) and m.conversation_id <= $1 \
        order by m.conversation_id, m.id limit $3"
    ),
    sqlite: select_messages!("where m.conversation_id = $1 and m.id > $2 order by m.id limit $3"),
};

const BETWEEN: Texts = Texts {
    postgres: "\
        select id from chat_messages where (conversation_id, id) >= ($1, $2) and (conversation_id, id) <= ($1, $3) \
        order by conversation_id, id limit 1",
    sqlite: "select id from chat_messages where conversation_id = $1 and id >= $2 and id <= $3 limit 1",
};

const JUST_BEFORE: Texts = Texts {
    postgres: "\
        select id from chat_messages where (conversation_id, id) < ($1, $2) and conversation_id >= $1 \
        order by conversation_id desc, id desc limit 1",
    sqlite: "select id from chat_messages where conversation_id = $1 and id < $2 order by id desc limit 1",
};

macro_rules! last_authors {
    ($stretch:literal) => {
        concat!(
            "select user_id from (select id, user_id from chat_messages where ",
            $stretch,
            " limit $3) stretch where user_id <> $4 group by user_id order by max(id) desc limit $5"
        )
    };
}

const LAST_AUTHORS: Texts = Texts {
    postgres: last_authors!(
        "(conversation_id, id) > (0, $1) and (conversation_id, id) <= (0, $2) order by conversation_id desc, id desc"
    ),
    sqlite: last_authors!("conversation_id = 0 and id > $1 and id <= $2 order by id desc"),
};

impl Store {
    /// At most `limit` messages of a conversation, oldest first, without their mentions and reactions.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn messages(
        &self,
        conversation: ConversationKey,
        stretch: Stretch,
        limit: i64,
    ) -> Result<Vec<Message>, StoreError> {
        let (texts, bound) = match stretch {
            Stretch::Newest => (BACKWARD, i64::MAX),
            Stretch::Before(id) => (BACKWARD, id.0),
            Stretch::After(id) => (FORWARD, id.0),
        };
        let sql = self.text(texts);
        let rows = with_pool!(self, pool =>
            sqlx::query_as::<_, Row>(sql).bind(conversation.0).bind(bound).bind(limit).fetch_all(pool).await?);
        let mut messages: Vec<Message> = rows.into_iter().map(|row| StoredMessage::from(row).message).collect();
        if !matches!(stretch, Stretch::After(_)) {
            messages.reverse();
        }
        Ok(messages)
    }

    /// Whether a conversation has a message with a number from the first to the last given.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn has_message(
        &self,
        conversation: ConversationKey,
        first: MessageId,
        last: MessageId,
    ) -> Result<bool, StoreError> {
        let sql = self.text(BETWEEN);
        let id: Option<i64> = with_pool!(self, pool =>
            sqlx::query_scalar(sql).bind(conversation.0).bind(first.0).bind(last.0).fetch_optional(pool).await?);
        Ok(id.is_some())
    }

    /// The message before this one in its conversation.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn message_before(
        &self,
        conversation: ConversationKey,
        id: MessageId,
    ) -> Result<Option<MessageId>, StoreError> {
        let sql = self.text(JUST_BEFORE);
        let id: Option<i64> = with_pool!(self, pool =>
            sqlx::query_scalar(sql).bind(conversation.0).bind(id.0).fetch_optional(pool).await?);
        Ok(id.map(MessageId))
    }

    /// Who wrote to the general room after `low` and up to `high`, looking through the last `messages` of them; at most
    /// `limit` people, those who wrote last.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn last_authors(
        &self,
        low: MessageId,
        high: MessageId,
        but: UserId,
        messages: i64,
        limit: i64,
    ) -> Result<Vec<UserId>, StoreError> {
        let sql = self.text(LAST_AUTHORS);
        let ids: Vec<i64> = with_pool!(self, pool =>
            sqlx::query_scalar(sql)
                .bind(low.0)
                .bind(high.0)
                .bind(messages)
                .bind(but.0)
                .bind(limit)
                .fetch_all(pool)
                .await?);
        Ok(ids.into_iter().map(UserId).collect())
    }
}
