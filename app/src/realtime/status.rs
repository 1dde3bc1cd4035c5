//! How the connection does, and what people are told of it.

/// Reconnecting for shorter than this never shows a banner: a blip is no news.
const RECONNECTING_BANNER_AFTER_MS: u64 = 2_500;
/// A first connection that takes longer than this is worth a word.
const CONNECTING_BANNER_AFTER_MS: u64 = 5_000;
/// A planned restart that takes longer than this is shown like a lost line.
const UPDATING_BANNER_AFTER_MS: u64 = 10_000;

/// How the connection does. Instants are milliseconds of the clock that drives the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// For the first time since the page was loaded.
    Connecting {
        /// When it was begun.
        since_ms: u64,
        /// When the next try begins; `None` while one is under way.
        next_try_at_ms: Option<u64>,
    },
    /// Every declared subscription is live and up to date.
    Connected,
    /// The line was lost and is being built up again.
    Reconnecting {
        /// When it was lost.
        since_ms: u64,
        /// When the next try begins; `None` while one is under way.
        next_try_at_ms: Option<u64>,
    },
    /// The browser says that there is no network.
    Offline,
    /// The line is back, and what was missed is on its way.
    CatchingUp,
    /// The line is back, but more was missed than the server keeps: data must be loaded anew.
    GapTooLarge,
    /// There is no use in trying again.
    Refused(Refusal),
    /// The server said that it is going to restart, and is awaited back.
    ServerGoingAway {
        /// When it went.
        since_ms: u64,
        /// When the next try begins; `None` while one is under way.
        next_try_at_ms: Option<u64>,
    },
}

/// Why there is no use in trying again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The session has ended.
    SignedOut,
    /// The application is switched off, unknown, or does not let this page in.
    Blocked,
    /// The application has as many connections as it may have.
    OverQuota,
    /// The server gave another reason.
    Other {
        /// The close code.
        code: u16,
        /// The server's words.
        message: String,
    },
}

/// The colour of the pill, told apart by more than colour through its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing is known yet.
    Neutral,
    /// All is well.
    Good,
    /// Something is under way.
    Warning,
    /// It stays as it is until somebody does something.
    Bad,
}

impl Tone {
    /// The value of `data-tone` in the markup.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

/// What the banner offers to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BannerAction {
    /// Try to connect at once.
    RetryNow,
    /// Load the data anew, keeping draft and place.
    Refresh,
    /// Go to the sign-in page.
    SignIn,
    /// Load the whole page anew.
    Reload,
}

impl BannerAction {
    /// The words on the button.
    pub const fn label(self) -> &'static str {
        match self {
            Self::RetryNow => "Retry now",
            Self::Refresh => "Refresh",
            Self::SignIn => "Sign in again",
            Self::Reload => "Reload",
        }
    }
}

/// A line over the page that tells of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Banner {
    /// What is the case. The announcer speaks this, once.
    pub text: &'static str,
    /// What the server said, where that helps.
    pub detail: Option<String>,
    /// Whole seconds until the next try, shown as "Trying again in **8 s**." and hidden from screen readers.
    pub countdown_s: Option<u64>,
    /// The one thing that helps.
    pub action: Option<BannerAction>,
}

impl Status {
    /// Whether events come in as they happen: what is on screen is live.
    pub const fn is_live(&self) -> bool {
        matches!(self, Self::Connected | Self::GapTooLarge)
    }

    /// The pill's word.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Connecting { .. } => "Connecting…",
            Self::Connected | Self::GapTooLarge => "Connected",
            Self::Reconnecting { .. } => "Reconnecting…",
            Self::Offline => "Offline",
            Self::CatchingUp => "Catching up…",
            Self::Refused(_) => "Disconnected",
            Self::ServerGoingAway { .. } => "Updating…",
        }
    }

    /// Beside the pill's word, where nothing changes by itself: why.
    pub const fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => Some(refusal.reason()),
            _ => None,
        }
    }

    /// The pill's colour.
    pub const fn tone(&self) -> Tone {
        match self {
            Self::Connecting { .. } => Tone::Neutral,
            Self::Connected | Self::GapTooLarge => Tone::Good,
            Self::Reconnecting { .. } | Self::Offline | Self::CatchingUp | Self::ServerGoingAway { .. } => {
                Tone::Warning
            }
            Self::Refused(_) => Tone::Bad,
        }
    }

    /// The value of `data-state` in the markup, the same for every status of a kind.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Connecting { .. } => "connecting",
            Self::Connected => "connected",
            Self::Reconnecting { .. } => "reconnecting",
            Self::Offline => "offline",
            Self::CatchingUp => "catching-up",
            Self::GapTooLarge => "gap",
            Self::Refused(_) => "refused",
            Self::ServerGoingAway { .. } => "updating",
        }
    }

    /// The instant from which the banner may differ from now without a new status: each second of a countdown, and the
    /// moment at which a banner appears at all. `None` if it stays as it is.
    pub fn banner_changes_at(&self, now_ms: u64) -> Option<u64> {
        let (since_ms, next_try_at_ms, after_ms) = self.wait()?;
        let appears_at = since_ms + after_ms;
        if now_ms < appears_at {
            return Some(appears_at);
        }
        let left_ms = next_try_at_ms?.checked_sub(now_ms).filter(|it| *it > 0)?;
        Some(now_ms + (left_ms - 1) % 1_000 + 1)
    }

    /// Since when there has been no connection, when the next try is due, and how long the banner holds back.
    const fn wait(&self) -> Option<(u64, Option<u64>, u64)> {
        match *self {
            Self::Connecting { since_ms, next_try_at_ms } => {
                Some((since_ms, next_try_at_ms, CONNECTING_BANNER_AFTER_MS))
            }
            Self::Reconnecting { since_ms, next_try_at_ms } => {
                Some((since_ms, next_try_at_ms, RECONNECTING_BANNER_AFTER_MS))
            }
            Self::ServerGoingAway { since_ms, next_try_at_ms } => {
                Some((since_ms, next_try_at_ms, UPDATING_BANNER_AFTER_MS))
            }
            _ => None,
        }
    }
}

