//! Queries of webhooks: requests on their way, dead letters, and departures that a stopped server has left.

use app::time::Timestamp;
use chrono::{DateTime, Utc};

use super::time::{bound, timestamp};
use super::{Store, StoreError, Tx};

/// A request that is to be sent.
#[derive(Debug)]
pub struct NewDeliveryRow<'a> {
    /// Whose webhook.
    pub application_id: &'a str,
    /// Where it goes.
    pub url: &'a str,
    /// Its body.
    pub body: &'a str,
    /// How many events it tells of.
    pub events: i64,
    /// Now.
    pub at: Timestamp,
    /// When it is not tried any more.
    pub give_up_at: Timestamp,
}

/// A request that somebody has taken to send it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DeliveryRow {
    /// Rises with its making.
    pub id: i64,
    /// Its body.
    pub body: String,
    /// Tries, with the one that begins now.
    pub attempts: i64,
    give_up_at: DateTime<Utc>,
}

impl DeliveryRow {
    /// When it is not tried any more.
    pub fn give_up_at(&self) -> Timestamp {
        timestamp(self.give_up_at)
    }
}

/// What waits for one receiver.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct WaitingRow {
    /// Whose webhook.
    pub application_id: String,
    /// Where it goes.
    pub url: String,
    /// Requests.
    pub waiting: i64,
    /// Those of them whose time has come.
    pub due: i64,
}

/// A request that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its number.
    pub id: i64,
    /// Whose webhook.
    pub application_id: String,
    /// Where it should have gone.
    pub url: String,
    /// Its body.
    pub body: String,
    /// How many events it tells of.
    pub events: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// Tries.
    pub attempts: i64,
    /// Why the last one failed.
    pub last_error: String,
}

#[derive(sqlx::FromRow)]
struct DeadRow {
    id: i64,
    application_id: String,
    url: String,
    body: String,
    events: i64,
    created_at: DateTime<Utc>,
    attempts: i64,
    last_error: Option<String>,
}

/// A channel that was vacated, or a member that was lost, while a server stopped.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DepartureRow {
    /// Whose channel.
    pub application_id: String,
    /// Which channel.
    pub channel: String,
    /// The member's id as a JSON string; `None` for the channel itself.
    pub user_id: Option<String>,
}

impl Tx {
    /// Adds a request.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn insert_delivery(&mut self, row: NewDeliveryRow<'_>) -> Result<(), StoreError> {
        const SQL: &str = "\
            insert into webhook_deliveries \
                (application_id, url, body, events, created_at, next_attempt_at, give_up_at) \
            values ($1, $2, $3, $4, $5, $5, $6)";
        with_tx!(self, connection =>
            sqlx::query(SQL)
                .bind(row.application_id)
                .bind(row.url)
                .bind(row.body)
                .bind(row.events)
                .bind(bound(row.at))
                .bind(bound(row.give_up_at))
                .execute(connection)
                .await
                .map(drop)?);
        Ok(())
    }

    /// Leaves a departure to the next server.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn insert_departure(&mut self, row: &DepartureRow) -> Result<(), StoreError> {
        const SQL: &str = "insert into webhook_departures (application_id, channel, user_id) values ($1, $2, $3)";
        with_tx!(self, connection =>
            sqlx::query(SQL)
                .bind(&row.application_id)
                .bind(&row.channel)
                .bind(&row.user_id)
                .execute(connection)
                .await
                .map(drop)?);
        Ok(())
    }
}

