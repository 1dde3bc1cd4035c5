//! All channels that are listened to, made good on each new socket.

use super::backoff::Random;
use super::subscription::{Outcome, Stage, Subscription};
use super::{AuthFailure, AuthRequestId, Effect, Interest, ListenerId};
use crate::realtime::channel_name::ChannelName;
use crate::realtime::channels::AppChannel;
use crate::realtime::frames::{ChannelAuthorization, ClientFrame, ServerFrame};
use crate::realtime::presence::Members;
use crate::realtime::socket_id::SocketId;
use crate::sorted::{SortedMap, SortedSet};

/// An application that has not answered by then is asked again.
const AUTHORIZING_TIMEOUT_MS: u64 = 15_000;
/// A server that has not answered by then is asked again.
const SUBSCRIBING_TIMEOUT_MS: u64 = 10_000;
/// From one page to the next nobody listens for a moment; ending the subscription would show as leaving and coming back.
const LINGER_MS: u64 = 1_000;

#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    channels: SortedMap<ChannelName, Subscription>,
    requests: u64,
    /// Who has missed what nobody can give back, until the data is loaded anew.
    gaps: SortedSet<ListenerId>,
}

impl Subscriptions {
    pub(super) fn listen(&mut self, listener: ListenerId, channel: ChannelName, interest: Interest) {
        self.channels.get_or_default(channel).listen(listener, interest);
    }

    pub(super) fn unlisten(&mut self, now_ms: u64, listener: ListenerId) {
        self.gaps.remove(&listener);
        if let Some(subscription) = self.channels.values_mut().find_map(|it| it.unlisten(listener).then_some(it))
            && !subscription.has_listeners()
        {
            subscription.unlistened_until_ms = Some(now_ms + LINGER_MS);
        }
    }

    pub(super) fn close_gaps(&mut self) {
        self.gaps.clear();
    }

    pub(super) fn have_gaps(&self) -> bool {
        !self.gaps.is_empty()
    }

    /// Whether every subscription stands and has caught up, or never will.
    pub(super) fn are_settled(&self) -> bool {
        self.channels.values().all(Subscription::is_settled)
    }

    pub(super) fn is_live(&self, channel: &ChannelName) -> bool {
        self.channels.get(channel).is_some_and(|it| matches!(it.stage, Stage::Live { .. }))
    }

    pub(super) fn live(&self) -> impl Iterator<Item = &ChannelName> {
        self.channels.iter().filter(|(_, it)| matches!(it.stage, Stage::Live { .. })).map(|(channel, _)| channel)
    }

    /// See [`super::Connection::asked_channels`].
    pub(super) fn asked(&self) -> Vec<(String, bool)> {
        let asked = self.channels.iter().filter(|(_, it)| it.is_on_server);
        asked.map(|(name, it)| (name.to_string(), matches!(it.stage, Stage::Subscribing { .. }))).collect()
    }

    pub(super) fn members(&self, channel: &ChannelName) -> Option<&Members> {
        self.channels.get(channel).map(|it| &it.members)
    }

    /// The socket is gone, and every subscription with it.
    pub(super) fn line_lost(&mut self) {
        self.channels.retain(|_, it| it.has_listeners());
        self.channels.values_mut().for_each(Subscription::line_lost);
    }

    pub(super) fn authorized(
        &mut self,
        now_ms: u64,
        request: AuthRequestId,
        authorization: &ChannelAuthorization,
        effects: &mut Vec<Effect>,
    ) {
        if let Some((channel, subscription)) = self.asking(request) {
            subscribe(now_ms, channel, subscription, Some(authorization), effects);
        }
    }

    /// The application said no; false if it was not asked, or not lately.
    pub(super) fn not_authorized(
        &mut self,
        now_ms: u64,
        request: AuthRequestId,
        reason: AuthFailure,
        random: &mut Random,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let Some((channel, subscription)) = self.asking(request) else { return false };
        match reason {
            AuthFailure::Unavailable => subscription.fail(now_ms, random),
            AuthFailure::Denied => {
                effects.push(Effect::Warn(format!("not allowed to listen to {channel}")));
                subscription.stage = Stage::Denied;
            }
            AuthFailure::SignedOut => subscription.stage = Stage::Denied,
        }
        true
    }

