//! How the webhooks do: for metrics, and for the bound on what waits.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::application::ApplicationId;

/// One receiver of one application.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointKey {
    /// Whose.
    pub application: ApplicationId,
    /// Its address.
    pub url: Arc<str>,
}

/// Figures since the start, and what waits now. Requests are counted, but for `dropped`, which are events.
#[derive(Debug, Default)]
pub struct WebhookStatus {
    delivered: AtomicU64,
    failed: AtomicU64,
    given_up: AtomicU64,
    dropped: AtomicU64,
    waiting: Mutex<BTreeMap<EndpointKey, u64>>,
}

impl WebhookStatus {
    /// Requests that were taken.
    pub fn delivered(&self) -> u64 {
        self.delivered.load(Ordering::Relaxed)
    }

    /// Tries that failed.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Requests that are now on the list of dead letters.
    pub fn given_up(&self) -> u64 {
        self.given_up.load(Ordering::Relaxed)
    }

    /// Events that were dropped since a queue was full, beside those that the hub could not hand over.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Requests that wait, by receiver.
    pub fn waiting(&self) -> BTreeMap<EndpointKey, u64> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn was_delivered(&self) {
        self.delivered.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn has_failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn was_given_up(&self) {
        self.given_up.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn were_dropped(&self, events: usize) {
        self.dropped.fetch_add(events as u64, Ordering::Relaxed);
    }

    /// Requests that waited for this receiver when the database was asked last.
    pub(super) fn waiting_for(&self, endpoint: &EndpointKey) -> u64 {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).get(endpoint).copied().unwrap_or_default()
    }

    pub(super) fn set_waiting(&self, waiting: BTreeMap<EndpointKey, u64>) {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = waiting;
    }

    pub(super) fn was_stored(&self, endpoint: &EndpointKey) {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner).entry(endpoint.clone()).or_default() += 1;
    }
}
