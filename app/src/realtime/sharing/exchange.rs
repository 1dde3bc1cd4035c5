//! The leader's part: one socket, many ports.

use std::collections::VecDeque;

use serde_json::Value;

use super::Port;
use crate::json;
use crate::realtime::close_code::CloseCode;
use crate::realtime::frames::{ClientFrame, Outline};
use crate::sorted::{SortedMap, SortedSet};

/// What is to be done, in the order given.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Act {
    OpenSocket,
    CloseSocket,
    ToServer(String),
    ToPort(Port, String),
    /// To all ports, whatever they listen to: each passes over what it has not asked for.
    ToAll(String),
    /// The socket is there.
    Up,
    Closed(Port, CloseCode),
}

/// Who has which part in the one socket.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    /// Whether there is a socket, or one on its way to be.
    has_socket: bool,
    /// The server's first frame over it.
    first: Option<String>,
    ports: SortedSet<Port>,
    channels: SortedMap<String, Channel>,
    /// Whose pings the server has yet to answer, the oldest first.
    pings: VecDeque<Port>,
}

#[derive(Debug, Default)]
struct Channel {
    /// Who is subscribed.
    ports: SortedSet<Port>,
    /// Who wants to be, with their frames. The first one's is with the server, the others wait for its answer: nobody
    /// could tell otherwise whose answer it is. `None` for whoever has gone meanwhile.
    asking: VecDeque<(Option<Port>, String)>,
    /// Who the person is, on a presence channel: what the server tells the others of a client event's sender.
    user_id: Option<Value>,
}

impl Exchange {
    /// That of a socket which was one port's alone so far: what this port had to do with channels, and whether it waits
    /// for the server's answer.
    pub(super) fn of(port: Option<Port>, first: Option<String>, channels: Vec<(String, bool)>) -> Self {
        let mut exchange = Self { has_socket: port.is_some(), first, ..Self::default() };
        let Some(port) = port else { return exchange };
        exchange.ports.add(port);
        for (name, is_asking) in channels {
            let channel = exchange.channels.get_or_default(name);
            channel.ports.add(port);
            channel.asking.extend(is_asking.then(|| (Some(port), String::new())));
        }
        exchange
    }

    pub(super) fn is_open(&self, port: Port) -> bool {
        self.ports.contains(&port)
    }

    /// How many ports there are.
    pub(super) const fn len(&self) -> usize {
        self.ports.len()
    }

    pub(super) const fn has_socket(&self) -> bool {
        self.has_socket
    }

    /// The leader's own port would open a socket. It alone does: tabs that tried each by itself would try so many times
    /// as often as one, and a server that comes back would have to bear it.
    pub(super) fn open(&mut self, port: Port, acts: &mut Vec<Act>) {
        self.join(port, acts);
        if !self.has_socket {
            self.has_socket = true;
            acts.push(Act::OpenSocket);
        }
    }

    /// Another port would. It gets the socket that there is, or that the leader opens next.
    pub(super) fn join(&mut self, port: Port, acts: &mut Vec<Act>) {
        self.forget(port, acts);
        self.ports.add(port);
        acts.extend(self.first.clone().map(|first| Act::ToPort(port, first)));
    }

    /// A port sends a frame. One that is not open, as that of a page which was put away and brought back, is told so.
    pub(super) fn send(&mut self, port: Port, text: String, acts: &mut Vec<Act>) {
        if !self.is_open(port) {
            return acts.push(Act::Closed(port, CloseCode::ABNORMAL));
        }
        // It was meant for the socket before: for this one all is said anew, after its first frame.
        if self.first.is_none() {
            return;
        }
        let Some(Outline { event, channel, data }) = Outline::of(&text) else { return };
        let channel = channel.or_else(|| data.get("channel")?.as_str().map(str::to_owned));
        match (event.as_str(), channel) {
            ("pusher:ping", _) => {
                self.pings.push_back(port);
                acts.push(Act::ToServer(text));
            }
            ("pusher:subscribe", Some(name)) => {
                let channel = self.channels.get_or_default(name);
                channel.user_id = user_id_in(&data).or(channel.user_id.take());
                if channel.asking.is_empty() {
                    acts.push(Act::ToServer(text.clone()));
                }
                channel.asking.push_back((Some(port), text));
            }
            ("pusher:unsubscribe", Some(name)) => self.unsubscribe(port, &name, acts),
            (_, Some(name)) => {
                let Some(channel) = self.channels.get(&name) else { return };
                let told = with_sender(&text, channel.user_id.as_ref());
                for other in channel.ports.keys().filter(|it| **it != port) {
                    acts.push(Act::ToPort(*other, told.clone()));
                }
                acts.push(Act::ToServer(text));
            }
            _ => {}
        }
    }

