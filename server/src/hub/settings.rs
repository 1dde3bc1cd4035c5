//! What the hub can be told.

use std::time::Duration;

/// Settings of the hub, each with a default.
#[derive(Debug, Clone)]
pub struct HubSettings {
    /// Threads that own connections; at least 1. Default: the machine's parallelism.
    pub shards: usize,
    /// Whether writes to many sockets enter the kernel together, where it has `io_uring`.
    pub io_uring: bool,
    /// Most bytes that may wait for one connection; beyond it the reader is too slow and is closed with 4100.
    pub max_queue_bytes: usize,
    /// Most bytes that may wait for a shard; beyond it publishers wait, and what clients send is not read.
    pub max_inbox_bytes: usize,
    /// Most open connections of this node; beyond it new ones are refused with 4100. `None`: as many as descriptors
    /// allow, less a reserve for files and databases.
    pub max_connections: Option<usize>,
    /// Refused connections that are waited for to answer their close; one beyond it is dropped once it was told.
    pub max_refused_connections: usize,
    /// Most events that one subscription may have missed and still recover.
    pub max_recovery_events: usize,
    /// Most bytes of missed events that may wait for one connection; a subscription beyond it does not recover.
    pub max_recovery_bytes: usize,
    /// The pause between two counts of a channel with more than 100 subscribers (rule CNT-1).
    pub count_pause: Duration,
    /// Most bytes of events that cache channels keep; beyond it the oldest go.
    pub max_cached_bytes: usize,
    /// Whether every frame is logged, cut at 200 characters.
    pub logs_frames: bool,
    /// Events that are kept of each channel whose newest events are kept in memory.
    pub max_recent_events: usize,
    /// Most bytes of them in all; beyond it the channels go to which nothing was published for longest.
    pub max_recent_bytes: usize,
    /// Positions that are noted for clients that know nothing of recovery.
    pub max_followers: usize,
    /// How long an event waits until the client is asked whether it has got it.
    pub confirm_pause: Duration,
    /// How long a closing connection may take to answer the close frame (rule ERR-5).
    pub close_timeout: Duration,
    /// How long a reader that was too slow may take to read its last frames.
    pub slow_close_timeout: Duration,
}

impl Default for HubSettings {
    fn default() -> Self {
        Self {
            shards: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            io_uring: true,
            max_queue_bytes: 1024 * 1024,
            max_inbox_bytes: 16 * 1024 * 1024,
            max_connections: None,
            max_refused_connections: 256,
            max_recovery_events: 5_000,
            max_recovery_bytes: 8 * 1024 * 1024,
            count_pause: Duration::from_secs(5),
            max_cached_bytes: 64 * 1024 * 1024,
            logs_frames: false,
            max_recent_events: 1_000,
            max_recent_bytes: 64 * 1024 * 1024,
            max_followers: 100_000,
            confirm_pause: Duration::from_secs(1),
            close_timeout: Duration::from_secs(5),
            slow_close_timeout: Duration::from_millis(900),
        }
    }
}
