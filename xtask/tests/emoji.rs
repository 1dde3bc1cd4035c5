//! The list of emoji that browsers load is made from the tables of Unicode, as the crate `emojis` has them.

use std::path::Path;

use emojis::{SkinTone, UnicodeVersion};
use serde_json::{Value, json};

/// Newer ones are empty boxes on many devices.
const NEWEST: UnicodeVersion = UnicodeVersion::new(15, 1);

/// Whether an emoji is coloured by one sign after it, as the app does it; those of several people are not.
fn takes_tone(emoji: &emojis::Emoji) -> bool {
    let toned: String = emoji.as_str().chars().filter(|it| *it != '\u{fe0f}').chain(['\u{1f3fb}']).collect();
    emoji.with_skin_tone(SkinTone::Light).is_some_and(|it| it.as_str() == toned)
}

/// `[sign, name, more words, takes a skin tone]` of each, a line each, in the order of Unicode's own lists.
fn list() -> String {
    let entry = |emoji: &emojis::Emoji| -> Value {
        let names = emoji.shortcodes().collect::<Vec<_>>().join(" ");
        json!([emoji.as_str(), emoji.name(), names, takes_tone(emoji)])
    };
    let entries: Vec<String> =
        emojis::iter().filter(|it| it.unicode_version() <= NEWEST).map(|it| entry(it).to_string()).collect();
    format!("[\n{}\n]\n", entries.join(",\n"))
}

/// `UPDATE_EMOJI=1 cargo test -p xtask --test emoji` writes the file anew.
#[test]
fn the_committed_emoji_are_those_of_unicode() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/emoji.json");
    let list = list();
    if std::env::var_os("UPDATE_EMOJI").is_some() {
        std::fs::write(&path, &list).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(committed == list, "write public/emoji.json anew: UPDATE_EMOJI=1");
    assert!(list.lines().count() > 1_500);
}
