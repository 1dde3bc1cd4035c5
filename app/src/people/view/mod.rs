//! The page of people: who is here, who is not, and what can be done with each.

mod desk;
mod profile;
mod row;

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::api::{OpenedPeople, open_people};
use super::model::PresenceStatus;
use crate::error::AppError;
use crate::ids::UserId;
use crate::shell::{AsOf, FILTER, use_keyboard};
use crate::ui::browser::go_to_sign_in;
use crate::ui::{EmptyState, ErrorCard, Icon, IconView, SkeletonList, When, suspended};
use desk::Desk;
use profile::ProfileDialog;
use row::PersonRow;

/// `/people`. The search stands in the address for browsers without script.
#[component]
pub fn PeopleView() -> impl IntoView {
    let search = use_query_map().with_untracked(|it| it.get_str("search").unwrap_or_default().to_owned());
    let asked = search.clone();
    let opening = crate::json::resource(move || open_people(asked.clone()));
    let desk = Desk::new(search);
    view! {
        <Title text="People" />
        <main class="page" id="content" tabindex="-1">
            <div class="page__column people">
                <header class="page__header">
                    <h1 class="page__title" tabindex="-1">
                        "People"
                    </h1>
                    <AsOf />
                    <SearchForm desk />
                </header>
                {suspended(
                    || view! { <SkeletonList rows=8 label="Loading people" /> }.into_any(),
                    move || async move {
                        match opening.await {
                            Ok(opened) => view! { <PeopleList desk opened /> }.into_any(),
                            Err(error) => {
                                if error == AppError::Unauthenticated {
                                    Effect::new(|_| go_to_sign_in());
                                }
                                let on_retry = Callback::new(move |()| opening.refetch());
                                view! { <ErrorCard text="Couldn't load people." error on_retry /> }.into_any()
                            }
                        }
                    },
                )}
            </div>
            <ProfileDialog desk />
        </main>
    }
    .into_any()
}

/// The filter: at once with script, a page of its own without.
#[component]
fn SearchForm(desk: Desk) -> impl IntoView {
    view! {
        <form
            role="search"
            method="get"
            action="/people"
            class="people__search page__action"
            on:submit=|event| event.prevent_default()
        >
            <label class="vh" for=FILTER>
                "Filter people"
            </label>
            <IconView icon=Icon::Search />
            <input
                id=FILTER
                r#type="search"
                name="search"
                autocomplete="off"
                placeholder="Filter by name…"
                value=desk.search.get_untracked()
                prop:value=move || desk.search.get()
                on:input:target=move |event| desk.look_for(event.target().value())
            />
        </form>
    }
    .into_any()
}

#[component]
fn PeopleList(desk: Desk, opened: OpenedPeople) -> impl IntoView {
    desk.open(opened);
    let keyboard = use_keyboard();
    let groups = move || desk.groups.get().into_iter().map(|(status, _)| status).collect::<Vec<_>>();
    let press = move |event: KeyboardEvent| press(desk, keyboard.has_single_keys.get_untracked(), &event);
    view! {
        <Nobody desk />
        <div class="people__groups" on:keydown=press>
            <For each=groups key=|it| *it let:status>
                <Group desk status />
            </For>
        </div>
    }
    .into_any()
}

/// What stands in place of a list that is empty.
#[component]
fn Nobody(desk: Desk) -> impl IntoView {
    let is_alone = Memo::new(move |_| desk.directory.with(|it| it.is_empty_but_for(desk.me)));
    let is_none = Memo::new(move |_| desk.groups.with(Vec::is_empty));
    move || {
        if is_none.get() {
            let text = "Nobody matches “".to_owned() + &desk.search.get() + "”.";
            return view! {
                <EmptyState icon=Icon::People text=text>
                    <a
                        class="button"
                        href="/people"
                        on:click=move |event| {
                            event.prevent_default();
                            desk.look_for(String::new());
                        }
                    >
                        "Clear"
                    </a>
                </EmptyState>
            }
            .into_any();
        }
        if is_alone.get() && desk.search.with(String::is_empty) {
            return view! { <EmptyState icon=Icon::People text="You're the first one here. Invite someone." /> }
                .into_any();
        }
        ().into_any()
    }
}

