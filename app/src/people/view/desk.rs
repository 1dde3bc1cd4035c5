//! The people as the page holds them: loaded, looked for, and changed by whoever comes and goes.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use crate::ids::UserId;
use crate::people::api::{OpenedPeople, PeoplePage};
use crate::people::model::{PersonProfile, PresenceStatus};
use crate::people::state::Directory;
use crate::realtime::{AppChannel, AppEvent, use_realtime};
use crate::rest;
use crate::shell::use_page;
use crate::ui::{ToastKind, Toasts, reason, use_toasts};

/// How long a change waits before rows change their group: nothing moves away from under a finger.
const SETTLE: Duration = Duration::from_secs(2);
/// How long somebody types before the server is asked.
const TYPING: Duration = Duration::from_millis(250);
/// How many who have just gone are asked about at once.
const MAX_ASKED: u32 = 10;

/// The people of the page. Handles are copies of each other.
#[derive(Clone, Copy)]
pub(super) struct Desk {
    pub(super) me: UserId,
    pub(super) directory: RwSignal<Directory>,
    /// Who stands in which group on the page.
    pub(super) groups: RwSignal<Vec<(PresenceStatus, Vec<UserId>)>>,
    pub(super) search: RwSignal<String>,
    pub(super) is_busy: RwSignal<bool>,
    /// Whose profile is open.
    pub(super) profile: RwSignal<Option<UserId>>,
    pub(super) is_profile_open: RwSignal<bool>,
    pub(super) toasts: Toasts,
    go: StoredValue<Callback<UserId>>,
    is_settling: StoredValue<bool>,
    asked: StoredValue<u32>,
}

impl Desk {
    pub(super) fn new(search: String) -> Self {
        let navigate = use_navigate();
        let go = move |id: UserId| navigate(&path_of(id), NavigateOptions::default());
        Self {
            me: use_page().user.map_or(UserId(0), |it| it.id),
            directory: RwSignal::new(Directory::default()),
            groups: RwSignal::new(Vec::new()),
            search: RwSignal::new(search),
            is_busy: RwSignal::new(false),
            profile: RwSignal::new(None),
            is_profile_open: RwSignal::new(false),
            toasts: use_toasts(),
            go: StoredValue::new(Callback::new(go)),
            is_settling: StoredValue::new(false),
            asked: StoredValue::new(0),
        }
    }

    /// Shows what opening the page brought, and listens from there on.
    pub(super) fn open(self, opened: OpenedPeople) {
        let position = opened.position.clone();
        self.directory.set(Directory::new(opened));
        self.regroup();
        let (realtime, channel) = (use_realtime(), AppChannel::PresenceChat);
        Effect::new(move |_| {
            realtime.listen(channel, AppEvent::people, Some(position.clone()), move |event| self.receive(&event));
            realtime.on_gap(channel, move || async move {
                let pages = (page("whereabouts=here&limit=100").await, page("whereabouts=gone").await);
                let (Ok(here), Ok(gone)) = pages else { return false };
                self.directory.try_update(|it| {
                    it.add(here.people);
                    it.add_gone(gone);
                });
                self.regroup();
                true
            });
        });
    }

    fn receive(self, event: &AppEvent) {
        let Some(gone) = self.directory.try_update(|it| it.apply(event)) else { return };
        if let Some(id) = gone {
            self.ask_last_seen(id);
        }
        self.settle();
    }

    /// Changes the groups a little later, once for all that changed; not while a row has the focus.
    fn settle(self) {
        if self.is_settling.try_get_value() != Some(false) {
            return;
        }
        self.is_settling.set_value(true);
        set_timeout(
            move || {
                if self.is_settling.try_update_value(|it| *it = false).is_none() {
                    return;
                }
                let focused = document().active_element();
                if focused.is_some_and(|it| it.closest(".people__list").is_ok_and(|it| it.is_some())) {
                    self.settle();
                } else {
                    self.regroup();
                }
            },
            SETTLE,
        );
    }

    fn regroup(self) {
        let groups = self.search.with_untracked(|search| self.directory.with_untracked(|it| it.groups(search)));
        self.groups.try_set(groups);
    }

    /// When somebody who has gone was here last: they may keep that to themselves.
    fn ask_last_seen(self, id: UserId) {
        if self.asked.get_value() >= MAX_ASKED {
            return;
        }
        self.asked.update_value(|it| *it += 1);
        spawn_local(async move {
            let profile = rest::get::<PersonProfile>(&("/api/people/".to_owned() + &id.to_string())).await;
            self.asked.try_update_value(|it| *it -= 1);
            // Without an answer nothing is said of it.
            if let Ok(profile) = profile {
                self.directory.try_update(|it| it.last_seen(id, profile.person.last_seen));
            }
        });
    }

    /// Shows those whose name has this in it; the server knows more of them than the page.
    pub(super) fn look_for(self, search: String) {
        self.search.set(search.clone());
        self.regroup();
        let search = search.trim().to_owned();
        if search.is_empty() {
            return;
        }
        set_timeout(
            move || {
                if self.search.try_with_untracked(|it| it.trim() == search) != Some(true) {
                    return;
                }
                spawn_local(async move {
                    let query = "search=".to_owned() + &String::from(js_sys::encode_uri_component(&search));
                    match page(&query).await {
                        Ok(found) => {
                            self.directory.try_update(|it| it.add(found.people));
                            self.regroup();
                        }
                        Err(error) => self.say_failed("Couldn't look for more people.", &error),
                    }
                });
            },
            TYPING,
        );
    }

    /// Loads more of those who are not there.
    pub(super) fn load_more(self) {
        let Some(after) = self.directory.with_untracked(Directory::more_after) else { return };
        if self.is_busy.get_untracked() {
            return;
        }
        self.is_busy.set(true);
        spawn_local(async move {
            let answer = page(&("whereabouts=gone&after=".to_owned() + &after.to_string())).await;
            self.is_busy.try_set(false);
            match answer {
                Ok(page) => {
                    self.directory.try_update(|it| it.add_gone(page));
                    self.regroup();
                }
                Err(error) => self.say_failed("Couldn't load more people.", &error),
            }
        });
    }

    /// Opens the conversation with somebody.
    pub(super) fn message(self, id: UserId) {
        if id != self.me {
            self.go.with_value(|it| it.run(id));
        }
    }

    /// Opens somebody's profile.
    pub(super) fn show_profile(self, id: UserId) {
        self.profile.set(Some(id));
        self.is_profile_open.set(true);
    }

    pub(super) fn say_failed(self, text: &str, error: &crate::error::AppError) {
        self.toasts.show(ToastKind::Error, text.to_owned() + " " + &reason(error), None);
    }
}

/// Where the conversation with somebody stands.
pub(super) fn path_of(id: UserId) -> String {
    "/chat/".to_owned() + &id.to_string()
}

async fn page(query: &str) -> Result<PeoplePage, crate::error::AppError> {
    rest::get(&("/api/people?".to_owned() + query)).await
}
