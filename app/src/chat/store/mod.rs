//! The chat as the page has it, whatever section is on screen: every conversation that was opened, what is unsent, and
//! what the server tells of them. Views come and go; this stays for as long as somebody is signed in.

mod building;
mod changing;
mod desk;
mod history;
mod list;
mod people;
mod reading_all;
mod scroller;
mod sending;
mod typing;

use leptos::prelude::*;
use leptos::reactive::owner::WeakOwner;
use leptos::task::spawn_local;
use send_wrapper::SendWrapper;

use super::api::list_conversations;
use super::conversation::Conversation;
use super::outbox::{Line, OutboxStorage, TabMessage};
use super::state::{Conversations, TypingLeases};
use super::summary::ConversationList;
use crate::accounts::{User, UserSummary};
use crate::ids::{MessageId, UserId};
use crate::json::{self, Asked};
use crate::people::PresenceStatus;
use crate::realtime::status::Status;
use crate::realtime::{AppChannel, Realtime, use_realtime};
use crate::settings::{SettingsStore, use_settings};
use crate::shell::{Announcer, use_announcer};
use crate::sorted::{SortedMap, SortedSet};
use crate::time::Timestamp;
use crate::ui::{Toasts, use_toasts};

pub(super) use changing::{Purpose, sentence};
pub(super) use desk::{Desk, Dialogs};
pub(super) use scroller::{Scroller, element_id};

/// The chat of whoever is signed in. Handles are copies of each other.
#[derive(Clone, Copy)]
pub(super) struct ChatStore {
    pub(super) realtime: Realtime,
    pub(super) toasts: Toasts,
    announcer: Announcer,
    pub(super) settings: SettingsStore,
    held: StoredValue<Held>,
    line: RwSignal<Line>,
    storage: RwSignal<Option<SendWrapper<OutboxStorage>>>,
    /// The list as the page's first answer has it.
    pub(super) first_list: Asked<ConversationList>,
    /// Everybody's line in the list.
    pub(super) conversations: RwSignal<Conversations>,
    /// How the loading of the list went.
    pub(super) list_state: RwSignal<ListState>,
    /// The conversation whose end is being looked at: what comes there is as good as read.
    pub(super) looked_at: RwSignal<Option<Conversation>>,
    /// Who types where.
    pub(super) typing: RwSignal<SortedMap<Conversation, TypingLeases>>,
    /// Whether somebody to write to is being chosen.
    pub(super) picker: RwSignal<bool>,
    /// Whether it is asked if everything is to count as read.
    pub(super) is_asking_to_read_all: RwSignal<bool>,
    /// Where something is written and not sent.
    pub(super) drafts: RwSignal<SortedSet<Conversation>>,
    /// Who is there, as the channel says; nobody until it has.
    pub(super) members: Signal<Vec<UserSummary>>,
    /// Who is there, in no particular order.
    pub(super) present: Memo<Vec<UserSummary>>,
    /// Who is there, as the page's first answer has it; counts until the channel has said anything.
    first_present: RwSignal<Vec<UserSummary>>,
    /// How people who are there are seen, if not as online.
    statuses: RwSignal<SortedMap<UserId, PresenceStatus>>,
    /// What people should know of the browser's storage.
    pub(super) storage_trouble: RwSignal<Option<StorageTrouble>>,
}

/// What no view watches.
struct Held {
    me: UserSummary,
    desks: SortedMap<Conversation, Desk>,
    /// What all of it lives as long as. Weak, since it owns the very place where it is kept.
    owner: WeakOwner,
    /// When the last message was written.
    last_written: Timestamp,
    /// The last message of the last conversation that was loaded into the list.
    list_end: Option<MessageId>,
    /// Up to where the server knows that this browser has got what others wrote.
    delivered: SortedMap<Conversation, MessageId>,
}

/// What is loaded of the list of conversations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum ListState {
    /// Nothing yet.
    #[default]
    Waiting,
    /// Nothing, for an error.
    Failed,
    /// All there is.
    Whole,
    /// The first part of it.
    HasMore,
}

/// What the browser does not keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StorageTrouble {
    /// What is unsent would be lost with the page.
    KeepsNothing,
    /// What an earlier page left unsent can't be read.
    Unreadable,
}

