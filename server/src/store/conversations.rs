//! Queries of conversations and of people's lists of them.

use app::accounts::UserSummary;
use app::chat::{BlockState, Conversation, ConversationSummary, LastLine, MAX_COUNTED_UNREAD, UserPair, excerpt};
use app::ids::{MessageId, UserId};
use app::time::Timestamp;
use chrono::{DateTime, Utc};

use super::time::{bound, timestamp};
use super::unread::Texts;
use super::{Store, StoreError, Tx};

/// The number of a conversation; that of the general room is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConversationKey(pub i64);

impl ConversationKey {
    /// The general room.
    pub const GENERAL: Self = Self(0);

    /// The number of a conversation that nobody has begun: without messages, and without a row.
    pub const NONE: Self = Self(-1);
}

#[derive(sqlx::FromRow)]
struct Row {
    peer_id: i64,
    peer_name: String,
    message_id: Option<i64>,
    author_id: Option<i64>,
    body: Option<String>,
    created_at: Option<DateTime<Utc>>,
    deleted_at: Option<DateTime<Utc>>,
    read_up_to: i64,
    read_revision: i64,
    peer_read_up_to: i64,
    peer_delivered_up_to: i64,
    unread_count: i64,
    blocked_by_me: bool,
    blocked_by_peer: bool,
}

/// Lines of the list of user `$1`, from a table `k` of conversations with `peer_id`.
///
/// The read positions are asked for one by one: as joined tables PostgreSQL, which does not know how few lines there are,
/// reads all positions of the reader for each of them.
macro_rules! select_summaries {
    ($of_peer:literal, $conversations:literal, $rest:literal) => {
        concat!(
            "select c.peer_id, p.name as peer_name, m.id as message_id, m.user_id as author_id, \
                substr(m.body, 1, 600) as body, m.created_at, m.deleted_at, \
                c.read_up_to, \
                coalesce((select r.revision from read_positions r \
                    where r.user_id = $1 and r.conversation = c.channel), 0) as read_revision, \
                coalesce((select r.last_read_message_id from read_positions r \
                    where r.user_id = c.peer_id and r.conversation = c.channel), 0) as peer_read_up_to, \
                coalesce((select r.last_delivered_message_id from read_positions r \
                    where r.user_id = c.peer_id and r.conversation = c.channel), 0) as peer_delivered_up_to, \
                (select count(*) from (select x.id from chat_messages x \
                    where x.conversation_id = c.id and ",
            $of_peer,
            " limit 100) unread) as unread_count, \
                exists (select 1 from user_blocks b where b.user_id = $1 and b.blocked_id = c.peer_id) as blocked_by_me, \
                exists (select 1 from user_blocks b where b.user_id = c.peer_id and b.blocked_id = $1) as blocked_by_peer \
            from (select k.*, coalesce((select r.last_read_message_id from read_positions r \
                    where r.user_id = $1 and r.conversation = k.channel), 0) as read_up_to \
                from (",
            $conversations,
            ") k) c join users p on p.id = c.peer_id \
            left join chat_messages m on m.id = c.last_message_id ",
            $rest
        )
    };
}

/// The newest conversations of user `$1` before message `$2`, at most `$3`, and 101 in any case: a page and one more. For
/// that number, since it stands in the text, PostgreSQL looks each line up; for one that it does not know it may read whole
/// tables.
macro_rules! list {
    ($of_peer:literal) => {
        select_summaries!(
            $of_peer,
            "select * from (select * from (select * from (select id, high_user_id as peer_id, last_message_id, \
                    'private-chat.' || low_user_id || '.' || high_user_id as channel from direct_conversations \
                    where low_user_id = $1 and last_message_id < $2 and last_message_id > 0 \
                    order by last_message_id desc limit $3) below \
                union all select * from (select id, low_user_id as peer_id, last_message_id, \
                    'private-chat.' || low_user_id || '.' || high_user_id as channel from direct_conversations \
                    where high_user_id = $1 and last_message_id < $2 and last_message_id > 0 \
                    order by last_message_id desc limit $3) above) both_sides \
                order by last_message_id desc limit $3) page limit 101",
            "order by c.last_message_id desc"
        )
    };
}

/// The conversation of user `$1` with the number `$2`.
macro_rules! one {
    ($of_peer:literal) => {
        select_summaries!(
            $of_peer,
            "select id, case when low_user_id = $1 then high_user_id else low_user_id end as peer_id, last_message_id, \
                'private-chat.' || low_user_id || '.' || high_user_id as channel from direct_conversations where id = $2",
            ""
        )
    };
}

/// Of the macros above, for each database: see [`Texts`].
macro_rules! texts {
    ($text:ident) => {
        Texts {
            postgres: $text!(
                "(x.user_id, x.id) > (c.peer_id, c.read_up_to) and x.user_id <= c.peer_id \
                and x.deleted_at is null order by x.user_id, x.id"
            ),
            sqlite: $text!(
                "x.user_id = c.peer_id and x.id > c.read_up_to and x.deleted_at is null \
                order by x.id"
            ),
        }
    };
}

const LIST: Texts = texts!(list);
const ONE: Texts = texts!(one);

const FIND: &str = "select id from direct_conversations where low_user_id = $1 and high_user_id = $2";

/// A message's number, unless it is the 0 that stands for none.
fn message_id(number: i64) -> Option<MessageId> {
    (number > 0).then_some(MessageId(number))
}

