//! One case: what is sent, and what must come of it.

use std::fmt;
use std::time::Duration;

use serde_json::Value;
use server::application::Application;
use tokio::io::AsyncWriteExt;

use crate::frame::{CLOSE, Frame, PONG, RawSocket, TEXT, text};
use crate::support::{TestServer, application};

/// How long a case may take in all.
const PATIENCE: Duration = Duration::from_secs(30);

/// The largest message of section 9 fits, with room for what stands around its data.
const LARGE_MESSAGES: usize = 16 * 1024 * 1024 + 1024;

const ALIVE: &str = r#"{"event":"pusher:ping"}"#;

/// What the sender gets.
#[derive(PartialEq, Eq)]
pub(crate) enum Answer {
    Pong(Vec<u8>),
    PusherPong,
    Error(u64),
    Close(u16),
    /// Anything else, which no case expects.
    Other(String),
}

impl Answer {
    fn of(opcode: u8, payload: Vec<u8>) -> Self {
        match opcode {
            PONG => Self::Pong(payload),
            CLOSE if payload.len() >= 2 => Self::Close(u16::from_be_bytes([payload[0], payload[1]])),
            TEXT if payload == br#"{"event":"pusher:pong"}"# => Self::PusherPong,
            TEXT => Self::of_text(&payload),
            _ => Self::Other(format!("opcode {opcode}: {payload:?}")),
        }
    }

    fn of_text(payload: &[u8]) -> Self {
        let frame: Value = serde_json::from_slice(payload).unwrap();
        let data = frame["data"].as_str().unwrap_or_default();
        match serde_json::from_str::<Value>(data).ok().and_then(|it| it["code"].as_u64()) {
            Some(code) if frame["event"] == "pusher:error" => Self::Error(code),
            _ => Self::Other(frame.to_string()),
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pong(payload) => write!(f, "Pong({})", payload.escape_ascii()),
            Self::PusherPong => f.write_str("PusherPong"),
            Self::Error(code) => write!(f, "Error({code})"),
            Self::Close(code) => write!(f, "Close({code})"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

/// A case under the id that Autobahn has for it.
pub(crate) struct Case {
    id: String,
    /// Each is written by itself.
    pieces: Vec<Vec<u8>>,
    answers: Vec<Answer>,
    echoes: Vec<String>,
}

pub(crate) fn case(id: impl Into<String>) -> Case {
    Case { id: id.into(), pieces: Vec::new(), answers: Vec::new(), echoes: Vec::new() }
}

impl Case {
    /// A frame in one piece.
    pub(crate) fn sends(self, frame: Frame) -> Self {
        self.sends_bytes(frame.bytes())
    }

    pub(crate) fn sends_bytes(mut self, bytes: Vec<u8>) -> Self {
        self.pieces.push(bytes);
        self
    }

    /// Frames that arrive together.
    pub(crate) fn sends_at_once(self, frames: impl IntoIterator<Item = Frame>) -> Self {
        self.sends_bytes(frames.into_iter().flat_map(|it| it.bytes()).collect())
    }

    /// Frames in pieces of this many bytes, wherever those may cut.
    pub(crate) fn sends_chopped(mut self, frames: impl IntoIterator<Item = Frame>, bytes: usize) -> Self {
        let all: Vec<_> = frames.into_iter().flat_map(|it| it.bytes()).collect();
        self.pieces.extend(all.chunks(bytes).map(<[u8]>::to_vec));
        self
    }

    /// The sender gets this, in this order.
    pub(crate) fn answers_with(mut self, answer: Answer) -> Self {
        self.answers.push(answer);
        self
    }

    /// The sender gets a pong.
    pub(crate) fn pongs(self, payload: impl AsRef<[u8]>) -> Self {
        self.answers_with(Answer::Pong(payload.as_ref().to_vec()))
    }

    /// The sender is closed with this code, and then the connection ends.
    pub(crate) fn closes(self, code: u16) -> Self {
        self.answers_with(Answer::Close(code))
    }

    /// The other subscriber gets this.
    pub(crate) fn echoes(mut self, data: impl Into<String>) -> Self {
        self.echoes.push(data.into());
        self
    }
}

/// A server and the other subscriber, who also shows that no case harms anybody else.
pub(crate) struct Bench {
    pub(crate) server: TestServer,
    listener: RawSocket,
}

impl Bench {
    /// Messages may be as large as section 9 has them.
    pub(crate) async fn start() -> Self {
        Self::with_message_size(LARGE_MESSAGES).await
    }

    pub(crate) async fn with_message_size(bytes: usize) -> Self {
        let server = TestServer::with_application(Application { max_message_size_bytes: bytes, ..application() }).await;
        let listener = RawSocket::open(&server).await;
        Self { server, listener }
    }

    pub(crate) async fn run(&mut self, cases: impl IntoIterator<Item = Case>) {
        for case in cases {
            let id = case.id.clone();
            let outcome = tokio::time::timeout(PATIENCE, self.run_one(case)).await;
            assert!(outcome.is_ok(), "case {id}: what must come did not come within {PATIENCE:?}");
        }
    }

    async fn run_one(&mut self, case: Case) {
        let id = &case.id;
        let mut sender = RawSocket::open(&self.server).await;
        for piece in &case.pieces {
            if let Err(error) = sender.stream.write_all(piece).await {
                // The server ends a connection as soon as it can tell, also before all was sent.
                assert!(matches!(case.answers.last(), Some(Answer::Close(_))), "case {id}: {error}");
                break;
            }
        }
        let ends = matches!(case.answers.last(), Some(Answer::Close(_)));
        for expected in &case.answers {
            let found = sender.next().await.map(|(opcode, payload)| Answer::of(opcode, payload));
            assert_eq!(found.as_ref(), Some(expected), "case {id}: the answer");
        }
        for expected in &case.echoes {
            let frame: Value = serde_json::from_str(&self.listener.next_text().await).unwrap();
            assert_eq!(frame["data"], **expected, "case {id}: the echo");
        }
        if ends {
            let after = sender.next().await;
            assert!(after.is_none(), "case {id}: after the close came {after:?}");
        } else {
            is_alive(&mut sender, id).await;
        }
        is_alive(&mut self.listener, id).await;
    }
}

/// Nothing more waits for this connection, and it still answers.
async fn is_alive(socket: &mut RawSocket, id: &str) {
    socket.write(&text(ALIVE).bytes()).await;
    let answer = socket.next().await.map(|(opcode, payload)| Answer::of(opcode, payload));
    assert_eq!(answer, Some(Answer::PusherPong), "case {id}: afterwards");
}
