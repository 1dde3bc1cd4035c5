//! One transaction, over either database.

use sqlx::{Postgres, Sqlite, Transaction};

use super::StoreError;

/// A transaction, as a rule one that writes. Dropped without a commit, it is rolled back.
#[derive(Debug)]
pub enum Tx {
    /// On a PostgreSQL server.
    Postgres(Transaction<'static, Postgres>),
    /// On the one connection that writes to the SQLite file, or on one that reads.
    Sqlite(Transaction<'static, Sqlite>),
}

impl Tx {
    /// Makes all of it true at once.
    ///
    /// # Errors
    /// If the database did not confirm; then all of it or nothing of it is stored.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Postgres(tx) => tx.commit().await?,
            Self::Sqlite(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Takes all of it back, at once and not only when the connection is used next.
    ///
    /// # Errors
    /// If the database did not confirm; nothing is stored all the same.
    pub async fn rollback(self) -> Result<(), StoreError> {
        match self {
            Self::Postgres(tx) => tx.rollback().await?,
            Self::Sqlite(tx) => tx.rollback().await?,
        }
        Ok(())
    }
}
