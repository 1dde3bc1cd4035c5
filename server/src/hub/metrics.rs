//! What the hub counts. Live numbers are not here: they are taken from the tables when somebody asks.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::application::ApplicationId;

/// Upper bounds of the latency histogram's buckets, in microseconds; one more bucket takes the rest.
pub const LATENCY_BOUNDS_US: [u64; 14] =
    [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000];

/// Codes of errors that are counted, those of section 13.2 and of the WebSocket.
const ERROR_CODES: [u16; 13] = [1002, 1007, 1009, 4000, 4001, 4003, 4004, 4009, 4100, 4200, 4201, 4301, 4302];

/// One shard's counters: written by its thread alone, read by anybody.
#[derive(Default)]
pub(crate) struct ShardMetrics {
    pub(crate) frames_in: Counter,
    pub(crate) bytes_in: Counter,
    pub(crate) frames_out: Counter,
    pub(crate) bytes_out: Counter,
    pub(crate) slow_closes: Counter,
    pub(crate) pruned: Counter,
    pub(crate) channels_created: Counter,
    pub(crate) confirmed: Counter,
    pub(crate) channels_removed: Counter,
    errors: [Counter; ERROR_CODES.len()],
    latency: [Counter; LATENCY_BOUNDS_US.len() + 1],
    latency_sum_us: Counter,
}

/// How often a limit was reached that is not an error of its own code.
#[derive(Default)]
pub(crate) struct LimitedCounters {
    /// Connections beyond what an address may have.
    pub(crate) address: Counter,
    /// Sign-ins and memberships beyond what a user may have.
    pub(crate) user: Counter,
    /// Connections beyond what an application may have.
    pub(crate) connections: Counter,
    /// Connections beyond what this node holds.
    pub(crate) capacity: Counter,
    /// Refused connections that were dropped without waiting for their answer.
    pub(crate) refused: Counter,
    /// Messages beyond Reverb's rate limit.
    pub(crate) messages: Counter,
    /// Client events beyond a second's allowance.
    pub(crate) client_events: Counter,
    /// Subscriptions beyond a second's allowance.
    pub(crate) subscribes: Counter,
    /// Requests to publish beyond a second's allowance.
    pub(crate) publishes: Counter,
}

impl LimitedCounters {
    /// By the limit's name.
    pub(crate) fn all(&self) -> BTreeMap<&'static str, u64> {
        let all = [
            ("connections_per_address", &self.address),
            ("connections_per_user", &self.user),
            ("connections_per_application", &self.connections),
            ("connections_per_node", &self.capacity),
            ("refused_connections", &self.refused),
            ("messages", &self.messages),
            ("client_events", &self.client_events),
            ("subscribes", &self.subscribes),
            ("publishes", &self.publishes),
        ];
        all.into_iter().map(|(name, counter)| (name, counter.get())).collect()
    }
}

/// A number that only rises.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl ShardMetrics {
    pub(crate) fn error(&self, code: u16) {
        if let Some(index) = ERROR_CODES.iter().position(|it| *it == code) {
            self.errors[index].add(1);
        }
    }

    /// The time from a publication's arrival until it was written to this shard's sockets.
    pub(crate) fn latency(&self, latency: Duration) {
        let us = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        let bucket = LATENCY_BOUNDS_US.iter().position(|bound| us <= *bound).unwrap_or(LATENCY_BOUNDS_US.len());
        self.latency[bucket].add(1);
        self.latency_sum_us.0.fetch_add(us, Ordering::Relaxed);
    }
}

/// The hub's numbers at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HubMetrics {
    /// By application: open connections, frames received and sent.
    pub applications: BTreeMap<ApplicationId, ApplicationMetrics>,
    /// Occupied channels by kind, e.g. `presence`.
    pub channels: BTreeMap<&'static str, usize>,
    /// Frames from clients.
    pub frames_in: u64,
    /// Bytes from clients.
    pub bytes_in: u64,
    /// Frames to clients.
    pub frames_out: u64,
    /// Bytes to clients.
    pub bytes_out: u64,
    /// Bytes that wait in connections' queues.
    pub queue_bytes: usize,
    /// Bytes that wait for a shard's attention.
    pub inbox_bytes: usize,
    /// Connections closed because they read too slowly.
    pub slow_closes: u64,
    /// Connections closed because they did not answer.
    pub pruned: u64,
    /// Open connections that were let in.
    pub open: usize,
    /// Refused connections that have not answered their close yet.
    pub refused: usize,
    /// Channels that got their first subscriber.
    pub channels_created: u64,
    /// Channels that lost their last subscriber.
    pub channels_removed: u64,
    /// Answers of clients that know nothing of recovery, by which positions were noted.
    pub confirmed: u64,
    /// How often each limit was reached.
    pub limited: BTreeMap<&'static str, u64>,
    /// Errors told to clients, by code.
    pub errors: BTreeMap<u16, u64>,
    /// Publications by the time from arrival to the last write of a shard: how many in each bucket of
    /// [`LATENCY_BOUNDS_US`], and in the last one the rest.
    pub latency: Vec<u64>,
    /// Sum of those times in microseconds.
    pub latency_sum_us: u64,
}

/// Numbers of one application.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ApplicationMetrics {
    /// Open connections.
    pub connections: usize,
    /// Frames received.
    pub received: u64,
    /// Frames sent.
    pub sent: u64,
    /// Connections closed because they did not answer.
    pub pruned: u64,
}

impl HubMetrics {
    pub(crate) fn add(&mut self, shard: &ShardMetrics) {
        self.frames_in += shard.frames_in.get();
        self.bytes_in += shard.bytes_in.get();
        self.frames_out += shard.frames_out.get();
        self.bytes_out += shard.bytes_out.get();
        self.slow_closes += shard.slow_closes.get();
        self.pruned += shard.pruned.get();
        self.confirmed += shard.confirmed.get();
        self.channels_created += shard.channels_created.get();
        self.channels_removed += shard.channels_removed.get();
        self.latency_sum_us += shard.latency_sum_us.get();
        self.latency.resize(shard.latency.len(), 0);
        for (sum, bucket) in self.latency.iter_mut().zip(&shard.latency) {
            *sum += bucket.get();
        }
        for (code, count) in ERROR_CODES.iter().zip(&shard.errors) {
            if count.get() > 0 {
                *self.errors.entry(*code).or_default() += count.get();
            }
        }
    }
}
