//! A `.env` file as Laravel has it: `NAME=value` a line, quotes, comments, and `${NAME}` for what stands above.

use std::collections::HashMap;

/// A line that is no variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is {text:?}: expected NAME=value, an empty line or a comment that begins with #")]
pub struct DotenvError {
    /// Its number, from 1.
    pub line: usize,
    /// What it says up to the value, which may be a secret.
    pub text: String,
}

/// The variables of the file; the first of two with the same name counts, as in Laravel.
///
/// # Errors
/// The first line that is no variable.
pub fn parse(text: &str) -> Result<HashMap<String, String>, DotenvError> {
    let mut variables = HashMap::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        let name = name.trim();
        let is_name = name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_' || it == b'.');
        if !line.contains('=') || !is_name || name.is_empty() {
            return Err(DotenvError { line: index + 1, text: name.chars().take(40).collect() });
        }
        let value = value_of(value.trim(), &variables);
        variables.entry(name.to_owned()).or_insert(value);
    }
    Ok(variables)
}

fn value_of(text: &str, variables: &HashMap<String, String>) -> String {
    if let Some(rest) = text.strip_prefix('\'') {
        return rest.split('\'').next().unwrap_or_default().to_owned();
    }
    let Some(rest) = text.strip_prefix('"') else {
        // A comment begins after a space.
        let text = text.split_once(" #").map_or(text, |(value, _)| value);
        return expand(text.trim_end(), variables);
    };
    let mut value = String::new();
    let mut characters = rest.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => match characters.next() {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some('r') => value.push('\r'),
                Some(other) => value.push(other),
                None => {}
            },
            other => value.push(other),
        }
    }
    expand(&value, variables)
}

fn expand(text: &str, variables: &HashMap<String, String>) -> String {
    let mut parts = text.split("${");
    let mut value = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if let Some((name, rest)) = part.split_once('}') {
            value.push_str(variables.get(name).map_or("", String::as_str));
            value.push_str(rest);
        } else {
            value.push_str("${");
            value.push_str(part);
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_laravel_is_read() {
        let text = "\
            APP_NAME=Laravel\n# a comment\n\nexport REVERB_APP_KEY=abc # the key\nQUOTED=\"a \\\"b\\\" #c\"\nRAW='${A}'\n\
            VITE_REVERB_APP_KEY=\"${REVERB_APP_KEY}\"\nEMPTY=\nAPP_NAME=later\nHASH=a#b\n";
        let variables = parse(text).unwrap();
        let expected = [
            ("APP_NAME", "Laravel"),
            ("REVERB_APP_KEY", "abc"),
            ("QUOTED", "a \"b\" #c"),
            ("RAW", "${A}"),
            ("VITE_REVERB_APP_KEY", "abc"),
            ("EMPTY", ""),
            ("HASH", "a#b"),
        ];
        assert_eq!(variables.len(), expected.len());
        for (name, value) in expected {
            assert_eq!(variables[name], value, "{name}");
        }
    }

    #[test]
    fn a_line_that_is_none_is_told_without_its_value() {
        assert_eq!(parse("A=1\nnonsense").unwrap_err().to_string().split(':').next(), Some("line 2 is \"nonsense\""));
        assert!(!parse("A B=hunter2").unwrap_err().to_string().contains("hunter2"));
    }
}
