//! `cargo xtask run`: build everything, start the server.

use std::process::{Command, ExitCode};

use anyhow::Result;

use super::build;
use crate::arguments::BuildArguments;
use crate::process::program;
use crate::workspace::{Profile, Workspace};

pub(super) fn run(workspace: &Workspace, arguments: impl Iterator<Item = String>) -> Result<ExitCode> {
    let arguments = BuildArguments::parse(arguments)?;
    build::everything(workspace, arguments.profile)?;
    println!("==> Starting SmartLink; it says where it is, and what to do next, as soon as it is ready");
    become_server(server(workspace, arguments.profile, &arguments.for_server))
}

/// `smartlink serve`, told where its site is.
pub(super) fn server(workspace: &Workspace, profile: Profile, arguments: &[String]) -> Command {
    let mut server = program(workspace.server_binary(profile), &workspace.root);
    server.arg("serve").args(arguments).env("LEPTOS_SITE_ROOT", workspace.site_root());
    server
}

/// The server takes the place of xtask, so that signals reach it and its exit code is the command's.
#[cfg(unix)]
fn become_server(mut server: Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    Err(anyhow::Error::new(server.exec()).context("the server can't be started"))
}

#[cfg(not(unix))]
fn become_server(mut server: Command) -> Result<ExitCode> {
    let code = server.status()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
