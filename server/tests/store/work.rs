//! How much work a database has with something, in a measure that no clock decides.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use server::store::{DatabaseSettings, Store, Tx};
use sqlx::Executor as _;

use crate::harness::Fixture;

/// How many instructions of SQLite's virtual machine pass between two looks at them.
const STEP: u32 = 10;

/// Rows and entries of indexes that this transaction was given. What was read and then filtered out is among them.
const ROWS: &str = "\
    select coalesce(sum(pg_stat_get_xact_tuples_returned(oid) + pg_stat_get_xact_tuples_fetched(oid)), 0)::bigint \
    from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'i')";

/// What only reads, done over connections that are watched, and what is known of the work until now.
pub(crate) struct Watched {
    /// The fixture's database, over connections that are watched.
    pub(crate) fixture: Fixture,
    instructions: Arc<AtomicU64>,
}

impl Watched {
    /// Watches what will be read. Nothing can be written from here on.
    pub(crate) async fn new(fixture: Fixture) -> Self {
        let watched = Self::snapshots(fixture).await;
        if let Store::Postgres(pool) = &watched.fixture.store {
            pool.execute("begin read only").await.unwrap();
        }
        watched
    }

    /// Watches what will be read in transactions: see [`Self::work_in`].
    pub(crate) async fn snapshots(mut fixture: Fixture) -> Self {
        let instructions = Arc::<AtomicU64>::default();
        if let DatabaseSettings::Postgres(settings) = &mut fixture.settings {
            settings.max_connections = 1; // so that all that is asked stands in the one transaction begun here
        }
        let store = Store::connect(&fixture.settings).await.unwrap();
        match &store {
            Store::Postgres(pool) => {
                pool.execute("analyze").await.unwrap();
            }
            Store::Sqlite(pools) => {
                let count = pools.reader.options().get_max_connections();
                let mut connections = Vec::new();
                for _ in 0..count {
                    let mut connection = pools.reader.acquire().await.unwrap();
                    let instructions = instructions.clone();
                    let count = move || {
                        instructions.fetch_add(u64::from(STEP), Ordering::Relaxed);
                        true
                    };
                    let step = i32::try_from(STEP).unwrap();
                    connection.lock_handle().await.unwrap().set_progress_handler(step, count);
                    connections.push(connection);
                }
            }
        }
        let fixture = fixture.over(store);
        Self { fixture, instructions }
    }

    /// The work until now: rows and entries of indexes on PostgreSQL, instructions, of which a row takes several, on
    /// SQLite.
    pub(crate) async fn work(&self) -> u64 {
        match &self.fixture.store {
            Store::Postgres(pool) => {
                let rows: i64 = sqlx::query_scalar(ROWS).fetch_one(pool).await.unwrap();
                u64::try_from(rows).unwrap()
            }
            Store::Sqlite(_) => self.instructions.load(Ordering::Relaxed),
        }
    }

    /// As [`Self::work`], of one transaction on PostgreSQL.
    pub(crate) async fn work_in(&self, tx: &mut Tx) -> u64 {
        match tx {
            Tx::Postgres(tx) => {
                let rows: i64 = sqlx::query_scalar(ROWS).fetch_one(&mut **tx).await.unwrap();
                u64::try_from(rows).unwrap()
            }
            Tx::Sqlite(_) => self.instructions.load(Ordering::Relaxed),
        }
    }
}
