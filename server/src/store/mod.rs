//! What is stored: PostgreSQL or SQLite behind one type, with one text of SQL for both.
//!
//! SQLite lets one writer in at a time. So it has a pool of readers beside a pool with a single connection that writes:
//! writers wait for each other in that pool, in order, and never meet a locked database.

/// The same expression over whichever pool there is; on SQLite one that only reads.
macro_rules! with_pool {
    ($store:expr, $pool:ident => $body:expr) => {
        match $store {
            $crate::store::Store::Postgres($pool) => $body,
            $crate::store::Store::Sqlite(pools) => {
                let $pool = &pools.reader;
                $body
            }
        }
    };
}

/// The same expression over whichever pool there is, for a single statement that writes.
macro_rules! with_writer {
    ($store:expr, $pool:ident => $body:expr) => {
        match $store {
            $crate::store::Store::Postgres($pool) => $body,
            $crate::store::Store::Sqlite(pools) => {
                let $pool = &pools.writer;
                $body
            }
        }
    };
}

/// The same expression over the connection of whichever transaction there is.
macro_rules! with_tx {
    ($tx:expr, $connection:ident => $body:expr) => {
        match $tx {
            $crate::store::Tx::Postgres(tx) => {
                let $connection = &mut **tx;
                $body
            }
            $crate::store::Tx::Sqlite(tx) => {
                let $connection = &mut **tx;
                $body
            }
        }
    };
}

mod connect;
mod error;
mod lease;
mod migrations;
mod settings;
mod time;
mod tx;

mod blocks;
mod chat_messages;
mod conversations;
mod event_log;
mod grouped_messages;
mod history;
mod message_changes;
mod notifications;
mod people;
mod read_positions;
mod sessions;
mod tokens;
mod unread;
mod unread_audit;
mod unread_conversations;
mod user_presence;
mod user_settings;
mod users;
mod webhooks;

use sqlx::{PgPool, SqlitePool};

pub use chat_messages::{NewMessageRow, StoredMessage};
pub use conversations::ConversationKey;
pub use error::StoreError;
pub use event_log::{NewLogRow, Position, UnrelayedRow};
pub use history::Stretch;
pub use lease::Lease;
pub use migrations::Migration;
pub use notifications::{NewNotificationRow, ReplacedNotification};
pub use people::{PersonRow, PresenceState};
pub use read_positions::ReadPosition;
pub use sessions::{NewSessionRow, SessionRow};
pub use settings::{DatabaseSettings, PostgresSettings, SslMode, SslModeError};
pub use tokens::{ListedToken, NewTokenRow, TokenRow};
pub use tx::Tx;
pub use unread::UnreadStretch;
pub use unread_audit::{Walk, WalkedMessage};
pub use user_presence::OnlineRow;
pub use users::{NewUserRow, StoredUser};
pub use webhooks::{DeadLetter, DeliveryRow, DepartureRow, NewDeliveryRow, WaitingRow};

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Store {
    /// A server that many nodes can share.
    Postgres(PgPool),
    /// A file of our own.
    Sqlite(SqlitePools),
}

/// The two pools of one SQLite file.
#[derive(Debug, Clone)]
pub struct SqlitePools {
    /// Connections that refuse to write.
    pub reader: SqlitePool,
    /// One connection, so that writers stand in line here.
    pub writer: SqlitePool,
}

impl Store {
    /// Begins a transaction that writes. Dropped without a commit, it is rolled back.
    ///
    /// # Errors
    /// If the database is away or no connection became free in time.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        match self {
            Self::Postgres(pool) => Ok(Tx::Postgres(pool.begin().await?)),
            // Immediate, since a transaction that began by reading could not become a writer if another process wrote.
            Self::Sqlite(pools) => Ok(Tx::Sqlite(pools.writer.begin_with("begin immediate").await?)),
        }
    }

    /// Begins a transaction that only reads, and sees what was committed before its first statement for as long as it lasts.
    ///
    /// # Errors
    /// If the database is away or no connection became free in time.
    pub async fn begin_snapshot(&self) -> Result<Tx, StoreError> {
        const POSTGRES: &str = "begin isolation level repeatable read, read only";
        match self {
            Self::Postgres(pool) => Ok(Tx::Postgres(pool.begin_with(POSTGRES).await?)),
            Self::Sqlite(pools) => Ok(Tx::Sqlite(pools.reader.begin().await?)),
        }
    }

    /// Whether the database answers within 2 s.
    pub async fn is_alive(&self) -> bool {
        const SQL: &str = "select 1";
        let answer = async { with_pool!(self, pool => sqlx::query(SQL).execute(pool).await.map(drop)) };
        matches!(tokio::time::timeout(std::time::Duration::from_secs(2), answer).await, Ok(Ok(())))
    }

    /// Ends all connections, once those in use have been given back. SQLite's journal is folded into its file.
    pub async fn close(&self) {
        match self {
            Self::Postgres(pool) => pool.close().await,
            Self::Sqlite(pools) => {
                pools.reader.close().await;
                pools.writer.close().await;
            }
        }
    }
}
