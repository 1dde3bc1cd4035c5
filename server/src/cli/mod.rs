//! The command line: one file a command.

mod check_config;
mod console;
mod doctor;
mod exit;
mod flags;
mod install;
mod migrate;
mod restart;
mod running;
mod serve;
mod status;
mod tap;
mod token;
mod user;
mod webhooks;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::store::{DatabaseSettings, Store};
use crate::telemetry;
use console::Console;
pub use exit::{ExitStatus, Failure};
use flags::SettingFlags;

/// A real-time platform, and a WebSocket server that speaks Pusher's protocol.
#[derive(Debug, Parser)]
#[command(name = "smartlink", version, after_help = exit::HELP)]
struct CommandLine {
    #[command(flatten)]
    flags: SettingFlags,
    /// What to do; `serve` without it.
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the app, its API and the WebSocket server.
    Serve,
    /// Show how the running server does: connections, channels, rates, health.
    Status(status::Arguments),
    /// Show frames of the running server as they pass, filtered and sampled.
    Tap(tap::Arguments),
    /// Drain the running server and have it begin anew, without closing its port.
    Restart(restart::Arguments),
    /// Find what a proxy, TLS or origin setting breaks on the way to a server, and how to mend it.
    Doctor(doctor::Arguments),
    /// Write what is missing into a Laravel project's .env, as reverb:install does.
    Install(install::Arguments),
    /// Bring the database's schema up to date, and say what was done.
    Migrate,
    /// Print the settings that count and where each comes from.
    CheckConfig(check_config::Arguments),
    /// Open accounts and change what they may do.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Make, list and revoke tokens for the API.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Show webhooks that were given up, and send them again.
    #[command(subcommand)]
    Webhooks(webhooks::WebhooksCommand),
    /// Print the version.
    Version,
}

/// The database with its schema up to date, for commands that change what is stored.
async fn open_store(config: &Config) -> Result<Store, Failure> {
    let store = Store::connect(&config.database_target).await?;
    store.migrate().await?;
    Ok(store)
}

/// The database as [`open_store`] has it, for commands about what is there already: in a folder where no server was ever
/// started they would make a new one, and find nobody in it.
async fn open_existing_store(config: &Config) -> Result<Store, Failure> {
    match &config.database_target {
        DatabaseSettings::Sqlite { path } if !path.exists() => Err(Failure::refused(format!(
            "there is no database {}: run this in the folder that the server was started in, or name its file with \
             DB_DATABASE",
            std::path::absolute(path).unwrap_or_else(|_| path.clone()).display()
        ))),
        _ => open_store(config).await,
    }
}

/// Runs the command that was asked for; says what went wrong on standard error.
pub fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    let mut console = Console::new();
    match run(command_line, &mut console) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            console.complain(&format!("smartlink: {failure}"));
            failure.exit_code()
        }
    }
}

fn run(command_line: CommandLine, console: &mut Console) -> Result<(), Failure> {
    let command = command_line.command.unwrap_or(Command::Serve);
    if matches!(command, Command::Version) {
        return console.line(concat!("smartlink ", env!("CARGO_PKG_VERSION")));
    }
    if let Command::Install(arguments) = &command {
        return install::run(arguments, console);
    }
    let sources = command_line.flags.sources()?;
    if let Command::CheckConfig(arguments) = &command {
        return check_config::run(arguments, &sources, console);
    }
    let config = Config::load(&sources).map_err(Failure::settings)?;
    telemetry::start(&config.log);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::other)?;
    runtime.block_on(async {
        match command {
            Command::Serve => serve::run(config, sources, console).await,
            Command::Status(arguments) => status::run(arguments, config, console).await,
            Command::Tap(arguments) => tap::run(arguments, config, console).await,
            Command::Doctor(arguments) => doctor::run(arguments, config, console).await,
            Command::Restart(arguments) => restart::run(arguments, config, console).await,
            Command::Migrate => migrate::run(config, console).await,
            Command::User(command) => user::run(command, config, console).await,
            Command::Token(command) => token::run(command, config, console).await,
            Command::Webhooks(command) => webhooks::run(command, config, console).await,
            Command::CheckConfig(_) | Command::Install(_) | Command::Version => Ok(()),
        }
    })
}
