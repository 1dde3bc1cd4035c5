//! What stands in the section's sidebar: the general room, whom one talks to, and who is there.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};

use super::{ROOM, draft, path_of, path_to};
use crate::accounts::UserSummary;
use crate::chat::conversation::Conversation;
use crate::chat::store::{ChatStore, ListState};
use crate::chat::summary::LastLine;
use crate::letters::lower;
use crate::shell::{FILTER, Shortcut, use_is_live, use_keyboard, use_sidebar};
use crate::ui::{Avatar, Badge, Each, Icon, IconView, When, use_clock};

/// The most people that are shown as online.
const MAX_ONLINE: usize = 50;

/// The lists of the sidebar.
#[component]
pub(super) fn Conversations(store: ChatStore) -> impl IntoView {
    let filter = RwSignal::new(String::new());
    let fits = Memo::new(move |_| lower(ROOM).contains(filter.read().trim()));
    view! {
        <div class="sidebar__filter">
            <label class="vh" for=FILTER>
                "Filter conversations"
            </label>
            <input
                id=FILTER
                r#type="search"
                placeholder="Filter…"
                autocomplete="off"
                on:input:target=move |event| filter.set(lower(&event.target().value()))
            />
        </div>
        <h2 class="sidebar__title" id="channels">
            "Channels"
        </h2>
        <ul class="sidebar__list" aria-labelledby="channels">
            <When is=move || fits.get()>
                <GeneralLink store />
            </When>
        </ul>
        <div class="sidebar__head">
            <h2 class="sidebar__title" id="direct-messages">
                "Direct messages"
            </h2>
            <button
                r#type="button"
                class="icon-button"
                title="New message"
                aria-haspopup="dialog"
                on:click=move |_| store.picker.set(true)
            >
                <IconView icon=Icon::Plus />
                <span class="vh">"New message"</span>
            </button>
        </div>
        <DirectList store filter />
        <h2 class="sidebar__title" id="online">
            "Online"
        </h2>
        <OnlineList store />
    }
    .into_any()
}

/// Whether the page of this path is shown.
fn use_is_here(path: String) -> Memo<bool> {
    let here = use_location().pathname;
    Memo::new(move |_| here.with(|it| *it == path || (path == "/" && it == "/chat")))
}

/// How many messages are unread, unless they are being read just now.
fn use_unread(store: ChatStore, conversation: Conversation) -> Memo<u32> {
    Memo::new(move |_| {
        let is_looked_at = store.looked_at.get() == Some(conversation);
        if is_looked_at { 0 } else { store.conversations.with(|it| it.unread(conversation)) }
    })
}

#[component]
fn GeneralLink(store: ChatStore) -> impl IntoView {
    let drawer = use_sidebar();
    let is_here = use_is_here("/".to_owned());
    let unread = use_unread(store, Conversation::General);
    let has_unread = move || unread.get() > 0;
    let has_draft = use_has_draft(store, Conversation::General, is_here);
    view! {
        <li>
            <a
                class="conversation"
                href="/"
                aria-current=move || is_here.get().then_some("page")
                on:click=move |_| drawer.close()
            >
                <IconView icon=Icon::Channel />
                <span class="conversation__name" data-unread=move || has_unread().then_some("true")>
                    {ROOM}
                </span>
                {move || has_draft.get().then(draft_sign)}
                <When is=has_unread>
                    <span class="conversation__mark">
                        <span class="vh">" unread"</span>
                    </span>
                </When>
            </a>
        </li>
    }
    .into_any()
}

fn draft_sign() -> AnyView {
    view! { <span class="conversation__draft">"Draft"</span> }.into_any()
}

