//! The last event of each cache channel (section 7).

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app::time::Timestamp;
use bytes::Bytes;

use crate::broker::LoggedEvent;
use crate::presence::ChannelKey;

/// Tables that can be locked apart from each other.
const STRIPES: usize = 32;

/// What a kept event costs besides its frame, near enough: its key twice, and its places in two tables.
const EVENT_BYTES: usize = 256;

/// The last event of a cache channel, as the HTTP API shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedEvent {
    /// The event's name.
    pub event: Arc<str>,
    /// Its data, as published.
    pub data: Arc<str>,
    /// How long it will still be kept.
    pub expires_in: Duration,
}

/// An event that a cache channel keeps. Cheap to clone.
#[derive(Debug, Clone)]
pub struct KeptEvent {
    /// As it goes out; nothing of it is kept a second time.
    pub frame: Bytes,
    /// Its place in the event log, if it has one.
    pub logged: Option<LoggedEvent>,
    /// When it ceases to be kept.
    pub expires_at: Timestamp,
}

/// Keeps the last event of cache channels, whether or not anybody is subscribed (rule CAC-2).
pub trait CachedEvents: Send + Sync {
    /// Replaces the channel's event (rule CAC-4).
    fn put(&self, key: &ChannelKey, event: KeptEvent, now: Timestamp);

    /// The channel's event, unless its time is over.
    fn get(&self, key: &ChannelKey, now: Timestamp) -> Option<KeptEvent>;
}

/// Cached events of a single process: so many bytes of them, beyond which the oldest go.
pub struct LocalCachedEvents {
    stripes: Vec<Mutex<Stripe>>,
    hasher: RandomState,
    max_stripe_bytes: usize,
}

#[derive(Default)]
struct Stripe {
    events: HashMap<ChannelKey, (u64, KeptEvent)>,
    /// The events by the number that they got when they came.
    by_age: BTreeMap<u64, ChannelKey>,
    next_number: u64,
    bytes: usize,
    /// Size at which expired events are looked for.
    sweep_at: usize,
}

impl LocalCachedEvents {
    /// Keeps at most about so many bytes.
    pub fn new(max_bytes: usize) -> Self {
        let stripes = (0..STRIPES).map(|_| Mutex::default()).collect();
        Self { stripes, hasher: RandomState::new(), max_stripe_bytes: max_bytes / STRIPES }
    }

    fn stripe(&self, key: &ChannelKey) -> MutexGuard<'_, Stripe> {
        let index = usize::try_from(self.hasher.hash_one(key) % STRIPES as u64).unwrap_or_default();
        self.stripes[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CachedEvents for LocalCachedEvents {
    fn put(&self, key: &ChannelKey, event: KeptEvent, now: Timestamp) {
        let mut stripe = self.stripe(key);
        stripe.remove(key);
        stripe.add(key, event);
        while stripe.bytes > self.max_stripe_bytes && stripe.events.len() > 1 {
            let Some((_, oldest)) = stripe.by_age.first_key_value() else { return };
            let oldest = oldest.clone();
            stripe.remove(&oldest);
        }
        // Sweeping at each doubling keeps at most as many expired events as live ones, for a constant cost an event.
        if stripe.events.len() > stripe.sweep_at {
            let expired = stripe.events.iter().filter(|(_, (_, it))| it.expires_at <= now);
            for key in expired.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
                stripe.remove(&key);
            }
            stripe.sweep_at = stripe.events.len() * 2 + 16;
        }
    }

    fn get(&self, key: &ChannelKey, now: Timestamp) -> Option<KeptEvent> {
        let mut stripe = self.stripe(key);
        let (_, event) = stripe.events.get(key)?;
        if event.expires_at <= now {
            stripe.remove(key);
            return None;
        }
        Some(event.clone())
    }
}

impl Stripe {
    fn add(&mut self, key: &ChannelKey, event: KeptEvent) {
        self.next_number += 1;
        self.bytes += EVENT_BYTES + event.frame.len();
        self.by_age.insert(self.next_number, key.clone());
        self.events.insert(key.clone(), (self.next_number, event));
    }

    fn remove(&mut self, key: &ChannelKey) {
        if let Some((number, event)) = self.events.remove(key) {
            self.by_age.remove(&number);
            self.bytes -= EVENT_BYTES + event.frame.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::ApplicationId;

    fn event(name: &str, expires_at_ms: i64) -> (ChannelKey, KeptEvent) {
        let key = ChannelKey { application: ApplicationId("1".into()), channel: name.parse().unwrap() };
        let expires_at = Timestamp::from_unix_ms(expires_at_ms);
        (key, KeptEvent { frame: Bytes::from_static(&[0; 1_000]), logged: None, expires_at })
    }

    fn kept(cached: &LocalCachedEvents) -> usize {
        cached.stripes.iter().map(|it| it.lock().unwrap().events.len()).sum()
    }

    #[test]
    fn cac_2_an_event_is_kept_until_its_time_is_over() {
        let cached = LocalCachedEvents::new(1_000_000);
        let (key, kept) = event("cache-a", 1_000);
        cached.put(&key, kept, Timestamp::from_unix_ms(0));
        assert!(cached.get(&key, Timestamp::from_unix_ms(999)).is_some());
        assert!(cached.get(&key, Timestamp::from_unix_ms(1_000)).is_none());
    }

    #[test]
    fn expired_events_do_not_pile_up() {
        let cached = LocalCachedEvents::new(usize::MAX);
        for number in 0..20_000 {
            let (key, kept) = event(&format!("cache-{number}"), number + 10);
            cached.put(&key, kept, Timestamp::from_unix_ms(number));
        }
        assert!(kept(&cached) < 2_000, "{} events are kept", kept(&cached));
    }

    #[test]
    fn beyond_the_bound_the_oldest_events_go() {
        let (cached, now) = (LocalCachedEvents::new(1_000_000), Timestamp::from_unix_ms(0));
        for number in 0..20_000 {
            let (key, kept) = event(&format!("cache-{number}"), 1_000);
            cached.put(&key, kept, now);
            assert!(cached.get(&key, now).is_some());
        }
        assert!((500..=900).contains(&kept(&cached)), "{} events are kept", kept(&cached));
        assert!(cached.get(&event("cache-0", 0).0, now).is_none());
    }
}
