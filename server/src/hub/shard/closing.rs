//! Ways for a connection to end (sections 4 and 13).

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::hub::framing::{ReadError, close_frame, ping_frame};
use crate::hub::inbox::ConnectionRef;
use crate::hub::presence_changes::LeaveReason;
use crate::hub::shard::Shard;
use crate::hub::shard::connection::{Connection, Output, Phase};
use crate::hub::shard::timers::{Due, Grace};
use crate::hub::{Refusal, wire};

/// How long a connection whose close is agreed may take to read the last frames.
const FINISH_TIMEOUT: Duration = Duration::from_secs(1);

impl Shard {
    /// Sends the error, then closes with the same code.
    pub(crate) fn close_with_error(&mut self, index: u32, code: u16, message: &str, reason: LeaveReason) {
        self.send_error(index, code, message, true);
        self.close(index, code, message, reason);
    }

    /// Sends a close frame and waits for the client's, a bounded time (rule ERR-5). Its subscriptions end now.
    pub(crate) fn close(&mut self, index: u32, code: u16, text: &str, reason: LeaveReason) {
        let timeout = self.shared.settings.close_timeout;
        self.leave_all(index, reason);
        self.send(index, close_frame(code, text));
        self.enter_phase(index, timeout, |until_ms| Phase::Closing { until_ms });
    }

    /// A flood of refused connections must not keep the others out: beyond so many, one is dropped once it was told.
    pub(crate) fn hurry_refused(&mut self, index: u32) {
        let max = self.shared.settings.max_refused_connections;
        if self.shared.refused.load(Ordering::Acquire) > max {
            self.shared.limited.refused.add(1);
            self.enter_phase(index, FINISH_TIMEOUT, |until_ms| Phase::Finishing { until_ms });
        }
    }

    /// The client can't be understood any more: says why, and throws away what else it sends.
    pub(crate) fn fail(&mut self, index: u32, error: ReadError) {
        let timeout = self.shared.settings.close_timeout;
        if self.connections[index as usize].is_serving() {
            self.metrics().error(error.close_code());
            self.leave_all(index, LeaveReason::Closed);
            self.send(index, close_frame(error.close_code(), &error.to_string()));
        } else {
            self.mark_dirty(index); // told why it is closed already: a second close frame would be one too many
        }
        self.enter_phase(index, timeout, |until_ms| Phase::Discarding { until_ms });
    }

    /// The client's close frame has come (rule ERR-4).
    pub(crate) fn on_close_frame(&mut self, index: u32, code: Option<u16>) {
        let is_answer = matches!(self.connections[index as usize].phase, Phase::Closing { .. });
        self.leave_all(index, LeaveReason::Closed);
        if !is_answer {
            self.send(index, close_frame(code.unwrap_or(1000), ""));
        }
        self.enter_phase(index, FINISH_TIMEOUT, |until_ms| Phase::Finishing { until_ms });
        self.mark_dirty(index);
    }

    /// Closes readers that were too slow, now that their sockets have taken what they could: what still waits is dropped, but for a frame that was begun.
    pub(super) fn close_overflowed(&mut self) {
        let max_bytes = self.shared.settings.max_queue_bytes;
        while let Some(reference) = self.overflowed.pop() {
            let Some(index) = self.resolve(reference) else { continue };
            let connection = &mut self.connections[index as usize];
            if !connection.is_serving() || !connection.is_too_slow(max_bytes) {
                continue;
            }
            connection.span().in_scope(|| tracing::debug!("a reader is too slow and is closed"));
            connection.queue.cut();
            let timeout = self.shared.settings.slow_close_timeout;
            self.metrics().slow_closes.add(1);
            self.close_with_error(index, 4100, "Over capacity", LeaveReason::Closed);
            self.enter_phase(index, timeout, |until_ms| Phase::Closing { until_ms });
        }
    }

    fn enter_phase(&mut self, index: u32, timeout: Duration, phase: impl FnOnce(u64) -> Phase) {
        let until_ms = self.now_ms + u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        let Some(connection) = self.connections.get_mut(index as usize) else { return };
        connection.phase = phase(until_ms);
        let due = Due::Check(self.reference(index));
        self.timers.add(until_ms, due);
    }

    /// Takes a connection away, whatever its state.
    pub(crate) fn remove(&mut self, index: u32, reason: LeaveReason) {
        self.leave_all(index, reason);
        self.connections[index as usize].span().in_scope(|| tracing::debug!(?reason, "gone"));
        let Connection { mut stream, output, .. } = self.connections.remove(index as usize);
        if output == Output::Blocked {
            // The kernel holds what the client has never read, megabytes perhaps: to free that takes milliseconds, for which
            // the others would wait.
            self.poll.registry().deregister(stream.socket()).ok(); // closed in any case
            self.shared.runtime.spawn_blocking(move || drop(stream));
        }
        if self.is_draining() {
            self.shared.progress.notify_waiters();
        }
        self.tidy();
    }

