//! Density and size of text, as attributes of `<html>`: the style sheet knows what they mean.

use super::model::{Appearance, Density};
use crate::ui::browser::set_root_attribute;

/// How close rows stand.
const DENSITY: &str = "data-density";
/// The size of all text in per cent.
const TEXT_SIZE: &str = "data-text-size";

impl Density {
    /// The value of `data-density` on `<html>`; none for what is so by default.
    pub const fn attribute(self) -> Option<&'static str> {
        match self {
            Self::Comfortable => None,
            Self::Compact => Some("compact"),
        }
    }
}

impl Appearance {
    /// The value of `data-text-size` on `<html>`; none for what is so by default.
    pub fn text_size_attribute(&self) -> Option<String> {
        (self.text_size_percent != Self::default().text_size_percent).then(|| self.text_size_percent.to_string())
    }
}

/// Shows the page in this look from now on.
pub(super) fn wear(appearance: &Appearance) {
    set_root_attribute(DENSITY, appearance.density.attribute());
    set_root_attribute(TEXT_SIZE, appearance.text_size_attribute().as_deref());
}
