//! What stays when the page's program has stopped: a bar that was in the first HTML, and needs no program to work.

use js_sys::{Reflect, WebAssembly};
use leptos::prelude::*;
use wasm_bindgen::prelude::*;

const BAR: &str = "failure";
const PLACE: &str = "failure-place";

/// Hidden until [`show_failure`]. Its link is the browser's own, since nothing else answers any more.
#[component]
pub fn FailureBar() -> impl IntoView {
    view! {
        <div id=BAR class="alarm" role="alert" hidden>
            <p>
                "This page has stopped working. Reload it to go on. " <small class="alarm__id">
                    "Error " <code id=PLACE></code>
                </small>
            </p>
            <a class="button" data-size="small" href="" rel="external">
                "Reload"
            </a>
        </div>
    }
}

/// Shows the bar. `place` is where in the program it happened, such as `app/src/chat/view/list.rs:75`.
pub fn show_failure(place: &str) {
    // A page without the bar is none of ours, and there is nobody left to tell.
    let Some(bar) = document().get_element_by_id(BAR) else { return };
    bar.remove_attribute("hidden").ok();
    if let Some(element) = document().get_element_by_id(PLACE) {
        element.set_text_content(Some(&error_id(place)));
    }
}

/// Shows the bar when the program has trapped: a release has no panic hook that could do so. The listeners are all that is
/// still called then, and touch nothing of the program's own.
pub fn watch_for_failure() {
    for (event, member) in [("error", "error"), ("unhandledrejection", "reason")] {
        let listener = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
            let error = Reflect::get(&event, &member.into()).unwrap_or_default();
            let is_told = document().get_element_by_id(BAR).is_some_and(|it| !it.has_attribute("hidden"));
            if error.is_instance_of::<WebAssembly::RuntimeError>() && !is_told {
                let stack = Reflect::get(&error, &"stack".into()).ok().and_then(|it| it.as_string());
                show_failure(offset(&stack.unwrap_or_default()));
            }
        });
        // Refused by no browser; without it the page would stand still without a word.
        window().add_event_listener_with_callback(event, listener.as_ref().unchecked_ref()).ok();
        listener.forget();
    }
}

/// Where in the file it happened, from a stack such as `… at http://…/smartlink.….wasm:wasm-function[1237]:0xa341f`.
fn offset(stack: &str) -> &str {
    let after = stack.split_once("]:").map_or("", |(_, rest)| rest);
    after.split(|it: char| !it.is_ascii_alphanumeric()).next().unwrap_or_default()
}

/// Short enough to be read out on the telephone, and enough to find the line: `0.1.0/list.rs:75`.
fn error_id(place: &str) -> String {
    let file = place.rsplit(['/', '\\']).next().unwrap_or(place);
    format!("{}/{file}", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_release_stopped_is_read_from_the_stack() {
        let stack = "RuntimeError: unreachable\n  at http://a.example/pkg/smartlink.x1.wasm:wasm-function[1237]:0xa341f\n  at b]:0x2";
        assert_eq!(offset(stack), "0xa341f");
        assert_eq!(offset("RuntimeError: unreachable"), "");
    }

    #[test]
    fn the_id_names_version_file_and_line() {
        assert_eq!(error_id("app/src/chat/view/list.rs:75"), format!("{}/list.rs:75", env!("CARGO_PKG_VERSION")));
    }
}
