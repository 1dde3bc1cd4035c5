//! Drives the connection's state machine: feeds it what happens in the page and does what it says.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;

use super::authorize::authorize;
use super::page;
use super::socket::Socket;
use super::tabs::Tabs;
use super::{Loaded, RealtimeConfig, Signals};
use crate::accounts::UserSummary;
use crate::ids::UserId;
use crate::realtime::channel_name::ChannelName;
use crate::realtime::connection::{AuthRequestId, Connection, Effect as Task, Input, Interest, ListenerId};
use crate::realtime::frames::ReceivedEvent;
use crate::realtime::presence::{Member, Members};
use crate::realtime::sharing::{Alone, Line};
use crate::realtime::socket_id::SocketId;
use crate::realtime::status::{Status, banner};
use crate::sorted::{SortedMap, SortedSet};
use crate::ui::browser::now;

pub(super) use page::meta;

/// The page's connection. It ends with the owner that it was made in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Handle(StoredValue<Rc<Driver>, LocalStorage>);

pub(super) struct Driver {
    /// Itself, for what the browser calls later.
    this: Weak<Self>,
    pub(super) url: String,
    /// What the tabs know their line by.
    pub(super) name: String,
    signals: Signals,
    pub(super) connection: RefCell<Connection>,
    pub(super) line: RefCell<Box<dyn Line>>,
    pub(super) tabs: RefCell<Option<Tabs>>,
    /// What other tabs have told while this one can't share yet.
    pub(super) unheard: RefCell<Vec<String>>,
    /// What has not been given to the connection yet. What comes while an input is dealt with waits here.
    inputs: RefCell<VecDeque<Input>>,
    is_busy: Cell<bool>,
    pub(super) socket: RefCell<Option<Socket>>,
    timer: Cell<Option<TimeoutHandle>>,
    banner_timer: Cell<Option<TimeoutHandle>>,
    listeners: RefCell<SortedMap<ListenerId, Listener>>,
    reloads: RefCell<SortedMap<ListenerId, Reload>>,
    /// Channels of which more was missed than the server keeps.
    gaps: RefCell<SortedSet<ChannelName>>,
    last_id: Cell<u64>,
}

/// What loads a channel's data anew.
#[derive(Clone)]
struct Reload {
    channel: ChannelName,
    run: Rc<dyn Fn() -> Loaded>,
}

struct Listener {
    channel: ChannelName,
    /// What the listener's code sees as its place in the page.
    owner: Option<Owner>,
    wants: Wants,
}

#[derive(Clone)]
enum Wants {
    Events(Rc<dyn Fn(&ReceivedEvent)>),
    Members(RwSignal<Vec<UserSummary>>),
}

impl Handle {
    pub(super) fn new(config: RealtimeConfig, user: UserId, signals: Signals) -> Self {
        Self(StoredValue::new_local(Rc::new_cyclic(|this| Driver {
            this: Weak::clone(this),
            url: page::socket_url(&config),
            name: page::line_name(&config, user),
            signals,
            connection: RefCell::new(Connection::new(page::seed())),
            line: RefCell::new(Box::new(Alone::default())),
            tabs: RefCell::default(),
            unheard: RefCell::default(),
            inputs: RefCell::default(),
            is_busy: Cell::default(),
            socket: RefCell::default(),
            timer: Cell::default(),
            banner_timer: Cell::default(),
            listeners: RefCell::default(),
            reloads: RefCell::default(),
            gaps: RefCell::default(),
            last_id: Cell::default(),
        })))
    }

    pub(super) fn start(self) {
        page::watch(move |input| self.give(input));
        page::on_leaving(move || {
            self.with(|driver| driver.take_steps(Line::leave));
        });
        self.with(Driver::join);
        self.give(Input::Start);
        on_cleanup(move || self.stop());
    }

    pub(super) fn listen(self, channel: ChannelName, interest: Interest, receive: impl Fn(&ReceivedEvent) + 'static) {
        self.add(channel, interest, Wants::Events(Rc::new(receive)));
    }

    pub(super) fn watch_members(self, channel: ChannelName, members: RwSignal<Vec<UserSummary>>) {
        let known = self.with(|driver| driver.members(&channel)).unwrap_or_default();
        if !known.is_empty() {
            members.set(known);
        }
        self.add(channel, Interest::Passing, Wants::Members(members));
    }

