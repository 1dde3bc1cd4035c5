//! `cargo xtask sizes`: what a release's first visit transfers, held to the limits.

use std::process::ExitCode;

use anyhow::Result;

use crate::arguments;
use crate::site::Site;
use crate::workspace::{Profile, Workspace};

pub(super) fn sizes(workspace: &Workspace, arguments: impl Iterator<Item = String>) -> Result<ExitCode> {
    arguments::none(arguments)?;
    weigh(workspace)?;
    Ok(ExitCode::SUCCESS)
}

/// Builds the site as for a release, in a folder of its own: a server that runs goes on with the site that it has.
pub(super) fn weigh(workspace: &Workspace) -> Result<()> {
    let site = Site::apart(workspace, Profile::Release);
    site.build()?;
    site.report_sizes()
}
