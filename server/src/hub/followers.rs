//! How far each user has come on each channel, for clients that know nothing of recovery.
//!
//! A position is noted once the client has answered a ping that was sent after the event, so whatever was lost on its way is
//! told again: at least once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::broker::ChannelPosition;
use crate::presence::ChannelKey;

/// A user on a channel.
type Follower = (ChannelKey, Arc<str>);

/// The positions of users, as many as may be; beyond it those go that were noted longest ago.
pub(crate) struct Followers {
    max: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    positions: HashMap<Follower, Noted>,
    by_age: BTreeMap<u64, Follower>,
    next_number: u64,
}

struct Noted {
    number: u64,
    epoch: Arc<str>,
    offset: u64,
}

impl Followers {
    pub(crate) fn new(max: usize) -> Self {
        Self { max, state: Mutex::default() }
    }

    /// Up to where the user has got the channel's events.
    pub(crate) fn position(&self, key: &ChannelKey, user: &Arc<str>) -> Option<ChannelPosition> {
        let state = self.lock();
        let noted = state.positions.get(&(key.clone(), Arc::clone(user)))?;
        Some(ChannelPosition { epoch: (*noted.epoch).to_owned(), offset: noted.offset })
    }

    /// The user has got everything up to here; a position never goes back within an epoch.
    pub(crate) fn note(&self, key: &ChannelKey, user: &Arc<str>, epoch: &Arc<str>, offset: u64) {
        let follower = (key.clone(), Arc::clone(user));
        let mut state = self.lock();
        let known = state.forget(&follower).filter(|it| it.epoch == *epoch).map_or(0, |it| it.offset);
        state.next_number += 1;
        let number = state.next_number;
        state.by_age.insert(number, follower.clone());
        state.positions.insert(follower, Noted { number, epoch: Arc::clone(epoch), offset: offset.max(known) });
        if state.positions.len() > self.max
            && let Some((_, oldest)) = state.by_age.pop_first()
        {
            state.positions.remove(&oldest);
        }
    }

    /// The user does not want the channel any more.
    pub(crate) fn forget(&self, key: &ChannelKey, user: &Arc<str>) {
        self.lock().forget(&(key.clone(), Arc::clone(user)));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn forget(&mut self, follower: &Follower) -> Option<Noted> {
        let noted = self.positions.remove(follower)?;
        self.by_age.remove(&noted.number);
        Some(noted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::ApplicationId;

    #[test]
    fn a_position_goes_forward_within_an_epoch_and_the_oldest_make_room() {
        let followers = Followers::new(2);
        let key = ChannelKey { application: ApplicationId("1".into()), channel: "a".parse().unwrap() };
        let [ada, ben, cy] = ["ada", "ben", "cy"].map(Arc::<str>::from);
        let [first, second] = ["first", "second"].map(Arc::<str>::from);
        let offset = |user| followers.position(&key, user).map(|it| it.offset);
        followers.note(&key, &ada, &first, 7);
        followers.note(&key, &ada, &first, 5);
        assert_eq!(offset(&ada), Some(7));
        followers.note(&key, &ada, &second, 1);
        assert_eq!(offset(&ada), Some(1));
        followers.note(&key, &ben, &first, 1);
        followers.note(&key, &cy, &first, 1);
        assert_eq!((offset(&ada), offset(&ben)), (None, Some(1)));
        followers.forget(&key, &ben);
        assert_eq!(offset(&ben), None);
        assert_eq!(followers.lock().by_age.len(), 1);
    }
}
