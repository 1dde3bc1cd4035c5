//! What may be meant, while somebody is about to be named with an `@`, or an emoji with a `:`.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::emoji::{self, Emoji};
use crate::accounts::UserSummary;
use crate::chat::state::{Named, Naming};
use crate::chat::store::Desk;
use crate::people::PeoplePage;
use crate::rest;
use crate::ui::{Avatar, live};

/// The list's id in the page.
const LIST: &str = "mentions";
/// The most that are offered.
const ROWS: usize = 8;

/// Something that may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Offer {
    Person(UserSummary),
    /// The sign, in the tone that its writer has chosen, and its name.
    Emoji(String, String),
}

impl Offer {
    fn name(&self) -> &str {
        match self {
            Self::Person(user) => &user.name,
            Self::Emoji(_, name) => name,
        }
    }

    /// What is written for it.
    fn text(&self) -> String {
        match self {
            Self::Person(user) => ["@", &user.name].concat(),
            Self::Emoji(sign, _) => sign.clone(),
        }
    }
}

/// What is being named, and what may be meant. Handles are copies of each other.
#[derive(Clone, Copy)]
pub(super) struct Mentions {
    desk: Desk,
    naming: RwSignal<Option<Naming>>,
    /// Found by the server, who is not here.
    elsewhere: RwSignal<Vec<UserSummary>>,
    /// All there are, once one was looked for.
    emoji: RwSignal<Vec<Emoji>>,
    active: RwSignal<usize>,
    offered: Memo<Vec<Offer>>,
}

/// What a key has done.
pub(super) enum Pressed {
    /// Nothing: it is the field's.
    Elsewhere,
    /// It moved within the list, or closed it.
    Here,
    /// It chose something: the text to be written, and where the caret stands then.
    Chosen((String, u32)),
}

impl Mentions {
    pub(super) fn new(desk: Desk) -> Self {
        let naming = RwSignal::new(None::<Naming>);
        let elsewhere = RwSignal::new(Vec::new());
        let emoji = RwSignal::new(Vec::new());
        let offered = Memo::new(move |_| {
            let Some(naming) = naming.get() else { return Vec::new() };
            match naming.named {
                Named::Person => people(desk, &naming, &elsewhere.read()).into_iter().map(Offer::Person).collect(),
                Named::Emoji => signs(desk, &naming, &emoji.read()),
            }
        });
        Self { desk, naming, elsewhere, emoji, active: RwSignal::new(0), offered }
    }

    /// The text or the caret has changed.
    pub(super) fn look(self, text: &str, caret: Option<u32>) {
        let naming = caret.and_then(|it| Naming::at(text, it));
        if self.naming.with_untracked(|it| *it == naming) {
            return;
        }
        self.active.set(0);
        match naming.as_ref().map(|it| it.named) {
            Some(Named::Person) => {
                if let Some(naming) = naming.clone().filter(|it| !it.name.is_empty() && !self.desk.is_direct()) {
                    self.ask(naming);
                }
            }
            Some(Named::Emoji) => self.load_emoji(),
            None => {}
        }
        self.naming.set(naming);
    }

    /// Asks the server for people who are not here.
    fn ask(self, naming: Naming) {
        spawn_local(async move {
            let search = String::from(js_sys::encode_uri_component(&naming.name));
            // Without an answer those who are here are offered.
            let Ok(page) = rest::get::<PeoplePage>(&format!("/api/people?limit={ROWS}&search={search}")).await else {
                return;
            };
            if self.naming.try_with_untracked(|it| it.as_ref() == Some(&naming)) == Some(true) {
                self.elsewhere.set(page.people.into_iter().map(|it| it.user).collect());
            }
        });
    }

    /// Loads all emoji, if they are not here. Without them none is offered, and what is typed stays as it is.
    fn load_emoji(self) {
        if self.emoji.with_untracked(Vec::is_empty) {
            spawn_local(async move {
                if let Ok(all) = rest::get(emoji::ALL).await {
                    self.emoji.try_set(all);
                }
            });
        }
    }

    /// No more of it, until something else is typed.
    pub(super) fn close(self) {
        self.naming.try_set(None);
    }

    pub(super) fn is_open(self) -> bool {
        self.offered.with(|it| !it.is_empty())
    }

