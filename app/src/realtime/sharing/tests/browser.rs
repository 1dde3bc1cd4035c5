//! A simulated browser: tabs that come and go, notes between them, one server, and time that passes only when something
//! happens.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Alone, Line, Note, Port, Start, Step, Tab};
use crate::chat::ChannelPosition;
use crate::realtime::close_code::CloseCode;
use crate::realtime::connection::tests::server::Server;
use crate::realtime::connection::{AttemptId, Connection, Effect, Input, Interest, ListenerId};
use crate::realtime::frames::ChannelAuthorization;
use crate::realtime::status::Status;

pub(super) const CHANNELS: [&str; 3] = ["lobby", "private-user.4", "private-chat.4.9"];
/// The one listener of a tab on each channel, by the channel's place in the list above.
pub(super) type Delivered = BTreeMap<usize, (usize, Vec<String>)>;

pub(super) struct Browser {
    now_ms: u64,
    seed: u64,
    pub(super) server: Server,
    pub(super) tabs: BTreeMap<u64, Page>,
    /// Who waits for the lock; the first one has it.
    queue: Vec<u64>,
    /// Tabs that hear nothing and say nothing, but hold what they have.
    pub(super) frozen: BTreeSet<u64>,
    pub(super) is_server_up: bool,
    pub(super) sockets: u64,
    opened: u64,
    agenda: BTreeMap<(u64, u64), Happening>,
    planned: u64,
    /// When the last thing of a way arrives: none overtakes another.
    ways: BTreeMap<(u64, u64), u64>,
}

pub(super) struct Page {
    pub(super) tab: Box<dyn Line>,
    /// What was heard while the tab did not share yet.
    unheard: Vec<String>,
    pub(super) connection: Connection,
    timer_ms: Option<u64>,
    socket: Option<AttemptId>,
    pub(super) delivered: Delivered,
    gaps: usize,
    pub(super) statuses: Vec<Status>,
}

enum Happening {
    Tick(u64, u64),
    Noted(u64, String),
    Elected(u64),
    Loaded(u64),
    Unanswered(u64, u32),
    Accepted(u64, AttemptId),
    ToServer(AttemptId, String),
    ToPage(u64, AttemptId, String),
    Closed(u64, AttemptId, CloseCode),
    Signed(u64, Input),
}

