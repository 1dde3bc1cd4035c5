//! Who is signed in, and who wants to know (section 12.3).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::application::ApplicationId;
use crate::hub::inbox::ConnectionRef;

/// A connection of some shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Watcher {
    pub(crate) shard: usize,
    pub(crate) connection: ConnectionRef,
}

/// Signed-in users of the applications that have watchlists, and those who watch them.
///
/// Who is told of a change is told under the lock of the table, so that what a watcher hears has the order in which it
/// happened.
#[derive(Default)]
pub(crate) struct Watchlists(Mutex<HashMap<(ApplicationId, Arc<str>), Watched>>);

/// A user who is signed in, watched, or both.
#[derive(Default)]
struct Watched {
    connections: usize,
    watchers: Vec<Watcher>,
}

/// Which of a list are signed in.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct OnlineState {
    pub(crate) online: Vec<Arc<str>>,
    pub(crate) offline: Vec<Arc<str>>,
}

impl Watchlists {
    /// A connection has signed in. `tell` is called with those who are to be told that the user is online: everybody who
    /// watches, if it is the user's first connection.
    pub(crate) fn sign_in(&self, application: &ApplicationId, user_id: &Arc<str>, tell: impl FnOnce(&[Watcher])) {
        let mut table = self.lock();
        let watched = table.entry((application.clone(), Arc::clone(user_id))).or_default();
        watched.connections += 1;
        if watched.connections == 1 && !watched.watchers.is_empty() {
            tell(&watched.watchers);
        }
    }

    /// A signed-in connection is gone. `tell` is called with those who are to be told that the user is offline.
    pub(crate) fn sign_out(&self, application: &ApplicationId, user_id: &Arc<str>, tell: impl FnOnce(&[Watcher])) {
        let mut table = self.lock();
        let key = (application.clone(), Arc::clone(user_id));
        let Some(watched) = table.get_mut(&key) else { return };
        watched.connections = watched.connections.saturating_sub(1);
        if watched.connections > 0 {
            return;
        }
        if watched.watchers.is_empty() {
            table.remove(&key);
        } else {
            tell(&watched.watchers);
        }
    }

    /// Watches these users from now on; `tell` is called with how it stands now.
    pub(crate) fn watch(
        &self,
        application: &ApplicationId,
        list: &[Arc<str>],
        watcher: Watcher,
        tell: impl FnOnce(&OnlineState),
    ) {
        let mut table = self.lock();
        let mut state = OnlineState::default();
        for user_id in list {
            let user = table.entry((application.clone(), Arc::clone(user_id))).or_default();
            user.watchers.push(watcher);
            let group = if user.connections > 0 { &mut state.online } else { &mut state.offline };
            group.push(Arc::clone(user_id));
        }
        tell(&state);
    }

    /// Ceases to watch these users.
    pub(crate) fn unwatch(&self, application: &ApplicationId, list: &[Arc<str>], watcher: Watcher) {
        let mut table = self.lock();
        for user_id in list {
            let key = (application.clone(), Arc::clone(user_id));
            let Some(user) = table.get_mut(&key) else { continue };
            user.watchers.retain(|it| *it != watcher);
            if user.connections == 0 && user.watchers.is_empty() {
                table.remove(&key);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(ApplicationId, Arc<str>), Watched>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usr_7_watchers_hear_of_the_first_and_the_last_connection() {
        let (watchlists, application) = (Watchlists::default(), ApplicationId("1".into()));
        let (ada, watcher) =
            (Arc::from("ada"), Watcher { shard: 0, connection: ConnectionRef { index: 1, serial: 2 } });
        let list = [Arc::clone(&ada)];
        let mut told = Vec::new();
        watchlists.watch(&application, &list, watcher, |state| assert_eq!(state.offline, list));
        watchlists.sign_in(&application, &ada, |watchers| told.push(("online", watchers.to_vec())));
        watchlists.sign_in(&application, &ada, |_| panic!("a second connection changes nothing"));
        watchlists.sign_out(&application, &ada, |_| panic!("one connection is left"));
        watchlists.sign_out(&application, &ada, |watchers| told.push(("offline", watchers.to_vec())));
        assert_eq!(told, [("online", vec![watcher]), ("offline", vec![watcher])]);
        watchlists.unwatch(&application, &list, watcher);
        assert!(watchlists.lock().is_empty());
    }
}
