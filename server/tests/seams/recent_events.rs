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

#[test]
fn a_busy_channel_may_use_all_of_the_bytes_and_the_channel_that_was_quiet_for_longest_goes_first() {
    const BOUND: usize = 100_000;
    let recent = LocalRecentEvents::new(usize::MAX, BOUND);
    let append = |channel: &str| {
        recent.append(&key("1", channel), Uuid::nil(), &mut |_| Bytes::from(vec![0; 1_000]));
    };
    let kept = |channel: &str, epoch: &str, offset| {
        let from = RecoverFrom::Position(ChannelPosition { epoch: epoch.to_owned(), offset });
        let limit = RecoveryLimit { events: usize::MAX, bytes: usize::MAX };
        recent.since(&key("1", channel), &from, limit)
    };
    let epoch_of = |channel: &str| recent.since(&key("1", channel), &RecoverFrom::Latest, LIMIT).epoch;
    // In whatever tables they are: a few events of each of many channels, and then one channel alone.
    let quiet: Vec<String> = (0..40).map(|it| format!("quiet-{it}")).collect();
    let epochs: Vec<_> = quiet.iter().map(|it| epoch_of(it)).collect();
    for it in &quiet {
        append(it);
    }
    let (busy, offset) = (epoch_of("busy"), kept("busy", "", 0).offset);
    (0..50).for_each(|_| append("busy"));
    assert_eq!(kept("busy", &busy, offset).frames.len(), 50, "its own are all there");
    assert_ne!(kept("quiet-0", &epochs[0], 0).epoch, epochs[0], "the oldest went");
    assert_eq!(kept("quiet-39", &epochs[39], 0).epoch, epochs[39], "the youngest did not");
    (0..500).for_each(|_| append("busy"));
    let (last, most) = (kept("busy", &busy, 0).offset, u64::try_from(BOUND / 1_100).unwrap());
    assert!(kept("busy", &busy, last - most).recovered, "nearly all of the bytes are its");
    assert!(!kept("busy", &busy, last - 100).recovered, "and no more");
}
