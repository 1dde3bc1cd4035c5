//! Whom to write to: people by the beginning of their name.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::{ROOM, path_to};
use crate::chat::store::use_chat;
use crate::ids::UserId;
use crate::people::{PeoplePage, Person, PresenceStatus};
use crate::rest;
use crate::shell::use_switcher;
use crate::ui::{Combobox, ComboboxOption, Dialog, Icon, OptionSign, Presence};

/// How many people are shown at once.
const ROWS: usize = 20;

/// Who is found. Handles are copies of each other.
#[derive(Clone, Copy)]
pub(super) struct Found {
    people: RwSignal<Vec<Person>>,
    has_failed: RwSignal<bool>,
    /// Counts the questions: a late answer to an earlier one is dropped.
    asked: StoredValue<u32>,
}

impl Found {
    /// Looks for people as long as `is_open`, again with everything that is typed.
    pub(super) fn by(query: Signal<String>, is_open: Signal<bool>) -> Self {
        let found = Self { people: RwSignal::default(), has_failed: RwSignal::new(false), asked: StoredValue::new(0) };
        Effect::new(move |_| {
            if is_open.get() {
                found.ask(query.get());
            }
        });
        found
    }

    fn ask(self, text: String) {
        let number = self.asked.get_value() + 1;
        self.asked.set_value(number);
        spawn_local(async move {
            let text = String::from(js_sys::encode_uri_component(text.trim()));
            let answer = rest::get::<PeoplePage>(&format!("/api/people?limit={ROWS}&search={text}")).await;
            if self.asked.try_get_value() != Some(number) {
                return;
            }
            self.has_failed.set(answer.is_err());
            self.people.set(answer.map(|it| it.people).unwrap_or_default());
        });
    }

    /// Those who were found, but for oneself, as rows.
    pub(super) fn options(self, me: UserId) -> Vec<ComboboxOption> {
        self.people.with(|people| {
            let others = people.iter().filter(|it| it.user.id != me);
            others.map(option).collect()
        })
    }
}

fn option(person: &Person) -> ComboboxOption {
    let presence = match person.status {
        PresenceStatus::Online => Presence::Online,
        PresenceStatus::Away => Presence::Away,
        PresenceStatus::DoNotDisturb => Presence::DoNotDisturb,
        PresenceStatus::Offline => Presence::Offline,
    };
    ComboboxOption {
        key: person.user.id.to_string(),
        label: person.user.name.clone(),
        detail: presence.label().to_owned(),
        sign: OptionSign::Person(person.user.clone(), Some(presence)),
        group: "People",
    }
}

/// The dialog behind "New message".
#[component]
pub fn PeoplePicker() -> impl IntoView {
    let store = use_chat();
    let open = store.picker;
    let query = RwSignal::new(String::new());
    let found = Found::by(query.into(), open.into());
    let options = Signal::derive(move || found.options(store.user_id()));
    let nothing = Signal::derive(move || {
        if found.has_failed.get() {
            "People couldn't be loaded. Type to try again.".to_owned()
        } else if query.with(String::is_empty) {
            "Nobody else is here yet.".to_owned()
        } else {
            ["Nobody is called “", query.get().trim(), "”."].concat()
        }
    });
    let navigate = use_navigate();
    let choose = move |key: String| {
        open.set(false);
        query.set(String::new());
        if let Ok(person) = key.parse() {
            navigate(&path_to(person), NavigateOptions::default());
        }
    };
    view! {
        <Dialog id="people-picker" open title="New message".to_owned()>
            <Combobox
                id="people-query"
                label="To"
                placeholder="Somebody's name"
                query
                options
                on_choose=Callback::new(choose.clone())
                nothing
            />
        </Dialog>
    }
    .into_any()
}

/// Offers the conversations and all people to the switcher. To be called once, where that is known.
pub fn offer_conversations() {
    let (store, switcher) = (use_chat(), use_switcher());
    let found = Found::by(switcher.query(), switcher.is_open.into());
    let options = Signal::derive(move || {
        if !switcher.is_open.get() {
            return Vec::new();
        }
        let me = store.user_id();
        let row = |path: String, label: String, sign: OptionSign| ComboboxOption {
            key: path,
            label,
            detail: String::new(),
            sign,
            group: "Conversations",
        };
        let peers =
            store.conversations.with(|it| it.direct().into_iter().filter_map(|it| it.peer.clone()).collect::<Vec<_>>());
        let mut options = vec![row("/".to_owned(), ROOM.to_owned(), OptionSign::Icon(Icon::Channel))];
        let known = found.options(me).into_iter().filter(|it| peers.iter().all(|peer| peer.id.to_string() != it.key));
        let known: Vec<_> =
            known.filter_map(|it| Some(ComboboxOption { key: path_to(it.key.parse().ok()?), ..it })).collect();
        options.extend(peers.into_iter().map(|peer| {
            let presence = store.presence_of(peer.id).get_untracked();
            row(path_to(peer.id), peer.name.clone(), OptionSign::Person(peer, Some(presence)))
        }));
        options.extend(known);
        options
    });
    let navigate = use_navigate();
    switcher.add(options, move |path| navigate(&path, NavigateOptions::default()));
}
