//! The receivers of webhooks: `[[application.webhooks]]` and `[[applications.webhooks]]` in the settings file.

use std::path::Path;

use url::Url;

use super::error::{Origin, SettingProblem};
use super::reader::EffectiveSetting;
use crate::webhooks::{Webhook, WebhookKind};

/// The array of tables within an application's own.
pub(super) const KEY: &str = "webhooks";

/// Headers that are ours to set.
const RESERVED_HEADERS: [&str; 7] =
    ["content-type", "content-length", "host", "connection", "transfer-encoding", "x-pusher-key", "x-pusher-signature"];

/// Reads an application's receivers; notes everything that is wrong with them.
pub(super) fn read(
    path: &Path,
    section: &str,
    application: &toml::Table,
    effective: &mut Vec<EffectiveSetting>,
    problems: &mut Vec<SettingProblem>,
) -> Vec<Webhook> {
    let Some(value) = application.get(KEY) else { return Vec::new() };
    let mut webhooks: Vec<Webhook> = Vec::new();
    let place = Place { path, key: format!("{section}.{KEY}") };
    let Some(items) = value.as_array() else {
        problems.push(place.wrong(value, &format!("tables headed [[{section}.{KEY}]]")));
        return webhooks;
    };
    for (index, item) in items.iter().enumerate() {
        let place = Place { path, key: format!("{section}.{KEY}[{index}]") };
        let Some(table) = item.as_table() else {
            problems.push(place.wrong(item, "a table with at least url"));
            continue;
        };
        let Some(webhook) = place.webhook(table, problems) else { continue };
        if webhooks.iter().any(|it| it.url == webhook.url) {
            let expected = "an address of its own: join the events and prefixes of both in one table";
            problems.push(place.of("url").wrong_text(&webhook.url, expected));
            continue;
        }
        let origin = Origin::File(path.to_owned());
        effective.push(EffectiveSetting { key: place.of("url").key, shown: webhook.url.clone(), origin });
        webhooks.push(webhook);
    }
    webhooks
}

/// Where in the file something stands.
struct Place<'a> {
    path: &'a Path,
    key: String,
}

impl Place<'_> {
    fn of(&self, key: &str) -> Self {
        Self { path: self.path, key: format!("{}.{key}", self.key) }
    }

    fn wrong(&self, value: &toml::Value, expected: &str) -> SettingProblem {
        let value = match value {
            toml::Value::String(text) => format!("{text:?}"),
            other => format!("a {}", other.type_str()),
        };
        self.problem(value, expected)
    }

    fn wrong_text(&self, text: &str, expected: &str) -> SettingProblem {
        self.problem(format!("{text:?}"), expected)
    }

    fn problem(&self, value: String, expected: &str) -> SettingProblem {
        let origin = Origin::File(self.path.to_owned());
        SettingProblem::Value { key: self.key.clone(), origin, value, expected: expected.to_owned() }
    }

    fn webhook(&self, table: &toml::Table, problems: &mut Vec<SettingProblem>) -> Option<Webhook> {
        let before = problems.len();
        let mut webhook = Webhook::new("");
        for (key, value) in table {
            let place = self.of(key);
            match key.as_str() {
                "url" => match value.as_str().filter(|it| is_receiver(it)) {
                    Some(url) => url.clone_into(&mut webhook.url),
                    None => problems.push(place.wrong(
                        value,
                        "an address such as https://example.com/webhooks, without user and password (set a header instead)",
                    )),
                },
                "events" => webhook.kinds = place.kinds(value, problems),
                "channel_prefix" => webhook.channel_prefixes = place.texts(value, problems),
                "headers" => webhook.headers = place.headers(value, problems),
                _ => problems.push(SettingProblem::UnknownKey {
                    key: place.key,
                    path: self.path.to_owned(),
                    nearest: Some(format!("{}.url, events, channel_prefix or headers", self.key)),
                }),
            }
        }
        if !table.contains_key("url") {
            problems
                .push(self.of("url").problem("missing".to_owned(), "an address such as https://example.com/webhooks"));
        }
        (problems.len() == before).then_some(webhook)
    }

    fn kinds(&self, value: &toml::Value, problems: &mut Vec<SettingProblem>) -> Vec<WebhookKind> {
        let names = WebhookKind::ALL.map(WebhookKind::name).join(", ");
        let mut kinds = Vec::new();
        for name in self.texts(value, problems) {
            match WebhookKind::from_name(&name) {
                Some(kind) => kinds.push(kind),
                None => problems.push(self.wrong_text(&name, &format!("some of {names}"))),
            }
        }
        kinds
    }

    /// A text, or several in an array.
    fn texts(&self, value: &toml::Value, problems: &mut Vec<SettingProblem>) -> Vec<String> {
        let texts = match value {
            toml::Value::String(text) => Some(vec![text.clone()]),
            toml::Value::Array(items) => items.iter().map(|it| it.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        texts.unwrap_or_else(|| {
            problems.push(self.wrong(value, "a text, or an array of texts"));
            Vec::new()
        })
    }

    /// Values are not shown, since they may be secrets.
    fn headers(&self, value: &toml::Value, problems: &mut Vec<SettingProblem>) -> Vec<(String, String)> {
        let Some(table) = value.as_table() else {
            problems.push(self.wrong(value, "a table of names and texts"));
            return Vec::new();
        };
        let mut headers = Vec::new();
        for (name, value) in table {
            let is_good = name.parse::<axum::http::HeaderName>().is_ok()
                && value.as_str().is_some_and(|it| it.parse::<axum::http::HeaderValue>().is_ok());
            if RESERVED_HEADERS.iter().any(|it| it.eq_ignore_ascii_case(name)) {
                problems.push(self.of(name).problem("set".to_owned(), "another header: this one is set by the server"));
            } else if let Some(text) = value.as_str().filter(|_| is_good) {
                headers.push((name.clone(), text.to_owned()));
            } else {
                problems.push(self.of(name).problem("not shown".to_owned(), "a header's name and a text of one line"));
            }
        }
        headers
    }
}

fn is_receiver(text: &str) -> bool {
    Url::parse(text).is_ok_and(|it| {
        matches!(it.scheme(), "http" | "https") && it.has_host() && it.username().is_empty() && it.password().is_none()
    })
}
