//! Every key of the app, in one table: the handlers go by it, and the help shows it.

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortcut {
    /// Opens search and commands.
    Switcher,
    /// Puts the focus into the page's filter.
    Filter,
    /// Opens the list of keys.
    Help,
    /// To the next part of the page.
    NextRegion,
    /// To the part before.
    PreviousRegion,
    /// To the conversation above.
    PreviousConversation,
    /// To the conversation below.
    NextConversation,
    /// To the unread conversation above.
    PreviousUnread,
    /// To the unread conversation below.
    NextUnread,
    /// Asks whether everything is to count as read.
    MarkAllRead,
    /// To the section with this path.
    Go(&'static str),
}

/// Where a key works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// On every page.
    Anywhere,
    /// In the list of messages.
    Messages,
    /// In the field that messages are written in.
    Composer,
    /// In the list of notifications.
    Notifications,
}

impl Area {
    /// All of them, in the order of the help.
    pub const ALL: [Self; 4] = [Self::Anywhere, Self::Messages, Self::Composer, Self::Notifications];

    /// Its heading in the help.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Anywhere => "Anywhere",
            Self::Messages => "Messages",
            Self::Composer => "Writing",
            Self::Notifications => "Notifications",
        }
    }
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// Where it works.
    pub area: Area,
    /// `Mod+k`, `Alt+ArrowUp`, `?`; two keys after each other as `g c`. `Mod` is Ctrl, or Cmd on a Mac.
    pub keys: &'static str,
    /// What it does, in the help.
    pub text: &'static str,
    /// What it does; nothing for keys that belong to the element with the focus.
    pub shortcut: Option<Shortcut>,
}

const fn row(area: Area, keys: &'static str, text: &'static str, shortcut: Shortcut) -> Binding {
    Binding { area, keys, text, shortcut: Some(shortcut) }
}

const fn local(area: Area, keys: &'static str, text: &'static str) -> Binding {
    Binding { area, keys, text, shortcut: None }
}

/// The table.
pub const TABLE: &[Binding] = &[
    row(Area::Anywhere, "Mod+k", "Search and commands", Shortcut::Switcher),
    row(Area::Anywhere, "/", "Filter this page", Shortcut::Filter),
    row(Area::Anywhere, "?", "This list", Shortcut::Help),
    row(Area::Anywhere, "F6", "Next part of the page", Shortcut::NextRegion),
    row(Area::Anywhere, "Shift+F6", "Part before", Shortcut::PreviousRegion),
    row(Area::Anywhere, "Alt+ArrowUp", "Conversation above", Shortcut::PreviousConversation),
    row(Area::Anywhere, "Alt+ArrowDown", "Conversation below", Shortcut::NextConversation),
    row(Area::Anywhere, "Alt+Shift+ArrowUp", "Unread conversation above", Shortcut::PreviousUnread),
    row(Area::Anywhere, "Alt+Shift+ArrowDown", "Unread conversation below", Shortcut::NextUnread),
    row(Area::Anywhere, "g c", "Go to Chat", Shortcut::Go("/")),
    row(Area::Anywhere, "g p", "Go to People", Shortcut::Go("/people")),
    row(Area::Anywhere, "g n", "Go to Notifications", Shortcut::Go("/notifications")),
    row(Area::Anywhere, "g s", "Go to Settings", Shortcut::Go("/settings")),
    local(Area::Anywhere, "Escape", "Close the top thing"),
    local(Area::Messages, "ArrowUp", "Message above"),
    local(Area::Messages, "ArrowDown", "Message below"),
    local(Area::Messages, "End", "Newest message"),
    local(Area::Messages, "Enter", "What can be done with it"),
    local(Area::Messages, "r", "Reply"),
    local(Area::Messages, "e", "Edit"),
    local(Area::Messages, "+", "React"),
    local(Area::Messages, "u", "Mark unread from here"),
    local(Area::Messages, "c", "Copy link"),
    local(Area::Messages, "Delete", "Delete"),
    local(Area::Messages, "Escape", "Mark as read, and back to writing"),
    row(Area::Messages, "Shift+Escape", "Mark all conversations as read", Shortcut::MarkAllRead),
    local(Area::Composer, "Enter", "Send"),
    local(Area::Composer, "Shift+Enter", "New line"),
    local(Area::Composer, "Mod+Enter", "Send, whatever Enter does"),
    local(Area::Composer, "ArrowUp", "Edit the last message, where nothing is written"),
    local(Area::Composer, "@", "Name somebody"),
    local(Area::Composer, ":", "Write an emoji, by its name"),
    local(Area::Composer, "Mod+b", "Bold"),
    local(Area::Composer, "Mod+i", "Italic"),
    local(Area::Composer, "Mod+Shift+c", "Code"),
    local(Area::Composer, "Escape", "Leave the answer or the edit, or mark as read"),
    local(Area::Notifications, "ArrowUp", "Notification above"),
    local(Area::Notifications, "ArrowDown", "Notification below"),
    local(Area::Notifications, "Enter", "Open"),
    local(Area::Notifications, "e", "Mark as read"),
    local(Area::Notifications, "Shift+E", "Mark all as read"),
];

