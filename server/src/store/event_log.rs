//! Queries of the event log and of the channels' positions.

use app::time::Timestamp;
use uuid::Uuid;

use super::time::bound;
use super::user_presence::json_array;
use super::{Store, StoreError, Tx};

/// How far a channel's numbering has come.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Position {
    /// Drawn when the numbering began.
    pub epoch: String,
    /// Number of the last event; 0 before the first.
    pub last_offset: i64,
}

/// An event that is to be.
#[derive(Debug)]
pub struct NewLogRow<'a> {
    /// Whose channel.
    pub application_id: &'a str,
    /// Which channel.
    pub channel: &'a str,
    /// Its number there.
    pub channel_offset: i64,
    /// Its own id.
    pub event_id: Uuid,
    /// Its name.
    pub event: &'a str,
    /// The very string that goes out.
    pub data: &'a str,
    /// The socket that gets nothing.
    pub except_socket: Option<String>,
    /// Now.
    pub at: Timestamp,
}

/// An event that is on its way, or one that is told again.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct UnrelayedRow {
    /// Rises within each channel as its offset does.
    pub id: i64,
    /// Whose channel.
    pub application_id: String,
    /// Which channel.
    pub channel: String,
    /// Its number there.
    pub channel_offset: i64,
    /// Its own id.
    pub event_id: Uuid,
    /// Its name.
    pub event: String,
    /// The very string that goes out.
    pub data: String,
    /// The socket that gets nothing.
    pub except_socket: Option<String>,
}

impl Tx {
    /// Takes the channel's next number. Until this transaction ends, nobody else gets one of this channel.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn advance_position(
        &mut self,
        application_id: &str,
        channel: &str,
        fresh_epoch: &str,
    ) -> Result<Position, StoreError> {
        const SQL: &str = "\
            insert into channel_positions (application_id, channel, epoch, last_offset) values ($1, $2, $3, 1) \
            on conflict (application_id, channel) do update set last_offset = channel_positions.last_offset + 1 \
            returning epoch, last_offset";
        Ok(with_tx!(self, connection =>
            sqlx::query_as(SQL)
                .bind(application_id)
                .bind(channel)
                .bind(fresh_epoch)
                .fetch_one(connection)
                .await?))
    }

    /// Adds an event under a number that this transaction has taken.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn insert_event(&mut self, row: NewLogRow<'_>) -> Result<(), StoreError> {
        const SQL: &str = "\
            insert into event_log \
                (application_id, channel, channel_offset, event_id, event, data, except_socket, created_at) \
            values ($1, $2, $3, $4, $5, $6, $7, $8)";
        with_tx!(self, connection =>
            sqlx::query(SQL)
                .bind(row.application_id)
                .bind(row.channel)
                .bind(row.channel_offset)
                .bind(row.event_id)
                .bind(row.event)
                .bind(row.data)
                .bind(row.except_socket)
                .bind(bound(row.at))
                .execute(connection)
                .await
                .map(drop)?);
        Ok(())
    }
}

