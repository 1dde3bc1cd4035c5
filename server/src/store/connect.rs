//! Opening the database, so that whatever is wrong with it is said at the start and in words.

use std::num::NonZero;
use std::path::Path;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};

use super::settings::{DatabaseSettings, PostgresSettings, SslMode};
use super::{SqlitePools, Store, StoreError};

/// How long a request waits for a free connection before it is refused.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the first connection may take. A host that swallows packets would else be waited for for minutes.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long SQLite waits for another process, such as a backup, to let go of the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

impl Store {
    /// Opens the database; a SQLite file is created, with its folder, if there is none. The schema is left as it is.
    ///
    /// # Errors
    /// [`StoreError::Connect`], whose text names the database and says what is wrong and what to do.
    pub async fn connect(settings: &DatabaseSettings) -> Result<Self, StoreError> {
        let opened = match settings {
            DatabaseSettings::Sqlite { path } => open_sqlite(path).await,
            DatabaseSettings::Postgres(settings) => open_postgres(settings).await,
        };
        opened.map_err(|source| StoreError::Connect { database: settings.to_string(), source: Box::new(source) })
    }
}

async fn open_sqlite(path: &Path) -> Result<Store, StoreError> {
    if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        // Whoever else has an account on the machine is not to read what people say to each other.
        let mut builder = tokio::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(folder).await.map_err(|source| StoreError::Folder { folder: folder.to_owned(), source })?;
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit is on the disk before it is answered, so not even a power cut takes back what a client was told is
        // stored, nor gives an offset to two events. It costs one sync of the journal a commit: see docs/ARCHITECTURE.md.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging();
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.clone())
        .await?;
    // Locked, read-only, full and damaged files show only when something is written and the schema is read. What is
    // written is what was there: the page with the file's head.
    let mut tx = writer.begin_with("begin immediate").await?;
    sqlx::query("select count(*) from sqlite_schema").execute(&mut *tx).await?;
    let version: i64 = sqlx::query_scalar("pragma user_version").fetch_one(&mut *tx).await?;
    sqlx::query(sqlx::AssertSqlSafe(format!("pragma user_version = {version}"))).execute(&mut *tx).await?;
    tx.commit().await?;
    let readers = std::thread::available_parallelism().map_or(4, NonZero::get).max(2);
    let reader = SqlitePoolOptions::new()
        .max_connections(u32::try_from(readers).unwrap_or(u32::MAX))
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.pragma("query_only", "on"))
        .await?;
    Ok(Store::Sqlite(SqlitePools { reader, writer }))
}

async fn open_postgres(settings: &PostgresSettings) -> Result<Store, StoreError> {
    let mut options = PgConnectOptions::new_without_pgpass()
        .host(&settings.host)
        .port(settings.port)
        .username(&settings.username)
        .password(&settings.password)
        .database(&settings.database)
        .application_name("smartlink")
        .ssl_mode(match settings.ssl_mode {
            SslMode::Disable => PgSslMode::Disable,
            SslMode::Allow => PgSslMode::Allow,
            SslMode::Prefer => PgSslMode::Prefer,
            SslMode::Require => PgSslMode::Require,
            SslMode::VerifyCa => PgSslMode::VerifyCa,
            SslMode::VerifyFull => PgSslMode::VerifyFull,
        })
        .disable_statement_logging();
    if let Some(path) = &settings.ssl_root_certificate {
        options = options.ssl_root_cert(path);
    }
    // One connection by hand: the pool would take a refused one for a server that is starting, and wait.
    let first = tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(&options)).await;
    first.map_err(|_| StoreError::Unreachable(format!("waited {} s", CONNECT_TIMEOUT.as_secs())))??.close().await?;
    let pool = PgPoolOptions::new()
        .max_connections(settings.max_connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(options);
    Ok(Store::Postgres(pool))
}