/// Gives the chat of `user` to everything below. Call it once, in the part of the page that only signed-in people see,
/// after the connection and the toasts.
pub fn provide_chat(user: &User) {
    let realtime = use_realtime();
    let members = realtime.presence(AppChannel::PresenceChat);
    let first_present = RwSignal::<Vec<UserSummary>>::default();
    let store = ChatStore {
        realtime,
        toasts: use_toasts(),
        announcer: use_announcer(),
        settings: use_settings(),
        held: StoredValue::new(Held {
            me: UserSummary::from(user),
            desks: SortedMap::default(),
            owner: Owner::current().unwrap_or_default().downgrade(),
            last_written: Timestamp::from_unix_ms(0),
            list_end: None,
            delivered: SortedMap::default(),
        }),
        line: RwSignal::new(Line::default()),
        storage: RwSignal::new(None),
        first_list: json::resource(list_conversations),
        conversations: RwSignal::new(Conversations::new(user.id)),
        list_state: RwSignal::default(),
        looked_at: RwSignal::new(None),
        typing: RwSignal::default(),
        picker: RwSignal::new(false),
        is_asking_to_read_all: RwSignal::new(false),
        drafts: RwSignal::default(),
        members,
        present: Memo::new(move |_| members.with(|it| if it.is_empty() { first_present.get() } else { it.clone() })),
        first_present,
        statuses: RwSignal::default(),
        storage_trouble: RwSignal::new(None),
    };
    store.follow_line();
    store.follow_list();
    store.follow_people();
    store.end_leases();
    // Effects run in the browser alone, and begin with the first one after hydration.
    Effect::new(move |_| spawn_local(store.open_storage()));
    provide_context(store);
}

/// See [`provide_chat`].
pub(super) fn use_chat() -> ChatStore {
    expect_context()
}

impl ChatStore {
    /// Who looks at it.
    pub(super) fn me(self) -> UserSummary {
        self.held.with_value(|it| it.me.clone())
    }

    /// The id of whoever looks at it.
    pub(super) fn user_id(self) -> UserId {
        self.held.with_value(|it| it.me.id)
    }

    /// A conversation, as it was left if it was opened before.
    pub(super) fn desk(self, conversation: Conversation) -> Desk {
        if let Some(desk) = self.known_desk(conversation) {
            return desk;
        }
        let owner = self.owner().or_else(Owner::current).unwrap_or_default();
        let desk = owner.with(|| Desk::new(self, conversation));
        self.held.update_value(|it| {
            it.desks.insert(conversation, desk);
        });
        desk
    }

    /// What listeners live as long as; `None` once nobody is signed in any more.
    fn owner(self) -> Option<Owner> {
        self.held.try_with_value(|it| it.owner.upgrade()).flatten()
    }

    /// When a message is written that is written now: one later than the last one at least, so that the ids tell the
    /// order.
    fn write_at(self, now: Timestamp) -> Timestamp {
        let written = self.held.with_value(|it| now.max(it.last_written.plus_ms(1)));
        self.held.update_value(|it| it.last_written = written);
        written
    }

    fn known_desk(self, conversation: Conversation) -> Option<Desk> {
        self.held.try_with_value(|it| it.desks.get(&conversation).copied()).flatten()
    }

    fn all_desks(self) -> Vec<Desk> {
        self.held.try_with_value(|it| it.desks.values().copied().collect()).unwrap_or_default()
    }

    /// Tells every conversation how the way to the server looks.
    fn follow_line(self) {
        let line = Memo::new(move |_| {
            self.realtime.status().with(|it| match it {
                Status::Offline => Line::Offline,
                Status::Connected | Status::GapTooLarge | Status::CatchingUp => Line::Connected,
                _ => Line::Unsure,
            })
        });
        Effect::new(move |_| {
            let line = line.get();
            self.line.set(line);
            for desk in self.all_desks() {
                desk.line_changed(line);
            }
            if line == Line::Connected && self.list_state.get_untracked() == ListState::Failed {
                self.load_list();
            }
        });
    }

    /// Opens the browser's storage, and takes over what an earlier page left there.
    async fn open_storage(self) {
        let storage = OutboxStorage::open().await;
        let left = storage.load(self.user_id()).await;
        let trouble = match &left {
            Err(_) if storage.is_durable() => Some(StorageTrouble::Unreadable),
            _ => (!storage.is_durable()).then_some(StorageTrouble::KeepsNothing),
        };
        storage.on_message(move |message| self.heard_from_tab(message));
        if self.storage.try_set(Some(SendWrapper::new(storage))).is_some() {
            return; // the page has been left meanwhile
        }
        self.storage_trouble.set(trouble);
        for (conversation, message) in left.unwrap_or_default() {
            self.desk(conversation).take_over(message);
        }
        self.delete_waiting().await;
    }

    /// Another tab has written a message, or got rid of one.
    fn heard_from_tab(self, message: TabMessage) {
        match message {
            TabMessage::Added(it) if it.user_id == self.user_id() => {
                self.desk(it.conversation).written_elsewhere(it.message);
            }
            TabMessage::Added(_) => {}
            TabMessage::Removed(client_id) => {
                for desk in self.all_desks() {
                    desk.gone_elsewhere(client_id);
                }
            }
        }
    }
}
