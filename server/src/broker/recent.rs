//! The newest events of channels that no log keeps: what foreign channels recover from.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use uuid::Uuid;

use crate::broker::{LoggedEvent, RecoverFrom, RecoveryLimit};
use crate::presence::ChannelKey;

/// Tables that can be locked apart from each other. They share one bound of bytes.
const STRIPES: usize = 32;

/// The age of what is younger than every channel: a table without one.
const NONE: u64 = u64::MAX;

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
    stripes: Vec<Stripe>,
    hasher: RandomState,
    max_events: usize,
    max_bytes: usize,
    /// Of all stripes.
    bytes: AtomicUsize,
    /// The number of the next event of any channel: the smaller a channel's, the longer ago it was published to.
    next_number: AtomicU64,
}

struct Stripe {
    table: Mutex<Table>,
    /// The number of the table's oldest channel, or [`NONE`]; read without the lock to find the oldest of all.
    oldest: AtomicU64,
}

#[derive(Default)]
struct Table {
    rings: HashMap<ChannelKey, Ring>,
    /// Channels by the number of their last event.
    by_age: BTreeMap<u64, ChannelKey>,
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
        let stripe = |_| Stripe { table: Mutex::default(), oldest: AtomicU64::new(NONE) };
        Self {
            stripes: (0..STRIPES).map(stripe).collect(),
            hasher: RandomState::new(),
            max_events,
            max_bytes,
            bytes: AtomicUsize::new(0),
            next_number: AtomicU64::new(0),
        }
    }

    /// Does something with the channel's ring, which is the youngest of all from then on.
    fn with_ring<R>(&self, key: &ChannelKey, work: impl FnOnce(&mut Ring) -> R) -> R {
        let index = usize::try_from(self.hasher.hash_one(key) % STRIPES as u64).unwrap_or_default();
        let stripe = &self.stripes[index];
        let mut table = stripe.lock();
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        let result = work(table.ring(key, number, &self.bytes));
        stripe.note_oldest(&table);
        result
    }

    /// Forgets the oldest channels until the rest is within the bound. Of `kept`, which was published to just now, no more
    /// than its oldest events go, and only when nothing else is left that is older.
    ///
    /// No table is locked when this begins, and one at a time within it.
    fn make_room(&self, kept: &ChannelKey) {
        while self.bytes.load(Ordering::Relaxed) > self.max_bytes {
            let Some(stripe) = self.stripes.iter().min_by_key(|it| it.oldest.load(Ordering::Relaxed)) else { return };
            let mut table = stripe.lock();
            let freed = table.free_oldest(kept);
            stripe.note_oldest(&table);
            self.bytes.fetch_sub(freed, Ordering::Relaxed);
            if freed == 0 {
                return;
            }
        }
    }
}

impl RecentEvents for LocalRecentEvents {
    fn append(
        &self,
        key: &ChannelKey,
        event_id: Uuid,
        encode: &mut dyn FnMut(LoggedEvent) -> Bytes,
    ) -> (LoggedEvent, Bytes) {
        let appended = self.with_ring(key, |ring| {
            ring.last_offset += 1;
            let logged = LoggedEvent { offset: ring.last_offset, event_id };
            let frame = encode(logged);
            ring.frames.push_back(frame.clone());
            self.bytes.fetch_add(EVENT_BYTES + frame.len(), Ordering::Relaxed);
            while ring.frames.len() > self.max_events {
                self.bytes.fetch_sub(ring.drop_oldest(), Ordering::Relaxed);
            }
            (logged, frame)
        });
        self.make_room(key);
        appended
    }

    fn since(&self, key: &ChannelKey, from: &RecoverFrom, limit: RecoveryLimit) -> RecentlyMissed {
        let missed = self.with_ring(key, |ring| ring.since(from, limit));
        self.make_room(key);
        missed
    }
}

impl Stripe {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_oldest(&self, table: &Table) {
        self.oldest.store(table.by_age.first_key_value().map_or(NONE, |(number, _)| *number), Ordering::Relaxed);
    }
}

impl Table {
    /// The channel's ring, with the number that its age goes by.
    fn ring(&mut self, key: &ChannelKey, number: u64, bytes: &AtomicUsize) -> &mut Ring {
        let floor = self.floor;
        let ring = self.rings.entry(key.clone()).or_insert_with(|| {
            bytes.fetch_add(RING_BYTES, Ordering::Relaxed);
            let epoch = hex::encode(rand::random::<[u8; 8]>());
            Ring { number, epoch, last_offset: floor, frames: VecDeque::new() }
        });
        self.by_age.remove(&ring.number);
        ring.number = number;
        self.by_age.insert(number, key.clone());
        ring
    }

    /// Forgets the oldest channel, or the oldest event of `kept` if that is the oldest channel. The bytes that this frees.
    fn free_oldest(&mut self, kept: &ChannelKey) -> usize {
        let Some(oldest) = self.by_age.first_entry() else { return 0 };
        if oldest.get() == kept {
            return self.rings.get_mut(kept).map_or(0, Ring::drop_oldest);
        }
        let Some(ring) = self.rings.remove(&oldest.remove()) else { return 0 };
        self.floor = self.floor.max(ring.last_offset);
        RING_BYTES + ring.frames.iter().map(|it| EVENT_BYTES + it.len()).sum::<usize>()
    }
}

impl Ring {
    fn since(&self, from: &RecoverFrom, limit: RecoveryLimit) -> RecentlyMissed {
        let mut missed = RecentlyMissed {
            epoch: self.epoch.clone(),
            offset: self.last_offset,
            recovered: false,
            frames: Vec::new(),
        };
        if let RecoverFrom::Position(known) = from
            && known.epoch == self.epoch
            && let Some(count) = self.last_offset.checked_sub(known.offset).and_then(|it| usize::try_from(it).ok())
            && count <= self.frames.len().min(limit.events)
        {
            let frames = self.frames.iter().skip(self.frames.len() - count);
            if frames.clone().map(Bytes::len).sum::<usize>() <= limit.bytes {
                missed.frames = (known.offset + 1..).zip(frames.cloned()).collect();
                missed.recovered = true;
            }
        }
        missed
    }

    /// The bytes that this frees.
    fn drop_oldest(&mut self) -> usize {
        self.frames.pop_front().map_or(0, |it| EVENT_BYTES + it.len())
    }
}
