//! Readers that stop reading: what they cost the others and the server, and whether they miss anything in the end.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::frames::{FrameCutter, client_text};
use super::process_stat::resident_bytes;
use super::publish::{Event, Publisher};
use super::readers::Readers;
use super::report::Figure;
use super::statistics::{percentile, real};
use super::target::{PATIENCE, Target, handshake};

const READERS: usize = 70;
const STALLED: usize = 20;
const OTHERS: usize = READERS - STALLED;
/// As large as an event may be: the kernel holds megabytes for a socket before anything waits in the server.
const DATA_BYTES: usize = 10_000;
/// As many as the server keeps of a channel, so that it holds no more of them later.
const WARM_UP: u64 = 1_000;
/// The channel keeps what is missed.
const SETTINGS: [(&str, &str); 2] =
    [("SMARTLINK_APP_RECOVERED_CHANNELS", "bench-*"), ("SMARTLINK_MAX_RECENT_BYTES", "33554432")];
/// Between two events.
const INTERVAL: Duration = Duration::from_millis(10);
/// Events while everybody reads.
const BEFORE: u64 = 500;
/// Events while some don't, at least; there are more until the server has closed the last of them.
const DURING: u64 = 500;

/// Everybody reads; then twenty stop; when the server has closed them, they read what is left and come back.
pub(super) fn run(binary: &Path) -> Result<Vec<Figure>> {
    let target = Target::smartlink_with(binary, &SETTINGS)?;
    let mut stalled = (0..STALLED).map(|_| Stalled::join(target.address())).collect::<Result<Vec<_>>>()?;
    let others = (0..OTHERS).map(|_| target.reader(0)).collect::<Result<Vec<_>>>()?;
    let mut channel = Channel::new(&target, others)?;
    for _ in 0..WARM_UP {
        channel.publish()?;
        stalled.iter_mut().try_for_each(Stalled::read)?;
    }
    let first = channel.wait_for_others()?;
    let mut sockets = Sockets::new(&target)?;
    for _ in 0..BEFORE {
        channel.pace()?;
        sockets.look()?;
        stalled.iter_mut().try_for_each(Stalled::read)?;
    }
    let second = channel.wait_for_others()?;

    let (memory, mut peak) = (resident_bytes(target.pid())?, 0);
    while channel.published < WARM_UP + BEFORE + DURING || sockets.gone.len() < STALLED {
        channel.pace()?;
        sockets.look()?;
        peak = peak.max(resident_bytes(target.pid())?);
        anyhow::ensure!(sockets.start.elapsed() < PATIENCE * 5, "{} of them are closed", sockets.gone.len());
    }
    channel.wait_for_others()?;
    let mut complete = 0;
    for mut reader in stalled {
        reader.come_back(target.address(), channel.published)?;
        complete += 1;
    }
    let mut ages = channel.others.stop()?;
    let p99 = |ages: &mut [Duration]| percentile(ages, 99).as_secs_f64() * 1e3;
    let after = p99(&mut ages.split_off(second));
    let before = p99(&mut ages.split_off(first));
    let kib = |bytes: u64| real(bytes) / 1_024.0;
    let each = real(u64::try_from(STALLED)?);
    Ok(vec![
        Figure::new("p99 of the others, all reading", before, "ms"),
        Figure::new("p99 of the others, 20 not reading", after, "ms"),
        Figure::new("p99 ratio", after / before, "×"),
        Figure::new("growth / stalled reader", kib(peak.saturating_sub(memory)) / each, "KiB"),
        Figure::new("most that waited for one", kib(sockets.most_waiting) / each, "KiB"),
        Figure::new("gone after the bound", sockets.slowest_end()?.as_secs_f64(), "s"),
        Figure::new("complete again", real(complete) / each * 100.0, "%"),
    ])
}

/// The channel that all are on.
struct Channel {
    publisher: Publisher,
    others: Readers,
    /// The stamps' beginning.
    base: Instant,
    next: Instant,
    published: u64,
}

impl Channel {
    fn new(target: &Target, others: Vec<TcpStream>) -> Result<Self> {
        let base = Instant::now();
        let others = Readers::start(others, Some(base));
        Ok(Self { publisher: target.publisher()?, others, base, next: base, published: 0 })
    }

    fn publish(&mut self) -> Result<()> {
        let stamp_ns = u64::try_from(self.base.elapsed().as_nanos())?;
        self.published += 1;
        self.publisher.publish_padded(Event { channel: 0, stamp_ns }, DATA_BYTES)
    }

    /// Publishes when it is time.
    fn pace(&mut self) -> Result<()> {
        let now = Instant::now();
        std::thread::sleep(self.next.saturating_duration_since(now));
        self.next = self.next.max(now) + INTERVAL;
        self.publish()
    }

    /// Waits until the others have got everything. How many frames that are.
    fn wait_for_others(&self) -> Result<usize> {
        let frames = self.published * u64::try_from(OTHERS)?;
        self.others.wait_for(frames)?;
        Ok(usize::try_from(frames)?)
    }
}

/// One that will stop reading. It knows the extension, so it comes back to what it has missed.
struct Stalled {
    stream: TcpStream,
    cutter: FrameCutter,
    /// Where it is.
    epoch: String,
    offset: u64,
    /// What its subscription was answered: whether everything since that position will come.
    is_recovered: Option<bool>,
}

