//! Emoji by name: the reactions that are offered, and all others by a search.

use serde::Deserialize;

use crate::letters::lower;

/// The sign, its name, and whether it comes in skin tones.
pub(super) const OFFERED: [(&str, &str, bool); 24] = [
    ("👍", "Thumbs up", true),
    ("❤️", "Heart", false),
    ("😂", "Tears of joy", false),
    ("🎉", "Party popper", false),
    ("😮", "Surprised", false),
    ("😢", "Crying", false),
    ("🙏", "Thank you", true),
    ("🔥", "Fire", false),
    ("👀", "Eyes", false),
    ("✅", "Done", false),
    ("❌", "Cross", false),
    ("💯", "Hundred", false),
    ("🚀", "Rocket", false),
    ("👏", "Clapping", true),
    ("🤔", "Thinking", false),
    ("😄", "Smiling", false),
    ("😅", "Sweating smile", false),
    ("😍", "Heart eyes", false),
    ("🙌", "Raised hands", true),
    ("💪", "Strong", true),
    ("👎", "Thumbs down", true),
    ("⚠️", "Warning", false),
    ("💰", "Money", false),
    ("📈", "Rising chart", false),
];

/// Where all emoji stand, as a list of [`Emoji`]. Loaded when somebody looks for one.
pub(super) const ALL: &str = "/emoji.json";

/// The most that a search shows.
const MAX_FOUND: usize = 48;

/// An emoji of the file: the sign, its name, more words for it, and whether it comes in skin tones.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Emoji(pub(super) String, pub(super) String, pub(super) String, pub(super) bool);

/// The name of an emoji in whatever skin tone; the sign itself where it has none here.
pub(super) fn name_of(emoji: &str) -> &str {
    let is_it = |sign: &str| sign.chars().eq(emoji.chars().filter(|it| !('\u{1f3fb}'..='\u{1f3ff}').contains(it)));
    OFFERED.iter().find(|(sign, ..)| is_it(sign)).map_or(emoji, |(_, name, _)| name)
}

/// The sign in a skin tone, 1 to 5; as it is for 0, and where it comes in none.
pub(super) fn in_tone(sign: &str, takes_tone: bool, tone: u32) -> String {
    let modifier = tone.checked_sub(1).filter(|it| takes_tone && *it < 5).and_then(|it| char::from_u32(0x1_f3fb + it));
    match modifier {
        // A sign that is coloured needs no word that it is to be in colour.
        Some(modifier) => sign.chars().filter(|it| *it != '\u{fe0f}').chain([modifier]).collect(),
        None => sign.to_owned(),
    }
}

/// The emoji that fit what somebody types: every word of it begins a word of the name or of those beside it; those that
/// it is the name of come first.
pub(super) fn found(all: &[Emoji], search: &str) -> Vec<Emoji> {
    let search = lower(search.trim());
    if search.is_empty() {
        return Vec::new();
    }
    let begins = |text: &str, word: &str| text.split([' ', '_', '-', ':']).any(|it| it.starts_with(word));
    let fits = |it: &&Emoji| search.split_whitespace().all(|word| begins(&it.1, word) || begins(&it.2, word));
    let is_named = |it: &&Emoji| it.1 == search || it.2.split(' ').any(|name| name == search);
    let (mut named, others): (Vec<&Emoji>, Vec<&Emoji>) = all.iter().filter(fits).partition(is_named);
    named.extend(others);
    named.into_iter().take(MAX_FOUND).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Emoji> {
        serde_json::from_str(&std::fs::read_to_string("../public/emoji.json").unwrap()).unwrap()
    }

    #[test]
    fn an_emoji_is_found_by_the_beginnings_of_its_words() {
        let all = all();
        let signs = |search: &str| found(&all, search).into_iter().map(|it| it.0).collect::<Vec<_>>();
        assert_eq!(signs("rocket"), ["🚀"]);
        assert_eq!(signs("  ROCK ").first().map(String::as_str), Some("🪨"), "what has the very name comes first");
        assert!(signs("tada").contains(&"🎉".to_owned()));
        assert!(signs("heart eyes").contains(&"😍".to_owned()));
        assert!(signs("cket").is_empty() && signs(" ").is_empty() && signs("qqq").is_empty());
        assert_eq!(signs("a").len(), MAX_FOUND);
    }

    #[test]
    fn every_emoji_can_be_set_in_every_tone() {
        for Emoji(sign, name, _, takes_tone) in all() {
            for tone in 0..=6 {
                let toned = in_tone(&sign, takes_tone, tone);
                assert_eq!(crate::chat::model::validate_emoji(&toned), Ok(()), "{name}: {toned}");
            }
        }
        assert_eq!([in_tone("👍", true, 0), in_tone("👍", true, 5), in_tone("🚀", false, 5)], ["👍", "👍🏿", "🚀"]);
        assert_eq!(in_tone("☝️", true, 1), "☝🏻");
    }

    #[test]
    fn a_name_counts_in_every_tone() {
        assert_eq!([name_of("👍"), name_of("👍🏽"), name_of("🪨")], ["Thumbs up", "Thumbs up", "🪨"]);
    }

    #[test]
    fn what_is_offered_is_an_emoji_of_the_file() {
        let all = all();
        for (sign, name, takes_tone) in OFFERED {
            let known = all.iter().find(|it| it.0 == sign);
            assert_eq!(known.map(|it| it.3), Some(takes_tone), "{name}");
        }
    }
}
