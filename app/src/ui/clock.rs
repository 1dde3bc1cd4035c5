//! Instants as people read them: in UTC in the first render, in their own zone once the page has come to life.

use std::collections::HashMap;
use std::time::Duration;

use leptos::prelude::*;

use super::browser::now;
use super::zone::{has_twelve_hours, local_zone, offset_in};
use crate::time::{CivilDate, Timestamp};

/// A quarter of an hour.
const QUARTER_MS: i64 = 15 * 60_000;

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The person's clock: nothing is known of it in the first render, so that the browser's is the same as the server's.
#[derive(Debug, Clone, Copy)]
pub struct LocalClock {
    today: RwSignal<Option<CivilDate>>,
    /// About now, for what is told as "5 min ago".
    now: RwSignal<Option<Timestamp>>,
    /// The zone that the person has chosen; the device's own without it.
    chosen: RwSignal<Option<String>>,
    /// Whether the day has twice twelve hours instead of 24.
    has_twelve: RwSignal<bool>,
    /// The device's zone by name, asked for once: each asking makes a formatter.
    zone: StoredValue<Option<String>>,
    /// How far the zone is ahead of UTC, by quarter of an hour: no zone changes between two.
    offsets: StoredValue<HashMap<i64, i64>>,
}

/// Today, the chosen zone, and whether hours are counted to twelve.
pub type ClockSetting = (Option<CivilDate>, Option<String>, bool);

/// Gives the clock to everything below, and moves it at midnight.
pub fn provide_clock() {
    let clock = LocalClock::unknown();
    let today = clock.today;
    provide_context(clock);
    Effect::new(move |_| {
        let look = move || {
            clock.forget_zone();
            let chosen = clock.chosen.get_untracked();
            let date = now().date(offset_minutes(now(), chosen.as_deref()));
            if today.get_untracked() != Some(date) {
                today.set(Some(date));
            }
            clock.now.set(Some(now()));
        };
        look();
        if let Ok(interval) = set_interval_with_handle(look, Duration::from_secs(20)) {
            on_cleanup(move || interval.clear());
        }
    });
}

/// See [`LocalClock`].
pub fn use_clock() -> LocalClock {
    use_context().unwrap_or_else(LocalClock::unknown)
}

impl LocalClock {
    fn unknown() -> Self {
        Self {
            today: RwSignal::new(None),
            now: RwSignal::new(None),
            chosen: RwSignal::new(None),
            has_twelve: RwSignal::new(false),
            zone: StoredValue::new(None),
            offsets: StoredValue::default(),
        }
    }

    /// People travel, and take their machines with them.
    fn forget_zone(self) {
        self.zone.set_value(None);
        self.offsets.update_value(HashMap::clear);
    }

    /// Goes by this zone from now on; by the device's own without one.
    pub fn follow_zone(self, zone: Option<String>) {
        if self.chosen.with_untracked(|it| *it != zone) {
            self.offsets.update_value(HashMap::clear);
            self.chosen.set(zone);
        }
    }

    /// Counts the hours to 24 from now on, or to 12; as the browser's language does without a choice.
    pub fn follow_hours(self, is_24h: Option<bool>) {
        let has_twelve = is_24h.map_or_else(has_twelve_hours, |it| !it);
        if self.has_twelve.get_untracked() != has_twelve {
            self.has_twelve.set(has_twelve);
        }
    }

    fn zone_name(self) -> String {
        if let Some(chosen) = self.chosen.get() {
            return chosen;
        }
        if let Some(name) = self.zone.get_value() {
            return name;
        }
        let name = local_zone();
        self.zone.set_value(Some(name.clone()));
        name
    }

    /// All that the texts of instants depend on, but for the moment itself. What lives shortly and reads texts untracked is to
    /// be told when this changes: a signal keeps something of everyone who has ever read it until it changes next, and
    /// these hardly ever do.
    pub fn setting(self) -> ClockSetting {
        (self.today.get(), self.chosen.get(), self.has_twelve.get())
    }

    /// On which day an instant lies.
    pub fn date(self, instant: Timestamp) -> CivilDate {
        instant.date(self.offset(instant))
    }

    /// The time of day, such as `09:04`, or `9:04 AM`.
    pub fn time(self, instant: Timestamp) -> String {
        self.face(instant, self.offset(instant))
    }

    fn face(self, instant: Timestamp, offset_minutes: i64) -> String {
        let time = time_text(instant, offset_minutes);
        if self.has_twelve.get() { twelve_hours(&time) } else { time }
    }

    /// The time of day to the second, such as `09:04:31`.
    pub fn time_with_seconds(self, instant: Timestamp) -> String {
        let offset = self.offset(instant);
        let (.., second, _) = instant.plus_ms(offset * 60_000).time_of_day();
        format!("{}:{second:02}", time_text(instant, offset))
    }

    /// In few letters: the time of day today, and `Yesterday` or `21 Nov` before.
    pub fn brief(self, instant: Timestamp) -> String {
        let offset = self.offset(instant);
        brief_text(instant, offset, self.today.get(), || self.time(instant))
    }

