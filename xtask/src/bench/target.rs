//! What is measured: the server, or the bare writer. Both are asked for the same things.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::frames::{FrameCutter, client_text, first_frame};
use super::publish::{Event, Publisher};
use super::smartlink::{KEY, Smartlink};
use super::{BARE_WRITER, writer};

/// How long an answer may take before the run is given up.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// A process that sends frames to sockets.
pub(super) enum Target {
    /// The server, over its WebSocket and its signed HTTP API.
    Smartlink(Smartlink),
    /// See [`writer`].
    BareWriter { child: Child, port: u16 },
}

impl Target {
    /// Starts the server.
    pub(super) fn smartlink(binary: &Path) -> Result<Self> {
        Self::smartlink_with(binary, &[])
    }

    /// Starts the server with these settings.
    pub(super) fn smartlink_with(binary: &Path, settings: &[(&str, &str)]) -> Result<Self> {
        Smartlink::start(binary, settings).map(Self::Smartlink)
    }

    /// Starts the bare writer.
    pub(super) fn bare_writer() -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["bench", BARE_WRITER])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("the bare writer can't be started")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let port = line.trim().parse().with_context(|| format!("the bare writer said {line:?} instead of its port"))?;
        Ok(Self::BareWriter { child, port })
    }

    pub(super) fn pid(&self) -> u32 {
        match self {
            Self::Smartlink(smartlink) => smartlink.pid(),
            Self::BareWriter { child, .. } => child.id(),
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        let port = match self {
            Self::Smartlink(smartlink) => smartlink.port,
            Self::BareWriter { port, .. } => *port,
        };
        (Ipv4Addr::LOCALHOST, port).into()
    }

    /// A socket that gets every event of the channel.
    pub(super) fn reader(&self, channel: usize) -> Result<TcpStream> {
        match self {
            Self::Smartlink(_) => {
                let (mut stream, _) = handshake(self.address())?;
                subscribe(&mut stream, &format!(r#"{{"channel":"{}"}}"#, Event::channel_name(channel)))?;
                Ok(stream)
            }
            Self::BareWriter { .. } => {
                let mut stream = connect(self.address())?;
                stream.write_all(&writer::reader_greeting(channel))?;
                Ok(stream)
            }
        }
    }

    /// A connection over which events are published, kept open.
    pub(super) fn publisher(&self) -> Result<Publisher> {
        let mut stream = connect(self.address())?;
        if matches!(self, Self::BareWriter { .. }) {
            stream.write_all(&[writer::PUBLISHER])?;
            return Ok(Publisher::bare(stream));
        }
        Ok(Publisher::http(stream))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Self::BareWriter { child, .. } = self {
            // Nothing is lost if it is gone already.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Opens a WebSocket and returns it with its socket id.
pub(super) fn handshake(address: SocketAddr) -> Result<(TcpStream, String)> {
    let mut stream = connect(address)?;
    stream.write_all(upgrade_request().as_bytes())?;
    let mut received = Vec::new();
    loop {
        read_more(&mut stream, &mut received)?;
        let Some(end) = received.windows(4).position(|it| it == b"\r\n\r\n") else { continue };
        if let Some((_, payload)) = first_frame(&received[end + 4..]) {
            let text = String::from_utf8_lossy(payload).into_owned();
            let id = text.split(r#"socket_id\":\""#).nth(1).and_then(|it| it.split('\\').next());
            return Ok((stream, id.with_context(|| format!("the first frame was {text}"))?.to_owned()));
        }
    }
}

/// The request with which every reader comes.
pub(super) fn upgrade_request() -> String {
    format!(
        "GET /app/{KEY}?protocol=7&client=js&version=8.6.0&flash=false HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
}

/// Subscribes and waits for the answer, which is the next frame. Returns what came behind it, perhaps the beginning of a
/// frame: on a busy channel whoever drops that loses the place where the next frame starts.
pub(super) fn subscribe(stream: &mut TcpStream, data: &str) -> Result<Vec<u8>> {
    stream.write_all(&client_text(&format!(r#"{{"event":"pusher:subscribe","data":{data}}}"#)))?;
    let mut received = Vec::new();
    loop {
        read_more(stream, &mut received)?;
        if let Some((length, payload)) = first_frame(&received) {
            let text = String::from_utf8_lossy(payload);
            anyhow::ensure!(text.contains("subscription_succeeded"), "a subscription was answered with {text}");
            return Ok(received.split_off(length));
        }
    }
}

/// Sends a ping and drops what comes until it is answered: then the server has handled all that was sent before.
/// `received` has come already.
pub(super) fn wait_for_pong(stream: &mut TcpStream, mut received: Vec<u8>) -> Result<()> {
    stream.write_all(&client_text(r#"{"event":"pusher:ping"}"#))?;
    let (mut cutter, mut has_come) = (FrameCutter::default(), false);
    loop {
        cutter.cut(&received, |payload| has_come |= payload == br#"{"event":"pusher:pong"}"#);
        if has_come {
            return Ok(());
        }
        received.clear();
        read_more(stream, &mut received)?;
    }
}

fn read_more(stream: &mut TcpStream, received: &mut Vec<u8>) -> Result<()> {
    let mut piece = [0; 4_096];
    match stream.read(&mut piece)? {
        0 => bail!("the connection was closed after {:?}", String::from_utf8_lossy(received)),
        length => received.extend_from_slice(&piece[..length]),
    }
    Ok(())
}
