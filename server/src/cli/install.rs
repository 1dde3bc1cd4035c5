//! `smartlink install`: writes what is missing into a Laravel project's `.env`, as `reverb:install` does.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;
use rand::RngExt as _;

use super::{Console, Failure};
use crate::config::dotenv;

/// Characters of a made key and of a made secret, as many as Reverb's have.
const SECRET_CHARACTERS: usize = 20;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The file to complete
    #[arg(long, value_name = "FILE", default_value = ".env")]
    file: PathBuf,
}

/// Adds the variables that the file lacks, and leaves every line that is there.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    let path = &arguments.file;
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Failure::other(anyhow!("{} can't be read: {error}", path.display()))),
    };
    let known = dotenv::parse(&text)
        .map_err(|error| Failure::settings(anyhow!("{} can't be understood: {error}", path.display())))?;
    let missing: Vec<_> = variables().into_iter().filter(|(name, _)| !known.contains_key(*name)).collect();
    if missing.is_empty() {
        return console.line(&format!("{} has everything already; nothing was changed.", path.display()));
    }
    let mut completed = text;
    if !completed.is_empty() && !completed.ends_with('\n') {
        completed.push('\n');
    }
    if !completed.is_empty() {
        completed.push('\n');
    }
    for (name, value) in &missing {
        // Writing to a String can't fail.
        let _ = writeln!(completed, "{name}={value}");
    }
    fs::write(path, completed)
        .map_err(|error| Failure::other(anyhow!("{} can't be written: {error}", path.display())))?;
    let names: Vec<_> = missing.iter().map(|(name, _)| *name).collect();
    console.line(&format!("Added to {}: {}.", path.display(), names.join(", ")))?;
    console.line(&format!("Next: `smartlink serve --env-file {}` serves with them.", path.display()))
}

/// What Laravel, Echo and the server have to agree on.
fn variables() -> [(&'static str, String); 11] {
    let mut rng = rand::rng();
    let mut word = || -> String {
        (0..SECRET_CHARACTERS)
            .map(|_| char::from(b"abcdefghijklmnopqrstuvwxyz0123456789"[rng.random_range(0..36)]))
            .collect()
    };
    let (key, secret) = (word(), word());
    [
        ("BROADCAST_CONNECTION", "reverb".to_owned()),
        ("REVERB_APP_ID", rng.random_range(100_000..1_000_000).to_string()),
        ("REVERB_APP_KEY", key),
        ("REVERB_APP_SECRET", secret),
        ("REVERB_HOST", "\"localhost\"".to_owned()),
        ("REVERB_PORT", "8080".to_owned()),
        ("REVERB_SCHEME", "http".to_owned()),
        ("VITE_REVERB_APP_KEY", "\"${REVERB_APP_KEY}\"".to_owned()),
        ("VITE_REVERB_HOST", "\"${REVERB_HOST}\"".to_owned()),
        ("VITE_REVERB_PORT", "\"${REVERB_PORT}\"".to_owned()),
        ("VITE_REVERB_SCHEME", "\"${REVERB_SCHEME}\"".to_owned()),
    ]
}
