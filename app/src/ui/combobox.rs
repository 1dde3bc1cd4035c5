//! A field with a list below it that becomes shorter while one types.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::avatar::{Avatar, Presence};
use super::icon::{Icon, IconView};
use crate::accounts::UserSummary;

/// What stands before an option's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionSign {
    /// Somebody, and whether they are there.
    Person(UserSummary, Option<Presence>),
    /// A picture.
    Icon(Icon),
    /// Nothing.
    None,
}

/// One row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComboboxOption {
    /// What is handed out when it is chosen; unique in the list.
    pub key: String,
    /// Its name.
    pub label: String,
    /// More about it, in smaller letters.
    pub detail: String,
    /// What stands before it.
    pub sign: OptionSign,
    /// The heading that it stands under; rows of a group follow each other.
    pub group: &'static str,
}

/// The field and the list. Arrows move, Enter chooses, Escape empties the field first and is the page's then.
#[component]
pub fn Combobox(
    /// Unique on the page.
    id: &'static str,
    /// The field's name.
    label: &'static str,
    placeholder: &'static str,
    /// What is typed.
    query: RwSignal<String>,
    /// What is found for it, best first.
    #[prop(into)]
    options: Signal<Vec<ComboboxOption>>,
    on_choose: Callback<String>,
    /// Said in place of the list where nothing is found.
    #[prop(into)]
    nothing: Signal<String>,
) -> impl IntoView {
    let active = RwSignal::new(0_usize);
    let count = Memo::new(move |_| options.with(Vec::len));
    Effect::new(move |_| {
        query.track();
        active.set(0);
    });
    let at = move || active.get().min(count.get().saturating_sub(1));
    let list_id = format!("{id}-list");
    let press = move |event: KeyboardEvent| {
        if event.is_composing() {
            return;
        }
        let (at, count) = (untrack(at), count.get_untracked());
        match event.key().as_str() {
            "ArrowDown" if count > 0 => active.set((at + 1) % count),
            "ArrowUp" if count > 0 => active.set((at + count - 1) % count),
            "Home" if event.ctrl_key() => active.set(0),
            "End" if event.ctrl_key() => active.set(count.saturating_sub(1)),
            "Enter" => {
                if let Some(key) = options.with_untracked(|it| it.get(at).map(|it| it.key.clone())) {
                    on_choose.run(key);
                }
            }
            "Escape" if !query.read_untracked().is_empty() => query.set(String::new()),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
        show_active(id, active.get_untracked());
    };
    view! {
        <div class="combobox">
            <label class="vh" for=id>
                {label}
            </label>
            <div class="combobox__field">
                <IconView icon=Icon::Search />
                <input
                    id=id
                    r#type="text"
                    role="combobox"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    placeholder=placeholder
                    aria-autocomplete="list"
                    aria-expanded=move || (count.get() > 0).to_string()
                    aria-controls=list_id.clone()
                    aria-activedescendant=move || (count.get() > 0).then(|| option_id(id, at()))
                    prop:value=move || query.get()
                    on:input:target=move |event| query.set(event.target().value())
                    on:keydown=press
                />
            </div>
            <ul class="combobox__list" id=list_id role="listbox" aria-label=label>
                {move || rows(id, &options.get(), active, on_choose)}
            </ul>
            <p class="combobox__nothing" role="status">
                {move || if count.get() == 0 { nothing.get() } else { String::new() }}
            </p>
        </div>
    }
    .into_any()
}

fn option_id(id: &str, at: usize) -> String {
    format!("{id}-option-{at}")
}

fn rows(
    id: &'static str,
    options: &[ComboboxOption],
    active: RwSignal<usize>,
    on_choose: Callback<String>,
) -> impl IntoView + use<> {
    let mut last_group = "";
    let count = options.len();
    options
        .iter()
        .enumerate()
        .map(|(at, option)| {
            let heading = (option.group != last_group).then_some(option.group);
            last_group = option.group;
            let ComboboxOption { key, label, detail, sign, .. } = option.clone();
            let is_active = move || active.get().min(count.saturating_sub(1)) == at;
            view! {
                {heading
                    .map(|it| {
                        view! {
                            <li class="combobox__group" role="presentation">
                                {it}
                            </li>
                        }
                    })}
                <li
                    id=option_id(id, at)
                    class="combobox__option"
                    role="option"
                    aria-selected=move || is_active().to_string()
                    on:mousedown=|event| event.prevent_default()
                    on:click=move |_| on_choose.run(key.clone())
                >
                    {sign_view(sign)}
                    <span class="combobox__name" dir="auto">
                        {label}
                    </span>
                    {(!detail.is_empty()).then(|| view! { <span class="combobox__detail">" " {detail}</span> })}
                </li>
            }
        })
        .collect_view()
}

fn sign_view(sign: OptionSign) -> AnyView {
    match sign {
        OptionSign::Person(user, Some(presence)) => {
            view! { <Avatar user presence=Signal::from(presence) /> }.into_any()
        }
        OptionSign::Person(user, None) => view! { <Avatar user /> }.into_any(),
        OptionSign::Icon(icon) => view! { <IconView icon /> }.into_any(),
        OptionSign::None => ().into_any(),
    }
}

/// Keeps the row that Enter would choose in view.
fn show_active(id: &str, at: usize) {
    let Some(row) = document().get_element_by_id(&option_id(id, at)) else { return };
    let Some(list) = row.parent_element() else { return };
    let (row, frame) = (row.unchecked_into::<web_sys::HtmlElement>(), list.get_bounding_client_rect());
    let place = row.get_bounding_client_rect();
    #[expect(clippy::cast_possible_truncation, reason = "pixels of a screen")]
    if place.bottom() > frame.bottom() {
        list.set_scroll_top(list.scroll_top() + (place.bottom() - frame.bottom()) as i32);
    } else if place.top() < frame.top() {
        list.set_scroll_top(list.scroll_top() - (frame.top() - place.top()) as i32);
    }
}
