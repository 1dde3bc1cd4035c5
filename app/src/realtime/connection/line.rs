//! The one socket: opened, watched, given up, and opened again after a pause.

use super::backoff::{Backoff, Random};
use super::watchdog::{Verdict, Watchdog};
use super::{AttemptId, Effect};
use crate::realtime::close_code::{CloseCode, ComeBack};
use crate::realtime::frames::ClientFrame;
use crate::realtime::socket_id::SocketId;
use crate::realtime::status::{Refusal, Status};

/// A socket that has brought no first frame by then will bring none.
const OPENING_TIMEOUT_MS: u64 = 10_000;
/// The same after sleep or a change of network, during which the socket may have died.
const DOUBTED_OPENING_TIMEOUT_MS: u64 = 5_000;
/// Whatever calls for a try at once, two tries begin at least so far apart.
const MIN_BETWEEN_ATTEMPTS_MS: u64 = 1_000;
/// After so long a connection counts as a good one, and the next failure as the first.
const HEALTHY_AFTER_MS: u64 = 60_000;

/// The line and what it has been through.
#[derive(Debug)]
pub(super) struct Line {
    stage: Stage,
    backoff: Backoff,
    attempts: u64,
    last_attempt_ms: u64,
    /// The browser said that there is no network, and no new connection has proved it wrong.
    is_offline: bool,
    /// Whether everything was live once since the page was loaded.
    was_settled: bool,
    /// Since when not everything is live.
    down_since_ms: Option<u64>,
    /// Whether the server said that it goes on purpose.
    is_planned: bool,
    /// The server's last words, for whom they concern.
    last_error: String,
    heard_ms: Option<u64>,
}

#[derive(Debug)]
enum Stage {
    /// The page is not ready yet.
    Idle,
    /// There is no use in trying.
    Refused(Refusal),
    /// For the next try.
    Waiting { until_ms: u64 },
    /// For the first frame.
    Opening { attempt: AttemptId, until_ms: u64 },
    Open {
        attempt: AttemptId,
        socket_id: SocketId,
        since_ms: u64,
        watchdog: Watchdog,
        /// Whether everything was live once over this socket.
        has_settled: bool,
    },
}

impl Default for Line {
    fn default() -> Self {
        Self {
            stage: Stage::Idle,
            backoff: Backoff::default(),
            attempts: 0,
            last_attempt_ms: 0,
            is_offline: false,
            was_settled: false,
            down_since_ms: None,
            is_planned: false,
            last_error: String::new(),
            heard_ms: None,
        }
    }
}

impl Line {
    pub(super) fn start(&mut self, now_ms: u64) {
        if matches!(self.stage, Stage::Idle) {
            self.down_since_ms = Some(now_ms);
            self.stage = Stage::Waiting { until_ms: now_ms };
        }
    }

    /// Ends it, without another try unless a person asks for one.
    pub(super) fn refuse(&mut self, refusal: Refusal, effects: &mut Vec<Effect>) {
        self.drop_socket(effects);
        self.stage = Stage::Refused(refusal);
    }

    pub(super) fn offline(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        self.is_offline = true;
        self.woke(now_ms, effects);
    }

    pub(super) fn online(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        self.is_offline = false;
        self.woke(now_ms, effects);
    }

    /// Something happened that lines seldom survive, or that may have mended them: ask, or try at once.
    pub(super) fn woke(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        match &mut self.stage {
            Stage::Idle | Stage::Refused(_) => {}
            Stage::Waiting { until_ms } => {
                *until_ms = (*until_ms).min(now_ms.max(self.last_attempt_ms + MIN_BETWEEN_ATTEMPTS_MS));
            }
            Stage::Opening { until_ms, .. } => {
                let doubted_ms = now_ms + DOUBTED_OPENING_TIMEOUT_MS;
                // What is overdue has been slept over; its first frame may be there to be read.
                *until_ms = if *until_ms <= now_ms { doubted_ms } else { doubted_ms.min(*until_ms) };
            }
            Stage::Open { watchdog, .. } => {
                if watchdog.probe(now_ms) == Verdict::Ping {
                    effects.push(Effect::Send(ClientFrame::Ping.to_text()));
                }
            }
        }
    }

