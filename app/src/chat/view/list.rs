//! The messages, from the beginning of the room or the end of what is loaded, to what has just been written.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::actions::by_key;
use super::reading::keep_reading;
use super::rows::Rows;
use super::versions::DialogsPlace;
use crate::chat::conversation::Conversation;
use crate::chat::model::MessagePage;
use crate::chat::state::{Room, Stretch};
use crate::chat::store::{Desk, Scroller, element_id};
use crate::error::AppError;
use crate::ids::ClientId;
use crate::shell::{Keyboard, use_keyboard};
use crate::ui::browser::{focus, go_to_sign_in};
use crate::ui::{Icon, IconView, When, live};

/// Shows what opening brought, then everything that arrives. A conversation that was opened before is shown as it is.
#[component]
pub(super) fn MessageList(
    desk: Desk,
    /// The room's name, or the other person's.
    name: String,
    opened: Option<Result<MessagePage, AppError>>,
) -> impl IntoView {
    let scroller = Scroller::new();
    desk.show_in(scroller);
    let is_ended = matches!(opened, Some(Err(AppError::Unauthenticated)));
    match opened {
        Some(opened) if !desk.is_opened() => desk.open(opened.ok()),
        _ => {
            desk.change(Room::begin_visit);
        }
    }
    desk.unseen.set(0);
    desk.active.set(None);
    desk.is_left_unread.set(false);
    Effect::new(move |_| {
        if is_ended {
            go_to_sign_in();
        }
        scroller.to_unread();
    });
    keep_reading(desk, scroller);
    jump_by_key(desk);
    watch_ends(desk, scroller);
    let is_empty = Memo::new(move |_| desk.room.with(|it| it.timeline.is_empty() && it.outbox.is_empty()));
    let label = "Messages in ".to_owned() + &name;
    let keyboard = use_keyboard();
    view! {
        <div class="chat__stage">
            <div
                class="chat__log"
                node_ref=scroller.log
                role="log"
                aria-live="off"
                aria-label=label
                aria-busy=move || desk.loading.get().is_busy().then_some("true")
                tabindex="0"
                on:scroll=move |_| {
                    scroller.scrolled();
                    desk.look_at_ends();
                }
                on:keydown=move |event| {
                    if !act(desk, keyboard, &event) {
                        walk(desk, scroller, &event);
                    }
                }
            >
                <div class="chat__flow">
                    <Beginning desk scroller name is_empty />
                    <Rows desk scroller />
                    <NewEnd desk />
                </div>
            </div>
            <JumpButton desk scroller />
            <DialogsPlace desk />
        </div>
    }
    .into_any()
}

/// What stands above the oldest message: an error, a sign that more is on its way, or the room's beginning.
#[component]
fn Beginning(desk: Desk, scroller: Scroller, name: String, is_empty: Memo<bool>) -> impl IntoView {
    let is_direct = desk.conversation != Conversation::General;
    let has_older = Memo::new(move |_| desk.room.with(|it| it.timeline.has_older()));
    let failed = Memo::new(move |_| desk.loading.get().failed().filter(|it| !matches!(it, Stretch::After(_))));
    live(move || {
        if let Some(stretch) = failed.get() {
            view! { <LoadError desk stretch /> }.into_any()
        } else if has_older.get() {
            view! {
                <ul class="skeleton" aria-hidden="true">
                    <li class="skeleton__row" data-width="1"></li>
                    <li class="skeleton__row" data-width="3"></li>
                </ul>
            }
            .into_any()
        } else if scroller.building.is_under_way.get() {
            ().into_any()
        } else if is_direct {
            view! {
                <p class="chat__beginning">"This is the start of your conversation with " {name.clone()}</p>
            }
            .into_any()
        } else if is_empty.get() {
            view! {
                <div class="empty">
                    <span class="empty__sign" aria-hidden="true">
                        <IconView icon=Icon::Chat />
                    </span>
                    <p>"Say hello. Everyone can see this."</p>
                </div>
            }
            .into_any()
        } else {
            view! { <p class="chat__beginning">"This is the beginning of " {name.clone()}</p> }.into_any()
        }
    })
}

/// What stands below the newest message that is loaded, where there are newer ones that could not be.
#[component]
fn NewEnd(desk: Desk) -> impl IntoView {
    let failed = Memo::new(move |_| desk.loading.get().failed().filter(|it| matches!(it, Stretch::After(_))));
    live(move || failed.get().map(|stretch| view! { <LoadError desk stretch /> }.into_any()))
}

/// A page that could not be loaded, in its place.
#[component]
fn LoadError(desk: Desk, stretch: Stretch) -> impl IntoView {
    view! {
        <div class="chat__error" role="alert">
            <p>"Couldn't load messages."</p>
            <button r#type="button" class="button" data-size="small" on:click=move |_| desk.load(stretch)>
                "Try again"
            </button>
        </div>
    }
    .into_any()
}