impl Browser {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            now_ms: 1_000_000,
            seed: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            server: Server::default(),
            tabs: BTreeMap::new(),
            queue: Vec::new(),
            frozen: BTreeSet::new(),
            is_server_up: true,
            sockets: 0,
            opened: 0,
            agenda: BTreeMap::new(),
            planned: 0,
            ways: BTreeMap::new(),
        }
    }

    /// Xorshift: what is tried next must be the same for the same seed.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed % end
    }

    pub(super) fn open_tab(&mut self) -> u64 {
        self.opened += 1;
        let id = self.opened;
        let page = Page {
            tab: Box::new(Alone::default()),
            unheard: Vec::new(),
            connection: Connection::new(self.seed),
            timer_ms: None,
            socket: None,
            delivered: Delivered::new(),
            gaps: 0,
            statuses: Vec::new(),
        };
        self.tabs.insert(id, page);
        // Free the lock is given at once; else what it takes to follow is loaded first.
        if self.queue.is_empty() {
            self.queue.push(id);
            self.plan(1, Happening::Elected(id));
        } else {
            self.plan(20, Happening::Loaded(id));
        }
        self.input(id, Input::Start);
        id
    }

    /// The tab listens to a channel from what is there now, as a page does that has just read it.
    pub(super) fn listen(&mut self, id: u64, channel: usize) {
        let (epoch, offset) = self.server.position(CHANNELS[channel]);
        let page = self.tabs.get_mut(&id).unwrap();
        page.delivered.insert(channel, (usize::try_from(offset).unwrap(), Vec::new()));
        let interest = Interest::Everything(Some(ChannelPosition { epoch, offset }));
        let (listener, channel) = (ListenerId(channel as u64), CHANNELS[channel].parse().unwrap());
        self.input(id, Input::Listen { listener, channel, interest });
    }

    /// The tab goes; a crashed one says nothing.
    pub(super) fn close_tab(&mut self, id: u64, is_crash: bool) {
        if !is_crash {
            let steps = self.tabs.get_mut(&id).unwrap().tab.leave();
            self.take(id, steps);
        }
        let page = self.tabs.remove(&id).unwrap();
        if let Some(socket) = page.socket {
            self.server.disconnect(socket);
        }
        self.frozen.remove(&id);
        let was_leader = self.queue.first() == Some(&id);
        self.queue.retain(|it| *it != id);
        if let Some(next) = self.queue.first().copied().filter(|_| was_leader) {
            let ms = self.below(20);
            self.plan(1 + ms, Happening::Elected(next));
        }
    }

    pub(super) fn publish(&mut self, channel: usize) {
        let data = format!("at {}, {}", self.now_ms, self.planned);
        for (socket, frame) in self.server.publish(CHANNELS[channel], &data) {
            self.answer_page(socket, frame);
        }
    }

    pub(super) fn cut(&mut self, code: CloseCode) {
        for socket in self.server.connected() {
            self.server.disconnect(socket);
            if let Some(id) = self.holder(socket) {
                self.send(id, 0, Happening::Closed(id, socket, code));
            }
        }
    }

    fn holder(&self, socket: AttemptId) -> Option<u64> {
        self.tabs.iter().find(|(_, it)| it.socket == Some(socket)).map(|(id, _)| *id)
    }

    pub(super) fn input(&mut self, id: u64, input: Input) {
        let now_ms = self.now_ms;
        let Some(page) = self.tabs.get_mut(&id) else { return };
        for effect in page.connection.handle(now_ms, input) {
            self.carry_out(id, effect);
        }
    }

    fn carry_out(&mut self, id: u64, effect: Effect) {
        let page = self.tabs.get_mut(&id).unwrap();
        let steps = match effect {
            Effect::OpenSocket(attempt) => page.tab.open(attempt),
            Effect::CloseSocket(_) => page.tab.close(),
            Effect::Send(text) => page.tab.send(text),
            Effect::Authorize { request, channel, socket_id } => {
                let authorization =
                    ChannelAuthorization { auth: format!("signed:{socket_id}:{channel}"), channel_data: None };
                let ms = 1 + self.below(60);
                return self.plan(ms, Happening::Signed(id, Input::Authorized { request, authorization }));
            }
            Effect::SetTimer(at_ms) => {
                page.timer_ms = at_ms;
                if let Some(at_ms) = at_ms {
                    self.plan(at_ms - self.now_ms, Happening::Tick(id, at_ms));
                }
                return;
            }
            Effect::Deliver { listeners, event } => {
                for listener in listeners {
                    let channel = usize::try_from(listener.0).unwrap();
                    page.delivered.get_mut(&channel).unwrap().1.push(event.data.clone());
                }
                return;
            }
            Effect::Gap(_) => return page.gaps += 1,
            Effect::StatusChanged(status) => return page.statuses.push(status),
            Effect::MembersChanged(_) => return,
            Effect::Warn(text) => panic!("tab {id}: {text}"),
        };
        self.take(id, steps);
    }

    fn take(&mut self, id: u64, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Post(text) => {
                    let others: Vec<u64> = self.tabs.keys().copied().filter(|it| *it != id).collect();
                    for other in others {
                        self.send(id, other, Happening::Noted(other, text.clone()));
                    }
                }
                Step::OpenSocket => {
                    self.sockets += 1;
                    let socket = AttemptId(self.sockets);
                    let before = self.tabs.get_mut(&id).unwrap().socket.replace(socket);
                    assert_eq!(before, None, "a second socket beside an open one");
                    self.send(0, 0, Happening::Accepted(id, socket));
                }
                Step::CloseSocket => {
                    let socket = self.tabs.get_mut(&id).unwrap().socket.take();
                    self.server.disconnect(socket.expect("it had one"));
                }
                Step::Send(text) => {
                    if let Some(socket) = self.tabs[&id].socket {
                        self.send(id, 0, Happening::ToServer(socket, text));
                    }
                }
                Step::Give(input) => self.input(id, input),
                Step::Share => {}
                Step::AwaitAnswer(asked) => self.plan(4_000, Happening::Unanswered(id, asked)),
            }
        }
    }

    fn happen(&mut self, happening: Happening) {
        let (id, steps) = match happening {
            Happening::ToServer(socket, text) => {
                for frame in self.server.receive(socket, &text) {
                    self.answer_page(socket, frame);
                }
                return;
            }
            Happening::Accepted(id, socket) => {
                let is_awaited = self.tabs.get(&id).is_some_and(|it| it.socket == Some(socket));
                if is_awaited && self.is_server_up {
                    let frame = self.server.connect(socket);
                    self.answer_page(socket, frame);
                } else if is_awaited {
                    self.send(id, 0, Happening::Closed(id, socket, CloseCode::ABNORMAL));
                }
                return;
            }
            Happening::Tick(id, at_ms) => {
                if let Some(page) = self.tabs.get_mut(&id).filter(|it| it.timer_ms == Some(at_ms)) {
                    page.timer_ms = None;
                    self.input(id, Input::Tick);
                }
                return;
            }
            Happening::Signed(id, input) => return self.input(id, input),
            Happening::Noted(id, text) => {
                assert!(Note::parse(&text).is_some(), "what was written can be read");
                let Some(page) = self.tabs.get_mut(&id).filter(|_| !self.frozen.contains(&id)) else { return };
                let steps = page.tab.hear(&text);
                if let [Step::Share] = steps[..] {
                    page.unheard.push(text);
                    if page.unheard.len() == 1 {
                        self.plan(20, Happening::Loaded(id));
                    }
                }
                (id, steps)
            }
            Happening::Elected(id) => {
                let Some(page) = self.tabs.get_mut(&id) else { return };
                (id, page.tab.elected())
            }
            Happening::Loaded(id) => return self.share(id),
            Happening::Unanswered(id, asked) => {
                let Some(page) = self.tabs.get_mut(&id) else { return };
                (id, page.tab.unanswered(asked))
            }
            Happening::ToPage(id, socket, text) => {
                let Some(page) = self.tabs.get_mut(&id).filter(|it| it.socket == Some(socket)) else { return };
                (id, page.tab.receive(text))
            }
            Happening::Closed(id, socket, code) => {
                let Some(page) = self.tabs.get_mut(&id).filter(|it| it.socket == Some(socket)) else { return };
                page.socket = None;
                (id, page.tab.socket_closed(code))
            }
        };
        self.take(id, steps);
    }

    /// What it takes to share has been loaded.
    fn share(&mut self, id: u64) {
        let Some(page) = self.tabs.get_mut(&id) else { return };
        let start = page.tab.start().expect("it shared with nobody");
        let is_leader = start.is_leader;
        let (tab, steps) = Tab::begin(Port(id), Start { channels: page.connection.asked_channels(), ..start });
        page.tab = Box::new(tab);
        let unheard = std::mem::take(&mut page.unheard);
        self.take(id, steps);
        for text in unheard {
            let steps = self.tabs.get_mut(&id).unwrap().tab.hear(&text);
            self.take(id, steps);
        }
        if !is_leader {
            self.queue.push(id);
            if self.queue.len() == 1 {
                self.plan(1, Happening::Elected(id));
            }
        }
    }

    fn answer_page(&mut self, socket: AttemptId, text: String) {
        if let Some(id) = self.holder(socket) {
            self.send(0, id, Happening::ToPage(id, socket, text));
        }
    }

    /// From one to another, 0 being the server: after a while, and in order.
    fn send(&mut self, from: u64, to: u64, happening: Happening) {
        let delay_ms = 1 + self.below(if from == 0 || to == 0 { 40 } else { 8 });
        let at_ms = self.ways.entry((from, to)).or_default();
        *at_ms = (*at_ms).max(self.now_ms + delay_ms);
        let ms = *at_ms - self.now_ms;
        self.plan(ms, happening);
    }

    fn plan(&mut self, in_ms: u64, happening: Happening) {
        self.planned += 1;
        self.agenda.insert((self.now_ms + in_ms, self.planned), happening);
    }

    pub(super) fn run(&mut self, ms: u64) {
        let end_ms = self.now_ms + ms;
        while let Some((&(at_ms, order), _)) = self.agenda.first_key_value() {
            if at_ms > end_ms {
                break;
            }
            let happening = self.agenda.remove(&(at_ms, order)).unwrap();
            self.now_ms = at_ms;
            self.happen(happening);
        }
        self.now_ms = end_ms;
    }

    /// Every tab is live, and has got all of its channels from where it began, each event once and in order.
    pub(super) fn expect_complete(&mut self, seed: u64) {
        for (id, page) in &self.tabs {
            assert_eq!(*page.connection.status(), Status::Connected, "seed {seed}, tab {id}: {}", page.tab.shown());
            assert_eq!(page.gaps, 0, "seed {seed}, tab {id}: the server had kept everything");
            for (channel, (begin, got)) in &page.delivered {
                let expected = self.server.events_after(CHANNELS[*channel], *begin);
                assert_eq!(*got, expected, "seed {seed}, tab {id} on {}", CHANNELS[*channel]);
            }
        }
    }
}
