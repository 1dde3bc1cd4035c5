//! What the text of a setting means, by type.

use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use crate::store::SslMode;

/// A type that a setting can have.
pub(crate) trait SettingValue: Sized {
    /// What a right value looks like, as the end of "expected …".
    const EXPECTED: &'static str;
    /// Whether the value must never be shown.
    const IS_SECRET: bool = false;
    /// Whether nothing (an empty text, `null`) is a value of its own; otherwise it stands for the default.
    const IS_OPTIONAL: bool = false;

    /// Reads the text; `None` if it is none of these.
    fn parse(text: &str) -> Option<Self>;

    /// The value as `check-config` prints it.
    fn show(&self) -> String;
}

/// A text that must never be shown or logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Values apart by commas; in the file also an array of texts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List<T>(pub Vec<T>);

/// A length of time, written in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seconds(pub Duration);

/// A length of time of at least one second, written in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PositiveSeconds(pub Duration);

/// A length of time that may be shorter than a second, written in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecimalSeconds(pub Duration);

/// Whether the text stands for nothing, as Laravel reads it (rule CFG-2).
pub(super) fn is_null(text: &str) -> bool {
    text.trim().is_empty()
        || ["null", "(null)", "empty", "(empty)"].iter().any(|it| it.eq_ignore_ascii_case(text.trim()))
}

/// Types whose `FromStr` and `Display` are just right.
macro_rules! plain_values {
    ($($type:ty: $expected:literal,)+) => {$(
        impl SettingValue for $type {
            const EXPECTED: &'static str = $expected;

            fn parse(text: &str) -> Option<Self> {
                text.trim().parse().ok()
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

plain_values! {
    IpAddr: "an IP address such as 127.0.0.1, 0.0.0.0 or ::",
    u16: "a whole number from 0 to 65535",
    NonZeroU32: "a whole number from 1 on",
    NonZeroUsize: "a whole number from 1 on",
    SslMode: "disable, allow, prefer, require, verify-ca or verify-full",
}

impl SettingValue for bool {
    const EXPECTED: &'static str = "true or false";

    fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "(true)" => Some(true),
            "false" | "(false)" => Some(false),
            _ => None,
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl SettingValue for String {
    const EXPECTED: &'static str = "a text";

    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn show(&self) -> String {
        self.clone()
    }
}

impl SettingValue for PathBuf {
    const EXPECTED: &'static str = "a path, absolute or from the directory of the start";

    fn parse(text: &str) -> Option<Self> {
        Some(Self::from(text))
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl SettingValue for Secret {
    const EXPECTED: &'static str = "a text, kept secret";
    const IS_SECRET: bool = true;

    fn parse(text: &str) -> Option<Self> {
        Some(Self(text.to_owned()))
    }

    fn show(&self) -> String {
        "(set, not shown)".to_owned()
    }
}

impl SettingValue for Seconds {
    const EXPECTED: &'static str = "a whole number of seconds";

    fn parse(text: &str) -> Option<Self> {
        text.trim().parse().ok().map(|it| Self(Duration::from_secs(it)))
    }

    fn show(&self) -> String {
        self.0.as_secs().to_string()
    }
}

impl SettingValue for PositiveSeconds {
    const EXPECTED: &'static str = "a whole number of seconds from 1 on";

    fn parse(text: &str) -> Option<Self> {
        Seconds::parse(text).filter(|it| !it.0.is_zero()).map(|it| Self(it.0))
    }

    fn show(&self) -> String {
        self.0.as_secs().to_string()
    }
}

impl SettingValue for DecimalSeconds {
    const EXPECTED: &'static str = "a number of seconds above 0, such as 1 or 0.5";

    fn parse(text: &str) -> Option<Self> {
        let seconds = text.trim().parse().ok().filter(|it| (0.001..=f64::from(u32::MAX)).contains(it))?;
        Some(Self(Duration::from_secs_f64(seconds)))
    }

    fn show(&self) -> String {
        self.0.as_secs_f64().to_string()
    }
}

impl<T: SettingValue> SettingValue for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    const IS_SECRET: bool = T::IS_SECRET;
    const IS_OPTIONAL: bool = true;

    fn parse(text: &str) -> Option<Self> {
        if is_null(text) { Some(None) } else { T::parse(text).map(Some) }
    }

    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "(none)".to_owned(), T::show)
    }
}

impl<T: SettingValue> SettingValue for List<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    const IS_OPTIONAL: bool = true;

    fn parse(text: &str) -> Option<Self> {
        if is_null(text) {
            return Some(Self(Vec::new()));
        }
        text.split(',').map(|it| T::parse(it.trim())).collect::<Option<_>>().map(Self)
    }

    fn show(&self) -> String {
        if self.0.is_empty() {
            return "(none)".to_owned();
        }
        self.0.iter().map(T::show).collect::<Vec<_>>().join(",")
    }
}

/// An enum of which each value has one or more spellings; the first is the one that is shown.
macro_rules! choice {
    ($(#[doc = $doc:literal])+ $name:ident, $expected:literal {
        $($(#[doc = $value_doc:literal])+ $value:ident = $first:literal $(| $more:literal)*,)+
    }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[doc = $value_doc])+ $value,)+
        }

        impl $crate::config::value::SettingValue for $name {
            const EXPECTED: &'static str = $expected;

            fn parse(text: &str) -> Option<Self> {
                match text.trim().to_ascii_lowercase().as_str() {
                    $($first $(| $more)* => Some(Self::$value),)+
                    _ => None,
                }
            }

            fn show(&self) -> String {
                match self {
                    $(Self::$value => $first.to_owned(),)+
                }
            }
        }
    };
}

pub(crate) use choice;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cfg_2_booleans_are_read_as_laravel_reads_them() {
        for (text, value) in [("true", true), ("(TRUE)", true), ("False", false), ("(false)", false)] {
            assert_eq!(bool::parse(text), Some(value), "{text}");
        }
        for text in ["1", "yes", "on", "", "null"] {
            assert_eq!(bool::parse(text), None, "{text}");
        }
    }

    #[test]
    fn cfg_2_nothing_has_several_spellings() {
        for text in ["", " ", "null", "(null)", "EMPTY", "(empty)"] {
            assert_eq!(Option::<u16>::parse(text), Some(None), "{text:?}");
        }
        assert_eq!(Option::<u16>::parse("7"), Some(Some(7)));
        assert_eq!(Option::<u16>::parse("x"), None);
    }

    #[test]
    fn a_secret_is_never_shown() {
        let secret = Secret("hunter2".to_owned());
        assert!(!secret.show().contains("hunter2") && !format!("{secret:?}").contains("hunter2"));
    }

    #[test]
    fn a_list_is_apart_by_commas() {
        assert_eq!(List::<String>::parse("a, b"), Some(List(vec!["a".into(), "b".into()])));
        assert_eq!(List::<u16>::parse("1,x"), None);
        assert_eq!(List::<u16>::parse(""), Some(List(Vec::new())));
    }

    #[test]
    fn a_part_of_a_second_is_a_time_and_nothing_is_none() {
        for (text, ms) in [("1", 1_000), ("0.9", 900), (" 2.25 ", 2_250)] {
            assert_eq!(DecimalSeconds::parse(text), Some(DecimalSeconds(Duration::from_millis(ms))), "{text}");
        }
        for text in ["0", "-1", "NaN", "inf", "1 s", "", "1e20"] {
            assert_eq!(DecimalSeconds::parse(text), None, "{text}");
        }
        assert_eq!(DecimalSeconds(Duration::from_millis(900)).show(), "0.9");
    }
}