impl Refusal {
    /// What is the case, in as few words as a pill takes.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::SignedOut => "signed out",
            Self::Blocked => "not allowed",
            Self::OverQuota => "too many people",
            Self::Other { .. } => "ended by the server",
        }
    }

    /// What is the case, in a sentence.
    pub const fn text(&self) -> &'static str {
        match self {
            Self::SignedOut => "You were signed out.",
            Self::Blocked => "This page may not connect.",
            Self::OverQuota => "Too many people are connected right now.",
            Self::Other { .. } => "The server ended the connection.",
        }
    }
}

/// The banner for `status` at `now_ms`, if there is one.
pub fn banner(status: &Status, now_ms: u64) -> Option<Banner> {
    let plain = |text, action| Some(Banner { text, detail: None, countdown_s: None, action });
    match status {
        Status::Connected | Status::CatchingUp => None,
        Status::Offline => plain("You're offline. Messages will be sent when the connection is back.", None),
        Status::GapTooLarge => plain("Some updates were missed.", Some(BannerAction::Refresh)),
        Status::Refused(refusal) => Some(Banner {
            text: refusal.text(),
            detail: match refusal {
                Refusal::Other { code, message } => Some(format!("{message} ({code})")),
                _ => None,
            },
            countdown_s: None,
            action: Some(if *refusal == Refusal::SignedOut { BannerAction::SignIn } else { BannerAction::Reload }),
        }),
        Status::Connecting { .. } | Status::Reconnecting { .. } | Status::ServerGoingAway { .. } => {
            let (since_ms, next_try_at_ms, after_ms) = status.wait()?;
            let is_first = matches!(status, Status::Connecting { .. });
            (now_ms >= since_ms + after_ms).then(|| Banner {
                text: if is_first { "Connecting takes longer than usual." } else { "Connection lost." },
                detail: None,
                countdown_s: next_try_at_ms.map(|it| it.saturating_sub(now_ms).div_ceil(1_000)).filter(|it| *it > 0),
                action: Some(BannerAction::RetryNow),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reconnecting() -> Status {
        Status::Reconnecting { since_ms: 10_000, next_try_at_ms: Some(18_500) }
    }

    #[test]
    fn a_blip_shorter_than_2_5_s_flashes_no_banner() {
        assert_eq!(banner(&reconnecting(), 12_499), None);
        let shown = banner(&reconnecting(), 12_500).unwrap();
        assert_eq!((shown.text, shown.countdown_s), ("Connection lost.", Some(6)));
        assert_eq!(shown.action.map(BannerAction::label), Some("Retry now"));
    }

    #[test]
    fn the_countdown_says_how_many_seconds_are_left() {
        for (now_ms, countdown_s) in [(16_499, Some(3)), (16_500, Some(2)), (18_499, Some(1)), (18_500, None)] {
            assert_eq!(banner(&reconnecting(), now_ms).unwrap().countdown_s, countdown_s, "at {now_ms}");
        }
    }

    #[test]
    fn a_first_connection_may_take_5_s_and_an_update_10_s() {
        let connecting = Status::Connecting { since_ms: 0, next_try_at_ms: None };
        assert_eq!(banner(&connecting, 4_999), None);
        assert!(banner(&connecting, 5_000).is_some());
        let updating = Status::ServerGoingAway { since_ms: 0, next_try_at_ms: None };
        assert_eq!(banner(&updating, 9_999), None);
        assert!(banner(&updating, 10_000).is_some());
    }

    #[test]
    fn what_needs_a_hand_says_which() {
        let action = |status| banner(&status, 0).unwrap().action;
        assert_eq!(action(Status::Refused(Refusal::SignedOut)).map(BannerAction::label), Some("Sign in again"));
        assert_eq!(action(Status::GapTooLarge).map(BannerAction::label), Some("Refresh"));
        assert_eq!(action(Status::Offline), None);
    }

    #[test]
    fn only_a_refusal_has_a_reason() {
        assert_eq!(Status::Refused(Refusal::OverQuota).reason(), Some("too many people"));
        assert_eq!(Status::Offline.reason(), None);
    }

    #[test]
    fn between_two_changes_the_banner_stays_the_same() {
        for status in [
            reconnecting(),
            Status::Connecting { since_ms: 0, next_try_at_ms: Some(9_000) },
            Status::ServerGoingAway { since_ms: 3, next_try_at_ms: Some(13_333) },
            Status::Offline,
        ] {
            let mut changes_at = status.banner_changes_at(0);
            let mut shown = banner(&status, 0);
            for now_ms in 1..20_000 {
                let now_shown = banner(&status, now_ms);
                if now_shown != shown {
                    assert_eq!(changes_at, Some(now_ms), "{status:?}");
                    shown = now_shown;
                }
                if changes_at.is_none_or(|it| it <= now_ms) {
                    changes_at = status.banner_changes_at(now_ms);
                }
            }
        }
    }
}