impl Store {
    /// Takes over departures that a stopped server has left, at most `limit`.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn take_departures(&self, limit: i64) -> Result<Vec<DepartureRow>, StoreError> {
        const LOOK: &str = "select id from webhook_departures order by id limit 1";
        const TAKE: &str = "\
            delete from webhook_departures where id in (select id from webhook_departures order by id limit $1) \
            returning application_id, channel, user_id";
        // Looked at often and there seldom: reading first keeps the writer free.
        let first: Option<i64> = with_pool!(self, pool => sqlx::query_scalar(LOOK).fetch_optional(pool).await?);
        if first.is_none() {
            return Ok(Vec::new());
        }
        Ok(with_writer!(self, pool => sqlx::query_as(TAKE).bind(limit).fetch_all(pool).await?))
    }

    /// What waits, by receiver; at most a thousand receivers.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn waiting_deliveries(&self, now: Timestamp) -> Result<Vec<WaitingRow>, StoreError> {
        const SQL: &str = "\
            select application_id, url, count(*) as waiting, count(case when next_attempt_at <= $1 then 1 end) as due \
            from webhook_deliveries where not is_dead group by application_id, url \
            order by application_id, url limit 1000";
        Ok(with_pool!(self, pool => sqlx::query_as(SQL).bind(bound(now)).fetch_all(pool).await?))
    }

    /// Takes the oldest request for a receiver whose time has come. Nobody else takes it before `lease`.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn claim_delivery(
        &self,
        application_id: &str,
        url: &str,
        now: Timestamp,
        lease: Timestamp,
    ) -> Result<Option<DeliveryRow>, StoreError> {
        const SQL: &str = "\
            update webhook_deliveries set next_attempt_at = $4, attempts = attempts + 1 \
            where id = (select id from webhook_deliveries \
                where application_id = $1 and url = $2 and not is_dead and next_attempt_at <= $3 \
                order by id limit 1) \
                and next_attempt_at <= $3 \
            returning id, body, attempts, give_up_at";
        Ok(with_writer!(self, pool =>
            sqlx::query_as(SQL)
                .bind(application_id)
                .bind(url)
                .bind(bound(now))
                .bind(bound(lease))
                .fetch_optional(pool)
                .await?))
    }

    /// Forgets a request that was taken.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn delete_delivery(&self, id: i64) -> Result<(), StoreError> {
        const SQL: &str = "delete from webhook_deliveries where id = $1";
        with_writer!(self, pool => sqlx::query(SQL).bind(id).execute(pool).await.map(drop)?);
        Ok(())
    }

    /// Has a request tried again later.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn postpone_delivery(&self, id: i64, until: Timestamp, error: &str) -> Result<(), StoreError> {
        const SQL: &str = "update webhook_deliveries set next_attempt_at = $2, last_error = $3 where id = $1";
        with_writer!(self, pool =>
            sqlx::query(SQL).bind(id).bind(bound(until)).bind(error).execute(pool).await.map(drop)?);
        Ok(())
    }

    /// Gives a request up: it is a dead letter now.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn give_up_delivery(&self, id: i64, error: &str) -> Result<(), StoreError> {
        const SQL: &str = "update webhook_deliveries set is_dead = true, last_error = $2 where id = $1";
        with_writer!(self, pool => sqlx::query(SQL).bind(id).bind(error).execute(pool).await.map(drop)?);
        Ok(())
    }

    /// Dead letters after the one given, by number.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn dead_letters(&self, after: i64, limit: i64) -> Result<Vec<DeadLetter>, StoreError> {
        const SQL: &str = "\
            select id, application_id, url, body, events, created_at, attempts, last_error from webhook_deliveries \
            where is_dead and id > $1 order by id limit $2";
        let rows: Vec<DeadRow> =
            with_pool!(self, pool => sqlx::query_as(SQL).bind(after).bind(limit).fetch_all(pool).await?);
        let letters = rows.into_iter().map(|row| DeadLetter {
            id: row.id,
            application_id: row.application_id,
            url: row.url,
            body: row.body,
            events: row.events,
            created_at: timestamp(row.created_at),
            attempts: row.attempts,
            last_error: row.last_error.unwrap_or_default(),
        });
        Ok(letters.collect())
    }

    /// Has a dead letter, or all of them, sent again; how many.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn revive_deliveries(
        &self,
        id: Option<i64>,
        now: Timestamp,
        give_up_at: Timestamp,
    ) -> Result<u64, StoreError> {
        const SQL: &str = "\
            update webhook_deliveries set is_dead = false, attempts = 0, next_attempt_at = $2, give_up_at = $3 \
            where is_dead and ($1 is null or id = $1)";
        Ok(with_writer!(self, pool =>
            sqlx::query(SQL)
                .bind(id)
                .bind(bound(now))
                .bind(bound(give_up_at))
                .execute(pool)
                .await?
                .rows_affected()))
    }

    /// Deletes a dead letter, or all of them; how many.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn delete_dead_letters(&self, id: Option<i64>) -> Result<u64, StoreError> {
        const SQL: &str = "delete from webhook_deliveries where is_dead and ($1 is null or id = $1)";
        Ok(with_writer!(self, pool => sqlx::query(SQL).bind(id).execute(pool).await?.rows_affected()))
    }

    /// Deletes all dead letters but the newest `keep`; how many.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn prune_dead_letters(&self, keep: i64) -> Result<u64, StoreError> {
        const SQL: &str = "\
            delete from webhook_deliveries where is_dead and id <= \
                (select id from webhook_deliveries where is_dead order by id desc limit 1 offset $1)";
        Ok(with_writer!(self, pool => sqlx::query(SQL).bind(keep).execute(pool).await?.rows_affected()))
    }
}
