//! A fresh database for each test, on both kinds.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use app::accounts::{Role, SignUp, User};
use app::chat::{ChatService as _, NewMessage};
use app::ids::UserId;
use app::realtime::ChannelName;
use app::time::Timestamp;
use server::application::ApplicationId;
use server::broker::{Broker, BrokerError, Publication};
use server::clock::Clock;
use server::domain::{AccountLimits, Accounts, Chat, ChatLimits, Passwords, PresentUsers};
use server::event_log::{Bell, EventLog, Relay};
use server::store::{DatabaseSettings, PostgresSettings, SslMode, Store};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
use tempfile::TempDir;

use crate::cluster::cluster;

/// Runs an async function on a fresh database of each kind, as two tests.
macro_rules! on_both_databases {
    ($($(#[$doc:meta])* async fn $name:ident($fixture:ident: $type:ty) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn body($fixture: $type) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                body(crate::harness::Fixture::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                body(crate::harness::Fixture::postgres().await).await;
            }
        }
    )+};
}

pub(crate) use on_both_databases;

/// The time that clocks of tests begin at.
pub(crate) const START: Timestamp = Timestamp::from_unix_ms(1_700_000_000_123);

/// A fresh, migrated database and what stands on it.
pub(crate) struct Fixture {
    pub(crate) settings: DatabaseSettings,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) bell: Bell,
    pub(crate) log: EventLog,
    pub(crate) broker: Arc<RecordingBroker>,
    _folder: Option<TempDir>,
}

impl Fixture {
    pub(crate) async fn sqlite() -> Self {
        let folder = TempDir::with_prefix("smartlink-sqlite-").unwrap();
        let settings = DatabaseSettings::Sqlite { path: folder.path().join("data/smartlink.sqlite3") };
        Self::on(settings, Some(folder)).await
    }

    pub(crate) async fn postgres() -> Self {
        Self::on(fresh_postgres_database().await, None).await
    }

    async fn on(settings: DatabaseSettings, folder: Option<TempDir>) -> Self {
        let store = Store::connect(&settings).await.unwrap();
        store.migrate().await.unwrap();
        let (clock, bell) = (Clock::fixed(START), Bell::new());
        let log = EventLog::new(store.clone(), application_id(), clock.clone(), bell.clone());
        Self { settings, store, clock, bell, log, broker: Arc::default(), _folder: folder }
    }

    /// The same database, over other connections.
    pub(crate) fn over(self, store: Store) -> Self {
        let log = EventLog::new(store.clone(), application_id(), self.clock.clone(), self.bell.clone());
        Self { store, log, ..self }
    }

    pub(crate) fn relay(&self) -> Relay {
        Relay::new(self.store.clone(), self.broker.clone(), self.bell.clone())
    }

    pub(crate) fn accounts(&self) -> Accounts {
        Accounts::new(self.store.clone(), self.clock.clone(), Passwords::default(), AccountLimits::default())
    }

    pub(crate) fn chat(&self) -> Chat {
        self.chat_with(ChatLimits::default(), Arc::new(Vec::new))
    }

    pub(crate) fn chat_with(&self, limits: ChatLimits, present_users: PresentUsers) -> Chat {
        let broker = self.broker.clone();
        Chat::new(self.store.clone(), self.log.clone(), broker, self.clock.clone(), present_users, limits)
    }

    /// Somebody with an account; the password is that of [`password`].
    pub(crate) async fn person(&self, name: &str) -> User {
        let row = server::store::NewUserRow {
            name,
            email: &format!("{}@example.com", name.to_lowercase()),
            password_hash: "",
            role: Role::Member,
            at: self.clock.now(),
        };
        self.store.insert_user(row).await.unwrap()
    }

