//! The only place that asks what time it is, so that a test can say.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use app::time::Timestamp;

/// Tells the time: the machine's, or one that a test sets.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// The time that a test has set, in milliseconds since 1970.
    fixed_unix_ms: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still until it is set.
    pub fn fixed(at: Timestamp) -> Self {
        Self { fixed_unix_ms: Some(Arc::new(AtomicI64::new(at.unix_ms()))) }
    }

    /// Sets a fixed clock; the machine's clock stays as it is.
    pub fn set(&self, at: Timestamp) {
        if let Some(fixed) = &self.fixed_unix_ms {
            fixed.store(at.unix_ms(), Ordering::SeqCst);
        }
    }

    /// What time it is, cut to milliseconds.
    #[expect(clippy::disallowed_methods, reason = "this is the place that may ask the machine")]
    pub fn now(&self) -> Timestamp {
        if let Some(fixed) = &self.fixed_unix_ms {
            return Timestamp::from_unix_ms(fixed.load(Ordering::SeqCst));
        }
        let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_unix_ms(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
    }
}
