//! The chat's pages: conversations at the side, one of them in the middle.

mod actions;
mod blocks;
mod composer;
mod draft;
mod emoji;
mod list;
mod marks;
mod naming;
mod notes;
mod page;
mod peer_menu;
mod picker;
mod reactions;
mod read_all;
mod reading;
mod row;
mod rows;
mod sidebar;
mod typing_row;
mod versions;
mod writing;

use leptos::prelude::*;
use leptos_router::components::Outlet;

use super::conversation::Conversation;
use super::store::{ChatStore, use_chat};
use crate::ids::UserId;
use crate::json;
use crate::people::{Whereabouts, list_people};
use crate::shell::{PEOPLE_PICKER, READ_ALL, SectionSidebar, Shortcut, Tool, use_keyboard, use_page};
use crate::ui::{SkeletonList, suspended};
use sidebar::{Conversations, walk_by_key};

pub use actions::Toolbar;
pub use page::{DirectPage, GeneralPage};
pub use peer_menu::PeerMenu;
pub use picker::{PeoplePicker, offer_conversations};
pub use read_all::ReadAllDialog;
pub use versions::MessageDialogs;

/// What the room is called.
const ROOM: &str = "General";

/// Where a conversation's page is.
fn path_of(conversation: Conversation, me: UserId) -> String {
    conversation.peer(me).map_or_else(|| "/".to_owned(), path_to)
}

/// Where one writes to a person.
fn path_to(person: UserId) -> String {
    format!("/chat/{person}")
}

/// The chat's section: the sidebar, which stays from one conversation to the next, and room for a conversation.
#[component]
pub fn ChatLayout() -> impl IntoView {
    // Without a user the frame has sent them away already.
    use_page().user.map(|_| {
        let store = use_chat();
        walk_by_key(store);
        use_keyboard().on(Shortcut::MarkAllRead, move || store.is_asking_to_read_all.set(true));
        view! {
            <SectionSidebar label="Conversations">{lists(store)}</SectionSidebar>
            <Outlet />
            <Tool is_open=store.picker part=&PEOPLE_PICKER />
            <Tool is_open=store.is_asking_to_read_all part=&READ_ALL />
        }
    })
}

/// The lists: at once where they are known, as when one comes back from another section.
fn lists(store: ChatStore) -> AnyView {
    if store.is_listed() {
        return view! { <Conversations store /> }.into_any();
    }
    let people = json::resource(|| list_people(Whereabouts::Here));
    suspended(
        || view! { <SkeletonList rows=6 label="Loading conversations" /> }.into_any(),
        move || async move {
            if let Ok(page) = people.await {
                store.take_first_people(page.people);
            }
            store.take_first_list(store.first_list.await);
            view! { <Conversations store /> }.into_any()
        },
    )
}
