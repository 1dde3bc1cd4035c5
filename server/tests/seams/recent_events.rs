//! [`RecentEvents`]: the newest events of channels that no log keeps.

use std::sync::Arc;

use bytes::Bytes;
use server::broker::{ChannelPosition, LocalRecentEvents, RecentEvents, RecentlyMissed, RecoverFrom, RecoveryLimit};
use uuid::Uuid;

use crate::key;

/// Each keeps five events of a channel.
fn implementations() -> Vec<Arc<dyn RecentEvents>> {
    vec![Arc::new(LocalRecentEvents::new(5, 1_000_000))]
}

const LIMIT: RecoveryLimit = RecoveryLimit { events: 100, bytes: 10_000 };

fn append(recent: &dyn RecentEvents) -> u64 {
    let (logged, _) = recent.append(&key("1", "a"), Uuid::nil(), &mut |it| Bytes::from(format!("event {}", it.offset)));
    logged.offset
}

fn since(recent: &dyn RecentEvents, epoch: &str, offset: u64, limit: RecoveryLimit) -> RecentlyMissed {
    recent.since(&key("1", "a"), &RecoverFrom::Position(ChannelPosition { epoch: epoch.to_owned(), offset }), limit)
}

#[test]
fn events_are_numbered_without_gaps_and_what_came_since_is_told_in_order() {
    for recent in implementations() {
        let begin = recent.since(&key("1", "a"), &RecoverFrom::Latest, LIMIT);
        assert!(!begin.recovered && begin.frames.is_empty());
        let first = append(&*recent);
        assert_eq!(first, begin.offset + 1);
        assert_eq!([append(&*recent), append(&*recent)], [first + 1, first + 2]);
        let missed = since(&*recent, &begin.epoch, first, LIMIT);
        assert!(missed.recovered && missed.offset == first + 2);
        let told = [(first + 1, format!("event {}", first + 1)), (first + 2, format!("event {}", first + 2))];
        assert_eq!(missed.frames, told.map(|(offset, text)| (offset, Bytes::from(text))));
        assert!(since(&*recent, &begin.epoch, first + 2, LIMIT).recovered);
    }
}

#[test]
fn what_is_not_whole_is_not_recovered() {
    for recent in implementations() {
        let epoch = recent.since(&key("1", "a"), &RecoverFrom::Latest, LIMIT).epoch;
        let offsets: Vec<_> = (0..7).map(|_| append(&*recent)).collect();
        let first = offsets[0];
        let few = RecoveryLimit { events: 1, ..LIMIT };
        let small = RecoveryLimit { bytes: 10, ..LIMIT };
        for missed in [
            since(&*recent, &epoch, first, LIMIT),
            since(&*recent, "another", first + 5, LIMIT),
            since(&*recent, &epoch, first + 100, LIMIT),
            since(&*recent, &epoch, first + 3, few),
            since(&*recent, &epoch, first + 3, small),
        ] {
            assert!(!missed.recovered && missed.frames.is_empty(), "{missed:?}");
        }
        assert!(since(&*recent, &epoch, first + 1, LIMIT).recovered);
    }
}
