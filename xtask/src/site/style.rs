//! Joining the style sheets: `main.css` lists `@import "chat.css" layer(areas);`, and the browser gets one file.
//!
//! Each imported sheet comes into a block of its layer, `@layer areas { … }`. The list may begin with the order of the
//! layers, `@layer reset, tokens;`. Nothing else may stand in it, so that nobody looks for rules there.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Reads `main` and all it imports. An import that is not found or not understood is an error with its file and line.
pub(super) fn join(main: &Path) -> Result<String> {
    let folder = main.parent().context("the style file needs a folder")?;
    let list = std::fs::read_to_string(main).with_context(|| main.display().to_string())?;
    let mut joined = String::new();
    for statement in statements(&list) {
        let place = || format!("{}:{}", main.display(), statement.line);
        match parse(statement.text) {
            Some(Entry::LayerOrder) => writeln!(joined, "{};", statement.text)?,
            Some(Entry::Import { file, layer }) => {
                let path = folder.join(file);
                let sheet =
                    std::fs::read_to_string(&path).with_context(|| format!("{}: `{file}` can't be read", place()))?;
                check(&path, &sheet)?;
                let sheet = sheet.trim_end();
                match layer {
                    Some(layer) => writeln!(joined, "@layer {layer} {{\n{sheet}\n}}")?,
                    None => writeln!(joined, "{sheet}")?,
                }
            }
            None => bail!(
                "{}: `{}` is not understood; only `@layer a, b;` and `@import \"file.css\" layer(name);` may stand here",
                place(),
                statement.text.lines().next().unwrap_or_default()
            ),
        }
    }
    Ok(joined)
}

#[derive(Debug, PartialEq, Eq)]
enum Entry<'a> {
    LayerOrder,
    Import { file: &'a str, layer: Option<&'a str> },
}

fn parse(statement: &str) -> Option<Entry<'_>> {
    if let Some(names) = statement.strip_prefix("@layer") {
        return (names.starts_with(char::is_whitespace) && names.split(',').all(|name| is_layer_name(name.trim())))
            .then_some(Entry::LayerOrder);
    }
    let rest = statement.strip_prefix("@import")?.trim_start();
    let quote = rest.chars().next().filter(|it| matches!(it, '"' | '\''))?;
    let (file, rest) = rest[1..].split_once(quote)?;
    if file.is_empty() || file.contains("//") {
        return None;
    }
    let layer = match rest.trim() {
        "" => None,
        rest => {
            let name = rest.strip_prefix("layer(")?.strip_suffix(')')?.trim();
            Some(name).filter(|name| is_layer_name(name)).map(Some)?
        }
    };
    Some(Entry::Import { file, layer })
}

fn is_layer_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|it| it.is_alphanumeric() || matches!(it, '-' | '_' | '.'))
}

/// What would mean something else in the joined file: imports, and addresses relative to the sheet's own place.
fn check(path: &Path, sheet: &str) -> Result<()> {
    let mut sheet_without_comments = sheet.to_owned();
    blank_comments(&mut sheet_without_comments);
    for (index, line) in sheet_without_comments.lines().enumerate() {
        let place = format!("{}:{}", path.display(), index + 1);
        if line.trim_start().starts_with("@import") {
            bail!("{place}: only the list may import");
        }
        for address in line.split("url(").skip(1) {
            let address = address.trim_start_matches(['"', '\'', ' ']);
            if !["/", "#", "data:", "https:"].iter().any(|start| address.starts_with(start)) {
                bail!("{place}: `url(…)` has to begin with `/`, since the sheet is served from another folder");
            }
        }
    }
    Ok(())
}

/// Replaces comments by blanks; lines stay where they are.
fn blank_comments(text: &mut String) {
    let mut blanked = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, comment)) = rest.split_once("/*") {
        blanked.push_str(before);
        let (comment, after) = comment.split_once("*/").unwrap_or((comment, ""));
        blanked.extend(comment.chars().filter(|it| *it == '\n'));
        rest = after;
    }
    blanked.push_str(rest);
    *text = blanked;
}

struct Statement<'a> {
    /// Counted from 1.
    line: usize,
    /// Without the semicolon and the comments before it.
    text: &'a str,
}

/// The statements of a list, each up to its semicolon; a comment may stand between them.
fn statements(list: &str) -> Vec<Statement<'_>> {
    let mut statements = Vec::new();
    let mut rest = list.trim_start();
    while !rest.is_empty() {
        if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after).trim_start();
            continue;
        }
        let line = list[..list.len() - rest.len()].lines().count().max(1);
        let line = if list[..list.len() - rest.len()].ends_with('\n') { line + 1 } else { line };
        let mut quote = None;
        let end = rest.find(|it| match (quote, it) {
            (None, ';') => true,
            (None, '"' | '\'') => {
                quote = Some(it);
                false
            }
            (Some(open), it) if it == open => {
                quote = None;
                false
            }
            _ => false,
        });
        let (text, after) = end.map_or((rest, ""), |end| (&rest[..end], &rest[end + 1..]));
        statements.push(Statement { line, text: text.trim_end() });
        rest = after.trim_start();
    }
    statements
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join_files(files: &[(&str, &str)]) -> Result<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        join(&folder.path().join("main.css"))
    }

    fn failure(files: &[(&str, &str)]) -> String {
        format!("{:#}", join_files(files).unwrap_err())
    }

    #[test]
    fn each_sheet_comes_into_its_layer_and_the_order_stays_in_front() {
        let list =
            "/* the order; of layers */\n@layer reset, tokens;\n\n@import \"a.css\" layer(tokens); @import 'b.css';\n";
        let joined = join_files(&[("main.css", list), ("a.css", ":root { --a: 1 }\n"), ("b.css", "p { top: 0 }")]);
        assert_eq!(joined.unwrap(), "@layer reset, tokens;\n@layer tokens {\n:root { --a: 1 }\n}\np { top: 0 }\n");
    }

    #[test]
    fn a_missing_sheet_is_named_with_file_and_line() {
        let error = failure(&[("main.css", "@layer a;\n\n@import \"gone.css\" layer(a);")]);
        assert!(error.contains("main.css:3: `gone.css`"), "{error}");
    }

    #[test]
    fn what_is_not_understood_is_named_with_file_and_line() {
        for statement in
            ["@import url(a.css);", "@import \"a.css\" screen;", "p { color: red }", "@import \"a.css\" layer();"]
        {
            let error = failure(&[("main.css", &format!("/* 1\n2 */\n{statement}")), ("a.css", "")]);
            assert!(error.contains("main.css:3: "), "{error}");
        }
    }

    #[test]
    fn a_sheet_may_neither_import_nor_refer_to_its_own_place() {
        let error = failure(&[("main.css", "@import \"a.css\";"), ("a.css", "/* */\n@import \"b.css\";")]);
        assert!(error.contains("a.css:2: only the list may import"), "{error}");
        let error = failure(&[("main.css", "@import \"a.css\";"), ("a.css", "p {\n background: url(\"b.svg\") }")]);
        assert!(error.contains("a.css:2: `url(…)`"), "{error}");
        let fine = "/* url(b.svg) */ p { background: url(\"/b.svg\"), url(data:image/png;base64,AA==) }";
        assert!(join_files(&[("main.css", "@import \"a.css\";"), ("a.css", fine)]).is_ok());
    }
}
