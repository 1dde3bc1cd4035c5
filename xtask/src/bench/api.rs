//! The app's HTTP API over one connection that is kept open.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// How long an answer may take before the run is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

/// A connection.
pub(super) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// To a server on this machine.
    pub(super) fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, received: Vec::new() })
    }

    /// Asks as the owner of a bearer token.
    pub(super) fn get(&mut self, path: &str, token: &str) -> Result<Answer> {
        let head = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n");
        self.stream.write_all(head.as_bytes())?;
        self.answer()
    }

    /// Sends JSON as the owner of a bearer token.
    pub(super) fn post(&mut self, path: &str, token: &str, body: &str) -> Result<Answer> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes())?;
        self.answer()
    }

    /// Reads one answer. The server says how long the body is.
    fn answer(&mut self) -> Result<Answer> {
        let mut piece = [0; 16_384];
        loop {
            if let Some((answer, length)) = parse(&self.received)? {
                self.received.drain(..length);
                return Ok(answer);
            }
            match self.stream.read(&mut piece)? {
                0 => bail!("the server closed the connection"),
                length => self.received.extend_from_slice(&piece[..length]),
            }
        }
    }
}

/// The answer at the beginning of what has come, and its length; `None` while it is not all there.
fn parse(received: &[u8]) -> Result<Option<(Answer, usize)>> {
    let Some(end) = received.windows(4).position(|it| it == b"\r\n\r\n") else { return Ok(None) };
    let head = String::from_utf8_lossy(&received[..end]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok());
    let status = status.with_context(|| format!("an answer begins with {head:?}: expected a status"))?;
    let length = head.split("\r\ncontent-length:").nth(1).and_then(|it| it.lines().next());
    let length: usize = length.with_context(|| format!("an answer without a length: {head:?}"))?.trim().parse()?;
    let Some(body) = received.get(end + 4..end + 4 + length) else { return Ok(None) };
    Ok(Some((Answer { status, body: String::from_utf8_lossy(body).into_owned() }, end + 4 + length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_complete_with_its_last_byte_and_no_longer() {
        let received = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200";
        assert!(parse(&received[..44]).unwrap().is_none());
        let (answer, length) = parse(received).unwrap().unwrap();
        assert_eq!((answer.status, answer.body.as_str(), length), (201, "ok", 45));
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err(), "without a length its end can't be found");
    }
}
