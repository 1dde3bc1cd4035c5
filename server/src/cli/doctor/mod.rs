//! `smartlink doctor URL`: walks the way of a client, from the name to the first frame, and says where it ends and why.

mod probes;
mod socket;

use std::time::Duration;

use clap::Args;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio_rustls::TlsConnector;
use url::Url;

use super::{Console, Failure};
use crate::config::{Config, Secrets};
use crate::tls;

/// How long one step may take.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where people reach the server, such as <https://chat.example.com>, with the prefix if there is one
    #[arg(value_name = "URL")]
    url: String,
    /// The page that connects comes from here; without it, from the URL itself
    #[arg(long, value_name = "ORIGIN")]
    origin: Option<String>,
    /// The key of the application; without it, that of the settings
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Trust this certificate, in PEM, beside the system's
    #[arg(long, value_name = "FILE")]
    certificate: Option<std::path::PathBuf>,
}

/// What one step has found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    outcome: Outcome,
    /// The step.
    name: &'static str,
    /// What was seen.
    text: String,
    /// What to do, where something is to be done.
    cure: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Good,
    Doubtful,
    Bad,
}

impl Finding {
    fn good(name: &'static str, text: impl Into<String>) -> Self {
        Self { outcome: Outcome::Good, name, text: text.into(), cure: String::new() }
    }

    fn doubtful(name: &'static str, text: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { outcome: Outcome::Doubtful, name, text: text.into(), cure: cure.into() }
    }

    fn bad(name: &'static str, text: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { outcome: Outcome::Bad, name, text: text.into(), cure: cure.into() }
    }
}

/// What every step needs.
struct Patient {
    /// Without a slash at its end.
    url: Url,
    origin: String,
    key: Option<String>,
    /// Known where the server's settings are.
    secrets: Option<Secrets>,
    tls: TlsConnector,
}

/// Walks the way and prints each step. Ends with status 7 if a client would not get through.
pub(super) async fn run(arguments: Arguments, config: Config, console: &mut Console) -> Result<(), Failure> {
    let patient = Patient::of(arguments, &config)?;
    let findings = patient.examine().await;
    for finding in &findings {
        let mark = match finding.outcome {
            Outcome::Good => "ok  ",
            Outcome::Doubtful => "note",
            Outcome::Bad => "FAIL",
        };
        console.line(&format!("{mark}  {:<12}{}", finding.name, finding.text))?;
        if !finding.cure.is_empty() {
            console.line(&format!("      {:<12}{}", "", finding.cure))?;
        }
    }
    if findings.iter().any(|it| it.outcome == Outcome::Bad) {
        return Err(Failure::unreachable(anyhow::anyhow!("a client does not get through to {}", patient.url)));
    }
    console.line("Clients get through.")
}

impl Patient {
    fn of(arguments: Arguments, config: &Config) -> Result<Self, Failure> {
        let Arguments { url, origin, key, certificate } = arguments;
        let text = url.trim_end_matches('/').replacen("wss://", "https://", 1).replacen("ws://", "http://", 1);
        let url = Url::parse(&text).ok().filter(|it| matches!(it.scheme(), "http" | "https") && it.has_host());
        let url = url.ok_or_else(|| {
            Failure::refused(format!("{text:?} is no address: expected one such as https://chat.example.com"))
        })?;
        let secrets = config.existing_secrets().map_err(Failure::settings)?;
        let known = match certificate {
            Some(path) => Some(CertificateDer::from_pem_file(&path).map_err(|error| {
                Failure::refused(format!("{} (flag --certificate) can't be read: {error}", path.display()))
            })?),
            None => None,
        };
        Ok(Self {
            origin: origin.unwrap_or_else(|| url.origin().ascii_serialization()),
            key: key.or_else(|| secrets.as_ref().map(|it| it.application_key.clone())),
            secrets,
            tls: tls::client_connector(known).map_err(Failure::other)?,
            url,
        })
    }
}
