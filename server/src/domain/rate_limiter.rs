//! How often somebody may do something.
//!
//! The generic cell rate algorithm: of each key only the instant is kept at which its allowance would be whole again,
//! which is all that a leaky bucket needs. A key past that instant is as good as unknown and can be forgotten.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app::error::AppError;
use app::time::Timestamp;

/// The most keys that are remembered: some 20 MB. Whoever comes with more keys than this in the time that an allowance
/// takes to become whole gets around the limit, but not the memory.
const MAX_KEYS: usize = 100_000;

/// Keys from which on it is worth looking for those that can be forgotten.
const FIRST_SWEEP_KEYS: usize = 1_024;

/// How often: so many at once, and one more in each interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// How many at once; at least 1.
    pub burst: u32,
    /// The time after which there is one more.
    pub interval: Duration,
}

/// Limits how often each key may do something, in memory of bounded size.
#[derive(Debug)]
pub struct RateLimiter<K> {
    allowance: Allowance,
    state: Mutex<State<K>>,
}

#[derive(Debug)]
struct State<K> {
    /// By key: when its allowance is whole again, in milliseconds since 1970.
    whole_at_ms: HashMap<K, i64>,
    /// As many keys as make the next look worthwhile.
    sweep_at_keys: usize,
}

impl<K: Eq + Hash + Clone> RateLimiter<K> {
    /// A limiter that knows nobody yet.
    pub fn new(allowance: Allowance) -> Self {
        let state = State { whole_at_ms: HashMap::new(), sweep_at_keys: FIRST_SWEEP_KEYS };
        Self { allowance, state: Mutex::new(state) }
    }

    /// Takes one from the key's allowance.
    ///
    /// # Errors
    /// `TooManyRequests` with the seconds until there is one more; then nothing was taken.
    pub fn take(&self, key: K, now: Timestamp) -> Result<(), AppError> {
        let (now_ms, interval_ms) = (now.unix_ms(), self.interval_ms());
        let burst_ms = interval_ms.saturating_mul(i64::from(self.allowance.burst.max(1)));
        let mut state = self.lock();
        let whole_at_ms = state.whole_at_ms.get(&key).copied().unwrap_or(now_ms).max(now_ms);
        // A clock that was set back must lock nobody out for longer than a whole allowance takes.
        let next_ms = whole_at_ms.min(now_ms.saturating_add(burst_ms)).saturating_add(interval_ms);
        let wait_ms = next_ms - now_ms - burst_ms;
        if wait_ms > 0 {
            return Err(AppError::TooManyRequests { retry_after_s: wait_ms.unsigned_abs().div_ceil(1_000) });
        }
        state.whole_at_ms.insert(key, next_ms);
        state.forget(now_ms);
        Ok(())
    }

    /// Gives back what was taken for something that turned out not to count.
    pub fn give_back(&self, key: &K) {
        let interval_ms = self.interval_ms();
        if let Some(whole_at_ms) = self.lock().whole_at_ms.get_mut(key) {
            *whole_at_ms = whole_at_ms.saturating_sub(interval_ms);
        }
    }

    fn interval_ms(&self) -> i64 {
        i64::try_from(self.allowance.interval.as_millis()).unwrap_or(i64::MAX / 1_000_000).max(1)
    }

    fn lock(&self) -> MutexGuard<'_, State<K>> {
        // Each change is one insertion or removal, so a panic leaves nothing half-done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash + Clone> State<K> {
    /// Forgets keys once there are twice as many as after the last time, so that each call pays for little.
    fn forget(&mut self, now_ms: i64) {
        if self.whole_at_ms.len() < self.sweep_at_keys {
            return;
        }
        self.whole_at_ms.retain(|_, whole_at_ms| *whole_at_ms > now_ms);
        if self.whole_at_ms.len() > MAX_KEYS / 2 {
            // Too many at once: those go that have taken least, or longest ago.
            let mut instants: Vec<i64> = self.whole_at_ms.values().copied().collect();
            let (_, median, _) = instants.select_nth_unstable(MAX_KEYS / 4);
            let median = *median;
            let mut room = MAX_KEYS / 4;
            self.whole_at_ms.retain(|_, whole_at_ms| {
                let stays = *whole_at_ms > median || (*whole_at_ms == median && room > 0);
                room = room.saturating_sub(usize::from(stays && *whole_at_ms == median));
                stays
            });
        }
        self.sweep_at_keys = (self.whole_at_ms.len() * 2).clamp(FIRST_SWEEP_KEYS, MAX_KEYS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE_THEN_ONE_PER_SECOND: Allowance = Allowance { burst: 3, interval: Duration::from_secs(1) };

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_unix_ms(1_700_000_000_000 + ms)
    }

    #[test]
    fn a_burst_passes_and_then_one_in_each_interval() {
        let limiter = RateLimiter::new(THREE_THEN_ONE_PER_SECOND);
        for _ in 0..3 {
            assert_eq!(limiter.take("ada", at(0)), Ok(()));
        }
        assert_eq!(limiter.take("ada", at(0)), Err(AppError::TooManyRequests { retry_after_s: 1 }));
        assert_eq!(limiter.take("ada", at(999)), Err(AppError::TooManyRequests { retry_after_s: 1 }));
        assert_eq!(limiter.take("ada", at(1_000)), Ok(()));
        assert!(limiter.take("ada", at(1_000)).is_err());
    }

    #[test]
    fn one_key_does_not_pay_for_another() {
        let limiter = RateLimiter::new(Allowance { burst: 1, interval: Duration::from_secs(42) });
        assert_eq!(limiter.take("ada", at(0)), Ok(()));
        assert_eq!(limiter.take("ada", at(0)), Err(AppError::TooManyRequests { retry_after_s: 42 }));
        assert_eq!(limiter.take("ben", at(0)), Ok(()));
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let limiter = RateLimiter::new(Allowance { burst: 1, interval: Duration::from_mins(1) });
        for _ in 0..10 {
            assert_eq!(limiter.take("ada", at(0)), Ok(()));
            limiter.give_back(&"ada");
        }
    }

    #[test]
    fn a_clock_set_back_by_days_locks_nobody_out() {
        let limiter = RateLimiter::new(THREE_THEN_ONE_PER_SECOND);
        let days_ms = 5 * 86_400_000;
        for _ in 0..3 {
            assert_eq!(limiter.take("ada", at(days_ms)), Ok(()));
        }
        assert_eq!(limiter.take("ada", at(0)), Err(AppError::TooManyRequests { retry_after_s: 1 }));
    }

    #[test]
    fn keys_that_could_do_all_again_are_forgotten() {
        let limiter = RateLimiter::new(THREE_THEN_ONE_PER_SECOND);
        for key in 0..1_000_000_i64 {
            assert_eq!(limiter.take(key, at(key)), Ok(()));
        }
        assert!(limiter.lock().whole_at_ms.len() < 5_000);
    }

    #[test]
    fn a_flood_of_keys_takes_bounded_memory_and_the_worst_stay_known() {
        let limiter = RateLimiter::new(THREE_THEN_ONE_PER_SECOND);
        for _ in 0..3 {
            assert_eq!(limiter.take(-1, at(0)), Ok(()));
        }
        for key in 0..300_000 {
            assert_eq!(limiter.take(key, at(0)), Ok(()));
        }
        assert!(limiter.lock().whole_at_ms.len() <= MAX_KEYS);
        assert!(limiter.take(-1, at(0)).is_err());
    }
}
