//! Instants: milliseconds since 1970 in UTC, on the wire as RFC 3339 text.
//!
//! The browser formats them with its own `Intl`, the database layer turns them into its driver's type; so neither the
//! WASM nor the wire needs a date library.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const MS_PER_DAY: i64 = 86_400_000;

/// A point in time, to the millisecond. On the wire `2026-11-22T09:04:31.204Z`, never another zone or precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(into = "String", try_from = "String")]
#[cfg_attr(feature = "ssr", schemars(extend("format" = "date-time")))]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970-01-01T00:00:00Z.
    pub const fn from_unix_ms(unix_ms: i64) -> Self {
        Self(unix_ms)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn unix_ms(self) -> i64 {
        self.0
    }

    /// The instant `ms` milliseconds later (earlier, if negative).
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// The day in a zone that is `offset_minutes` ahead of UTC.
    pub const fn date(self, offset_minutes: i64) -> CivilDate {
        CivilDate(self.plus_ms(offset_minutes * 60_000).0.div_euclid(MS_PER_DAY))
    }

    /// Year, month (1 to 12) and day (1 to 31) in UTC.
    pub const fn civil_date(self) -> (i64, u8, u8) {
        civil_from_days(self.0.div_euclid(MS_PER_DAY))
    }

    /// Hour, minute, second and millisecond of the day in UTC.
    pub const fn time_of_day(self) -> (i64, i64, i64, i64) {
        let ms = self.0.rem_euclid(MS_PER_DAY);
        (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((year, month, day), (hour, minute, second, ms)) = (self.civil_date(), self.time_of_day());
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
    }
}

impl From<Timestamp> for String {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.to_string()
    }
}

/// A day of the calendar, in whichever zone it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDate(i64);

impl CivilDate {
    /// Year, month (1 to 12) and day (1 to 31).
    pub const fn year_month_day(self) -> (i64, u8, u8) {
        civil_from_days(self.0)
    }

    /// Day of the week, 0 for Monday.
    pub const fn weekday(self) -> i64 {
        // 1970-01-01 was a Thursday.
        (self.0 + 3).rem_euclid(7)
    }

    /// How many days lie between this day and an earlier one; negative if it is later.
    pub const fn days_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }
}

/// A text that is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no instant: expected UTC in RFC 3339, such as 2026-11-22T09:04:31.204Z")]
pub struct TimestampError(String);

impl TryFrom<String> for Timestamp {
    type Error = TimestampError;

    fn try_from(text: String) -> Result<Self, TimestampError> {
        parse(&text).ok_or(TimestampError(text))
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        parse(text).ok_or_else(|| TimestampError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Timestamp> {
    let (date, clock) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = fixed(date, '-', [4, 2, 2])?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let [hour, minute, second] = fixed(clock, ':', [2, 2, 2])?;
    if fraction.len() > 9 || !fraction.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let ms: i64 = format!("{:0<3}", fraction.get(..3).unwrap_or(fraction)).parse().ok()?;
    let days = days_from_civil(year, month, day);
    let is_real = civil_from_days(days) == (year, u8::try_from(month).ok()?, u8::try_from(day).ok()?);
    (is_real && hour < 24 && minute < 60 && second < 60)
        .then(|| Timestamp(days * MS_PER_DAY + ((hour * 60 + minute) * 60 + second) * 1_000 + ms))
}

/// Three numbers of exactly the given widths.
fn fixed(text: &str, separator: char, widths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; 3];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts.next()?;
        if part.len() != width || !part.bytes().all(|it| it.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// Days since 1970-01-01 of a date in the Gregorian calendar, counted in eras of 400 years that begin in March, so that
/// the leap day is an era's last.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_from_civil`].
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a month and a day fit into a byte")]
const fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days - era * 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month as u8, day as u8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_instants_have_known_texts() {
        for (unix_ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_700_000_000_123, "2023-11-14T22:13:20.123Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp(unix_ms).to_string(), text);
            assert_eq!(text.parse(), Ok(Timestamp(unix_ms)));
        }
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in
            ["", "now", "2026-02-30T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T09:04:31+01:00", "2026-11-22"]
        {
            assert!(text.parse::<Timestamp>().is_err(), "{text:?} was taken for an instant");
        }
    }

    #[test]
    fn a_day_depends_on_the_zone() {
        let instant: Timestamp = "2026-11-22T23:30:00Z".parse().unwrap();
        assert_eq!(instant.date(0).year_month_day(), (2026, 11, 22));
        assert_eq!(instant.date(0).weekday(), 6, "a Sunday");
        assert_eq!(instant.date(60).year_month_day(), (2026, 11, 23));
        assert_eq!(instant.date(60).days_since(instant.date(0)), 1);
        assert_eq!(instant.date(-1_440).weekday(), 5);
    }

    proptest! {
        #[test]
        fn text_and_back_is_the_same(unix_ms in -62_135_596_800_000_i64..253_402_300_799_999) {
            prop_assert_eq!(Timestamp(unix_ms).to_string().parse(), Ok(Timestamp(unix_ms)));
        }
    }
}
