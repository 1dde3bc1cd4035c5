//! The page of all settings, `docs/CONFIGURATION.md`, made from their declaration.

use std::fmt::Write as _;

use super::{all_sections, section::Setting};

const HEAD: &str = "\
# Settings

<!-- Made by `smartlink check-config --markdown`. Change the declaration in server/src/config/settings.rs instead. -->

Nothing has to be set: a first start with defaults works.

A setting comes from the first of these that names it: a flag (`smartlink serve --help`), the environment, the settings file, the default.
The settings file is `smartlink.toml` in the directory of the start, or the one named by `--config`.
`smartlink check-config` prints what counts and where it comes from, and says what is wrong without starting anything.

In the environment, `null`, `(null)`, `empty`, `(empty)` and an empty text stand for nothing; truth is `true` or `false`.
A wrong value stops the start with its name, its value and what would be right; so does a key of the file that is no setting.

`smartlink` ends with status 0 when all is done, 1 for what nobody foresaw, 2 for a wrong command line, 3 for a wrong setting, 4 if the address can't be listened on, 5 if the database can't be used, 6 if it refuses a command (no such account, a password too short), and 7 if no server answers, or the one that does is not well.

```toml
[server]
host = \"0.0.0.0\"
trusted_proxies = [\"10.0.0.0/8\"]

[application]
id = \"123456\"
key = \"your-key\"
secret = \"your-secret\"

# More tenants of the Pusher server, with the same keys as [application].
[[applications]]
id = \"234567\"
key = \"another-key\"
secret = \"another-secret\"

# Who is told by HTTP what happens on an application's channels, as often as there are receivers.
# Only `url` is needed. The events are channel_occupied, channel_vacated, member_added, member_removed,
# client_event, cache_miss and subscription_count.
[[applications.webhooks]]
url = \"https://example.com/webhooks\"
events = [\"member_added\", \"member_removed\"]
channel_prefix = [\"presence-\"]
headers = { Authorization = \"Bearer a-secret\" }
```
";

/// The whole page, in Markdown.
pub fn document() -> String {
    let mut page = HEAD.to_owned();
    for (name, doc, settings) in all_sections() {
        // Writing to a String can't fail.
        let _ = write!(page, "\n## [{name}]\n\n{}\n\n", doc.trim());
        page.push_str("| key | environment | default | value | meaning |\n| --- | --- | --- | --- | --- |\n");
        for setting in settings {
            push_row(&mut page, setting);
        }
    }
    page
}

fn push_row(page: &mut String, setting: &Setting) {
    let names: Vec<_> = setting.environment.iter().map(|it| format!("`{it}`")).collect();
    let default = if setting.default.is_empty() { String::new() } else { format!("`{}`", setting.default) };
    let key = setting.key.split_once('.').map_or(setting.key, |(_, key)| key);
    let _ = writeln!(
        page,
        "| `{key}` | {} | {default} | {} | {} |",
        names.join(", "),
        setting.expected,
        setting.doc.trim()
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_all_settings_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/CONFIGURATION.md");
        let stored = std::fs::read_to_string(path).unwrap_or_default();
        assert!(stored == document(), "run `smartlink check-config --markdown > docs/CONFIGURATION.md`");
    }
}
