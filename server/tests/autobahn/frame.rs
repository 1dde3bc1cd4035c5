//! Frames as a client writes them, right or wrong, and as the server answers.

use std::io;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{KEY, TestServer};

pub(crate) const CONTINUATION: u8 = 0x0;
pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const CLOSE: u8 = 0x8;
pub(crate) const PING: u8 = 0x9;
pub(crate) const PONG: u8 = 0xa;

/// The channel that the echoes go through.
pub(crate) const CHANNEL: &str = "echo";

/// Any mask will do as long as it is not zero, which would hide a server that forgets to take it off.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame of a client.
#[derive(Clone)]
pub(crate) struct Frame {
    first: u8,
    is_masked: bool,
    payload: Vec<u8>,
}

impl Frame {
    pub(crate) fn new(opcode: u8, payload: impl AsRef<[u8]>) -> Self {
        Self { first: 0x80 | opcode, is_masked: true, payload: payload.as_ref().to_vec() }
    }

    /// More fragments are to follow.
    pub(crate) fn unfinished(mut self) -> Self {
        self.first &= 0x7f;
        self
    }

    /// With these reserved bits, 1 to 7.
    pub(crate) fn reserved(mut self, bits: u8) -> Self {
        self.first |= bits << 4;
        self
    }

    pub(crate) fn unmasked(mut self) -> Self {
        self.is_masked = false;
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.bytes_claiming(self.payload.len())
    }

    /// The frame, whose header promises this many bytes of payload, whatever there is.
    pub(crate) fn bytes_claiming(&self, payload_bytes: usize) -> Vec<u8> {
        let mask_bit = if self.is_masked { 0x80 } else { 0 };
        let mut bytes = vec![self.first];
        match (u8::try_from(payload_bytes), u16::try_from(payload_bytes)) {
            (Ok(length @ 0..=125), _) => bytes.push(mask_bit + length),
            (_, Ok(length)) => {
                bytes.push(mask_bit + 126);
                bytes.extend(length.to_be_bytes());
            }
            _ => {
                bytes.push(mask_bit + 127);
                bytes.extend((payload_bytes as u64).to_be_bytes());
            }
        }
        if self.is_masked {
            bytes.extend(MASK);
            bytes.extend(self.payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        } else {
            bytes.extend(&self.payload);
        }
        bytes
    }
}

pub(crate) fn text(payload: impl AsRef<[u8]>) -> Frame {
    Frame::new(TEXT, payload)
}

pub(crate) fn binary(payload: impl AsRef<[u8]>) -> Frame {
    Frame::new(BINARY, payload)
}

pub(crate) fn continuation(payload: impl AsRef<[u8]>) -> Frame {
    Frame::new(CONTINUATION, payload)
}

pub(crate) fn ping(payload: impl AsRef<[u8]>) -> Frame {
    Frame::new(PING, payload)
}

pub(crate) fn pong(payload: impl AsRef<[u8]>) -> Frame {
    Frame::new(PONG, payload)
}

pub(crate) fn close(code: u16, reason: impl AsRef<[u8]>) -> Frame {
    Frame::new(CLOSE, [&code.to_be_bytes(), reason.as_ref()].concat())
}

/// The message that the channel's other subscriber gets as an event with this data.
pub(crate) fn echo(data: &str) -> Vec<u8> {
    json!({"event": "client-echo", "channel": CHANNEL, "data": data}).to_string().into_bytes()
}

/// The same in this many bytes, filled up in front with what JSON does not mind.
pub(crate) fn echo_of(data: &str, bytes: usize) -> Vec<u8> {
    let message = echo(data);
    [vec![b' '; bytes - message.len()], message].concat()
}

/// The same with bytes as they are in the data's string, also such as are no UTF-8.
pub(crate) fn echo_raw(data: &[u8]) -> Vec<u8> {
    [br#"{"event":"client-echo","channel":"echo","data":""#, data, br#""}"#].concat()
}

/// A message in fragments of this many bytes, the first of this opcode.
pub(crate) fn fragments(opcode: u8, message: &[u8], bytes: usize) -> Vec<Frame> {
    let mut frames: Vec<_> = message.chunks(bytes).map(|piece| continuation(piece).unfinished()).collect();
    frames[0].first |= opcode;
    frames.last_mut().unwrap().first |= 0x80;
    frames
}

/// A connection without a library between it and the test.
pub(crate) struct RawSocket {
    pub(crate) stream: TcpStream,
}

impl RawSocket {
    /// Upgrades a connection, reads the first frame, and subscribes to the channel of the echoes.
    pub(crate) async fn open(server: &TestServer) -> Self {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let request = format!(
            "GET /app/{KEY} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let mut socket = Self { stream };
        assert!(socket.next_text().await.contains("pusher:connection_established"));
        socket
            .write(&text(json!({"event": "pusher:subscribe", "data": {"channel": CHANNEL}}).to_string()).bytes())
            .await;
        assert!(socket.next_text().await.contains("pusher_internal:subscription_succeeded"));
        socket
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// The next frame: opcode and payload. `None` at the connection's end, also where the server has reset it.
    pub(crate) async fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        let first = self.stream.read_u8().await.ok()?;
        assert_eq!(first & 0xf0, 0x80, "the server neither fragments nor uses reserved bits");
        match self.payload().await {
            Ok(payload) => Some((first & 0x0f, payload)),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("the server's frame is cut short: {error}"),
        }
    }

    async fn payload(&mut self) -> io::Result<Vec<u8>> {
        let bytes = match self.stream.read_u8().await? {
            126 => u64::from(self.stream.read_u16().await?),
            127 => self.stream.read_u64().await?,
            short @ 0..=125 => u64::from(short),
            masked => panic!("the server's frame is masked: {masked:#x}"),
        };
        let mut payload = vec![0; usize::try_from(bytes).unwrap()];
        self.stream.read_exact(&mut payload).await?;
        Ok(payload)
    }

    pub(crate) async fn next_text(&mut self) -> String {
        let (opcode, payload) = self.next().await.unwrap();
        assert_eq!(opcode, TEXT, "{payload:?}");
        String::from_utf8(payload).unwrap()
    }
}
