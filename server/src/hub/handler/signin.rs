//! `pusher:signin`, and who watches whom (section 12).

use std::sync::Arc;

use crate::application::ApplicationId;
use crate::hub::handler::key_of;
use crate::hub::inbox::{Command, Watched};
use crate::hub::shard::{Shard, SignedIn};
use crate::hub::watchlists::Watcher;
use crate::hub::wire;
use crate::signature::verify_user;

impl Shard {
    /// Signs the connection in (rules USR-1 to USR-5).
    pub(super) fn on_signin(&mut self, index: u32, auth: &str, user_data: &str) {
        let connection = &self.connections[index as usize];
        let Some(application) = connection.application().cloned() else { return };
        let is_signed = verify_user(&application.secret, connection.socket_id, user_data, auth);
        let user =
            wire::parse_user(user_data).filter(|it| it.id.chars().count() <= application.limits.max_user_id_chars);
        let is_another = |id: &str| connection.user.as_ref().is_some_and(|known| *known.id != *id);
        let Some(user) = user.filter(|it| is_signed && !is_another(&it.id)) else {
            self.send_error(index, 4009, "Connection is unauthorized", false);
            return;
        };
        let max_watched = application.limits.max_watchlist_ids;
        let is_too_long = user.watchlist.len() > max_watched;
        let mut watchlist: Vec<Arc<str>> = user.watchlist.into_iter().take(max_watched).map(Arc::from).collect();
        watchlist.sort_unstable();
        watchlist.dedup();
        let id: Arc<str> = user.id.into();
        let user_info = user.user_info.map(Arc::from);
        let is_first = connection.user.is_none();
        if !self.count_user(index, &id) {
            self.send_error(index, 4301, "The user has as many connections as it may have.", false);
            return;
        }
        self.send(index, wire::signin_success(user_data));
        self.unwatch(index);
        let is_watchable = application.watchlist_events;
        let watchlist = if is_watchable { watchlist } else { Vec::new() };
        self.connections[index as usize].user =
            Some(Box::new(SignedIn { id: Arc::clone(&id), user_info, is_watchable, watchlist: watchlist.clone() }));
        if is_first {
            self.subscribe_to_user(index, &id);
            if is_watchable {
                let frame = wire::watchlist_events(&[&id], &[]);
                self.shared.watchlists.sign_in(&application.id, &id, |it| self.tell_watchers(it, &frame));
            }
        }
        if application.catch_up {
            self.follow_all(index);
        }
        self.watch(index, &application.id, &watchlist);
        if is_too_long && is_watchable {
            self.tell_too_long(index);
        }
    }

    /// Counts the connection among those of this user; false if there are as many as may be.
    pub(super) fn count_user(&mut self, index: u32, id: &Arc<str>) -> bool {
        let admission = self.connections[index as usize].admission.as_mut();
        let is_counted = admission.is_some_and(|it| it.count_user(id));
        if !is_counted {
            self.shared.limited.user.add(1);
        }
        is_counted
    }

    /// Ends the sign-in of a connection that goes.
    pub(crate) fn sign_out(&mut self, index: u32) {
        self.unwatch(index);
        let Some(user) = self.connections[index as usize].user.take() else { return };
        let Some(application) = self.connections[index as usize].application() else { return };
        if user.is_watchable {
            let frame = wire::watchlist_events(&[], &[&user.id]);
            self.shared.watchlists.sign_out(&application.id, &user.id, |it| self.tell_watchers(it, &frame));
        }
    }

    /// Subscribes to the user's own channel, silently (rule USR-5).
    fn subscribe_to_user(&mut self, index: u32, id: &str) {
        let connection = &self.connections[index as usize];
        let Some(key) = key_of(connection, &format!("#server-to-user-{id}")) else { return };
        let Some(application) = connection.application().cloned() else { return };
        if let Ok(entered) = self.shared.enter(self.index, &key, None, &application) {
            self.channels.add(&mut self.connections, index, &key, entered.since, None);
        }
    }

    fn watch(&mut self, index: u32, application: &ApplicationId, watchlist: &[Arc<str>]) {
        if watchlist.is_empty() {
            return;
        }
        let watcher = Watcher { shard: self.index, connection: self.reference(index) };
        self.shared.watchlists.watch(application, watchlist, watcher, |state| {
            let [online, offline] =
                [&state.online, &state.offline].map(|it| it.iter().map(|id| &**id).collect::<Vec<_>>());
            self.tell_watchers(&[watcher], &wire::watchlist_events(&online, &offline));
        });
    }

    /// Says that a watchlist was too long, after what was told of its beginning.
    fn tell_too_long(&mut self, index: u32) {
        let form = self.connections[index as usize].error_form;
        self.metrics().error(4302);
        let watcher = Watcher { shard: self.index, connection: self.reference(index) };
        self.tell_watchers(&[watcher], &wire::error(4302, "Watchlist limit exceeded", form, false));
    }

    fn unwatch(&mut self, index: u32) {
        let watcher = Watcher { shard: self.index, connection: self.reference(index) };
        let connection = &mut self.connections[index as usize];
        let Some(application) = connection.admission.as_ref().map(|it| &it.application) else { return };
        let Some(user) = &mut connection.user else { return };
        let watchlist = std::mem::take(&mut user.watchlist);
        if !watchlist.is_empty() {
            self.shared.watchlists.unwatch(&application.id, &watchlist, watcher);
        }
    }

    /// Through the inboxes, also to a connection of this shard: what is told later comes later.
    fn tell_watchers(&self, watchers: &[Watcher], frame: &bytes::Bytes) {
        for (shard, inbox) in self.shared.inboxes.iter().enumerate() {
            let watchers: Vec<_> = watchers.iter().filter(|it| it.shard == shard).map(|it| it.connection).collect();
            if !watchers.is_empty() {
                inbox.send(Command::Watched(Box::new(Watched { watchers, frame: frame.clone() })));
            }
        }
    }
}
