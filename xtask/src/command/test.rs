//! `cargo xtask test`: every check and test there is.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use super::{build, check, sizes};
use crate::arguments;
use crate::process::{self, program};
use crate::site::Site;
use crate::suite::{self, Count, Report};
use crate::toolchain;
use crate::workspace::{Profile, Workspace};

pub(super) fn test(workspace: &Workspace, arguments: impl Iterator<Item = String>) -> Result<ExitCode> {
    arguments::none(arguments)?;
    let mut report = Report::default();
    check::all(workspace, &mut report);

    let mut chromium = None;
    report.check("PostgreSQL and Chromium", || {
        chromium = Some(toolchain::postgresql_and_chromium(&workspace.root)?);
        Ok(())
    });
    // In one go: each selection of packages has its dependencies compiled with features of its own.
    report.tests("cargo test", suite::cargo_test, || {
        let mut cargo = process::cargo(&workspace.root);
        cargo.args(["test", "--locked", "--no-fail-fast"]).args(check::NATIVE);
        process::show_and_read(&mut cargo)
    });

    let end2end = workspace.root.join("end2end");
    let is_built = report.check("site and server", || build::everything(workspace, Profile::Dev));
    report.check("npm packages", || toolchain::npm_packages(&end2end));
    report.check("nginx and Caddy", || toolchain::proxies(&workspace.root));
    report.check("Python packages", || toolchain::python_packages(&end2end));
    for (name, script, read) in [
        ("conformance (npm run conformance)", "conformance", suite::node_test as fn(&str) -> Count),
        ("pages (npm run e2e)", "e2e", suite::playwright),
    ] {
        report.tests(name, read, || {
            anyhow::ensure!(is_built, "not run: site and server could not be built");
            process::show_and_read(&mut npm(workspace, &end2end, script, chromium.as_ref())?)
        });
    }

    report.check("sizes of a release", || sizes::weigh(workspace));
    report.tests("a release in the browser (npm run release)", suite::playwright, || {
        anyhow::ensure!(is_built, "not run: the server could not be built");
        let site = Site::apart(workspace, Profile::Release);
        let mut npm = npm(workspace, &end2end, "release", chromium.as_ref())?;
        npm.env("SMARTLINK_BIN", site.server_apart(&workspace.server_binary(Profile::Dev))?);
        process::show_and_read(npm.env("SMARTLINK_SITE", site.folder()))
    });
    Ok(report.close())
}

/// A script of `end2end/package.json`, told what to test and with which browser.
fn npm(workspace: &Workspace, end2end: &Path, script: &str, chromium: Option<&PathBuf>) -> Result<Command> {
    let mut npm = program("npm", end2end);
    npm.args(["run", script]);
    npm.env("SMARTLINK_BIN", workspace.server_binary(Profile::Dev)).env("SMARTLINK_SITE", workspace.site_root());
    npm.env("CHROMIUM", chromium.context("not run: there is no Chromium")?);
    // The summary is read from the output, where colours would be in the way.
    npm.env("NO_COLOR", "1").env_remove("FORCE_COLOR");
    Ok(npm)
}
