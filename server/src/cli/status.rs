//! `smartlink status`: how a running server does.

use std::time::Duration;

use axum::http::Method;
use clap::Args;
use serde_json::json;

use super::running::RunningServer;
use super::{Console, Failure};
use crate::config::Config;
use crate::http::operator::{STATUS_PATH, ServerStatus};

/// Between the two looks that rates are taken from.
const LOOK: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// One JSON object, for programs
    #[arg(long)]
    json: bool,
    /// Ask the server at this address; without it, the one of the settings on this machine
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// Frames and bytes of one second.
struct Rates {
    frames_in: u64,
    frames_out: u64,
    bytes_in: u64,
    bytes_out: u64,
}

/// Asks twice, a second apart, and prints figures and rates. Ends with status 7 if the server is not well.
pub(super) async fn run(arguments: Arguments, config: Config, console: &mut Console) -> Result<(), Failure> {
    let server = RunningServer::of(&config, arguments.url.as_deref())?;
    let before: ServerStatus = server.ask(Method::GET, STATUS_PATH).await?;
    tokio::time::sleep(LOOK).await;
    let status: ServerStatus = server.ask(Method::GET, STATUS_PATH).await?;
    let rates = Rates::between(&before, &status);
    if arguments.json {
        let mut object = serde_json::to_value(&status).map_err(Failure::other)?;
        object["rates"] = json!({
            "frames_in": rates.frames_in, "frames_out": rates.frames_out,
            "bytes_in": rates.bytes_in, "bytes_out": rates.bytes_out,
        });
        console.line(&object.to_string())?;
    } else {
        print(&status, &rates, server.url().as_str(), console)?;
    }
    let health = &status.health;
    if health.database && health.relay {
        return Ok(());
    }
    let parts =
        [("the database does not answer", !health.database), ("events are not published in time", !health.relay)];
    let bad: Vec<_> = parts.into_iter().filter_map(|(text, is_bad)| is_bad.then_some(text)).collect();
    Err(Failure::unreachable(anyhow::anyhow!("the server is not well: {}", bad.join(", "))))
}

impl Rates {
    fn between(before: &ServerStatus, after: &ServerStatus) -> Self {
        let (before, after) = (&before.totals, &after.totals);
        Self {
            frames_in: after.frames_in.saturating_sub(before.frames_in),
            frames_out: after.frames_out.saturating_sub(before.frames_out),
            bytes_in: after.bytes_in.saturating_sub(before.bytes_in),
            bytes_out: after.bytes_out.saturating_sub(before.bytes_out),
        }
    }
}

fn print(status: &ServerStatus, rates: &Rates, url: &str, console: &mut Console) -> Result<(), Failure> {
    let word = |is_well: bool| if is_well { "OK" } else { "failed" };
    let lag = status.health.relay_lag_ms.map_or_else(|| "unknown".to_owned(), |it| format!("{it} ms behind"));
    let channels: usize = status.channels.values().sum();
    let kinds: Vec<_> = status.channels.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    let memory = status.memory_bytes.map_or_else(|| "unknown".to_owned(), |it| format!("{} MiB", it / 1024 / 1024));
    let webhooks = &status.webhooks;
    let rows = [
        ("server", format!("SmartLink {} at {url}, process {}", status.version, status.process_id)),
        ("state", format!("{} for {}", status.state, duration(status.uptime_s))),
        ("database", word(status.health.database).to_owned()),
        ("relay", format!("{}, {lag}", word(status.health.relay))),
        ("connections", status.connections.to_string()),
        ("channels", format!("{channels}{kinds}")),
        ("in", format!("{} frames/s, {} bytes/s", rates.frames_in, rates.bytes_in)),
        ("out", format!("{} frames/s, {} bytes/s", rates.frames_out, rates.bytes_out)),
        ("slow readers", format!("{} bytes wait, {} closed so far", status.queue_bytes, status.totals.slow_closes)),
        (
            "webhooks",
            format!("{} waiting, {} delivered, {} given up", webhooks.waiting, webhooks.delivered, webhooks.given_up),
        ),
        ("memory", memory),
    ];
    for (name, text) in rows {
        console.line(&format!("{name:<14}{text}"))?;
    }
    for (id, it) in &status.applications {
        let text = format!("{} connections, {} frames received, {} sent", it.connections, it.received, it.sent);
        console.line(&format!("{:<14}{text}", format!("app {id}")))?;
    }
    Ok(())
}

/// The two largest units.
fn duration(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min {} s", seconds % 60),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_told_in_its_two_largest_units() {
        let told = [5, 65, 3_700, 90_061].map(duration);
        assert_eq!(told, ["5 s", "1 min 5 s", "1 h 1 min", "1 d 1 h"]);
    }
}
