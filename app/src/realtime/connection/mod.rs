//! The client's connection as a state machine: inputs with the time they came at go in, effects come out.
//!
//! It knows neither sockets nor timers nor a clock of its own, so a test can let it live through thousands of losses,
//! sleeps and restarts in a moment. Whoever drives it feeds it what happens and does what it says:
//!
//! - the *line* is the one socket: opened, watched, given up and opened again after a pause;
//! - *listeners* are declared, and their subscriptions are made good on each new socket, each from the position that
//!   this listener has reached, so that it gets every event of a logged channel once and in order.

mod effect;
mod input;

mod backoff;
mod line;
mod subscription;
mod subscriptions;
#[cfg(test)]
pub(super) mod tests;
mod watchdog;

use super::channel_name::ChannelName;
use super::frames::{ClientFrame, ServerFrame};
use super::presence::Members;
use super::socket_id::SocketId;
use super::status::{Refusal, Status};

pub use effect::{AttemptId, AuthRequestId, Effect};
pub use input::{AuthFailure, Input, Interest, ListenerId};

use backoff::Random;
use line::Line;
use subscriptions::Subscriptions;

/// A timer that comes later than this has been slept over, or held back by the browser.
const LATE_MS: u64 = 5_000;
/// A new page's subscriptions take a moment, which is no news; beyond it the page is not live, and says so.
const UNSETTLED_MS: u64 = 1_000;

/// The client's connection.
#[derive(Debug)]
pub struct Connection {
    line: Line,
    subscriptions: Subscriptions,
    random: Random,
    /// The last status told.
    status: Status,
    /// The last timer set.
    timer_ms: Option<u64>,
    /// Since when not every subscription stands.
    unsettled_since_ms: Option<u64>,
    effects: Vec<Effect>,
}

impl Connection {
    /// A connection that waits for [`Input::Start`]. The seed makes its delays differ from everybody else's.
    pub fn new(seed: u64) -> Self {
        Self {
            line: Line::default(),
            subscriptions: Subscriptions::default(),
            random: Random::new(seed),
            status: Status::Connecting { since_ms: 0, next_try_at_ms: None },
            timer_ms: None,
            unsettled_since_ms: None,
            effects: Vec::new(),
        }
    }