    /// A frame that concerns a channel.
    pub(super) fn take_frame(
        &mut self,
        now_ms: u64,
        frame: ServerFrame,
        random: &mut Random,
        effects: &mut Vec<Effect>,
    ) {
        match frame {
            ServerFrame::SubscriptionSucceeded { channel, members, position, recovered } => {
                let Some(subscription) = self.channels.get_mut(&channel) else { return };
                let outcome = subscription.succeeded(now_ms, position, recovered, random);
                if let Some(members) = members {
                    subscription.members = members;
                    effects.push(Effect::MembersChanged(channel));
                }
                self.note_gaps(outcome, effects);
            }
            ServerFrame::SubscriptionError { channel, status, error } => {
                let Some(subscription) = self.channels.get_mut(&channel) else { return };
                if !matches!(subscription.stage, Stage::Subscribing { .. }) {
                    return;
                }
                effects.push(Effect::Warn(format!("the subscription to {channel} failed: {error} ({status})")));
                // A bad signature may be an old one, and a full channel may empty; a bad name or a limit stays.
                if matches!(status, 401 | 4100) {
                    subscription.fail(now_ms, random);
                } else {
                    subscription.stage = Stage::Denied;
                }
            }
            ServerFrame::MemberAdded { channel, member } => {
                if self.channels.get_mut(&channel).is_some_and(|it| it.members.add(member)) {
                    effects.push(Effect::MembersChanged(channel));
                }
            }
            ServerFrame::MemberRemoved { channel, id } => {
                if self.channels.get_mut(&channel).is_some_and(|it| it.members.remove(&id)) {
                    effects.push(Effect::MembersChanged(channel));
                }
            }
            ServerFrame::Event { channel, event } => {
                let Some(subscription) = self.channels.get_mut(&channel) else { return };
                let mut outcome = subscription.receive(event.offset);
                let listeners = std::mem::take(&mut outcome.deliver_to);
                self.note_gaps(outcome, effects);
                if !listeners.is_empty() {
                    effects.push(Effect::Deliver { listeners, event });
                }
            }
            ServerFrame::ConnectionEstablished { .. }
            | ServerFrame::Error { .. }
            | ServerFrame::Ping
            | ServerFrame::Pong
            | ServerFrame::Other { .. } => {}
        }
    }

    /// Begins what is due over the open socket, and ends what nobody wants.
    pub(super) fn reconcile(
        &mut self,
        now_ms: u64,
        socket_id: SocketId,
        random: &mut Random,
        effects: &mut Vec<Effect>,
    ) {
        self.channels.retain(|channel, subscription| {
            let is_wanted = subscription.unlistened_until_ms.is_none_or(|it| it > now_ms);
            if !is_wanted && subscription.is_on_server {
                effects.push(Effect::Send(ClientFrame::Unsubscribe { channel }.to_text()));
            }
            is_wanted
        });
        for (channel, subscription) in self.channels.iter_mut() {
            match subscription.stage {
                Stage::Authorizing { until_ms, .. } | Stage::Subscribing { until_ms, .. } if until_ms <= now_ms => {
                    subscription.fail(now_ms, random);
                }
                Stage::Paused { until_ms } if until_ms > now_ms => {}
                Stage::Due | Stage::Paused { .. } if subscription.has_listeners() => {
                    if is_signed(channel) {
                        self.requests += 1;
                        let request = AuthRequestId(self.requests);
                        subscription.stage = Stage::Authorizing { request, until_ms: now_ms + AUTHORIZING_TIMEOUT_MS };
                        effects.push(Effect::Authorize { request, channel: channel.clone(), socket_id });
                    } else {
                        subscribe(now_ms, channel, subscription, None, effects);
                    }
                }
                _ => {}
            }
        }
    }

    /// When [`Subscriptions::reconcile`] has something to do next.
    pub(super) fn due_ms(&self) -> Option<u64> {
        let stage_due_ms = |it: &Subscription| match it.stage {
            Stage::Paused { until_ms } | Stage::Authorizing { until_ms, .. } | Stage::Subscribing { until_ms, .. } => {
                Some(until_ms)
            }
            Stage::Due | Stage::Live { .. } | Stage::Denied => None,
        };
        self.channels.values().flat_map(|it| [stage_due_ms(it), it.unlistened_until_ms]).flatten().min()
    }

    /// The channel that this question is about, if its answer is still awaited.
    fn asking(&mut self, asked: AuthRequestId) -> Option<(&ChannelName, &mut Subscription)> {
        self.channels
            .iter_mut()
            .find(|(_, it)| matches!(it.stage, Stage::Authorizing { request, .. } if request == asked))
    }

    fn note_gaps(&mut self, outcome: Outcome, effects: &mut Vec<Effect>) {
        if !outcome.gap_for.is_empty() {
            self.gaps.extend(outcome.gap_for.iter().copied());
            effects.push(Effect::Gap(outcome.gap_for));
        }
    }
}

/// The general room is public by name, and yet signed: what was said there while this page was away is told to nobody
/// who is not signed in.
fn is_signed(channel: &ChannelName) -> bool {
    channel.kind().is_signed() || AppChannel::try_from(channel).is_ok_and(|it| it == AppChannel::Chat)
}

fn subscribe(
    now_ms: u64,
    channel: &ChannelName,
    subscription: &mut Subscription,
    authorization: Option<&ChannelAuthorization>,
    effects: &mut Vec<Effect>,
) {
    let from = subscription.wanted();
    // Not every server replays for a subscription that it has already. Members of a presence channel must not be shown
    // as leaving, so there it is left to ours, which does.
    if subscription.is_on_server && !channel.kind().is_presence() {
        effects.push(Effect::Send(ClientFrame::Unsubscribe { channel }.to_text()));
    }
    subscription.is_on_server = true;
    effects.push(Effect::Send(ClientFrame::Subscribe { channel, authorization, from: from.as_ref() }.to_text()));
    subscription.stage = Stage::Subscribing { from, until_ms: now_ms + SUBSCRIBING_TIMEOUT_MS };
}
