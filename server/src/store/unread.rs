//! Queries of what somebody has not read. None of them walks what the reader has written since, or what was deleted:
//! each asks by author, whose messages an index has in order.

use app::chat::Conversation;
use app::ids::{MessageId, UserId};

use super::{ConversationKey, Store, StoreError, Tx};

/// What others wrote to a conversation after the last message that somebody has read there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnreadStretch {
    /// Where.
    pub conversation: Conversation,
    /// The conversation's number.
    pub key: ConversationKey,
    /// Who reads.
    pub reader: UserId,
    /// The last message that they have read; 0 before the first.
    pub read: MessageId,
}

/// Messages of the general room that are looked through before its authors are asked.
const NEAR: i64 = 200;

/// One question in two texts.
///
/// SQLite compares pairs by their first column alone when it looks into an index. PostgreSQL does so by both, and needs
/// to be asked for a pair: for an author and a number apart it may take the primary key, whose next messages can all be
/// the reader's own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texts {
    pub(super) postgres: &'static str,
    pub(super) sqlite: &'static str,
}

/// With two, what others wrote is what the other one wrote.
const COUNT_BETWEEN_TWO: Texts = Texts {
    postgres: "\
        select count(*) from (select id from chat_messages \
            where conversation_id = $1 and (user_id, id) > ($2, $3) and user_id <= $2 and deleted_at is null \
            order by user_id, id limit $4) unread",
    sqlite: "\
        select count(*) from (select id from chat_messages \
            where conversation_id = $1 and user_id = $2 and id > $3 and deleted_at is null order by id limit $4) unread",
};

const FIRST_BETWEEN_TWO: Texts = Texts {
    postgres: "\
        select id from chat_messages \
        where conversation_id = $1 and (user_id, id) > ($2, $3) and user_id <= $2 and deleted_at is null \
        order by user_id, id limit 1",
    sqlite: "\
        select id from chat_messages \
        where conversation_id = $1 and user_id = $2 and id > $3 and deleted_at is null order by id limit 1",
};

/// Each author found has a message to count, so as many authors are enough as are counted at most. A subselect for each
/// and not a join, since PostgreSQL could turn that round and walk the room's messages.
macro_rules! count_in_room {
    ($of_author:literal) => {
        concat!(
            "select cast(coalesce(sum(unread), 0) as bigint) from (select \
                (select count(*) from (select m.id from chat_messages m where m.conversation_id = 0 and ",
            $of_author,
            " limit $3) found) as unread \
                from room_authors a where a.last_message_id > $2 and a.user_id <> $1 \
                order by a.last_message_id desc limit $3) authors"
        )
    };
}

macro_rules! first_in_room {
    ($of_author:literal) => {
        concat!(
            "select min(first) from (select \
                (select m.id from chat_messages m where m.conversation_id = 0 and ",
            $of_author,
            " limit 1) as first \
                from room_authors a where a.last_message_id > $2 and a.user_id <> $1) authors"
        )
    };
}

/// Of the macros above, for each database.
macro_rules! texts_in_room {
    ($text:ident) => {
        Texts {
            postgres: $text!(
                "(m.user_id, m.id) > (a.user_id, $2) and m.user_id <= a.user_id and m.deleted_at is null \
                order by m.user_id, m.id"
            ),
            sqlite: $text!("m.user_id = a.user_id and m.id > $2 and m.deleted_at is null order by m.id"),
        }
    };
}

const COUNT_IN_ROOM: Texts = texts_in_room!(count_in_room);
const FIRST_IN_ROOM: Texts = texts_in_room!(first_in_room);

const NEXT_IN_ROOM: Texts = Texts {
    postgres: "\
        select id, user_id, deleted_at is not null from chat_messages \
        where (conversation_id, id) > (0, $1) and conversation_id <= 0 order by conversation_id, id limit $2",
    sqlite: "\
        select id, user_id, deleted_at is not null from chat_messages \
        where conversation_id = 0 and id > $1 order by id limit $2",
};

macro_rules! near_in_room {
    ($after:literal) => {
        concat!(
            "select count(*), count(case when user_id <> $1 and deleted_at is null then 1 end) \
                from (select user_id, deleted_at from chat_messages where ",
            $after,
            " limit $3) near"
        )
    };
}

/// How many messages there are of the first ones after `$2`, and how many of those user `$1` has not read.
const NEAR_IN_ROOM: Texts = Texts {
    postgres: near_in_room!("(conversation_id, id) > (0, $2) and conversation_id <= 0 order by conversation_id, id"),
    sqlite: near_in_room!("conversation_id = 0 and id > $2 order by id"),
};

/// Looks through what is near over a pool or a connection; only in the general room.
macro_rules! near {
    ($executor:expr, $sql:expr, $stretch:expr) => {
        sqlx::query_as($sql).bind($stretch.reader.0).bind($stretch.read.0).bind(NEAR).fetch_one($executor).await?
    };
}

/// Counts over a pool or a connection, whichever the database.
macro_rules! count {
    ($executor:expr, $texts:expr, $stretch:expr, $limit:expr) => {
        match $stretch.conversation.peer($stretch.reader) {
            Some(peer) => {
                sqlx::query_scalar($texts.0)
                    .bind($stretch.key.0)
                    .bind(peer.0)
                    .bind($stretch.read.0)
                    .bind(i64::from($limit))
                    .fetch_one($executor)
                    .await?
            }
            None => {
                sqlx::query_scalar($texts.1)
                    .bind($stretch.reader.0)
                    .bind($stretch.read.0)
                    .bind(i64::from($limit))
                    .fetch_one($executor)
                    .await?
            }
        }
    };
}