    pub(super) fn on_gap(self, channel: ChannelName, reload: impl Fn() -> Loaded + 'static) {
        let Some(id) = self.with(|driver| {
            let id = driver.next_id();
            driver.reloads.borrow_mut().insert(id, Reload { channel, run: Rc::new(reload) });
            id
        }) else {
            return;
        };
        on_cleanup(move || {
            self.with(|driver| driver.reloads.borrow_mut().remove(&id));
        });
    }

    pub(super) fn whisper(self, channel: ChannelName, event: String, data: Value) {
        self.give(Input::Whisper { channel, event, data });
    }

    pub(super) fn retry_now(self) {
        self.with(|driver| driver.take_steps(Line::hurry));
        self.give(Input::RetryNow);
    }

    pub(super) fn refresh(self) {
        self.with(Driver::refresh);
    }

    pub(super) fn stop(self) {
        self.give(Input::Stop);
    }

    fn add(self, channel: ChannelName, interest: Interest, wants: Wants) {
        let Some(listener) = self.with(|driver| {
            let id = driver.next_id();
            let listener = Listener { channel: channel.clone(), owner: Owner::current(), wants };
            driver.listeners.borrow_mut().insert(id, listener);
            id
        }) else {
            return;
        };
        self.give(Input::Listen { listener, channel, interest });
        on_cleanup(move || {
            self.with(|driver| {
                driver.listeners.borrow_mut().remove(&listener);
                driver.give(Input::Unlisten { listener });
            });
        });
    }

    fn give(self, input: Input) {
        self.with(|driver| driver.give(input));
    }

    /// `None` once the owner is gone, and the connection with it.
    fn with<T>(self, act: impl FnOnce(&Driver) -> T) -> Option<T> {
        let driver = self.0.try_get_value()?;
        Some(act(&driver))
    }
}

impl Driver {
    /// Takes an input and all that follows from it, one after the other.
    pub(super) fn give(&self, input: Input) {
        self.inputs.borrow_mut().push_back(input);
        if self.is_busy.replace(true) {
            return;
        }
        loop {
            let Some(input) = self.inputs.borrow_mut().pop_front() else { break };
            let tasks = self.connection.borrow_mut().handle(page::now_ms(), input);
            for task in tasks {
                self.carry_out(task);
            }
        }
        self.is_busy.set(false);
        self.show();
    }

    fn carry_out(&self, task: Task) {
        match task {
            Task::OpenSocket(attempt) => self.take_steps(|line| line.open(attempt)),
            Task::CloseSocket(_) => self.take_steps(Line::close),
            Task::Send(text) => self.take_steps(|line| line.send(text)),
            Task::Authorize { request, channel, socket_id } => self.ask(request, channel, socket_id),
            Task::SetTimer(at_ms) => set_timer(&self.timer, &self.this, at_ms, |driver| driver.give(Input::Tick)),
            Task::Deliver { listeners, event } => {
                for listener in listeners {
                    self.deliver(listener, &event);
                }
            }
            Task::Gap(listeners) => {
                let known = self.listeners.borrow();
                let channels = listeners.iter().filter_map(|it| known.get(it)).map(|it| it.channel.clone());
                self.gaps.borrow_mut().extend(channels);
            }
            Task::MembersChanged(channel) => self.show_members(&channel),
            Task::StatusChanged(status) => {
                self.signals.status.try_set(status);
                self.show_banner();
            }
            Task::Warn(text) => leptos::logging::warn!("{text}"),
        }
    }

    /// What calls a method later, if the driver is still there then.
    pub(super) fn then<T: 'static>(&self, act: fn(&Self, T)) -> impl Fn(T) + Clone + 'static + use<T> {
        let this = Weak::clone(&self.this);
        move |it| {
            if let Some(driver) = this.upgrade() {
                act(&driver, it);
            }
        }
    }

    fn ask(&self, request: AuthRequestId, channel: ChannelName, socket_id: SocketId) {
        let this = Weak::clone(&self.this);
        spawn_local(async move {
            let input = match authorize(&channel, socket_id).await {
                Ok(authorization) => Input::Authorized { request, authorization },
                Err(reason) => Input::NotAuthorized { request, reason },
            };
            if let Some(driver) = this.upgrade() {
                driver.give(input);
            }
        });
    }

    /// Nothing is borrowed while the listener's code runs: it may listen to more, or end.
    fn deliver(&self, listener: ListenerId, event: &ReceivedEvent) {
        let known = self.listeners.borrow().get(&listener).map(|it| (it.owner.clone(), it.wants.clone()));
        match known {
            Some((Some(owner), Wants::Events(receive))) => owner.with(|| receive(event)),
            Some((None, Wants::Events(receive))) => receive(event),
            Some((_, Wants::Members(_))) | None => {}
        }
    }

