//! Presence of a single process: a table in memory.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::hub::{push_escaped, push_string};
use crate::presence::{ChannelKey, Joined, Left, Presence, PresenceMember};

/// Tables that can be locked apart from each other.
const STRIPES: usize = 32;

/// Members of this process alone.
pub struct LocalPresence {
    stripes: Vec<Mutex<HashMap<ChannelKey, Members>>>,
    hasher: RandomState,
}

/// The members of one channel, in the order of joining.
#[derive(Default)]
struct Members {
    by_order: BTreeMap<u64, Member>,
    order_of: HashMap<Arc<str>, u64>,
    /// Counts joins and departures; never used again.
    next_number: u64,
}

struct Member {
    told: PresenceMember,
    sockets: usize,
    /// The departure whose grace is running.
    departure: Option<u64>,
    /// `id` and `"id":info` as they stand in a snapshot, so that a join costs copies alone.
    escaped_id: Box<[u8]>,
    escaped_entry: Box<[u8]>,
}

impl Default for LocalPresence {
    fn default() -> Self {
        Self { stripes: (0..STRIPES).map(|_| Mutex::default()).collect(), hasher: RandomState::new() }
    }
}

impl LocalPresence {
    fn stripe(&self, key: &ChannelKey) -> MutexGuard<'_, HashMap<ChannelKey, Members>> {
        let index = usize::try_from(self.hasher.hash_one(key) % STRIPES as u64).unwrap_or_default();
        self.stripes[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Presence for LocalPresence {
    fn join(&self, key: &ChannelKey, member: &PresenceMember, max_members: Option<usize>) -> Joined {
        let mut stripe = self.stripe(key);
        if let Some(known) = stripe.get_mut(key).and_then(|members| members.get_mut(&member.user_id)) {
            known.sockets += 1;
            known.departure = None;
            return Joined::Again;
        }
        if max_members.is_some_and(|max| stripe.get(key).map_or(0, |it| it.by_order.len()) >= max) {
            return Joined::Full;
        }
        stripe.entry(key.clone()).or_default().add(member.clone());
        Joined::First
    }

    fn leave(&self, key: &ChannelKey, user_id: &str, waits: bool) -> Left {
        let mut stripe = self.stripe(key);
        let Some(members) = stripe.get_mut(key) else { return Left::Stays };
        let departure = members.number();
        let Some(member) = members.get_mut(user_id) else { return Left::Stays };
        member.sockets = member.sockets.saturating_sub(1);
        if member.sockets > 0 {
            return Left::Stays;
        }
        if waits {
            member.departure = Some(departure);
            return Left::Waits(departure);
        }
        remove(&mut stripe, key, user_id).map_or(Left::Stays, Left::Gone)
    }

    fn expire(&self, key: &ChannelKey, user_id: &str, departure: u64) -> Option<PresenceMember> {
        let mut stripe = self.stripe(key);
        let is_due = stripe.get_mut(key)?.get_mut(user_id)?.departure == Some(departure);
        if is_due { remove(&mut stripe, key, user_id) } else { None }
    }

    fn remove(&self, key: &ChannelKey, user_id: &str) -> Option<PresenceMember> {
        remove(&mut self.stripe(key), key, user_id)
    }

    fn members(&self, key: &ChannelKey) -> Vec<PresenceMember> {
        let stripe = self.stripe(key);
        stripe.get(key).map_or_else(Vec::new, |it| it.by_order.values().map(|it| it.told.clone()).collect())
    }

    fn count(&self, key: &ChannelKey) -> usize {
        self.stripe(key).get(key).map_or(0, |it| it.by_order.len())
    }

    fn push_snapshot(&self, key: &ChannelKey, bytes: &mut Vec<u8>) {
        let stripe = self.stripe(key);
        let empty = Members::default();
        let members = &stripe.get(key).unwrap_or(&empty).by_order;
        bytes.extend_from_slice(format!(r#"{{\"count\":{},\"ids\":["#, members.len()).as_bytes());
        push_joined(bytes, members.values().map(|it| &*it.escaped_id));
        bytes.extend_from_slice(br#"],\"hash\":{"#);
        push_joined(bytes, members.values().map(|it| &*it.escaped_entry));
        bytes.extend_from_slice(b"}}");
    }
}

impl Members {
    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    fn get_mut(&mut self, user_id: &str) -> Option<&mut Member> {
        let order = self.order_of.get(user_id)?;
        self.by_order.get_mut(order)
    }

    fn add(&mut self, member: PresenceMember) {
        let order = self.number();
        self.order_of.insert(Arc::clone(&member.user_id), order);
        self.by_order.insert(order, Member::new(member));
    }
}

impl Member {
    fn new(member: PresenceMember) -> Self {
        let (mut escaped_id, mut entry, mut escaped_entry) = (Vec::new(), Vec::new(), Vec::new());
        push_escaped(&mut escaped_id, &member.user_id_json);
        push_string(&mut entry, &member.user_id);
        entry.push(b':');
        entry.extend_from_slice(member.user_info.as_deref().unwrap_or("null").as_bytes());
        push_escaped(&mut escaped_entry, &String::from_utf8_lossy(&entry));
        Self {
            told: member,
            sockets: 1,
            departure: None,
            escaped_id: escaped_id.into(),
            escaped_entry: escaped_entry.into(),
        }
    }
}

fn remove(stripe: &mut HashMap<ChannelKey, Members>, key: &ChannelKey, user_id: &str) -> Option<PresenceMember> {
    let members = stripe.get_mut(key)?;
    let order = members.order_of.remove(user_id)?;
    let member = members.by_order.remove(&order)?.told;
    if members.by_order.is_empty() {
        stripe.remove(key);
        if stripe.capacity() > 64 && stripe.len() < stripe.capacity() / 4 {
            stripe.shrink_to_fit();
        }
    }
    Some(member)
}

fn push_joined<'a>(bytes: &mut Vec<u8>, parts: impl Iterator<Item = &'a [u8]>) {
    for (index, part) in parts.enumerate() {
        if index > 0 {
            bytes.push(b',');
        }
        bytes.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::ApplicationId;

    fn key() -> ChannelKey {
        ChannelKey { application: ApplicationId("1".into()), channel: "presence-a".parse().unwrap() }
    }

    fn member(user_id_json: &str) -> PresenceMember {
        PresenceMember {
            user_id: user_id_json.trim_matches('"').into(),
            user_id_json: user_id_json.into(),
            user_info: None,
        }
    }

    fn snapshot(presence: &LocalPresence) -> String {
        let mut bytes = Vec::new();
        presence.push_snapshot(&key(), &mut bytes);
        serde_json::from_str(&format!("\"{}\"", String::from_utf8(bytes).unwrap())).unwrap()
    }

    #[test]
    fn pre_1_a_member_is_a_user_not_a_socket() {
        let presence = LocalPresence::default();
        assert_eq!(presence.join(&key(), &member("1"), None), Joined::First);
        assert_eq!(presence.join(&key(), &member("\"1\""), None), Joined::Again);
        assert_eq!(presence.leave(&key(), "1", false), Left::Stays);
        assert_eq!(presence.leave(&key(), "1", false), Left::Gone(member("1")));
        assert_eq!(presence.leave(&key(), "1", false), Left::Stays);
    }

    #[test]
    fn pre_2_the_snapshot_keeps_types_and_the_order_of_joining() {
        let presence = LocalPresence::default();
        assert_eq!(snapshot(&presence), r#"{"count":0,"ids":[],"hash":{}}"#);
        presence.join(&key(), &PresenceMember { user_info: Some("{\"a\":\"\\\"\"}".into()), ..member("2") }, None);
        presence.join(&key(), &member("\"1\""), None);
        assert_eq!(snapshot(&presence), r#"{"count":2,"ids":[2,"1"],"hash":{"2":{"a":"\""},"1":null}}"#);
    }

    #[test]
    fn pre_8_whoever_is_back_within_the_grace_never_left() {
        let presence = LocalPresence::default();
        presence.join(&key(), &member("1"), None);
        let Left::Waits(first) = presence.leave(&key(), "1", true) else { panic!("the member left at once") };
        assert_eq!(presence.join(&key(), &member("1"), None), Joined::Again);
        assert_eq!(presence.expire(&key(), "1", first), None);
        let Left::Waits(second) = presence.leave(&key(), "1", true) else { panic!("the member left at once") };
        assert_eq!(presence.expire(&key(), "1", first), None);
        assert_eq!(presence.expire(&key(), "1", second), Some(member("1")));
        assert_eq!(presence.count(&key()), 0);
    }

    #[test]
    fn pre_9_a_full_channel_takes_known_members_only() {
        let presence = LocalPresence::default();
        presence.join(&key(), &member("1"), Some(1));
        assert_eq!(presence.join(&key(), &member("2"), Some(1)), Joined::Full);
        assert_eq!(presence.join(&key(), &member("1"), Some(1)), Joined::Again);
    }
}
