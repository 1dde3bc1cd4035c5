//! The number of files that a process may have open, which ten thousand sockets exceed on most machines.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

/// Sockets of the largest workload, at one end, with room for everything else.
const NEEDED: u64 = 12_000;
/// Set in the second start, which has to do with what it got.
const STARTED_AGAIN: &str = "SMARTLINK_BENCH_LIMIT_RAISED";

/// Whether the soft limit is too low and has not been raised yet.
pub(super) fn is_low() -> Result<bool> {
    let limits =
        std::fs::read_to_string("/proc/self/limits").context("the benchmark reads /proc, so it needs Linux")?;
    Ok(soft_limit(&limits).is_some_and(|it| it < NEEDED) && std::env::var_os(STARTED_AGAIN).is_none())
}

/// The shell can raise the limit of what it starts, which safe Rust can't.
pub(super) fn start_again_with_a_higher_one(arguments: &[String]) -> Result<ExitCode> {
    let status = Command::new("sh")
        .args(["-c", r#"ulimit -n "$(ulimit -H -n)"; exec "$0" bench "$@""#])
        .arg(std::env::current_exe()?)
        .args(arguments)
        .env(STARTED_AGAIN, "1")
        .status()?;
    let code = status.code().and_then(|it| u8::try_from(it).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

fn soft_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|it| it.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_is_read() {
        let limits = "Max processes             unlimited  unlimited  processes\nMax open files            1024     524288     files\n";
        assert_eq!(soft_limit(limits), Some(1024));
        assert_eq!(soft_limit(""), None);
    }
}