#[component]
fn DirectList(store: ChatStore, filter: RwSignal<String>) -> impl IntoView {
    let shown = Memo::new(move |_| {
        let filter = filter.read();
        let fits = |name: &str| filter.trim().is_empty() || lower(name).contains(filter.trim());
        store.conversations.with(|it| {
            let direct = it.direct().into_iter();
            let fitting = direct.filter(|it| it.peer.as_ref().is_some_and(|it| fits(&it.name)));
            fitting.map(|it| it.conversation).collect::<Vec<_>>()
        })
    });
    let note = move || match store.list_state.get() {
        ListState::Failed => view! {
            <p class="sidebar__hint" role="alert">
                "Couldn't load your conversations. "
                <button r#type="button" class="button" data-size="small" on:click=move |_| store.load_list()>
                    "Try again"
                </button>
            </p>
        }
        .into_any(),
        ListState::HasMore => view! {
            <button r#type="button" class="button" data-size="small" on:click=move |_| store.load_more()>
                "Show more"
            </button>
        }
        .into_any(),
        _ if !shown.with(Vec::is_empty) => ().into_any(),
        _ if filter.with(|it| !it.trim().is_empty()) => {
            view! { <p class="sidebar__hint">"No conversation fits."</p> }.into_any()
        }
        _ => view! { <p class="sidebar__hint">"Nobody yet. Press + to write to somebody."</p> }.into_any(),
    };
    view! {
        <ul class="sidebar__list" aria-labelledby="direct-messages">
            <Each each=move || shown.get() key=|it| *it let:conversation>
                <DirectLink store conversation />
            </Each>
        </ul>
        {note}
    }
    .into_any()
}

/// One person: whether they are there, their name, the last line, when, and how much of it is unread.
#[component]
fn DirectLink(store: ChatStore, conversation: Conversation) -> impl IntoView {
    let drawer = use_sidebar();
    let clock = use_clock();
    let me = store.user_id();
    let Some(peer) = store.conversations.with_untracked(|it| it.get(conversation)?.peer.clone()) else {
        return ().into_any();
    };
    let path = path_of(conversation, me);
    let is_here = use_is_here(path.clone());
    let presence = store.presence_of(peer.id);
    let unread = use_unread(store, conversation);
    let count = Signal::derive(move || usize::try_from(unread.get()).unwrap_or(usize::MAX));
    let line = Memo::new(move |_| store.conversations.with(|it| it.get(conversation)?.last_line.clone()));
    let has_draft = use_has_draft(store, conversation, is_here);
    let is_wanted = store.settings.value(|it| it.privacy.shows_typing);
    let is_typing = Memo::new(move |_| {
        is_wanted.get() && store.typing.with(|it| it.get(&conversation).is_some_and(|it| !it.is_empty()))
    });
    let last = move || {
        if is_typing.get() {
            return "typing…".to_owned();
        }
        match line.get() {
            None => String::new(),
            Some(LastLine { is_deleted: true, .. }) => "Message deleted".to_owned(),
            Some(line) if line.user.id == me => "You: ".to_owned() + &line.excerpt,
            Some(line) => line.excerpt,
        }
    };
    view! {
        <li>
            <a
                class="conversation"
                href=path
                data-kind="direct"
                aria-current=move || is_here.get().then_some("page")
                on:click=move |_| drawer.close()
            >
                <Avatar user=peer.clone() presence />
                <span class="conversation__words">
                    <span class="conversation__line">
                        <span
                            class="conversation__name"
                            dir="auto"
                            data-unread=move || (unread.get() > 0).then_some("true")
                        >
                            {peer.name.clone()}
                        </span>
                        <span class="vh">" " {move || presence.get().label()} " "</span>
                        {move || {
                            line.get()
                                .map(|it| {
                                    let at = it.sent_at;
                                    view! {
                                        <time
                                            class="conversation__time"
                                            datetime=at.to_string()
                                            title=move || clock.full(at)
                                        >
                                            {move || clock.brief(at)}
                                        </time>
                                    }
                                    .into_any()
                                })
                        }}
                    </span>
                    <span class="conversation__line">
                        <span
                            class="conversation__last"
                            dir="auto"
                            data-typing=move || is_typing.get().then_some("true")
                        >
                            {last}
                        </span>
                        {move || has_draft.get().then(draft_sign)}
                        <Badge count what="unread" />
                    </span>
                </span>
            </a>
        </li>
    }
    .into_any()
}

