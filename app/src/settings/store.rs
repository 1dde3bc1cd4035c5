//! What the person has chosen, as every page knows it.

use leptos::prelude::*;

use super::model::{AnnounceWhat, Settings};
use crate::people::ChosenStatus;
use crate::shell::use_page;
use crate::ui::use_clock;

/// The settings of whoever is signed in, kept by the page of settings. Handles are copies of each other.
#[derive(Debug, Clone, Copy)]
pub struct SettingsStore {
    /// All of them.
    pub settings: RwSignal<Settings>,
    /// How the person wants to be seen.
    pub status: RwSignal<ChosenStatus>,
}

/// Gives the settings to everything below, as the server knew them when it made the page.
pub fn provide_settings() -> SettingsStore {
    let standing = use_page().standing;
    let store = SettingsStore { settings: RwSignal::new(standing.settings), status: RwSignal::new(standing.status) };
    provide_context(store);
    let (clock, zone) = (use_clock(), store.value(|it| it.profile.time_zone.clone()));
    Effect::new(move |_| clock.follow_zone(zone.get()));
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

    /// Whether a message that has come is spoken to screen readers.
    pub fn speaks(self, names_listener: bool) -> bool {
        match self.settings.with_untracked(|it| it.chat.announce) {
            AnnounceWhat::All => true,
            AnnounceWhat::Mentions => names_listener,
            AnnounceWhat::None => false,
        }
    }
}
