//! The emoji that one can react with: some at once, and all by a search.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::emoji::{self, Emoji, OFFERED};
use crate::chat::state::MessageRow;
use crate::chat::store::Desk;
use crate::rest;
use crate::ui::browser::focus;
use crate::ui::place_popover;

/// Its id in the page.
pub(super) const REACTIONS: &str = "reactions";
const SEARCH: &str = "reactions-search";
/// How many signs stand in a row.
const COLUMNS: usize = 8;

/// How far the list of all emoji has come.
#[derive(Debug, Clone, PartialEq)]
enum All {
    Unasked,
    Loading,
    Here(StoredValue<Vec<Emoji>>),
    Failed,
}

/// What somebody looks for, and what there is. Handles are copies of each other.
#[derive(Clone, Copy)]
struct Picker {
    desk: Desk,
    row: RwSignal<MessageRow>,
    search: RwSignal<String>,
    all: RwSignal<All>,
    found: Memo<Vec<Emoji>>,
}

impl Picker {
    fn new(desk: Desk, row: RwSignal<MessageRow>) -> Self {
        let (search, all) = (RwSignal::new(String::new()), RwSignal::new(All::Unasked));
        let found = Memo::new(move |_| match all.get() {
            All::Here(list) => search.with(|text| list.with_value(|it| emoji::found(it, text))),
            All::Unasked | All::Loading | All::Failed => Vec::new(),
        });
        Self { desk, row, search, all, found }
    }

    fn load(self) {
        if matches!(self.all.get_untracked(), All::Unasked | All::Failed) {
            self.all.set(All::Loading);
            spawn_local(async move {
                let answer = rest::get(emoji::ALL).await;
                // The buttons may be gone by then.
                self.all.try_set(answer.map_or(All::Failed, |list| All::Here(StoredValue::new(list))));
            });
        }
    }

    fn react(self, sign: &str) {
        if let Some(picker) = document().get_element_by_id(REACTIONS) {
            // One that is closed already stays so.
            picker.unchecked_into::<HtmlElement>().hide_popover().ok();
        }
        if let Some(id) = self.row.with_untracked(MessageRow::id) {
            self.desk.react(id, sign);
        }
    }

    /// One emoji, in the tone that its reader has chosen.
    fn button(self, sign: &str, name: &str, takes_tone: bool) -> AnyView {
        let tone = self.desk.store.settings.settings.with(|it| it.chat.skin_tone);
        let sign = emoji::in_tone(sign, takes_tone, tone);
        let (shown, title, name) = (sign.clone(), name.to_owned(), name.to_owned());
        view! {
            <button r#type="button" class="emoji" title=title on:click=move |_| self.react(&sign)>
                <span aria-hidden="true">{shown}</span>
                <span class="vh">{name}</span>
            </button>
        }
        .into_any()
    }
}

/// What the button "React" opens.
#[component]
pub(super) fn ReactionPicker(desk: Desk, row: RwSignal<MessageRow>) -> impl IntoView {
    let picker = Picker::new(desk, row);
    let count = move || match picker.found.with(Vec::len) {
        0 => String::new(),
        count => count.to_string() + " emoji",
    };
    view! {
        <div
            id=REACTIONS
            class="menu menu-anchored emojis"
            popover
            role="dialog"
            aria-label="Reactions"
            on:toggle=move |event| {
                place_popover(&event);
                let target = event.target().and_then(|it| it.dyn_into::<HtmlElement>().ok());
                if !target.is_some_and(|it| it.matches(":popover-open").unwrap_or_default()) {
                    picker.search.set(String::new());
                }
            }
            on:keydown=move |event| walk(&event)
        >
            <label class="vh" for=SEARCH>
                "Search emoji"
            </label>
            <input
                id=SEARCH
                class="emojis__search"
                r#type="search"
                autocomplete="off"
                placeholder="Search emoji…"
                prop:value=move || picker.search.get()
                on:focus=move |_| picker.load()
                on:input:target=move |event| picker.search.set(event.target().value())
            />
            <div class="emojis__grid">{move || found(picker)}</div>
            <p class="vh" role="status">
                {count}
            </p>
        </div>
    }
    .into_any()
}

/// Those that are offered, or that fit what is typed; or why there are none.
fn found(picker: Picker) -> AnyView {
    let text = picker.search.get();
    if text.trim().is_empty() {
        let offered = OFFERED.map(|(sign, name, takes_tone)| picker.button(sign, name, takes_tone));
        return offered.into_iter().collect_view().into_any();
    }
    let note = |text: String| view! { <p class="emojis__note">{text}</p> }.into_any();
    match picker.all.get() {
        All::Unasked | All::Loading => note("Loading emoji…".to_owned()),
        All::Failed => view! {
            <p class="emojis__note" role="alert">
                "Couldn't load emoji. "
                <button r#type="button" class="button" data-size="small" on:click=move |_| picker.load()>
                    "Try again"
                </button>
            </p>
        }
        .into_any(),
        All::Here(_) => picker.found.with(|found| {
            if found.is_empty() {
                return note(["No emoji matches “", text.trim(), "”."].concat());
            }
            found
                .iter()
                .map(|Emoji(sign, name, _, takes_tone)| picker.button(sign, name, *takes_tone))
                .collect_view()
                .into_any()
        }),
    }
}

/// The arrows go from sign to sign, and up to the search; letters are searched for.
fn walk(event: &KeyboardEvent) {
    let Ok(signs) = document().query_selector_all(".emojis:popover-open .emoji") else { return };
    let count = usize::try_from(signs.length()).unwrap_or_default();
    let focused = document().active_element();
    let is_focused = |it: &usize| {
        signs
            .get(u32::try_from(*it).unwrap_or(u32::MAX))
            .is_some_and(|it| Some(&it) == focused.as_ref().map(AsRef::as_ref))
    };
    let at = (0..count).find(is_focused);
    let key = event.key();
    let next = match (key.as_str(), at) {
        // Of one sign, as every key that writes.
        (key, Some(_)) if key.trim().chars().count() == 1 && !event.ctrl_key() && !event.meta_key() => {
            // The letter itself goes where the focus is by then.
            focus(SEARCH);
            event.stop_propagation();
            return;
        }
        ("ArrowRight", Some(at)) => (at + 1) % count,
        ("ArrowLeft", Some(at)) => (at + count - 1) % count,
        ("ArrowDown", Some(at)) => (at + COLUMNS).min(count - 1),
        ("ArrowUp", Some(at)) if at < COLUMNS => {
            event.prevent_default();
            return focus(SEARCH);
        }
        ("ArrowUp", Some(at)) => at - COLUMNS,
        ("ArrowDown", None) if count > 0 => 0,
        // What was looked for is chosen without a way through the list.
        ("Enter", None) => {
            event.prevent_default();
            if let Some(sign) = signs.get(0).and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
                sign.click();
            }
            return;
        }
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    let next = signs.get(u32::try_from(next).unwrap_or_default());
    if let Some(sign) = next.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        sign.focus().ok();
    }
}
