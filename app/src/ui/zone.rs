//! Time zones, as the browser knows them. Nothing of this runs on the server.

use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};

use super::clock::time_text;
use crate::time::Timestamp;

/// The device's zone as `Intl` calls it, such as `Europe/Berlin`.
pub fn local_zone() -> String {
    resolved(&js_sys::Object::new(), "timeZone").and_then(|it| it.as_string()).unwrap_or_default()
}

/// Whether people who read in the browser's language count hours to twelve.
pub(super) fn has_twelve_hours() -> bool {
    let options = js_sys::Object::new();
    // An object that was just made takes a field.
    js_sys::Reflect::set(&options, &"hour".into(), &"numeric".into()).ok();
    resolved(&options, "hour12").is_some_and(|it| it.is_truthy())
}

/// What the browser's own way to write instants comes to.
fn resolved(options: &js_sys::Object, name: &str) -> Option<JsValue> {
    let format = js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), options);
    js_sys::Reflect::get(&format.resolved_options(), &name.into()).ok()
}

/// All zones that the browser proposes; none where it can't tell.
pub fn time_zones() -> Vec<String> {
    let intl = js_sys::Reflect::get(&window(), &"Intl".into());
    let list = intl.and_then(|intl| {
        let supported = js_sys::Reflect::get(&intl, &"supportedValuesOf".into())?;
        supported.dyn_into::<js_sys::Function>()?.call1(&intl, &"timeZone".into())
    });
    list.map(|it| js_sys::Array::from(&it).iter().filter_map(|it| it.as_string()).collect()).unwrap_or_default()
}

/// Whether the browser knows a zone of this name.
pub fn is_time_zone(name: &str) -> bool {
    offset_in(name, Timestamp::from_unix_ms(0)).is_some()
}

/// The time of day in a zone at an instant; `None` for a zone that the browser doesn't know.
pub fn time_in(zone: &str, instant: Timestamp) -> Option<String> {
    Some(time_text(instant, offset_in(zone, instant)?))
}

/// How many minutes a zone is ahead of UTC at an instant; `None` for a zone that the browser doesn't know.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^53")]
pub(super) fn offset_in(zone: &str, instant: Timestamp) -> Option<i64> {
    let date = js_sys::Date::new(&JsValue::from_f64(instant.unix_ms() as f64));
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"timeZone".into(), &zone.into()).ok()?;
    // By hand, since an unknown zone is an exception. Sweden writes dates as the wire does.
    let format = js_sys::Reflect::get(&date, &"toLocaleString".into()).ok()?;
    let text = format.dyn_into::<js_sys::Function>().ok()?.call2(&date, &"sv-SE".into(), &options).ok()?.as_string()?;
    offset_from(&text, instant)
}

/// The offset, out of what a clock there shows: `2026-11-25 14:03:00`.
fn offset_from(text: &str, instant: Timestamp) -> Option<i64> {
    let (date, time) = text.split_once(' ')?;
    let there: Timestamp = (date.to_owned() + "T" + time + "Z").parse().ok()?;
    let second = instant.unix_ms().div_euclid(1_000) * 1_000;
    Some((there.unix_ms() - second) / 60_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_there_tells_how_far_the_zone_is_ahead() {
        let instant: Timestamp = "2026-11-25T13:03:00.250Z".parse().unwrap();
        for (text, offset) in [
            ("2026-11-25 14:03:00", Some(60)),
            ("2026-11-25 18:33:00", Some(330)),
            ("2026-11-25 08:03:00", Some(-300)),
            ("2026-11-25 13:03:00", Some(0)),
            ("soon", None),
        ] {
            assert_eq!(offset_from(text, instant), offset, "{text}");
        }
    }
}
