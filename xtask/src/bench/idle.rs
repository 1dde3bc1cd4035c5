//! Connections that do nothing: the memory that each costs, and whether it comes back.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::process_stat::resident_bytes;
use super::report::Figure;
use super::statistics::real;
use super::target::Target;

const CONNECTIONS: usize = 10_000;
/// How long the server may take to give memory back.
const GIVE_BACK: Duration = Duration::from_secs(10);

/// The growth by ten thousand connections with a channel each, and what is left of it ten seconds after they have gone.
pub(super) fn run(binary: &Path) -> Result<Vec<Figure>> {
    let target = Target::smartlink(binary)?;
    // A first connection, so that what is made once is not counted.
    drop(target.reader(CONNECTIONS)?);
    let before = resident_bytes(target.pid())?;
    let sockets = (0..CONNECTIONS).map(|it| target.reader(it)).collect::<Result<Vec<_>>>().context("connecting")?;
    let with_all = settled(&target)?;
    drop(sockets);
    let start = Instant::now();
    let mut afterwards = resident_bytes(target.pid())?;
    while start.elapsed() < GIVE_BACK && afterwards * 5 > before * 6 {
        sleep(Duration::from_millis(200));
        afterwards = resident_bytes(target.pid())?;
    }
    let kib = |bytes: u64| real(bytes) / 1_024.0;
    let connections = real(u64::try_from(CONNECTIONS)?);
    Ok(vec![
        Figure::new("KiB / connection", kib(with_all.saturating_sub(before)) / connections, "KiB"),
        Figure::new("at the start", kib(before) / 1_024.0, "MiB"),
        Figure::new("with all", kib(with_all) / 1_024.0, "MiB"),
        Figure::new("after all have left", kib(afterwards) / 1_024.0, "MiB"),
        Figure::new("left of the start", real(afterwards) / real(before) * 100.0, "%"),
        Figure::new("given back after", start.elapsed().as_secs_f64(), "s"),
    ])
}

/// The memory once it no longer changes: a server may tidy up after a rush.
fn settled(target: &Target) -> Result<u64> {
    let mut last = resident_bytes(target.pid())?;
    for _ in 0..20 {
        sleep(Duration::from_millis(250));
        let now = resident_bytes(target.pid())?;
        if now == last {
            break;
        }
        last = now;
    }
    Ok(last)
}
