//! Who is there, and how they are seen.

use leptos::prelude::*;

use super::ChatStore;
use crate::ids::UserId;
use crate::people::{Person, PresenceStatus};
use crate::realtime::{AppChannel, AppEvent};
use crate::shell::use_is_live;
use crate::ui::Presence;

impl ChatStore {
    /// Hears how people who are there are seen.
    pub(super) fn follow_people(self) {
        Effect::new(move |_| {
            self.realtime.listen(AppChannel::PresenceChat, AppEvent::people, None, move |event| {
                if let AppEvent::PresenceChanged(it) = event {
                    self.statuses.update(|all| {
                        all.insert(it.user.id, it.status);
                    });
                } else if let AppEvent::UserJoined(it) = event {
                    self.statuses.update(|all| {
                        all.remove(&it.user.id);
                    });
                }
            });
        });
    }

    /// Takes who is there as the page's first answer has it.
    pub(in crate::chat) fn take_first_people(self, people: Vec<Person>) {
        if !self.first_present.with_untracked(Vec::is_empty) {
            return;
        }
        self.statuses.update(|all| {
            for person in people.iter().filter(|it| it.status != PresenceStatus::Online) {
                all.insert(person.user.id, person.status);
            }
        });
        self.first_present.set(people.into_iter().map(|it| it.user).collect());
    }

    /// How somebody is seen.
    pub(in crate::chat) fn presence_of(self, user: UserId) -> Signal<Presence> {
        let is_live = use_is_live();
        Memo::new(move |_| {
            if !self.present.with(|it| it.iter().any(|it| it.id == user)) {
                return Presence::Offline;
            }
            if !is_live.get() {
                return Presence::LastKnown;
            }
            match self.statuses.with(|it| it.get(&user).copied()) {
                Some(PresenceStatus::Away) => Presence::Away,
                Some(PresenceStatus::DoNotDisturb) => Presence::DoNotDisturb,
                _ => Presence::Online,
            }
        })
        .into()
    }
}
