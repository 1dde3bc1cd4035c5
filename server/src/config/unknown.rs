//! Keys of the file that are no settings: most often a slip of the finger, so the nearest right key is named.

use std::collections::HashMap;
use std::path::Path;

use super::all_sections;
use super::error::{Origin, SettingProblem};
use super::sources::text_of;

/// The array of tables with further applications.
pub(super) const MORE_APPLICATIONS: &str = "applications";

/// Notes every key of the file that is no setting, and every value of a kind that no setting has.
pub(super) fn check(path: &Path, file: &toml::Table, problems: &mut Vec<SettingProblem>) {
    for (section, value) in file {
        if section == MORE_APPLICATIONS {
            check_applications(path, value, problems);
        } else if let Some(table) = value.as_table().filter(|_| is_section(section)) {
            check_table(path, section, section, table, problems);
        } else if is_section(section) {
            problems.push(wrong_kind(path, section, value, "a table of settings"));
        } else {
            problems.push(unknown_key(path, section.clone(), section));
        }
    }
}

fn is_section(name: &str) -> bool {
    all_sections().iter().any(|(section, ..)| *section == name)
}

fn check_applications(path: &Path, value: &toml::Value, problems: &mut Vec<SettingProblem>) {
    const EXPECTED: &str = "tables headed [[applications]]";
    let Some(items) = value.as_array() else {
        problems.push(wrong_kind(path, MORE_APPLICATIONS, value, EXPECTED));
        return;
    };
    for (index, item) in items.iter().enumerate() {
        let shown = format!("{MORE_APPLICATIONS}[{index}]");
        match item.as_table() {
            Some(table) => check_table(path, "application", &shown, table, problems),
            None => problems.push(wrong_kind(path, &shown, item, EXPECTED)),
        }
    }
}

fn check_table(path: &Path, section: &str, shown: &str, table: &toml::Table, problems: &mut Vec<SettingProblem>) {
    for (key, value) in table {
        if section == "application" && key == super::webhooks::KEY {
            continue; // read by a reader of its own, which checks it
        }
        let full = format!("{section}.{key}");
        if !all_keys().any(|it| it == full) {
            problems.push(unknown_key(path, format!("{shown}.{key}"), &full));
        } else if text_of(value).is_none() {
            problems.push(wrong_kind(path, &format!("{shown}.{key}"), value, "a text, a number, true or false"));
        }
    }
}

/// Prefixes of the names that settings have in the environment and other programs' variables have not.
const PREFIXES: [&str; 2] = ["SMARTLINK_", "REVERB_"];

/// Variables that are no setting but nearly the name of one, in the order of their names. Others may be somebody else's.
pub(super) fn misspelt(environment: &HashMap<String, String>) -> Vec<(String, &'static str)> {
    let names = || all_sections().into_iter().flat_map(|(_, _, settings)| settings).flat_map(|it| it.environment);
    let nearest = |name: &str| {
        let prefix = PREFIXES.iter().find(|it| name.starts_with(**it))?;
        let likeness = |known: &str| strsim::normalized_damerau_levenshtein(&name[prefix.len()..], known);
        names()
            .filter_map(|known| Some((likeness(known.strip_prefix(prefix)?), *known)))
            .filter(|(likeness, _)| *likeness > 0.7)
            .max_by(|one, other| one.0.total_cmp(&other.0))
            .map(|(_, known)| known)
    };
    let unknown = environment.keys().filter(|name| !names().any(|known| known == name));
    let mut misspelt: Vec<_> = unknown.filter_map(|name| Some((name.clone(), nearest(name)?))).collect();
    misspelt.sort();
    misspelt
}

fn all_keys() -> impl Iterator<Item = &'static str> {
    all_sections().into_iter().flat_map(|(_, _, settings)| settings.iter().map(|it| it.key))
}

fn unknown_key(path: &Path, key: String, alike: &str) -> SettingProblem {
    let candidates = all_sections().into_iter().map(|(section, ..)| section).chain(all_keys());
    let nearest = candidates
        .map(|it| (strsim::normalized_damerau_levenshtein(alike, it), it))
        .filter(|(likeness, _)| *likeness > 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, it)| it.to_owned());
    SettingProblem::UnknownKey { key, path: path.to_owned(), nearest }
}

fn wrong_kind(path: &Path, key: &str, value: &toml::Value, expected: &str) -> SettingProblem {
    SettingProblem::Value {
        key: key.to_owned(),
        origin: Origin::File(path.to_owned()),
        value: format!("a {}", value.type_str()),
        expected: expected.to_owned(),
    }
}