impl Row {
    fn summary(self, owner: &UserSummary) -> Option<ConversationSummary> {
        let peer = UserSummary { id: UserId(self.peer_id), name: self.peer_name };
        let is_deleted = self.deleted_at.is_some();
        let last_line = match (self.message_id, self.author_id, self.created_at) {
            (Some(id), Some(author), Some(sent_at)) => Some(LastLine {
                message_id: MessageId(id),
                user: if author == owner.id.0 { owner.clone() } else { peer.clone() },
                excerpt: excerpt(&self.body.filter(|_| !is_deleted).unwrap_or_default()),
                is_deleted,
                sent_at: timestamp(sent_at),
            }),
            _ => None,
        };
        let block = match (self.blocked_by_me, self.blocked_by_peer) {
            (true, _) => BlockState::ByMe,
            (false, true) => BlockState::ByPeer,
            (false, false) => BlockState::None,
        };
        Some(ConversationSummary {
            conversation: Conversation::direct(owner.id, peer.id)?,
            peer: Some(peer),
            last_line,
            read_up_to: message_id(self.read_up_to),
            read_revision: u32::try_from(self.read_revision).unwrap_or(u32::MAX),
            unread_count: u32::try_from(self.unread_count).unwrap_or(MAX_COUNTED_UNREAD),
            peer_read_up_to: message_id(self.peer_read_up_to),
            peer_delivered_up_to: message_id(self.peer_delivered_up_to.max(self.peer_read_up_to)),
            block,
        })
    }
}

impl Tx {
    /// The number of the conversation of two, which begins now if it had not.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn begin_conversation(&mut self, pair: UserPair, at: Timestamp) -> Result<ConversationKey, StoreError> {
        const SQL: &str = "\
            insert into direct_conversations (low_user_id, high_user_id, created_at) values ($1, $2, $3) \
            on conflict (low_user_id, high_user_id) do update set low_user_id = excluded.low_user_id returning id";
        let [low, high] = pair.ids();
        Ok(ConversationKey(with_tx!(self, connection =>
            sqlx::query_scalar(SQL).bind(low.0).bind(high.0).bind(bound(at)).fetch_one(connection).await?)))
    }

    /// As [`Store::conversation_key`].
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn conversation_key(&mut self, conversation: Conversation) -> Result<ConversationKey, StoreError> {
        let Conversation::Direct(pair) = conversation else { return Ok(ConversationKey::GENERAL) };
        let [low, high] = pair.ids();
        let id: Option<i64> = with_tx!(self, connection =>
            sqlx::query_scalar(FIND).bind(low.0).bind(high.0).fetch_optional(connection).await?);
        Ok(id.map_or(ConversationKey::NONE, ConversationKey))
    }

    /// Puts a conversation on top of both lists.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn set_last_message(&mut self, key: ConversationKey, message: MessageId) -> Result<(), StoreError> {
        const SQL: &str = "update direct_conversations set last_message_id = $2 where id = $1";
        with_tx!(self, connection =>
            sqlx::query(SQL).bind(key.0).bind(message.0).execute(connection).await.map(drop)?);
        Ok(())
    }

    /// A conversation's line in the list of one of its two people, as this transaction sees it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn conversation_summary(
        &mut self,
        owner: &UserSummary,
        key: ConversationKey,
    ) -> Result<Option<ConversationSummary>, StoreError> {
        let sql = self.text(ONE);
        let row = with_tx!(self, connection =>
            sqlx::query_as::<_, Row>(sql).bind(owner.id.0).bind(key.0).fetch_optional(connection).await?);
        Ok(row.and_then(|it| it.summary(owner)))
    }
}

impl Store {
    /// The number of a conversation; [`ConversationKey::NONE`] if it has not begun.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn conversation_key(&self, conversation: Conversation) -> Result<ConversationKey, StoreError> {
        let Conversation::Direct(pair) = conversation else { return Ok(ConversationKey::GENERAL) };
        let [low, high] = pair.ids();
        let id: Option<i64> = with_pool!(self, pool =>
            sqlx::query_scalar(FIND).bind(low.0).bind(high.0).fetch_optional(pool).await?);
        Ok(id.map_or(ConversationKey::NONE, ConversationKey))
    }

    /// A conversation's line in the list of one of its two people.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn conversation_summary(
        &self,
        owner: &UserSummary,
        key: ConversationKey,
    ) -> Result<Option<ConversationSummary>, StoreError> {
        let sql = self.text(ONE);
        let row = with_pool!(self, pool =>
            sqlx::query_as::<_, Row>(sql).bind(owner.id.0).bind(key.0).fetch_optional(pool).await?);
        Ok(row.and_then(|it| it.summary(owner)))
    }

    /// At most `limit` conversations of somebody whose last message is before the one given, the newest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn conversations_before(
        &self,
        owner: &UserSummary,
        before: MessageId,
        limit: i64,
    ) -> Result<Vec<ConversationSummary>, StoreError> {
        let sql = self.text(LIST);
        let rows = with_pool!(self, pool =>
            sqlx::query_as::<_, Row>(sql).bind(owner.id.0).bind(before.0).bind(limit).fetch_all(pool).await?);
        Ok(rows.into_iter().filter_map(|it| it.summary(owner)).collect())
    }
}