    /// Ends all subscriptions and the sign-in (rule SUB-11).
    fn leave_all(&mut self, index: u32, reason: LeaveReason) {
        while let Some(last) = self.connections[index as usize].subscriptions.len().checked_sub(1) {
            self.leave(index, u32::try_from(last).unwrap_or(u32::MAX), reason);
        }
        self.connections[index as usize].subscriptions = Vec::new();
        self.sign_out(index);
    }

    /// Ends one subscription.
    pub(crate) fn leave(&mut self, index: u32, slot: u32, reason: LeaveReason) {
        let Some((key, details)) = self.channels.remove(&mut self.connections, index, slot) else { return };
        let Some(application) = self.connections[index as usize].application() else { return };
        let user_id = details.and_then(|it| it.member).map(|it| it.0);
        let exited = self.shared.exit(self.index, &key, user_id.as_deref(), application, reason);
        if let (Some(departure), Some(user_id)) = (exited.departure, user_id) {
            let due_ms = self.now_ms + u64::try_from(application.presence_leave_grace.as_millis()).unwrap_or(u64::MAX);
            self.timers.add(due_ms, Due::Grace(Box::new(Grace { key: key.clone(), user_id, departure, reason })));
        }
        if exited.is_count_due {
            self.count_later(key);
        }
    }

    /// Has the channel's count told when its pause is over.
    pub(crate) fn count_later(&mut self, key: crate::presence::ChannelKey) {
        let pause_ms = u64::try_from(self.shared.settings.count_pause.as_millis()).unwrap_or(u64::MAX);
        self.timers.add(self.now_ms + pause_ms, Due::Count(Box::new(key)));
    }

    pub(super) fn fire_timers(&mut self) {
        while let Some(due) = self.timers.pop(self.now_ms) {
            match due {
                Due::Check(connection) => self.check(connection),
                Due::Release(connection) => {
                    let found = self.resolve(connection);
                    if let Some(index) = found.filter(|it| self.connections[*it as usize].is_serving()) {
                        self.let_go(index);
                    }
                }
                Due::Confirm(connection) => self.ask_confirmation(connection),
                Due::Grace(grace) => {
                    self.shared.expire(&grace.key, &grace.user_id, grace.departure, grace.reason);
                }
                Due::Count(key) => self.shared.tell_count(&key),
            }
        }
    }

    /// Closes a connection that is to be released, unless its application has come back meanwhile.
    fn let_go(&mut self, index: u32) {
        if self.is_draining() {
            self.close_with_error(index, 4100, "Server is shutting down", LeaveReason::Closed);
            return;
        }
        let Some(application) = self.connections[index as usize].application() else { return };
        let refusal = match self.shared.tenants.application(&application.id) {
            Some(application) if application.is_enabled => return,
            Some(_) => Refusal::ApplicationDisabled,
            None => Refusal::UnknownApplication,
        };
        let (code, message) = refusal.error();
        self.close_with_error(index, code, message, LeaveReason::Closed);
    }

    /// Looks whether a connection is alive (rules LIV-3 to LIV-5), or has closed in time.
    fn check(&mut self, reference: ConnectionRef) {
        let Some(index) = self.resolve(reference) else { return };
        let connection = &self.connections[index as usize];
        let Some(application) = connection.application() else {
            self.end_if_due(index);
            return;
        };
        let ms = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 4);
        let (interval_ms, patience_ms) = (ms(application.ping_interval), ms(application.pong_timeout));
        let seen_ms = connection.last_seen_ms;
        let next_ms = match connection.phase {
            Phase::Pinged { at_ms } => {
                if self.now_ms >= at_ms + patience_ms {
                    self.metrics().pruned.add(1);
                    if let Some(admission) = &connection.admission {
                        admission.tenant.pruned.fetch_add(1, Ordering::Relaxed);
                    }
                    self.close_with_error(index, 4201, "Pong reply not received in time", LeaveReason::TimedOut);
                    return;
                }
                at_ms + patience_ms
            }
            Phase::Open if self.now_ms >= seen_ms + interval_ms => {
                let ping = if connection.pings_by_control { ping_frame() } else { wire::ping() };
                self.connections[index as usize].phase = Phase::Pinged { at_ms: self.now_ms };
                self.send(index, ping);
                self.now_ms + patience_ms
            }
            Phase::Open => seen_ms + interval_ms,
            _ => {
                self.end_if_due(index);
                return;
            }
        };
        self.timers.add(next_ms, Due::Check(reference));
    }

    fn end_if_due(&mut self, index: u32) {
        let (Phase::Closing { until_ms } | Phase::Discarding { until_ms } | Phase::Finishing { until_ms }) =
            self.connections[index as usize].phase
        else {
            return;
        };
        if self.now_ms >= until_ms {
            self.remove(index, LeaveReason::Closed);
        }
    }
}
