//! Which shards have subscribers of which channel, and the order of what happens on each channel.
//!
//! Whoever tells a channel something does so under the lock of its stripe: the number it draws and the places it gets in
//! the shards' inboxes then have the same order. A new subscription notes the number at which it came in, and its shard
//! leaves out what bears that number or an earlier one. So nothing is told twice and nothing is missed.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::presence::ChannelKey;

/// Tables that can be locked apart from each other.
const STRIPES: usize = 64;

/// All occupied channels.
pub(crate) struct Directory {
    stripes: Vec<Mutex<Stripe>>,
    hasher: RandomState,
}

/// Some of the channels.
#[derive(Default)]
pub(crate) struct Stripe {
    /// Rises with everything that is told to a channel of this stripe; never used again, so also a channel that was
    /// empty in between keeps its order.
    pub(crate) sequence: u64,
    pub(crate) channels: HashMap<ChannelKey, Occupied>,
}

/// A channel with at least one socket.
pub(crate) struct Occupied {
    /// Sockets by shard.
    sockets: Box<[u32]>,
    /// The newest logged event that was sent: the relay may repeat itself.
    pub(crate) last_offset: u64,
    /// When subscribers were told how many they are, and whether that is no longer true (rule CNT-1).
    pub(crate) count_told: Option<Box<(Instant, bool)>>,
}

impl Directory {
    pub(crate) fn new() -> Self {
        Self { stripes: (0..STRIPES).map(|_| Mutex::default()).collect(), hasher: RandomState::new() }
    }

    /// Which stripe a channel belongs to.
    pub(crate) fn stripe_of(&self, key: &ChannelKey) -> usize {
        usize::try_from(self.hasher.hash_one(key) % STRIPES as u64).unwrap_or_default()
    }

    pub(crate) fn lock_stripe(&self, index: usize) -> MutexGuard<'_, Stripe> {
        self.stripes[index].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn lock(&self, key: &ChannelKey) -> MutexGuard<'_, Stripe> {
        self.lock_stripe(self.stripe_of(key))
    }

    /// Sockets on this channel.
    pub(crate) fn sockets(&self, key: &ChannelKey) -> usize {
        self.lock(key).channels.get(key).map_or(0, Occupied::total)
    }

    /// Calls `visit` with every occupied channel, one stripe after the other.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(&ChannelKey, &Occupied)) {
        for index in 0..STRIPES {
            for (key, occupied) in &self.lock_stripe(index).channels {
                visit(key, occupied);
            }
        }
    }
}

impl Stripe {
    /// Draws the next number.
    pub(crate) fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Adds a socket of this shard; the channel, and whether it was empty before.
    pub(crate) fn add(&mut self, key: &ChannelKey, shard: usize, shards: usize) -> &mut Occupied {
        let occupied = self.channels.entry(key.clone()).or_insert_with(|| Occupied {
            sockets: vec![0; shards].into(),
            last_offset: 0,
            count_told: None,
        });
        occupied.sockets[shard] += 1;
        occupied
    }

    /// Takes a socket of this shard away; the channel vanishes with its last one.
    pub(crate) fn remove(&mut self, key: &ChannelKey, shard: usize) {
        let Some(occupied) = self.channels.get_mut(key) else { return };
        occupied.sockets[shard] = occupied.sockets[shard].saturating_sub(1);
        if occupied.total() == 0 {
            self.channels.remove(key);
            if self.channels.capacity() > 8 && self.channels.len() < self.channels.capacity() / 4 {
                self.channels.shrink_to_fit();
            }
        }
    }
}

impl Occupied {
    /// Sockets on all shards.
    pub(crate) fn total(&self) -> usize {
        self.sockets.iter().map(|it| *it as usize).sum()
    }

    /// Shards that have subscribers.
    pub(crate) fn shards(&self) -> impl Iterator<Item = usize> {
        self.sockets.iter().enumerate().filter(|(_, sockets)| **sockets > 0).map(|(shard, _)| shard)
    }
}
