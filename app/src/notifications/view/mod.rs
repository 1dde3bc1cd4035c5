//! The page of notifications: filters, the list, and what marks all of it as read.

mod filters;
mod list;
mod row;
mod shelf;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::api::{NotificationFilter, list_notifications};
use super::center::use_notifications;
use crate::error::AppError;
use crate::ids::NotificationId;
use crate::json;
use crate::ui::browser::go_to_sign_in;
use crate::ui::{CsrfField, ErrorCard, Icon, IconView, SkeletonList, suspended, tab_id};
use filters::{FILTERS, Filters, PANEL};
use list::InboxList;
use shelf::{Load, Shelf};

/// `/notifications`: everything that needs the person. The filter and, for browsers without script, the page of older
/// ones stand in the address.
#[component]
pub fn NotificationsPage() -> impl IntoView {
    let query = use_query_map();
    let filter = Memo::new(move |_| {
        query.with(|it| it.get_str("filter").map(NotificationFilter::from_name).unwrap_or_default())
    });
    let before = Memo::new(move |_| query.with(|it| it.get_str("before").and_then(|it| it.parse().ok())));
    let asked: (NotificationFilter, Option<NotificationId>) = (filter.get_untracked(), before.get_untracked());
    let opening = json::resource(move || list_notifications(asked.0, asked.1));
    let shelf = Shelf::new();
    // What the page began with came with it.
    Effect::new(move |last: Option<(NotificationFilter, Option<NotificationId>)>| {
        let asked = (filter.get(), before.get());
        if last.is_some_and(|it| it != asked) {
            shelf.load(Load::Filter(asked.0, asked.1));
        }
        asked
    });
    view! {
        <Title text="Notifications" />
        <main class="page" id="content" tabindex="-1">
            <div class="page__column">
                <header class="page__header">
                    <h1 class="page__title" tabindex="-1">
                        "Notifications"
                    </h1>
                    <MarkAll shelf />
                </header>
                <Filters filter />
                <div
                    id=PANEL
                    role="tabpanel"
                    class="notifications"
                    aria-labelledby=move || tab_id(FILTERS, filter.get().name())
                >
                    {suspended(
                        || view! { <SkeletonList rows=6 label="Loading notifications" /> }.into_any(),
                        move || async move {
                            match opening.await {
                                Ok(page) => {
                                    let (filter, is_newest) = (asked.0, asked.1.is_none());
                                    view! { <InboxList shelf filter page is_newest /> }.into_any()
                                }
                                Err(error) => failed(error, Callback::new(move |()| opening.refetch())),
                            }
                        },
                    )}
                </div>
            </div>
        </main>
    }
    .into_any()
}

fn failed(error: AppError, on_retry: Callback<()>) -> AnyView {
    if error == AppError::Unauthenticated {
        Effect::new(|_| go_to_sign_in());
    }
    view! { <ErrorCard text="Couldn't load notifications." error on_retry /> }.into_any()
}

/// Marks all that the reader can see. Without script it marks all there are.
#[component]
fn MarkAll(shelf: Shelf) -> impl IntoView {
    let center = use_notifications();
    let has_unread = Memo::new(move |_| center.unread_count().get() > 0);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        shelf.mark_all();
    };
    view! {
        <form method="post" action="/notifications/read" class="page__action" on:submit=submit>
            <CsrfField />
            <button r#type="submit" class="button" data-size="small" disabled=move || !has_unread.get()>
                <IconView icon=Icon::Tick />
                "Mark all read"
            </button>
        </form>
    }
    .into_any()
}
