//! Settings and their rules, the same on the page and on the server.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::error::FieldError;
use crate::notifications::NotificationKind;
use crate::time::Timestamp;

/// Everything that somebody has chosen. What is missing in a stored or sent form is as in [`Settings::default`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// How others see them.
    pub profile: Profile,
    /// How the app looks; the theme has a cookie of its own, since it is needed before anybody signs in.
    pub appearance: Appearance,
    /// What they are told of, and how.
    pub notifications: NotificationSettings,
    /// How the chat behaves.
    pub chat: ChatSettings,
    /// What they keep to themselves.
    pub privacy: Privacy,
    /// Keys.
    pub keyboard: KeyboardSettings,
}

/// How others see somebody, beside their name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// What they do, such as `Marketing`; up to 60 characters.
    pub headline: String,
    /// Their time zone by its IANA name, such as `Europe/Berlin`; the browser's own without it.
    pub time_zone: Option<String>,
}

/// How the app looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Appearance {
    /// How close rows stand.
    pub density: Density,
    /// Size of all text in per cent, 80 to 200 in steps of ten.
    pub text_size_percent: u32,
}

/// The sizes of text in per cent that one may choose, in steps of [`TEXT_SIZE_STEP`].
pub const TEXT_SIZES: RangeInclusive<u32> = 80..=200;
/// See [`TEXT_SIZES`].
pub const TEXT_SIZE_STEP: u32 = 10;

impl Default for Appearance {
    fn default() -> Self {
        Self { density: Density::default(), text_size_percent: 100 }
    }
}

/// How close rows stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Density {
    /// With room around them.
    #[default]
    Comfortable,
    /// As many as possible.
    Compact,
}

/// What somebody is told of, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NotificationSettings {
    /// Somebody wrote to them alone.
    pub direct_message: Alerts,
    /// Somebody named them.
    pub mention: Alerts,
    /// Somebody answered them.
    pub reply: Alerts,
    /// Somebody reacted to what they wrote.
    pub reaction: Alerts,
    /// Campaigns.
    pub campaign: Alerts,
    /// Money.
    pub money: Alerts,
    /// Their account and the system.
    pub system: Alerts,
    /// Until then nothing but badges.
    pub muted_until: Option<Timestamp>,
    /// Each day in these hours nothing but badges.
    pub quiet_hours: Option<QuietHours>,
}

impl Default for NotificationSettings {
    fn default() -> Self {
        let (loud, calm) = (Alerts { in_app: true, desktop: true, sound: false }, Alerts::default());
        Self {
            direct_message: loud,
            mention: loud,
            reply: calm,
            reaction: calm,
            campaign: calm,
            money: loud,
            system: calm,
            muted_until: None,
            quiet_hours: None,
        }
    }
}

/// How somebody is told of one kind of thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alerts {
    /// In the list and by a toast. Without it there is no notification of this kind at all.
    pub in_app: bool,
    /// By the browser, once they have allowed that.
    pub desktop: bool,
    /// By a short sound.
    pub sound: bool,
}

impl Default for Alerts {
    fn default() -> Self {
        Self { in_app: true, desktop: false, sound: false }
    }
}

/// Hours of the day in which nothing disturbs; they may go over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// First minute of the day, 0 to 1439, in the person's own time zone.
    pub from_minute: u32,
    /// The minute after the last, 0 to 1439.
    pub to_minute: u32,
    /// Whether money disturbs all the same.
    #[serde(default = "yes")]
    pub lets_money_through: bool,
}

const fn yes() -> bool {
    true
}

/// How the chat behaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatSettings {
    /// Whether Enter sends and Shift+Enter breaks the line, or the other way round.
    pub enter_sends: bool,
    /// When a message counts as read.
    pub read_when: ReadWhen,
    /// The clock with 24 hours, or with 12; as the browser's language has it without this.
    pub clock_24h: Option<bool>,
    /// Skin tone of emoji, 1 to 5; 0 for none.
    pub skin_tone: u32,
    /// What is spoken to screen readers.
    pub announce: AnnounceWhat,
}

