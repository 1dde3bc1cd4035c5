//! One of several: radio buttons, segments, tabs; and one of two: the switch.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::browser::focus;
use super::each::Each;

/// One thing to choose: how it is kept, and how it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// How it is kept.
    pub value: String,
    /// How it is called.
    pub label: String,
}

impl Choice {
    /// One of a fixed list.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

/// How a group of radio buttons looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GroupLook {
    /// One under the other.
    #[default]
    List,
    /// Beside each other, as segments of one control.
    Segments,
}

/// Radio buttons under a name of their own.
#[component]
pub fn RadioGroup(
    /// Unique on the page; also the name under which a form sends it.
    id: &'static str,
    label: &'static str,
    choices: Vec<Choice>,
    #[prop(into)] chosen: Signal<String>,
    on_choose: Callback<String>,
    #[prop(optional)] look: GroupLook,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    let buttons = choices.into_iter().map(|Choice { value, label }| {
        let (own, sent) = (value.clone(), value.clone());
        view! {
            <label class="choice__item">
                <input
                    r#type="radio"
                    name=id
                    value=value
                    prop:checked=move || chosen.with(|it| *it == own)
                    checked=chosen.with_untracked(|it| *it == sent)
                    disabled=move || disabled.get()
                    on:change=move |_| on_choose.run(sent.clone())
                />
                <span>{label}</span>
            </label>
        }
    });
    let look = match look {
        GroupLook::List => "list",
        GroupLook::Segments => "segments",
    };
    view! {
        <div class="choice" role="radiogroup" aria-labelledby=format!("{id}-label")>
            <p class="choice__label" id=format!("{id}-label")>
                {label}
            </p>
            <div class="choice__items" data-look=look>
                {buttons.collect_view()}
            </div>
        </div>
    }
    .into_any()
}

/// On or off, at once. A box to tick underneath, so that a form without script sends it.
#[component]
pub fn Switch(
    /// Unique on the page; also the name under which a form sends it.
    id: &'static str,
    label: &'static str,
    /// What it means, below the label.
    #[prop(optional)]
    hint: Option<&'static str>,
    #[prop(into)] on: Signal<bool>,
    on_change: Callback<bool>,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    view! {
        <div class="switch">
            <div class="switch__text">
                <span id=format!("{id}-label")>{label}</span>
                {hint.map(|it| view! { <p class="field__hint" id=format!("{id}-hint")>{it}</p> })}
            </div>
            <input
                r#type="checkbox"
                role="switch"
                class="switch__button"
                id=id
                name=id
                value="true"
                aria-labelledby=format!("{id}-label")
                aria-describedby=hint.map(|_| format!("{id}-hint"))
                checked=on.get_untracked()
                prop:checked=move || on.get()
                disabled=move || disabled.get()
                on:change:target=move |event| on_change.run(event.target().checked())
            />
        </div>
    }
    .into_any()
}

/// One of several views of the same thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab {
    /// Unique among its siblings.
    pub key: &'static str,
    /// Its word, with a number where one belongs to it.
    pub label: String,
}

/// The tabs. The panel has the id `{id}-panel`, and is labelled by [`tab_id`] of what is chosen.
#[component]
pub fn Tabs(
    /// Unique on the page.
    id: &'static str,
    label: &'static str,
    #[prop(into)] tabs: Signal<Vec<Tab>>,
    chosen: RwSignal<&'static str>,
) -> impl IntoView {
    let press = move |event: KeyboardEvent| {
        let keys: Vec<&'static str> = tabs.with_untracked(|it| it.iter().map(|it| it.key).collect());
        let at = keys.iter().position(|it| *it == chosen.get_untracked()).unwrap_or(0);
        let next = match event.key().as_str() {
            "ArrowRight" => (at + 1) % keys.len(),
            "ArrowLeft" => (at + keys.len() - 1) % keys.len(),
            "Home" => 0,
            "End" => keys.len() - 1,
            _ => return,
        };
        event.prevent_default();
        chosen.set(keys[next]);
        focus(&tab_id(id, keys[next]));
    };
    view! {
        <div class="tabs" role="tablist" aria-label=label on:keydown=press>
            <Each each=move || tabs.get() key=|it| (it.key, it.label.clone()) let:tab>
                <button
                    r#type="button"
                    role="tab"
                    id=tab_id(id, tab.key)
                    class="tabs__tab"
                    aria-controls=format!("{id}-panel")
                    aria-selected=move || (chosen.get() == tab.key).to_string()
                    tabindex=move || if chosen.get() == tab.key { "0" } else { "-1" }
                    on:click=move |_| chosen.set(tab.key)
                >
                    {tab.label.clone()}
                </button>
            </Each>
        </div>
    }
    .into_any()
}

/// The id of one tab.
pub fn tab_id(id: &str, key: &str) -> String {
    format!("{id}-tab-{key}")
}
