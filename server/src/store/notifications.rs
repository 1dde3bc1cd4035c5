//! Queries of notifications.

use app::accounts::UserSummary;
use app::chat::{Conversation, MAX_COUNTED_UNREAD};
use app::ids::{MessageId, NotificationId, UserId};
use app::notifications::{Notification, NotificationFilter, NotificationKind, NotificationQuery};
use app::time::Timestamp;
use chrono::{DateTime, Utc};

use super::time::{bound, timestamp};
use super::user_presence::json_array;
use super::{Store, StoreError, Tx};

/// A notification that is to be.
#[derive(Debug)]
pub struct NewNotificationRow<'a> {
    /// Whom it is for.
    pub user_id: UserId,
    /// What it is about.
    pub kind: NotificationKind,
    /// One sentence.
    pub title: &'a str,
    /// More of it.
    pub body: &'a str,
    /// Whoever caused it.
    pub actor_id: Option<UserId>,
    /// What shows more.
    pub path: Option<&'a str>,
    /// The conversation that it is about.
    pub conversation: Option<Conversation>,
    /// The message that it is about.
    pub message_id: Option<MessageId>,
    /// Unread ones with the same key are one.
    pub group_key: Option<&'a str>,
    /// How many things it stands for.
    pub count: u32,
    /// Now.
    pub at: Timestamp,
}

/// An unread notification whose place a new one takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplacedNotification {
    /// Its number.
    pub id: NotificationId,
    /// Who caused it.
    pub actor_id: Option<UserId>,
    /// How many things it stood for.
    pub count: u32,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    kind: String,
    title: String,
    body: String,
    actor_id: Option<i64>,
    actor_name: Option<String>,
    path: Option<String>,
    conversation: Option<String>,
    message_id: Option<i64>,
    count: i64,
    created_at: DateTime<Utc>,
    read_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for Notification {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let malformed =
            |error: &dyn std::fmt::Display| StoreError::Malformed(format!("notification {}: {error}", row.id));
        let actor = row.actor_id.zip(row.actor_name).map(|(id, name)| UserSummary { id: UserId(id), name });
        Ok(Self {
            id: NotificationId(row.id),
            kind: kind_from(&row.kind)?,
            title: row.title,
            body: row.body,
            actor,
            path: row.path,
            conversation: row.conversation.map(|it| it.parse()).transpose().map_err(|it| malformed(&it))?,
            message_id: row.message_id.map(MessageId),
            count: u32::try_from(row.count).unwrap_or(u32::MAX),
            created_at: timestamp(row.created_at),
            read_at: row.read_at.map(timestamp),
        })
    }
}

/// A kind as its column has it.
const fn kind_text(kind: NotificationKind) -> &'static str {
    match kind {
        NotificationKind::DirectMessage => "direct_message",
        NotificationKind::Mention => "mention",
        NotificationKind::Reply => "reply",
        NotificationKind::Reaction => "reaction",
        NotificationKind::Money => "money",
        NotificationKind::Campaign => "campaign",
        NotificationKind::System => "system",
    }
}

/// The inverse of [`kind_text`].
fn kind_from(text: &str) -> Result<NotificationKind, StoreError> {
    use NotificationKind as Kind;
    [Kind::DirectMessage, Kind::Mention, Kind::Reply, Kind::Reaction, Kind::Money, Kind::Campaign, Kind::System]
        .into_iter()
        .find(|it| kind_text(*it) == text)
        .ok_or_else(|| StoreError::Malformed(format!("`{text}` is no kind of notification")))
}

/// Notifications of user `$1` before `$2`, at most `$3`.
macro_rules! select_notifications {
    ($condition:literal) => {
        concat!(
            "select n.id, n.kind, n.title, n.body, n.actor_id, a.name as actor_name, n.path, n.conversation, \
                n.message_id, n.count, n.created_at, n.read_at \
            from notifications n left join users a on a.id = n.actor_id where n.user_id = $1 and n.id < $2 ",
            $condition,
            " order by n.id desc limit $3"
        )
    };
}

const UNREAD_COUNT: &str = "\
    select count(*) from (select id from notifications where user_id = $1 and read_at is null limit $2) unread";

fn ids(rows: Vec<i64>) -> Vec<NotificationId> {
    let mut ids: Vec<_> = rows.into_iter().map(NotificationId).collect();
    ids.sort_unstable();
    ids
}