/// A key as it was pressed, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about one press")]
pub struct Press {
    /// The key's name: `k`, `?`, `ArrowUp`.
    pub key: String,
    /// Whether Ctrl or Cmd is held.
    pub is_mod: bool,
    /// Whether Alt is held.
    pub is_alt: bool,
    /// Whether Shift is held.
    pub is_shift: bool,
    /// Whether it goes into a text, or somebody composes a letter of more than one key.
    pub is_typing: bool,
    /// Whether a dialog is open.
    pub is_in_dialog: bool,
}

/// How long the second key of two may take.
const SEQUENCE_MS: i64 = 1_500;

/// Finds out what is meant, also by two keys after each other.
#[derive(Debug, Clone, Default)]
pub struct Recognizer {
    first: Option<(String, i64)>,
}

impl Recognizer {
    /// What a press means now. `has_single_keys` is the person's setting; keys that are held with others always count.
    pub fn press(&mut self, press: &Press, now_ms: i64, has_single_keys: bool) -> Option<Shortcut> {
        let first = self.first.take().filter(|(_, at_ms)| now_ms - at_ms <= SEQUENCE_MS).map(|(key, _)| key);
        let may_single = has_single_keys && !press.is_typing && !press.is_in_dialog;
        let candidates = || TABLE.iter().filter(|it| may_single || !is_single(it.keys)).filter(|_| !press.is_in_dialog);
        if let Some(first) = first {
            let both = format!("{first} {}", press.key);
            if let Some(found) = candidates().find(|it| it.keys == both) {
                return found.shortcut;
            }
        }
        if let Some(found) = candidates().find(|it| it.shortcut.is_some() && matches(it.keys, press)) {
            return found.shortcut;
        }
        let is_plain = may_single && !press.is_mod && !press.is_alt;
        if is_plain && TABLE.iter().any(|it| it.keys.split_once(' ').is_some_and(|(first, _)| first == press.key)) {
            self.first = Some((press.key.clone(), now_ms));
        }
        None
    }
}

/// Whether it is typed like text: no modifier, and a sign on the key.
fn is_single(keys: &str) -> bool {
    keys.split(' ').all(|it| it.chars().count() == 1)
}

fn matches(keys: &str, press: &Press) -> bool {
    let mut parts: Vec<&str> = keys.split('+').collect();
    let Some(key) = parts.pop() else { return false };
    let has = |name| parts.contains(&name);
    // Which sign needs Shift is the keyboard's matter.
    let is_sign = key.chars().count() == 1;
    press.key.eq_ignore_ascii_case(key)
        && press.is_mod == has("Mod")
        && press.is_alt == has("Alt")
        && (is_sign || press.is_shift == has("Shift"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(key: &str) -> Press {
        Press { key: key.to_owned(), ..Press::default() }
    }

    #[test]
    fn no_two_rows_of_an_area_have_the_same_keys() {
        for (at, row) in TABLE.iter().enumerate() {
            assert!(!TABLE[..at].iter().any(|it| it.area == row.area && it.keys == row.keys), "{row:?}");
        }
    }

    #[test]
    fn keys_that_are_held_together_work_while_typing() {
        let typing = Press { is_mod: true, is_typing: true, ..press("k") };
        assert_eq!(Recognizer::default().press(&typing, 0, true), Some(Shortcut::Switcher));
        let region = Press { is_shift: true, is_typing: true, ..press("F6") };
        assert_eq!(Recognizer::default().press(&region, 0, false), Some(Shortcut::PreviousRegion));
    }

    #[test]
    fn single_keys_are_text_where_text_is_written_and_can_be_switched_off() {
        assert_eq!(Recognizer::default().press(&press("?"), 0, true), Some(Shortcut::Help));
        assert_eq!(Recognizer::default().press(&Press { is_typing: true, ..press("?") }, 0, true), None);
        assert_eq!(Recognizer::default().press(&Press { is_in_dialog: true, ..press("?") }, 0, true), None);
        assert_eq!(Recognizer::default().press(&press("?"), 0, false), None);
    }

    #[test]
    fn two_keys_after_each_other_go_to_a_section_if_the_second_comes_soon() {
        let mut recognizer = Recognizer::default();
        assert_eq!(recognizer.press(&press("g"), 0, true), None);
        assert_eq!(recognizer.press(&press("c"), 1_500, true), Some(Shortcut::Go("/")));
        assert_eq!(recognizer.press(&press("c"), 1_600, true), None, "the first has been used");
        recognizer.press(&press("g"), 2_000, true);
        assert_eq!(recognizer.press(&press("c"), 3_501, true), None, "too late");
        let copy = Press { is_mod: true, ..press("c") };
        recognizer.press(&press("g"), 4_000, true);
        assert_eq!(Recognizer::default().press(&copy, 0, true), None, "the browser's own");
    }
}
