//! Catching up with a logged channel: the extension `recover` of `pusher:subscribe`.
//!
//! From the subscription until its history is read, what the channel is told is held back. Then come the answer with the
//! position, the missed events, and what was held, less what the history held already.

use std::sync::Arc;

use crate::broker::{HistoryError, RecentlyMissed, RecoverFrom, Recovered, RecoveryLimit};
use crate::hub::cached_events::KeptEvent;
use crate::hub::inbox::{Command, ConnectionRef, RecoveryResult};
use crate::hub::shard::{Answer, Details, Following, Held, Recovery, Shard};
use crate::hub::shared::Shared;
use crate::hub::wire;
use crate::presence::ChannelKey;

/// Histories that are read for one connection at the same time; its other recoveries wait for their turn.
const MAX_READINGS: u8 = 4;

impl Shard {
    /// Holds the subscription back and has its history read. One that recovers already goes on with that.
    pub(super) fn recover(
        &mut self,
        index: u32,
        slot: u32,
        from: RecoverFrom,
        snapshot: Option<Vec<u8>>,
        cached: Option<KeptEvent>,
    ) {
        self.hold(index, slot, from, (Answer::Position, None), (snapshot, cached));
    }

    /// The same, with an answer of this kind, and with the user who is followed from then on.
    pub(super) fn hold(
        &mut self,
        index: u32,
        slot: u32,
        from: RecoverFrom,
        (answer, follower): (Answer, Option<Arc<str>>),
        (snapshot, cached): (Option<Vec<u8>>, Option<KeptEvent>),
    ) {
        let serial = self.next_recovery();
        let subscription = &mut self.connections[index as usize].subscriptions[slot as usize];
        let details = subscription.details.get_or_insert_with(|| Box::new(Details::default()));
        if matches!(details.recovery, Some(Recovery::Reading(_))) {
            return;
        }
        let held = Held { serial, answer, follower, from: Some(from), snapshot, cached, frames: Vec::new(), bytes: 0 };
        details.recovery = Some(Recovery::Reading(Box::new(held)));
        let (channel, position) = (subscription.channel, subscription.position);
        self.channels.get_mut(channel).subscribers[position as usize].is_recovering = true;
        self.read_histories(index);
    }

    /// Begins to read as many of the histories that the connection's subscriptions wait for as may be read at once.
    fn read_histories(&mut self, index: u32) {
        let reference = self.reference(index);
        let connection = &mut self.connections[index as usize];
        for subscription in &mut connection.subscriptions {
            if connection.readings >= MAX_READINGS {
                return;
            }
            let channel = subscription.channel;
            let Some(held) = subscription.held_mut() else { continue };
            let Some(from) = held.from.take() else { continue };
            connection.readings += 1;
            let reading = Reading {
                shared: Arc::clone(&self.shared),
                shard: self.index,
                connection: reference,
                key: self.channels.get(channel).key.clone(),
                serial: held.serial,
                is_answered: false,
            };
            self.shared.runtime.spawn(reading.run(from));
        }
    }

    /// A history has been read: the subscription that waits for it goes on, and so does the next reading.
    pub(crate) fn on_recovered(&mut self, result: RecoveryResult) {
        let Some(index) = self.resolve(result.connection) else { return };
        let connection = &mut self.connections[index as usize];
        connection.readings = connection.readings.saturating_sub(1);
        self.end_recovery(index, result);
        if self.resolve(self.reference(index)).is_some() {
            self.read_histories(index);
        }
    }

