//! The list of keys that `?` shows.

use leptos::prelude::*;

use super::table::{Area, Binding, TABLE};
use super::use_keyboard;
use crate::ui::{Dialog, When};

/// The dialog with the whole table.
#[component]
pub fn KeyboardHelp() -> impl IntoView {
    let keyboard = use_keyboard();
    view! {
        <Dialog id="keyboard-help" open=keyboard.is_help_open title="Keyboard shortcuts">
            <div class="keys">
                {Area::ALL.map(|area| view! { <AreaKeys area /> })}
                <When is=move || !keyboard.has_single_keys.get()>
                    <p class="notice" data-kind="info">
                        "Keys without Ctrl or Alt are switched off in the settings."
                    </p>
                </When>
            </div>
        </Dialog>
    }
    .into_any()
}

#[component]
fn AreaKeys(area: Area) -> impl IntoView {
    let rows = TABLE.iter().filter(move |it| it.area == area).map(|Binding { keys, text, .. }| {
        view! {
            <div class="keys__row">
                <dt>{words(keys).into_iter().map(|it| view! { <kbd>{it}</kbd> }).collect_view()}</dt>
                <dd>{*text}</dd>
            </div>
        }
    });
    view! {
        <h3 class="keys__area">{area.label()}</h3>
        <dl class="keys__list">{rows.collect_view()}</dl>
    }
    .into_any()
}

/// What is printed on the keys.
fn words(keys: &str) -> Vec<&str> {
    let word = |key| match key {
        "Mod" => "Ctrl/Cmd",
        "ArrowUp" => "↑",
        "ArrowDown" => "↓",
        "Escape" => "Esc",
        other => other,
    };
    keys.split(['+', ' ']).map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_called_what_is_printed_on_them() {
        assert_eq!(words("Mod+k"), ["Ctrl/Cmd", "k"]);
        assert_eq!(words("Alt+Shift+ArrowUp"), ["Alt", "Shift", "↑"]);
        assert_eq!(words("g c"), ["g", "c"]);
    }
}
