//! Running other programs.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// A program that has run to its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// What it wrote to its standard output.
    pub(crate) output: String,
    /// Whether its exit code was 0.
    pub(crate) is_content: bool,
}

/// Cargo, at work in `root`: the same cargo that runs xtask.
pub(crate) fn cargo(root: &Path) -> Command {
    program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), root)
}

/// A program, at work in `directory`.
///
/// It doesn't see what `cargo run` told xtask of xtask's own package: build scripts (that of `ring`, for one) watch those
/// variables, and everything above them would be compiled anew whenever cargo is called by hand in between.
pub(crate) fn program(name: impl AsRef<OsStr>, directory: &Path) -> Command {
    let mut command = Command::new(name);
    command.current_dir(directory);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"]
            .iter()
            .any(|prefix| text.starts_with(prefix))
        {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs it to its end with its output shown; an exit code other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    let status = command.status().with_context(|| format!("`{line}` can't be started"))?;
    if !status.success() {
        bail!("`{line}` ended with {status}");
    }
    Ok(())
}

/// Runs it to its end and returns its standard output; its errors are shown.
pub(crate) fn read(command: &mut Command) -> Result<Vec<u8>> {
    let line = line(command);
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("`{line}` can't be started"))?;
    if !output.status.success() {
        bail!("`{line}` ended with {}", output.status);
    }
    Ok(output.stdout)
}

/// Runs it to its end, shows its standard output line by line, and returns it.
pub(crate) fn show_and_read(command: &mut Command) -> Result<Run> {
    let line = line(command);
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("`{line}` can't be started"))?;
    let mut text = String::new();
    let mut output = BufReader::new(child.stdout.take().context("the output was not piped")?);
    let mut bytes = Vec::new();
    while output.read_until(b'\n', &mut bytes)? > 0 {
        let part = String::from_utf8_lossy(&bytes);
        print!("{part}");
        text.push_str(&part);
        bytes.clear();
    }
    let status = child.wait()?;
    if !status.success() {
        println!("    `{line}` ended with {status}");
    }
    Ok(Run { output: text, is_content: status.success() })
}

/// Whether the program can be started and ends with 0. Nothing of it is shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The command as a person would type it.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args()).map(|word| word.to_string_lossy().into_owned());
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_read_and_a_failure_told() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two; exit 3"]);
        let run = Run { output: "one\ntwo\n".to_owned(), is_content: false };
        assert_eq!(show_and_read(&mut command).unwrap(), run);
    }

    #[test]
    fn a_failed_command_is_named_without_its_path() {
        let error = run(Command::new("/bin/sh").args(["-c", "exit 3"])).unwrap_err();
        assert!(error.to_string().starts_with("`sh -c exit 3` ended with"), "{error}");
    }
}
