//! The sheets hold to the tokens, and the tokens to the contrast that people need.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn style() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../style")
}

fn sheet(name: &str) -> String {
    std::fs::read_to_string(style().join(name)).unwrap()
}

fn names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(style())
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .filter(|it| Path::new(it).extension().is_some_and(|it| it == "css"))
        .collect();
    names.sort();
    names
}

/// A colour as three numbers of 0 to 255.
fn rgb(text: &str) -> [f64; 3] {
    let hex = text.trim().trim_start_matches('#');
    assert_eq!(hex.len(), 6, "`{text}` is no colour of six digits");
    [0, 2, 4].map(|at| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()))
}

/// Every colour token, light and dark.
fn tokens() -> BTreeMap<String, [[f64; 3]; 2]> {
    let colors = sheet("tokens.css");
    let lines = colors.lines().filter_map(|line| {
        let (name, value) = line.trim().strip_prefix("--")?.split_once(':')?;
        let value = value.trim().trim_end_matches(';');
        if let Some(pair) = value.strip_prefix("light-dark(") {
            let (light, dark) = pair.trim_end_matches(')').split_once(',')?;
            return Some((name.to_owned(), [rgb(light), rgb(dark)]));
        }
        value.starts_with('#').then(|| (name.to_owned(), [rgb(value), rgb(value)]))
    });
    lines.collect()
}

/// The relative luminance of WCAG 2.
fn luminance(color: [f64; 3]) -> f64 {
    let [red, green, blue] = color.map(|it| {
        let share = it / 255.0;
        if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_sheet_is_imported_into_a_layer() {
    let main = sheet("main.css");
    assert!(main.contains("@layer reset, tokens, base, layout, components, screens, utilities, overrides;"));
    for name in names().iter().filter(|it| *it != "main.css") {
        assert!(main.contains(&format!("@import \"{name}\" layer(")), "{name} is in no layer");
    }
}

#[test]
fn no_sheet_but_the_tokens_names_a_colour() {
    for name in names().iter().filter(|it| *it != "tokens.css") {
        for (line, text) in (1..).zip(sheet(name).lines()) {
            let text = text.split("/*").next().unwrap_or_default();
            let is_color = text.split(|it: char| !(it.is_ascii_alphanumeric() || it == '#')).any(|word| {
                word.strip_prefix('#').is_some_and(|hex| {
                    matches!(hex.len(), 3 | 4 | 6 | 8) && hex.bytes().all(|it| it.is_ascii_hexdigit())
                })
            });
            let is_function = ["rgb(", "rgba(", "hsl(", "hsla(", "oklch(", "lab("].iter().any(|it| text.contains(it));
            let value = text.split_once(':').map(|(_, value)| value.trim().trim_end_matches(';')).unwrap_or_default();
            let is_named = ["white", "black", "red", "green", "blue", "gray", "grey", "orange"].contains(&value);
            assert!(!is_color && !is_function && !is_named, "{name}:{line} names a colour: {text}");
        }
    }
}

#[test]
fn every_token_that_is_used_exists() {
    let declared: String = names().iter().map(|it| sheet(it)).collect();
    for name in names() {
        for used in sheet(&name).split("var(").skip(1) {
            let token = used.split([')', ',']).next().unwrap_or_default();
            assert!(declared.contains(&format!("{token}:")), "{name} uses {token}, which nobody declares");
        }
    }
}

#[test]
fn text_has_a_contrast_of_at_least_4_5_and_signs_of_3() {
    let tokens = tokens();
    let grounds = ["color-bg", "color-surface", "color-raised", "color-sunken", "color-hover", "color-selected"];
    let on_all = |text: &'static str| grounds.map(|ground| (text, ground));
    let own = ["ok", "warn", "err"].map(|it| (format!("color-{it}-text"), format!("color-{it}-bg")));
    let mut text: Vec<(String, String)> = own.into();
    text.push(("color-info-text".into(), "color-info-bg".into()));
    text.push(("color-on-accent".into(), "color-accent".into()));
    text.push(("color-on-accent".into(), "color-accent-hover".into()));
    text.extend((0..8).map(|it| ("color-on-accent".into(), format!("avatar-{it}"))));
    for name in ["color-text", "color-text-muted", "color-accent-text"] {
        text.extend(on_all(name).map(|(one, other)| (one.to_owned(), other.to_owned())));
    }
    for ground in ["color-bg", "color-surface", "color-raised"] {
        text.push(("color-text-subtle".into(), ground.to_owned()));
        text.push(("color-err-text".into(), ground.to_owned()));
    }
    let mut signs: Vec<(String, String)> = Vec::new();
    for ground in ["color-bg", "color-surface", "color-raised"] {
        for sign in ["color-border-strong", "color-focus", "color-online", "color-away", "color-dnd", "color-offline"] {
            signs.push((sign.to_owned(), ground.to_owned()));
        }
    }
    signs.push(("color-accent".into(), "color-surface".into()));
    for (pairs, least) in [(text, 4.5), (signs, 3.0)] {
        for (one, other) in pairs {
            for (theme, at) in [("light", 0), ("dark", 1)] {
                let [front, ground] =
                    [&one, &other].map(|it| tokens.get(it).unwrap_or_else(|| panic!("no token {it}"))[at]);
                let contrast = contrast(front, ground);
                assert!(contrast >= least, "{one} on {other} in {theme}: {contrast:.2}, expected {least}");
            }
        }
    }
}
