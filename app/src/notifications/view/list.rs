//! The list: what the page brought, then everything that comes, each in its place.

use std::collections::HashMap;

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::filters::address;
use super::row::NotificationRow;
use super::shelf::{Load, Shelf};
use crate::ids::NotificationId;
use crate::notifications::api::{NotificationFilter, NotificationPage};
use crate::notifications::state::Inbox;
use crate::shell::use_keyboard;
use crate::time::CivilDate;
use crate::ui::{Each, EmptyState, ErrorCard, Icon, When, use_clock};

/// Where a notification stands in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// From 1 on.
    pub(super) number: usize,
    /// The day that it is the first of.
    pub(super) day: Option<CivilDate>,
}

/// The places of all that are on the page, and how many there are; `-1` if nobody knows.
#[derive(Clone, Copy)]
pub(super) struct Places {
    pub(super) of: Memo<HashMap<NotificationId, Place>>,
    pub(super) size: Memo<String>,
}

/// The list, as opening the page brought it.
#[component]
pub(super) fn InboxList(
    shelf: Shelf,
    filter: NotificationFilter,
    page: NotificationPage,
    is_newest: bool,
) -> impl IntoView {
    let position = page.position.clone();
    let inbox = shelf.inbox;
    inbox.set(Inbox::new(filter, page, is_newest));
    shelf.follow(position);
    let places = use_places(inbox);
    let keyboard = use_keyboard();
    let is_empty = Memo::new(move |_| inbox.with(|it| it.shown().is_empty()));
    let ids = move || inbox.with(|it| it.shown().iter().map(|it| it.id).collect::<Vec<_>>());
    let press = move |event: KeyboardEvent| press(shelf, keyboard.has_single_keys.get_untracked(), &event);
    view! {
        <NewOnes inbox />
        <LoadError shelf of_older=false />
        <When is=move || is_empty.get()>
            <Nothing inbox />
        </When>
        <div
            class="notifications__feed"
            role="feed"
            aria-label="Notifications"
            aria-busy=move || shelf.is_busy.get().then_some("true")
            hidden=move || is_empty.get()
            on:keydown=press
        >
            <Each each=ids key=|it| *it let:id>
                <NotificationRow shelf id places />
            </Each>
        </div>
        <LoadError shelf of_older=true />
        <Older shelf />
    }
    .into_any()
}

fn use_places(inbox: RwSignal<Inbox>) -> Places {
    let clock = use_clock();
    let of = Memo::new(move |_| {
        let mut last = None;
        let mut place = |number: usize, day: CivilDate| {
            let is_first = last.replace(day) != Some(day);
            Place { number, day: is_first.then_some(day) }
        };
        inbox.with(|it| {
            let dated = it.shown().iter().zip(1..).map(|(it, number)| (it.id, number, clock.date(it.created_at)));
            dated.map(|(id, number, day)| (id, place(number, day))).collect()
        })
    });
    let size = Memo::new(move |_| {
        let (count, has_more) = inbox.with(|it| (it.shown().len(), it.has_more()));
        if has_more { "-1".to_owned() } else { count.to_string() }
    });
    Places { of, size }
}

/// "3 new", where the reader is further down.
#[component]
fn NewOnes(inbox: RwSignal<Inbox>) -> impl IntoView {
    let count = Memo::new(move |_| inbox.with(Inbox::waiting_count));
    let show = move |_| {
        inbox.update(Inbox::show_waiting);
        if let Some(page) = document().get_element_by_id("content") {
            page.set_scroll_top(0);
        }
    };
    view! {
        <When is=move || { count.get() > 0 }>
            <div class="notifications__new">
                <button r#type="button" class="button" data-kind="primary" data-size="small" on:click=show>
                    {move || count.get().to_string() + " new"}
                </button>
            </div>
        </When>
    }
    .into_any()
}

/// What could not be loaded, in its place.
#[component]
fn LoadError(shelf: Shelf, of_older: bool) -> impl IntoView {
    move || {
        let (load, error) = shelf.failed.get().filter(|(load, _)| (*load == Load::Older) == of_older)?;
        let on_retry = Callback::new(move |()| shelf.load(load));
        Some(view! { <ErrorCard text="Couldn't load notifications." error on_retry /> })
    }
}

#[component]
fn Nothing(inbox: RwSignal<Inbox>) -> impl IntoView {
    let filter = Memo::new(move |_| inbox.with(Inbox::filter));
    move || {
        let text = match filter.get() {
            NotificationFilter::All | NotificationFilter::Unread => {
                return view! { <EmptyState icon=Icon::Bell text="You're all caught up." /> }.into_any();
            }
            NotificationFilter::Mentions => "Nobody has mentioned you or replied to you yet.",
            NotificationFilter::Money => "No money has moved yet.",
            NotificationFilter::Campaigns => "Nothing has happened to your campaigns yet.",
        };
        view! {
            <EmptyState icon=Icon::Bell text=text>
                <a class="button" href="/notifications">
                    "Show all"
                </a>
            </EmptyState>
        }
        .into_any()
    }
}

/// The way to older ones: below the list with script, as a page of its own without.
#[component]
fn Older(shelf: Shelf) -> impl IntoView {
    let (inbox, is_busy) = (shelf.inbox, shelf.is_busy);
    let filter = move || inbox.with(Inbox::filter);
    let last = Memo::new(move |_| inbox.with(|it| it.shown().last().map(|it| it.id).filter(|_| it.has_more())));
    let href = move || {
        let address = address(filter());
        let sign = if address.contains('?') { "&before=" } else { "?before=" };
        last.get().map(|it| address + sign + &it.to_string())
    };
    let has_last = Memo::new(move |_| last.get().is_some() && shelf.failed.with(Option::is_none));
    let is_newest = Memo::new(move |_| inbox.with(Inbox::is_newest));
    let click = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        if !is_busy.get_untracked() {
            shelf.load(Load::Older);
        }
    };
    view! {
        <div class="notifications__more">
            <When is=move || !is_newest.get()>
                <a class="button" data-size="small" href=move || address(filter())>
                    "Show the newest"
                </a>
            </When>
            <When is=move || has_last.get()>
                <a
                    class="button"
                    data-size="small"
                    href=href
                    aria-busy=move || is_busy.get().then_some("true")
                    on:click=click
                >
                    "Show older"
                </a>
            </When>
        </div>
    }
    .into_any()
}

/// Arrows and Page keys walk; `e` reads one, `Shift+E` all.
fn press(shelf: Shelf, has_single_keys: bool, event: &KeyboardEvent) {
    let target = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
    let Some(row) = target.and_then(|it| it.closest("article").ok().flatten()) else { return };
    let has_mod = event.ctrl_key() || event.meta_key() || event.alt_key();
    let sibling = match event.key().as_str() {
        "ArrowDown" | "PageDown" if !has_mod => row.next_element_sibling(),
        "ArrowUp" | "PageUp" if !has_mod => row.previous_element_sibling(),
        "e" if has_single_keys && !has_mod => {
            if let Some(id) = row.id().strip_prefix("notification-").and_then(|it| it.parse().ok()) {
                shelf.mark_one(id);
            }
            None
        }
        "E" if has_single_keys && !has_mod => {
            shelf.mark_all();
            None
        }
        _ => return,
    };
    event.prevent_default();
    if let Some(row) = sibling.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        // A row that can't take the focus leaves it where it is.
        row.focus().ok();
    }
}
