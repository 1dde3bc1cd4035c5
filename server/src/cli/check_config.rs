//! `smartlink check-config`: the settings that count, or what is wrong with them.

use clap::Args;

use super::{Console, Failure};
use crate::config::{Config, Sources, document};

/// Flags of `check-config`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Print the page that documents all settings instead
    #[arg(long)]
    markdown: bool,
}

/// Prints; starts and writes nothing.
pub(super) fn run(arguments: &Arguments, sources: &Sources, console: &mut Console) -> Result<(), Failure> {
    if arguments.markdown {
        return console.line(document().trim_end());
    }
    let config = Config::load(sources).map_err(Failure::settings)?;
    let existing = config.existing_secrets().map_err(Failure::settings)?;
    for setting in &config.effective {
        console.line(&format!("{} = {}  ({})", setting.key, setting.shown, setting.origin))?;
    }
    console.line("")?;
    console.line(&format!("database: {}", config.database_target))?;
    console.line(&format!("site root: {}", config.site_root().display()))?;
    let file = config.secrets_file();
    let file = file.display();
    console.line(&match existing {
        Some(secrets) => {
            format!("secrets: ready (application {}, key {})", secrets.application_id, secrets.application_key)
        }
        None => format!("secrets: the first start will make them and keep them in {file}"),
    })?;
    for warning in config.warnings() {
        console.line(&format!("warning: {warning}"))?;
    }
    console.line("all settings are right")
}