impl Default for ChatSettings {
    fn default() -> Self {
        let (read_when, announce) = (ReadWhen::default(), AnnounceWhat::default());
        Self { enter_sends: true, read_when, clock_24h: None, skin_tone: 0, announce }
    }
}

/// When a message counts as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadWhen {
    /// When it was on screen.
    #[default]
    Seen,
    /// When its conversation was opened.
    Opened,
    /// When its reader says so.
    Marked,
}

/// Which arrivals are spoken to screen readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnnounceWhat {
    /// All messages.
    #[default]
    All,
    /// Those that name the listener.
    Mentions,
    /// None.
    None,
}

/// What somebody shows of themselves.
#[expect(clippy::struct_excessive_bools, reason = "switches of a page, each on its own")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Privacy {
    /// Others see when they type.
    pub sends_typing: bool,
    /// They see when others type.
    pub shows_typing: bool,
    /// Others see what they have read, and they see what others have read.
    pub read_receipts: bool,
    /// Others see when they were here last.
    pub last_seen: bool,
}

impl Default for Privacy {
    fn default() -> Self {
        Self { sends_typing: true, shows_typing: true, read_receipts: true, last_seen: true }
    }
}

/// `GET /api/sessions`: a browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    /// The session's number.
    pub id: i64,
    /// What the browser calls itself.
    pub user_agent: Option<String>,
    /// Where it signed in from.
    pub address: Option<String>,
    /// Whether it outlives the browser.
    pub is_remembered: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was used last, to the minute.
    pub last_seen_at: Timestamp,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

/// Keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyboardSettings {
    /// Whether single letters do something.
    pub single_keys: bool,
}

impl Default for KeyboardSettings {
    fn default() -> Self {
        Self { single_keys: true }
    }
}

impl Settings {
    /// Every setting whose value can't be, with its path.
    pub fn faults(&self) -> Vec<FieldError> {
        let fault = |field: &str, detail: String| FieldError { field: field.to_owned(), detail };
        let mut faults = Vec::new();
        let chars = self.profile.headline.chars().count();
        if chars > 60 || self.profile.headline.chars().any(char::is_control) {
            faults.push(fault("profile.headline", format!("has {chars} characters: expected one line of up to 60")));
        }
        if let Some(Err(detail)) = self.profile.time_zone.as_deref().map(validate_time_zone) {
            faults.push(fault("profile.time_zone", detail));
        }
        let size = self.appearance.text_size_percent;
        if !TEXT_SIZES.contains(&size) || !size.is_multiple_of(TEXT_SIZE_STEP) {
            let expected = "expected 80 to 200 in steps of 10";
            faults.push(fault("appearance.text_size_percent", format!("is {size}: {expected}")));
        }
        let tone = self.chat.skin_tone;
        if tone > 5 {
            faults.push(fault("chat.skin_tone", format!("is {tone}: expected 0 to 5")));
        }
        if let Some(hours) = self.notifications.quiet_hours {
            for (name, minute) in [("from_minute", hours.from_minute), ("to_minute", hours.to_minute)] {
                if minute >= 24 * 60 {
                    let field = format!("notifications.quiet_hours.{name}");
                    faults.push(fault(&field, format!("is {minute}: expected a minute of the day, 0 to 1439")));
                }
            }
        }
        faults
    }
}

/// Whether a text has the form of a time zone's name; whether there is such a zone only the browsers know.
///
/// # Errors
/// What is wrong with it, as the end of a sentence that begins with the field's name.
pub fn validate_time_zone(name: &str) -> Result<(), String> {
    let is_part = |part: &str| {
        part.starts_with(|it: char| it.is_ascii_alphabetic())
            && part.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '+'))
    };
    if name.len() <= 64 && name.split('/').all(is_part) {
        return Ok(());
    }
    let shown: String = name.chars().take(70).collect();
    Err(format!("`{shown}` is no time zone: expected a name such as Europe/Berlin"))
}

