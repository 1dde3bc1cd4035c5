//! Sessions of browsers: a random cookie, whose hash alone is stored.

use std::net::IpAddr;
use std::time::Duration;

use app::accounts::User;
use app::ids::UserId;
use app::settings::SessionInfo;
use app::time::Timestamp;
use tokio_util::sync::CancellationToken;

use super::secret;
use crate::clock::Clock;
use crate::store::{NewSessionRow, Store, StoreError};

const MS_PER_MINUTE: i64 = 60_000;
const MS_PER_DAY: i64 = 24 * 60 * MS_PER_MINUTE;

/// How long an unused session lasts that ends with the browser: browsers that restore their tabs keep its cookie.
const LIFETIME_MS: i64 = MS_PER_DAY;

/// How long an unused session lasts that was to be remembered.
const REMEMBERED_LIFETIME_MS: i64 = 30 * MS_PER_DAY;

/// What is kept of a browser's name for itself.
const MAX_USER_AGENT_CHARS: usize = 300;

/// How often ended sessions are deleted.
const SWEEP_INTERVAL: Duration = Duration::from_mins(10);

/// Rows of one deletion.
const SWEEP_BATCH: i64 = 1_000;

/// The sessions of browsers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sessions {
    store: Store,
    clock: Clock,
}

/// Where a session comes from, for the list that its owner sees.
#[derive(Debug, Clone, Default)]
pub struct SessionOrigin {
    /// What the browser calls itself.
    pub user_agent: Option<String>,
    /// The browser's address.
    pub address: Option<IpAddr>,
}

/// A session that has just begun.
#[derive(Clone)]
pub struct NewSession {
    /// The cookie's value, 43 characters; shown this once.
    pub token: String,
    /// The session's number.
    pub id: i64,
    /// How long the cookie lasts, in seconds; `None` until the browser closes.
    pub max_age_s: Option<i64>,
}

/// A session that has not ended.
#[derive(Debug, Clone)]
pub struct Session {
    /// The session's number.
    pub id: i64,
    /// Who is signed in.
    pub user: User,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
    /// How long the cookie has to last from now on, in seconds, if its end was put off just now and the browser would drop
    /// it before.
    pub renewed_max_age_s: Option<i64>,
}

impl Sessions {
    /// The sessions in this store.
    pub const fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// Begins a session of somebody who has proved who they are.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn create(
        &self,
        user_id: UserId,
        is_remembered: bool,
        origin: SessionOrigin,
    ) -> Result<NewSession, StoreError> {
        let (token, now) = (secret::new_secret(), self.clock.now());
        let user_agent = origin.user_agent.map(|it| it.chars().take(MAX_USER_AGENT_CHARS).collect::<String>());
        let id = self
            .store
            .insert_session(NewSessionRow {
                user_id,
                token_hash: &secret::hash(&token),
                is_remembered,
                user_agent: user_agent.as_deref(),
                address: origin.address.map(|it| it.to_string()),
                at: now,
                expires_at: now.plus_ms(lifetime_ms(is_remembered)),
            })
            .await?;
        Ok(NewSession { token, id, max_age_s: max_age_s(is_remembered) })
    }

    /// The session of a cookie, unless it has ended or its user is kept out. Being used puts off its end; that is
    /// written once a minute at most.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn find(&self, token: &str) -> Result<Option<Session>, StoreError> {
        let now = self.clock.now();
        let Some(row) = self.store.session(&secret::hash(token), now).await? else { return Ok(None) };
        let (mut expires_at, mut renewed_max_age_s) = (row.expires_at, None);
        if now >= row.last_seen_at.plus_ms(MS_PER_MINUTE) {
            let later = now.plus_ms(lifetime_ms(row.is_remembered));
            match self.store.touch_session(row.id, now, later).await {
                Ok(()) => (expires_at, renewed_max_age_s) = (later, max_age_s(row.is_remembered)),
                // A full disk must not keep people from reading: the session is good as it stands.
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "a session's last use is not noted");
                }
            }
        }
        Ok(Some(Session { id: row.id, user: row.user, expires_at, renewed_max_age_s }))
    }

    /// Ends the session of a cookie. False if there was none.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn end(&self, token: &str) -> Result<bool, StoreError> {
        self.store.delete_session(&secret::hash(token)).await
    }

    /// Where somebody is signed in, the last used first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn list(&self, user_id: UserId, current: i64) -> Result<Vec<SessionInfo>, StoreError> {
        self.store.sessions_of(user_id, current, self.clock.now()).await
    }

    /// Ends one session of somebody. False if they have no such session.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn end_one(&self, user_id: UserId, id: i64) -> Result<bool, StoreError> {
        self.store.delete_session_of(user_id, id).await
    }

    /// Ends all sessions of somebody but the one named; returns how many.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn end_all(&self, user_id: UserId, but: Option<i64>) -> Result<u64, StoreError> {
        self.store.delete_sessions_of(user_id, but).await
    }

    /// Deletes the sessions that have ended, in small steps; returns how many.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn delete_ended(&self) -> Result<u64, StoreError> {
        let mut total = 0;
        loop {
            let deleted = self.store.delete_ended_sessions(self.clock.now(), SWEEP_BATCH).await?;
            total += deleted;
            if deleted < SWEEP_BATCH.unsigned_abs() {
                return Ok(total);
            }
        }
    }
}

/// Deletes ended sessions from time to time.
#[derive(Debug, Clone)]
pub struct SessionSweep(pub Sessions);

impl SessionSweep {
    /// Sweeps at the start and every ten minutes, until the token is cancelled.
    pub async fn run(self, shutdown: CancellationToken) {
        loop {
            if let Err(error) = self.0.delete_ended().await {
                tracing::error!(error = &error as &dyn std::error::Error, "ended sessions cannot be deleted");
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(SWEEP_INTERVAL) => {}
            }
        }
    }
}

const fn lifetime_ms(is_remembered: bool) -> i64 {
    if is_remembered { REMEMBERED_LIFETIME_MS } else { LIFETIME_MS }
}

/// How long the cookie lasts; `None` until the browser closes.
fn max_age_s(is_remembered: bool) -> Option<i64> {
    is_remembered.then_some(REMEMBERED_LIFETIME_MS / 1_000)
}
