//! Messages and their rules, the same in the composer and on the server.

use serde::{Deserialize, Serialize};

use crate::accounts::UserSummary;
use crate::ids::{ClientId, MessageId};
use crate::time::Timestamp;

/// The most characters that a message may have, once trimmed.
pub const MAX_MESSAGE_CHARS: usize = 4_000;

/// Unread messages are counted up to here: 100 means 100 or more.
pub const MAX_COUNTED_UNREAD: u32 = 100;

/// A chat message as everybody who may read it sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Message {
    /// Rises in the order in which messages were accepted; lists are sorted by it, never by the clock.
    pub id: MessageId,
    /// The id that its author's client gave it; the author's own bubble is found by it.
    pub client_id: ClientId,
    /// Who wrote it.
    pub user: UserSummary,
    /// What was written: Markdown source, 1 to 4 000 characters, without spaces at its ends. Empty once deleted.
    pub body: String,
    /// The body as sanitised HTML, made by the server. Empty once deleted.
    pub body_html: String,
    /// When the server accepted it.
    pub created_at: Timestamp,
    /// How often it was changed: each edit, reaction and deletion counts. Of two versions of a message the one with the
    /// higher revision is the newer, whichever came in first.
    #[serde(default)]
    pub revision: u32,
    /// When its text was changed last.
    #[serde(default)]
    pub edited_at: Option<Timestamp>,
    /// When it was deleted; its place stays.
    #[serde(default)]
    pub deleted_at: Option<Timestamp>,
    /// The message that it answers.
    #[serde(default)]
    pub reply_to: Option<Quote>,
    /// Who is named in it with an `@`.
    #[serde(default)]
    pub mentions: Vec<UserSummary>,
    /// What people think of it, the first reaction first.
    #[serde(default)]
    pub reactions: Vec<Reaction>,
}

impl Message {
    /// A message as it is when it has just been accepted: unchanged, and without reactions.
    pub fn new(
        id: MessageId,
        client_id: ClientId,
        user: UserSummary,
        body: String,
        body_html: String,
        created_at: Timestamp,
    ) -> Self {
        Self {
            id,
            client_id,
            user,
            body,
            body_html,
            created_at,
            revision: 0,
            edited_at: None,
            deleted_at: None,
            reply_to: None,
            mentions: Vec::new(),
            reactions: Vec::new(),
        }
    }
}

/// The message that another one answers, as far as it is shown there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Quote {
    /// Which message.
    pub message_id: MessageId,
    /// Who wrote it.
    pub user: UserSummary,
    /// Its beginning in one line, see [`excerpt`]. Empty if it was deleted.
    pub excerpt: String,
    /// Whether it was deleted.
    pub is_deleted: bool,
}

/// One emoji below a message, and who has set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Reaction {
    /// The emoji; see [`validate_emoji`].
    pub emoji: String,
    /// How many people have set it.
    pub count: u32,
    /// Some of them, at most 20: the reader first if they are among them, then in the order of setting.
    pub users: Vec<UserSummary>,
}

/// The most characters of an [`excerpt`].
pub const MAX_EXCERPT_CHARS: usize = 140;

/// The beginning of a message's source in one line, for lists and quotes.
pub fn excerpt(body: &str) -> String {
    let words: Vec<&str> = body.split_whitespace().take(MAX_EXCERPT_CHARS).collect();
    let line = words.join(" ");
    match line.char_indices().nth(MAX_EXCERPT_CHARS) {
        Some(_) => line.chars().take(MAX_EXCERPT_CHARS - 1).chain(['…']).collect(),
        None => line,
    }
}

/// The most bytes of one emoji: a family of four with skin tones has 41, a flag of a region 28.
const MAX_EMOJI_BYTES: usize = 64;

