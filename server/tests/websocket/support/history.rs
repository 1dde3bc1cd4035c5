//! A log in memory.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::server::application::ApplicationId;
use ::server::broker::{
    ChannelPosition, History, HistoryError, LoggedEvent, Publication, RecoverFrom, Recovered, RecoveryLimit,
};
use app::realtime::ChannelName;
use uuid::Uuid;

use super::publication;

/// A log in memory: channels whose name contains `logged` have one.
pub(crate) struct MemoryHistory {
    pub(crate) epoch: Mutex<String>,
    /// Events before this offset are gone.
    pub(crate) first_kept: Mutex<u64>,
    channels: Mutex<HashMap<String, Vec<Publication>>>,
    /// Histories that were asked for so far.
    pub(crate) readings: AtomicUsize,
    /// While closed, no history is read.
    pub(crate) gate: tokio::sync::Semaphore,
}

impl Default for MemoryHistory {
    fn default() -> Self {
        Self {
            epoch: Mutex::new("first".to_owned()),
            first_kept: Mutex::new(1),
            channels: Mutex::default(),
            readings: AtomicUsize::new(0),
            gate: tokio::sync::Semaphore::new(1_000),
        }
    }
}

impl MemoryHistory {
    pub(crate) fn append(&self, channel: &str, data: &str) -> Publication {
        let mut channels = self.channels.lock().unwrap();
        let log = channels.entry(channel.to_owned()).or_default();
        let logged = LoggedEvent { offset: log.len() as u64 + 1, event_id: Uuid::nil() };
        let publication = Publication { logged: Some(logged), ..publication(channel, data) };
        log.push(publication.clone());
        publication
    }
}

#[async_trait::async_trait]
impl History for MemoryHistory {
    async fn since(
        &self,
        _: &ApplicationId,
        channel: &ChannelName,
        from: RecoverFrom,
        limit: RecoveryLimit,
    ) -> Result<Option<Recovered>, HistoryError> {
        self.readings.fetch_add(1, Ordering::SeqCst);
        let _permit = self.gate.acquire().await.unwrap();
        if channel.as_str().contains("broken") {
            return Err(HistoryError("the disk is gone".to_owned()));
        }
        if !channel.as_str().contains("logged") {
            return Ok(None);
        }
        let log = self.channels.lock().unwrap().get(channel.as_str()).cloned().unwrap_or_default();
        let (epoch, offset) = (self.epoch.lock().unwrap().clone(), log.len() as u64);
        let nothing = Recovered { epoch: epoch.clone(), offset, recovered: false, events: Vec::new() };
        let RecoverFrom::Position(ChannelPosition { epoch: known, offset: from }) = from else {
            return Ok(Some(nothing));
        };
        let missed = usize::try_from(offset.saturating_sub(from)).unwrap();
        let is_kept = from + 1 >= *self.first_kept.lock().unwrap();
        if known != epoch || from > offset || !is_kept || missed > limit.events {
            return Ok(Some(nothing));
        }
        let events = log[usize::try_from(from).unwrap()..].to_vec();
        Ok(Some(Recovered { recovered: true, events, ..nothing }))
    }
}
