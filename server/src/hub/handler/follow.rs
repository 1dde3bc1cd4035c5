//! Catching up for clients that know nothing of recovery: what their user missed is told when they come back.
//!
//! A subscription of a signed-in user, or of a presence channel's member, is *followed*: after each event the client is
//! pinged, and its answer notes how far the user has come. The user's next subscription begins there.

use std::sync::Arc;

use crate::broker::RecoverFrom;
use crate::hub::cached_events::KeptEvent;
use crate::hub::framing::numbered_ping_frame;
use crate::hub::inbox::ConnectionRef;
use crate::hub::shard::{Answer, Confirmed, Due, Shard};
use crate::presence::ChannelKey;

impl Shard {
    /// The user who is to catch up by this subscription, if the application wants that.
    pub(super) fn follower(&self, index: u32, slot: u32) -> Option<Arc<str>> {
        let connection = &self.connections[index as usize];
        let application = connection.application().filter(|it| it.catch_up)?;
        let subscription = connection.subscriptions.get(slot as usize)?;
        let channel = &self.channels.get(subscription.channel).key.channel;
        if !application.kept_channels.has_history(channel) {
            return None;
        }
        let member = subscription.details.as_ref().and_then(|it| it.member.as_ref());
        let user = connection.user.as_ref().map(|it| &it.id).or(member.map(|(id, _)| id));
        user.cloned()
    }

    /// Answers a subscription, with what its user missed behind the answer.
    pub(super) fn catch_up(
        &mut self,
        index: u32,
        slot: u32,
        user: Arc<str>,
        answer: Answer,
        (snapshot, cached): (Option<Vec<u8>>, Option<KeptEvent>),
    ) {
        let channel = self.connections[index as usize].subscriptions[slot as usize].channel;
        let position = self.shared.followers.position(&self.channels.get(channel).key, &user);
        let from = position.map_or(RecoverFrom::Latest, RecoverFrom::Position);
        self.hold(index, slot, from, (answer, Some(user)), (snapshot, cached));
    }

    /// Somebody has signed in: the subscriptions that stand already catch up too.
    pub(super) fn follow_all(&mut self, index: u32) {
        for slot in 0..self.connections[index as usize].subscriptions.len() {
            let slot = u32::try_from(slot).unwrap_or(u32::MAX);
            let details = &self.connections[index as usize].subscriptions[slot as usize].details;
            if details.as_ref().is_some_and(|it| it.recovery.is_some()) {
                continue;
            }
            if let Some(user) = self.follower(index, slot) {
                self.catch_up(index, slot, user, Answer::Silence, (None, None));
            }
        }
    }

    /// The client has left on purpose: its user wants nothing of the channel any more.
    pub(super) fn unfollow(&self, index: u32, slot: u32, key: &ChannelKey) {
        let subscription = &self.connections[index as usize].subscriptions[slot as usize];
        if let Some(following) = subscription.following() {
            self.shared.followers.forget(key, &following.user);
        }
    }

    /// An event has been sent to a client that is followed: it will be asked whether it has got it.
    pub(crate) fn confirm_later(&mut self, index: u32) {
        let reference = self.reference(index);
        let confirming = &mut self.connections[index as usize].rare.get_or_insert_default().confirming;
        if confirming.asked.is_some() {
            confirming.is_due_again = true;
        } else if !confirming.is_due {
            confirming.is_due = true;
            let pause_ms = u64::try_from(self.shared.settings.confirm_pause.as_millis()).unwrap_or(u64::MAX / 4);
            self.timers.add(self.now_ms + pause_ms, Due::Confirm(reference));
        }
    }

    /// Sends a ping behind everything that was sent before.
    pub(crate) fn ask_confirmation(&mut self, reference: ConnectionRef) {
        let Some(index) = self.resolve(reference) else { return };
        let connection = &mut self.connections[index as usize];
        let channels = &self.channels;
        let followed = connection.subscriptions.iter().filter_map(|it| Some((it.channel, it.following()?)));
        let asked = followed.map(|(channel, following)| Confirmed {
            key: channels.get(channel).key.clone(),
            user: Arc::clone(&following.user),
            epoch: Arc::clone(&following.epoch),
            offset: following.seen,
        });
        let asked: Vec<_> = asked.collect();
        if asked.is_empty() || !connection.is_serving() {
            return;
        }
        let confirming = &mut connection.rare.get_or_insert_default().confirming;
        confirming.is_due = false;
        confirming.serial += 1;
        confirming.asked = Some(asked);
        let ping = numbered_ping_frame(confirming.serial);
        self.send(index, ping);
    }

    /// The client has got everything that was sent before the ping with this number.
    pub(crate) fn on_pong(&mut self, index: u32, payload: &[u8]) {
        let Some(rare) = &mut self.connections[index as usize].rare else { return };
        let confirming = &mut rare.confirming;
        if *payload != confirming.serial.to_be_bytes() {
            return;
        }
        if confirming.asked.is_some() {
            self.shared.metrics[self.index].confirmed.add(1);
        }
        for Confirmed { key, user, epoch, offset } in confirming.asked.take().into_iter().flatten() {
            self.shared.followers.note(&key, &user, &epoch, offset);
        }
        if std::mem::take(&mut confirming.is_due_again) {
            self.confirm_later(index);
        }
    }
}