    /// Answers, replays, and lets go what was held. A result for a subscription that has ended meanwhile is dropped, even
    /// if the same channel was subscribed to again.
    fn end_recovery(&mut self, index: u32, result: RecoveryResult) {
        let connection = &mut self.connections[index as usize];
        let socket_id = connection.socket_id;
        let Some(slot) = self.channels.slot(connection, &result.key) else { return };
        let subscription = &mut connection.subscriptions[slot as usize];
        if subscription.held().is_none_or(|it| it.serial != result.serial) {
            return;
        }
        let (channel, position) = (subscription.channel, subscription.position);
        let Some(details) = subscription.details.as_deref_mut() else { return };
        let Some(Recovery::Reading(held)) = details.recovery.take() else { return };
        let RecoveryResult { key, outcome, mut frames, .. } = result;
        let mut found = outcome.unwrap_or_else(|error| {
            let (channel, application) = (&key.channel, &*key.application.0);
            tracing::warn!(%error, %socket_id, application, %channel, "a subscription could not recover");
            // An epoch that no log has: the client learns that it may have missed something.
            Some(Recovered { epoch: String::new(), offset: 0, recovered: false, events: Vec::new() })
        });
        let replay_bytes: usize = frames.iter().map(|(_, frame)| frame.len()).sum();
        if connection.queue.bytes() + replay_bytes > self.shared.settings.max_recovery_bytes {
            frames.clear();
            if let Some(found) = &mut found {
                found.recovered = false;
            }
        } else {
            connection.queue.allow(frames.len(), replay_bytes);
        }
        let replayed = found.as_ref().map_or(0, |it| it.offset.max(frames.last().map_or(0, |(offset, _)| *offset)));
        let seen = held.frames.iter().filter_map(|(offset, _)| *offset).fold(replayed, u64::max);
        let following = found.as_ref().filter(|it| !it.epoch.is_empty()).and_then(|found| {
            let user = Arc::clone(held.follower.as_ref()?);
            Some(Box::new(Following { user, epoch: found.epoch.as_str().into(), seen }))
        });
        if let (Some(following), Some(found)) = (&following, &found)
            && !found.recovered
        {
            // Here the user begins, or begins anew because what was missed is not kept any more.
            self.shared.followers.note(&key, &following.user, &following.epoch, found.offset);
        }
        let is_behind = following.as_ref().is_some_and(|it| !frames.is_empty() || it.seen > replayed);
        let seen_up_to = found.as_ref().map(|_| Recovery::SeenUpTo(seen));
        details.recovery = following.map(Recovery::Following).or(seen_up_to);
        self.channels.get_mut(channel).subscribers[position as usize].is_recovering = found.is_some();
        if is_behind {
            self.confirm_later(index);
        }

        let told = found.as_ref().filter(|_| held.answer == Answer::Position);
        if held.answer != Answer::Silence {
            self.send(index, wire::subscription_succeeded(&key.channel, held.snapshot.as_deref(), told));
        }
        let is_replayed = |it: &KeptEvent| {
            let offset = it.logged.map(|it| it.offset);
            found.as_ref().is_some_and(|found| found.recovered && offset.is_some_and(|it| it <= found.offset))
        };
        if held.answer != Answer::Silence && !held.cached.as_ref().is_some_and(is_replayed) {
            self.send_cached(index, &key.channel, held.cached.as_ref());
        }
        for (_, frame) in frames {
            self.send(index, frame);
        }
        for (offset, frame) in held.frames {
            if offset.is_none_or(|it| it > replayed) {
                self.send(index, frame);
            }
        }
    }
}

/// A history that is being read. It is answered in any case: dropped, it counts as one that can't be read.
struct Reading {
    shared: Arc<Shared>,
    shard: usize,
    connection: ConnectionRef,
    key: ChannelKey,
    serial: u64,
    is_answered: bool,
}

impl Reading {
    async fn run(mut self, from: RecoverFrom) {
        // The semaphore is never closed; without a permit there would merely be more readers at once.
        let shared = Arc::clone(&self.shared);
        let _permit = shared.recoveries.acquire().await.ok();
        let settings = &shared.settings;
        let limit = RecoveryLimit { events: settings.max_recovery_events, bytes: settings.max_recovery_bytes };
        let mut outcome = shared.history.since(&self.key.application, &self.key.channel, from.clone(), limit).await;
        let mut frames = Vec::new();
        if matches!(outcome, Ok(None)) && shared.keeps_recent(&self.key) {
            let missed = shared.recent.since(&self.key, &from, limit);
            let RecentlyMissed { epoch, offset, recovered, .. } = missed;
            outcome = Ok(Some(Recovered { epoch, offset, recovered, events: Vec::new() }));
            frames = missed.frames;
        } else if let Ok(Some(recovered)) = &mut outcome {
            for publication in std::mem::take(&mut recovered.events) {
                let offset = publication.logged.map_or(0, |it| it.offset);
                frames.push((offset, wire::event(&publication)));
            }
        }
        self.answer(outcome, frames);
    }

    fn answer(&mut self, outcome: Result<Option<Recovered>, HistoryError>, frames: Vec<(u64, bytes::Bytes)>) {
        self.is_answered = true;
        let (connection, key, serial) = (self.connection, self.key.clone(), self.serial);
        let result = RecoveryResult { connection, key, serial, outcome, frames };
        self.shared.inboxes[self.shard].send(Command::Recovered(Box::new(result)));
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if !self.is_answered {
            self.answer(Err(HistoryError("its reader has ended".to_owned())), Vec::new());
        }
    }
}
