//! One channel: who listens, how far each has come, and how the subscription stands on the open socket.

use super::backoff::{Backoff, Random};
use super::{AuthRequestId, Interest, ListenerId};
use crate::chat::ChannelPosition;
use crate::realtime::presence::Members;

/// How often in a row a subscription is made anew over a hole that stays, before the hole is told.
const MAX_STALLS: u32 = 3;
/// How often in a row an answer without the position that was asked for counts as a passing failure: for some minutes.
const MAX_UNKNOWN_POSITIONS: u32 = 8;

/// A channel that somebody listens to, or has until a moment ago.
#[derive(Debug, Default)]
pub(super) struct Subscription {
    listeners: Vec<Listener>,
    pub(super) stage: Stage,
    pub(super) members: Members,
    /// Whether the server has been asked to subscribe this socket, so that it must be told of the end.
    pub(super) is_on_server: bool,
    /// Nobody listens any more; the subscription ends then, unless somebody comes before.
    pub(super) unlistened_until_ms: Option<u64>,
    backoff: Backoff,
    stalls: u32,
    unknown_positions: u32,
}

#[derive(Debug)]
struct Listener {
    id: ListenerId,
    /// Whether it must get every event that is kept.
    is_thorough: bool,
    /// The last event that it has got. `None` until the first answer of the server, and where nothing is logged.
    position: Option<ChannelPosition>,
}

/// How a subscription stands on the open socket.
#[derive(Debug, Default)]
pub(super) enum Stage {
    /// To be begun, or to be done anew.
    #[default]
    Due,
    /// It failed; to be begun again then.
    Paused { until_ms: u64 },
    /// The application has been asked to sign it.
    Authorizing { request: AuthRequestId, until_ms: u64 },
    /// The server has been asked, to go on from a position or from now on.
    Subscribing { from: Option<ChannelPosition>, until_ms: u64 },
    /// It stands.
    Live {
        /// The channel's numbering; `None` if nothing is logged.
        epoch: Option<String>,
        /// The last event that came over this subscription.
        seen: u64,
        /// What was the last event when it began: until then it catches up.
        target: u64,
    },
    /// Not allowed, or impossible; not tried again over this socket.
    Denied,
}

/// What an event or an answer of the server comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Who gets the event.
    pub(super) deliver_to: Vec<ListenerId>,
    /// Who has missed what nobody can give back.
    pub(super) gap_for: Vec<ListenerId>,
}

impl Subscription {
    /// Somebody begins to listen.
    pub(super) fn listen(&mut self, id: ListenerId, interest: Interest) {
        self.unlistened_until_ms = None;
        let Interest::Everything(mut position) = interest else {
            return self.listeners.push(Listener { id, is_thorough: false, position: None });
        };
        if let Stage::Live { epoch, seen, .. } = &self.stage {
            let here = epoch.clone().map(|epoch| ChannelPosition { epoch, offset: *seen });
            match (&position, here) {
                // What it wants is behind us, or was numbered otherwise: only the server can tell.
                (Some(wanted), Some(here)) if wanted.epoch != here.epoch || wanted.offset < here.offset => {
                    self.stage = Stage::Due;
                }
                (Some(_), Some(_)) => {}
                (None, here) => position = here,
                (Some(_), None) => position = None,
            }
        }
        self.listeners.push(Listener { id, is_thorough: true, position });
    }

    /// Somebody listens no more; false if they did not.
    pub(super) fn unlisten(&mut self, id: ListenerId) -> bool {
        let count_before = self.listeners.len();
        self.listeners.retain(|it| it.id != id);
        self.listeners.len() < count_before
    }

    pub(super) const fn has_listeners(&self) -> bool {
        !self.listeners.is_empty()
    }

    /// The position to ask the server for: the one that serves every listener.
    pub(super) fn wanted(&self) -> Option<ChannelPosition> {
        let positions = || self.listeners.iter().filter_map(|it| it.position.as_ref());
        // Of two numberings the one that was read last is in force, or none is.
        let epoch = &positions().next_back()?.epoch;
        positions().filter(|it| it.epoch == *epoch).min_by_key(|it| it.offset).cloned()
    }

    /// Whether nothing is awaited that was missed.
    pub(super) fn is_settled(&self) -> bool {
        match &self.stage {
            Stage::Denied => true,
            Stage::Live { target, .. } => {
                self.listeners.iter().all(|it| it.position.as_ref().is_none_or(|position| position.offset >= *target))
            }
            _ => !self.has_listeners(),
        }
    }

    /// The socket is gone; what was reached stays, the rest begins anew.
    pub(super) fn line_lost(&mut self) {
        self.stage = Stage::Due;
        self.is_on_server = false;
        self.backoff.reset();
        self.stalls = 0;
    }

    /// It did not work, but may later.
    pub(super) fn fail(&mut self, now_ms: u64, random: &mut Random) {
        self.stage = Stage::Paused { until_ms: now_ms + self.backoff.after_failure(random) };
    }

