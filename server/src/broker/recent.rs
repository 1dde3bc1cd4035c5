//! The newest events of channels that no log keeps: what foreign channels recover from.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use uuid::Uuid;

use crate::broker::{LoggedEvent, RecoverFrom, RecoveryLimit};
use crate::presence::ChannelKey;

/// Tables that can be locked apart from each other.
const STRIPES: usize = 32;

/// What a channel, and what an event, costs besides its bytes, near enough.
const RING_BYTES: usize = 384;
const EVENT_BYTES: usize = 48;

/// What somebody missed of a channel, as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentlyMissed {
    /// The beginning of the channel's numbering.
    pub epoch: String,
    /// The channel's newest event.
    pub offset: u64,
    /// Whether `frames` is all that came after the position asked for.
    pub recovered: bool,
    /// Offset and frame, in order.
    pub frames: Vec<(u64, Bytes)>,
}

/// Numbers and keeps the newest events of channels. Called under the hub's lock of the channel, so the numbers have the
/// order in which subscribers are told.
pub trait RecentEvents: Send + Sync {
    /// Gives an event the channel's next number, and keeps the frame that `encode` makes of it.
    fn append(
        &self,
        key: &ChannelKey,
        event_id: Uuid,
        encode: &mut dyn FnMut(LoggedEvent) -> Bytes,
    ) -> (LoggedEvent, Bytes);

    /// What came after `from`, within the limit, beyond which nothing is recovered.
    fn since(&self, key: &ChannelKey, from: &RecoverFrom, limit: RecoveryLimit) -> RecentlyMissed;
}

/// The newest events of a single process, in memory: so many a channel and so many bytes in all, beyond which the channels
/// go to which nothing was published for longest.
///
/// A channel that was forgotten begins a new epoch, with numbers beyond all that it had: whoever still listens sees a jump,
/// and never an event that it takes for an old one.
pub struct LocalRecentEvents {
    stripes: Vec<Mutex<Stripe>>,
    hasher: RandomState,
    max_events: usize,
    max_stripe_bytes: usize,
}

#[derive(Default)]
struct Stripe {
    rings: HashMap<ChannelKey, Ring>,
    /// Channels by the number of their last event among all of the stripe.
    by_age: BTreeMap<u64, ChannelKey>,
    next_number: u64,
    bytes: usize,
    /// The greatest offset of any channel that was forgotten.
    floor: u64,
}

struct Ring {
    number: u64,
    epoch: String,
    last_offset: u64,
    frames: VecDeque<Bytes>,
}

impl LocalRecentEvents {
    /// Keeps at most so many events of each channel, and about so many bytes in all.
    pub fn new(max_events: usize, max_bytes: usize) -> Self {
        let stripes = (0..STRIPES).map(|_| Mutex::default()).collect();
        Self { stripes, hasher: RandomState::new(), max_events, max_stripe_bytes: max_bytes / STRIPES }
    }

    fn stripe(&self, key: &ChannelKey) -> MutexGuard<'_, Stripe> {
        let index = usize::try_from(self.hasher.hash_one(key) % STRIPES as u64).unwrap_or_default();
        self.stripes[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RecentEvents for LocalRecentEvents {
    fn append(
        &self,
        key: &ChannelKey,
        event_id: Uuid,
        encode: &mut dyn FnMut(LoggedEvent) -> Bytes,
    ) -> (LoggedEvent, Bytes) {
        let mut stripe = self.stripe(key);
        let ring = stripe.ring(key);
        ring.last_offset += 1;
        let logged = LoggedEvent { offset: ring.last_offset, event_id };
        let frame = encode(logged);
        ring.frames.push_back(frame.clone());
        let mut bytes = EVENT_BYTES + frame.len();
        let mut freed = 0;
        while ring.frames.len() > self.max_events {
            freed += ring.drop_oldest();
        }
        stripe.bytes += bytes;
        stripe.bytes -= freed;
        // Others go before this channel loses what it keeps.
        while stripe.bytes > self.max_stripe_bytes && stripe.rings.len() > 1 {
            stripe.forget_oldest();
        }
        while stripe.bytes > self.max_stripe_bytes {
            bytes = stripe.rings.get_mut(key).map_or(0, Ring::drop_oldest);
            if bytes == 0 {
                break;
            }
            stripe.bytes -= bytes;
        }
        (logged, frame)
    }

    fn since(&self, key: &ChannelKey, from: &RecoverFrom, limit: RecoveryLimit) -> RecentlyMissed {
        let mut stripe = self.stripe(key);
        let ring = stripe.ring(key);
        let mut missed = RecentlyMissed {
            epoch: ring.epoch.clone(),
            offset: ring.last_offset,
            recovered: false,
            frames: Vec::new(),
        };
        if let RecoverFrom::Position(known) = from
            && known.epoch == ring.epoch
            && let Some(count) = ring.last_offset.checked_sub(known.offset).and_then(|it| usize::try_from(it).ok())
            && count <= ring.frames.len().min(limit.events)
        {
            let frames = ring.frames.iter().skip(ring.frames.len() - count);
            if frames.clone().map(Bytes::len).sum::<usize>() <= limit.bytes {
                missed.frames = (known.offset + 1..).zip(frames.cloned()).collect();
                missed.recovered = true;
            }
        }
        while stripe.bytes > self.max_stripe_bytes && stripe.rings.len() > 1 {
            stripe.forget_oldest();
        }
        missed
    }
}

impl Stripe {
    /// The channel's ring, as the youngest of all.
    fn ring(&mut self, key: &ChannelKey) -> &mut Ring {
        self.next_number += 1;
        let number = self.next_number;
        let (floor, bytes) = (self.floor, &mut self.bytes);
        let ring = self.rings.entry(key.clone()).or_insert_with(|| {
            *bytes += RING_BYTES;
            let epoch = hex::encode(rand::random::<[u8; 8]>());
            Ring { number, epoch, last_offset: floor, frames: VecDeque::new() }
        });
        self.by_age.remove(&ring.number);
        ring.number = number;
        self.by_age.insert(number, key.clone());
        ring
    }

    fn forget_oldest(&mut self) {
        let Some((_, key)) = self.by_age.pop_first() else { return };
        if let Some(ring) = self.rings.remove(&key) {
            self.floor = self.floor.max(ring.last_offset);
            self.bytes -= RING_BYTES + ring.frames.iter().map(|it| EVENT_BYTES + it.len()).sum::<usize>();
        }
    }
}

impl Ring {
    /// The bytes that this frees.
    fn drop_oldest(&mut self) -> usize {
        self.frames.pop_front().map_or(0, |it| EVENT_BYTES + it.len())
    }
}
