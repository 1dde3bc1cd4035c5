//! Instants on their way to and from the drivers.

use app::time::Timestamp;
use chrono::{DateTime, Utc};

/// What is bound for an instant.
///
/// To the millisecond, so that both databases give back what was given, and SQLite's texts sort by time.
pub(super) fn bound(at: Timestamp) -> DateTime<Utc> {
    let far = if at.unix_ms() < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
    DateTime::from_timestamp_millis(at.unix_ms()).unwrap_or(far)
}

/// The instant that a row has.
pub(super) fn timestamp(stored: DateTime<Utc>) -> Timestamp {
    Timestamp::from_unix_ms(stored.timestamp_millis())
}
