//! Events to many sockets: what a delivery costs, and how long it takes.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::process_stat::cpu_time;
use super::publish::{Event, Publisher};
use super::readers::Readers;
use super::report::Figure;
use super::statistics::{percentile, real};
use super::target::Target;

/// How long a workload that goes as fast as it can is kept up.
const FLOOD: Duration = Duration::from_secs(3);
/// How long a workload of a fixed rate is kept up.
const PACED: Duration = Duration::from_secs(5);

/// How often events are published.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pace {
    /// As fast as they go, with so many events on their way at most: published, but not yet read by everybody.
    Flood { in_flight: u64 },
    /// So many a second, whatever comes of them.
    PerSecond(u32),
}

/// Who reads, and what is published.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fanout {
    pub(super) channels: usize,
    pub(super) sockets_per_channel: usize,
    /// Events in each request, all on one channel.
    pub(super) batch: usize,
    /// Connections over which is published at the same time.
    pub(super) publishers: usize,
    pub(super) pace: Pace,
}

/// What one target did.
struct Outcome {
    events: u64,
    deliveries: u64,
    cpu: Duration,
    wall: Duration,
    p50: Duration,
    p99: Duration,
}

/// The server, then the bare writer.
pub(super) fn run(binary: &Path, fanout: &Fanout) -> Result<Vec<Figure>> {
    let server = measure(&Target::smartlink(binary)?, fanout).context("the server")?;
    let writer = measure(&Target::bare_writer()?, fanout).context("the bare writer")?;
    let per_cpu = |it: &Outcome| real(it.deliveries) / it.cpu.as_secs_f64();
    let mut figures = vec![
        Figure::new("deliveries / CPU s", per_cpu(&server), ""),
        Figure::new("bare writer's", per_cpu(&writer), ""),
        Figure::new("ratio", per_cpu(&server) / per_cpu(&writer), "×"),
        Figure::new("events / s", real(server.events) / server.wall.as_secs_f64(), ""),
    ];
    if matches!(fanout.pace, Pace::PerSecond(_)) {
        let ms = |it: Duration| it.as_secs_f64() * 1e3;
        figures.extend([
            Figure::new("p50", ms(server.p50), "ms"),
            Figure::new("p99", ms(server.p99), "ms"),
            Figure::new("bare writer's p50", ms(writer.p50), "ms"),
            Figure::new("bare writer's p99", ms(writer.p99), "ms"),
            Figure::new("p99 ratio", server.p99.as_secs_f64() / writer.p99.as_secs_f64(), "×"),
            Figure::new("p99 beyond the bare writer's", ms(server.p99) - ms(writer.p99), "ms"),
        ]);
    }
    Ok(figures)
}

/// Deliveries of the bare writer for a CPU second.
pub(super) fn bare_writer_alone(fanout: &Fanout) -> Result<f64> {
    let outcome = measure(&Target::bare_writer()?, fanout).context("the bare writer")?;
    Ok(real(outcome.deliveries) / outcome.cpu.as_secs_f64())
}

fn measure(target: &Target, fanout: &Fanout) -> Result<Outcome> {
    let base = Instant::now();
    let sockets = (0..fanout.channels * fanout.sockets_per_channel)
        .map(|it| target.reader(it % fanout.channels))
        .collect::<Result<Vec<_>>>()
        .context("opening the sockets")?;
    let is_paced = matches!(fanout.pace, Pace::PerSecond(_));
    let readers = Readers::start(sockets, is_paced.then_some(base));
    let mut publishers = (0..fanout.publishers).map(|_| target.publisher()).collect::<Result<Vec<_>>>()?;
    let subscribers = u64::try_from(fanout.sockets_per_channel)?;

    // One event to each channel: all is set up and in the caches, and everybody gets what was published.
    for channel in 0..fanout.channels {
        publishers[0].publish(&[Event { channel, stamp_ns: 0 }])?;
    }
    let warm_up = u64::try_from(fanout.channels)? * subscribers;
    readers.wait_for(warm_up).context("the first events")?;
    let (first, expected) = (readers.first_payload(), Event { channel: 0, stamp_ns: 0 }.frame_payload());
    anyhow::ensure!(
        first.len() == expected.len(),
        "the frames are not those of the bare writer: {} instead of {expected}",
        String::from_utf8_lossy(&first)
    );

    let (start, cpu_before) = (Instant::now(), cpu_time(target.pid())?);
    let events = match fanout.pace {
        Pace::Flood { in_flight } => flood(fanout, in_flight, publishers, &readers, warm_up)?,
        Pace::PerSecond(rate) => paced(fanout, rate, &mut publishers[0], base)?,
    };
    let deliveries = events * subscribers;
    readers.wait_for(warm_up + deliveries).context("the last events")?;
    let (wall, cpu) = (start.elapsed(), cpu_time(target.pid())?.saturating_sub(cpu_before));
    let mut ages = readers.stop()?;
    if is_paced {
        ages.drain(..usize::try_from(warm_up)?); // the stamp of the first events says nothing
    }
    let [p50, p99] = [50, 99].map(|it| percentile(&mut ages, it));
    Ok(Outcome { events, deliveries, cpu, wall, p50, p99 })
}

/// Publishes from all connections at once until the time is over. Returns the number of events.
fn flood(fanout: &Fanout, in_flight: u64, publishers: Vec<Publisher>, readers: &Readers, warm_up: u64) -> Result<u64> {
    let until = Instant::now() + FLOOD;
    let (published, batch) = (AtomicU64::new(0), u64::try_from(fanout.batch)?);
    let subscribers = u64::try_from(fanout.sockets_per_channel)?;
    std::thread::scope(|scope| {
        let threads: Vec<_> = publishers
            .into_iter()
            .map(|mut publisher| {
                let published = &published;
                scope.spawn(move || -> Result<()> {
                    while Instant::now() < until {
                        let number = published.fetch_add(batch, Ordering::Relaxed);
                        if let Some(earlier) = (number + batch).checked_sub(in_flight) {
                            readers.wait_for(warm_up + earlier * subscribers)?;
                        }
                        let channel = usize::try_from(number / batch)? % fanout.channels;
                        publisher.publish(&vec![Event { channel, stamp_ns: 0 }; fanout.batch])?;
                    }
                    Ok(())
                })
            })
            .collect();
        threads.into_iter().try_for_each(|it| it.join().ok().context("a publisher panicked")?)
    })?;
    Ok(published.into_inner())
}

/// Publishes at a fixed rate, each event stamped with the instant at which it is sent. Returns the number of events.
fn paced(fanout: &Fanout, rate: u32, publisher: &mut Publisher, base: Instant) -> Result<u64> {
    let interval = Duration::from_secs(1) / rate;
    let start = Instant::now();
    let mut events = 0;
    let mut next = Duration::ZERO;
    while next < PACED {
        std::thread::sleep(next.saturating_sub(start.elapsed()));
        let channel = usize::try_from(events)? % fanout.channels;
        let stamp_ns = u64::try_from(base.elapsed().as_nanos())?;
        publisher.publish(&vec![Event { channel, stamp_ns }; fanout.batch])?;
        events += u64::try_from(fanout.batch)?;
        next += interval;
    }
    Ok(events)
}
