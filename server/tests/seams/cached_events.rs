//! [`CachedEvents`]: the last event of a cache channel.

use std::sync::Arc;

use app::time::Timestamp;
use bytes::Bytes;
use server::hub::{CachedEvents, KeptEvent, LocalCachedEvents};

use crate::key;

fn implementations() -> Vec<Arc<dyn CachedEvents>> {
    vec![Arc::new(LocalCachedEvents::new(1_000_000))]
}

const NOW: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

fn event(text: &'static str, for_ms: i64) -> KeptEvent {
    KeptEvent { frame: Bytes::from_static(text.as_bytes()), logged: None, expires_at: NOW.plus_ms(for_ms) }
}

#[test]
fn cac_1_and_cac_4_the_last_event_takes_the_place_of_the_one_before_and_its_time() {
    for cached in implementations() {
        let channel = key("1", "cache-a");
        assert!(cached.get(&channel, NOW).is_none());
        cached.put(&channel, event("first", 1_000), NOW);
        cached.put(&channel, event("second", 2_000), NOW.plus_ms(500));
        let kept = cached.get(&channel, NOW.plus_ms(1_500)).unwrap();
        assert_eq!((&kept.frame[..], kept.expires_at), (&b"second"[..], NOW.plus_ms(2_000)));
        assert!(cached.get(&key("2", "cache-a"), NOW).is_none());
    }
}

#[test]
fn cac_2_what_is_over_is_not_told() {
    for cached in implementations() {
        let channel = key("1", "cache-a");
        cached.put(&channel, event("one", 1_000), NOW);
        assert!(cached.get(&channel, NOW.plus_ms(999)).is_some());
        assert!(cached.get(&channel, NOW.plus_ms(1_000)).is_none());
    }
}