impl Stalled {
    fn join(address: SocketAddr) -> Result<Self> {
        Self::subscribe(address, "true", String::new(), 0)
    }

    /// Subscribes, and waits for the answer. From then on it reads only what there is.
    fn subscribe(address: SocketAddr, recover: &str, epoch: String, offset: u64) -> Result<Self> {
        let (mut stream, _) = handshake(address)?;
        let channel = Event::channel_name(0);
        let data = format!(r#"{{"channel":"{channel}","recover":{recover}}}"#);
        stream.write_all(&client_text(&format!(r#"{{"event":"pusher:subscribe","data":{data}}}"#)))?;
        let mut joined = Self { stream, cutter: FrameCutter::default(), epoch, offset, is_recovered: None };
        joined.read_until(|it| it.is_recovered.is_some())?;
        Ok(joined)
    }

    /// Reads what has come, while the connection is to stay open.
    fn read(&mut self) -> Result<()> {
        self.stream.set_nonblocking(true)?;
        loop {
            match self.read_piece() {
                Ok(0) => bail!("one that reads was closed after event {}", self.offset),
                Ok(_) => {}
                Err(error) if is_would_block(&error) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads what was sent before the server closed the connection, comes back, and reads until it has everything.
    fn come_back(&mut self, address: SocketAddr, published: u64) -> Result<()> {
        self.read_until(|_| false).with_context(|| format!("the rest after event {}", self.offset))?;
        let recover = format!(r#"{{"epoch":"{}","offset":{}}}"#, self.epoch, self.offset);
        let mut back = Self::subscribe(address, &recover, self.epoch.clone(), self.offset)?;
        anyhow::ensure!(
            back.is_recovered == Some(true),
            "event {} of {published} can't be recovered from",
            self.offset
        );
        back.read_until(|it| it.offset == published)
            .with_context(|| format!("what came after event {}", self.offset))?;
        anyhow::ensure!(back.offset == published, "{} of {published} have come", back.offset);
        Ok(())
    }

    /// Reads until something is the case, or until the connection has ended.
    fn read_until(&mut self, is_enough: impl Fn(&Self) -> bool) -> Result<()> {
        self.stream.set_nonblocking(false)?;
        while !is_enough(self) && self.read_piece()? > 0 {}
        Ok(())
    }

    /// Reads once. Each event must be the next one.
    fn read_piece(&mut self) -> Result<usize> {
        let mut piece = [0; 16_384];
        let length = match self.stream.read(&mut piece) {
            Err(error) if error.kind() == ErrorKind::ConnectionReset => 0,
            other => other?,
        };
        let mut payloads = Vec::new();
        self.cutter.cut(&piece[..length], |payload| payloads.push(payload.to_vec()));
        payloads.iter().try_for_each(|it| self.take(it))?;
        Ok(length)
    }

    fn take(&mut self, payload: &[u8]) -> Result<()> {
        // A close frame is no JSON.
        let Ok(frame) = serde_json::from_slice::<Value>(payload) else { return Ok(()) };
        if frame["event"] == "pusher_internal:subscription_succeeded" {
            let data: Value = serde_json::from_str(frame["data"].as_str().unwrap_or_default())?;
            self.is_recovered = Some(data["recovered"] == true);
            data["epoch"].as_str().context("no epoch")?.clone_into(&mut self.epoch);
            return Ok(());
        }
        let Some(offset) = frame["offset"].as_u64() else { return Ok(()) };
        anyhow::ensure!(offset == self.offset + 1, "event {offset} came after event {}", self.offset);
        self.offset = offset;
        Ok(())
    }
}

fn is_would_block(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|it| it.kind() == ErrorKind::WouldBlock)
}

/// What the server says of its sockets.
struct Sockets {
    asking: Publisher,
    start: Instant,
    /// When each of those that were too slow was over the bound, and when each was gone.
    over: Vec<Instant>,
    gone: Vec<Instant>,
    most_waiting: u64,
}

impl Sockets {
    fn new(target: &Target) -> Result<Self> {
        let (over, gone) = (Vec::new(), Vec::new());
        Ok(Self { asking: target.publisher()?, start: Instant::now(), over, gone, most_waiting: 0 })
    }

    fn look(&mut self) -> Result<()> {
        let page = self.asking.get("/metrics")?;
        let now = Instant::now();
        let figure = |name: &str| -> Result<u64> {
            let line = page.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(' '));
            Ok(line.with_context(|| format!("no {name}"))?.parse()?)
        };
        let open = figure(r#"smartlink_connections{application="bench"}"#)?;
        self.over.resize(usize::try_from(figure("smartlink_slow_connections_closed_total")?)?, now);
        self.gone.resize(READERS.saturating_sub(usize::try_from(open)?), now);
        self.most_waiting = self.most_waiting.max(figure("smartlink_queue_bytes")?);
        Ok(())
    }

    /// From the bound to the end of the connection.
    fn slowest_end(&self) -> Result<Duration> {
        let each = self.over.iter().zip(&self.gone).map(|(over, gone)| gone.saturating_duration_since(*over));
        each.max().context("none was closed")
    }
}
