//! The project's commands: `cargo xtask <command>`. `cargo xtask help` lists them.
//!
//! It takes the steps of `cargo leptos`, with the same libraries and from the same `[[workspace.metadata.leptos]]`, but
//! comes with the checkout: nothing has to be installed first, and the tools' versions stand in the lockfiles.
#![expect(clippy::print_stdout, reason = "a command-line tool talks on its standard output")]

use std::process::ExitCode;

mod arguments;
mod bench;
mod command;
mod live;
mod process;
mod site;
mod step;
mod suite;
mod toolchain;
mod workspace;

fn main() -> ExitCode {
    match command::dispatch(std::env::args().skip(1)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
