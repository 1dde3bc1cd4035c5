//! What widgets ask of the browser. Called from effects and event handlers only, so never on the server, but for `lower`.

use leptos::prelude::*;

use crate::time::Timestamp;

/// The browser's clock.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 are whole and far below 2^53")]
pub fn now() -> Timestamp {
    Timestamp::from_unix_ms(js_sys::Date::now() as i64)
}

/// Whether the page has come to life: false in the first render, true from the first effect on.
#[derive(Debug, Clone, Copy)]
pub struct Hydrated(RwSignal<bool>);

/// Marks the document as ready for input in the first effect, and tells everything below.
pub fn provide_hydrated() {
    let hydrated = RwSignal::new(false);
    provide_context(Hydrated(hydrated));
    Effect::new(move |_| {
        if let Some(root) = document().document_element()
            && root.set_attribute("data-hydrated", "true").is_ok()
        {
            hydrated.set(true);
        }
    });
}

/// See [`Hydrated`].
pub fn use_hydrated() -> Signal<bool> {
    use_context::<Hydrated>().map_or_else(|| Signal::from(false), |it| it.0.into())
}

/// Whether the browser believes to have a network; true in the first render.
pub fn use_online() -> Signal<bool> {
    let online = RwSignal::new(true);
    Effect::new(move |_| {
        online.set(window().navigator().on_line());
        let listeners = [
            window_event_listener(leptos::ev::online, move |_| online.set(true)),
            window_event_listener(leptos::ev::offline, move |_| online.set(false)),
        ];
        on_cleanup(move || listeners.into_iter().for_each(WindowListenerHandle::remove));
    });
    online.into()
}

/// Whole seconds until `end`, 0 once it has passed. Ticks once a second while there is something left to wait for.
pub fn use_countdown(end: Signal<Option<Timestamp>>) -> Signal<u64> {
    let left = RwSignal::new(0_u64);
    Effect::new(move |_| {
        let Some(end) = end.get() else {
            left.set(0);
            return;
        };
        let tick = move || {
            let ms = end.unix_ms().saturating_sub(now().unix_ms());
            left.set(u64::try_from(ms).unwrap_or_default().div_ceil(1_000));
        };
        tick();
        if let Ok(interval) = set_interval_with_handle(tick, std::time::Duration::from_millis(500)) {
            on_cleanup(move || interval.clear());
        }
    });
    left.into()
}

/// Puts the focus on the element with this id, if it is on the page.
pub fn focus(id: &str) {
    use wasm_bindgen::JsCast;
    if let Some(element) = document().get_element_by_id(id).and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        // An element that can't take the focus leaves it where it is: nothing to mend here.
        element.focus().ok();
    }
}

/// Puts the focus on what the page has come to say, unless somebody has begun to use the page already.
pub fn focus_first(id: &str) {
    if document().active_element().is_none_or(|it| it.tag_name() == "BODY") {
        focus(id);
    }
}

/// What HTML says, without its marks. For HTML that the server has sanitised: the browser reads it as its own.
pub fn words_of(html: &str) -> String {
    let Ok(place) = document().create_element("div") else { return String::new() };
    place.set_inner_html(html);
    place.text_content().unwrap_or_default()
}

/// Sets an attribute of `<html>`, or takes it away.
pub fn set_root_attribute(name: &str, value: Option<&str>) {
    let Some(root) = document().document_element() else { return };
    // Refused only for names that are none.
    match value {
        Some(value) => root.set_attribute(name, value).ok(),
        None => root.remove_attribute(name).ok(),
    };
}

/// The value of a cookie that script may read.
pub fn cookie(name: &str) -> Option<String> {
    use wasm_bindgen::JsCast;
    let cookies = document().dyn_into::<web_sys::HtmlDocument>().ok()?.cookie().ok()?;
    let value = cookies.split("; ").find_map(|it| it.split_once('=').filter(|(key, _)| *key == name))?.1;
    Some(js_sys::decode_uri_component(value).map_or_else(|_| value.to_owned(), String::from))
}

/// Keeps a cookie for a year, for the whole site.
pub fn set_cookie(name: &str, value: &str) {
    use wasm_bindgen::JsCast;
    if let Ok(document) = document().dyn_into::<web_sys::HtmlDocument>() {
        let secure = if window().location().protocol().is_ok_and(|it| it == "https:") { "; Secure" } else { "" };
        // Refused only where cookies are switched off, and then nobody is signed in.
        document.set_cookie(&format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax{secure}")).ok();
    }
}

/// Leaves for the sign-in page, which says that the session has ended and leads back here.
pub fn go_to_sign_in() {
    let here = window().location().pathname().unwrap_or_default();
    let next = js_sys::encode_uri_component(&here);
    // A browser that goes nowhere stays where the banner says the same.
    window().location().set_href(&format!("/sign-in?ended=1&next={next}")).ok();
}
