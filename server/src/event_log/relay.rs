//! The relay: publishes what has been committed, in order, until it is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use app::realtime::ChannelName;
use tokio_util::sync::CancellationToken;

use super::{Bell, unsigned};
use crate::application::ApplicationId;
use crate::broker::{Broker, BrokerError, LoggedEvent, Publication};
use crate::store::{Store, StoreError, UnrelayedRow};

/// Events that are read and published at once.
const BATCH: i64 = 500;

/// How often the log is looked at without a ring: another process may have written, or a ring be lost with its task.
const SWEEP: Duration = Duration::from_secs(1);

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Publishes committed events to the broker.
///
/// An event is noted as published after it was: a crash in between publishes it once more, and subscribers pass over
/// what they have by its offset. Rows are found by what they lack and not by how far the relay has come, so one that is
/// committed late, between rows that are published already, is still found.
#[derive(Clone)]
pub struct Relay {
    store: Store,
    broker: Arc<dyn Broker>,
    bell: Bell,
    status: Arc<RelayStatus>,
}

/// How the relay does, for health and metrics.
#[derive(Debug, Default)]
pub struct RelayStatus {
    published: AtomicU64,
    is_failing: AtomicBool,
}

impl RelayStatus {
    /// Events published since the start; one that was published again counts again.
    pub fn published(&self) -> u64 {
        self.published.load(Ordering::Relaxed)
    }

    /// Whether the last try to publish failed; it is tried again until it works.
    pub fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Relaxed)
    }
}

/// Publishing did not work; nothing is lost, and it will be tried again.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The log could not be read or written.
    #[error("the event log cannot be read: {0}")]
    Store(#[from] StoreError),
    /// The broker did not take the events.
    #[error(transparent)]
    Broker(#[from] BrokerError),
}

impl Relay {
    /// A relay between the store's event log and the broker, woken by the bell.
    pub fn new(store: Store, broker: Arc<dyn Broker>, bell: Bell) -> Self {
        Self { store, broker, bell, status: Arc::default() }
    }

    /// How this relay does, also after it has been moved into its task.
    pub fn status(&self) -> Arc<RelayStatus> {
        Arc::clone(&self.status)
    }

    /// Publishes until the token is cancelled, and then once more what was committed before. What can't be published
    /// any more is published after the next start.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut pause: Option<Duration> = None;
        loop {
            let wait = match self.relay_all().await {
                Ok(_) => {
                    if pause.take().is_some() {
                        tracing::info!("the relay publishes again");
                    }
                    SWEEP
                }
                Err(error) => {
                    // Said once: while it lasts, the status tells, not a line every few seconds.
                    if pause.is_none() {
                        tracing::error!(error = &error as &dyn std::error::Error, "the relay cannot publish");
                    }
                    *pause.insert(pause.map_or(FIRST_PAUSE, |it| (it * 2).min(LONGEST_PAUSE)))
                }
            };
            self.status.is_failing.store(pause.is_some(), Ordering::Relaxed);
            tokio::select! {
                () = shutdown.cancelled() => break,
                // A bell that rings while the relay fails must not make it try without pause.
                () = self.bell.wait(), if pause.is_none() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        if let Err(error) = self.relay_all().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the last events are left to the next start");
        }
    }

    /// Publishes everything that has been committed; returns how many events.
    ///
    /// # Errors
    /// If the log or the broker fails; what was published before is noted.
    pub async fn relay_all(&self) -> Result<usize, RelayError> {
        let mut total = 0;
        loop {
            let rows = self.store.unrelayed_events(BATCH).await?;
            if rows.is_empty() {
                return Ok(total);
            }
            let ids: Vec<i64> = rows.iter().map(|it| it.id).collect();
            let is_last = i64::try_from(rows.len()).unwrap_or(BATCH) < BATCH;
            let publications: Vec<Publication> = rows.into_iter().filter_map(publication).collect();
            if !publications.is_empty() {
                self.broker.publish(publications).await?;
            }
            self.status.published.fetch_add(ids.len() as u64, Ordering::Relaxed);
            self.store.mark_relayed(&ids).await?;
            total += ids.len();
            if is_last {
                return Ok(total);
            }
        }
    }
}

/// A row as the broker takes it; `None`, and a line in the log, if no channel can have the row's name.
pub(super) fn publication(row: UnrelayedRow) -> Option<Publication> {
    let channel: ChannelName = row
        .channel
        .parse()
        .inspect_err(|error| tracing::error!(id = row.id, %error, "an event of the log is passed over"))
        .ok()?;
    Some(Publication {
        application_id: ApplicationId(row.application_id.into()),
        channel,
        event: row.event.into(),
        data: row.data.into(),
        except: row.except_socket.and_then(|it| it.parse().ok()),
        logged: Some(LoggedEvent { offset: unsigned(row.channel_offset), event_id: row.event_id }),
    })
}