/// One group with its number. Those who are not there are folded away, unless somebody is looked for.
#[component]
fn Group(desk: Desk, status: PresenceStatus) -> impl IntoView {
    let (id, label) = match status {
        PresenceStatus::Online => ("people-online", "Online"),
        PresenceStatus::Away => ("people-away", "Away"),
        PresenceStatus::DoNotDisturb => ("people-dnd", "Do not disturb"),
        PresenceStatus::Offline => ("people-offline", "Offline"),
    };
    let is_gone = status == PresenceStatus::Offline;
    let ids = Memo::new(move |_| {
        desk.groups.with(|it| it.iter().find(|(it, _)| *it == status).map(|it| it.1.clone()).unwrap_or_default())
    });
    let has_more = Memo::new(move |_| is_gone && desk.directory.with(|it| it.more_after().is_some()));
    let heading = move || {
        let more = if has_more.get() { "+" } else { "" };
        label.to_owned() + " · " + &ids.with(Vec::len).to_string() + more
    };
    let list = view! {
        <ul class="people__list">
            <For each=move || ids.get() key=|it| *it let:id>
                <PersonRow desk id />
            </For>
        </ul>
        <When is=move || has_more.get()>
            <button
                r#type="button"
                class="button people__more"
                data-size="small"
                aria-busy=move || desk.is_busy.get().then_some("true")
                on:click=move |_| desk.load_more()
            >
                "Show more"
            </button>
        </When>
    };
    let body = if is_gone {
        // Told only when it changes: whoever comes or goes must not fold what somebody has unfolded.
        let is_unfolded = Memo::new(move |_| {
            let is_searched = desk.search.with(|it| !it.trim().is_empty());
            is_searched || desk.groups.with(|it| it.iter().all(|(it, _)| *it == PresenceStatus::Offline))
        });
        view! {
            <details class="people__fold" open=is_unfolded.get_untracked() prop:open=move || is_unfolded.get()>
                <summary>
                    <h2 class="people__title" id=id>
                        {heading}
                    </h2>
                </summary>
                {list}
            </details>
        }
        .into_any()
    } else {
        view! {
            <h2 class="people__title" id=id>
                {heading}
            </h2>
            {list}
        }
        .into_any()
    };
    view! { <section aria-labelledby=id>{body}</section> }.into_any()
}

/// Arrows walk from name to name, `m` writes to whoever has the focus.
fn press(desk: Desk, has_single_keys: bool, event: &KeyboardEvent) {
    let target = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
    let Some(row) = target.and_then(|it| it.closest("li").ok().flatten()) else { return };
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let step: i64 = match event.key().as_str() {
        "ArrowDown" => 1,
        "ArrowUp" => -1,
        "m" if has_single_keys => {
            if let Some(id) = row.id().strip_prefix("person-").and_then(|it| it.parse::<UserId>().ok()) {
                event.prevent_default();
                desk.message(id);
            }
            return;
        }
        _ => return,
    };
    event.prevent_default();
    // Those that are folded away can't take the focus.
    let Ok(names) = document().query_selector_all(":is(section > ul, details[open]) .person-row__name") else { return };
    let names: Vec<HtmlElement> =
        (0..names.length()).filter_map(|it| names.get(it)?.dyn_into::<HtmlElement>().ok()).collect();
    let at = names.iter().position(|it| row.contains(Some(it)));
    let next = at.and_then(|it| i64::try_from(it).ok()).and_then(|it| usize::try_from(it + step).ok());
    if let Some(name) = next.and_then(|it| names.get(it)) {
        name.focus().ok();
    }
}