    pub(super) fn retry_now(&mut self, now_ms: u64) {
        match &mut self.stage {
            Stage::Refused(_) => self.stage = Stage::Waiting { until_ms: now_ms },
            Stage::Waiting { until_ms } => {
                *until_ms = (*until_ms).min(now_ms.max(self.last_attempt_ms + MIN_BETWEEN_ATTEMPTS_MS));
            }
            Stage::Idle | Stage::Opening { .. } | Stage::Open { .. } => {}
        }
    }

    /// Whether this is the socket that counts.
    pub(super) fn is_attempt(&self, it: AttemptId) -> bool {
        match self.stage {
            Stage::Opening { attempt, .. } | Stage::Open { attempt, .. } => attempt == it,
            Stage::Idle | Stage::Refused(_) | Stage::Waiting { .. } => false,
        }
    }

    pub(super) fn heard(&mut self, now_ms: u64, is_pong: bool) {
        self.heard_ms = Some(now_ms);
        if let Stage::Open { watchdog, .. } = &mut self.stage {
            watchdog.heard(now_ms, is_pong);
        }
    }

    pub(super) fn established(
        &mut self,
        now_ms: u64,
        socket_id: SocketId,
        activity_timeout_s: u64,
        effects: &mut Vec<Effect>,
    ) {
        let (attempt, since_ms, has_settled) = match self.stage {
            Stage::Opening { attempt, .. } => (attempt, now_ms, false),
            // The line goes on over another socket; what was live is so again in a moment.
            Stage::Open { attempt, since_ms, has_settled, .. } => (attempt, since_ms, has_settled),
            Stage::Idle | Stage::Refused(_) | Stage::Waiting { .. } => return,
        };
        let mut watchdog = Watchdog::new(now_ms, activity_timeout_s);
        if watchdog.ping(now_ms) == Verdict::Ping {
            effects.push(Effect::Send(ClientFrame::Ping.to_text()));
        }
        self.is_offline = false;
        self.stage = Stage::Open { attempt, socket_id, since_ms, watchdog, has_settled };
    }

    /// An error frame. As the first frame of a socket it is as good as a close with its code.
    pub(super) fn error(
        &mut self,
        now_ms: u64,
        code: Option<u16>,
        message: String,
        random: &mut Random,
        effects: &mut Vec<Effect>,
    ) {
        self.last_error = message;
        if let Stage::Opening { .. } = self.stage {
            let code = code.filter(|it| *it >= 4_000).map_or(CloseCode::ABNORMAL, CloseCode);
            self.lose(now_ms, code, random, effects);
        }
    }

    pub(super) fn closed(
        &mut self,
        now_ms: u64,
        attempt: AttemptId,
        code: CloseCode,
        random: &mut Random,
        effects: &mut Vec<Effect>,
    ) {
        if self.is_attempt(attempt) {
            self.lose(now_ms, code, random, effects);
        }
    }

    /// Does what is due: opens a socket, asks for a sign of life, or gives the socket up.
    pub(super) fn keep_up(&mut self, now_ms: u64, random: &mut Random, effects: &mut Vec<Effect>) {
        match &mut self.stage {
            Stage::Waiting { until_ms } if *until_ms <= now_ms => {
                self.attempts += 1;
                self.last_attempt_ms = now_ms;
                let attempt = AttemptId(self.attempts);
                self.stage = Stage::Opening { attempt, until_ms: now_ms + OPENING_TIMEOUT_MS };
                effects.push(Effect::OpenSocket(attempt));
            }
            Stage::Opening { until_ms, .. } if *until_ms <= now_ms => {
                self.lose(now_ms, CloseCode::ABNORMAL, random, effects);
            }
            Stage::Open { watchdog, .. } => match watchdog.check(now_ms) {
                Verdict::Fine => {}
                Verdict::Ping => effects.push(Effect::Send(ClientFrame::Ping.to_text())),
                Verdict::Dead => self.lose(now_ms, CloseCode::ABNORMAL, random, effects),
            },
            _ => {}
        }
    }

