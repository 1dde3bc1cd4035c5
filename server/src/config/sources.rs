//! Where settings come from: the file, the environment, the flags; and which of them counts.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::error::{Origin, SettingProblem};
use super::section::Setting;

/// The file that is read if there is one and no other is named.
pub const DEFAULT_FILE: &str = "smartlink.toml";

/// A value as it was given, with who gave it.
#[derive(Debug, Clone)]
pub(super) struct RawValue {
    /// The text; an array of the file joined by commas.
    pub text: String,
    /// Who gave it.
    pub origin: Origin,
}

/// Everything that was said before the program began, besides the defaults.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The settings file that was asked for; without one [`DEFAULT_FILE`], if it exists.
    pub file: Option<PathBuf>,
    /// The environment.
    pub environment: HashMap<String, String>,
    /// Key, name of the flag, value.
    pub flags: Vec<(&'static str, &'static str, String)>,
}

impl Sources {
    /// The environment of this process, and nothing else. A variable that is no Unicode is left out.
    pub fn from_process() -> Self {
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self { environment: environment.collect(), ..Self::default() }
    }

    /// The settings file's table, if there is a file.
    pub(super) fn read_file(&self, problems: &mut Vec<SettingProblem>) -> Option<(PathBuf, toml::Table)> {
        let path = match &self.file {
            Some(path) => path.clone(),
            None if Path::new(DEFAULT_FILE).exists() => PathBuf::from(DEFAULT_FILE),
            None => return None,
        };
        let parsed = std::fs::read_to_string(&path)
            .map_err(|error| error.to_string())
            .and_then(|text| text.parse::<toml::Table>().map_err(|error| error.to_string()));
        match parsed {
            Ok(table) => Some((path, table)),
            Err(reason) => {
                problems.push(SettingProblem::File { path, reason });
                None
            }
        }
    }

    /// The values of one table of settings, by key: the file's, over them the environment's, over them the flags'.
    pub(super) fn layers(&self, settings: &[Setting], file: BTreeMap<String, RawValue>) -> BTreeMap<String, RawValue> {
        let mut values = file;
        for setting in settings {
            let named = setting.environment.iter().find_map(|name| Some((*name, self.environment.get(*name)?)));
            if let Some((name, text)) = named {
                let origin = Origin::Environment(name.to_owned());
                values.insert(setting.key.to_owned(), RawValue { text: text.clone(), origin });
            }
            if let Some((_, flag, text)) = self.flags.iter().rfind(|(key, ..)| *key == setting.key) {
                let origin = Origin::Flag((*flag).to_owned());
                values.insert(setting.key.to_owned(), RawValue { text: text.clone(), origin });
            }
        }
        values
    }
}

/// The text of a value of the file, as the environment would spell it.
pub(super) fn text_of(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(truth) => Some(truth.to_string()),
        toml::Value::Array(items) => {
            let texts: Option<Vec<_>> = items.iter().map(text_of).collect();
            texts.map(|it| it.join(","))
        }
        toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}
