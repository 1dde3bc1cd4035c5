//! `smartlink serve`: the server, until SIGINT or SIGTERM.

use std::io;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::anyhow;
use tokio_util::sync::CancellationToken;

use super::{Console, Failure};
use crate::clock::Clock;
use crate::config::{Config, SecretsError, Sources};
use crate::listen::{CannotListen, Listeners};
use crate::server::Server;
use crate::shutdown;
use crate::tls::TlsError;

/// Serves, and says where and what to do next. The port is taken first, so that a second server changes nothing.
pub(super) async fn run(config: Config, sources: Sources, console: &mut Console) -> Result<(), Failure> {
    let program = std::env::current_exe().map_err(Failure::other)?;
    let listeners = Listeners::open(&config).await.map_err(cannot_listen)?;
    let address = listeners.main.local_addr().map_err(Failure::other)?;
    let token = CancellationToken::new();
    shutdown::on_signals(token.clone()).map_err(Failure::other)?;
    let hangup = shutdown::hangups().map_err(Failure::other)?;
    let database = config.database_target.to_string();
    let scheme = if config.tls.certificate.is_some() && listeners.tls.is_none() { "https" } else { "http" };
    let url = config.public_url().unwrap_or_else(|| format!("{scheme}://{}", reachable(address)));
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    tracing::info!(%address, %database, environment = config.app.env, "starting");
    let server = Server::prepare(config, Clock::system(), token.clone()).await.map_err(failure_of)?;
    // Owned by the process, as the signals are.
    tokio::spawn(server.reloader(sources.clone()).run(hangup, token));
    let start = server.start();
    let _is_first = start.sources.set(sources);
    if let Some(path) = &server.new_secrets_file {
        console.line(&format!("Made the secrets of this installation and kept them in {}.", path.display()))?;
    }
    console.line(&format!("SmartLink is ready on {url} ({database})."))?;
    console
        .line(&format!("Next: open {url}/sign-up in a browser, open an account, and chat from a second browser."))?;
    let name = std::env::args().next().unwrap_or_else(|| "smartlink".to_owned());
    console.line(&format!("Then: `{name} user promote YOUR@EMAIL` makes you an admin. Ctrl+C stops the server."))?;
    if let Some(listener) = &listeners.tls {
        console.line(&format!("TLS is spoken on {}.", listener.local_addr().map_err(Failure::other)?))?;
    }
    server.serve(&listeners).await.map_err(Failure::other)?;
    if start.again.is_cancelled() { begin_anew(&program, &listeners, console) } else { Ok(()) }
}

/// Becomes the next server: the same process, with the same sockets, whose queues hold whoever has come meanwhile. What
/// stands where the program stood is started, so an update is taken up.
fn begin_anew(program: &Path, listeners: &Listeners, console: &mut Console) -> Result<(), Failure> {
    console.line("SmartLink begins anew.")?;
    let (name, value) = listeners.leave().map_err(Failure::other)?;
    let error = Command::new(program).args(std::env::args_os().skip(1)).env(name, value).exec();
    Err(Failure::other(anyhow!("{} can't be started: {error}", program.display())))
}

/// An address that a browser on this machine can open.
fn reachable(address: SocketAddr) -> SocketAddr {
    let mut address = address;
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { [127, 0, 0, 1].into() } else { std::net::Ipv6Addr::LOCALHOST.into() });
    }
    address
}

fn failure_of(error: anyhow::Error) -> Failure {
    if error.is::<SecretsError>() || error.is::<TlsError>() { Failure::settings(error) } else { Failure::other(error) }
}

fn cannot_listen(error: anyhow::Error) -> Failure {
    let advice = match error.downcast_ref::<CannotListen>().map(|it| it.source.kind()) {
        Some(io::ErrorKind::AddrInUse) => {
            "another program listens there: end it, or choose another port with --port or REVERB_SERVER_PORT"
        }
        Some(io::ErrorKind::PermissionDenied) => {
            "ports below 1024 need privileges: choose a higher one with --port or REVERB_SERVER_PORT"
        }
        Some(io::ErrorKind::AddrNotAvailable) => {
            "this machine has no such address: choose one with --host or REVERB_SERVER_HOST"
        }
        _ => "choose another address with --host and --port",
    };
    Failure::address(anyhow!("{}: {advice}", super::exit::words(&error)))
}
