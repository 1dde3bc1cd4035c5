//! Giving memory back after a crowd has left.
//!
//! The allocator hands freed pages to the system a second after they were freed, but looks whether it is time only when a
//! page is wanted or freed, or when a thread ends. After a crowd has left nobody wants any. So a thread is started that
//! waits until the crowd is gone, and ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Longer than the allocator's second.
const PAUSE: Duration = Duration::from_millis(1_500);

/// The thread that waits, of which there is at most one.
#[derive(Default)]
pub(crate) struct GivingBack {
    is_waiting: AtomicBool,
    /// More was freed while it waited.
    is_asked: AtomicBool,
}

impl GivingBack {
    /// Much was freed just now.
    pub(crate) fn soon(self: &Arc<Self>) {
        self.is_asked.store(true, Ordering::Release);
        if self.is_waiting.swap(true, Ordering::AcqRel) {
            return;
        }
        let waiting = Arc::clone(self);
        let started = std::thread::Builder::new().name("give-back".to_owned()).spawn(move || {
            while waiting.is_asked.swap(false, Ordering::AcqRel) {
                std::thread::sleep(PAUSE);
            }
            // Who asks just before this is not heard: the next crowd's memory goes together with that one's.
            waiting.is_waiting.store(false, Ordering::Release);
        });
        if let Err(error) = started {
            self.is_waiting.store(false, Ordering::Release);
            tracing::debug!(%error, "memory is given back later, since no thread can be started");
        }
    }
}
