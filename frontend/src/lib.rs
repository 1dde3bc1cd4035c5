//! The app's entry in the browser.

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;

/// Brings the page that the server has rendered to life.
#[wasm_bindgen]
pub fn hydrate() {
    // A release ends without a word where a development build says what happened, and does without the words' weight.
    #[cfg(debug_assertions)]
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        let place = panic.location().map_or_else(String::new, |it| format!("{}:{}", it.file(), it.line()));
        app::shell::show_failure(&place);
    }));
    app::shell::watch_for_failure();
    spawn_local(async {
        let path = leptos::prelude::window().location().pathname().unwrap_or_default();
        match app::shell::load_parts_of(&path).await {
            Ok(()) => leptos::mount::hydrate_body(app::App),
            // The page can be read, and its forms be sent, but it won't come to life.
            Err(_) => app::shell::show_failure("part"),
        }
    });
}
