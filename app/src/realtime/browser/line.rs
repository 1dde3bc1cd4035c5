//! The driver's way to the server: a socket of its own, or that of another tab.

use std::time::Duration;

use leptos::prelude::set_timeout;
use leptos::task::spawn_local;

use super::driver::Driver;
use super::sharing::{self, Begin};
use super::socket::{Socket, SocketEvent};
use super::tabs::Tabs;
use crate::realtime::close_code::CloseCode;
use crate::realtime::sharing::{Line, Step};

/// A leader that has not answered by then is as good as gone.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(4);

impl Driver {
    /// Takes its place among the tabs. Where they can't hear each other, each is the only one.
    pub(super) fn join(&self) {
        let (hear, decide) = (self.then(Self::heard), self.then(Self::decided));
        let tabs = Tabs::join(&self.name, hear, decide);
        let is_alone = tabs.is_none();
        self.tabs.replace(tabs);
        if is_alone {
            self.take_steps(Line::elected);
        }
    }

    /// Whether this tab leads is known.
    fn decided(&self, is_leader: bool) {
        if is_leader {
            self.take_steps(Line::elected);
        } else {
            self.load_sharing();
        }
    }

    pub(super) fn heard(&self, note: String) {
        let steps = self.line.borrow_mut().hear(&note);
        if let [Step::Share] = steps[..] {
            self.unheard.borrow_mut().push(note);
            if self.unheard.borrow().len() == 1 {
                self.load_sharing();
            }
        }
        self.take(steps);
    }

    fn load_sharing(&self) {
        let loaded = self.then(Self::share);
        spawn_local(async move { loaded(sharing::load().await.ok()) });
    }

    /// What it takes to share is here, or can't be had: then this tab is one by itself, and those that wait for it have to
    /// be as well.
    fn share(&self, begin: Option<Begin>) {
        let is_follower = self.line.borrow().start().is_some_and(|it| !it.is_leader);
        if let Some(begin) = begin {
            return begin(self);
        }
        self.tabs.take();
        self.unheard.take();
        if is_follower {
            self.take_steps(Line::elected);
        }
    }

    pub(super) fn take_steps(&self, act: impl FnOnce(&mut (dyn Line + 'static)) -> Vec<Step>) {
        let steps = act(&mut **self.line.borrow_mut());
        self.take(steps);
    }

    pub(super) fn take(&self, steps: Vec<Step>) {
        for step in steps {
            self.take_step(step);
        }
    }

    fn take_step(&self, step: Step) {
        match step {
            Step::Post(note) => {
                if let Some(tabs) = &*self.tabs.borrow() {
                    tabs.tell(&note);
                }
            }
            Step::OpenSocket => {
                let socket = Socket::open(&self.url, self.then(Self::came));
                let is_refused = socket.is_none();
                self.socket.replace(socket);
                if is_refused {
                    self.came(SocketEvent::Closed(CloseCode::ABNORMAL));
                }
            }
            Step::CloseSocket => drop(self.socket.take()),
            Step::Send(text) => {
                let is_sent = self.socket.borrow().as_ref().is_some_and(|it| it.send(&text));
                if !is_sent {
                    drop(self.socket.take());
                    self.came(SocketEvent::Closed(CloseCode::ABNORMAL));
                }
            }
            Step::Give(input) => self.give(input),
            Step::AwaitAnswer(asked) => {
                let unanswered = self.then(|driver, asked| driver.take_steps(|line| line.unanswered(asked)));
                set_timeout(move || unanswered(asked), ANSWER_TIMEOUT);
            }
            // Begun by whoever has heard it.
            Step::Share => {}
        }
    }

    /// Something came from the real socket.
    fn came(&self, event: SocketEvent) {
        self.take_steps(|line| match event {
            SocketEvent::Frame(text) => line.receive(text),
            SocketEvent::Closed(code) => line.socket_closed(code),
        });
    }
}
