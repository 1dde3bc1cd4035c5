//! What the person has chosen, as every page knows it.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::look::wear;
use super::model::{AnnounceWhat, ReadWhen, Settings};
use crate::accounts::User;
use crate::error::AppError;
use crate::people::ChosenStatus;
use crate::realtime::{AppChannel, AppEvent, use_realtime};
use crate::rest;
use crate::shell::use_page;
use crate::ui::use_clock;

/// After which pause settings that could not be read are read again.
const READ_AGAIN: Duration = Duration::from_secs(10);

/// The settings of whoever is signed in, as they changed them last on any tab or device. Handles are copies of each
/// other.
#[derive(Debug, Clone, Copy)]
pub struct SettingsStore {
    /// All of them.
    pub settings: RwSignal<Settings>,
    /// How the person wants to be seen.
    pub status: RwSignal<ChosenStatus>,
    changes: StoredValue<Changes>,
    /// Whether another page changed something in the meantime.
    is_behind: StoredValue<bool>,
}

/// How many changes this page itself has made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Changes {
    begun: u32,
    ended: u32,
}

impl Changes {
    /// Whether none is on its way.
    const fn is_quiet(self) -> bool {
        self.begun == self.ended
    }
}

/// Gives the settings of `user` to everything below, as the server knew them when it made the page, and keeps them so.
/// Call it once, below the connection.
pub fn provide_settings(user: &User) -> SettingsStore {
    let standing = use_page().standing;
    let store = SettingsStore {
        settings: RwSignal::new(standing.settings),
        status: RwSignal::new(standing.status),
        changes: StoredValue::new(Changes::default()),
        is_behind: StoredValue::new(false),
    };
    provide_context(store);
    let (clock, zone) = (use_clock(), store.value(|it| it.profile.time_zone.clone()));
    Effect::new(move |_| clock.follow_zone(zone.get()));
    let hours = store.value(|it| it.chat.clock_24h);
    Effect::new(move |_| clock.follow_hours(hours.get()));
    let appearance = store.value(|it| it.appearance.clone());
    Effect::new(move |_| wear(&appearance.get()));
    let (realtime, channel, position) = (use_realtime(), AppChannel::PrivateUser(user.id), standing.position);
    Effect::new(move |_| {
        realtime.listen(channel, AppEvent::account, position.clone(), move |_| store.read_soon());
        realtime.on_gap(channel, move || store.read_anew());
    });
    store
}

/// See [`SettingsStore`].
///
/// # Panics
/// Outside of the frame.
pub fn use_settings() -> SettingsStore {
    expect_context()
}

impl SettingsStore {
    /// A part of them.
    pub fn value<T: PartialEq + Send + Sync + 'static>(
        self,
        read: impl Fn(&Settings) -> T + Send + Sync + 'static,
    ) -> Signal<T> {
        Memo::new(move |_| self.settings.with(&read)).into()
    }

    /// What makes a message count as read.
    pub fn reads_when(self) -> ReadWhen {
        self.settings.with_untracked(|it| it.chat.read_when)
    }

    /// Whether Enter sends what was written; it breaks the line otherwise, and Shift+Enter sends.
    pub fn enter_sends(self) -> bool {
        self.settings.with_untracked(|it| it.chat.enter_sends)
    }

    /// A change by this page is on its way.
    pub(super) fn begin_change(self) {
        self.changes.update_value(|it| it.begun = it.begun.wrapping_add(1));
    }

    /// Such a change has come to its end; `settings` is what the server said they are now.
    pub(super) fn end_change(self, settings: Option<Settings>) {
        let is_quiet = self.changes.try_update_value(|it| {
            it.ended = it.ended.wrapping_add(1);
            it.is_quiet()
        });
        if is_quiet != Some(true) {
            return;
        }
        if self.is_behind.try_update_value(std::mem::take) == Some(true) {
            self.read_soon();
        } else if let Some(settings) = settings {
            self.settings.try_set(settings);
        }
    }

    fn read_soon(self) {
        spawn_local(async move {
            if !self.read_anew().await {
                set_timeout(move || self.read_soon(), READ_AGAIN);
            }
        });
    }

    /// Reads them from the server. A change that is on its way is waited for, and what was asked before one that has
    /// been made is asked again: what is read would undo it on the page. False if the server can't be asked.
    async fn read_anew(self) -> bool {
        loop {
            let before = self.changes.try_get_value();
            let settings = rest::get::<Settings>("/api/settings").await;
            match self.changes.try_get_value() {
                None => return true, // the page was left
                Some(now) if !now.is_quiet() => {
                    self.is_behind.set_value(true);
                    return true;
                }
                now if now != before => {}
                Some(_) => match settings {
                    Ok(settings) => {
                        self.settings.try_set(settings);
                        return true;
                    }
                    // Whoever is signed out has none.
                    Err(error) => return error == AppError::Unauthenticated,
                },
            }
        }
    }

    /// Whether a message that has come is spoken to screen readers.
    pub fn speaks(self, names_listener: bool) -> bool {
        match self.settings.with_untracked(|it| it.chat.announce) {
            AnnounceWhat::All => true,
            AnnounceWhat::Mentions => names_listener,
            AnnounceWhat::None => false,
        }
    }
}
