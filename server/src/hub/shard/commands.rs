//! What a shard is told through its inbox.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use app::realtime::SocketId;
use mio::Interest;

use crate::application::{ApplicationId, Applications};
use crate::hub::giving_back;
use crate::hub::inbox::{Accepted, Command, ConnectionRef, Delivery};
use crate::hub::presence_changes::LeaveReason;
use crate::hub::shard::connection::{Connection, Output, Phase};
use crate::hub::shard::delivering::take_run;
use crate::hub::shard::timers::Due;
use crate::hub::shard::{Shard, Transport};
use crate::hub::slots::Slot;
use crate::hub::wire::{self, ErrorForm};
use crate::hub::{Handshake, Refusal};

/// In so many turns at least a connection's queue is filled, so that whoever reads can't be too slow within one.
const TURNS_PER_QUEUE: usize = 4;

impl Shard {
    /// Does what the inbox holds, in its order, as much as one turn may; deliveries to one channel that follow each other
    /// are joined. The rest is done in the next turns, so that sockets can take what they get and clients are heard.
    pub(super) fn obey(&mut self) {
        let mut commands = std::mem::take(&mut self.commands);
        if commands.is_empty() {
            self.inbox().take(&mut commands);
        }
        let max_bytes = self.shared.settings.max_queue_bytes / TURNS_PER_QUEUE;
        let mut run: Vec<Delivery> = Vec::new();
        let mut bytes = 0;
        while bytes <= max_bytes
            && let Some(command) = commands.pop_front()
        {
            bytes += command.bytes();
            match command {
                Command::Deliver(delivery) => {
                    run.push(delivery);
                    bytes += take_run(&mut commands, &mut run);
                    self.deliver(&run);
                    run.clear();
                }
                Command::Accept(accepted) => self.open(*accepted),
                Command::Recovered(result) => self.on_recovered(*result),
                Command::Resubscribed(again) => self.on_resubscribed(*again),
                Command::TerminateUser(application, user_id) => self.terminate_user(&application, &user_id),
                Command::TerminateSockets(sockets) => self.terminate_sockets(&sockets),
                Command::ListSockets(answer) => {
                    let serving = self.connections.iter().filter(|(_, it)| it.is_serving());
                    let _unheard = answer.send(serving.map(|(_, it)| it.socket_id).collect());
                }
                Command::Watched(watched) => {
                    for watcher in watched.watchers {
                        let found = self.resolve(watcher);
                        if let Some(index) = found.filter(|it| self.connections[*it as usize].is_serving()) {
                            self.send(index, watched.frame.clone());
                        }
                    }
                }
                Command::Reconfigure(applications, window) => self.reconfigure(&applications, window),
                Command::Drain(window) => self.drain(window),
                Command::GiveBack => giving_back::own_memory(),
                Command::Report(answer) => {
                    let queue_bytes = self.connections.iter().map(|(_, it)| it.queue.bytes()).sum();
                    // Whoever asked may have gone meanwhile.
                    let _unheard = answer.send(queue_bytes);
                }
                Command::Stop => self.is_stopping = true,
                #[cfg(test)]
                Command::Panic => panic!("as the test wants it"),
            }
        }
        self.commands = commands;
        if bytes > 0 && self.inbox().done(bytes) {
            self.tell_of_room();
        }
    }

    /// The inbox was full and is no longer: publishers and the other shards go on.
    fn tell_of_room(&self) {
        self.shared.progress.notify_waiters();
        for (index, inbox) in self.shared.inboxes.iter().enumerate() {
            if index != self.index {
                inbox.wake();
            }
        }
    }

    /// Takes a connection over: says hello, or why it is refused.
    fn open(&mut self, accepted: Accepted) {
        let Accepted { stream, tls, answer, leftover, handshake } = accepted;
        let Handshake { outcome, client, protocol } = handshake;
        let slot = Slot::take(if outcome.is_ok() { &self.shared.open } else { &self.shared.refused });
        let (serial, socket_id) = (self.next_serial(), self.shared.socket_ids.next());
        let mut stream = Transport::new(mio::net::TcpStream::from_std(stream), tls);
        let entry = self.connections.vacant_entry();
        let key = entry.key();
        let interest = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = self.poll.registry().register(stream.socket(), mio::Token(key), interest) {
            tracing::error!(%error, %socket_id, "a connection can't be watched");
            return;
        }
        let (admission, refusal) = match outcome {
            Ok(admission) => (Some(admission), None),
            Err(refusal) => (None, Some(refusal)),
        };
        let is_text = client.as_deref().is_none_or(|it| it.starts_with("js"));
        entry.insert(Connection {
            stream,
            serial,
            error_form: if is_text { ErrorForm::Text } else { ErrorForm::Object },
            pings_by_control: protocol < 7,
            output: Output::Settled,
            is_unread: false,
            readings: 0,
            phase: Phase::Open,
            socket_id,
            reader: crate::hub::framing::FrameReader::default(),
            answer_bytes: u16::try_from(answer.len()).unwrap_or(u16::MAX),
            queue: crate::hub::shard::queue::Queue::with_answer(answer),
            subscriptions: Vec::new(),
            user: None,
            last_seen_ms: self.now_ms,
            rate_window_ms: 0,
            rate_count: 0,
            rare: None,
            admission,
            _slot: slot,
        });
        let index = u32::try_from(key).unwrap_or(u32::MAX);
        self.greet(index, refusal);
        let reference = self.reference(index);
        if !leftover.is_empty() {
            self.on_bytes(index, &mut leftover.to_vec());
        }
        // The kernel tells nothing of what was read and decrypted with the handshake.
        if self.resolve(reference).is_some_and(|it| self.connections[it as usize].stream.may_hold_input()) {
            self.read(index, true);
        }
    }