    /// Takes what happened at `now_ms`, milliseconds of a clock that never goes back, and says what is to be done.
    pub fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        let is_late = self.timer_ms.is_some_and(|it| now_ms > it + LATE_MS);
        if is_late {
            self.line.woke(now_ms, &mut self.effects);
        }
        self.take(now_ms, input);
        self.line.keep_up(now_ms, &mut self.random, &mut self.effects);
        self.keep_subscriptions(now_ms);
        self.tell(now_ms);
        std::mem::take(&mut self.effects)
    }

    /// How the connection does.
    pub const fn status(&self) -> &Status {
        &self.status
    }

    /// The id of the open socket.
    pub fn socket_id(&self) -> Option<SocketId> {
        self.line.socket_id()
    }

    /// How long the last ping took.
    pub fn latency_ms(&self) -> Option<u64> {
        self.line.latency_ms()
    }

    /// When the last frame came, over this or an earlier socket.
    pub const fn heard_ms(&self) -> Option<u64> {
        self.line.heard_ms()
    }

    /// Members of a presence channel; while the line is lost, those last known.
    pub fn members(&self, channel: &ChannelName) -> Option<&Members> {
        self.subscriptions.members(channel)
    }

    /// The channels that are subscribed now.
    pub fn live_channels(&self) -> impl Iterator<Item = &ChannelName> {
        self.subscriptions.live()
    }

    /// The channels that the server has been asked for over the open socket, and whether its last answer is still to
    /// come.
    pub fn asked_channels(&self) -> Vec<(String, bool)> {
        self.subscriptions.asked()
    }

    /// How many sockets have been opened.
    #[cfg(test)]
    fn attempts(&self) -> u64 {
        self.line.attempts()
    }

    fn take(&mut self, now_ms: u64, input: Input) {
        match input {
            Input::Start => self.line.start(now_ms),
            Input::Stop => self.line.refuse(Refusal::SignedOut, &mut self.effects),
            Input::Tick => {}
            Input::Frame { attempt, text } => self.take_text(now_ms, attempt, &text),
            Input::SocketClosed { attempt, code } => {
                self.line.closed(now_ms, attempt, code, &mut self.random, &mut self.effects);
            }
            Input::Offline => self.line.offline(now_ms, &mut self.effects),
            Input::Online => self.line.online(now_ms, &mut self.effects),
            Input::Woke => self.line.woke(now_ms, &mut self.effects),
            Input::RetryNow => self.line.retry_now(now_ms),
            Input::Listen { listener, channel, interest } => self.subscriptions.listen(listener, channel, interest),
            Input::Unlisten { listener } => self.subscriptions.unlisten(now_ms, listener),
            Input::Authorized { request, authorization } => {
                self.subscriptions.authorized(now_ms, request, &authorization, &mut self.effects);
            }
            Input::NotAuthorized { request, reason } => {
                let is_asked =
                    self.subscriptions.not_authorized(now_ms, request, reason, &mut self.random, &mut self.effects);
                if is_asked && reason == AuthFailure::SignedOut {
                    self.line.refuse(Refusal::SignedOut, &mut self.effects);
                }
            }
            Input::GapsClosed => self.subscriptions.close_gaps(),
            Input::Whisper { channel, event, data } => {
                if self.subscriptions.is_live(&channel) {
                    let frame = ClientFrame::ClientEvent { channel: &channel, event: &event, data: &data };
                    self.effects.push(Effect::Send(frame.to_text()));
                }
            }
        }
    }

    fn take_text(&mut self, now_ms: u64, attempt: AttemptId, text: &str) {
        if !self.line.is_attempt(attempt) {
            return;
        }
        match ServerFrame::parse(text) {
            Ok(frame) => {
                self.line.heard(now_ms, matches!(frame, ServerFrame::Pong));
                self.take_frame(now_ms, frame);
            }
            Err(error) => {
                self.line.heard(now_ms, false);
                self.effects.push(Effect::Warn(error.to_string()));
            }
        }
    }

    fn take_frame(&mut self, now_ms: u64, frame: ServerFrame) {
        match frame {
            ServerFrame::ConnectionEstablished { socket_id, activity_timeout_s } => {
                // Of a line that was open already, it is the socket that is another one.
                self.subscriptions.line_lost();
                self.line.established(now_ms, socket_id, activity_timeout_s, &mut self.effects);
            }
            ServerFrame::Error { code, message } => {
                self.line.error(now_ms, code, message, &mut self.random, &mut self.effects);
            }
            ServerFrame::Ping => self.effects.push(Effect::Send(ClientFrame::Pong.to_text())),
            ServerFrame::Pong | ServerFrame::Other { .. } => {}
            frame => self.subscriptions.take_frame(now_ms, frame, &mut self.random, &mut self.effects),
        }
    }

    fn keep_subscriptions(&mut self, now_ms: u64) {
        match self.line.socket_id() {
            Some(socket_id) => self.subscriptions.reconcile(now_ms, socket_id, &mut self.random, &mut self.effects),
            None => return self.subscriptions.line_lost(),
        }
        if self.subscriptions.are_settled() {
            self.unsettled_since_ms = None;
            self.line.settled();
        } else {
            self.unsettled_since_ms.get_or_insert(now_ms);
        }
    }

    fn tell(&mut self, now_ms: u64) {
        let patience_ends_ms = self.unsettled_since_ms.map(|it| it + UNSETTLED_MS).filter(|_| self.line.has_settled());
        let is_caught_up = self.unsettled_since_ms.is_none() || patience_ends_ms.is_some_and(|it| now_ms < it);
        let status = self.line.status(is_caught_up, self.subscriptions.have_gaps());
        if status != self.status {
            self.status = status.clone();
            self.effects.push(Effect::StatusChanged(status));
        }
        let patience_ms = patience_ends_ms.filter(|it| now_ms < *it);
        let due_ms = [self.line.due_ms(), self.subscriptions.due_ms(), patience_ms].into_iter().flatten().min();
        let timer_ms = due_ms.map(|it| it.max(now_ms));
        if timer_ms != self.timer_ms {
            self.timer_ms = timer_ms;
            self.effects.push(Effect::SetTimer(timer_ms));
        }
    }
}
