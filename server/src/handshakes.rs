//! Connections that have not sent a request yet: so many of them, and each for so long.
//!
//! Whoever opens connections and says nothing takes descriptors from the others. When there are too many, the one that has
//! waited longest goes, since an honest client's first request is on its way at once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// All connections that have not sent a request yet.
#[derive(Debug)]
pub struct Handshakes {
    max: usize,
    timeout: Duration,
    waiting: Mutex<Waiting>,
    given_up: AtomicU64,
}

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    /// By the order of coming.
    connections: BTreeMap<u64, CancellationToken>,
}

/// One of them, until its first request or its end.
#[derive(Debug)]
pub struct Handshake {
    number: u64,
    all: Arc<Handshakes>,
    /// Cancelled when others need the place.
    is_in_the_way: CancellationToken,
    deadline: Instant,
}

impl Handshakes {
    /// At most `max` at once, each for at most `timeout`.
    pub fn new(max: usize, timeout: Duration) -> Arc<Self> {
        Arc::new(Self { max, timeout, waiting: Mutex::default(), given_up: AtomicU64::new(0) })
    }

    /// A connection has come.
    pub fn begin(self: &Arc<Self>) -> Handshake {
        let is_in_the_way = CancellationToken::new();
        let mut waiting = self.lock();
        let number = waiting.next;
        waiting.next += 1;
        waiting.connections.insert(number, is_in_the_way.clone());
        if waiting.connections.len() > self.max
            && let Some((_, oldest)) = waiting.connections.pop_first()
        {
            oldest.cancel();
        }
        drop(waiting);
        Handshake { number, all: Arc::clone(self), is_in_the_way, deadline: Instant::now() + self.timeout }
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.lock().connections.len()
    }

    /// How many were given up since the start.
    pub fn given_up(&self) -> u64 {
        self.given_up.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handshake {
    /// The first request has come; nothing happens the next times.
    pub fn end(&self) {
        self.all.lock().connections.remove(&self.number);
    }

    /// Returns when the connection is to be given up, and never once its first request has come.
    pub async fn given_up(&self) {
        tokio::select! {
            () = self.is_in_the_way.cancelled() => {}
            () = tokio::time::sleep_until(self.deadline) => {
                if !self.all.lock().connections.contains_key(&self.number) {
                    std::future::pending::<()>().await;
                }
            }
        }
        self.all.given_up.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    async fn is_given_up(handshake: &Handshake) -> bool {
        tokio::time::timeout(PATIENCE / 2, handshake.given_up()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn the_one_that_has_waited_longest_makes_room() {
        let handshakes = Handshakes::new(2, PATIENCE);
        let (first, second, third) = (handshakes.begin(), handshakes.begin(), handshakes.begin());
        assert!(is_given_up(&first).await);
        assert!(!is_given_up(&second).await && handshakes.waiting() == 2);
        third.end();
        let _fourth = handshakes.begin();
        assert!(!is_given_up(&third).await, "it has sent a request");
        assert_eq!(handshakes.waiting(), 2);
        drop(second);
        assert_eq!((handshakes.waiting(), handshakes.given_up()), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_is_given_up_in_time_and_who_has_asked_is_not() {
        let handshakes = Handshakes::new(10, PATIENCE);
        let (silent, asking) = (handshakes.begin(), handshakes.begin());
        asking.end();
        tokio::time::advance(PATIENCE).await;
        assert!(is_given_up(&silent).await);
        assert!(!is_given_up(&asking).await);
    }
}
