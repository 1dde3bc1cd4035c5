//! A simulated world: one client, one server, a network that fails in every way that a real one does, and time that
//! passes only when something happens.

use std::collections::{BTreeMap, BTreeSet};

use super::server::Server;
use crate::chat::ChannelPosition;
use crate::realtime::close_code::CloseCode;
use crate::realtime::connection::backoff::Random;
use crate::realtime::connection::{
    AttemptId, AuthFailure, AuthRequestId, Connection, Effect, Input, Interest, ListenerId,
};
use crate::realtime::frames::ChannelAuthorization;
use crate::realtime::status::Status;

pub(super) struct World {
    pub(super) now_ms: u64,
    pub(super) random: Random,
    pub(super) client: Connection,
    pub(super) server: Server,
    /// What happens, by time and then by order of planning.
    agenda: BTreeMap<(u64, u64), Happening>,
    planned: u64,
    timer_ms: Option<u64>,
    /// The socket that the client holds, and the dead ones, through which nothing comes any more.
    open: Option<AttemptId>,
    dead: BTreeSet<AttemptId>,
    /// When the last frame of each way arrives: none overtakes another.
    arrives_ms: BTreeMap<(AttemptId, bool), u64>,
    pub(super) is_network_up: bool,
    pub(super) is_server_up: bool,
    pub(super) is_auth_up: bool,
    asleep_until_ms: u64,
    /// When each attempt was begun.
    pub(super) attempts_ms: Vec<u64>,
    /// What each listener got.
    pub(super) delivered: BTreeMap<ListenerId, Vec<String>>,
    pub(super) gaps: BTreeSet<ListenerId>,
    pub(super) statuses: Vec<(u64, Status)>,
    ticks_at_once: u32,
}

