//! How many times in a second something may happen.
//!
//! The generic cell rate algorithm: only the instant is kept at which the allowance of one second would be whole again.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

const SECOND_NS: u64 = 1_000_000_000;

/// The pace of one connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pace {
    whole_at_ns: u64,
}

/// The pace of all connections of an application together.
#[derive(Debug, Default)]
pub(crate) struct SharedPace(AtomicU64);

impl Pace {
    /// Takes one, at this instant of a clock that never goes back; false if the second's allowance is used up.
    pub(crate) fn take(&mut self, per_second: NonZeroU32, now_ns: u64) -> bool {
        let next = next(self.whole_at_ns, per_second, now_ns, 1);
        self.whole_at_ns = next.unwrap_or(self.whole_at_ns);
        next.is_some()
    }
}

impl SharedPace {
    /// Takes so many at once. They pass together if there is room for one, and the debt is paid before the next.
    pub(crate) fn take(&self, per_second: NonZeroU32, now_ns: u64, count: u64) -> bool {
        let step = |whole_at_ns| next(whole_at_ns, per_second, now_ns, count);
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, step).is_ok()
    }
}

fn next(whole_at_ns: u64, per_second: NonZeroU32, now_ns: u64, count: u64) -> Option<u64> {
    let interval_ns = SECOND_NS / u64::from(per_second.get());
    let from_ns = whole_at_ns.max(now_ns);
    (from_ns + interval_ns <= now_ns + SECOND_NS).then(|| from_ns.saturating_add(interval_ns.saturating_mul(count)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn per_second(count: u32) -> NonZeroU32 {
        NonZeroU32::new(count).expect("more than none")
    }

    #[test]
    fn a_second_s_allowance_may_be_used_at_once_and_then_comes_back_bit_by_bit() {
        let mut pace = Pace::default();
        for _ in 0..10 {
            assert!(pace.take(per_second(10), 5));
        }
        assert!(!pace.take(per_second(10), 5));
        assert!(!pace.take(per_second(10), 5 + SECOND_NS / 10 - 1));
        assert!(pace.take(per_second(10), 5 + SECOND_NS / 10));
        assert!(!pace.take(per_second(10), 5 + SECOND_NS / 10));
    }

    #[test]
    fn what_comes_together_passes_together_and_is_paid_afterwards() {
        let pace = SharedPace::default();
        assert!(pace.take(per_second(10), 0, 100));
        assert!(!pace.take(per_second(10), 9 * SECOND_NS, 1));
        assert!(pace.take(per_second(10), 9 * SECOND_NS + SECOND_NS / 10, 1));
        assert!(SharedPace::default().take(per_second(u32::MAX), 0, 1));
    }
}
