//! Who may relay a database's events: one process at a time.
//!
//! A relay notes an event as published once its own broker took it. With a broker that reaches this process's sockets
//! alone, a second process on the same database would so take events away from the first one's. The lease belongs to the
//! process and not to a time: the system takes it back when the process ends, however that is, so a killed server can be
//! started again at once.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Store, StoreError};

/// PostgreSQL's name for the lease, among the advisory locks of one database: `SmLk` as a number.
const LOCK: i64 = 0x536d_4c6b;

/// How often to look whether a lease is free that somebody else has.
const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// How often to see that PostgreSQL still has us as the holder.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

/// How PostgreSQL notices within some 15 s that the holder's machine is gone, and not only its process.
const KEEPALIVES: [(&str, &str); 3] =
    [("tcp_keepalives_idle", "5"), ("tcp_keepalives_interval", "5"), ("tcp_keepalives_count", "2")];

/// The right to relay, held until it is dropped.
#[derive(Debug)]
pub enum Lease {
    /// A lock on a file beside the database.
    Sqlite(File),
    /// An advisory lock of a connection of its own.
    Postgres {
        /// Holds the lock as long as it lives.
        connection: Box<PgConnection>,
        /// How to get it again after the server was restarted.
        options: Box<PgConnectOptions>,
    },
}

impl Store {
    /// Takes the right to relay; waits as long as `patience` for another process that has it to end.
    ///
    /// # Errors
    /// [`StoreError::InUse`] names the other process as far as it is known.
    pub async fn lease(&self, patience: Duration) -> Result<Lease, StoreError> {
        let end = Instant::now() + patience;
        let mut is_waiting = false;
        loop {
            let taken = match self.try_lease().await {
                Err(StoreError::InUse(holder)) => holder,
                done => return done,
            };
            if Instant::now() >= end {
                return Err(StoreError::InUse(taken));
            }
            if !is_waiting {
                tracing::warn!(holder = taken, patience_s = patience.as_secs(), "waiting for another server to end");
                is_waiting = true;
            }
            tokio::time::sleep(RETRY_PAUSE).await;
        }
    }

    async fn try_lease(&self) -> Result<Lease, StoreError> {
        match self {
            Self::Sqlite(pools) => {
                let database = pools.writer.connect_options().get_filename().to_owned();
                tokio::task::spawn_blocking(move || lock_beside(&database))
                    .await
                    .map_err(|error| StoreError::Unwritable(error.to_string()))?
            }
            Self::Postgres(pool) => {
                let options = pool.connect_options().as_ref().clone();
                let options = options.application_name(&format!("smartlink relay of process {}", std::process::id()));
                let options = options.options(KEEPALIVES);
                let connection = lock(&options).await?;
                Ok(Lease::Postgres { connection: Box::new(connection), options: Box::new(options) })
            }
        }
    }
}

impl Lease {
    /// Holds the lease until the token is cancelled. A connection that breaks is made again.
    ///
    /// # Errors
    /// If another process took the lease meanwhile; this one must then stop.
    pub async fn keep(self, shutdown: CancellationToken) -> Result<(), StoreError> {
        let (mut connection, options) = match self {
            Self::Postgres { connection, options } => (connection, options),
            Self::Sqlite(file) => {
                // The system can't take it from us.
                shutdown.cancelled().await;
                drop(file);
                return Ok(());
            }
        };
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = tokio::time::sleep(WATCH_INTERVAL) => {}
            }
            if connection.ping().await.is_ok() {
                continue;
            }
            match lock(&options).await {
                Ok(again) => *connection = again,
                Err(taken @ StoreError::InUse(_)) => return Err(taken),
                // The relay says what is wrong, since it can't go on either.
                Err(error) => tracing::debug!(%error, "the lease cannot be renewed for now"),
            }
        }
        // Given back in words where there is a server to hear it; else it ends with the connection.
        connection.close().await.or(Ok(()))
    }
}

/// Locks the file beside the database. Closing it, also by the end of the process, unlocks it.
fn lock_beside(database: &Path) -> Result<Lease, StoreError> {
    let path = lock_file(database);
    let unwritable = |error: std::io::Error| StoreError::Unwritable(format!("{}: {error}", path.display()));
    let mut options = OpenOptions::new();
    let mut file = options.read(true).write(true).create(true).truncate(false).open(&path).map_err(unwritable)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0).map_err(unwritable)?;
            write!(file, "process {}", std::process::id()).map_err(unwritable)?;
            Ok(Lease::Sqlite(file))
        }
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            file.read_to_string(&mut holder).map_err(unwritable)?;
            Err(StoreError::InUse(holder))
        }
        Err(TryLockError::Error(error)) => Err(unwritable(error)),
    }
}

fn lock_file(database: &Path) -> PathBuf {
    database.with_added_extension("lock")
}

/// A new connection that holds the lock.
async fn lock(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    const LOCK_SQL: &str = "select pg_try_advisory_lock($1)";
    const HOLDER_SQL: &str = "\
        select a.application_name || coalesce(' on ' || host(a.client_addr), '') \
        from pg_locks l join pg_stat_activity a on a.pid = l.pid join pg_database d on d.oid = l.database \
        where l.locktype = 'advisory' and l.granted and l.classid = 0 and l.objid::bigint = $1 and l.objsubid = 1 \
            and d.datname = current_database()";
    let mut connection = options.connect().await?;
    // A transaction or a pause of ours must not cost the lease, whatever the server's defaults are.
    connection.execute("set idle_session_timeout = 0").await?;
    if sqlx::query_scalar::<_, bool>(LOCK_SQL).bind(LOCK).fetch_one(&mut connection).await? {
        return Ok(connection);
    }
    let holder: Option<String> =
        sqlx::query_scalar(HOLDER_SQL).bind(LOCK).fetch_optional(&mut connection).await?.flatten();
    connection.close().await?;
    Err(StoreError::InUse(holder.unwrap_or_else(|| "a process that has ended meanwhile".to_owned())))
}