/// Back to the end, with the number of messages that came in the meantime.
#[component]
fn JumpButton(desk: Desk, scroller: Scroller) -> impl IntoView {
    let unseen = desk.unseen;
    let is_away = Memo::new(move |_| !scroller.following.get() || desk.room.with(|it| it.timeline.has_newer()));
    let text = move || match unseen.get() {
        0 => "Jump to latest".to_owned(),
        1 => "1 new message".to_owned(),
        count => format!("{count} new messages"),
    };
    view! {
        <When is=move || is_away.get()>
            <button
                r#type="button"
                class="chat__jump"
                data-new=move || (unseen.get() > 0).then_some("true")
                on:click=move |_| {
                    desk.jump_to_end();
                    focus(super::composer::ID);
                }
            >
                {text}
                <IconView icon=Icon::ArrowDown />
            </button>
        </When>
    }
    .into_any()
}

/// Loads more when an end of the list comes near: after a scroll, another size of the window, a change of the
/// list, or once all of it is in the page.
fn watch_ends(desk: Desk, scroller: Scroller) {
    let ends = Memo::new(move |_| desk.room.with(|it| (it.timeline.has_older(), it.timeline.has_newer())));
    Effect::new(move |_| {
        ends.track();
        scroller.building.is_under_way.track();
        request_animation_frame(move || desk.look_at_ends());
    });
    Effect::new(move |_| {
        let resized = window_event_listener(leptos::ev::resize, move |_| desk.look_at_ends());
        on_cleanup(move || resized.remove());
    });
}

/// The key End leads to the newest message also where nothing has the focus.
fn jump_by_key(desk: Desk) {
    Effect::new(move |_| {
        let pressed = window_event_listener(leptos::ev::keydown, move |event| {
            let is_nowhere = document().active_element().is_none_or(|it| it.tag_name() == "BODY");
            if event.key() == "End" && is_nowhere && !event.default_prevented() {
                event.prevent_default();
                desk.jump_to_end();
            }
        });
        on_cleanup(move || pressed.remove());
    });
}

/// Does what a key means on the message that has the focus.
fn act(desk: Desk, keyboard: Keyboard, event: &KeyboardEvent) -> bool {
    let is_on_message = document().active_element().is_some_and(|it| it.tag_name() == "ARTICLE");
    if !is_on_message || event.ctrl_key() || event.meta_key() || event.alt_key() {
        return false;
    }
    let is_done = by_key(desk, &event.key(), keyboard.has_single_keys.get_untracked());
    if is_done {
        event.prevent_default();
        event.stop_propagation();
    }
    is_done
}

/// The list is one stop of the Tab key; the arrows go from message to message.
fn walk(desk: Desk, scroller: Scroller, event: &KeyboardEvent) {
    let Some(log) = scroller.element() else { return };
    let Ok(articles) = log.query_selector_all("article") else { return };
    let focused = document().active_element();
    let at = (0..articles.length()).find(|it| {
        articles.item(*it).is_some_and(|article| focused.as_ref().is_some_and(|it| article.contains(Some(it))))
    });
    let last = articles.length().checked_sub(1);
    let last_in_view = || {
        let edge = log.get_bounding_client_rect().bottom();
        let is_in_view = |it: &u32| {
            let article = articles.item(*it).and_then(|it| it.dyn_into::<HtmlElement>().ok());
            article.is_some_and(|it| it.get_bounding_client_rect().top() < edge)
        };
        (0..articles.length()).rev().find(is_in_view)
    };
    let is_in_field = focused.as_ref().is_some_and(|it| it.closest("[popover]").is_ok_and(|it| it.is_some()));
    if is_in_field {
        return;
    }
    let key = match event.key().as_str() {
        // As in many lists that are read by keys.
        "k" if at.is_some() => "ArrowUp".to_owned(),
        "j" if at.is_some() => "ArrowDown".to_owned(),
        key => key.to_owned(),
    };
    let target = match (key.as_str(), at) {
        ("ArrowUp" | "ArrowDown", None) => last_in_view(),
        ("ArrowUp", Some(at)) => at.checked_sub(1),
        ("ArrowDown", Some(at)) => last.filter(|last| at < *last).map(|_| at + 1),
        ("Home", Some(_)) => last.map(|_| 0),
        ("End", _) => {
            event.prevent_default();
            desk.jump_to_end();
            last.filter(|_| at.is_some())
        }
        ("Escape", _) if !event.shift_key() => {
            event.prevent_default();
            desk.leave_reading();
            focus(super::composer::ID);
            None
        }
        _ => return,
    };
    let target = target.and_then(|it| articles.item(it)).and_then(|it| it.dyn_into::<HtmlElement>().ok());
    if let Some(article) = target {
        event.prevent_default();
        // An article that left the list in this very moment keeps the focus where it is.
        article.focus().ok();
    }
}

/// Puts the focus on the message after or before one that goes away, or into the composer if it was the last.
pub(super) fn focus_next_to(desk: Desk, client_id: ClientId) {
    let keys: Vec<ClientId> = desk.room.with_untracked(|it: &Room| {
        it.outbox.shown().map(|(message, _)| message.client_id).filter(|it| *it != client_id).collect()
    });
    let next = keys.iter().find(|it| **it > client_id).or(keys.last());
    match next {
        Some(next) => focus(&element_id(*next)),
        None => focus(super::composer::ID),
    }
}
