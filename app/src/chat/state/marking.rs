//! Puts marks of Markdown around what is selected, or takes them away.

use super::mention::byte_of;

/// What is to become of a text. Places are counted in UTF-16 units, as browsers do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marking {
    /// From where to where it is replaced.
    pub replaced: (u32, u32),
    /// By what.
    pub text: String,
    /// What is selected then.
    pub selected: (u32, u32),
}

impl Marking {
    /// Puts `mark` around what is selected from `start` to `end`, without the blanks at its ends, between which and a mark
    /// Markdown sees none; takes it away where it stands there already.
    pub fn toggle(text: &str, (start, end): (u32, u32), mark: &str) -> Self {
        let (from, to) = (byte_of(text, start), byte_of(text, end));
        let selection = &text[from..to];
        let inner = selection.trim();
        let before = from + (selection.len() - selection.trim_start().len());
        let (from, to) = if inner.is_empty() { (from, from) } else { (before, before + inner.len()) };
        let length = units(mark);
        let (start, end) = (units(&text[..from]), units(&text[..to]));
        let bare = inner.strip_prefix(mark).and_then(|it| it.strip_suffix(mark)).filter(|it| !it.is_empty());
        if let Some(bare) = bare.filter(|it| !is_longer(it, it, mark)) {
            let selected = (start, end - 2 * length);
            return Self { replaced: (start, end), text: bare.to_owned(), selected };
        }
        let around = text[..from].strip_suffix(mark).zip(text[to..].strip_prefix(mark));
        if around.is_some_and(|(head, tail)| !is_longer(tail, head, mark)) {
            let selected = (start - length, end - length);
            return Self { replaced: (start - length, end + length), text: inner.to_owned(), selected };
        }
        let selected = (start + length, end + length);
        Self { replaced: (start, end), text: [mark, inner, mark].concat(), selected }
    }
}

/// Whether what was taken for the mark belongs to a longer one: `**` is not twice `*`, but `***` is both.
fn is_longer(after: &str, before: &str, mark: &str) -> bool {
    let more = after.chars().take_while(|it| mark.starts_with(*it)).count();
    let same = before.chars().rev().take_while(|it| mark.starts_with(*it)).count();
    mark == "*" && more == 1 && same == 1
}

fn units(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text after it, with brackets around what is selected; `[` and `]` in the text given tell what was before.
    fn toggled(text: &str, mark: &str) -> String {
        let (start, end) = (text.find('[').unwrap(), text.find(']').unwrap() - 1);
        let text = text.replace(['[', ']'], "");
        let Marking { replaced, text: by, selected } =
            Marking::toggle(&text, (units(&text[..start]), units(&text[..end])), mark);
        let mut after =
            [&text[..byte_of(&text, replaced.0)], by.as_str(), &text[byte_of(&text, replaced.1)..]].concat();
        after.insert(byte_of(&after, selected.1), ']');
        after.insert(byte_of(&after, selected.0), '[');
        after
    }

    #[test]
    fn a_mark_is_put_around_and_taken_away_again() {
        for (mark, before, after) in [
            ("**", "so [good] it is", "so **[good]** it is"),
            ("*", "[😀 ok]", "*[😀 ok]*"),
            ("`", "run []", "run `[]`"),
        ] {
            assert_eq!(toggled(before, mark), after);
            assert_eq!(toggled(after, mark), before);
        }
    }

    #[test]
    fn marks_that_are_selected_too_are_taken_away() {
        assert_eq!(toggled("so [**good**] it is", "**"), "so [good] it is");
        assert_eq!(toggled("[`a`]", "`"), "[a]");
    }

    #[test]
    fn blanks_at_the_ends_stay_outside() {
        assert_eq!(toggled("so[ good ]it is", "**"), "so **[good]** it is");
        assert_eq!(toggled("so[ ]good", "*"), "so*[]* good");
    }

    #[test]
    fn bold_is_not_taken_for_italic() {
        assert_eq!(toggled("**[good]**", "*"), "***[good]***");
        assert_eq!(toggled("***[good]***", "*"), "**[good]**");
        assert_eq!(toggled("***[good]***", "**"), "*[good]*");
        assert_eq!(toggled("[**good**]", "*"), "*[**good**]*");
    }
}
