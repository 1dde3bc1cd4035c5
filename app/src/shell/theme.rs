//! Light or dark: kept in a cookie, so that the server's first byte has the right colours.

use std::fmt;
use std::str::FromStr;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::use_page;
use crate::ui::browser::{set_cookie, set_root_attribute};

/// Which colours somebody wants. Given as context to every page by the server, which reads the cookie [`Theme::COOKIE`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// What the system says.
    #[default]
    System,
    /// Dark text on light ground.
    Light,
    /// Light text on dark ground.
    Dark,
}

/// A text that names no theme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no theme: expected system, light or dark")]
pub struct ThemeError(String);

impl Theme {
    /// The cookie that keeps it, readable by script; `POST /theme` (fields `theme`, `next`, `_token`) sets it for a year.
    pub const COOKIE: &str = "theme";

    /// All of them, in the order of the menu.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// Its spelling in the cookie and in the form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Its word in the menu.
    pub const fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// The value of `data-theme` on `<html>`; none leaves it to the system.
    pub const fn attribute(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light | Self::Dark => Some(self.name()),
        }
    }
}

impl fmt::Display for Theme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Theme {
    type Err = ThemeError;

    fn from_str(text: &str) -> Result<Self, ThemeError> {
        Self::ALL.into_iter().find(|it| it.name() == text).ok_or_else(|| ThemeError(text.to_owned()))
    }
}

/// The colours that are shown now. Handles are copies of each other.
#[derive(Debug, Clone, Copy)]
pub struct ThemeChoice(RwSignal<Theme>);

/// Gives the choice to everything below.
pub(super) fn provide_theme() {
    provide_context(ThemeChoice(RwSignal::new(use_page().theme)));
}

/// See [`ThemeChoice`].
///
/// # Panics
/// Outside of the frame.
pub fn use_theme() -> ThemeChoice {
    expect_context()
}

impl ThemeChoice {
    /// Which colours are chosen; tracked.
    pub fn chosen(self) -> Theme {
        self.0.get()
    }

    /// Changes the colours without a new page, and keeps the choice.
    pub fn choose(self, theme: Theme) {
        set_cookie(Theme::COOKIE, theme.name());
        set_root_attribute("data-theme", theme.attribute());
        self.0.set(theme);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_has_one_spelling() {
        for theme in Theme::ALL {
            assert_eq!(theme.to_string().parse(), Ok(theme));
        }
        assert!("Dark".parse::<Theme>().is_err());
    }
}
