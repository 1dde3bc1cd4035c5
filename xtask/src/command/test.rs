//! `cargo xtask test`: every check and test there is.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::{build, check};
use crate::arguments;
use crate::process::{self, Run, program};
use crate::site::Site;
use crate::suite::{self, Report};
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
        process::show_and_read(cargo.env("RUST_TEST_THREADS", test_threads().to_string()))
    });

    let end2end = workspace.root.join("end2end");
    let is_built = report.check("site and server", || build::everything(workspace, Profile::Dev));
    let release = Site::apart(workspace, Profile::Release);
    let is_released = report.check("a release's site", || release.build());
    report.check("sizes of a release", || {
        anyhow::ensure!(is_released, "not run: the site could not be built");
        release.report_sizes()
    });
    report.check("npm packages", || toolchain::npm_packages(&end2end));
    report.check("nginx and Caddy", || toolchain::proxies(&workspace.root));
    report.check("Python packages", || toolchain::python_packages(&end2end));
    let server = workspace.server_binary(Profile::Dev);
    report.tests("conformance (npm run conformance)", suite::node_test, || {
        anyhow::ensure!(is_built, "not run: site and server could not be built");
        run_script(&end2end, "conformance", &server, &workspace.site_root(), chromium.as_ref())
    });
    // What people get: optimised, cut and renamed. It also takes a third less time.
    report.tests("pages of a release (npm run e2e)", suite::playwright, || {
        anyhow::ensure!(is_built && is_released, "not run: site and server could not be built");
        run_script(&end2end, "e2e", &release.server_apart(&server)?, release.folder(), chromium.as_ref())
    });
    // What developers get, with the components' page and with the warnings that only such a build prints.
    report.tests("pages of a development build (npm run development)", suite::playwright, || {
        anyhow::ensure!(is_built, "not run: site and server could not be built");
        run_script(&end2end, "development", &server, &workspace.site_root(), chromium.as_ref())
    });
    Ok(report.close())
}

/// How many tests a test program runs at a time: most of them wait most of the time, for a server to stop or a lease to
/// end.
fn test_threads() -> usize {
    4 * std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// Runs a script of `end2end/package.json`, told what to test and with which browser.
fn run_script(end2end: &Path, script: &str, server: &Path, site: &Path, chromium: Option<&PathBuf>) -> Result<Run> {
    let mut npm = program("npm", end2end);
    npm.args(["run", script]).env("SMARTLINK_BIN", server).env("SMARTLINK_SITE", site);
    npm.env("CHROMIUM", chromium.context("not run: there is no Chromium")?);
    // The summary is read from the output, where colours would be in the way.
    npm.env("NO_COLOR", "1").env_remove("FORCE_COLOR");
    process::show_and_read(&mut npm)
}
