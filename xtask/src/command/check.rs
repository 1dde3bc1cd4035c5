//! `cargo xtask check`: format, lints and documentation, with every warning an error.

use std::process::ExitCode;

use anyhow::Result;

use crate::suite::Report;
use crate::toolchain::{self, WASM_TARGET};
use crate::workspace::{Profile, Workspace};
use crate::{arguments, process};

/// What is compiled for the server's side, and the feature that makes `app` the server's half.
pub(super) const NATIVE: [&str; 4] = ["--package=app", "--package=server", "--package=xtask", "--features=app/ssr"];

pub(super) fn check(workspace: &Workspace, arguments: impl Iterator<Item = String>) -> Result<ExitCode> {
    arguments::none(arguments)?;
    let mut report = Report::default();
    all(workspace, &mut report);
    Ok(report.close())
}

/// Runs all of them, also when one fails.
pub(super) fn all(workspace: &Workspace, report: &mut Report) {
    let cargo = |arguments: &[&str]| {
        let mut cargo = process::cargo(&workspace.root);
        cargo.args(arguments);
        cargo
    };
    report.check("toolchain", || {
        toolchain::clippy_and_rustfmt(&workspace.root)?;
        toolchain::wasm_target(&workspace.root)
    });
    report.check("format", || process::run(&mut cargo(&["fmt", "--all", "--check"])));
    report.check("clippy, server's side", || {
        process::run(cargo(&["clippy", "--locked", "--all-targets"]).args(NATIVE).args(["--", "-D", "warnings"]))
    });
    report.check("clippy, browser's side", || {
        let mut cargo = cargo(&["clippy", "--locked", "--package=app", "--package=frontend", "--features=app/hydrate"]);
        cargo.args(["--target", WASM_TARGET, "--profile", workspace.wasm_profile(Profile::Dev)]);
        process::run(cargo.args(["--", "-D", "warnings"]))
    });
    report.check("documentation", || {
        process::run(cargo(&["doc", "--locked", "--no-deps"]).args(NATIVE).env("RUSTDOCFLAGS", "-D warnings"))
    });
}
