//! The commands, one file each.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::workspace::Workspace;

mod build;
mod check;
mod dev;
mod endurance;
mod run;
mod sizes;
mod test;

/// A command's name, its arguments, what it does in a line, and its function. The help shows them in this order.
struct Entry {
    name: &'static str,
    arguments: &'static str,
    does: &'static str,
    function: fn(&Workspace, std::iter::Skip<std::vec::IntoIter<String>>) -> Result<ExitCode>,
}

const COMMANDS: [Entry; 9] = [
    Entry {
        name: "run",
        arguments: "[--release] [-- …]",
        does: "build everything and start the server; what follows `--` goes to `smartlink serve`",
        function: |workspace, arguments| run::run(workspace, arguments),
    },
    Entry {
        name: "dev",
        arguments: "[-- …]",
        does: "run, and after each change rebuild what it concerns and reload the page",
        function: |workspace, arguments| dev::dev(workspace, arguments),
    },
    Entry {
        name: "build",
        arguments: "[--release]",
        does: "build the site and the server; with --release optimised, compressed and held to its size limits",
        function: |workspace, arguments| build::build(workspace, arguments),
    },
    Entry {
        name: "sizes",
        arguments: "",
        does: "weigh what a release's first visit transfers, without touching the site that is served",
        function: |workspace, arguments| sizes::sizes(workspace, arguments),
    },
    Entry {
        name: "check",
        arguments: "",
        does: "check format, lints and documentation, with warnings as errors",
        function: |workspace, arguments| check::check(workspace, arguments),
    },
    Entry {
        name: "test",
        arguments: "",
        does: "run all checks and tests there are, and install what they need",
        function: |workspace, arguments| test::test(workspace, arguments),
    },
    Entry {
        name: "faults",
        arguments: "[--clients N] [--release]",
        does: "5,000 clients through a restart and a kill while people talk: nothing lost, nothing twice",
        function: |workspace, arguments| endurance::faults(workspace, arguments),
    },
    Entry {
        name: "soak",
        arguments: "[--minutes N] [--release]",
        does: "10 minutes of coming and going, after which memory, descriptors and tasks must be as before",
        function: |workspace, arguments| endurance::soak(workspace, arguments),
    },
    Entry {
        name: "bench",
        arguments: "[all|fanout|…] [--runs N] [--json]",
        does: "measure the released server beside a bare socket writer",
        function: |workspace, arguments| crate::bench::bench(workspace, arguments),
    },
];

/// Does what the command line says; the first argument is the command's name.
pub(crate) fn dispatch(arguments: impl Iterator<Item = String>) -> Result<ExitCode> {
    let arguments: Vec<_> = arguments.collect();
    let name = arguments.first().map_or("help", String::as_str);
    if matches!(name, "help" | "--help" | "-h") {
        print!("{}", help());
        return Ok(ExitCode::SUCCESS);
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        bail!("there is no command `{name}`\n\n{}", help());
    };
    (command.function)(&Workspace::find()?, arguments.into_iter().skip(1))
}

fn help() -> String {
    let line = |usage: &str, does: &str| format!("  {usage:<24} {does}");
    let mut lines = vec!["The project's commands: cargo xtask <command>\n".to_owned()];
    lines.extend(COMMANDS.iter().map(|it| line(&format!("{} {}", it.name, it.arguments), it.does)));
    lines.push(line("help", "show this list"));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_lists_every_command() {
        for command in &COMMANDS {
            assert!(help().contains(command.does), "{}", command.name);
        }
    }

    #[test]
    fn an_unknown_command_is_named_with_those_there_are() {
        let error = dispatch(["biuld".to_owned()].into_iter()).unwrap_err().to_string();
        assert!(error.contains("`biuld`") && error.contains("build"), "{error}");
    }
}
