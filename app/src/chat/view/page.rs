//! A conversation in the middle of the page: its header, its messages, and where one writes.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::ROOM;
use super::composer::Composer;
use super::list::MessageList;
use super::peer_menu::PeerMenuPlace;
use super::typing_row::TypingRow;
use crate::chat::api::open_conversation;
use crate::chat::conversation::Conversation;
use crate::chat::store::{ChatStore, Desk, use_chat};
use crate::chat::summary::{BlockState, OpenedConversation};
use crate::error::AppError;
use crate::ids::{MessageId, UserId};
use crate::json::{self, Asked};
use crate::shell::{AsOf, SidebarToggle, answer_not_found, use_is_live};
use crate::ui::browser::use_hydrated;
use crate::ui::{Presence, live, suspended};

/// What opening a conversation brought; `None` where it had been opened before.
type Opened = Option<Result<OpenedConversation, AppError>>;

/// The home page: the general room.
#[component]
pub fn GeneralPage() -> impl IntoView {
    view! { <ConversationPage conversation=Conversation::General /> }
}

/// `/chat/7`: what one says to one other person.
#[component]
pub fn DirectPage() -> impl IntoView {
    let params = use_params_map();
    let me = use_chat().user_id();
    let conversation = Memo::new(move |_| {
        let peer = params.with(|it| it.get("user"))?.parse::<UserId>().ok()?;
        Conversation::direct(me, peer)
    });
    live(move || match conversation.get() {
        Some(conversation) => view! { <ConversationPage conversation /> }.into_any(),
        None => view! { <NoConversation /> }.into_any(),
    })
}

/// The message that the page's address leads to.
fn use_target() -> Memo<Option<MessageId>> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|it| it.get("at"))?.parse().ok())
}

#[component]
fn ConversationPage(conversation: Conversation) -> impl IntoView {
    let desk = use_chat().desk(conversation);
    let target = use_target();
    let at = target.get_untracked();
    // Also where the address changes while the conversation stays.
    Effect::new(move |_| {
        if let Some(id) = target.get() {
            // Not before the list is there, and has gone to what is unread.
            request_animation_frame(move || desk.jump_to(id));
        }
    });
    let opening = (!desk.is_opened()).then(|| json::resource(move || open_conversation(conversation, at)));
    // In the room one may write before its messages are there; with a person it has to be known who that is.
    let foot = match conversation {
        Conversation::General => view! { <Composer desk name=ROOM.to_owned() /> }.into_any(),
        Conversation::Direct(_) => when_opened(desk, opening, |_| ().into_any(), foot),
    };
    view! {
        <main class="chat" id="content" tabindex="-1">
            <header class="chat__header">
                <SidebarToggle what="conversations" />
                <h1 class="chat__title" tabindex="-1" dir="auto">
                    {when_opened(desk, opening, |desk| name_of(desk, None).into_any(), heading)}
                </h1>
                {when_opened(desk, opening, |_| ().into_any(), aside)}
            </header>
            {when_opened(desk, opening, |_| view! { <Skeleton /> }.into_any(), messages)}
            <TypingRow desk />
            {foot}
        </main>
    }
    .into_any()
}

/// What has to wait for the opening; at once where the conversation was opened before.
fn when_opened(
    desk: Desk,
    opening: Option<Asked<OpenedConversation>>,
    before: fn(Desk) -> AnyView,
    show: fn(Desk, Opened) -> AnyView,
) -> AnyView {
    let Some(opening) = opening else { return show(desk, None) };
    suspended(move || before(desk), move || async move { show(desk, Some(opening.await)) })
}

/// Whether there is no such person, or none that one may talk to.
const fn is_nobody(opened: &Opened) -> bool {
    matches!(opened, Some(Err(AppError::NotFound(_) | AppError::Forbidden(_))))
}

/// The room's name or the other person's, as far as it is known.
fn name_of(desk: Desk, opened: Option<&OpenedConversation>) -> String {
    if desk.conversation == Conversation::General {
        return ROOM.to_owned();
    }
    let peer = match opened {
        Some(opened) => opened.summary.peer.clone(),
        None => desk.store.conversations.with_untracked(|it| it.get(desk.conversation)?.peer.clone()),
    };
    peer.map_or_else(|| "Conversation".to_owned(), |it| it.name)
}

fn heading(desk: Desk, opened: Opened) -> AnyView {
    let name = if is_nobody(&opened) { "Nobody".to_owned() } else { name_of(desk, found(opened.as_ref())) };
    view! {
        <Title text=name.clone() />
        {name}
    }
    .into_any()
}

fn found(opened: Option<&Result<OpenedConversation, AppError>>) -> Option<&OpenedConversation> {
    opened.and_then(|it| it.as_ref().ok())
}

