//! After a change of page: the focus goes to its heading, and its name is read aloud.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use wasm_bindgen::JsCast;

use super::announcer::Announcer;

/// Watches the address. The page that was loaded first keeps the focus where the browser put it.
#[component]
pub fn RouteFocus(announcer: Announcer) -> impl IntoView {
    let path = use_location().pathname;
    Effect::new(move |last: Option<String>| {
        let path = path.get();
        if last.is_some_and(|it| it != path) {
            request_animation_frame(move || arrive(announcer, FRAMES));
        }
        path
    });
}

/// How many frames a page that is loaded first may take: 5 s. Later the focus would be torn away from what somebody does.
const FRAMES: u32 = 300;

fn arrive(announcer: Announcer, frames_left: u32) {
    let heading = document().query_selector("h1").ok().flatten();
    if let Some(heading) = heading.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        // Without the focus the name is still read aloud.
        heading.focus().ok();
        announcer.say(heading.inner_text());
    } else if frames_left > 0 {
        request_animation_frame(move || arrive(announcer, frames_left - 1));
    }
}
