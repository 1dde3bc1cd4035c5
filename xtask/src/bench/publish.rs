//! Publishing: over the signed HTTP API to the server, as plain bytes to the bare writer.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::{Digest as _, Md5};
use sha2::Sha256;

use super::smartlink::{APPLICATION, KEY, SECRET};
use super::writer;

/// Bytes of `data` in each event.
const DATA_BYTES: usize = 128;
/// Stands before the instant in `data`, and nowhere else in a frame.
pub(super) const STAMP: u8 = b'@';
/// Digits of the instant.
pub(super) const STAMP_DIGITS: usize = 20;

/// An event on one of the numbered channels, stamped with an instant: nanoseconds since the beginning of the run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    pub(super) channel: usize,
    pub(super) stamp_ns: u64,
}

impl Event {
    /// Of the same length for every channel, so that all frames are as long.
    pub(super) fn channel_name(channel: usize) -> String {
        format!("bench-{channel:05}")
    }

    fn data(self, bytes: usize) -> String {
        let stamp = format!("{}{:0STAMP_DIGITS$}", char::from(STAMP), self.stamp_ns);
        format!("{stamp:x<bytes$}")
    }

    /// What the server makes of it (rule EVT-1); the readers check that it does.
    pub(super) fn frame_payload(self) -> String {
        let (data, channel) = (self.data(DATA_BYTES), Self::channel_name(self.channel));
        format!(r#"{{"event":"bench","data":"{data}","channel":"{channel}"}}"#)
    }

    fn json(self, bytes: usize) -> String {
        let (data, channel) = (self.data(bytes), Self::channel_name(self.channel));
        format!(r#"{{"name":"bench","data":"{data}","channel":"{channel}"}}"#)
    }
}

/// A connection that is kept open, over which events are published one request after the other.
pub(super) struct Publisher {
    stream: TcpStream,
    is_http: bool,
    received: Vec<u8>,
}

impl Publisher {
    pub(super) fn http(stream: TcpStream) -> Self {
        Self { stream, is_http: true, received: Vec::new() }
    }

    pub(super) fn bare(stream: TcpStream) -> Self {
        Self { stream, is_http: false, received: Vec::new() }
    }

    /// Publishes one event, or several as a batch, and waits until the server has accepted them.
    pub(super) fn publish(&mut self, events: &[Event]) -> Result<()> {
        if !self.is_http {
            let orders: Vec<u8> =
                events.iter().flat_map(|it| writer::order(it.channel, it.frame_payload().as_bytes())).collect();
            return Ok(self.stream.write_all(&orders)?);
        }
        let request = match events {
            [event] => request("events", &event.json(DATA_BYTES)),
            events => {
                let events: Vec<_> = events.iter().map(|it| it.json(DATA_BYTES)).collect();
                request("batch_events", &format!(r#"{{"batch":[{}]}}"#, events.join(",")))
            }
        };
        self.ask(&request).map(drop)
    }

    /// Publishes an event with so many bytes of `data` to the server.
    pub(super) fn publish_padded(&mut self, event: Event, bytes: usize) -> Result<()> {
        self.ask(&request("events", &event.json(bytes))).map(drop)
    }

    /// What the server answers to a question that needs no signature.
    pub(super) fn get(&mut self, path: &str) -> Result<String> {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"))
    }

    /// Sends a request and reads the answer's body. The server keeps the connection open and says how long the body is
    /// (rules API-2 and API-3).
    fn ask(&mut self, request: &str) -> Result<String> {
        self.stream.write_all(request.as_bytes())?;
        let mut piece = [0; 1_024];
        loop {
            if let Some(end) = self.received.windows(4).position(|it| it == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.received[..end]).to_ascii_lowercase();
                let length = head.split("content-length:").nth(1).and_then(|it| it.lines().next());
                let length: usize = length.context("an answer without a length")?.trim().parse()?;
                if self.received.len() >= end + 4 + length {
                    let answer: Vec<u8> = self.received.drain(..end + 4 + length).collect();
                    anyhow::ensure!(head.starts_with("http/1.1 200"), "{}", String::from_utf8_lossy(&answer));
                    return Ok(String::from_utf8_lossy(&answer[end + 4..]).into_owned());
                }
            }
            match self.stream.read(&mut piece)? {
                0 => bail!("the server closed a publisher's connection"),
                length => self.received.extend_from_slice(&piece[..length]),
            }
        }
    }
}

/// A request to the HTTP API, signed (rule API-6).
fn request(endpoint: &str, body: &str) -> String {
    let path = format!("/apps/{APPLICATION}/{endpoint}");
    let now_s = now_s();
    let md5 = hex(&Md5::digest(body));
    let query = format!("auth_key={KEY}&auth_timestamp={now_s}&auth_version=1.0&body_md5={md5}");
    let signature = sign(&format!("POST\n{path}\n{query}"));
    format!(
        "POST {path}?{query}&auth_signature={signature} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the server compares the signature's time with its own clock")]
fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// HMAC-SHA256 with the application's secret, 64 lower-case hex digits.
pub(super) fn sign(text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    hex(&mac.finalize().into_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_frames_are_as_long_and_carry_their_instant() {
        let event = Event { channel: 7, stamp_ns: 42 };
        assert_eq!(event.data(DATA_BYTES).len(), DATA_BYTES);
        assert!(event.data(DATA_BYTES).starts_with("@00000000000000000042xxx"));
        let last = Event { channel: 9_999, stamp_ns: u64::MAX };
        assert_eq!(event.frame_payload().len(), last.frame_payload().len());
    }

    #[test]
    fn a_request_says_its_length_and_is_signed() {
        let request = request("events", "{}");
        assert!(request.starts_with("POST /apps/bench/events?auth_key=bench-key&auth_timestamp="));
        assert!(request.contains("&body_md5=99914b932bd37a50b983c5e7c90ae93b&auth_signature="));
        assert!(request.ends_with("Content-Length: 2\r\n\r\n{}"));
    }
}
