//! What is due when, in milliseconds since the shard's start.
//!
//! A timer is never cancelled: when it fires, its owner looks whether it still means something.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use crate::hub::inbox::ConnectionRef;
use crate::hub::presence_changes::LeaveReason;
use crate::presence::ChannelKey;

/// What a timer is for.
#[derive(Debug)]
pub(crate) enum Due {
    /// Look whether the connection is alive, or has closed in time.
    Check(ConnectionRef),
    /// Close the connection: the server is draining, or its application is served no more.
    Release(ConnectionRef),
    /// Ask the client whether it has got what it was sent.
    Confirm(ConnectionRef),
    /// A member's grace is over.
    Grace(Box<Grace>),
    /// A channel's count is to be told.
    Count(Box<ChannelKey>),
}

/// A member that may come back until then.
#[derive(Debug)]
pub(crate) struct Grace {
    pub(crate) key: ChannelKey,
    pub(crate) user_id: Arc<str>,
    pub(crate) departure: u64,
    pub(crate) reason: LeaveReason,
}

/// All timers of a shard.
#[derive(Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<Timer>>,
}

struct Timer {
    due_ms: u64,
    due: Due,
}

impl Timers {
    pub(crate) fn add(&mut self, due_ms: u64, due: Due) {
        self.heap.push(Reverse(Timer { due_ms, due }));
    }

    /// When the next timer is due.
    pub(crate) fn next_ms(&self) -> Option<u64> {
        self.heap.peek().map(|it| it.0.due_ms)
    }

    /// The next timer that is due by now.
    pub(crate) fn pop(&mut self, now_ms: u64) -> Option<Due> {
        if self.next_ms()? > now_ms {
            return None;
        }
        self.heap.pop().map(|it| it.0.due)
    }

    /// Timers waiting.
    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }

    /// Drops timers that mean nothing any more.
    pub(crate) fn retain(&mut self, mut means_something: impl FnMut(&Due) -> bool) {
        self.heap.retain(|it| means_something(&it.0.due));
    }

    pub(crate) fn shrink(&mut self) {
        if self.heap.capacity() > 256 && self.heap.len() < self.heap.capacity() / 4 {
            self.heap.shrink_to_fit();
        }
    }
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        self.due_ms == other.due_ms
    }
}

impl Eq for Timer {}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.due_ms.cmp(&other.due_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_fire_in_order_and_not_before_their_time() {
        let mut timers = Timers::default();
        for due_ms in [30, 10, 20] {
            timers.add(due_ms, Due::Check(ConnectionRef { index: u32::try_from(due_ms).unwrap(), serial: 0 }));
        }
        assert!(timers.pop(9).is_none());
        for index in [10, 20] {
            assert!(matches!(timers.pop(25), Some(Due::Check(it)) if it.index == index));
        }
        assert!(timers.pop(25).is_none());
        assert_eq!(timers.next_ms(), Some(30));
    }
}
