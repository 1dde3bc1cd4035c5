//! Making a style sheet smaller without understanding it: comments go, and blanks where none is needed.

/// The sheet without comments and needless blanks. Strings and `url(…)` stay as they are.
pub(super) fn minify(sheet: &str) -> String {
    let mut minified = String::with_capacity(sheet.len());
    let mut rest = sheet;
    while let Some(next) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
            blank(&mut minified);
        } else if matches!(next, '"' | '\'') {
            rest = keep(&mut minified, rest, string_end(rest, next));
        } else if rest.starts_with("url(") {
            rest = keep(&mut minified, rest, rest.find(')').map_or(rest.len(), |end| end + 1));
        } else {
            match next {
                it if it.is_whitespace() => blank(&mut minified),
                '}' => {
                    tighten(&mut minified);
                    if minified.ends_with(';') {
                        minified.pop();
                    }
                    minified.push('}');
                }
                '{' | ';' | ',' => {
                    tighten(&mut minified);
                    minified.push(next);
                }
                other => minified.push(other),
            }
            rest = &rest[next.len_utf8()..];
        }
    }
    tighten(&mut minified);
    minified
}

/// One blank for many, and none after what separates anyway. Behind a colon it is never needed, before one it is:
/// `a :hover` is not `a:hover`.
fn blank(minified: &mut String) {
    if !minified.is_empty() && !minified.ends_with([' ', '{', '}', ';', ',', ':']) {
        minified.push(' ');
    }
}

fn tighten(minified: &mut String) {
    if minified.ends_with(' ') {
        minified.pop();
    }
}

fn keep<'a>(minified: &mut String, rest: &'a str, end: usize) -> &'a str {
    minified.push_str(&rest[..end]);
    &rest[end..]
}

/// Where the string ends that `rest` begins with.
fn string_end(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (index, it) in rest.char_indices().skip(1) {
        match it {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            it if it == quote => return index + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_needless_blanks_go() {
        let sheet =
            "/* a */ @layer a, b;\n@layer a {\n  .x ,\n .y:hover  .z {\n color : red; /* why */\n  top: 0;\n }\n}\n";
        assert_eq!(minify(sheet), "@layer a,b;@layer a{.x,.y:hover .z{color :red;top:0}}");
    }

    #[test]
    fn blanks_that_mean_something_stay() {
        for sheet in [
            "a :hover{top:calc(1px + 2px)}",
            "p{content:\"a  b; /* \\\" */\"}",
            "p{background:url(/a b.svg)}",
            "@media (min-width:3px) and (hover){p>a{top:0}}",
        ] {
            assert_eq!(minify(sheet), sheet);
        }
    }
}