/// The count, if what was looked through near the position is all there is, or enough.
fn settled((near, unread): (i64, i64), limit: u32) -> Option<u32> {
    (near < NEAR || unread >= i64::from(limit)).then(|| limited(unread, limit))
}

/// What was counted, which is several times the limit where several authors wrote that many.
fn limited(count: i64, limit: u32) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX).min(limit)
}

impl Tx {
    pub(super) fn text(&self, texts: Texts) -> &'static str {
        match self {
            Self::Postgres(_) => texts.postgres,
            Self::Sqlite(_) => texts.sqlite,
        }
    }

    /// As [`Store::unread_count`].
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn unread_count(&mut self, stretch: UnreadStretch, limit: u32) -> Result<u32, StoreError> {
        if stretch.conversation == Conversation::General {
            let sql = self.text(NEAR_IN_ROOM);
            let near = with_tx!(self, connection => near!(connection, sql, stretch));
            if let Some(count) = settled(near, limit) {
                return Ok(count);
            }
        }
        let texts = (self.text(COUNT_BETWEEN_TWO), self.text(COUNT_IN_ROOM));
        let count: i64 = with_tx!(self, connection => count!(connection, texts, stretch, limit));
        Ok(limited(count, limit))
    }

    /// Notes that somebody has written to the general room.
    pub(super) async fn advance_room_author(&mut self, author: UserId, message: MessageId) -> Result<(), StoreError> {
        const SQL: &str = "\
            insert into room_authors (user_id, last_message_id) values ($1, $2) \
            on conflict (user_id) do update set last_message_id = excluded.last_message_id \
                where excluded.last_message_id > room_authors.last_message_id";
        with_tx!(self, connection =>
            sqlx::query(SQL).bind(author.0).bind(message.0).execute(connection).await.map(drop)?);
        Ok(())
    }

    /// Goes back to an author's message before the one just deleted, if that was their last in the general room.
    pub(super) async fn take_back_room_author(&mut self, deleted: MessageId) -> Result<(), StoreError> {
        const SQL: &str = "\
            update room_authors set last_message_id = coalesce((select max(m.id) from chat_messages m \
                where m.conversation_id = 0 and m.user_id = room_authors.user_id and m.deleted_at is null), 0) \
            where last_message_id = $1";
        with_tx!(self, connection =>
            sqlx::query(SQL).bind(deleted.0).execute(connection).await.map(drop)?);
        Ok(())
    }
}

impl Store {
    pub(super) fn text(&self, texts: Texts) -> &'static str {
        match self {
            Self::Postgres(_) => texts.postgres,
            Self::Sqlite(_) => texts.sqlite,
        }
    }

    /// How many messages others wrote that were not deleted, counted up to `limit`. In the general room that costs 200
    /// rows, and only if most of those are the reader's own or deleted, `limit` rows of each of `limit` authors at most.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn unread_count(&self, stretch: UnreadStretch, limit: u32) -> Result<u32, StoreError> {
        if stretch.conversation == Conversation::General {
            let sql = self.text(NEAR_IN_ROOM);
            let near = with_pool!(self, pool => near!(pool, sql, stretch));
            if let Some(count) = settled(near, limit) {
                return Ok(count);
            }
        }
        let texts = (self.text(COUNT_BETWEEN_TWO), self.text(COUNT_IN_ROOM));
        let count: i64 = with_pool!(self, pool => count!(pool, texts, stretch, limit));
        Ok(limited(count, limit))
    }

    /// The first message that somebody else wrote and that was not deleted. In the general room that costs at most 200
    /// rows, and if all of those are the reader's own or deleted, one row of each author who wrote since.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn first_unread(&self, stretch: UnreadStretch) -> Result<Option<MessageId>, StoreError> {
        let UnreadStretch { conversation, key, reader, read } = stretch;
        let Some(peer) = conversation.peer(reader) else { return self.first_unread_in_room(reader, read).await };
        let sql = self.text(FIRST_BETWEEN_TWO);
        let id: Option<i64> = with_pool!(self, pool =>
            sqlx::query_scalar(sql).bind(key.0).bind(peer.0).bind(read.0).fetch_optional(pool).await?);
        Ok(id.map(MessageId))
    }

    async fn first_unread_in_room(&self, reader: UserId, read: MessageId) -> Result<Option<MessageId>, StoreError> {
        let sql = self.text(NEXT_IN_ROOM);
        let next: Vec<(i64, i64, bool)> = with_pool!(self, pool =>
            sqlx::query_as(sql).bind(read.0).bind(NEAR).fetch_all(pool).await?);
        let is_all = i64::try_from(next.len()).is_ok_and(|it| it < NEAR);
        let near = next.into_iter().find(|(_, author, is_deleted)| *author != reader.0 && !is_deleted);
        if near.is_some() || is_all {
            return Ok(near.map(|(id, ..)| MessageId(id)));
        }
        let sql = self.text(FIRST_IN_ROOM);
        let id: Option<i64> = with_pool!(self, pool =>
            sqlx::query_scalar(sql).bind(reader.0).bind(read.0).fetch_one(pool).await?);
        Ok(id.map(MessageId))
    }
}
