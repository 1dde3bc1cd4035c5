//! A notification: who or what, one sentence, when, and what can be done.

use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::prelude::*;

use super::list::{Place, Places};
use super::shelf::Shelf;
use crate::ids::NotificationId;
use crate::notifications::model::{Notification, NotificationKind};
use crate::ui::browser::use_hydrated;
use crate::ui::{AgoText, Avatar, CsrfField, Icon, IconView, use_clock};

/// A row. What it says never changes; whether it is read, and where it stands, does.
#[component]
pub(super) fn NotificationRow(shelf: Shelf, id: NotificationId, places: Places) -> impl IntoView {
    let inbox = shelf.inbox;
    let notification = inbox.with_untracked(|it| it.find(id).cloned())?;
    let is_unread = Memo::new(move |_| inbox.with(|it| it.find(id).is_some_and(|it| it.read_at.is_none())));
    let place = Memo::new(move |_| places.of.with(|it| it.get(&id).copied()));
    let (row_id, title_id) = (format!("notification-{id}"), format!("notification-{id}-title"));
    let labelled_by = title_id.clone();
    let press = move |event: KeyboardEvent| {
        // On the row itself; its link and its button answer for themselves.
        if event.key() == "Enter" && event.target() == event.current_target() {
            event.prevent_default();
            shelf.open(id);
        }
    };
    Some(
        view! {
            <article
                id=row_id
                class="notification"
                aria-labelledby=labelled_by
                aria-posinset=move || place.get().map(|it| it.number.to_string())
                aria-setsize=move || places.size.get()
                tabindex="0"
                data-unread=move || is_unread.get().then_some("true")
                on:keydown=press
            >
                <Day place />
                <div class="notification__row">
                    <Sign notification=notification.clone() />
                    <div class="notification__text">
                        <p class="notification__title" id=title_id dir="auto">
                            <TitleLink notification=notification.clone() shelf />
                            <span class="vh">{move || if is_unread.get() { " unread" } else { "" }}</span>
                        </p>
                        {(!notification.body.is_empty())
                            .then(|| {
                                view! {
                                    <p class="notification__body" dir="auto">
                                        {notification.body.clone()}
                                    </p>
                                }
                            })}
                        <p class="notification__time">
                            <AgoText at=notification.created_at />
                        </p>
                    </div>
                    <MarkOne shelf id is_unread title=notification.title.clone() />
                </div>
            </article>
        }
        .into_any(),
    )
}

/// The day, above its first notification.
#[component]
fn Day(place: Memo<Option<Place>>) -> impl IntoView {
    let clock = use_clock();
    let day = Memo::new(move |_| place.get().and_then(|it| it.day));
    move || day.get().map(|it| view! { <div class="notification__day">{move || clock.day(it)}</div> })
}

/// Whoever caused it, or a picture of what it is about.
#[component]
fn Sign(notification: Notification) -> impl IntoView {
    if let Some(user) = notification.actor {
        return view! { <Avatar user /> }.into_any();
    }
    let icon = match notification.kind {
        NotificationKind::Money => Icon::Wallet,
        NotificationKind::Campaign => Icon::Campaign,
        NotificationKind::System => Icon::Settings,
        _ => Icon::Chat,
    };
    view! {
        <span class="notification__sign">
            <IconView icon />
        </span>
    }
    .into_any()
}

/// The sentence; a link where it leads somewhere. Its surface is the whole row.
#[component]
fn TitleLink(notification: Notification, shelf: Shelf) -> impl IntoView {
    let hydrated = use_hydrated();
    let Notification { id, title, path, .. } = notification;
    let Some(path) = path else { return title.into_any() };
    // The router follows the link; another tab may, as well.
    let click = move |_: MouseEvent| shelf.mark_one(id);
    view! {
        <a class="notification__link" href=path tabindex=move || hydrated.get().then_some("-1") on:click=click>
            {title}
        </a>
    }
    .into_any()
}

/// Marks this one as read; a form, so that it works without script.
#[component]
fn MarkOne(shelf: Shelf, id: NotificationId, is_unread: Memo<bool>, title: String) -> impl IntoView {
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        // The button goes: the row takes the focus, so that it is not lost.
        crate::ui::browser::focus(&format!("notification-{id}"));
        shelf.mark_one(id);
    };
    move || {
        let title = title.clone();
        is_unread.get().then(|| {
            view! {
                <form method="post" action="/notifications/read" class="notification__mark" on:submit=submit>
                    <CsrfField />
                    <input r#type="hidden" name="id" value=id.to_string() />
                    <button r#type="submit" class="icon-button" title="Mark as read">
                        <IconView icon=Icon::Tick />
                        <span class="vh">"Mark as read: " {title}</span>
                    </button>
                </form>
            }
        })
    }
}
