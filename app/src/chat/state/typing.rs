//! Who is typing: leases that end by themselves, so that a stop that never arrives leaves nothing behind.

use crate::accounts::UserSummary;
use crate::ids::UserId;
use crate::time::Timestamp;

/// The longest lease that the server gives.
const LEASE_MS: i64 = 6_000;

/// While somebody types, the others are told again after this time, well before the lease ends.
const TELL_EVERY_MS: i64 = 3_000;
/// Somebody who sends many short messages is not told of for each of them: the server takes one notice a second.
const TELL_ANEW_AFTER_MS: i64 = 1_000;

/// When the others are to be told that one is typing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TypingNotices {
    told_at: Option<Timestamp>,
    /// Whether what was typed then has been sent, which ended the lease.
    is_over: bool,
}

impl TypingNotices {
    /// Something was typed. In how many milliseconds the others are to be told, 0 for now; `None` if they know, and the
    /// next key will do.
    pub fn typed(&mut self, now: Timestamp) -> Option<u64> {
        let pause_ms = if self.is_over { TELL_ANEW_AFTER_MS } else { TELL_EVERY_MS };
        let left_ms = self.told_at.map_or(0, |it| it.unix_ms() + pause_ms - now.unix_ms());
        match u64::try_from(left_ms) {
            Err(_) | Ok(0) => {
                *self = Self { told_at: Some(now), is_over: false };
                Some(0)
            }
            Ok(left_ms) => self.is_over.then_some(left_ms),
        }
    }

    /// What was typed has been sent.
    pub const fn sent(&mut self) {
        self.is_over = true;
    }

    /// Nothing is typed any more, without a message. Whether the others are to be told.
    pub const fn stopped(&mut self) -> bool {
        let was_told = self.told_at.is_some() && !self.is_over;
        self.is_over = true;
        was_told
    }
}

/// A lease that ends as it begins says that somebody has stopped; on its way it ends a little earlier.
const STOP_MS: std::ops::RangeInclusive<i64> = -2_000..=500;

/// Who is typing, in the order in which they began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypingLeases {
    leases: Vec<Lease>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Lease {
    user: UserSummary,
    /// By our own clock.
    until: Timestamp,
    /// When the server said so, and until when: what their clocks differ by.
    heard_at: Timestamp,
    told: Timestamp,
}

impl Lease {
    /// How long a lease that is told now has left, by the server's clock alone: as much later as it ends, as much more
    /// than what has gone by.
    const fn remaining_ms(&self, told: Timestamp, now: Timestamp) -> i64 {
        LEASE_MS + (told.unix_ms() - self.told.unix_ms()) - (now.unix_ms() - self.heard_at.unix_ms())
    }
}

impl TypingLeases {
    /// Somebody is typing until `until` by the server's clock, or has stopped, if that is now.
    ///
    /// What remains of the lease is told by our own clock; if that makes no sense, the clocks differ, and the whole
    /// lease is taken to begin now.
    pub fn begin(&mut self, user: UserSummary, until: Timestamp, now: Timestamp) {
        let known = self.leases.iter().position(|it| it.user.id == user.id);
        let by_own_clock = until.unix_ms().saturating_sub(now.unix_ms());
        let remaining_ms = known.map_or(by_own_clock, |it| self.leases[it].remaining_ms(until, now));
        if STOP_MS.contains(&remaining_ms) {
            return self.end(user.id);
        }
        let left_ms = if (1..=LEASE_MS).contains(&by_own_clock) { by_own_clock } else { LEASE_MS };
        let lease = Lease { user, until: now.plus_ms(left_ms), heard_at: now, told: until };
        match known {
            // The same notice by another channel tells nothing new.
            Some(at) if self.leases[at].told == until => {}
            Some(at) => self.leases[at] = lease,
            None => self.leases.push(lease),
        }
    }

    /// Somebody has sent their message or left.
    pub fn end(&mut self, user: UserId) {
        self.leases.retain(|it| it.user.id != user);
    }

