//! Tells a line that is alive from one that only looks so.

/// Silence that we bear without asking, whatever the server allows.
const MAX_SILENCE_MS: u64 = 30_000;
/// How long an ordinary ping may stay without any sign of life.
const PONG_TIMEOUT_MS: u64 = 10_000;
/// The same for a ping after sleep or a change of network, where a dead line is likely.
const PROBE_TIMEOUT_MS: u64 = 5_000;
/// What was received before the sleep is read within this time after it, so it proves nothing yet.
const STALE_FRAMES_MS: u64 = 1_000;

/// Watches one open socket.
#[derive(Debug, Clone)]
pub(super) struct Watchdog {
    silence_ms: u64,
    heard_ms: u64,
    /// When the last ping was sent, for the latency.
    pinged_ms: u64,
    /// Pings without a pong so far.
    unanswered: u32,
    wait: Option<Wait>,
    latency_ms: Option<u64>,
}

/// A sign of life is awaited.
#[derive(Debug, Clone, Copy)]
struct Wait {
    since_ms: u64,
    until_ms: u64,
    /// Whether frames may have been received long before they are read.
    is_probe: bool,
}

/// What is to be done about a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Fine,
    Ping,
    Dead,
}

impl Watchdog {
    /// For a socket whose first frame came at `now_ms`.
    pub(super) fn new(now_ms: u64, activity_timeout_s: u64) -> Self {
        let silence_ms = activity_timeout_s.saturating_mul(1_000).min(MAX_SILENCE_MS);
        Self { silence_ms, heard_ms: now_ms, pinged_ms: now_ms, unanswered: 0, wait: None, latency_ms: None }
    }

    /// Any frame came.
    pub(super) fn heard(&mut self, now_ms: u64, is_pong: bool) {
        self.heard_ms = now_ms;
        if is_pong {
            self.unanswered = self.unanswered.saturating_sub(1);
            if self.unanswered == 0 {
                self.latency_ms = Some(now_ms.saturating_sub(self.pinged_ms));
            }
        }
        let proves_life =
            |it: &Wait| !it.is_probe || (is_pong && self.unanswered == 0) || now_ms >= it.since_ms + STALE_FRAMES_MS;
        if self.wait.as_ref().is_some_and(proves_life) {
            self.wait = None;
        }
    }

    /// Whether to ping, or to give the line up, as it is due at `now_ms`.
    pub(super) fn check(&mut self, now_ms: u64) -> Verdict {
        if now_ms < self.due_ms() {
            return Verdict::Fine;
        }
        if self.wait.is_some() {
            return Verdict::Dead;
        }
        self.ping(now_ms)
    }

    /// Pings, at the beginning of a connection to know its latency.
    pub(super) fn ping(&mut self, now_ms: u64) -> Verdict {
        self.await_life(now_ms, PONG_TIMEOUT_MS, false);
        self.pinged(now_ms)
    }

    /// Doubts the line: something happened that lines seldom survive.
    pub(super) fn probe(&mut self, now_ms: u64) -> Verdict {
        self.await_life(now_ms, PROBE_TIMEOUT_MS, true);
        // People flip between tabs: one ping a second is enough to ask.
        if self.unanswered > 0 && now_ms < self.pinged_ms + STALE_FRAMES_MS {
            Verdict::Fine
        } else {
            self.pinged(now_ms)
        }
    }

    /// When [`Watchdog::check`] is due.
    pub(super) fn due_ms(&self) -> u64 {
        self.wait.map_or(self.heard_ms + self.silence_ms, |it| it.until_ms)
    }

    /// How long the last answered ping took.
    pub(super) const fn latency_ms(&self) -> Option<u64> {
        self.latency_ms
    }

    fn await_life(&mut self, now_ms: u64, timeout_ms: u64, is_probe: bool) {
        let until_ms = now_ms + timeout_ms;
        // A wait that is over while we slept is no proof of death: the answer may not have been read yet.
        let until_ms = self.wait.filter(|it| it.until_ms > now_ms).map_or(until_ms, |it| it.until_ms.min(until_ms));
        self.wait = Some(Wait { since_ms: now_ms, until_ms, is_probe });
    }

    fn pinged(&mut self, now_ms: u64) -> Verdict {
        self.pinged_ms = now_ms;
        self.unanswered = self.unanswered.saturating_add(1);
        Verdict::Ping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_asked_about_and_then_is_death() {
        let mut watchdog = Watchdog::new(0, 30);
        assert_eq!((watchdog.check(29_999), watchdog.check(30_000)), (Verdict::Fine, Verdict::Ping));
        assert_eq!((watchdog.check(39_999), watchdog.check(40_000)), (Verdict::Fine, Verdict::Dead));
    }

    #[test]
    fn any_frame_is_a_sign_of_life() {
        let mut watchdog = Watchdog::new(0, 5);
        assert_eq!(watchdog.check(5_000), Verdict::Ping);
        watchdog.heard(6_000, false);
        assert_eq!(watchdog.due_ms(), 11_000);
    }

    #[test]
    fn after_a_sleep_a_dead_line_is_noticed_within_5_s_and_old_frames_prove_nothing() {
        let mut watchdog = Watchdog::new(0, 30);
        assert_eq!(watchdog.check(30_000), Verdict::Ping);
        assert_eq!(watchdog.probe(3_600_000), Verdict::Ping);
        watchdog.heard(3_600_010, false);
        watchdog.heard(3_600_020, true);
        assert_eq!(watchdog.check(3_605_000), Verdict::Dead);
    }

    #[test]
    fn after_a_sleep_a_line_that_answers_lives_on() {
        let mut watchdog = Watchdog::new(0, 30);
        assert_eq!(watchdog.probe(3_600_000), Verdict::Ping);
        watchdog.heard(3_600_080, true);
        assert_eq!((watchdog.due_ms(), watchdog.latency_ms()), (3_630_080, Some(80)));
    }

    #[test]
    fn flipping_between_tabs_does_not_flood() {
        let mut watchdog = Watchdog::new(0, 30);
        let pings = (0..1_000).filter(|ms| watchdog.probe(100 + ms) == Verdict::Ping).count();
        assert_eq!(pings, 1);
        assert_eq!(watchdog.due_ms(), 5_100);
    }
}
