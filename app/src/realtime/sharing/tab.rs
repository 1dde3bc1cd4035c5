//! One tab: it leads, follows, or is by itself.

use super::exchange::{Act, Exchange};
use super::{Line, Note, Port, Start, Step};
use crate::realtime::close_code::CloseCode;
use crate::realtime::connection::{AttemptId, Input};

/// A tab among others.
#[derive(Debug)]
pub struct Tab {
    port: Port,
    /// The socket that the page's connection has, or believes to have.
    attempt: Option<AttemptId>,
    /// How often it was asked who leads.
    asked: u32,
    /// Whether a leader has answered the last time.
    is_answered: bool,
    /// Whether the server's first frame has come from there: what is said before it was meant for another socket.
    is_connected: bool,
    is_leader: bool,
    /// The real socket's exchange, where it is this tab's.
    own: Option<Exchange>,
}

impl Line for Tab {
    fn open(&mut self, attempt: AttemptId) -> Vec<Step> {
        self.attempt = Some(attempt);
        if self.own.is_some() {
            return self.exchange(Exchange::open);
        }
        self.ask()
    }

    fn send(&mut self, text: String) -> Vec<Step> {
        if self.own.is_some() {
            return self.exchange(|it, port, acts| it.send(port, text, acts));
        }
        if self.is_connected { vec![post(&Note::Send(self.port, text))] } else { Vec::new() }
    }

    fn close(&mut self) -> Vec<Step> {
        if self.attempt.take().is_none() {
            return Vec::new();
        }
        if self.own.is_some() {
            return self.exchange(|it, port, acts| it.doubt(port, true, acts));
        }
        vec![post(&Note::Close(self.port))]
    }

    fn leave(&mut self) -> Vec<Step> {
        if self.own.is_some() { Vec::new() } else { vec![post(&Note::Leave(self.port))] }
    }

    fn elected(&mut self) -> Vec<Step> {
        self.is_leader = true;
        let mut steps = vec![post(&Note::Lead)];
        let exchange = self.own.get_or_insert_default();
        if self.attempt.is_some() && !exchange.is_open(self.port) {
            steps.extend(self.exchange(Exchange::open));
        }
        steps
    }

    fn unanswered(&mut self, asked: u32) -> Vec<Step> {
        if self.is_answered || self.own.is_some() || self.attempt.is_none() || self.asked != asked {
            return Vec::new();
        }
        // Until that one closes.
        self.own = Some(Exchange::default());
        self.exchange(Exchange::open)
    }

    fn hear(&mut self, note: &str) -> Vec<Step> {
        // A tab of another version may say what this one does not understand.
        let Some(note) = Note::parse(note) else { return Vec::new() };
        match note {
            Note::Open(port) if self.is_leader => {
                let mut steps = vec![post(&Note::Here(port))];
                steps.extend(self.exchange(|it, _, acts| it.join(port, acts)));
                // A pause of ours may be over that the browser, for a hidden tab, has not told us of yet.
                let is_waiting = self.own.as_ref().is_some_and(|it| !it.has_socket());
                steps.extend(is_waiting.then_some(Step::Give(Input::Tick)));
                steps
            }
            Note::Send(port, text) if self.is_leader => self.exchange(|it, _, acts| it.send(port, text, acts)),
            Note::Close(port) if self.is_leader => self.exchange(|it, _, acts| it.doubt(port, false, acts)),
            Note::Leave(port) if self.is_leader => self.exchange(|it, _, acts| it.leave(port, acts)),
            Note::Hurry if self.is_leader => vec![Step::Give(Input::RetryNow)],
            Note::Open(_) | Note::Send(..) | Note::Close(_) | Note::Leave(_) | Note::Hurry => Vec::new(),
            // Whoever has a socket keeps it until it closes.
            _ if self.own.is_some() => Vec::new(),
            Note::Lead => self.attempt.map(|_| self.ask()).unwrap_or_default(),
            // Whoever waits to try again need not any more.
            Note::Up if self.attempt.is_none() => vec![Step::Give(Input::Woke)],
            Note::Here(port) => {
                self.is_answered |= port == self.port;
                Vec::new()
            }
            Note::Frame(port, text) => {
                self.is_connected |= port == Some(self.port) && text.contains("pusher:connection_established");
                let attempt = self.attempt.filter(|_| port.is_none_or(|it| it == self.port));
                attempt.map(|attempt| Step::Give(Input::Frame { attempt, text })).into_iter().collect()
            }
            // Before the answer it is about what was sent to this leader in its predecessor's time.
            Note::Closed(port, code) if port == self.port && self.is_answered => {
                self.closed(code).into_iter().collect()
            }
            Note::Closed(..) | Note::Up => Vec::new(),
        }
    }