    /// Forgets whose lease is over. True if that changed anything.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        let before = self.leases.len();
        self.leases.retain(|it| it.until > now);
        self.leases.len() != before
    }

    /// Whether nobody is typing.
    pub const fn is_empty(&self) -> bool {
        self.leases.is_empty()
    }

    /// Who is typing besides `me`, as the row says it; `None` if nobody is.
    pub fn sentence(&self, me: UserId) -> Option<String> {
        let names: Vec<&str> =
            self.leases.iter().filter(|it| it.user.id != me).map(|it| it.user.name.as_str()).collect();
        match names.as_slice() {
            [] => None,
            [one] => Some(format!("{one} is typing…")),
            [one, two] => Some(format!("{one} and {two} are typing…")),
            [one, two, three] => Some(format!("{one}, {two} and {three} are typing…")),
            _ => Some("Several people are typing…".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: UserId = UserId(1);

    fn user(id: i64, name: &str) -> UserSummary {
        UserSummary { id: UserId(id), name: name.to_owned() }
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_unix_ms(1_700_000_000_000 + ms)
    }

    #[test]
    fn the_row_names_up_to_three_people() {
        let mut typing = TypingLeases::default();
        typing.begin(user(1, "Me"), at(6_000), at(0));
        assert_eq!(typing.sentence(ME), None);
        let expected = [
            "Amina is typing…",
            "Amina and Jonas are typing…",
            "Amina, Jonas and Mei are typing…",
            "Several people are typing…",
        ];
        for (id, (name, sentence)) in (2..).zip(["Amina", "Jonas", "Mei", "Omar"].into_iter().zip(expected)) {
            typing.begin(user(id, name), at(6_000), at(0));
            assert_eq!(typing.sentence(ME).as_deref(), Some(sentence));
        }
    }

    #[test]
    fn a_lease_ends_by_itself_and_can_be_renewed() {
        let mut typing = TypingLeases::default();
        typing.begin(user(2, "Amina"), at(6_000), at(0));
        assert!(!typing.expire(at(5_999)));
        typing.begin(user(2, "Amina"), at(9_000), at(3_000));
        assert!(!typing.expire(at(8_999)));
        assert!(typing.expire(at(9_000)));
        assert!(typing.is_empty());
    }

    #[test]
    fn the_others_are_told_every_3_s_and_at_most_once_a_second_whatever_is_sent() {
        let mut notices = TypingNotices::default();
        assert_eq!(notices.typed(at(0)), Some(0));
        assert_eq!(notices.typed(at(2_999)), None);
        assert_eq!(notices.typed(at(3_000)), Some(0));
        notices.sent();
        assert_eq!(notices.typed(at(3_400)), Some(600), "a short message after a short message");
        assert_eq!(notices.typed(at(4_000)), Some(0));
        assert_eq!(notices.typed(at(5_000)), None);
    }

    #[test]
    fn a_wrong_clock_neither_hides_nor_keeps_anybody() {
        for server_ahead_ms in [-3_600_000, 3_600_000] {
            let mut typing = TypingLeases::default();
            typing.begin(user(2, "Amina"), at(server_ahead_ms), at(0));
            assert!(typing.sentence(ME).is_some());
            assert!(typing.expire(at(6_000)));
        }
    }

    #[test]
    fn whoever_stops_is_told_of_once_and_gone_at_once_whatever_the_clock_says() {
        let mut notices = TypingNotices::default();
        assert!(!notices.stopped(), "nobody knows that they began");
        notices.typed(at(0));
        assert_eq!((notices.stopped(), notices.stopped()), (true, false));
        for server_ahead_ms in [-3_600_000, 0, 3_600_000] {
            let mut typing = TypingLeases::default();
            typing.begin(user(2, "Amina"), at(server_ahead_ms + 6_000), at(10));
            typing.begin(user(2, "Amina"), at(server_ahead_ms + 6_000), at(12));
            typing.begin(user(2, "Amina"), at(server_ahead_ms + 400), at(420));
            assert!(typing.is_empty(), "{server_ahead_ms}");
        }
        let mut typing = TypingLeases::default();
        typing.begin(user(2, "Amina"), at(0), at(20));
        assert!(typing.is_empty(), "the end of what nobody saw begin");
    }

    #[test]
    fn whoever_sent_is_no_longer_typing() {
        let mut typing = TypingLeases::default();
        typing.begin(user(2, "Amina"), at(6_000), at(0));
        typing.end(UserId(2));
        assert_eq!(typing.sentence(ME), None);
    }
}
