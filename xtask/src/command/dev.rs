//! `cargo xtask dev`: run, and after each change rebuild what it concerns and reload the page.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use super::{build, run};
use crate::arguments::BuildArguments;
use crate::live::{Concern, Pages, Watch};
use crate::site::Site;
use crate::step::seconds;
use crate::workspace::{Profile, Workspace};

/// How long a server may take from its start until it accepts connections.
const START: Duration = Duration::from_secs(30);
/// How often to look whether the server still runs, and whether the end is wanted, when nothing changes.
const PATIENCE: Duration = Duration::from_millis(500);

pub(super) fn dev(workspace: &Workspace, arguments: impl Iterator<Item = String>) -> Result<ExitCode> {
    let arguments = BuildArguments::parse(arguments)?;
    anyhow::ensure!(arguments.profile == Profile::Dev, "`dev` is for development builds: without --release");
    let mut watch = Watch::new(&workspace.root);
    let pages = Pages::listen(workspace.leptos.reload_port)?;
    build::everything(workspace, Profile::Dev)?;
    let mut server = Server::start(workspace, arguments.for_server)?;
    let is_over = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        flag::register(signal, Arc::clone(&is_over)).context("signals can't be caught")?;
    }
    println!("==> Watching for changes; Ctrl+C ends it");
    while !is_over.load(Ordering::Relaxed) {
        server.tell_of_its_end()?;
        let concerns = watch.changes(PATIENCE);
        if concerns.is_empty() {
            continue;
        }
        let start = Instant::now();
        match apply(workspace, &concerns, &mut server, &pages) {
            Ok(()) => println!("==> The page is up to date after {}", seconds(start.elapsed())),
            Err(error) => println!("==> Not applied, the last state goes on: {error:#}"),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Rebuilds what is concerned and tells the pages. After a failure the server goes on as it is.
fn apply(workspace: &Workspace, concerns: &BTreeSet<Concern>, server: &mut Server, pages: &Pages) -> Result<()> {
    let site = Site::new(workspace, Profile::Dev);
    let concerned = |those: &[Concern]| those.iter().any(|it| concerns.contains(it));
    let for_browser = concerned(&[Concern::App, Concern::Browser]);
    let for_server = concerned(&[Concern::App, Concern::Server]);
    // Both compile the same few crates one after the other: side by side they use both cores.
    std::thread::scope(|scope| {
        let browser = for_browser.then(|| scope.spawn(|| site.compile()));
        let server = if for_server { build::server(workspace, Profile::Dev) } else { Ok(()) };
        let browser = browser.map(|it| it.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        server.and(browser.unwrap_or(Ok(())))
    })?;
    site.assemble()?;
    if for_browser || for_server {
        server.restart()?;
    }
    if concerns.iter().all(|concern| *concern == Concern::Style) {
        pages.reload_style(&site.style_path());
    } else {
        pages.reload();
    }
    Ok(())
}

/// The running server.
struct Server<'a> {
    workspace: &'a Workspace,
    arguments: Vec<String>,
    child: Child,
    is_running: bool,
}

impl<'a> Server<'a> {
    fn start(workspace: &'a Workspace, arguments: Vec<String>) -> Result<Self> {
        let child = Self::spawn(workspace, &arguments)?;
        let mut server = Self { workspace, arguments, child, is_running: true };
        server.wait_until_it_accepts()?;
        Ok(server)
    }

    fn spawn(workspace: &Workspace, arguments: &[String]) -> Result<Child> {
        // `LEPTOS_WATCH` is what makes Leptos put the reloading script into its pages.
        let mut server = run::server(workspace, Profile::Dev, arguments);
        server.env("LEPTOS_WATCH", "1").env("LEPTOS_RELOAD_PORT", workspace.leptos.reload_port.to_string());
        server.spawn().context("the server can't be started")
    }

    /// Ends the server at once, as a power cut would: waiting for a polite end takes longer, and it has to bear this.
    fn restart(&mut self) -> Result<()> {
        if self.is_running {
            self.child.kill().context("the old server can't be ended")?;
            self.child.wait()?;
        }
        self.child = Self::spawn(self.workspace, &self.arguments)?;
        self.is_running = true;
        self.wait_until_it_accepts()
    }

    /// Waits for connections at the configured address. With arguments of its own the server may listen elsewhere, where
    /// nobody can wait for it; the page then tries again by itself.
    fn wait_until_it_accepts(&mut self) -> Result<()> {
        let address: SocketAddr = self.workspace.leptos.site_addr;
        let start = Instant::now();
        while self.arguments.is_empty() && start.elapsed() < START {
            if TcpStream::connect_timeout(&address, Duration::from_millis(100)).is_ok() {
                return Ok(());
            }
            if self.tell_of_its_end()? {
                anyhow::bail!("the server did not start");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        anyhow::ensure!(!self.arguments.is_empty(), "the server does not accept connections at {address}");
        Ok(())
    }

    /// Says once that the server has ended by itself. Returns whether it has.
    fn tell_of_its_end(&mut self) -> Result<bool> {
        if self.is_running
            && let Some(status) = self.child.try_wait()?
        {
            self.is_running = false;
            println!("==> The server ended with {status}; a change starts it again");
        }
        Ok(!self.is_running)
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        if self.is_running {
            // Nothing is left to do about a server that can't be ended.
            drop(self.child.kill().and_then(|()| self.child.wait()));
        }
    }
}