impl Store {
    /// A channel's position; one that has none yet begins its numbering.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn position(
        &self,
        application_id: &str,
        channel: &str,
        fresh_epoch: &str,
    ) -> Result<Position, StoreError> {
        const SELECT: &str = "\
            select epoch, last_offset from channel_positions where application_id = $1 and channel = $2";
        // Updates nothing, but returns the row also if another transaction has just made it.
        const INSERT: &str = "\
            insert into channel_positions (application_id, channel, epoch, last_offset) values ($1, $2, $3, 0) \
            on conflict (application_id, channel) do update set last_offset = channel_positions.last_offset \
            returning epoch, last_offset";
        let stored = with_pool!(self, pool =>
            sqlx::query_as(SELECT).bind(application_id).bind(channel).fetch_optional(pool).await?);
        if let Some(position) = stored {
            return Ok(position);
        }
        Ok(with_writer!(self, pool =>
            sqlx::query_as(INSERT).bind(application_id).bind(channel).bind(fresh_epoch).fetch_one(pool).await?))
    }

    /// A channel's events after one number, up to and with another, in order, at most `limit`.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn events_after(
        &self,
        application_id: &str,
        channel: &str,
        after: i64,
        up_to: i64,
        limit: i64,
    ) -> Result<Vec<UnrelayedRow>, StoreError> {
        const SQL: &str = "\
            select id, application_id, channel, channel_offset, event_id, event, data, except_socket \
            from event_log \
            where application_id = $1 and channel = $2 and channel_offset > $3 and channel_offset <= $4 \
            order by channel_offset limit $5";
        Ok(with_pool!(self, pool =>
            sqlx::query_as(SQL)
                .bind(application_id)
                .bind(channel)
                .bind(after)
                .bind(up_to)
                .bind(limit)
                .fetch_all(pool)
                .await?))
    }

    /// The first `limit` events that have not been published, by id.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn unrelayed_events(&self, limit: i64) -> Result<Vec<UnrelayedRow>, StoreError> {
        const SQL: &str = "\
            select id, application_id, channel, channel_offset, event_id, event, data, except_socket \
            from event_log where not is_relayed order by id limit $1";
        Ok(with_pool!(self, pool => sqlx::query_as(SQL).bind(limit).fetch_all(pool).await?))
    }

    /// Notes that these events have been published.
    ///
    /// One by one and never as a range: a transaction that commits late may yet put an event between two of them.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn mark_relayed(&self, ids: &[i64]) -> Result<(), StoreError> {
        const POSTGRES: &str = "update event_log set is_relayed = true where id = any($1)";
        const SQLITE: &str = "\
            update event_log set is_relayed = true where id in (select value from json_each($1))";
        match self {
            Self::Postgres(pool) => sqlx::query(POSTGRES).bind(ids).execute(pool).await.map(drop)?,
            Self::Sqlite(pools) => {
                sqlx::query(SQLITE).bind(json_array(ids)).execute(&pools.writer).await.map(drop)?;
            }
        }
        Ok(())
    }

    /// Of the `limit` oldest events, deletes those that are published and older than the instant given; returns how
    /// many. Looking at the oldest alone keeps the cost bounded when nothing is old enough.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn delete_old_events(&self, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
        const SQL: &str = "\
            delete from event_log where id in (select id from event_log order by id limit $2) \
                and is_relayed and created_at < $1";
        Ok(with_writer!(self, pool =>
            sqlx::query(SQL).bind(bound(before)).bind(limit).execute(pool).await?.rows_affected()))
    }

    /// Deletes up to `limit` published events of a channel, up to and with a number; returns how many.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn delete_events_up_to(
        &self,
        application_id: &str,
        channel: &str,
        offset: i64,
        limit: i64,
    ) -> Result<u64, StoreError> {
        const SQL: &str = "\
            delete from event_log where is_relayed and id in \
                (select id from event_log \
                where application_id = $1 and channel = $2 and channel_offset <= $3 \
                order by channel_offset limit $4)";
        Ok(with_writer!(self, pool =>
            sqlx::query(SQL)
                .bind(application_id)
                .bind(channel)
                .bind(offset)
                .bind(limit)
                .execute(pool)
                .await?
                .rows_affected()))
    }

    /// Up to `limit` channels after the one given, as application, channel and last number.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn channels_after(
        &self,
        application_id: &str,
        channel: &str,
        limit: i64,
    ) -> Result<Vec<(String, String, i64)>, StoreError> {
        const SQL: &str = "\
            select application_id, channel, last_offset from channel_positions \
            where (application_id, channel) > ($1, $2) order by application_id, channel limit $3";
        Ok(with_pool!(self, pool =>
            sqlx::query_as(SQL).bind(application_id).bind(channel).bind(limit).fetch_all(pool).await?))
    }
}