    /// A frame of the server.
    pub(super) fn receive(&mut self, text: String, acts: &mut Vec<Act>) {
        // Most frames are events of channels, and need no reading here.
        let outline = if text.contains("\"pusher") { Outline::of(&text) } else { None };
        let Some(Outline { event, channel, .. }) = outline else { return acts.push(Act::ToAll(text)) };
        match (event.as_str(), channel) {
            ("pusher:connection_established", _) => {
                acts.extend(self.ports.keys().map(|it| Act::ToPort(*it, text.clone())));
                self.first = Some(text);
                acts.push(Act::Up);
            }
            // Each port has its own watch over the line; the server's is answered here.
            ("pusher:ping", _) => acts.push(Act::ToServer(ClientFrame::Pong.to_text())),
            ("pusher:pong", _) => {
                // Whoever shared with nobody when it pinged is not noted here.
                let asked = self.pings.pop_front();
                acts.push(asked.map_or_else(|| Act::ToAll(text.clone()), |it| Act::ToPort(it, text.clone())));
            }
            ("pusher_internal:subscription_succeeded", Some(name)) => self.answered(&name, true, text, acts),
            ("pusher:subscription_error", Some(name)) => self.answered(&name, false, text, acts),
            _ => acts.push(Act::ToAll(text)),
        }
    }

    /// The socket is closed.
    pub(super) fn closed(&mut self, code: CloseCode, acts: &mut Vec<Act>) {
        let before = std::mem::take(self);
        acts.extend(before.ports.keys().map(|it| Act::Closed(*it, code)));
    }

    /// A port has given the socket up: it is as good as closed, for all of them. One that has merely waited too long for
    /// it waits no more.
    pub(super) fn doubt(&mut self, port: Port, is_own: bool, acts: &mut Vec<Act>) {
        if self.ports.remove(&port).is_some() && self.has_socket && (is_own || self.first.is_some()) {
            acts.push(Act::CloseSocket);
            self.closed(CloseCode::ABNORMAL, acts);
        }
    }

    /// A port's tab has gone.
    pub(super) fn leave(&mut self, port: Port, acts: &mut Vec<Act>) {
        self.forget(port, acts);
        self.ports.remove(&port);
        if self.ports.is_empty() && self.has_socket {
            *self = Self::default();
            acts.push(Act::CloseSocket);
        }
    }

    /// Ends all that the port had to do with channels.
    fn forget(&mut self, port: Port, acts: &mut Vec<Act>) {
        let names: Vec<String> = self.channels.keys().cloned().collect();
        for name in names {
            self.unsubscribe(port, &name, acts);
        }
    }

    fn unsubscribe(&mut self, port: Port, name: &str, acts: &mut Vec<Act>) {
        let Some(channel) = self.channels.get_mut(name) else { return };
        let was_here = channel.ports.remove(&port).is_some();
        let is_asked = channel.asking.front().is_some_and(|it| it.0 == Some(port));
        let mut asking = std::mem::take(&mut channel.asking).into_iter();
        // The first one's frame is with the server, which will answer it.
        channel.asking.extend(asking.next().map(|(of, text)| (of.filter(|it| *it != port), text)));
        channel.asking.extend(asking.filter(|it| it.0 != Some(port)));
        let is_wanted = !channel.ports.is_empty() || channel.asking.iter().any(|it| it.0.is_some());
        if !is_wanted
            && (was_here || is_asked)
            && let Ok(channel) = name.parse()
        {
            acts.push(Act::ToServer(ClientFrame::Unsubscribe { channel: &channel }.to_text()));
        }
        if channel.asking.is_empty() && channel.ports.is_empty() {
            self.channels.remove(name);
        }
    }

    /// The server's answer to whoever has asked first.
    fn answered(&mut self, name: &str, is_subscribed: bool, text: String, acts: &mut Vec<Act>) {
        let Some(channel) = self.channels.get_mut(name) else { return };
        if let Some((Some(port), _)) = channel.asking.pop_front() {
            if is_subscribed {
                channel.ports.add(port);
            }
            acts.push(Act::ToPort(port, text));
        }
        channel.asking.retain(|it| it.0.is_some());
        match channel.asking.front() {
            Some((_, next)) => acts.push(Act::ToServer(next.clone())),
            None if channel.ports.is_empty() => drop(self.channels.remove(name)),
            None => {}
        }
    }
}

/// The id in the `channel_data` of a subscription to a presence channel.
fn user_id_in(data: &Value) -> Option<Value> {
    let channel_data: Value = json::from_str(data.get("channel_data")?.as_str()?).ok()?;
    channel_data.get("user_id").cloned()
}

/// A client event as the server tells it to the others, who do not include the tabs of its own sender.
fn with_sender(text: &str, user_id: Option<&Value>) -> String {
    let Some(user_id) = user_id else { return text.to_owned() };
    let Ok(Value::Object(mut frame)) = json::from_str(text) else { return text.to_owned() };
    frame.insert("user_id".to_owned(), user_id.clone());
    Value::Object(frame).to_string()
}
