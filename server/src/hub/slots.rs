//! Descriptors: how many sockets this process may hold, and a guard for each.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Descriptors left for files, databases, the pages' connections and polite refusals.
const RESERVED_DESCRIPTORS: usize = 512;

/// One socket's place; given back when dropped.
pub(crate) struct Slot(Arc<AtomicUsize>);

impl Slot {
    pub(crate) fn take(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(open))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Raises the limit of descriptors as far as this process may, and tells how many connections that leaves room for.
pub(crate) fn raise_descriptor_limit() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, current = ?limit.current, "the limit of open files can't be raised");
            limit.current
        }
    };
    let descriptors = current.map_or(usize::MAX, |it| usize::try_from(it).unwrap_or(usize::MAX));
    // A quarter at most is held back where the limit is small.
    descriptors - RESERVED_DESCRIPTORS.min(descriptors / 4)
}
