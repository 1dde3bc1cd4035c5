//! Bringing the schema up to date. Both folders have the same numbers and names, and are part of the binary.

use std::collections::HashSet;

use sqlx::migrate::{Migrate, MigrateError, Migrator};

use super::{Store, StoreError};

static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");
static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");

/// A step of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// Its number, from 1.
    pub version: i64,
    /// What it does, e.g. `create accounts`.
    pub description: String,
}

impl Store {
    /// Applies the migrations that are missing, each in a transaction of its own, logs each, and returns them.
    ///
    /// # Errors
    /// [`StoreError::Migration`] says which step failed, or that the database is of a newer version of the program.
    pub async fn migrate(&self) -> Result<Vec<Migration>, StoreError> {
        let migrator = self.migrator();
        let missing = match self {
            Self::Postgres(pool) => {
                // A connection of its own, which gives the lock back when it ends, however that is. Two nodes that
                // start at once would otherwise both make the table of what was applied, and one would fail.
                let mut connection = pool.acquire().await?.detach();
                connection.lock().await.map_err(explain)?;
                let missing = missing(&mut connection, migrator).await?;
                migrator.run_direct(None, &mut connection, false).await.map_err(explain)?;
                missing
            }
            Self::Sqlite(pools) => {
                let mut connection = pools.writer.acquire().await?;
                let missing = missing(&mut *connection, migrator).await?;
                migrator.run_direct(None, &mut *connection, false).await.map_err(explain)?;
                missing
            }
        };
        self.fill_name_keys().await?;
        for Migration { version, description } in &missing {
            tracing::info!(version, description, "schema migrated");
        }
        Ok(missing)
    }

    fn migrator(&self) -> &'static Migrator {
        match self {
            Self::Postgres(_) => &POSTGRES,
            Self::Sqlite(_) => &SQLITE,
        }
    }
}

async fn missing<C: Migrate>(connection: &mut C, migrator: &Migrator) -> Result<Vec<Migration>, StoreError> {
    connection.ensure_migrations_table(&migrator.table_name).await.map_err(explain)?;
    let applied = connection.list_applied_migrations(&migrator.table_name).await.map_err(explain)?;
    let applied: HashSet<i64> = applied.into_iter().map(|it| it.version).collect();
    let missing = migrator.iter().filter(|it| !applied.contains(&it.version));
    Ok(missing.map(|it| Migration { version: it.version, description: it.description.to_string() }).collect())
}

fn explain(error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(version) => StoreError::Migration(format!(
            "step {version} is not known to this version of the program: start the newer one that made it"
        )),
        MigrateError::VersionMismatch(version) => StoreError::Migration(format!(
            "step {version} was applied in another form: start the version of the program that made this database"
        )),
        MigrateError::Execute(source) => source.into(),
        MigrateError::ExecuteMigration(source, version) => match StoreError::from(source) {
            StoreError::Driver(source) => StoreError::Migration(format!("step {version} failed: {source}")),
            named => named,
        },
        other => StoreError::Migration(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_have_the_same_steps() {
        let steps = |migrator: &Migrator| -> Vec<(i64, String)> {
            migrator.iter().map(|it| (it.version, it.description.to_string())).collect()
        };
        assert!(!steps(&SQLITE).is_empty());
        assert_eq!(steps(&POSTGRES), steps(&SQLITE));
    }
}
