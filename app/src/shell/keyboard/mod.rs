//! The keyboard: a table, one listener for the whole page, and the list that `?` shows.

mod help;
mod region;
mod table;

use leptos::ev;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast;

use crate::ui::browser::{focus, now};

pub use help::KeyboardHelp;
pub use table::Shortcut;

use table::{Press, Recognizer, TABLE};

/// The id of a page's filter, which `/` leads to.
pub const FILTER: &str = "filter";

/// Who does what when a key is pressed. Handles are copies of each other.
#[derive(Debug, Clone, Copy)]
pub struct Keyboard {
    /// The one that was added last does it.
    handlers: StoredValue<Vec<(u64, Shortcut, Callback<()>)>>,
    last_id: StoredValue<u64>,
    /// Whether keys without a modifier count: a setting, since they get in the way of speech input.
    pub has_single_keys: Signal<bool>,
    /// Whether the list of keys is open.
    pub is_help_open: RwSignal<bool>,
}

/// Gives the keyboard to everything below, and does what concerns the whole page.
pub(super) fn provide_keyboard(has_single_keys: Signal<bool>) -> Keyboard {
    let keyboard = Keyboard {
        handlers: StoredValue::new(Vec::new()),
        last_id: StoredValue::new(0),
        has_single_keys,
        is_help_open: RwSignal::new(false),
    };
    provide_context(keyboard);
    keyboard.on(Shortcut::Help, move || keyboard.is_help_open.set(true));
    keyboard.on(Shortcut::NextRegion, || region::walk(1));
    keyboard.on(Shortcut::PreviousRegion, || region::walk(-1));
    keyboard.on(Shortcut::Filter, || focus(FILTER));
    for binding in TABLE {
        if let Some(Shortcut::Go(path)) = binding.shortcut {
            let navigate = use_navigate();
            keyboard.on(Shortcut::Go(path), move || navigate(path, leptos_router::NavigateOptions::default()));
        }
    }
    Effect::new(move |_| {
        let recognizer = StoredValue::new(Recognizer::default());
        let listener = window_event_listener(ev::keydown, move |event| {
            if event.default_prevented() {
                return;
            }
            let has_single_keys = keyboard.has_single_keys.get_untracked();
            let press = read(&event);
            let meant = recognizer.try_update_value(|it| it.press(&press, now().unix_ms(), has_single_keys)).flatten();
            if meant.is_some_and(|it| keyboard.run(it)) {
                event.prevent_default();
            }
        });
        on_cleanup(move || listener.remove());
    });
    keyboard
}

/// See [`Keyboard`].
///
/// # Panics
/// Outside of the frame.
pub fn use_keyboard() -> Keyboard {
    expect_context()
}

impl Keyboard {
    /// Does something when the keys of `shortcut` are pressed, as long as the owner lives.
    pub fn on(self, shortcut: Shortcut, run: impl Fn() + Send + Sync + 'static) {
        let Some(id) = self.last_id.try_update_value(|it| {
            *it += 1;
            *it
        }) else {
            return;
        };
        self.handlers.update_value(|it| it.push((id, shortcut, Callback::new(move |()| run()))));
        on_cleanup(move || {
            self.handlers.try_update_value(|it| it.retain(|(other, ..)| *other != id));
        });
    }

    /// False if nobody does it on this page; then the browser may.
    fn run(self, shortcut: Shortcut) -> bool {
        let handler = self.handlers.with_value(|it| it.iter().rfind(|it| it.1 == shortcut).map(|it| it.2));
        handler.inspect(|it| it.run(())).is_some()
    }
}

fn read(event: &web_sys::KeyboardEvent) -> Press {
    let target = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
    let is_text = target.is_some_and(|it| {
        it.matches("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])").unwrap_or(false)
    });
    Press {
        key: event.key(),
        is_mod: event.ctrl_key() != event.meta_key(),
        is_alt: event.alt_key(),
        is_shift: event.shift_key(),
        is_typing: is_text || event.is_composing(),
        is_in_dialog: document().query_selector("dialog[open]").is_ok_and(|it| it.is_some()),
    }
}