/// What stands beside the name: who is there, and what can be done about them.
fn aside(desk: Desk, opened: Opened) -> AnyView {
    if is_nobody(&opened) {
        return ().into_any();
    }
    let online = found(opened.as_ref()).map(|it| it.online.as_slice()).unwrap_or_default();
    let Some(peer) = desk.conversation.peer(desk.store.user_id()) else {
        return view! { <OnlineCount store=desk.store first=online.len() /> }.into_any();
    };
    let first = if online.iter().any(|it| it.id == peer) { Presence::Online } else { Presence::Offline };
    let name = name_of(desk, found(opened.as_ref()));
    view! {
        <PeerPresence store=desk.store peer first />
        <PeerMenuPlace desk peer name />
    }
    .into_any()
}

fn messages(desk: Desk, opened: Opened) -> AnyView {
    if is_nobody(&opened) {
        return view! { <Nobody /> }.into_any();
    }
    let name = name_of(desk, found(opened.as_ref()));
    let page = opened.map(|it| {
        it.map(|opened| {
            let OpenedConversation { summary, page, receipts, .. } = opened;
            desk.room.update(|room| room.take_receipts(&summary, receipts));
            // Not before the page has come to life: the sidebar shows the same in its first render as the server did.
            Effect::new(move |_| desk.store.opened(summary.clone()));
            page
        })
    });
    view! { <MessageList desk name opened=page /> }.into_any()
}

/// Where one writes, or why one can't.
fn foot(desk: Desk, opened: Opened) -> AnyView {
    if is_nobody(&opened) {
        return ().into_any();
    }
    let name = name_of(desk, found(opened.as_ref()));
    let first = found(opened.as_ref()).map_or(BlockState::None, |it| it.summary.block);
    let block =
        Memo::new(move |_| desk.store.conversations.with(|it| it.get(desk.conversation).map_or(first, |it| it.block)));
    let peer = desk.conversation.peer(desk.store.user_id());
    live(move || match block.get() {
        BlockState::None => view! { <Composer desk name=name.clone() /> }.into_any(),
        BlockState::ByPeer => {
            view! { <p class="chat__note">{name.clone()} " doesn't take messages from you."</p> }.into_any()
        }
        BlockState::ByMe => {
            let unblock = move |_| {
                if let Some(peer) = peer {
                    desk.store.set_blocked(peer, false);
                }
            };
            view! {
                <p class="chat__note">
                    "You have blocked " {name.clone()} ". Neither of you can write here. "
                    <button r#type="button" class="button" data-size="small" on:click=unblock>
                        "Unblock"
                    </button>
                </p>
            }
            .into_any()
        }
    })
}

/// "14 online" in the room's header.
#[component]
fn OnlineCount(
    store: ChatStore,
    /// As the page came with it.
    first: usize,
) -> impl IntoView {
    let is_live = use_is_live();
    let count = move || match store.members.with(Vec::len) {
        0 => first,
        count => count,
    };
    view! {
        <p class="chat__online" data-stale=move || (!is_live.get()).then_some("true")>
            <span class="chat__online-dot" aria-hidden="true"></span>
            {count}
            " online"
            <AsOf />
        </p>
    }
    .into_any()
}

/// Whether the other person is there.
#[component]
fn PeerPresence(
    store: ChatStore,
    peer: UserId,
    /// As the page came with it.
    first: Presence,
) -> impl IntoView {
    let (is_alive, presence) = (use_hydrated(), store.presence_of(peer));
    let shown = Memo::new(move |_| if is_alive.get() { presence.get() } else { first });
    view! {
        <p class="chat__presence" data-presence=move || shown.get().name()>
            {move || shown.get().label()}
        </p>
    }
    .into_any()
}

/// Ten rows of varied width where the messages will be.
#[component]
fn Skeleton() -> impl IntoView {
    let rows = (0..10).map(|it| view! { <li class="skeleton__row" data-width=(it % 4).to_string()></li> }.into_any());
    view! {
        <div class="chat__log" aria-busy="true">
            <ul class="skeleton" aria-label="Loading messages">
                {rows.collect_view()}
            </ul>
        </div>
    }
    .into_any()
}

/// An address of nobody, or of oneself.
#[component]
fn NoConversation() -> impl IntoView {
    view! {
        <Title text="Nobody" />
        <main class="chat" id="content" tabindex="-1">
            <header class="chat__header">
                <SidebarToggle what="conversations" />
                <h1 class="chat__title" tabindex="-1">
                    "Nobody"
                </h1>
            </header>
            <Nobody />
        </main>
    }
    .into_any()
}

#[component]
fn Nobody() -> impl IntoView {
    answer_not_found();
    view! {
        <div class="empty">
            <p>"There is nobody to talk to at this address."</p>
            <a class="button" href="/">
                "Go to General"
            </a>
        </div>
    }
    .into_any()
}