    /// `Today`, `Yesterday`, or the date.
    pub fn day(self, date: CivilDate) -> String {
        day_text(date, self.today.get())
    }

    /// How long ago an instant was: `just now`, `5 min ago`, `2 h ago`, `Yesterday 16:42`, then the date. Moves by itself.
    pub fn ago(self, instant: Timestamp) -> String {
        let time = self.time(instant);
        match (self.now.get(), self.today.get()) {
            (Some(now), Some(today)) => ago_text(now.unix_ms() - instant.unix_ms(), today, self.date(instant), &time),
            _ => short_date(instant.date(0), None) + ", " + &time,
        }
    }

    /// Whether an instant has not come yet; never in the first render.
    pub fn is_ahead(self, instant: Timestamp) -> bool {
        self.now.get().is_some_and(|it| it < instant)
    }

    /// The day and the time of it, such as `Today 14:00`.
    pub fn day_and_time(self, instant: Timestamp) -> String {
        self.day(self.date(instant)) + " " + &self.time(instant)
    }

    /// Everything, for those who want to know exactly.
    pub fn full(self, instant: Timestamp) -> String {
        let offset = self.offset(instant);
        let zone = if self.today.get().is_some() { self.zone_name() } else { "UTC".to_owned() };
        format!("{}, {} {zone}", day_text(instant.date(offset), None), self.face(instant, offset))
    }

    /// The minute of the day, 0 to 1439.
    pub fn minute_of_day(self, instant: Timestamp) -> u32 {
        let (hour, minute, ..) = instant.plus_ms(self.offset(instant) * 60_000).time_of_day();
        u32::try_from(hour * 60 + minute).unwrap_or_default()
    }

    fn offset(self, instant: Timestamp) -> i64 {
        let chosen = self.chosen.get();
        if self.today.get().is_none() {
            return 0;
        }
        let quarter = instant.unix_ms().div_euclid(QUARTER_MS);
        if let Some(offset) = self.offsets.with_value(|it| it.get(&quarter).copied()) {
            return offset;
        }
        let offset = offset_minutes(instant, chosen.as_deref());
        self.offsets.update_value(|it| {
            it.insert(quarter, offset);
        });
        offset
    }
}

/// How far the chosen zone is ahead of UTC at an instant; the device's own where none is chosen, or none that is known.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "both are far below 2^53")]
fn offset_minutes(instant: Timestamp, chosen: Option<&str>) -> i64 {
    if let Some(offset) = chosen.and_then(|zone| offset_in(zone, instant)) {
        return offset;
    }
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(instant.unix_ms() as f64));
    -(date.get_timezone_offset() as i64)
}

pub(super) fn time_text(instant: Timestamp, offset_minutes: i64) -> String {
    let (hour, minute, ..) = instant.plus_ms(offset_minutes * 60_000).time_of_day();
    format!("{hour:02}:{minute:02}")
}

/// The same with twelve hours: `9:04 AM` for `09:04`.
fn twelve_hours(time: &str) -> String {
    let (hour, rest) = time.split_once(':').unwrap_or_default();
    let hour: u32 = hour.parse().unwrap_or_default();
    let half = if hour < 12 { " AM" } else { " PM" };
    ((hour + 11) % 12 + 1).to_string() + ":" + rest + half
}

fn brief_text(
    instant: Timestamp,
    offset_minutes: i64,
    today: Option<CivilDate>,
    time: impl FnOnce() -> String,
) -> String {
    let date = instant.date(offset_minutes);
    let (year, month, day) = date.year_month_day();
    match today.map(|it| (it.days_since(date), it.year_month_day().0 == year)) {
        // Also of a clock that is ahead of ours.
        None | Some((i64::MIN..=0, _)) => time(),
        Some((1, _)) => "Yesterday".to_owned(),
        Some((_, is_this_year)) => {
            let month = MONTHS.get(usize::from(month) - 1).map_or("", |it| &it[..3]);
            if is_this_year { format!("{day} {month}") } else { format!("{month} {year}") }
        }
    }
}

fn day_text(date: CivilDate, today: Option<CivilDate>) -> String {
    let (year, month, day) = date.year_month_day();
    match today.map(|it| it.days_since(date)) {
        Some(0) => return "Today".to_owned(),
        Some(1) => return "Yesterday".to_owned(),
        _ => {}
    }
    let weekday = usize::try_from(date.weekday()).ok().and_then(|it| WEEKDAYS.get(it)).unwrap_or(&"");
    let month = MONTHS.get(usize::from(month) - 1).unwrap_or(&"");
    if today.is_some_and(|it| it.year_month_day().0 == year) {
        format!("{weekday} {day} {month}")
    } else {
        format!("{weekday} {day} {month} {year}")
    }
}

