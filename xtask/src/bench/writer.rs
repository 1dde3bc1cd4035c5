//! The yardstick: a process that does nothing but write given bytes to sockets, one `write` for each delivery.
//!
//! One thread, one epoll. What a socket doesn't take at once is kept and written as soon as it does, again one `write`
//! for each frame. Nothing is parsed, signed, counted or copied for each socket: a server that does its work frame by
//! frame can hardly be cheaper, and one that joins what is pending can.

use std::collections::{HashMap, VecDeque};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::Ipv4Addr;
use std::rc::Rc;

use anyhow::Result;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

/// First byte of a connection that gives orders.
pub(super) const PUBLISHER: u8 = b'P';
/// First byte of a connection that is written to; the channel's number follows.
const READER: u8 = b'R';
/// First byte of a connection that only shakes hands: that of `GET`.
const HANDSHAKE: u8 = b'G';
const LISTENER: Token = Token(0);

/// What it answers to a handshake: as much as the server does.
const WELCOME: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: \
s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nX-Powered-By: Laravel Reverb\r\n\r\n\x81\x72{\"event\":\"pusher:connection_established\",\"data\":\
\"{\\\"socket_id\\\":\\\"123456789.123456789\\\",\\\"activity_timeout\\\":30}\"}";
/// A close frame with code 1000.
pub(super) const FAREWELL: [u8; 4] = [0x88, 0x02, 0x03, 0xe8];

/// What a reader sends first.
pub(super) fn reader_greeting(channel: usize) -> Vec<u8> {
    [&[READER][..], &number(channel)].concat()
}

/// The order to write a text frame with this payload to every reader of the channel.
pub(super) fn order(channel: usize, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x81];
    if let Ok(length @ 0..=125) = u8::try_from(payload.len()) {
        frame.push(length);
    } else {
        frame.push(126);
        frame.extend(&number(payload.len())[2..]);
    }
    frame.extend(payload);
    [&number(channel)[..], &number(frame.len()), &frame].concat()
}

fn number(number: usize) -> [u8; 4] {
    u32::try_from(number).expect("channels and frames of a benchmark are few and small").to_be_bytes()
}

fn read_number(bytes: &[u8]) -> Option<usize> {
    usize::try_from(u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?)).ok()
}

/// What a connection is for, once its first byte has come.
enum Role {
    Unknown,
    Publisher,
    Reader,
    Handshake { is_done: bool },
}

struct Connection {
    stream: TcpStream,
    role: Role,
    received: Vec<u8>,
    /// Frames that the socket did not take; of the first, `written` bytes are gone already.
    waiting: VecDeque<Rc<[u8]>>,
    written: usize,
}

/// Listens on a free port, prints it, and works until it is killed.
pub(super) fn run() -> Result<()> {
    let writer = Writer::listen()?;
    println!("{}", writer.listener.local_addr()?.port());
    writer.work()
}

struct Writer {
    poll: Poll,
    listener: TcpListener,
    next: usize,
    connections: HashMap<Token, Connection>,
    channels: HashMap<usize, Vec<Token>>,
}