    /// The server says that the subscription stands, and where the channel is.
    pub(super) fn succeeded(
        &mut self,
        now_ms: u64,
        head: Option<ChannelPosition>,
        is_recovered: bool,
        random: &mut Random,
    ) -> Outcome {
        let Stage::Subscribing { from, .. } = &self.stage else { return Outcome::default() };
        let from = from.clone();
        let Some(head) = head else { return self.succeeded_without_position(now_ms, random) };
        let mut outcome = Outcome::default();
        let mut is_due_again = false;
        for listener in self.listeners.iter_mut().filter(|it| it.is_thorough) {
            let Some(position) = &listener.position else {
                listener.position = Some(head.clone());
                continue;
            };
            match judge(position, from.as_ref(), &head, is_recovered) {
                Reach::Covered => {}
                Reach::NotAskedFor => is_due_again = true,
                Reach::Gone => {
                    outcome.gap_for.push(listener.id);
                    listener.position = Some(head.clone());
                }
            }
        }
        self.unknown_positions = 0;
        self.backoff.reset();
        self.stage = if is_due_again {
            Stage::Due
        } else {
            let seen = from.filter(|it| is_recovered && it.epoch == head.epoch).map_or(head.offset, |it| it.offset);
            Stage::Live { epoch: Some(head.epoch), seen, target: head.offset }
        };
        outcome
    }

    /// The server tells no position: nothing is logged here, or the log could not be read.
    fn succeeded_without_position(&mut self, now_ms: u64, random: &mut Random) -> Outcome {
        let is_awaited = self.listeners.iter().any(|it| it.position.is_some());
        if is_awaited && self.unknown_positions < MAX_UNKNOWN_POSITIONS {
            self.unknown_positions += 1;
            self.fail(now_ms, random);
            return Outcome::default();
        }
        self.unknown_positions = 0;
        self.backoff.reset();
        self.stage = Stage::Live { epoch: None, seen: 0, target: 0 };
        let gap_for = self.listeners.iter_mut().filter_map(|it| it.position.take().map(|_| it.id)).collect();
        Outcome { gap_for, ..Outcome::default() }
    }

    /// An event came: who gets it? Events without a number are not kept, so whoever is there gets them.
    pub(super) fn receive(&mut self, offset: Option<u64>) -> Outcome {
        let everybody = |listeners: &[Listener]| listeners.iter().map(|it| it.id).collect();
        let Some(offset) = offset else {
            return Outcome { deliver_to: everybody(&self.listeners), ..Outcome::default() };
        };
        let (epoch, seen) = match &mut self.stage {
            Stage::Live { epoch: Some(epoch), seen, .. } => (epoch.clone(), seen),
            Stage::Live { epoch: None, .. } => {
                return Outcome { deliver_to: everybody(&self.listeners), ..Outcome::default() };
            }
            // It will come again, once the server has told where we are.
            _ => return Outcome::default(),
        };
        let is_new = offset > *seen;
        *seen = offset.max(*seen);
        let mut outcome = Outcome::default();
        let mut behind_a_hole = Vec::new();
        let mut has_progress = false;
        for listener in &mut self.listeners {
            let Some(position) = &mut listener.position else {
                if is_new {
                    outcome.deliver_to.push(listener.id);
                }
                continue;
            };
            if offset == position.offset + 1 {
                position.offset = offset;
                has_progress = true;
                outcome.deliver_to.push(listener.id);
            } else if offset > position.offset {
                behind_a_hole.push(listener.id);
            }
        }
        if has_progress {
            self.stalls = 0;
        }
        if !behind_a_hole.is_empty() {
            self.stalls += 1;
            if self.stalls <= MAX_STALLS {
                self.stage = Stage::Due;
            } else {
                self.skip_to(&behind_a_hole, &ChannelPosition { epoch, offset });
                outcome.deliver_to.extend(&behind_a_hole);
                outcome.gap_for = behind_a_hole;
            }
        }
        outcome
    }

    fn skip_to(&mut self, listeners: &[ListenerId], position: &ChannelPosition) {
        self.stalls = 0;
        for listener in self.listeners.iter_mut().filter(|it| listeners.contains(&it.id)) {
            listener.position = Some(position.clone());
        }
    }
}

/// Whether a listener gets all that it has not got yet.
enum Reach {
    Covered,
    /// It came after the question had been sent, and wants more than was asked for.
    NotAskedFor,
    /// The server no longer has it.
    Gone,
}

fn judge(
    position: &ChannelPosition,
    from: Option<&ChannelPosition>,
    head: &ChannelPosition,
    is_recovered: bool,
) -> Reach {
    if position.epoch == head.epoch && position.offset == head.offset {
        return Reach::Covered;
    }
    let is_asked_for = from.is_some_and(|from| from.epoch == position.epoch && from.offset <= position.offset);
    if !is_asked_for {
        // Another numbering than the one asked for may be the one in force; if it is not, nothing will bring it back.
        let may_be_answered = position.epoch == head.epoch;
        return if may_be_answered { Reach::NotAskedFor } else { Reach::Gone };
    }
    // Ahead of the head is who read the channel after the server had looked.
    if is_recovered && position.epoch == head.epoch { Reach::Covered } else { Reach::Gone }
}
