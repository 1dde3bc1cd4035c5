//! What is shown while something is so.

use leptos::prelude::*;

use super::live::live;

/// Shows its children while something is so, as leptos' `<Show>` does; one for all of them, so that the browser's code for
/// it is there once.
#[component]
pub fn When(#[prop(into)] is: Signal<bool>, children: ChildrenFn) -> impl IntoView {
    let is = Memo::new(move |_| is.get());
    live(move || is.get().then(|| children()))
}
