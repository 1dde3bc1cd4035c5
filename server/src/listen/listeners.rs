//! The sockets that we listen on: inherited from a supervisor or from the server that this one replaces, or opened here.
//!
//! A listening socket that is handed over is never closed: whoever connects meanwhile waits in its queue (rule ERR-7).

use std::env;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};

use anyhow::Context as _;
use rustix::io::{FdFlags, fcntl_setfd};
use tokio::net::TcpListener;

use crate::config::Config;

/// Names the sockets that a server leaves to its successor, which is the same process: `<process id>:<descriptors>`.
const HANDED_OVER: &str = "SMARTLINK_LISTENERS";

/// The first descriptor that a supervisor passes on, by the convention of systemd.
const FIRST_PASSED: RawFd = 3;

/// Where a server accepts connections.
#[derive(Debug)]
pub struct Listeners {
    /// On `server.port`; it speaks TLS if a certificate is set and no port of its own for it.
    pub main: TcpListener,
    /// On `tls.port`.
    pub tls: Option<TcpListener>,
    /// Whether a supervisor has opened them, who then also starts the next server.
    pub are_passed: bool,
}

/// An address can't be listened on.
#[derive(Debug, thiserror::Error)]
#[error("can't listen on {address} ({source})")]
pub struct CannotListen {
    /// Which.
    pub address: SocketAddr,
    /// Why not.
    pub source: io::Error,
}

impl Listeners {
    /// Takes over the sockets that were left or passed to this process, or opens those of the settings.
    ///
    /// # Errors
    /// [`CannotListen`], or what is wrong with the sockets that were passed.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        let wants_tls = config.tls.port.is_some();
        if let Some(descriptors) = inherited() {
            return Self::adopt(&descriptors, wants_tls).context("the sockets that were passed can't be used");
        }
        let main = bind((config.server.host, config.server.port).into()).await?;
        Self::beside(main, config).await
    }

    /// With this socket for `server.port`, and one of its own for `tls.port`.
    ///
    /// # Errors
    /// If the address for TLS can't be listened on.
    pub async fn beside(main: TcpListener, config: &Config) -> anyhow::Result<Self> {
        let tls = match config.tls.port {
            Some(port) => Some(bind((config.server.host, port).into()).await?),
            None => None,
        };
        Ok(Self { main, tls, are_passed: false })
    }

    /// Lets the sockets outlive this program in its process; what [`Listeners::open`] of the next one looks for.
    ///
    /// # Errors
    /// If the system does not let us.
    pub(crate) fn leave(&self) -> io::Result<(&'static str, String)> {
        let mut descriptors = Vec::new();
        for listener in std::iter::once(&self.main).chain(&self.tls) {
            fcntl_setfd(listener, FdFlags::empty())?;
            descriptors.push(listener.as_raw_fd().to_string());
        }
        Ok((HANDED_OVER, format!("{}:{}", std::process::id(), descriptors.join(","))))
    }

    fn adopt(inherited: &Inherited, wants_tls: bool) -> anyhow::Result<Self> {
        let mut sockets = inherited.descriptors.iter().map(|it| adopt(*it));
        let main = sockets.next().context("none was passed")??;
        let tls = match (wants_tls, sockets.next()) {
            (true, Some(socket)) => Some(socket?),
            (true, None) => anyhow::bail!("tls.port is set: expected a second socket, for TLS"),
            (false, _) => None,
        };
        Ok(Self { main, tls, are_passed: inherited.are_passed })
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, CannotListen> {
    TcpListener::bind(address).await.map_err(|source| CannotListen { address, source })
}

struct Inherited {
    descriptors: Vec<RawFd>,
    are_passed: bool,
}

/// What the environment says of sockets for this very process.
fn inherited() -> Option<Inherited> {
    let own_id = std::process::id().to_string();
    if let Ok(left) = env::var(HANDED_OVER)
        && let Some((id, descriptors)) = left.split_once(':')
        && id == own_id
    {
        let descriptors = descriptors.split(',').filter_map(|it| it.parse().ok()).collect();
        // A supervisor's sockets stay a supervisor's.
        return Some(Inherited { descriptors, are_passed: env::var("LISTEN_PID").is_ok_and(|it| it == own_id) });
    }
    if env::var("LISTEN_PID").ok()? != own_id {
        return None;
    }
    let count: RawFd = env::var("LISTEN_FDS").ok()?.parse().ok()?;
    (count > 0).then(|| Inherited { descriptors: (FIRST_PASSED..FIRST_PASSED + count).collect(), are_passed: true })
}

/// Makes a descriptor that the environment names a socket of ours.
fn adopt(descriptor: RawFd) -> io::Result<TcpListener> {
    #[expect(
        unsafe_code,
        reason = "a descriptor from outside the program has no owner yet that the compiler could know"
    )]
    // SAFETY: whoever started this process left the descriptor open for it and said so in the environment, to this
    // process id alone. It is read once, before anything else is opened, so nothing else owns it.
    let descriptor = unsafe { OwnedFd::from_raw_fd(descriptor) };
    fcntl_setfd(&descriptor, FdFlags::CLOEXEC)?;
    let listener = std::net::TcpListener::from(descriptor);
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}
