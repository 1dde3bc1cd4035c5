//! The reactions that are offered, by name. Others that somebody has set are shown as they are.

/// The sign and its name.
pub(super) const OFFERED: [(&str, &str); 24] = [
    ("👍", "Thumbs up"),
    ("❤️", "Heart"),
    ("😂", "Tears of joy"),
    ("🎉", "Party popper"),
    ("😮", "Surprised"),
    ("😢", "Crying"),
    ("🙏", "Thank you"),
    ("🔥", "Fire"),
    ("👀", "Eyes"),
    ("✅", "Done"),
    ("❌", "Cross"),
    ("💯", "Hundred"),
    ("🚀", "Rocket"),
    ("👏", "Clapping"),
    ("🤔", "Thinking"),
    ("😄", "Smiling"),
    ("😅", "Sweating smile"),
    ("😍", "Heart eyes"),
    ("🙌", "Raised hands"),
    ("💪", "Strong"),
    ("👎", "Thumbs down"),
    ("⚠️", "Warning"),
    ("💰", "Money"),
    ("📈", "Rising chart"),
];

/// The name of an emoji; the sign itself where it has none here.
pub(super) fn name_of(emoji: &str) -> &str {
    OFFERED.iter().find(|(sign, _)| *sign == emoji).map_or(emoji, |(_, name)| name)
}
