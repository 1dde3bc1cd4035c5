//! How webhooks are delivered.

use std::time::Duration;

/// How webhooks are delivered, the same for all applications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookSettings {
    /// How long an event waits for others to join its request (rule WHK-3).
    pub batch_window: Duration,
    /// Most events of one request (rule WHK-3).
    pub batch_events: usize,
    /// How long a vacated channel or a lost member may come back before anybody is told (rule WHK-6).
    pub departure_delay: Duration,
    /// How long a receiver may take to answer (rule WHK-5).
    pub timeout: Duration,
    /// How long a request is tried again (rule WHK-5).
    pub retry_for: Duration,
    /// The pause after the first failure; each further one is twice as long.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// Events that may wait to be stored, and requests that may wait for one receiver; more is dropped and counted
    /// (rule WHK-8).
    pub max_waiting: usize,
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            batch_window: Duration::from_millis(50),
            batch_events: 50,
            departure_delay: Duration::from_secs(3),
            timeout: Duration::from_secs(5),
            retry_for: Duration::from_mins(5),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_mins(1),
            max_waiting: 10_000,
        }
    }
}

impl WebhookSettings {
    /// The pause after this many failures.
    pub(super) fn pause(&self, failures: u32) -> Duration {
        let doubled = 2u32.saturating_pow(failures.saturating_sub(1));
        self.first_pause.saturating_mul(doubled).min(self.longest_pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whk_5_pauses_grow_up_to_a_minute() {
        let settings = WebhookSettings::default();
        let pauses: Vec<_> = (1..9).map(|it| settings.pause(it).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(settings.pause(u32::MAX), settings.longest_pause);
    }
}