    fn show_members(&self, channel: &ChannelName) {
        let members = self.members(channel);
        let listeners: Vec<_> = self
            .listeners
            .borrow()
            .values()
            .filter(|it| it.channel == *channel)
            .filter_map(|it| if let Wants::Members(signal) = it.wants { Some(signal) } else { None })
            .collect();
        for signal in listeners {
            set_if_changed(signal, members.clone());
        }
    }

    fn members(&self, channel: &ChannelName) -> Vec<UserSummary> {
        let connection = self.connection.borrow();
        connection.members(channel).into_iter().flat_map(Members::iter).filter_map(Member::user).collect()
    }

    /// Runs what reloads the channels with gaps; the listeners go on from where the gap ended. A gap stays until its data
    /// is there, and so does one that is torn meanwhile.
    fn refresh(&self) {
        let gaps = self.gaps.take();
        let reloads: Vec<_> = self.reloads.borrow().values().filter(|it| gaps.contains(&it.channel)).cloned().collect();
        let this = Weak::clone(&self.this);
        spawn_local(async move {
            let mut failed = Vec::new();
            for reload in reloads {
                if !(reload.run)().await {
                    failed.push(reload.channel);
                }
            }
            let Some(driver) = this.upgrade() else { return };
            driver.gaps.borrow_mut().extend(failed);
            if driver.gaps.borrow().is_empty() {
                driver.give(Input::GapsClosed);
            }
        });
    }

    /// Tells views what has changed of the connection itself.
    fn show(&self) {
        let connection = self.connection.borrow();
        let (socket_id, latency_ms) = (connection.socket_id(), connection.latency_ms());
        let channels: Vec<ChannelName> = connection.live_channels().cloned().collect();
        let heard_ms = connection.heard_ms().filter(|_| !connection.status().is_live());
        drop(connection);
        if self.signals.socket_id.try_get_untracked().flatten() != socket_id {
            self.signals.connected_since.try_set(socket_id.map(|_| now()));
        }
        set_if_changed(self.signals.socket_id, socket_id);
        set_if_changed(self.signals.latency_ms, latency_ms);
        set_if_changed(self.signals.channels, channels);
        let as_of = heard_ms.map(|it| {
            let ago_ms = page::now_ms().saturating_sub(it);
            now().plus_ms(-i64::try_from(ago_ms).unwrap_or_default())
        });
        // The two clocks drift by a millisecond; to the eye it is the same instant.
        let shown = self.signals.as_of.try_get_untracked().flatten();
        let is_same =
            |(a, b): (crate::time::Timestamp, crate::time::Timestamp)| (a.unix_ms() - b.unix_ms()).abs() < 500;
        if shown.is_some() != as_of.is_some() || shown.zip(as_of).is_some_and(|it| !is_same(it)) {
            self.signals.as_of.try_set(as_of);
        }
    }

    fn show_banner(&self) {
        let now_ms = page::now_ms();
        let Some(status): Option<Status> = self.signals.status.try_get_untracked() else { return };
        set_if_changed(self.signals.banner, banner(&status, now_ms));
        set_timer(&self.banner_timer, &self.this, status.banner_changes_at(now_ms), Self::show_banner);
    }

    fn next_id(&self) -> ListenerId {
        self.last_id.set(self.last_id.get() + 1);
        ListenerId(self.last_id.get())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        for timer in [self.timer.take(), self.banner_timer.take()].into_iter().flatten() {
            timer.clear();
        }
    }
}

/// Sets the one timer of a kind anew.
fn set_timer(timer: &Cell<Option<TimeoutHandle>>, driver: &Weak<Driver>, at_ms: Option<u64>, act: fn(&Driver)) {
    if let Some(old) = timer.take() {
        old.clear();
    }
    let Some(at_ms) = at_ms else { return };
    let driver = Weak::clone(driver);
    let ring = move || {
        if let Some(driver) = driver.upgrade() {
            act(&driver);
        }
    };
    // Timers ring early by less than a millisecond; then they would ring twice.
    let delay = Duration::from_millis(at_ms.saturating_sub(page::now_ms()) + 1);
    match set_timeout_with_handle(ring, delay) {
        Ok(handle) => timer.set(Some(handle)),
        Err(error) => leptos::logging::warn!("the browser sets no timer: {error:?}"),
    }
}

/// A signal that is gone wants nothing more.
fn set_if_changed<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.try_with_untracked(|it| *it != value) == Some(true) {
        signal.try_set(value);
    }
}
