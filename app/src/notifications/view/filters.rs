//! The filters: links that look and are walked through like tabs, so that each has an address and works without script.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use crate::notifications::api::NotificationFilter;
use crate::notifications::center::use_notifications;
use crate::ui::browser::focus;
use crate::ui::tab_id;

/// The id of the row of filters.
pub(super) const FILTERS: &str = "notifications";
/// The id of what they filter.
pub(super) const PANEL: &str = "notifications-panel";

/// The row of filters.
#[component]
pub(super) fn Filters(filter: Memo<NotificationFilter>) -> impl IntoView {
    let navigate = use_navigate();
    let press = move |event: KeyboardEvent| {
        let all = NotificationFilter::ALL;
        let at = all.iter().position(|it| *it == filter.get_untracked()).unwrap_or(0);
        let next = match event.key().as_str() {
            "ArrowRight" => (at + 1) % all.len(),
            "ArrowLeft" => (at + all.len() - 1) % all.len(),
            "Home" => 0,
            "End" => all.len() - 1,
            _ => return,
        };
        event.prevent_default();
        focus(&tab_id(FILTERS, all[next].name()));
        navigate(&address(all[next]), NavigateOptions { scroll: false, ..NavigateOptions::default() });
    };
    let tabs = NotificationFilter::ALL.map(|it| view! { <FilterTab it filter /> });
    view! {
        <div class="tabs" role="tablist" aria-label="Notification filters" on:keydown=press>
            {tabs}
        </div>
    }
    .into_any()
}

#[component]
fn FilterTab(it: NotificationFilter, filter: Memo<NotificationFilter>) -> impl IntoView {
    let center = use_notifications();
    let is_chosen = Memo::new(move |_| filter.get() == it);
    let count = move || match center.unread_count().get() {
        unread if it == NotificationFilter::Unread && unread > 0 => {
            " ".to_owned() + &if unread > 99 { "99+".to_owned() } else { unread.to_string() }
        }
        _ => String::new(),
    };
    view! {
        <a
            role="tab"
            id=tab_id(FILTERS, it.name())
            class="tabs__tab"
            href=address(it)
            aria-controls=PANEL
            aria-selected=move || is_chosen.get().to_string()
            tabindex=move || if is_chosen.get() { "0" } else { "-1" }
        >
            {it.label()}
            {count}
        </a>
    }
    .into_any()
}

/// Where a filter's list stands.
pub(super) fn address(filter: NotificationFilter) -> String {
    match filter {
        NotificationFilter::All => "/notifications".to_owned(),
        other => "/notifications?filter=".to_owned() + other.name(),
    }
}
