//! Reads the values of a section, notes what is wrong, and remembers where each came from.

use std::collections::BTreeMap;

use super::error::{Origin, SettingProblem};
use super::sources::RawValue;
use super::value::{SettingValue, is_null};

/// A setting as it counts, for `check-config`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveSetting {
    /// Its key, with section.
    pub key: String,
    /// Its value; a secret's is masked.
    pub shown: String,
    /// Who said so.
    pub origin: Origin,
}

/// Hands out the values of one section.
pub(crate) struct Reader<'a> {
    /// What stands before the field's name in messages and in `values`.
    pub(super) section: String,
    /// Key in the file to value.
    pub(super) values: &'a BTreeMap<String, RawValue>,
    /// What counts, in the order of reading.
    pub(super) effective: &'a mut Vec<EffectiveSetting>,
    /// What is wrong.
    pub(super) problems: &'a mut Vec<SettingProblem>,
}

impl Reader<'_> {
    /// The value of a field; `None` if it is wrong, which has been noted then.
    pub(crate) fn value<T: SettingValue>(&mut self, field: &str, default: &str) -> Option<T> {
        let key = format!("{}.{field}", self.section);
        let given = self.values.get(&key).filter(|raw| T::IS_OPTIONAL || !is_null(&raw.text));
        let (text, origin) = given.map_or((default, Origin::Default), |raw| (raw.text.as_str(), raw.origin.clone()));
        let Some(value) = T::parse(text) else {
            let value = if T::IS_SECRET { "a secret that is not shown".to_owned() } else { format!("{text:?}") };
            self.problems.push(SettingProblem::Value { key, origin, value, expected: T::EXPECTED.to_owned() });
            return None;
        };
        self.effective.push(EffectiveSetting { key, shown: value.show(), origin });
        Some(value)
    }
}
