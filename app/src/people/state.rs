//! The people on the page: in groups by how they are seen, and how each event changes it.

use super::api::{OpenedPeople, PeoplePage};
use super::model::{Person, PresenceStatus};
use crate::accounts::UserSummary;
use crate::ids::UserId;
use crate::letters::lower;
use crate::realtime::AppEvent;
use crate::time::Timestamp;

/// The groups in the order of the page.
pub const GROUPS: [PresenceStatus; 4] =
    [PresenceStatus::Online, PresenceStatus::Away, PresenceStatus::DoNotDisturb, PresenceStatus::Offline];

/// Everybody who is known, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    people: Vec<Person>,
    /// The last one of the pages of those who are not there; unset if there are no more.
    more_after: Option<UserId>,
}

impl Directory {
    /// What opening the page brought.
    pub fn new(opened: OpenedPeople) -> Self {
        let mut directory = Self::default();
        directory.add(opened.here.people);
        directory.add_gone(opened.gone);
        directory
    }

    /// Adds people, or how they are now.
    pub fn add(&mut self, people: Vec<Person>) {
        for person in people {
            match self.people.iter_mut().find(|it| it.user.id == person.user.id) {
                Some(known) => *known = person,
                None => self.people.push(person),
            }
        }
        self.people.sort_by_cached_key(|it| (lower(&it.user.name), it.user.id));
    }

    /// Adds a page of those who are not there.
    pub fn add_gone(&mut self, page: PeoplePage) {
        self.more_after = page.people.last().map(|it| it.user.id).filter(|_| page.has_more);
        self.add(page.people);
    }

    /// After whom more of those who are not there can be loaded.
    pub const fn more_after(&self) -> Option<UserId> {
        self.more_after
    }

    /// One of them.
    pub fn find(&self, id: UserId) -> Option<&Person> {
        self.people.iter().find(|it| it.user.id == id)
    }

    /// Whether nobody but `me` is known.
    pub fn is_empty_but_for(&self, me: UserId) -> bool {
        self.people.iter().all(|it| it.user.id == me)
    }

    /// Somebody came, went, or is seen in another way. Returns who went: when they were here last is theirs to tell.
    pub fn apply(&mut self, event: &AppEvent) -> Option<UserId> {
        match event {
            AppEvent::UserJoined(event) => self.see(&event.user, PresenceStatus::Online),
            AppEvent::PresenceChanged(event) => self.see(&event.user, event.status),
            AppEvent::UserLeft(event) => {
                self.see(&event.user, PresenceStatus::Offline);
                return Some(event.user.id);
            }
            _ => {}
        }
        None
    }

    /// When somebody was here last, as they let the reader know.
    pub fn last_seen(&mut self, id: UserId, at: Option<Timestamp>) {
        if let Some(person) = self.people.iter_mut().find(|it| it.user.id == id) {
            person.last_seen = at.filter(|_| person.status == PresenceStatus::Offline);
        }
    }

    /// The groups as they are now: who stands in which, of those whose name has `search` in it.
    pub fn groups(&self, search: &str) -> Vec<(PresenceStatus, Vec<UserId>)> {
        let search = lower(search.trim());
        let fits = |it: &&Person| lower(&it.user.name).contains(&search) || lower(&it.headline).contains(&search);
        let of = |status| {
            let people = self.people.iter().filter(|it| it.status == status).filter(fits);
            people.map(|it| it.user.id).collect::<Vec<_>>()
        };
        GROUPS.into_iter().map(|status| (status, of(status))).filter(|(_, ids)| !ids.is_empty()).collect()
    }

    fn see(&mut self, user: &UserSummary, status: PresenceStatus) {
        let known = self.find(user.id).map(|it| it.headline.clone());
        let headline = known.unwrap_or_default();
        self.add(vec![Person { user: user.clone(), status, headline, last_seen: None }]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::ChannelPosition;
    use crate::people::{JoinReason, LeaveReason};
    use crate::realtime::events::{PresenceChanged, UserJoined, UserLeft};

    const NOON: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

    fn user(id: i64, name: &str) -> UserSummary {
        UserSummary { id: UserId(id), name: name.to_owned() }
    }

    fn person(id: i64, name: &str, status: PresenceStatus) -> Person {
        Person { user: user(id, name), status, headline: "Marketing".to_owned(), last_seen: None }
    }

    fn directory() -> Directory {
        let here = vec![person(2, "Jonas R", PresenceStatus::Online), person(1, "amina K", PresenceStatus::Online)];
        let gone = vec![person(3, "Mei D", PresenceStatus::Offline)];
        Directory::new(OpenedPeople {
            here: PeoplePage { people: here, has_more: false },
            gone: PeoplePage { people: gone, has_more: true },
            position: ChannelPosition { epoch: "e".to_owned(), offset: 1 },
        })
    }

    fn groups(directory: &Directory) -> Vec<(PresenceStatus, Vec<i64>)> {
        directory
            .groups("")
            .into_iter()
            .map(|(status, ids)| (status, ids.into_iter().map(|it| it.0).collect()))
            .collect()
    }

    #[test]
    fn people_stand_by_name_in_groups_and_an_empty_group_is_not_shown() {
        assert_eq!(groups(&directory()), [(PresenceStatus::Online, vec![1, 2]), (PresenceStatus::Offline, vec![3])]);
        assert_eq!(directory().groups(" JON"), [(PresenceStatus::Online, vec![UserId(2)])]);
        assert_eq!(directory().groups("marketing").len(), 2);
        assert_eq!(directory().more_after(), Some(UserId(3)));
    }

    #[test]
    fn whoever_comes_goes_or_is_seen_otherwise_changes_the_group() {
        let mut people = directory();
        people.apply(&UserJoined { user: user(3, "Mei D"), at: NOON, reason: JoinReason::Connected }.into());
        people.apply(&UserJoined { user: user(9, "Omar S"), at: NOON, reason: JoinReason::Connected }.into());
        people.apply(&PresenceChanged { user: user(2, "Jonas R"), status: PresenceStatus::Away, at: NOON }.into());
        let left = UserLeft { user: user(1, "amina K"), at: NOON, reason: LeaveReason::SignedOut };
        assert_eq!(people.apply(&left.into()), Some(UserId(1)));
        assert_eq!(
            groups(&people),
            [(PresenceStatus::Online, vec![3, 9]), (PresenceStatus::Away, vec![2]), (PresenceStatus::Offline, vec![1])]
        );
        people.last_seen(UserId(1), Some(NOON));
        people.last_seen(UserId(9), Some(NOON));
        assert_eq!(people.find(UserId(1)).and_then(|it| it.last_seen), Some(NOON));
        assert_eq!(people.find(UserId(9)).and_then(|it| it.last_seen), None, "back already");
        assert_eq!(people.find(UserId(2)).map(|it| it.headline.as_str()), Some("Marketing"), "what they do stays");
    }
}
