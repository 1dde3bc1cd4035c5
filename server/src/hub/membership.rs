//! Coming to a channel and leaving it: counts, members and what the others are told, under one lock.

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use app::realtime::ChannelKind;

use crate::application::Application;
use crate::hub::cached_events::KeptEvent;
use crate::hub::directory::Stripe;
use crate::hub::occurrences::Occurred;
use crate::hub::presence_changes::{LeaveReason, PresenceChange};
use crate::hub::shared::{ShardSet, Shared, Told};
use crate::hub::wire;
use crate::presence::{ChannelKey, Joined, Left, PresenceMember};

/// Above so many subscribers the count is told at most once in `HubSettings::count_pause` (rule CNT-1).
const UNHURRIED_COUNT: usize = 100;

/// A member about to join.
pub(crate) struct Joining<'a> {
    pub(crate) member: &'a PresenceMember,
    /// The whole JSON object that the others are told (rule PRE-3).
    pub(crate) channel_data: &'a str,
}

/// What a new subscription begins with.
pub(crate) struct Entered {
    /// Everything that the channel is told with a greater number is for the new subscriber.
    pub(crate) since: u64,
    /// The members, escaped for a JSON string.
    pub(crate) snapshot: Option<Vec<u8>>,
    pub(crate) cached: Option<KeptEvent>,
    /// The count has to be told later, by [`Shared::tell_count`].
    pub(crate) is_count_due: bool,
}

/// What is to be done later after a subscription has ended.
#[derive(Default)]
pub(crate) struct Exited {
    /// The member's grace: call [`Shared::expire`] with this number when it is over.
    pub(crate) departure: Option<u64>,
    /// The count has to be told later, by [`Shared::tell_count`].
    pub(crate) is_count_due: bool,
}

/// The presence channel has as many members as it may have.
pub(crate) struct ChannelFull;

impl Shared {
    /// Adds a socket of this shard to a channel.
    pub(crate) fn enter(
        &self,
        shard: usize,
        key: &ChannelKey,
        joining: Option<Joining<'_>>,
        application: &Application,
    ) -> Result<Entered, ChannelFull> {
        let mut stripe = self.directory.lock(key);
        let mut to_wake = ShardSet::default();
        let is_vacant = !stripe.channels.contains_key(key);
        let mut added = None;
        if let Some(Joining { member, channel_data }) = joining {
            match self.presence.join(key, member, application.max_presence_members) {
                Joined::Full => return Err(ChannelFull),
                Joined::Again => {}
                Joined::First => {
                    // Told before this socket is counted, so it does not hear of itself.
                    let frame = wire::member_added(&key.channel, channel_data);
                    to_wake.merge(self.tell_all_locked(&mut stripe, key, &frame, Told::now()));
                    let (user_id, user_info) = (Arc::clone(&member.user_id), member.user_info.clone());
                    added = Some(Arc::clone(&user_id));
                    self.notify(key, PresenceChange::Joined { user_id, user_info });
                }
            }
        }
        if stripe.add(key, shard, self.inboxes.len()).total() == 1 {
            self.metrics[shard].channels_created.add(1);
        }
        if is_vacant {
            self.occurred(key, || Occurred::Occupied);
        }
        if let Some(user_id) = added {
            self.occurred(key, || Occurred::MemberAdded(user_id));
        }
        let since = stripe.sequence;
        let (snapshot, cached) = self.look(key);
        let (is_count_due, counted) = self.count_changed(&mut stripe, key, application);
        to_wake.merge(counted);
        drop(stripe);
        self.wake(to_wake);
        Ok(Entered { since, snapshot, cached, is_count_due })
    }

    /// What a subscriber is told at first: members and cached event. The caller holds the channel's lock.
    pub(crate) fn look(&self, key: &ChannelKey) -> (Option<Vec<u8>>, Option<KeptEvent>) {
        let kind = key.channel.kind();
        let snapshot = kind.is_presence().then(|| {
            let mut bytes = Vec::new();
            self.presence.push_snapshot(key, &mut bytes);
            bytes
        });
        let cached = if kind.is_cache() { self.cached.get(key, self.clock.now()) } else { None };
        if kind.is_cache()
            && cached.is_none()
            && self.occurrences.is_heeded()
            && let Some(application) = self.tenants.application(&key.application)
        {
            self.occurrences.tell_miss(&application, key);
        }
        (snapshot, cached)
    }