/// Whether a text is one emoji, as far as that can be told without the tables of Unicode: signs of the emoji's blocks,
/// and what joins them.
///
/// # Errors
/// What is wrong with it, as the end of a sentence that begins with the field's name.
pub fn validate_emoji(emoji: &str) -> Result<(), String> {
    let is_sign = |it: char| {
        // Letters are those of scripts, but for `ℹ`, `Ⓜ`, and those in squares among the last, such as the blood types.
        let is_common = matches!(it, '\u{a9}' | '\u{ae}' | '\u{203c}'..='\u{3299}') && !it.is_alphabetic();
        is_common || matches!(it, '\u{2139}' | '\u{24c2}' | '\u{1f000}'..='\u{1faff}')
    };
    let is_keycap = |it: char| matches!(it, '0'..='9' | '#' | '*');
    let joins = |it: char| matches!(it, '\u{200d}' | '\u{20e3}' | '\u{fe0e}' | '\u{fe0f}' | '\u{e0020}'..='\u{e007f}');
    let begins_well =
        emoji.chars().next().is_some_and(|it| is_sign(it) || (is_keycap(it) && emoji.ends_with('\u{20e3}')));
    let is_emoji = begins_well
        && emoji.len() <= MAX_EMOJI_BYTES
        && emoji.chars().skip(1).all(|it| (is_sign(it) || joins(it)) && it != '\u{3000}');
    let shown: String = emoji.chars().take(40).collect();
    if is_emoji { Ok(()) } else { Err(format!("`{shown}` is no emoji: expected one, such as 👍")) }
}

/// The body as it is stored: line ends made `\n`, trimmed.
///
/// Control characters other than line break and tab are refused, since no keyboard makes them and no page shows them.
///
/// # Errors
/// What is wrong with it, as the end of a sentence that begins with the field's name.
pub fn validate_body(body: &str) -> Result<String, String> {
    let body = body.replace("\r\n", "\n").replace('\r', "\n");
    let body = body.trim();
    let chars = body.chars().count();
    if chars == 0 {
        return Err(format!("is empty: expected 1 to {MAX_MESSAGE_CHARS} characters"));
    }
    if chars > MAX_MESSAGE_CHARS {
        return Err(format!("has {chars} characters: expected 1 to {MAX_MESSAGE_CHARS}"));
    }
    if let Some(control) = body.chars().find(|it| it.is_control() && !matches!(it, '\n' | '\t')) {
        return Err(format!("has the control character U+{:04X}: expected visible text", u32::from(control)));
    }
    Ok(body.to_owned())
}

/// Where a reader stands in a channel's event log: all events up to `offset` of this `epoch` are known.
///
/// An epoch is drawn when a channel's numbering begins; another epoch means that offsets can't be compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct ChannelPosition {
    /// Random text, fixed for the life of the numbering.
    pub epoch: String,
    /// Number of the last event known; 0 before the first.
    pub offset: u64,
}

/// A stretch of a conversation's history, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagePage {
    /// The messages, by rising id.
    pub messages: Vec<Message>,
    /// Whether there are older ones than the first.
    pub has_older: bool,
    /// Whether there are newer ones than the last.
    pub has_newer: bool,
    /// The channel's position before the messages were read: subscribing from here misses nothing.
    pub position: ChannelPosition,
    /// The last message that the reader has read; the unread line stands after it.
    pub read_up_to: Option<MessageId>,
    /// How often the read position was moved; the higher one is the newer, also where it lies further back.
    #[serde(default)]
    pub read_revision: u32,
    /// How many messages of others follow the read position, counted up to [`MAX_COUNTED_UNREAD`].
    #[serde(default)]
    pub unread_count: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_trimmed_and_its_line_ends_made_one_kind() {
        assert_eq!(validate_body("  a\r\nb\rc \n"), Ok("a\nb\nc".to_owned()));
    }

    #[test]
    fn a_body_has_1_to_4000_characters() {
        assert!(validate_body(&"ö".repeat(4_000)).is_ok());
        assert!(validate_body(&"ö".repeat(4_001)).is_err_and(|it| it.contains("4001")));
        assert!(validate_body(" \n\t ").is_err());
        assert!(validate_body("a\0b").is_err_and(|it| it.contains("U+0000")));
    }

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(excerpt("a\n\n  b\tc"), "a b c");
        let long = excerpt(&"ö".repeat(200));
        assert_eq!((long.chars().count(), long.chars().last()), (MAX_EXCERPT_CHARS, Some('…')));
    }

    #[test]
    fn an_emoji_is_told_from_a_text() {
        for emoji in ["👍", "👍🏽", "❤️", "❤", "👨‍👩‍👧‍👦", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "☺️", "✅", "⭐"]
        {
            assert!(validate_emoji(emoji).is_ok(), "{emoji}");
        }
        for text in ["", "a", "+1", "thumbs up", "<b>", "1", "👍a", "\u{202e}", "東", "👍\n", &"👍".repeat(20)] {
            assert!(validate_emoji(text).is_err(), "{text:?} was taken for an emoji");
        }
    }
}