impl NotificationSettings {
    /// How somebody is told of this kind of thing.
    pub const fn alerts(&self, kind: NotificationKind) -> Alerts {
        match kind {
            NotificationKind::DirectMessage => self.direct_message,
            NotificationKind::Mention => self.mention,
            NotificationKind::Reply => self.reply,
            NotificationKind::Reaction => self.reaction,
            NotificationKind::Campaign => self.campaign,
            NotificationKind::Money => self.money,
            NotificationKind::System => self.system,
        }
    }

    /// Whether something of this kind shows no toast, no desktop notification and makes no sound now; badges and the
    /// list count it all the same. `minute_of_day` is the reader's own, 0 to 1439.
    pub fn is_silent(&self, kind: NotificationKind, now: Timestamp, minute_of_day: u32, do_not_disturb: bool) -> bool {
        let is_quiet_hour = self.quiet_hours.is_some_and(|it| it.contains(minute_of_day) && !it.lets_through(kind));
        do_not_disturb || self.muted_until.is_some_and(|until| now < until) || is_quiet_hour
    }
}

impl QuietHours {
    /// Whether a minute of the day is in them. From and to the same minute is never.
    pub const fn contains(self, minute: u32) -> bool {
        if self.from_minute <= self.to_minute {
            self.from_minute <= minute && minute < self.to_minute
        } else {
            self.from_minute <= minute || minute < self.to_minute
        }
    }

    const fn lets_through(self, kind: NotificationKind) -> bool {
        self.lets_money_through && matches!(kind, NotificationKind::Money)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

    #[test]
    fn what_is_missing_is_as_it_is_by_default() {
        let settings: Settings = serde_json::from_str(r#"{"privacy":{"last_seen":false},"later":1}"#).unwrap();
        let privacy = Privacy { last_seen: false, ..Privacy::default() };
        assert_eq!(settings, Settings { privacy, ..Settings::default() });
        assert!(settings.faults().is_empty());
    }

    #[test]
    fn every_fault_is_named_with_its_path() {
        let mut settings = Settings::default();
        settings.profile.headline = "x".repeat(61);
        settings.profile.time_zone = Some("Europe/<b>".into());
        settings.appearance.text_size_percent = 105;
        settings.chat.skin_tone = 6;
        settings.notifications.quiet_hours =
            Some(QuietHours { from_minute: 1_440, to_minute: 0, lets_money_through: true });
        let faults = settings.faults();
        let fields: Vec<&str> = faults.iter().map(|it| it.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "profile.headline",
                "profile.time_zone",
                "appearance.text_size_percent",
                "chat.skin_tone",
                "notifications.quiet_hours.from_minute"
            ]
        );
        for zone in ["Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+5"] {
            assert!(validate_time_zone(zone).is_ok(), "{zone}");
        }
    }

    #[test]
    fn quiet_hours_go_over_midnight_and_let_money_through() {
        let mut settings = NotificationSettings {
            quiet_hours: Some(QuietHours { from_minute: 22 * 60, to_minute: 7 * 60, lets_money_through: true }),
            ..NotificationSettings::default()
        };
        let is_silent = |settings: &NotificationSettings, kind, minute| settings.is_silent(kind, NOON, minute, false);
        for (minute, is_quiet) in [(21 * 60 + 59, false), (22 * 60, true), (0, true), (419, true), (420, false)] {
            assert_eq!(is_silent(&settings, NotificationKind::Mention, minute), is_quiet, "{minute}");
            assert!(!is_silent(&settings, NotificationKind::Money, minute));
        }
        settings.muted_until = Some(NOON.plus_ms(1));
        assert!(is_silent(&settings, NotificationKind::Money, 720), "mute is for all");
        settings.muted_until = Some(NOON);
        assert!(!is_silent(&settings, NotificationKind::Mention, 720));
        assert!(settings.is_silent(NotificationKind::Mention, NOON, 720, true));
    }
}
