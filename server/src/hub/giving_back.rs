//! Giving memory back after a crowd has left.
//!
//! The allocator hands freed pages to the system a second after they were freed, but each thread looks whether it is time
//! only when it wants a page or frees one, and what others have freed of its pages only when it wants another. After a
//! crowd has left nobody wants any. So a thread is started that waits until the crowd is gone, and has all of them look.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::hub::inbox::Command;
use crate::hub::shared::Shared;

/// Longer than the allocator's second.
const PAUSE: Duration = Duration::from_millis(1_500);

/// A thread of the runtime is kept so long, so that each of them gets a task of its own.
const KEPT: Duration = Duration::from_millis(1);

/// The thread that waits, of which there is at most one.
#[derive(Default)]
pub(crate) struct GivingBack {
    is_waiting: AtomicBool,
    /// More was freed while it waited.
    is_asked: AtomicBool,
}

/// Much was freed just now.
pub(crate) fn soon(shared: &Arc<Shared>) {
    let state = &shared.giving_back;
    state.is_asked.store(true, Ordering::Release);
    if state.is_waiting.swap(true, Ordering::AcqRel) {
        return;
    }
    let waiting = Arc::clone(shared);
    let started = std::thread::Builder::new().name("give-back".to_owned()).spawn(move || {
        while waiting.giving_back.is_asked.swap(false, Ordering::AcqRel) {
            std::thread::sleep(PAUSE);
        }
        give_back(&waiting);
        // Who asks just before this is not heard: the next crowd's memory goes together with that one's.
        waiting.giving_back.is_waiting.store(false, Ordering::Release);
    });
    if let Err(error) = started {
        state.is_waiting.store(false, Ordering::Release);
        tracing::debug!(%error, "memory is given back later, since no thread can be started");
    }
}

/// Has every thread that serves hand over what it has no use for.
fn give_back(shared: &Shared) {
    for inbox in &shared.inboxes {
        inbox.send(Command::GiveBack);
    }
    for _ in 0..shared.runtime.metrics().num_workers() {
        shared.runtime.spawn(async {
            own_memory();
            std::thread::sleep(KEPT);
        });
    }
}

/// The memory of the thread that calls this.
#[expect(unsafe_code, reason = "the allocator is written in C")]
pub(crate) fn own_memory() {
    // SAFETY: it may be called by any thread at any time; what is in use is not touched.
    unsafe { libmimalloc_sys::mi_collect(true) };
}
