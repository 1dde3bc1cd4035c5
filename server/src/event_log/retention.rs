//! How long events are kept, and the sweep that deletes them after that.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::store::{Store, StoreError};

/// Rows of one deletion, so that no writer waits long for it.
const BATCH: i64 = 1_000;

/// Channels that are looked at together.
const CHANNELS: i64 = 500;

/// How often the sweep comes round.
const INTERVAL: Duration = Duration::from_mins(10);

/// How long events are kept. Who comes back later than that loads a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Events older than this are deleted.
    pub keep_for: Duration,
    /// Of each channel, at most about this many of the last events are kept.
    pub keep_per_channel: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { keep_for: Duration::from_hours(7 * 24), keep_per_channel: 100_000 }
    }
}

/// Deletes events that need not be kept. One that is not published yet is never deleted.
#[derive(Debug, Clone)]
pub struct RetentionSweep {
    store: Store,
    clock: Clock,
    retention: Retention,
}

impl RetentionSweep {
    /// A sweep over the store's event log.
    pub const fn new(store: Store, clock: Clock, retention: Retention) -> Self {
        Self { store, clock, retention }
    }

    /// Sweeps at the start and every ten minutes, until the token is cancelled.
    pub async fn run(self, shutdown: CancellationToken) {
        loop {
            match self.sweep().await {
                Ok(0) => {}
                Ok(deleted) => tracing::debug!(deleted, "old events deleted"),
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "old events cannot be deleted");
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
    }

    /// Deletes what need not be kept, in small steps; returns how many events.
    ///
    /// # Errors
    /// If the database does not answer; what was deleted before stays deleted.
    pub async fn sweep(&self) -> Result<u64, StoreError> {
        Ok(self.delete_old().await? + self.delete_surplus().await?)
    }

    async fn delete_old(&self) -> Result<u64, StoreError> {
        let keep_ms = i64::try_from(self.retention.keep_for.as_millis()).unwrap_or(i64::MAX);
        let before = self.clock.now().plus_ms(-keep_ms);
        let mut total = 0;
        loop {
            let deleted = self.store.delete_old_events(before, BATCH).await?;
            total += deleted;
            if deleted < BATCH.unsigned_abs() {
                return Ok(total);
            }
        }
    }

    async fn delete_surplus(&self) -> Result<u64, StoreError> {
        let keep = i64::try_from(self.retention.keep_per_channel).unwrap_or(i64::MAX);
        let (mut total, mut application_id, mut channel) = (0, String::new(), String::new());
        loop {
            let channels = self.store.channels_after(&application_id, &channel, CHANNELS).await?;
            for (application_id, channel, last_offset) in channels.iter().filter(|it| it.2 > keep) {
                total += self.delete_up_to(application_id, channel, last_offset - keep).await?;
            }
            let Some(last) = channels.into_iter().next_back() else { return Ok(total) };
            (application_id, channel) = (last.0, last.1);
        }
    }

    async fn delete_up_to(&self, application_id: &str, channel: &str, offset: i64) -> Result<u64, StoreError> {
        let mut total = 0;
        loop {
            let deleted = self.store.delete_events_up_to(application_id, channel, offset, BATCH).await?;
            total += deleted;
            if deleted < BATCH.unsigned_abs() {
                return Ok(total);
            }
        }
    }
}