fn ago_text(ago_ms: i64, today: CivilDate, date: CivilDate, time: &str) -> String {
    // A clock that is a little behind the server's would tell of the future.
    match ago_ms / 1_000 {
        ..45 => "just now".to_owned(),
        45..3_600 => (ago_ms / 60_000).max(1).to_string() + " min ago",
        3_600..43_200 if today == date => (ago_ms / 3_600_000).to_string() + " h ago",
        _ => match today.days_since(date) {
            ..=0 => time.to_owned(),
            1 => "Yesterday ".to_owned() + time,
            _ => short_date(date, Some(today)),
        },
    }
}

/// `22 Nov`, with the year if it is not this one.
fn short_date(date: CivilDate, today: Option<CivilDate>) -> String {
    let (year, month, day) = date.year_month_day();
    let month = MONTHS.get(usize::from(month) - 1).and_then(|it| it.get(..3)).unwrap_or("");
    let text = day.to_string() + " " + month;
    if today.is_some_and(|it| it.year_month_day().0 == year) { text } else { text + " " + &year.to_string() }
}

/// How long ago something was; the whole date is in its title.
#[component]
pub fn AgoText(at: Timestamp) -> impl IntoView {
    let clock = use_clock();
    view! {
        <time datetime=at.to_string() title=move || clock.full(at)>
            {move || clock.ago(at)}
        </time>
    }
    .into_any()
}

/// A time of day; the whole date is in its title.
#[component]
pub fn TimeText(#[prop(into)] at: Signal<Timestamp>) -> impl IntoView {
    let clock = use_clock();
    view! {
        <time datetime=move || at.get().to_string() title=move || clock.full(at.get())>
            {move || clock.time(at.get())}
        </time>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_named_by_its_distance() {
        let today = Some(instant("2026-11-22T12:00:00Z").date(0));
        for (at, text) in [
            ("2026-11-22T00:00:00Z", "Today"),
            ("2026-11-21T23:59:59Z", "Yesterday"),
            ("2026-11-20T12:00:00Z", "Friday 20 November"),
            ("2025-11-22T12:00:00Z", "Saturday 22 November 2025"),
            ("2026-11-23T12:00:00Z", "Monday 23 November"),
        ] {
            assert_eq!(day_text(instant(at).date(0), today), text);
        }
        assert_eq!(day_text(instant("2026-11-22T12:00:00Z").date(0), None), "Sunday 22 November 2026");
    }

    #[test]
    fn what_was_a_while_ago_is_told_by_its_distance() {
        let now = instant("2026-11-22T12:00:00Z");
        let ago = |at: &str| {
            let at = instant(at);
            ago_text(now.unix_ms() - at.unix_ms(), now.date(0), at.date(0), &time_text(at, 0))
        };
        for (at, text) in [
            ("2026-11-22T12:00:09Z", "just now"),
            ("2026-11-22T11:59:16Z", "just now"),
            ("2026-11-22T11:59:15Z", "1 min ago"),
            ("2026-11-22T11:55:00Z", "5 min ago"),
            ("2026-11-22T09:30:00Z", "2 h ago"),
            ("2026-11-21T23:30:00Z", "Yesterday 23:30"),
            ("2026-11-21T16:42:00Z", "Yesterday 16:42"),
            ("2026-11-03T16:42:00Z", "3 Nov"),
            ("2025-11-03T16:42:00Z", "3 Nov 2025"),
        ] {
            assert_eq!(ago(at), text, "{at}");
        }
    }

    #[test]
    fn noon_and_midnight_are_twelve_where_there_are_twelve_hours() {
        for (time, text) in [
            ("00:00", "12:00 AM"),
            ("00:59", "12:59 AM"),
            ("09:04", "9:04 AM"),
            ("11:59", "11:59 AM"),
            ("12:00", "12:00 PM"),
            ("13:05", "1:05 PM"),
            ("23:59", "11:59 PM"),
        ] {
            assert_eq!(twelve_hours(time), text);
        }
    }

    #[test]
    fn few_letters_say_when() {
        let today = Some(instant("2026-11-22T12:00:00Z").date(0));
        let brief = |at: &str, today| brief_text(instant(at), 0, today, || time_text(instant(at), 0));
        for (at, text) in [
            ("2026-11-22T09:04:31Z", "09:04"),
            ("2026-11-23T00:01:00Z", "00:01"),
            ("2026-11-21T23:59:59Z", "Yesterday"),
            ("2026-09-01T12:00:00Z", "1 Sep"),
            ("2025-11-22T12:00:00Z", "Nov 2025"),
        ] {
            assert_eq!(brief(at, today), text);
        }
        assert_eq!(brief("2025-11-22T12:00:00Z", None), "12:00");
    }

    #[test]
    fn a_time_is_told_in_the_zone() {
        assert_eq!(time_text(instant("2026-11-22T23:04:31Z"), 0), "23:04");
        assert_eq!(time_text(instant("2026-11-22T23:04:31Z"), 330), "04:34");
        assert_eq!(time_text(instant("2026-11-22T03:04:31Z"), -300), "22:04");
    }
}