    fn greet(&mut self, index: u32, refusal: Option<Refusal>) {
        let refusal =
            refusal.or_else(|| self.is_draining().then_some(Refusal::OverCapacity)).or_else(|| self.refresh(index));
        if let Some(refusal) = refusal {
            let (code, message) = refusal.error();
            self.connections[index as usize].span().in_scope(|| tracing::debug!(code, "refused: {message}"));
            self.close_with_error(index, code, message, LeaveReason::Closed);
            self.hurry_refused(index);
            return;
        }
        let connection = &self.connections[index as usize];
        let Some(application) = connection.application() else { return };
        connection.span().in_scope(|| tracing::debug!("connected"));
        let ping_ms = u64::try_from(application.ping_interval.as_millis()).unwrap_or(u64::MAX / 4);
        let frame = wire::connection_established(connection.socket_id, application.activity_timeout.as_secs().max(1));
        let reference = self.reference(index);
        self.timers.add(self.now_ms + ping_ms, Due::Check(reference));
        self.send(index, frame);
    }

    /// Closes all connections that are signed in as this user or are a member under this id (rule USR-10).
    fn terminate_user(&mut self, application: &ApplicationId, user_id: &Arc<str>) {
        let is_theirs = |connection: &Connection| {
            connection.is_serving()
                && connection.application().is_some_and(|it| it.id == *application)
                && (connection.user.as_ref().is_some_and(|it| it.id == *user_id)
                    || connection.subscriptions.iter().any(|subscription| {
                        let member = subscription.details.as_ref().and_then(|it| it.member.as_ref());
                        member.is_some_and(|(id, _)| id == user_id)
                    }))
        };
        let found: Vec<_> = self.connections.iter().filter(|(_, it)| is_theirs(it)).map(|(index, _)| index).collect();
        for index in found {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            self.close_with_error(index, 4100, "Terminated by the application", LeaveReason::Closed);
        }
    }

    /// Closes connections whose authorization has been taken back (rule USR-11: they come back, and are not let in).
    fn terminate_sockets(&mut self, sockets: &HashSet<SocketId>) {
        let is_meant = |connection: &Connection| connection.is_serving() && sockets.contains(&connection.socket_id);
        let found: Vec<_> = self.connections.iter().filter(|(_, it)| is_meant(it)).map(|(index, _)| index).collect();
        for index in found {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            self.close_with_error(index, 4100, "Terminated by the application", LeaveReason::Revoked);
        }
    }

    /// Gives every connection the settings that its application has now, and lets those go that have none any more.
    fn reconfigure(&mut self, applications: &Applications, window: Duration) {
        let mut orphans = Vec::new();
        for (index, connection) in &mut self.connections {
            let serial = connection.serial;
            let Some(admission) = &mut connection.admission else { continue };
            match applications.by_id(&admission.application.id) {
                Some(application) if application.is_enabled => admission.application = Arc::clone(application),
                _ => orphans.push(ConnectionRef { index: u32::try_from(index).unwrap_or(u32::MAX), serial }),
            }
        }
        self.release(orphans, window);
    }

    /// The settings that a connection's application has now; they may have changed since it was admitted.
    fn refresh(&mut self, index: u32) -> Option<Refusal> {
        let admission = self.connections[index as usize].admission.as_mut()?;
        match self.shared.tenants.application(&admission.application.id) {
            Some(application) if application.is_enabled => {
                admission.application = application;
                None
            }
            Some(_) => Some(Refusal::ApplicationDisabled),
            None => Some(Refusal::UnknownApplication),
        }
    }

    /// Has every connection released at its own moment within the window (rule ERR-6).
    fn drain(&mut self, window: Duration) {
        let references: Vec<_> = self
            .connections
            .iter()
            .map(|(index, it)| ConnectionRef { index: u32::try_from(index).unwrap_or(u32::MAX), serial: it.serial })
            .collect();
        self.release(references, window);
    }

    fn release(&mut self, references: Vec<ConnectionRef>, window: Duration) {
        let window_ms = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
        let count = references.len().max(1) as u64;
        for (position, reference) in references.into_iter().enumerate() {
            let due_ms = self.now_ms + window_ms.saturating_mul(position as u64) / count;
            self.timers.add(due_ms, Due::Release(reference));
        }
    }
}