impl Tx {
    /// Takes away somebody's unread notification with this key; a new one is to take its place.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn replace_notification(
        &mut self,
        user_id: UserId,
        group_key: &str,
    ) -> Result<Option<ReplacedNotification>, StoreError> {
        const SQL: &str = "\
            delete from notifications where user_id = $1 and read_at is null and group_key = $2 \
            returning id, actor_id, count";
        let row: Option<(i64, Option<i64>, i64)> = with_tx!(self, connection =>
            sqlx::query_as(SQL).bind(user_id.0).bind(group_key).fetch_optional(connection).await?);
        Ok(row.map(|(id, actor_id, count)| ReplacedNotification {
            id: NotificationId(id),
            actor_id: actor_id.map(UserId),
            count: u32::try_from(count).unwrap_or(u32::MAX),
        }))
    }

    /// Adds a notification.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn insert_notification(&mut self, row: NewNotificationRow<'_>) -> Result<NotificationId, StoreError> {
        const SQL: &str = "\
            insert into notifications (user_id, kind, title, body, actor_id, path, conversation, message_id, group_key, \
                count, created_at) \
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id";
        let id: i64 = with_tx!(self, connection =>
            sqlx::query_scalar(SQL)
                .bind(row.user_id.0)
                .bind(kind_text(row.kind))
                .bind(row.title)
                .bind(row.body)
                .bind(row.actor_id.map(|it| it.0))
                .bind(row.path)
                .bind(row.conversation.map(|it| it.to_string()))
                .bind(row.message_id.map(|it| it.0))
                .bind(row.group_key)
                .bind(i64::from(row.count))
                .bind(bound(row.at))
                .fetch_one(connection)
                .await?);
        Ok(NotificationId(id))
    }

    /// How many notifications somebody has not read, counted up to what people are told.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn unread_notifications(&mut self, user_id: UserId) -> Result<u32, StoreError> {
        let count: i64 = with_tx!(self, connection =>
            sqlx::query_scalar(UNREAD_COUNT)
                .bind(user_id.0)
                .bind(i64::from(MAX_COUNTED_UNREAD))
                .fetch_one(connection)
                .await?);
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Marks those of the notifications named, and all up to `up_to`, that are unread; returns which they were.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn read_notifications(
        &mut self,
        user_id: UserId,
        named: &[i64],
        up_to: NotificationId,
        at: Timestamp,
    ) -> Result<Vec<NotificationId>, StoreError> {
        const POSTGRES: &str = "\
            update notifications set read_at = $4 \
            where user_id = $1 and read_at is null and (id = any($2) or id <= $3) returning id";
        const SQLITE: &str = "\
            update notifications set read_at = $4 \
            where user_id = $1 and read_at is null and (id in (select value from json_each($2)) or id <= $3) \
            returning id";
        let rows: Vec<i64> = match self {
            Self::Postgres(tx) => {
                let query = sqlx::query_scalar(POSTGRES).bind(user_id.0).bind(named).bind(up_to.0).bind(bound(at));
                query.fetch_all(&mut **tx).await?
            }
            Self::Sqlite(tx) => {
                let query = sqlx::query_scalar(SQLITE).bind(user_id.0).bind(json_array(named)).bind(up_to.0);
                query.bind(bound(at)).fetch_all(&mut **tx).await?
            }
        };
        Ok(ids(rows))
    }

    /// Makes those of the notifications named unread that are read; returns which they were.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn unread_again(&mut self, user_id: UserId, named: &[i64]) -> Result<Vec<NotificationId>, StoreError> {
        const POSTGRES: &str = "\
            update notifications set read_at = null \
            where user_id = $1 and read_at is not null and id = any($2) returning id";
        const SQLITE: &str = "\
            update notifications set read_at = null \
            where user_id = $1 and read_at is not null and id in (select value from json_each($2)) returning id";
        let rows: Vec<i64> = match self {
            Self::Postgres(tx) => sqlx::query_scalar(POSTGRES).bind(user_id.0).bind(named).fetch_all(&mut **tx).await?,
            Self::Sqlite(tx) => {
                sqlx::query_scalar(SQLITE).bind(user_id.0).bind(json_array(named)).fetch_all(&mut **tx).await?
            }
        };
        Ok(ids(rows))
    }

    /// Marks what tells of messages that have now been read; returns which they were. Reactions are no such thing: they
    /// are to what one wrote oneself.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn read_notifications_of(
        &mut self,
        user_id: UserId,
        conversation: Conversation,
        read_up_to: MessageId,
        at: Timestamp,
    ) -> Result<Vec<NotificationId>, StoreError> {
        const SQL: &str = "\
            update notifications set read_at = $4 \
            where user_id = $1 and read_at is null and conversation = $2 and message_id <= $3 \
                and kind in ('direct_message', 'mention', 'reply') returning id";
        let rows: Vec<i64> = with_tx!(self, connection =>
            sqlx::query_scalar(SQL)
                .bind(user_id.0)
                .bind(conversation.to_string())
                .bind(read_up_to.0)
                .bind(bound(at))
                .fetch_all(connection)
                .await?);
        Ok(ids(rows))
    }
}

impl Store {
    /// At most `limit` notifications of somebody, the newest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn notifications(
        &self,
        user_id: UserId,
        query: NotificationQuery,
        limit: i64,
    ) -> Result<Vec<Notification>, StoreError> {
        const ALL: &str = select_notifications!("");
        const UNREAD: &str = select_notifications!("and n.read_at is null");
        const KINDS: &str = select_notifications!("and n.kind in ($4, $5)");
        let before = query.before.map_or(i64::MAX, |it| it.0);
        let rows: Vec<Row> = match query.filter.kinds() {
            [] => {
                let sql = if query.filter == NotificationFilter::Unread { UNREAD } else { ALL };
                with_pool!(self, pool =>
                    sqlx::query_as(sql).bind(user_id.0).bind(before).bind(limit).fetch_all(pool).await?)
            }
            [first, ..] => {
                let last = query.filter.kinds().last().unwrap_or(first);
                with_pool!(self, pool =>
                    sqlx::query_as(KINDS)
                        .bind(user_id.0)
                        .bind(before)
                        .bind(limit)
                        .bind(kind_text(*first))
                        .bind(kind_text(*last))
                        .fetch_all(pool)
                        .await?)
            }
        };
        rows.into_iter().map(Notification::try_from).collect()
    }

    /// How many notifications somebody has not read, counted up to what people are told.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn unread_notifications(&self, user_id: UserId) -> Result<u32, StoreError> {
        let count: i64 = with_pool!(self, pool =>
            sqlx::query_scalar(UNREAD_COUNT)
                .bind(user_id.0)
                .bind(i64::from(MAX_COUNTED_UNREAD))
                .fetch_one(pool)
                .await?);
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }
}
