//! Changes of settings by their path, as the page makes them and the server takes them.

use serde_json::{Map, Value};

use super::model::Settings;

/// The settings with another value at `path`, such as `privacy.last_seen`. `None` if there is no such setting, or the
/// value can't be one of it.
pub fn changed(settings: &Settings, path: &str, value: Value) -> Option<Settings> {
    let mut document = serde_json::to_value(settings).ok()?;
    let mut place = &mut document;
    for part in path.split('.') {
        place = place.as_object_mut()?.get_mut(part)?;
    }
    *place = value;
    serde_json::from_value(document).ok()
}

/// A document that holds no more than the value at `path`, in the form of the whole.
pub fn change_of(path: &str, value: Value) -> Value {
    path.rsplit('.').fold(value, |inner, part| Value::Object(Map::from_iter([(part.to_owned(), inner)])))
}

/// A minute of the day as a clock shows it: `22:05`.
pub fn clock_text(minute: u32) -> String {
    let two = |number: u32| if number < 10 { "0".to_owned() + &number.to_string() } else { number.to_string() };
    two(minute / 60) + ":" + &two(minute % 60)
}

/// The minute of the day that a clock shows; `None` for what is no time.
pub fn minute_from(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.get(..2)?.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_setting_is_changed_by_its_path_alone() {
        let settings = changed(&Settings::default(), "privacy.last_seen", json!(false)).unwrap();
        assert!(!settings.privacy.last_seen && settings.privacy.sends_typing);
        assert_eq!(changed(&settings, "privacy.nothing", json!(1)), None);
        assert_eq!(changed(&settings, "privacy.last_seen", json!("no")), None);
        let hours = json!({ "from_minute": 1320, "to_minute": 420, "lets_money_through": true });
        let quiet = changed(&settings, "notifications.quiet_hours", hours).unwrap();
        assert_eq!(quiet.notifications.quiet_hours.map(|it| it.from_minute), Some(1_320));
        assert_eq!(change_of("a.b", json!(1)), json!({ "a": { "b": 1 } }));
    }

    #[test]
    fn a_time_of_the_day_and_back() {
        for (minute, text) in [(0, "00:00"), (1_325, "22:05"), (1_439, "23:59")] {
            assert_eq!(clock_text(minute), text);
            assert_eq!(minute_from(text), Some(minute));
        }
        assert_eq!(minute_from("07:30:00"), Some(450));
        for text in ["", "24:00", "7", "12:60", "a:b", "12:é"] {
            assert_eq!(minute_from(text), None, "{text}");
        }
    }
}