impl Writer {
    fn listen() -> Result<Self> {
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0).into())?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self { poll, listener, next: 1, connections: HashMap::new(), channels: HashMap::new() })
    }

    fn work(mut self) -> Result<()> {
        let mut events = Events::with_capacity(1_024);
        loop {
            self.poll.poll(&mut events, None)?;
            for event in &events {
                if event.token() == LISTENER {
                    self.accept()?;
                    continue;
                }
                if event.is_writable() {
                    self.flush(event.token());
                }
                if event.is_readable() {
                    self.read(event.token());
                }
            }
        }
    }

    fn accept(&mut self) -> Result<()> {
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            stream.set_nodelay(true)?;
            let token = Token(self.next);
            self.next += 1;
            self.poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
            let connection =
                Connection { stream, role: Role::Unknown, received: Vec::new(), waiting: VecDeque::new(), written: 0 };
            self.connections.insert(token, connection);
        }
    }

    fn read(&mut self, token: Token) {
        let mut piece = [0; 16_384];
        while let Some(connection) = self.connections.get_mut(&token) {
            match connection.stream.read(&mut piece) {
                Ok(0) => return self.forget(token),
                Ok(length) => connection.received.extend_from_slice(&piece[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => return self.forget(token),
            }
            self.understand(token);
        }
    }

    /// Takes what has come whole.
    fn understand(&mut self, token: Token) {
        let Some(connection) = self.connections.get_mut(&token) else { return };
        if matches!(connection.role, Role::Unknown) {
            match connection.received.first() {
                Some(&PUBLISHER) => {
                    connection.received.remove(0);
                    connection.role = Role::Publisher;
                }
                Some(&READER) => {
                    let Some(channel) = connection.received.get(1..).and_then(read_number) else { return };
                    connection.role = Role::Reader;
                    connection.received = Vec::new();
                    self.channels.entry(channel).or_default().push(token);
                    return;
                }
                Some(&HANDSHAKE) => connection.role = Role::Handshake { is_done: false },
                _ => return self.forget(token),
            }
        }
        match connection.role {
            Role::Publisher => self.obey(token),
            Role::Handshake { is_done } => self.shake_hands(token, is_done),
            Role::Unknown | Role::Reader => {}
        }
    }

    fn shake_hands(&mut self, token: Token, is_done: bool) {
        let Some(connection) = self.connections.get_mut(&token) else { return };
        if is_done {
            // The answers are a few bytes in an empty socket: it takes them.
            drop(connection.stream.write(&FAREWELL));
            self.forget(token);
        } else if connection.received.ends_with(b"\r\n\r\n") {
            connection.received.clear();
            connection.role = Role::Handshake { is_done: true };
            drop(connection.stream.write(WELCOME));
        }
    }

    /// Carries out every order that a publisher has sent whole.
    fn obey(&mut self, token: Token) {
        let Some(publisher) = self.connections.get_mut(&token) else { return };
        let received = std::mem::take(&mut publisher.received);
        let mut rest = &received[..];
        while let (Some(channel), Some(length)) = (read_number(rest), rest.get(4..).and_then(read_number)) {
            let Some(frame) = rest.get(8..8 + length) else { break };
            self.broadcast(channel, &Rc::from(frame));
            rest = &rest[8 + length..];
        }
        let rest = rest.to_vec();
        if let Some(publisher) = self.connections.get_mut(&token) {
            publisher.received = rest;
        }
    }

    fn broadcast(&mut self, channel: usize, frame: &Rc<[u8]>) {
        let mut lost = Vec::new();
        for token in self.channels.get(&channel).into_iter().flatten() {
            let Some(connection) = self.connections.get_mut(token) else { continue };
            connection.waiting.push_back(Rc::clone(frame));
            if connection.waiting.len() == 1 && connection.write_waiting().is_err() {
                lost.push(*token);
            }
        }
        for token in lost {
            self.forget(token);
        }
    }

    fn flush(&mut self, token: Token) {
        if self.connections.get_mut(&token).is_some_and(|it| it.write_waiting().is_err()) {
            self.forget(token);
        }
    }

    fn forget(&mut self, token: Token) {
        if let Some(mut connection) = self.connections.remove(&token) {
            // A closed socket leaves the poll by itself as well.
            drop(self.poll.registry().deregister(&mut connection.stream));
        }
    }
}

impl Connection {
    /// Writes frame by frame until all is written or the socket is full.
    fn write_waiting(&mut self) -> io::Result<()> {
        while let Some(frame) = self.waiting.front() {
            match self.stream.write(&frame[self.written..]) {
                Ok(length) if self.written + length == frame.len() => {
                    self.waiting.pop_front();
                    self.written = 0;
                }
                Ok(length) => self.written += length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::frames::first_frame;
    use crate::bench::publish::{Event, Publisher};
    use crate::bench::readers::Readers;

    fn connect(port: u16, greeting: &[u8]) -> std::net::TcpStream {
        let mut stream = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.write_all(greeting).unwrap();
        stream
    }

    #[test]
    fn every_reader_of_a_channel_gets_each_frame_once_and_the_others_none() {
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let writer = Writer::listen().unwrap();
            tell.send(writer.listener.local_addr().unwrap().port()).unwrap();
            writer.work()
        });
        let port = told.recv().unwrap();
        let channel =
            |number: usize| Readers::start((0..3).map(|_| connect(port, &reader_greeting(number))).collect(), None);
        let (first, second) = (channel(1), channel(2));
        let mut publisher = Publisher::bare(connect(port, &[PUBLISHER]));
        // The greetings came first, so the orders find everybody.
        let event = |channel| Event { channel, stamp_ns: 0 };
        publisher.publish(&[event(1), event(1)]).unwrap();
        publisher.publish(&[event(2)]).unwrap();
        first.wait_for(6).unwrap();
        second.wait_for(3).unwrap();
        assert_eq!(second.first_payload(), event(2).frame_payload().into_bytes());
        assert_eq!((first.frames(), second.frames()), (6, 3));
        first.stop().unwrap();
        second.stop().unwrap();
    }

    #[test]
    fn an_order_holds_a_whole_frame() {
        let order = order(3, "x".repeat(200).as_bytes());
        assert_eq!(read_number(&order), Some(3));
        let frame = &order[8..];
        assert_eq!(read_number(&order[4..]), Some(frame.len()));
        assert_eq!(first_frame(frame), Some((frame.len(), "x".repeat(200).as_bytes())));
    }

    #[test]
    fn the_welcome_ends_with_a_whole_frame() {
        let end = WELCOME.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
        assert_eq!(first_frame(&WELCOME[end..]).unwrap().0, WELCOME.len() - end);
    }
}
