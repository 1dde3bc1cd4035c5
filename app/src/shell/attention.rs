//! How much waits for the person: the number in the title, and the dot on the site's sign.

use leptos::prelude::*;

/// The sign in the browser's tab, and the same with a dot.
const SIGNS: [&str; 2] = ["/favicon.svg", "/favicon-unread.svg"];

/// Whatever waits for this very person. What is said to everybody in the general room does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttentionSource {
    /// Unread direct messages; fed by the chat.
    DirectMessages,
    /// Unread notifications, mentions among them; fed by the notifications.
    Notifications,
}

/// The counts that the shell shows, whoever knows them. Handles are copies of each other.
#[derive(Debug, Clone, Copy)]
pub struct Attention {
    direct_messages: RwSignal<usize>,
    notifications: RwSignal<usize>,
}

/// Gives the counts to everything below, and shows their sum on the site's sign.
pub fn provide_attention() -> Attention {
    let attention = Attention { direct_messages: RwSignal::new(0), notifications: RwSignal::new(0) };
    provide_context(attention);
    let is_waiting = Memo::new(move |_| attention.total() > 0);
    Effect::new(move |was_waiting: Option<bool>| {
        let is_waiting = is_waiting.get();
        // The page itself comes without the dot.
        if was_waiting.unwrap_or(false) != is_waiting {
            show_sign(SIGNS[usize::from(is_waiting)]);
        }
        is_waiting
    });
    attention
}

/// See [`Attention`].
///
/// # Panics
/// Outside of the app.
pub fn use_attention() -> Attention {
    expect_context()
}

impl Attention {
    /// Tells how many of a kind are unread now.
    pub fn set(self, source: AttentionSource, count: usize) {
        let signal = self.signal(source);
        if signal.try_get_untracked().is_some_and(|it| it != count) {
            signal.set(count);
        }
    }

    /// How many of a kind are unread.
    pub fn count(self, source: AttentionSource) -> Signal<usize> {
        self.signal(source).into()
    }

    /// All of them; tracked.
    pub fn total(self) -> usize {
        self.direct_messages.get() + self.notifications.get()
    }

    /// `(2) General · SmartLink`; tracked.
    pub fn title(self, place: &str) -> String {
        title(self.total(), place)
    }

    const fn signal(self, source: AttentionSource) -> RwSignal<usize> {
        match source {
            AttentionSource::DirectMessages => self.direct_messages,
            AttentionSource::Notifications => self.notifications,
        }
    }
}

fn title(count: usize, place: &str) -> String {
    let site = if place.is_empty() { "SmartLink".to_owned() } else { format!("{place} · SmartLink") };
    match count {
        0 => site,
        1..=99 => format!("({count}) {site}"),
        _ => format!("(99+) {site}"),
    }
}

fn show_sign(path: &str) {
    let link = document().query_selector(r#"link[rel="icon"][type="image/svg+xml"]"#).ok().flatten();
    if let Some(link) = link {
        // The title says the same, so a sign that stays is no loss.
        link.set_attribute("href", path).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_counts_what_waits() {
        assert_eq!(title(0, "General"), "General · SmartLink");
        assert_eq!(title(2, "General"), "(2) General · SmartLink");
        assert_eq!(title(100, ""), "(99+) SmartLink");
    }
}
