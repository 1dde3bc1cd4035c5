//! Stopping: the first signal ends in order, the second at once (rule CMD-2).

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Exit status after a second signal, as a shell counts one that SIGINT killed.
const INTERRUPTED: i32 = 130;

/// Cancels the token on SIGINT or SIGTERM; a second one ends the process there and then.
///
/// # Errors
/// If the system lets us not listen to signals.
pub(crate) fn on_signals(token: CancellationToken) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT can't be listened to")?;
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM can't be listened to")?;
    // Owned by nobody: it lives as long as the process, which it may have to end.
    tokio::spawn(async move {
        let name = next(&mut interrupt, &mut terminate).await;
        tracing::info!(signal = name, "stopping: connections are released; a second signal ends at once");
        token.cancel();
        let name = next(&mut interrupt, &mut terminate).await;
        tracing::warn!(signal = name, "ended at once");
        std::process::exit(INTERRUPTED);
    });
    Ok(())
}

/// SIGHUP, which would end the process if nobody listened.
///
/// # Errors
/// If the system lets us not listen to it.
pub(crate) fn hangups() -> anyhow::Result<Signal> {
    signal(SignalKind::hangup()).context("SIGHUP can't be listened to")
}

async fn next(interrupt: &mut Signal, terminate: &mut Signal) -> &'static str {
    tokio::select! {
        _ = interrupt.recv() => "SIGINT",
        _ = terminate.recv() => "SIGTERM",
    }
}
