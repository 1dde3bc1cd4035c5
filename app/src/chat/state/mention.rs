//! Finds where somebody, or an emoji, is about to be named.

use crate::accounts::UserSummary;
use crate::letters::lower;

/// The most letters of a name that are looked for.
const MAX_CHARS: usize = 40;
/// The fewest letters of an emoji's name: a colon and one letter is a smile.
const MIN_EMOJI_CHARS: usize = 2;

/// What a name belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// `@` and a person's name.
    Person,
    /// `:` and an emoji's.
    Emoji,
}

/// A mark and the beginning of a name after it, up to the caret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    /// What is being named.
    pub named: Named,
    /// Where the mark stands, in bytes.
    start: usize,
    /// Where the caret stands, in bytes.
    end: usize,
    /// What is typed of the name, in lower case.
    pub name: String,
}

impl Naming {
    /// What is being named at the caret, which the browser counts in UTF-16 units.
    pub fn at(text: &str, caret: u32) -> Option<Self> {
        let end = byte_of(text, caret);
        let before = &text[..end];
        let find = |named, mark: char, may_be_name: fn(&str) -> bool| {
            let start = before.rfind(mark)?;
            let begins_word = before[..start].chars().next_back().is_none_or(|it| !it.is_alphanumeric() && it != mark);
            let name = &before[start + 1..];
            (begins_word && may_be_name(name)).then(|| Self { named, start, end, name: lower(name) })
        };
        find(Named::Emoji, ':', may_be_emoji).or_else(|| find(Named::Person, '@', may_be_person))
    }

    /// Whether somebody may be meant: the name, or a word of it, begins so.
    pub fn fits(&self, user: &UserSummary) -> bool {
        let name = lower(&user.name);
        name.starts_with(&self.name) || name.split_whitespace().any(|it| it.starts_with(&self.name))
    }

    /// The text with `chosen` in place of the mark and the name, and the caret after it in UTF-16 units.
    pub fn complete(&self, text: &str, chosen: &str) -> (String, u32) {
        let head = [&text[..self.start], chosen, " "].concat();
        let caret = head.encode_utf16().count();
        (head + text[self.end..].trim_start_matches(' '), u32::try_from(caret).unwrap_or(u32::MAX))
    }
}

fn may_be_person(name: &str) -> bool {
    !name.contains('\n')
        && name.chars().count() <= MAX_CHARS
        && !name.starts_with(' ')
        && name.matches(' ').count() <= 2
}

fn may_be_emoji(name: &str) -> bool {
    (MIN_EMOJI_CHARS..=MAX_CHARS).contains(&name.len())
        && name.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '_' | '+' | '-'))
}

/// Where a place that is counted in UTF-16 units lies, in bytes.
pub(super) fn byte_of(text: &str, units: u32) -> usize {
    let mut left = usize::try_from(units).unwrap_or(usize::MAX);
    for (at, character) in text.char_indices() {
        if left == 0 {
            return at;
        }
        left = left.saturating_sub(character.len_utf16());
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;

    fn user(name: &str) -> UserSummary {
        UserSummary { id: UserId(4), name: name.to_owned() }
    }

    fn naming(text: &str) -> Option<Naming> {
        Naming::at(text, u32::try_from(text.encode_utf16().count()).unwrap())
    }

    #[test]
    fn a_name_begins_with_an_at_where_a_word_begins() {
        assert_eq!(naming("Hi @Am").map(|it| it.name), Some("am".to_owned()));
        assert_eq!(naming("(@amina k").map(|it| it.name), Some("amina k".to_owned()));
        assert_eq!(naming("@").map(|it| it.name), Some(String::new()));
        for text in ["", "Hi", "me@example", "@ x", "@a\nb", "@one two three four"] {
            assert_eq!(naming(text), None, "{text:?}");
        }
    }

    #[test]
    fn an_emoji_is_named_by_a_colon_and_two_letters() {
        let emoji = |text: &str| naming(text).filter(|it| it.named == Named::Emoji).map(|it| it.name);
        assert_eq!(emoji("Off we go :Rock"), Some("rock".to_owned()));
        assert_eq!(emoji("@amina :+1"), Some("+1".to_owned()));
        for text in [":", ":p", ":)", ": no", "10:30", "https://a", "a::bc", "note: this"] {
            assert_eq!(emoji(text), None, "{text:?}");
        }
        let named = Naming::at("go :rock!", 8).unwrap();
        assert_eq!(named.complete("go :rock!", "🚀"), ("go 🚀 !".to_owned(), 6));
    }

    #[test]
    fn whoever_is_called_so_fits() {
        let named = naming("@k").unwrap();
        assert!(named.fits(&user("Amina K")) && named.fits(&user("kim")));
        assert!(!named.fits(&user("Jonas R")));
    }

    #[test]
    fn the_name_takes_the_place_of_what_was_typed_and_the_caret_stands_after_it() {
        let text = "😀 @am you?";
        let named = Naming::at(text, 6).unwrap();
        let (text, caret) = named.complete(text, "@Amina K");
        assert_eq!((text.as_str(), caret), ("😀 @Amina K you?", 12));
    }
}
