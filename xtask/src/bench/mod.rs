//! `cargo xtask bench`: what the server costs, beside a bare writer that sends the same bytes in the same run.
//!
//! A run starts the released server and the bare writer as processes of their own, one after the other, gives both the
//! same work and the same readers, and reads from `/proc` what each of them used. What counts is the ratio: it holds
//! on another machine, where the figures themselves do not. docs/PERFORMANCE.md says how to read the table.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::{Profile, Workspace};

mod api;
mod browser;
mod connects;
mod data;
mod database;
mod fanout;
mod frames;
mod idle;
mod limit;
mod messages;
mod million;
mod postgres;
mod presence;
mod process_stat;
mod publish;
mod readers;
mod report;
mod smartlink;
mod stalled;
mod statistics;
mod target;
mod workload;
mod writer;

use report::Report;
use workload::{WORKLOADS, Workload};

/// The argument by which the command starts itself as the bare writer.
const BARE_WRITER: &str = "--bare-writer";

/// What the command line asks for.
#[derive(Debug)]
struct Options {
    workloads: Vec<&'static Workload>,
    runs: usize,
    is_json: bool,
}

/// Builds the server, runs the workloads, and prints medians with their spread.
pub(crate) fn bench(workspace: &Workspace, arguments: impl Iterator<Item = String>) -> Result<ExitCode> {
    let arguments: Vec<_> = arguments.collect();
    if arguments.iter().any(|it| it == BARE_WRITER) {
        writer::run()?;
        return Ok(ExitCode::SUCCESS);
    }
    let options = Options::parse(&arguments)?;
    if limit::is_low()? {
        return limit::start_again_with_a_higher_one(&arguments);
    }
    build(workspace)?;
    if options.workloads.iter().any(|it| it.name.starts_with(browser::PREFIX)) {
        browser::prepare(workspace)?;
    }
    let binary = workspace.server_binary(Profile::Release);
    let mut report = Report::new(options.runs);
    for workload in options.workloads {
        for run in 1..=options.runs {
            eprintln!("    {}, run {run} of {}", workload.name, options.runs);
            let figures = (workload.run)(&binary).with_context(|| format!("{}, run {run}", workload.name))?;
            // Told as it comes: who looks on sees where it goes, and what breaks off is not lost.
            let told: Vec<_> = figures.iter().map(ToString::to_string).collect();
            eprintln!("        {}", told.join(", "));
            report.add(workload, figures);
        }
    }
    if options.is_json {
        println!("{}", serde_json::to_string_pretty(&report.json())?);
    } else {
        print!("{}", report.table());
    }
    Ok(ExitCode::SUCCESS)
}

/// The server as it is delivered. What cargo says goes to standard error, so that `--json` prints nothing else.
fn build(workspace: &Workspace) -> Result<()> {
    let leptos = &workspace.leptos;
    let mut cargo: Command = process::cargo(&workspace.root);
    cargo.args(["build", "--locked", "--release", "--package", &leptos.bin_package, "--bin", &leptos.bin_target]);
    process::run(&mut cargo)
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self { workloads: Vec::new(), runs: 5, is_json: false };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--json" => options.is_json = true,
                "--runs" => options.runs = runs(arguments.next())?,
                "all" => options.workloads.extend(WORKLOADS),
                "browser" => {
                    options.workloads.extend(WORKLOADS.iter().filter(|it| it.name.starts_with(browser::PREFIX)));
                }
                "fanout" => options.workloads.extend(WORKLOADS.iter().filter(|it| it.is_default)),
                name => match named(name) {
                    found if found.is_empty() => {
                        bail!("`{name}` is no workload: expected all, fanout, browser, data, messages, {}", names())
                    }
                    found => options.workloads.extend(found),
                },
            }
        }
        if options.workloads.is_empty() {
            options.workloads.extend(WORKLOADS.iter().filter(|it| it.is_default));
        }
        Ok(options)
    }
}

/// The workload of this name, or those of it on each database.
fn named(name: &str) -> Vec<&'static Workload> {
    let is_of_name =
        |it: &&Workload| it.name.strip_prefix(name).is_some_and(|rest| matches!(rest, "" | "-sqlite" | "-postgres"));
    WORKLOADS.iter().filter(is_of_name).collect()
}

fn runs(argument: Option<&String>) -> Result<usize> {
    let text = argument.map_or("nothing", String::as_str);
    match text.parse() {
        Ok(runs) if (1..=100).contains(&runs) => Ok(runs),
        _ => bail!("--runs is {text}: expected a number from 1 to 100"),
    }
}

fn names() -> String {
    WORKLOADS.iter().map(|it| it.name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Options> {
        Options::parse(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn without_a_name_the_fan_out_is_measured() {
        let options = parse("").unwrap();
        assert_eq!(options.runs, 5);
        assert!(options.workloads.iter().all(|it| it.is_default) && options.workloads.len() >= 3);
        assert!(parse("all --runs 3 --json").unwrap().workloads.len() > options.workloads.len());
    }

    #[test]
    fn an_unknown_workload_and_a_wrong_number_are_named() {
        assert!(parse("fannout").unwrap_err().to_string().contains("`fannout`"));
        assert!(parse("--runs 0").unwrap_err().to_string().contains("--runs is 0"));
        assert!(parse("--runs").unwrap_err().to_string().contains("--runs is nothing"));
    }

    #[test]
    fn what_depends_on_the_database_is_measured_on_one_or_on_both() {
        let of = |text| parse(text).unwrap().workloads.iter().map(|it| it.name).collect::<Vec<_>>();
        assert_eq!(of("data"), ["data-sqlite", "data-postgres"]);
        assert_eq!(of("messages-postgres one-channel"), ["messages-postgres", "one-channel"]);
        assert!(of("browser").len() > 5 && of("browser-heap") == ["browser-heap"]);
        assert!(parse("post").is_err() && parse("data-").is_err());
    }
}
