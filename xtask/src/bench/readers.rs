//! The other end of all those sockets: one thread that reads and counts.

use std::io::{ErrorKind, Read as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use mio::{Events, Interest, Poll, Token};

use super::frames::FrameCutter;
use super::publish::{STAMP, STAMP_DIGITS};

/// How long the readers may wait for what is still missing.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the reading thread and the publishers share.
#[derive(Default)]
struct Shared {
    frames: AtomicU64,
    closed: AtomicU64,
    is_over: AtomicBool,
    first: Mutex<Vec<u8>>,
    waiting: Mutex<Vec<Thread>>,
}

/// A thread that reads all sockets and counts their frames.
pub(super) struct Readers {
    shared: Arc<Shared>,
    thread: JoinHandle<Result<Vec<Duration>>>,
}

impl Readers {
    /// Reads from now on. `base`, if given, is the instant that the stamps of the events count from: then each frame's age is kept.
    pub(super) fn start(streams: Vec<TcpStream>, base: Option<Instant>) -> Self {
        let shared = Arc::new(Shared::default());
        let thread = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || read_all(streams, base, &shared)
        });
        Self { shared, thread }
    }

    /// Frames that have come in so far.
    pub(super) fn frames(&self) -> u64 {
        self.shared.frames.load(Ordering::Acquire)
    }

    /// The payload of the frame that came first; empty while there is none.
    pub(super) fn first_payload(&self) -> Vec<u8> {
        self.shared.first.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until `frames` have come in.
    pub(super) fn wait_for(&self, frames: u64) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        self.lock_waiting().push(std::thread::current());
        while self.frames() < frames {
            let closed = self.shared.closed.load(Ordering::Acquire);
            if closed > 0 {
                bail!("{closed} readers were disconnected");
            }
            if Instant::now() > deadline || self.thread.is_finished() {
                bail!("{} of {frames} frames have come", self.frames());
            }
            // Woken by the reading thread; the time is for the case that it has just passed by.
            std::thread::park_timeout(Duration::from_millis(1));
        }
        let own = std::thread::current().id();
        self.lock_waiting().retain(|it| it.id() != own);
        Ok(())
    }

    /// Stops reading. Returns the frames' ages, if they were kept.
    pub(super) fn stop(self) -> Result<Vec<Duration>> {
        self.shared.is_over.store(true, Ordering::Release);
        self.thread.join().ok().context("the reading thread panicked")?
    }

    fn lock_waiting(&self) -> std::sync::MutexGuard<'_, Vec<Thread>> {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Reader {
    stream: mio::net::TcpStream,
    cutter: FrameCutter,
}

fn read_all(streams: Vec<TcpStream>, base: Option<Instant>, shared: &Shared) -> Result<Vec<Duration>> {
    let mut poll = Poll::new()?;
    let mut readers = Vec::with_capacity(streams.len());
    for (index, stream) in streams.into_iter().enumerate() {
        stream.set_nonblocking(true)?;
        let mut stream = mio::net::TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(index), Interest::READABLE)?;
        readers.push(Reader { stream, cutter: FrameCutter::default() });
    }
    let mut ages = Vec::new();
    let mut buffer = vec![0; 65_536];
    let mut events = Events::with_capacity(1_024);
    while !shared.is_over.load(Ordering::Acquire) {
        poll.poll(&mut events, Some(Duration::from_millis(50)))?;
        let mut frames = 0;
        for event in &events {
            let reader = &mut readers[event.token().0];
            let is_open = reader.read(&mut buffer, |payload| {
                if frames == 0 && shared.frames.load(Ordering::Relaxed) == 0 {
                    *shared.first.lock().unwrap_or_else(PoisonError::into_inner) = payload.to_vec();
                }
                frames += 1;
                ages.extend(base.and_then(|base| age(payload, base.elapsed())));
            })?;
            if !is_open {
                shared.closed.fetch_add(1, Ordering::Release);
            }
        }
        if frames > 0 {
            shared.frames.fetch_add(frames, Ordering::Release);
            shared.waiting.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(Thread::unpark);
        }
    }
    Ok(ages)
}

impl Reader {
    /// Reads all there is. Returns false at the connection's end.
    fn read(&mut self, buffer: &mut [u8], mut each: impl FnMut(&[u8])) -> Result<bool> {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return Ok(false),
                Ok(length) => {
                    self.cutter.cut(&buffer[..length], &mut each);
                    // Less than there was room for: the socket is empty, and epoll tells when it is no longer.
                    if length < buffer.len() {
                        return Ok(true);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// How long ago, at the instant `now`, the event was published. Nothing for a frame without a stamp.
fn age(payload: &[u8], now: Duration) -> Option<Duration> {
    let at = payload.iter().position(|it| *it == STAMP)? + 1;
    let stamp = std::str::from_utf8(payload.get(at..at + STAMP_DIGITS)?).ok()?.parse().ok()?;
    now.checked_sub(Duration::from_nanos(stamp))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::publish::Event;

    #[test]
    fn the_age_of_a_frame_is_read_from_its_stamp() {
        let event = Event { channel: 0, stamp_ns: 1_000 };
        let age = age(event.frame_payload().as_bytes(), Duration::from_nanos(1_500));
        assert_eq!(age, Some(Duration::from_nanos(500)));
        assert_eq!(super::age(b"{}", Duration::ZERO), None);
    }
}