    fn hurry(&mut self) -> Vec<Step> {
        if self.own.is_some() { Vec::new() } else { vec![post(&Note::Hurry)] }
    }

    fn receive(&mut self, text: String) -> Vec<Step> {
        self.exchange(|it, _, acts| it.receive(text, acts))
    }

    fn socket_closed(&mut self, code: CloseCode) -> Vec<Step> {
        self.exchange(|it, _, acts| it.closed(code, acts))
    }

    fn start(&self) -> Option<Start> {
        None
    }

    #[cfg(test)]
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

impl Tab {
    /// The part of a tab that knew of no other so far, and what is to be done first.
    pub fn begin(port: Port, start: Start) -> (Self, Vec<Step>) {
        let Start { is_leader, attempt, first, channels } = start;
        let own = is_leader.then(|| Exchange::of(attempt.map(|_| port), first, channels));
        let mut tab = Self { port, attempt, asked: 0, is_answered: false, is_connected: false, is_leader, own };
        let steps = match attempt {
            Some(_) if !is_leader => tab.ask(),
            _ => Vec::new(),
        };
        (tab, steps)
    }

    fn ask(&mut self) -> Vec<Step> {
        self.asked = self.asked.wrapping_add(1);
        (self.is_answered, self.is_connected) = (false, false);
        vec![post(&Note::Open(self.port)), Step::AwaitAnswer(self.asked)]
    }

    /// The page's connection has lost its socket.
    fn closed(&mut self, code: CloseCode) -> Option<Step> {
        let attempt = self.attempt.take()?;
        Some(Step::Give(Input::SocketClosed { attempt, code }))
    }

    fn exchange(&mut self, change: impl FnOnce(&mut Exchange, Port, &mut Vec<Act>)) -> Vec<Step> {
        let Some(exchange) = &mut self.own else { return Vec::new() };
        let mut acts = Vec::new();
        change(exchange, self.port, &mut acts);
        let is_here = exchange.is_open(self.port);
        let has_others = exchange.len() > usize::from(is_here);
        let mut steps = Vec::with_capacity(acts.len());
        for act in acts {
            match act {
                Act::OpenSocket => steps.push(Step::OpenSocket),
                Act::CloseSocket => steps.push(Step::CloseSocket),
                Act::ToServer(text) => steps.push(Step::Send(text)),
                Act::ToPort(port, text) if port == self.port => steps.extend(self.given(text)),
                Act::ToPort(port, text) => steps.push(post(&Note::Frame(Some(port), text))),
                Act::ToAll(text) => {
                    if has_others {
                        steps.push(post(&Note::Frame(None, text.clone())));
                    }
                    steps.extend(self.given(text).filter(|_| is_here));
                }
                Act::Up => steps.extend(self.is_leader.then(|| post(&Note::Up))),
                Act::Closed(port, code) if port == self.port => steps.extend(self.closed(code)),
                Act::Closed(port, code) => steps.push(post(&Note::Closed(port, code))),
            }
        }
        // A tab by itself has done with its socket: the next time it asks again who leads.
        if !self.is_leader && self.attempt.is_none() {
            self.own = None;
        }
        steps
    }

    fn given(&self, text: String) -> Option<Step> {
        self.attempt.map(|attempt| Step::Give(Input::Frame { attempt, text }))
    }
}

fn post(note: &Note) -> Step {
    Step::Post(note.to_text())
}
