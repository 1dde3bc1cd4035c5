//! What can be done about the other person of a conversation.

use leptos::prelude::*;

use crate::chat::store::Desk;
use crate::chat::summary::BlockState;
use crate::ids::UserId;
use crate::shell::PEER_MENU;
use crate::ui::browser::use_hydrated;
use crate::ui::{AlertDialog, Icon, Menu, MenuItem};

/// Whom [`PeerMenu`] is about, given to it as context.
#[derive(Clone)]
struct PeerOf {
    desk: Desk,
    peer: UserId,
    name: String,
}

/// Room for the menu, which is loaded once the page has come to life: it does nothing before.
#[component]
pub(super) fn PeerMenuPlace(desk: Desk, peer: UserId, name: String) -> impl IntoView {
    provide_context(PeerOf { desk, peer, name });
    let is_alive = use_hydrated();
    view! { <div class="chat__menu">{move || is_alive.get().then(|| PEER_MENU.show_when_here())}</div> }
}

/// Blocks the other person, after a question, or no longer.
#[component]
pub fn PeerMenu() -> impl IntoView {
    let PeerOf { desk, peer, name } = expect_context();
    let store = desk.store;
    let is_asking = RwSignal::new(false);
    let is_blocked = Memo::new(move |_| {
        store.conversations.with(|it| it.get(desk.conversation).is_some_and(|it| it.block == BlockState::ByMe))
    });
    let label = name.clone();
    let items = Signal::derive(move || {
        let (verb, run) = if is_blocked.get() {
            ("Unblock ", Callback::new(move |()| store.set_blocked(peer, false)))
        } else {
            ("Block ", Callback::new(move |()| is_asking.set(true)))
        };
        vec![MenuItem { label: verb.to_owned() + &label, icon: Icon::Block, is_danger: !is_blocked.get(), run }]
    });
    view! {
        <Menu id="conversation-menu" label="Conversation" items />
        <AlertDialog
            id="block"
            open=is_asking
            title=["Block ", &name, "?"].concat()
            text="Neither of you can write to the other until you unblock them. What was said stays."
            confirm="Block".to_owned()
            on_confirm=Callback::new(move |()| store.set_blocked(peer, true))
        />
    }
    .into_any()
}