    /// Takes a socket of this shard, and of this member, away from a channel.
    pub(crate) fn exit(
        &self,
        shard: usize,
        key: &ChannelKey,
        user_id: Option<&str>,
        application: &Application,
        reason: LeaveReason,
    ) -> Exited {
        let mut stripe = self.directory.lock(key);
        let mut to_wake = ShardSet::default();
        stripe.remove(key, shard);
        if !stripe.channels.contains_key(key) {
            self.metrics[shard].channels_removed.add(1);
        }
        let mut exited = Exited::default();
        if let Some(user_id) = user_id {
            let is_final = matches!(reason, LeaveReason::Unsubscribed | LeaveReason::Revoked);
            let waits = !is_final && !application.presence_leave_grace.is_zero();
            match self.presence.leave(key, user_id, waits) {
                Left::Stays => {}
                Left::Waits(departure) => exited.departure = Some(departure),
                Left::Gone(member) => to_wake.merge(self.member_gone(&mut stripe, key, &member, reason)),
            }
        }
        if !stripe.channels.contains_key(key) {
            self.occurred(key, || Occurred::Vacated);
        }
        let (is_count_due, counted) = self.count_changed(&mut stripe, key, application);
        exited.is_count_due = is_count_due;
        to_wake.merge(counted);
        drop(stripe);
        self.wake(to_wake);
        exited
    }

    /// Ends a member's grace, unless it is back.
    pub(crate) fn expire(&self, key: &ChannelKey, user_id: &str, departure: u64, reason: LeaveReason) {
        let mut stripe = self.directory.lock(key);
        let Some(member) = self.presence.expire(key, user_id, departure) else { return };
        let to_wake = self.member_gone(&mut stripe, key, &member, reason);
        drop(stripe);
        self.wake(to_wake);
    }

    /// Takes a member away whose sockets stay subscribed.
    pub(crate) fn hide(&self, key: &ChannelKey, user_id: &str) {
        let mut stripe = self.directory.lock(key);
        let Some(member) = self.presence.remove(key, user_id) else { return };
        let to_wake = self.member_gone(&mut stripe, key, &member, LeaveReason::Hidden);
        drop(stripe);
        self.wake(to_wake);
    }

    /// Tells the subscribers how many they are, if that has waited (rule CNT-1).
    pub(crate) fn tell_count(&self, key: &ChannelKey) {
        let mut stripe = self.directory.lock(key);
        let is_due = stripe.channels.get(key).and_then(|it| it.count_told.as_deref()).is_some_and(|told| told.1);
        if is_due {
            let to_wake = self.count_now(&mut stripe, key);
            drop(stripe);
            self.wake(to_wake);
        }
    }

    fn member_gone(
        &self,
        stripe: &mut Stripe,
        key: &ChannelKey,
        member: &PresenceMember,
        reason: LeaveReason,
    ) -> ShardSet {
        self.notify(key, PresenceChange::Left { user_id: Arc::clone(&member.user_id), reason });
        self.occurred(key, || Occurred::MemberRemoved(Arc::clone(&member.user_id)));
        let frame = wire::member_removed(&key.channel, &member.user_id_json);
        self.tell_all_locked(stripe, key, &frame, Told::now())
    }

    /// Tells webhooks what happened, by the settings that the application has now. The caller holds the channel's lock.
    pub(crate) fn occurred(&self, key: &ChannelKey, what: impl FnOnce() -> Occurred) {
        if self.occurrences.is_heeded()
            && let Some(application) = self.tenants.application(&key.application)
        {
            self.occurrences.tell(&application, key, what);
        }
    }

    fn notify(&self, key: &ChannelKey, change: PresenceChange) {
        self.listeners.read().unwrap_or_else(PoisonError::into_inner).notify(key, change);
    }

    /// Tells the new count now, or says that it is due later.
    fn count_changed(&self, stripe: &mut Stripe, key: &ChannelKey, application: &Application) -> (bool, ShardSet) {
        let kind = key.channel.kind();
        if !application.subscription_count || kind.is_presence() || kind == ChannelKind::ServerToUser {
            return (false, ShardSet::default());
        }
        let Some(occupied) = stripe.channels.get_mut(key) else { return (false, ShardSet::default()) };
        let is_large = occupied.total() > UNHURRIED_COUNT;
        match occupied.count_told.as_deref_mut() {
            Some((told_at, is_due)) if is_large && told_at.elapsed() < self.settings.count_pause => {
                (!std::mem::replace(is_due, true), ShardSet::default())
            }
            _ => (false, self.count_now(stripe, key)),
        }
    }

    fn count_now(&self, stripe: &mut Stripe, key: &ChannelKey) -> ShardSet {
        let Some(occupied) = stripe.channels.get_mut(key) else { return ShardSet::default() };
        occupied.count_told = Some(Box::new((Instant::now(), false)));
        let count = occupied.total() + self.peers.subscriptions(key);
        let frame = wire::subscription_count(&key.channel, count);
        self.occurred(key, || Occurred::SubscriptionCount(count));
        self.tell_all_locked(stripe, key, &frame, Told::now())
    }
}
