//! A person as a small picture: two letters on one of eight colours.

use leptos::prelude::*;

use crate::accounts::UserSummary;
use crate::ids::UserId;
use crate::letters::upper;
use crate::ui::each::Each;

/// How many colours `style/avatar.css` has.
const COLORS: u64 = 8;

/// Whether somebody is there; shown by the shape of the dot as well as by its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// There: a full disc.
    Online,
    /// Connected but idle: a half moon.
    Away,
    /// Wants no alerts: a disc with a bar.
    DoNotDisturb,
    /// Not there: a hollow one.
    Offline,
    /// There when last heard of, but our own line is down: a hollow one.
    LastKnown,
}

impl Presence {
    /// Its spelling in `data-presence`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Away => "away",
            Self::DoNotDisturb => "dnd",
            Self::Offline => "offline",
            Self::LastKnown => "last-known",
        }
    }
}

impl Presence {
    /// Its word.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Away => "away",
            Self::DoNotDisturb => "do not disturb",
            Self::Offline => "offline",
            Self::LastKnown => "last known",
        }
    }
}

/// The first letters of the first and the last word, in capitals.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|it| it.chars().next());
    let (first, last) = (words.next(), words.next_back());
    upper(&first.into_iter().chain(last).collect::<String>())
}

/// Which of the colours a person has, the same on every page and for everybody.
fn color(id: UserId) -> u64 {
    // Fibonacci hashing: neighbours in the table of users get colours far apart.
    (id.0.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % COLORS
}

/// The picture, not read aloud: the name stands beside it.
#[component]
pub fn Avatar(user: UserSummary, #[prop(optional, into)] presence: Option<Signal<Presence>>) -> impl IntoView {
    view! {
        <span
            class="avatar"
            aria-hidden="true"
            data-color=color(user.id).to_string()
            data-presence=presence.map(|it| move || it.get().name())
        >
            {initials(&user.name)}
        </span>
    }
    .into_any()
}

/// Some people beside each other, and how many more there are.
#[component]
pub fn AvatarStack(
    #[prop(into)] people: Signal<Vec<UserSummary>>,
    /// How many pictures at most.
    #[prop(default = 3)]
    max: usize,
) -> impl IntoView {
    let more = move || people.with(Vec::len).saturating_sub(max);
    view! {
        <span class="avatar-stack">
            <Each each=move || people.with(|it| it.iter().take(max).cloned().collect::<Vec<_>>()) key=|it| it.id let:user>
                <Avatar user />
            </Each>
            {move || (more() > 0).then(|| view! { <span class="avatar-stack__more" aria-hidden="true">"+" {more()}</span> }.into_any())}
            <span class="vh">{move || people.with(|it| names(it))}</span>
        </span>
    }
    .into_any()
}

fn names(people: &[UserSummary]) -> String {
    people.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_the_first_letters_of_the_first_and_last_word() {
        for (name, expected) in [("Amina K", "AK"), ("jonas", "J"), ("Ana Maria de Sá", "AS"), ("東京 太郎", "東太")]
        {
            assert_eq!(initials(name), expected);
        }
    }

    #[test]
    fn neighbours_do_not_all_look_alike() {
        let colors = (1..=8).map(|id| color(UserId(id))).collect::<std::collections::BTreeSet<_>>();
        assert!(colors.len() >= 4, "{colors:?}");
    }
}