    /// What a key does in the list.
    pub(super) fn press(self, key: &str, text: &str) -> Pressed {
        let count = self.offered.with_untracked(Vec::len);
        if count == 0 {
            return Pressed::Elsewhere;
        }
        let at = self.active.get_untracked().min(count - 1);
        match key {
            "ArrowDown" => self.active.set((at + 1) % count),
            "ArrowUp" => self.active.set((at + count - 1) % count),
            "Escape" => self.close(),
            "Enter" | "Tab" => return self.complete(at, text).map_or(Pressed::Here, Pressed::Chosen),
            _ => return Pressed::Elsewhere,
        }
        Pressed::Here
    }

    fn complete(self, at: usize, text: &str) -> Option<(String, u32)> {
        let chosen = self.offered.with_untracked(|it| it.get(at).map(Offer::text))?;
        let completed = self.naming.with_untracked(|it| it.as_ref().map(|it| it.complete(text, &chosen)));
        self.close();
        completed
    }

    /// What the field says of the list to those who listen.
    pub(super) fn active_id(self) -> Option<String> {
        let count = self.offered.with(Vec::len);
        (count > 0).then(|| option_id(self.active.get().min(count - 1)))
    }

    pub(super) fn list_id(self) -> Option<&'static str> {
        self.is_open().then_some(LIST)
    }
}

fn option_id(at: usize) -> String {
    format!("mention-{at}")
}

/// Those who are here come first: in the conversation, then on the page, then everywhere.
fn people(desk: Desk, naming: &Naming, elsewhere: &[UserSummary]) -> Vec<UserSummary> {
    let me = desk.store.user_id();
    let mut all: Vec<UserSummary> = Vec::new();
    let mut add = |user: &UserSummary| {
        let is_here = desk.conversation.is_open_to(user.id) && user.id != me;
        if all.len() < ROWS && is_here && naming.fits(user) && all.iter().all(|it| it.id != user.id) {
            all.push(user.clone());
        }
    };
    desk.room.with(|room| room.timeline.messages().rev().for_each(|it| add(&it.user)));
    if desk.is_direct() {
        desk.store.conversations.with(|it| it.get(desk.conversation)?.peer.as_ref().map(&mut add));
    } else {
        desk.store.present.with(|it| it.iter().for_each(&mut add));
        elsewhere.iter().for_each(&mut add);
    }
    all
}

fn signs(desk: Desk, naming: &Naming, all: &[Emoji]) -> Vec<Offer> {
    let tone = desk.store.settings.settings.with(|it| it.chat.skin_tone);
    let found = emoji::found(all, &naming.name).into_iter().take(ROWS);
    found.map(|Emoji(sign, name, _, takes_tone)| Offer::Emoji(emoji::in_tone(&sign, takes_tone, tone), name)).collect()
}

/// The list above the field.
#[component]
pub(super) fn MentionList(mentions: Mentions, choose: Callback<(String, u32)>, text: Signal<String>) -> impl IntoView {
    live(move || {
        let offers = mentions.offered.get();
        (!offers.is_empty()).then(|| {
            let count = offers.len();
            let label = if matches!(offers[0], Offer::Person(_)) { "People" } else { "Emoji" };
            let rows = offers.into_iter().enumerate().map(|(at, offer)| {
                let name = offer.name().to_owned();
                let picture = match offer {
                    Offer::Person(user) => view! { <Avatar user /> }.into_any(),
                    Offer::Emoji(sign, _) => view! {
                        <span class="composer__sign" aria-hidden="true">
                            {sign}
                        </span>
                    }
                    .into_any(),
                };
                let is_active = move || mentions.active.get().min(count - 1) == at;
                view! {
                    <li
                        id=option_id(at)
                        class="combobox__option"
                        role="option"
                        aria-selected=move || is_active().to_string()
                        // The text keeps the focus.
                        on:mousedown=|event| event.prevent_default()
                        on:click=move |_| {
                            if let Some(completed) = mentions.complete(at, &text.get_untracked()) {
                                choose.run(completed);
                            }
                        }
                    >
                        {picture}
                        <span class="combobox__name" dir="auto">
                            {name}
                        </span>
                    </li>
                }
                .into_any()
            });
            view! {
                <ul id=LIST class="composer__mentions" role="listbox" aria-label=label>
                    {rows.collect_view()}
                </ul>
            }
            .into_any()
        })
    })
}