enum Happening {
    Tick(u64),
    ToServer(AttemptId, String),
    ToClient(AttemptId, String),
    Accepted(AttemptId),
    Closed(AttemptId, CloseCode),
    Asked(AuthRequestId, String),
    Answered(AuthRequestId, Option<String>),
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            now_ms: 1_000_000,
            random: Random::new(seed.wrapping_mul(31)),
            client: Connection::new(seed),
            server: Server::default(),
            agenda: BTreeMap::new(),
            planned: 0,
            timer_ms: None,
            open: None,
            dead: BTreeSet::new(),
            arrives_ms: BTreeMap::new(),
            is_network_up: true,
            is_server_up: true,
            is_auth_up: true,
            asleep_until_ms: 0,
            attempts_ms: Vec::new(),
            delivered: BTreeMap::new(),
            gaps: BTreeSet::new(),
            statuses: Vec::new(),
            ticks_at_once: 0,
        }
    }

    /// Lets a listener begin after what is in the log now, as a page does that has just read its data.
    pub(super) fn listen_from_here(&mut self, id: u64, channel: &str) {
        let (epoch, offset) = self.server.position(channel);
        self.listen(id, channel, Some(ChannelPosition { epoch, offset }));
    }

    pub(super) fn listen(&mut self, id: u64, channel: &str, from: Option<ChannelPosition>) {
        self.delivered.insert(ListenerId(id), Vec::new());
        self.input(Input::Listen {
            listener: ListenerId(id),
            channel: channel.parse().unwrap(),
            interest: Interest::Everything(from),
        });
    }

    /// Gives the client an input now, unless it is asleep.
    pub(super) fn input(&mut self, input: Input) {
        for effect in self.client.handle(self.now_ms, input) {
            self.carry_out(effect);
        }
    }

    /// Lets `ms` go by.
    pub(super) fn run(&mut self, ms: u64) {
        let end_ms = self.now_ms + ms;
        while let Some((&(at_ms, order), _)) = self.agenda.first_key_value() {
            if at_ms > end_ms {
                break;
            }
            let happening = self.agenda.remove(&(at_ms, order)).unwrap();
            self.now_ms = self.now_ms.max(at_ms);
            self.happen(happening);
        }
        self.now_ms = end_ms;
    }

    pub(super) fn publish(&mut self, channel: &str, data: &str) {
        for (attempt, frame) in self.server.publish(channel, data) {
            self.send_to_client(attempt, frame);
        }
    }

    /// The client's machine sleeps: what comes to it waits, and timers are late.
    pub(super) fn sleep(&mut self, ms: u64) {
        self.asleep_until_ms = self.asleep_until_ms.max(self.now_ms + ms);
    }

    pub(super) const fn is_asleep(&self) -> bool {
        self.now_ms < self.asleep_until_ms
    }

    /// All sockets are cut: both ends are told, what was on its way is lost.
    pub(super) fn cut(&mut self, code: CloseCode) {
        for attempt in self.server.connected() {
            self.server.disconnect(attempt);
            self.drop_in_flight(attempt);
            let at_ms = self.arrival(attempt, false);
            self.plan(at_ms, Happening::Closed(attempt, code));
        }
    }

    /// All sockets die without a word, as behind a proxy that forgets them.
    pub(super) fn kill_silently(&mut self) {
        for attempt in self.server.connected() {
            self.server.disconnect(attempt);
            self.drop_in_flight(attempt);
            self.dead.insert(attempt);
        }
        self.dead.extend(self.open);
    }

    /// Everything works again, and the machine has woken.
    pub(super) fn heal(&mut self) {
        self.run(self.asleep_until_ms.saturating_sub(self.now_ms));
        self.is_network_up = true;
        self.is_server_up = true;
        self.is_auth_up = true;
        self.server.swallow = 0;
        self.server.unreadable = 0;
    }

    /// The socket that the client holds, whether or not it is alive.
    pub(super) const fn open_socket(&self) -> Option<AttemptId> {
        self.open
    }

    fn happen(&mut self, happening: Happening) {
        let is_for_client =
            !matches!(happening, Happening::ToServer(..) | Happening::Asked(..) | Happening::Accepted(_));
        if is_for_client && self.is_asleep() {
            return self.plan(self.asleep_until_ms, happening);
        }
        match happening {
            Happening::Tick(at_ms) => self.tick(at_ms),
            Happening::ToServer(attempt, text) => {
                if !self.dead.contains(&attempt) {
                    for frame in self.server.receive(attempt, &text) {
                        self.send_to_client(attempt, frame);
                    }
                }
            }
            Happening::ToClient(attempt, text) => {
                if !self.dead.contains(&attempt) {
                    self.input(Input::Frame { attempt, text });
                }
            }
            Happening::Accepted(attempt) => self.accept(attempt),
            Happening::Closed(attempt, code) => self.input(Input::SocketClosed { attempt, code }),
            Happening::Asked(request, auth) => {
                let answer = self.is_auth_up.then_some(auth);
                let at_ms = self.now_ms + self.random.between(5, 200);
                self.plan(at_ms, Happening::Answered(request, answer));
            }
            Happening::Answered(request, Some(auth)) => {
                let authorization = ChannelAuthorization { auth, channel_data: None };
                self.input(Input::Authorized { request, authorization });
            }
            Happening::Answered(request, None) => {
                self.input(Input::NotAuthorized { request, reason: AuthFailure::Unavailable });
            }
        }
    }

    fn tick(&mut self, at_ms: u64) {
        if self.timer_ms != Some(at_ms) {
            return;
        }
        self.timer_ms = None;
        self.ticks_at_once = if at_ms == self.now_ms { self.ticks_at_once + 1 } else { 0 };
        assert!(self.ticks_at_once < 1_000, "the timer runs in circles");
        self.input(Input::Tick);
    }

    /// A connection reaches the server, or finds it gone.
    fn accept(&mut self, attempt: AttemptId) {
        if self.open != Some(attempt) {
            return;
        }
        if self.is_network_up && self.is_server_up {
            let frame = self.server.connect(attempt);
            self.send_to_client(attempt, frame);
        } else if self.random.between(0, 2) == 0 {
            self.dead.insert(attempt); // packets vanish, nobody answers
        } else {
            let at_ms = self.arrival(attempt, false);
            self.plan(at_ms, Happening::Closed(attempt, CloseCode::ABNORMAL));
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::OpenSocket(attempt) => {
                assert_eq!(self.open, None, "a second socket beside an open one");
                self.open = Some(attempt);
                self.attempts_ms.push(self.now_ms);
                let at_ms = self.arrival(attempt, true);
                self.plan(at_ms, Happening::Accepted(attempt));
            }
            Effect::CloseSocket(attempt) => {
                assert_eq!(self.open.take(), Some(attempt));
                self.server.disconnect(attempt);
                self.drop_in_flight(attempt);
                self.dead.remove(&attempt);
                self.arrives_ms.retain(|(it, _), _| *it != attempt);
            }
            Effect::Send(text) => {
                let attempt = self.open.expect("frames are sent over an open socket");
                let at_ms = self.arrival(attempt, true);
                self.plan(at_ms, Happening::ToServer(attempt, text));
            }
            Effect::Authorize { request, channel, socket_id } => {
                // Now and then nobody ever answers.
                if self.is_auth_up || self.random.between(0, 1) == 0 {
                    let at_ms = self.now_ms + self.random.between(5, 200);
                    self.plan(at_ms, Happening::Asked(request, format!("signed:{socket_id}:{channel}")));
                }
            }
            Effect::SetTimer(at_ms) => {
                self.timer_ms = at_ms;
                if let Some(at_ms) = at_ms {
                    assert!(at_ms >= self.now_ms, "a timer in the past");
                    self.plan(at_ms, Happening::Tick(at_ms));
                }
            }
            Effect::Deliver { listeners, event } => {
                for listener in listeners {
                    self.delivered.get_mut(&listener).expect("only who listens gets events").push(event.data.clone());
                }
            }
            Effect::Gap(listeners) => self.gaps.extend(listeners),
            Effect::StatusChanged(status) => {
                assert_ne!(self.statuses.last().map(|(_, it)| it), Some(&status), "told twice");
                self.statuses.push((self.now_ms, status));
            }
            Effect::MembersChanged(_) | Effect::Warn(_) => {}
        }
    }

    fn send_to_client(&mut self, attempt: AttemptId, text: String) {
        let at_ms = self.arrival(attempt, false);
        self.plan(at_ms, Happening::ToClient(attempt, text));
    }

    /// When what is sent now arrives.
    fn arrival(&mut self, attempt: AttemptId, is_to_server: bool) -> u64 {
        let delay_ms = if self.random.between(0, 20) == 0 { 1_500 } else { self.random.between(1, 150) };
        let last_ms = self.arrives_ms.entry((attempt, is_to_server)).or_default();
        *last_ms = (*last_ms).max(self.now_ms + delay_ms);
        *last_ms
    }

    fn drop_in_flight(&mut self, attempt: AttemptId) {
        self.agenda.retain(|_, it| {
            !matches!(it, Happening::ToServer(of, _) | Happening::ToClient(of, _) | Happening::Closed(of, _) if *of == attempt)
        });
    }

    fn plan(&mut self, at_ms: u64, happening: Happening) {
        self.planned += 1;
        self.agenda.insert((at_ms, self.planned), happening);
    }
}
