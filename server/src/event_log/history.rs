//! The event log as the hub's history.

use app::realtime::{AppChannel, ChannelName};

use super::relay::publication;
use super::{EventLog, unsigned};
use crate::application::ApplicationId;
use crate::broker::history::{History, HistoryError, RecoverFrom, Recovered, RecoveryLimit};
use crate::broker::{ChannelPosition, Publication};
use crate::store::StoreError;

/// Rows that are read in one piece, so that no more than a piece is read beyond the limit of bytes.
const ROWS_AT_ONCE: i64 = 200;

/// Answers from the event log what subscribers of the application's own channels missed.
#[derive(Debug, Clone)]
pub struct LogHistory(EventLog);

impl LogHistory {
    /// The history of the log's application; channels of others are not logged.
    pub const fn new(log: EventLog) -> Self {
        Self(log)
    }

    async fn recover(
        &self,
        channel: AppChannel,
        from: RecoverFrom,
        limit: RecoveryLimit,
    ) -> Result<Recovered, StoreError> {
        // The position comes first. Whatever it counts is committed, so it is in the log unless it was deleted as old.
        let head = self.0.position(channel).await?;
        let unrecovered =
            Recovered { epoch: head.epoch.clone(), offset: head.offset, recovered: false, events: Vec::new() };
        let RecoverFrom::Position(known) = from else { return Ok(unrecovered) };
        let missed = head.offset.checked_sub(known.offset).and_then(|it| usize::try_from(it).ok());
        let Some(missed) = missed.filter(|it| known.epoch == head.epoch && *it <= limit.events) else {
            return Ok(unrecovered);
        };
        if missed == 0 {
            return Ok(Recovered { recovered: true, ..unrecovered });
        }
        let events = self.read(channel, &known, head.offset, limit.bytes).await?;
        // Fewer than there should be: the first of them are past the retention, or all together are too large.
        if events.len() != missed {
            return Ok(unrecovered);
        }
        Ok(Recovered { recovered: true, events, ..unrecovered })
    }

    /// The channel's events after the known position, up to and with `last`, piece by piece; it stops at the first gap, and
    /// when there are more bytes than may be.
    async fn read(
        &self,
        channel: AppChannel,
        known: &ChannelPosition,
        last: u64,
        max_bytes: usize,
    ) -> Result<Vec<Publication>, StoreError> {
        let (mut events, mut bytes, mut seen) = (Vec::new(), 0, known.offset);
        let (application_id, channel) = (&self.0.application_id.0, channel.to_string());
        while seen < last {
            let rows =
                self.0.store.events_after(application_id, &channel, signed(seen), signed(last), ROWS_AT_ONCE).await?;
            if rows.first().is_none_or(|it| unsigned(it.channel_offset) != seen + 1) {
                break;
            }
            seen = rows.last().map_or(last, |it| unsigned(it.channel_offset));
            bytes += rows.iter().map(|it| it.event.len() + it.data.len()).sum::<usize>();
            events.extend(rows.into_iter().filter_map(publication));
            if bytes > max_bytes {
                return Ok(Vec::new());
            }
        }
        Ok(events)
    }
}

#[async_trait::async_trait]
impl History for LogHistory {
    async fn since(
        &self,
        application: &ApplicationId,
        channel: &ChannelName,
        from: RecoverFrom,
        limit: RecoveryLimit,
    ) -> Result<Option<Recovered>, HistoryError> {
        if *application != self.0.application_id {
            return Ok(None);
        }
        // Only channels of the app are logged, so that nobody makes rows by subscribing to names of their own.
        let Some(channel) = channel.as_str().parse::<AppChannel>().ok().filter(|it| it.is_logged()) else {
            return Ok(None);
        };
        self.recover(channel, from, limit).await.map(Some).map_err(|error| HistoryError(error.to_string()))
    }
}

fn signed(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}