    /// Everything is live.
    pub(super) const fn settled(&mut self) {
        if let Stage::Open { has_settled, .. } = &mut self.stage {
            *has_settled = true;
        }
        self.was_settled = true;
        self.down_since_ms = None;
        self.is_planned = false;
    }

    /// Whether everything was live once over the open socket.
    pub(super) const fn has_settled(&self) -> bool {
        matches!(self.stage, Stage::Open { has_settled: true, .. })
    }

    pub(super) fn status(&self, is_caught_up: bool, have_gaps: bool) -> Status {
        let since_ms = self.down_since_ms.unwrap_or_default();
        let next_try_at_ms = match &self.stage {
            Stage::Refused(refusal) => return Status::Refused(refusal.clone()),
            _ if self.is_offline => return Status::Offline,
            Stage::Open { .. } if is_caught_up && have_gaps => return Status::GapTooLarge,
            Stage::Open { .. } if is_caught_up => return Status::Connected,
            Stage::Open { .. } if self.was_settled => return Status::CatchingUp,
            Stage::Waiting { until_ms } => Some(*until_ms),
            Stage::Idle | Stage::Opening { .. } | Stage::Open { .. } => None,
        };
        match (self.was_settled, self.is_planned) {
            (false, _) => Status::Connecting { since_ms, next_try_at_ms },
            (true, true) => Status::ServerGoingAway { since_ms, next_try_at_ms },
            (true, false) => Status::Reconnecting { since_ms, next_try_at_ms },
        }
    }

    pub(super) fn due_ms(&self) -> Option<u64> {
        match &self.stage {
            Stage::Idle | Stage::Refused(_) => None,
            Stage::Waiting { until_ms } | Stage::Opening { until_ms, .. } => Some(*until_ms),
            Stage::Open { watchdog, .. } => Some(watchdog.due_ms()),
        }
    }

    pub(super) const fn socket_id(&self) -> Option<SocketId> {
        if let Stage::Open { socket_id, .. } = self.stage { Some(socket_id) } else { None }
    }

    pub(super) fn latency_ms(&self) -> Option<u64> {
        if let Stage::Open { watchdog, .. } = &self.stage { watchdog.latency_ms() } else { None }
    }

    #[cfg(test)]
    pub(super) const fn attempts(&self) -> u64 {
        self.attempts
    }

    pub(super) const fn heard_ms(&self) -> Option<u64> {
        self.heard_ms
    }

    /// The socket is gone, or is given up.
    fn lose(&mut self, now_ms: u64, code: CloseCode, random: &mut Random, effects: &mut Vec<Effect>) {
        if let Stage::Open { since_ms, .. } = self.stage {
            if now_ms >= since_ms + HEALTHY_AFTER_MS {
                self.backoff.reset();
            }
            self.is_planned |= code.is_planned();
        }
        self.drop_socket(effects);
        self.down_since_ms.get_or_insert(now_ms);
        if code.come_back() == ComeBack::Never {
            self.stage = Stage::Refused(self.refusal(code));
        } else {
            self.stage = Stage::Waiting { until_ms: now_ms + self.backoff.after_close(code, random) };
        }
    }

    fn drop_socket(&mut self, effects: &mut Vec<Effect>) {
        if let Stage::Opening { attempt, .. } | Stage::Open { attempt, .. } = self.stage {
            effects.push(Effect::CloseSocket(attempt));
        }
    }

    fn refusal(&self, code: CloseCode) -> Refusal {
        match code {
            CloseCode::UNKNOWN_APPLICATION | CloseCode::APPLICATION_DISABLED | CloseCode::UNAUTHORIZED => {
                Refusal::Blocked
            }
            CloseCode::OVER_QUOTA => Refusal::OverQuota,
            CloseCode(code) => Refusal::Other { code, message: self.last_error.clone() },
        }
    }
}
