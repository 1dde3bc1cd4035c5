//! Logs: to standard error, as text for people or as JSON for machines.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogLevel, LogSettings};

/// Starts logging. Only the first call of a process counts, so that tests may call it each.
pub fn start(settings: &LogSettings) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(settings.level))
        .with_writer(std::io::stderr)
        // When nobody reads the log any more, to complain of it there panics in whatever was being logged.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match settings.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_span_list(false).try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging had been started before");
    }
}

/// Our own crates at the level that was asked for; what we build on only when it has something to complain about.
fn filter(level: LogLevel) -> EnvFilter {
    let level = match level {
        LogLevel::Error => "error",
        LogLevel::Warning => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    let others = if level == "error" { "error" } else { "warn" };
    EnvFilter::new(format!("{others},server={level},app={level},smartlink={level},tower_http={level}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_quieter_than_we_are() {
        assert_eq!(filter(LogLevel::Debug).to_string().matches("debug").count(), 4);
        assert!(!filter(LogLevel::Error).to_string().contains("warn"));
    }
}
