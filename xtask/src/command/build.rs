//! `cargo xtask build`: the site and the server's binary.

use std::process::ExitCode;

use anyhow::Result;

use crate::arguments::BuildArguments;
use crate::process;
use crate::site::Site;
use crate::step::step;
use crate::workspace::{Profile, Workspace};

pub(super) fn build(workspace: &Workspace, arguments: impl Iterator<Item = String>) -> Result<ExitCode> {
    let arguments = BuildArguments::parse(arguments)?;
    anyhow::ensure!(arguments.for_server.is_empty(), "`build` starts no server that could get arguments");
    everything(workspace, arguments.profile)?;
    Site::new(workspace, arguments.profile).report_sizes()?;
    println!("The server: {}", workspace.server_binary(arguments.profile).display());
    println!("The site:   {}", workspace.site_root().display());
    Ok(ExitCode::SUCCESS)
}

/// Builds site and server.
pub(super) fn everything(workspace: &Workspace, profile: Profile) -> Result<()> {
    if !workspace.server_binary(profile).exists() {
        println!("The first build compiles all dependencies, which takes some minutes; later ones take seconds.");
    }
    Site::new(workspace, profile).build()?;
    server(workspace, profile)
}

/// Builds the server's binary.
pub(super) fn server(workspace: &Workspace, profile: Profile) -> Result<()> {
    step(&format!("Compiling the server ({})", profile.folder()), || {
        let mut cargo = process::cargo(&workspace.root);
        cargo.args(["build", "--locked", "--package", &workspace.leptos.bin_package]);
        cargo.args(["--bin", &workspace.leptos.bin_target]);
        if profile == Profile::Release {
            cargo.arg("--release");
        }
        process::run(&mut cargo)
    })
}