/// Whether something is written and not sent in a conversation that is not on screen. False in the first render.
fn use_has_draft(store: ChatStore, conversation: Conversation, is_here: Memo<bool>) -> Memo<bool> {
    Effect::new(move |_| {
        if draft::load(store.user_id(), conversation).is_some() {
            store.drafts.update(|it| {
                it.add(conversation);
            });
        }
    });
    Memo::new(move |_| !is_here.get() && store.drafts.with(|it| it.contains(&conversation)))
}

/// Who is there. Each leads to a talk with that person alone.
#[component]
fn OnlineList(store: ChatStore) -> impl IntoView {
    let drawer = use_sidebar();
    let is_live = use_is_live();
    let is_lost = Memo::new(move |_| !is_live.get());
    let me = store.user_id();
    let people = Memo::new(move |_| {
        let mut people = store.present.get();
        people.sort_by_cached_key(|it| (lower(&it.name), it.id));
        people
    });
    let row = move |person: UserSummary| {
        let name = person.name.clone();
        let presence = store.presence_of(person.id);
        view! {
            <Avatar user=person presence />
            <span class="person__name" dir="auto">
                {name}
            </span>
            <span class="vh">" " {move || presence.get().label()}</span>
        }
        .into_any()
    };
    let shown = move || people.with(|it| it.iter().take(MAX_ONLINE).cloned().collect::<Vec<_>>());
    let more = move || people.with(Vec::len).saturating_sub(MAX_ONLINE);
    view! {
        <ul class="sidebar__list" aria-labelledby="online">
            <Each each=shown key=|it| (it.id, it.name.clone()) let:person>
                <li title=move || is_lost.get().then_some("last known")>
                    {if person.id == me {
                        view! {
                            <div class="person">
                                {row(person)} <span class="person__you">"you"</span>
                            </div>
                        }
                            .into_any()
                    } else {
                        let path = path_to(person.id);
                        view! {
                            <a class="person" href=path on:click=move |_| drawer.close()>
                                <span class="vh">"Message "</span>
                                {row(person)}
                            </a>
                        }
                            .into_any()
                    }}
                </li>
            </Each>
        </ul>
        {move || (more() > 0).then(|| view! { <p class="sidebar__hint">"and " {more()} " more"</p> }.into_any())}
    }
    .into_any()
}

/// From one conversation to the next, in the order of the list, by key.
pub(super) fn walk_by_key(store: ChatStore) {
    let keyboard = use_keyboard();
    let here = use_location().pathname;
    for (shortcut, is_down, only_unread) in [
        (Shortcut::PreviousConversation, false, false),
        (Shortcut::NextConversation, true, false),
        (Shortcut::PreviousUnread, false, true),
        (Shortcut::NextUnread, true, true),
    ] {
        let navigate = use_navigate();
        keyboard.on(shortcut, move || {
            let me = store.user_id();
            let paths = store.conversations.with_untracked(|it| {
                let direct = it.direct().into_iter().map(|it| it.conversation);
                let all = std::iter::once(Conversation::General).chain(direct);
                all.map(|place| (path_of(place, me), it.unread(place) > 0)).collect::<Vec<_>>()
            });
            let here = here.get_untracked();
            let at = paths.iter().position(|(path, _)| *path == here).unwrap_or(0);
            let fits = |(_, is_unread): &&(String, bool)| *is_unread || !only_unread;
            let next = if is_down { paths[at + 1..].iter().find(fits) } else { paths[..at].iter().rev().find(fits) };
            if let Some((path, _)) = next {
                navigate(path, NavigateOptions::default());
            }
        });
    }
}
