//! Coming and going: connections that are opened, greeted and closed.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use super::frames::client_text;
use super::process_stat::cpu_time;
use super::report::Figure;
use super::statistics::real;
use super::target::{Target, handshake};

const CONNECTS: usize = 4_000;
const AT_ONCE: usize = 256;
/// How often that is done: once takes a few clock ticks, and the kernel counts in those.
const ROUNDS: usize = 5;
/// Threads that only wait on a socket need no more.
const STACK_BYTES: usize = 128 * 1_024;

/// The server, then the bare writer, which accepts, answers and closes.
pub(super) fn run(binary: &Path) -> Result<Vec<Figure>> {
    let connects = real(u64::try_from(CONNECTS / AT_ONCE * AT_ONCE * ROUNDS)?);
    let server = connects / measure(&Target::smartlink(binary)?).context("the server")?.as_secs_f64();
    let writer = connects / measure(&Target::bare_writer()?).context("the bare writer")?.as_secs_f64();
    Ok(vec![
        Figure::new("connects / CPU s", server, ""),
        Figure::new("bare writer's", writer, ""),
        Figure::new("ratio", server / writer, "×"),
    ])
}

/// The time on the processor that all connects took.
fn measure(target: &Target) -> Result<Duration> {
    come_and_go(target, AT_ONCE)?; // what the first connections set up is there for all
    let before = cpu_time(target.pid())?;
    for _ in 0..ROUNDS {
        come_and_go(target, CONNECTS)?;
    }
    Ok(cpu_time(target.pid())?.saturating_sub(before))
}

fn come_and_go(target: &Target, connects: usize) -> Result<()> {
    let address = target.address();
    let one = move || -> Result<()> {
        let (mut stream, _) = handshake(address)?;
        stream.write_all(&close_frame())?;
        // The answer, and then the end.
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest)?;
        anyhow::ensure!(rest.first() == Some(&0x88), "a close was answered with {rest:?}");
        Ok(())
    };
    let threads: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            thread::Builder::new()
                .stack_size(STACK_BYTES)
                .spawn(move || (0..connects / AT_ONCE).try_for_each(|_| one()))
        })
        .collect::<Result<_, _>>()?;
    threads.into_iter().try_for_each(|it| it.join().ok().context("a client panicked")?)
}

/// Code 1000.
fn close_frame() -> Vec<u8> {
    let mut frame = client_text("\u{3}");
    frame[0] = 0x88;
    frame[1] = 0x82;
    frame.push(0xe8);
    frame
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_close_frame_is_masked_and_says_1000() {
        assert_eq!(super::close_frame(), [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);
    }
}
