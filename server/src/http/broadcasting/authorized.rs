//! Which sockets were let in by which session or token, so that they end with it.
//!
//! A socket proves who it is once, when its subscriptions are signed. Whoever signs out, revokes a token, is disabled, or
//! gets other rights, here or by a command in another process, must not go on hearing what they were let in for then. So
//! what let them in is looked at again: at once when this process ends a session, every few seconds besides.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app::accounts::Role;
use app::realtime::SocketId;
use indexmap::IndexSet;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::http::identity::Identity;
use crate::hub::Hub;
use crate::store::{Store, StoreError};

/// How soon the deed of another process has its effect here.
const INTERVAL: Duration = Duration::from_secs(2);

/// How often sockets that have closed are forgotten.
const FORGET_INTERVAL: Duration = Duration::from_mins(1);

/// Sockets that are remembered for each session or token; beyond them the first is forgotten. Nobody but a load test has
/// as many open, and whoever asks for signatures of sockets that do not exist must not fill the memory.
const MAX_SOCKETS: usize = 10_000;

/// Rows that are asked for at once.
const BATCH: usize = 500;

/// What somebody proved who they are with, and what they might do then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Credential {
    kind: Kind,
    id: i64,
    role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Session,
    Token,
}

/// Which sockets were let in by what. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct AuthorizedSockets {
    sockets: Arc<Mutex<HashMap<Credential, IndexSet<SocketId>>>>,
    doubts: Arc<Notify>,
}

impl AuthorizedSockets {
    /// Notes that this person has subscribed over this socket.
    pub(super) fn note(&self, identity: &Identity, socket_id: SocketId) {
        let credential = match identity {
            Identity::Nobody => return,
            Identity::Session(it) => Credential { kind: Kind::Session, id: it.id, role: it.user.role },
            Identity::Token(it) => Credential { kind: Kind::Token, id: it.id, role: it.user.role },
        };
        let mut all = self.lock();
        let sockets = all.entry(credential).or_default();
        if sockets.insert(socket_id) && sockets.len() > MAX_SOCKETS {
            sockets.shift_remove_index(0);
        }
    }

    /// Has everything looked at now, since a session or a token has ended.
    pub fn look_again(&self) {
        self.doubts.notify_one();
    }

    /// The sockets that these sessions have let in.
    pub fn of_sessions(&self, ids: &HashSet<i64>) -> HashSet<SocketId> {
        let all = self.lock();
        let theirs = all.iter().filter(|(it, _)| it.kind == Kind::Session && ids.contains(&it.id));
        theirs.flat_map(|(_, sockets)| sockets).copied().collect()
    }

    fn credentials(&self) -> Vec<Credential> {
        self.lock().keys().copied().collect()
    }

    /// Takes out the sockets that these had let in.
    fn take(&self, ended: &HashSet<Credential>) -> HashSet<SocketId> {
        let mut all = self.lock();
        ended.iter().filter_map(|it| all.remove(it)).flatten().collect()
    }

    fn all(&self) -> HashSet<SocketId> {
        self.lock().values().flatten().copied().collect()
    }

    fn forget(&self, closed: &HashSet<SocketId>) {
        let mut all = self.lock();
        all.values_mut().for_each(|sockets| sockets.retain(|it| !closed.contains(it)));
        all.retain(|_, sockets| !sockets.is_empty());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Credential, IndexSet<SocketId>>> {
        // Each change is one insertion or removal, so a panic leaves nothing half-done.
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes the sockets whose session or token has ended.
pub struct AuthorizationSweep {
    /// What to look at.
    pub authorized: AuthorizedSockets,
    /// Who knows what is good still.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Where the sockets are.
    pub hub: Arc<Hub>,
}

impl AuthorizationSweep {
    /// Looks every few seconds, and whenever something may have changed, until the token is cancelled.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut forget_at = Instant::now() + FORGET_INTERVAL;
        let mut is_failing = false;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.authorized.doubts.notified() => {}
                () = tokio::time::sleep(INTERVAL) => {}
            }
            let swept = self.sweep().await;
            if let (Err(error), false) = (&swept, is_failing) {
                tracing::error!(error = error as &dyn std::error::Error, "sockets' sessions can't be looked at");
            }
            is_failing = swept.is_err();
            if Instant::now() >= forget_at {
                // First those that are known: a socket that is noted after this is open, and stays.
                let mut closed = self.authorized.all();
                let open = self.hub.sockets().await;
                closed.retain(|it| !open.contains(it));
                self.authorized.forget(&closed);
                forget_at = Instant::now() + FORGET_INTERVAL;
            }
        }
    }

    async fn sweep(&self) -> Result<(), StoreError> {
        let known = self.authorized.credentials();
        let mut ended: HashSet<Credential> = known.iter().copied().collect();
        for kind in [Kind::Session, Kind::Token] {
            let ids: Vec<i64> = known.iter().filter(|it| it.kind == kind).map(|it| it.id).collect();
            for ids in ids.chunks(BATCH) {
                let good = match kind {
                    Kind::Session => self.store.good_sessions(ids, self.clock.now()).await?,
                    Kind::Token => self.store.good_tokens(ids, self.clock.now()).await?,
                };
                for (id, role) in good {
                    ended.remove(&Credential { kind, id, role });
                }
            }
        }
        let sockets = self.authorized.take(&ended);
        if !sockets.is_empty() {
            self.hub.terminate_sockets(sockets);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(id: i64) -> Credential {
        Credential { kind: Kind::Session, id, role: Role::Member }
    }

    fn socket(low: u64) -> SocketId {
        SocketId { high: 1, low }
    }

    fn known(sockets: impl IntoIterator<Item = (i64, u64)>) -> AuthorizedSockets {
        let authorized = AuthorizedSockets::default();
        for (id, low) in sockets {
            authorized.lock().entry(session(id)).or_default().insert(socket(low));
        }
        authorized
    }

    #[test]
    fn a_session_that_has_ended_takes_its_own_sockets_along() {
        let authorized = known([(1, 10), (1, 11), (2, 20)]);
        assert_eq!(authorized.take(&[session(1), session(3)].into()), [socket(10), socket(11)].into());
        assert_eq!(authorized.credentials(), [session(2)]);
    }

    #[test]
    fn what_has_closed_is_forgotten_and_leaves_nothing() {
        let authorized = known([(1, 10), (2, 20), (2, 21)]);
        authorized.forget(&[socket(10), socket(20)].into());
        assert_eq!(authorized.all(), [socket(21)].into());
        assert_eq!(authorized.credentials(), [session(2)]);
    }
}
