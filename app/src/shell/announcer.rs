//! What is read aloud: two regions that are there from the first HTML on, since one that comes later is not heard.

use std::time::Duration;

use leptos::prelude::*;

use crate::time::Timestamp;
use crate::ui::browser::now;

/// The shortest time between two arrivals that are read aloud.
const PAUSE_MS: i64 = 2_000;

/// Arrivals waiting to be read aloud, never more than one in two seconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Arrivals {
    waiting: Vec<String>,
    spoken_at: Option<Timestamp>,
}

impl Arrivals {
    /// When the next may be spoken, if one waits.
    fn due_at(&self, now: Timestamp) -> Option<Timestamp> {
        let earliest = self.spoken_at.map_or(now, |it| it.plus_ms(PAUSE_MS));
        (!self.waiting.is_empty()).then(|| earliest.max(now))
    }

    /// What to say now: the one that waits, or how many.
    fn speak(&mut self, now: Timestamp) -> Option<String> {
        if self.due_at(now)? > now {
            return None;
        }
        self.spoken_at = Some(now);
        let mut waiting = std::mem::take(&mut self.waiting);
        if waiting.len() == 1 { waiting.pop() } else { Some(format!("{} new messages", waiting.len())) }
    }
}

/// Says things to those who listen instead of look.
#[derive(Debug, Clone, Copy)]
pub struct Announcer {
    polite: RwSignal<String>,
    urgent: RwSignal<String>,
    arrivals: StoredValue<Arrivals>,
}

/// Gives the announcer to everything below.
pub fn provide_announcer() -> Announcer {
    let announcer = Announcer {
        polite: RwSignal::default(),
        urgent: RwSignal::default(),
        arrivals: StoredValue::new(Arrivals::default()),
    };
    provide_context(announcer);
    announcer
}

/// See [`Announcer`].
///
/// # Panics
/// Outside of the app.
pub fn use_announcer() -> Announcer {
    expect_context()
}

impl Announcer {
    /// Says something when there is a pause.
    pub fn say(self, text: impl Into<String>) {
        set_anew(self.polite, text.into());
    }

    /// Says at once what must not be missed.
    pub fn say_now(self, text: impl Into<String>) {
        set_anew(self.urgent, text.into());
    }

    /// Says that a message has come: at most one in two seconds, and of more only how many.
    pub fn arrived(self, text: String) {
        let is_first = self.arrivals.try_update_value(|it| {
            it.waiting.push(text);
            it.waiting.len() == 1
        });
        if is_first == Some(true) {
            self.speak_arrivals();
        }
    }

    fn speak_arrivals(self) {
        let now = now();
        let said = self.arrivals.try_update_value(|it| it.speak(now)).flatten();
        if let Some(text) = said {
            self.say(text);
        } else if let Some(due_at) = self.arrivals.with_value(|it| it.due_at(now)) {
            let wait_ms = u64::try_from(due_at.unix_ms() - now.unix_ms()).unwrap_or_default();
            set_timeout(move || self.speak_arrivals(), Duration::from_millis(wait_ms + 1));
        }
    }
}

/// A region is read when its text changes, so the same text again gets an invisible difference.
fn set_anew(region: RwSignal<String>, text: String) {
    let is_same = region.with_untracked(|it| *it == text);
    region.set(if is_same { format!("{text}\u{a0}") } else { text });
}

/// The two regions.
#[component]
pub fn LiveRegions(announcer: Announcer) -> impl IntoView {
    view! {
        <div class="vh" role="status">
            {move || announcer.polite.get()}
        </div>
        <div class="vh" role="alert">
            {move || announcer.urgent.get()}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_unix_ms(ms)
    }

    #[test]
    fn arrivals_are_read_one_in_two_seconds_and_then_counted() {
        let mut arrivals = Arrivals::default();
        assert_eq!(arrivals.speak(at(0)), None, "nothing waits");
        arrivals.waiting.push("Jonas R: Hello".to_owned());
        assert_eq!(arrivals.speak(at(0)).as_deref(), Some("Jonas R: Hello"));
        arrivals.waiting.extend((1..=5).map(|it| format!("Mei D: {it}")));
        assert_eq!(arrivals.speak(at(1_999)), None);
        assert_eq!(arrivals.due_at(at(1_999)), Some(at(2_000)));
        assert_eq!(arrivals.speak(at(2_000)).as_deref(), Some("5 new messages"));
        assert_eq!(arrivals.due_at(at(2_001)), None);
    }
}
