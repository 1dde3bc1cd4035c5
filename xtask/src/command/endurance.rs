//! `cargo xtask faults` and `cargo xtask soak`: what takes minutes and thousands of clients, and so is no part of the tests.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::build;
use crate::process::{self, program};
use crate::toolchain;
use crate::workspace::{Profile, Workspace};

/// One of them: its script, and the argument by which it is made smaller or larger.
struct Endurance {
    script: &'static str,
    flag: &'static str,
    variable: &'static str,
    default: &'static str,
}

const FAULTS: Endurance = Endurance { script: "faults", flag: "--clients", variable: "CLIENTS", default: "5000" };
const SOAK: Endurance = Endurance { script: "soak", flag: "--minutes", variable: "MINUTES", default: "10" };

/// Thousands of clients through a restart and a kill: nothing may be lost, nothing may come twice.
pub(super) fn faults(workspace: &Workspace, arguments: impl Iterator<Item = String>) -> Result<ExitCode> {
    FAULTS.run(workspace, arguments)
}

/// Minutes of coming and going: afterwards nothing may be left of it.
pub(super) fn soak(workspace: &Workspace, arguments: impl Iterator<Item = String>) -> Result<ExitCode> {
    SOAK.run(workspace, arguments)
}

impl Endurance {
    fn run(&self, workspace: &Workspace, arguments: impl Iterator<Item = String>) -> Result<ExitCode> {
        let (profile, size) = self.parse(arguments)?;
        build::everything(workspace, profile)?;
        let end2end = workspace.root.join("end2end");
        toolchain::npm_packages(&end2end)?;
        let mut node = program("node", &end2end);
        node.arg(format!("endurance/{}.mjs", self.script)).env(self.variable, size);
        node.env("SMARTLINK_BIN", workspace.server_binary(profile)).env("SMARTLINK_SITE", workspace.site_root());
        process::run(&mut node)?;
        Ok(ExitCode::SUCCESS)
    }

    fn parse(&self, mut arguments: impl Iterator<Item = String>) -> Result<(Profile, String)> {
        let (mut profile, mut size) = (Profile::Dev, self.default.to_owned());
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--release" => profile = Profile::Release,
                flag if flag == self.flag => {
                    size = arguments.next().with_context(|| format!("{flag} needs a number"))?;
                }
                other => bail!("`{other}` is not understood here: [{} N] [--release]", self.flag),
            }
        }
        if size.parse::<f64>().is_ok_and(|it| it > 0.0 && it <= 50_000.0) {
            return Ok((profile, size));
        }
        bail!("{} is {size}: expected a number above 0, and at most 50000", self.flag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(Profile, String)> {
        SOAK.parse(text.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn the_size_is_an_argument() {
        assert_eq!(parse("").unwrap(), (Profile::Dev, "10".to_owned()));
        assert_eq!(parse("--minutes 0.5 --release").unwrap(), (Profile::Release, "0.5".to_owned()));
    }

    #[test]
    fn a_wrong_size_is_named() {
        assert!(parse("--minutes -1").unwrap_err().to_string().contains("--minutes is -1"));
        assert!(parse("--minutes").is_err());
        assert!(parse("--clients 5").unwrap_err().to_string().contains("`--clients`"));
    }
}
