//! How hard a new password is to guess, in words. Advice beside the field; the rule is [`super::validate_password`].

use super::model::PASSWORD_CHARS;
use crate::letters::lower;

/// A judgement in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Shorter than the rule asks.
    TooShort,
    /// Long enough, but made of a few characters, a run, or the person's own name or address.
    Weak,
    /// Takes some guessing.
    Fair,
    /// Takes more guessing than anybody will do.
    Strong,
}

impl Strength {
    /// Judges `password` of somebody whose name and address are `personal`.
    ///
    /// Counts characters that neither repeat nor continue the one before, and takes off what everybody could know.
    pub fn of(password: &str, personal: &[&str]) -> Self {
        if password.chars().count() < *PASSWORD_CHARS.start() {
            return Self::TooShort;
        }
        let mut remaining = lower(password);
        for word in personal.iter().flat_map(|it| it.split(|it: char| !it.is_alphanumeric())) {
            if word.chars().count() >= 3 {
                remaining = remaining.replace(&lower(word), "");
            }
        }
        for known in ["password", "passwort", "qwerty", "letmein", "welcome", "smartlink"] {
            remaining = remaining.replace(known, "");
        }
        let chars: Vec<char> = remaining.chars().collect();
        let surprising =
            1 + chars.windows(2).filter(|pair| u32::from(pair[0]).abs_diff(u32::from(pair[1])) > 1).count();
        let distinct = chars.iter().collect::<std::collections::BTreeSet<_>>().len();
        match surprising.min(distinct * 2) {
            0..10 => Self::Weak,
            10..15 => Self::Fair,
            _ => Self::Strong,
        }
    }

    /// Its word on the page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::TooShort => "Too short",
            Self::Weak => "Weak: easy to guess",
            Self::Fair => "Fair",
            Self::Strong => "Strong",
        }
    }

    /// Its spelling in `data-strength`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooShort => "too-short",
            Self::Weak => "weak",
            Self::Fair => "fair",
            Self::Strong => "strong",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_could_guess_is_weak() {
        for password in ["aaaaaaaaaaaa", "abcdefghijklmn", "password12345", "AminaKhan2026", "121212121212"] {
            assert_eq!(Strength::of(password, &["Amina Khan", "amina@example.com"]), Strength::Weak, "{password}");
        }
    }

    #[test]
    fn length_and_variety_make_it_strong() {
        assert_eq!(Strength::of("elevenchars", &[]), Strength::TooShort);
        assert_eq!(Strength::of("copperVase71", &[]), Strength::Fair);
        assert_eq!(Strength::of("correct horse battery staple", &[]), Strength::Strong);
    }
}
