//! How long to wait before the next try.

use crate::realtime::close_code::{CloseCode, ComeBack};

/// Base delays; the last one is used for every further failure.
const DELAYS_MS: [u64; 6] = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000];
/// A first return at once is still spread over this time, since everybody else returns at once too.
const AT_ONCE_SPREAD_MS: u64 = 500;
/// A server without room is given this long at least, and as much again by chance.
const NO_ROOM_PAUSE_MS: u64 = 1_000;

/// Random numbers from a seed: a xorshift generator, good enough to spread clients and to repeat a test.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        // Zero would stay zero for ever; and seeds that differ by little shall not give the same first numbers.
        let mut random = Self(seed ^ 0x9e37_79b9_7f4a_7c15);
        if random.0 == 0 {
            random.0 = 1;
        }
        for _ in 0..8 {
            random.next();
        }
        random
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high.saturating_sub(low) + 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }
}

/// Failures in a row, and the delays that follow from them.
#[derive(Debug, Clone, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The delay before the next try after a close with `code`; counts a failure.
    pub(super) fn after_close(&mut self, code: CloseCode, random: &mut Random) -> u64 {
        let is_first = self.failures == 0;
        let delay_ms = self.after_failure(random);
        match (code.come_back(), code.0) {
            (ComeBack::Now, _) if is_first => random.between(0, AT_ONCE_SPREAD_MS),
            (_, 4100..4200) => delay_ms.max(NO_ROOM_PAUSE_MS) + random.between(0, NO_ROOM_PAUSE_MS),
            _ => delay_ms,
        }
    }

    /// The delay after a failure of any other kind: 1, 2, 4, 8, 16, 30 s, each 30 % shorter or longer by chance.
    pub(super) fn after_failure(&mut self, random: &mut Random) -> u64 {
        let last = DELAYS_MS.len() - 1;
        let base_ms = DELAYS_MS[usize::try_from(self.failures).unwrap_or(last).min(last)];
        self.failures = self.failures.saturating_add(1);
        base_ms * random.between(70, 130) / 100
    }

    /// All has been well for a while.
    pub(super) const fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_30_s_and_vary_by_30_percent() {
        for seed in 0..500 {
            let (mut random, mut backoff) = (Random::new(seed), Backoff::default());
            for base_ms in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000] {
                let delay_ms = backoff.after_close(CloseCode::ABNORMAL, &mut random);
                assert!((base_ms * 7 / 10..=base_ms * 13 / 10).contains(&delay_ms), "{delay_ms} for {base_ms}");
            }
        }
    }

    #[test]
    fn whoever_is_told_to_come_back_at_once_does_so_only_once() {
        for seed in 0..500 {
            let (mut random, mut backoff) = (Random::new(seed), Backoff::default());
            assert!(backoff.after_close(CloseCode::RECONNECT, &mut random) <= 500);
            assert!(backoff.after_close(CloseCode::RECONNECT, &mut random) >= 1_400);
            assert!(backoff.after_close(CloseCode::RECONNECT, &mut random) >= 2_800);
        }
    }

    #[test]
    fn a_server_without_room_is_left_alone_for_a_second_at_least() {
        for seed in 0..500 {
            let delay_ms = Backoff::default().after_close(CloseCode::OVER_CAPACITY, &mut Random::new(seed));
            assert!((1_000..=2_300).contains(&delay_ms), "{delay_ms}");
        }
    }

    #[test]
    fn clients_that_lose_the_line_together_come_back_spread_out() {
        let delays: std::collections::BTreeSet<u64> = (0..1_000)
            .map(|seed| Backoff::default().after_close(CloseCode::ABNORMAL, &mut Random::new(seed)) / 10)
            .collect();
        assert!(delays.len() > 50, "only {} different tenths of 100 ms", delays.len());
    }
}