    /// Sends messages with these bodies, one after the other.
    pub(crate) async fn say(&self, author: &User, bodies: impl IntoIterator<Item = String>) {
        let chat = self.chat_with(
            ChatLimits {
                messages: server::domain::Allowance { burst: 100_000, interval: std::time::Duration::from_secs(1) },
                ..ChatLimits::default()
            },
            Arc::new(Vec::new),
        );
        for body in bodies {
            chat.send_message(author, NewMessage { body, ..NewMessage::default() }, None).await.unwrap();
        }
    }

    /// One number asked of the database, in SQL that both speak.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        match &self.store {
            Store::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
            Store::Sqlite(pools) => sqlx::query_scalar(sql).fetch_one(&pools.reader).await.unwrap(),
        }
    }

    /// Changes the database behind the store's back.
    pub(crate) async fn execute(&self, sql: impl Into<String>) {
        let sql = sqlx::AssertSqlSafe(sql.into());
        match &self.store {
            Store::Postgres(pool) => drop(pool.execute(sql).await.unwrap()),
            Store::Sqlite(pools) => drop(pools.writer.execute(sql).await.unwrap()),
        }
    }
}

/// The application that logs.
pub(crate) fn application_id() -> ApplicationId {
    ApplicationId("smartlink".into())
}

/// Settings of a database of our cluster that nobody else uses.
pub(crate) async fn fresh_postgres_database() -> DatabaseSettings {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let cluster = tokio::task::spawn_blocking(cluster).await.unwrap();
    let database = format!("smartlink_{}", COUNT.fetch_add(1, Ordering::SeqCst));
    let mut connection = sqlx::postgres::PgConnectOptions::new_without_pgpass()
        .socket(&cluster.socket_folder)
        .username("smartlink")
        .password(cluster.password)
        .database("postgres")
        .connect()
        .await
        .unwrap();
    let sql = sqlx::AssertSqlSafe(format!("create database {database}"));
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    DatabaseSettings::Postgres(PostgresSettings {
        host: cluster.socket_folder.display().to_string(),
        port: 5432,
        database,
        username: "smartlink".to_owned(),
        password: cluster.password.to_owned(),
        max_connections: 8,
        ssl_mode: SslMode::Prefer,
        ssl_root_certificate: None,
    })
}

/// What a form of sign-up holds.
pub(crate) fn sign_up(name: &str) -> SignUp {
    let email = format!("{}@example.com", name.to_lowercase());
    SignUp { name: name.to_owned(), email, password: password().to_owned() }
}

pub(crate) const fn password() -> &'static str {
    "correct horse battery"
}

pub(crate) fn present(ids: &[UserId]) -> PresentUsers {
    let ids = ids.to_vec();
    Arc::new(move || ids.clone())
}

/// A broker that remembers what it was given, and fails as often as it is told to.
#[derive(Debug, Default)]
pub(crate) struct RecordingBroker {
    pub(crate) published: Mutex<Vec<Publication>>,
    pub(crate) failures: AtomicUsize,
}

impl RecordingBroker {
    /// Names and offsets of what was published on a channel, in order.
    pub(crate) fn on(&self, channel: &str) -> Vec<(String, Option<u64>)> {
        let channel: ChannelName = channel.parse().unwrap();
        let published = self.published.lock().unwrap();
        published
            .iter()
            .filter(|it| it.channel == channel)
            .map(|it| (it.event.to_string(), it.logged.map(|it| it.offset)))
            .collect()
    }

    /// Offsets of what was published on a channel, in order.
    pub(crate) fn offsets(&self, channel: &str) -> Vec<u64> {
        self.on(channel).into_iter().filter_map(|(_, offset)| offset).collect()
    }
}

#[async_trait::async_trait]
impl Broker for RecordingBroker {
    async fn publish(&self, publications: Vec<Publication>) -> Result<(), BrokerError> {
        let fails = |left: usize| left.checked_sub(1);
        if self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails).is_ok() {
            return Err(BrokerError("not now".to_owned()));
        }
        self.published.lock().unwrap().extend(publications);
        Ok(())
    }
}
