//! Which tests failed, read from the lines that the test runners print as they go.

/// The failed tests by name, each once, in the order in which they failed.
///
/// Knows cargo's `test a::b ... FAILED`, TAP's `not ok 3 - name`, and Playwright's `✘  7 [chromium] › a.spec.ts:3:1 › name`.
pub(crate) fn failed_tests(output: &str) -> Vec<String> {
    let mut names = Vec::new();
    for name in output.lines().filter_map(|line| cargo(line).or_else(|| tap(line)).or_else(|| playwright(line))) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// What the runner said of its first failed tests: a few lines of each, so that a log's end tells what went wrong.
///
/// Knows cargo's sections (`---- a::b stdout ----`) and Playwright's (`  1) [chromium] › a.spec.ts:3:1 › name`), of which
/// the line of the test that failed is kept too (`> 12 | await …`).
pub(crate) fn first_words(output: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut sections, mut left) = (0, 0);
    for line in output.lines() {
        if is_heading(line) {
            sections += 1;
            left = WORDS;
        } else if line == "failures:" || is_playwrights_sum(line) {
            left = 0;
        }
        let is_failed_line = sections > 0 && line.trim_start().starts_with("> ") && line.contains(" | ");
        if sections <= SECTIONS && !line.trim().is_empty() && (left > 0 || is_failed_line) {
            left = left.saturating_sub(1);
            words.push(line);
        }
    }
    words
}

/// How many failed tests have their words repeated.
const SECTIONS: usize = 3;
/// How many lines of each, its heading included: enough for what a page's panic says before its stack.
const WORDS: usize = 20;

fn is_heading(line: &str) -> bool {
    let is_cargos = line.starts_with("---- ") && line.ends_with(" ----");
    let number = line.strip_prefix("  ").and_then(|it| it.split_once(") [")).map(|(number, _)| number);
    is_cargos || number.is_some_and(|it| it.parse::<u64>().is_ok())
}

fn is_playwrights_sum(line: &str) -> bool {
    let number =
        line.strip_prefix("  ").and_then(|it| it.strip_suffix(" failed").or_else(|| it.strip_suffix(" flaky")));
    number.is_some_and(|it| it.parse::<u64>().is_ok())
}

fn cargo(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... FAILED")
}

/// A test within another is indented; one that is yet to be written (`# TODO`) has not failed.
fn tap(line: &str) -> Option<&str> {
    let (number, name) = line.trim_start().strip_prefix("not ok ")?.split_once(" - ")?;
    (number.parse::<u64>().is_ok() && !name.contains(" # TODO")).then_some(name)
}

/// Without the time it took, in which two attempts at a test differ.
fn playwright(line: &str) -> Option<&str> {
    let (number, name) = line.strip_prefix("  ✘")?.trim_start().split_once(' ')?;
    number.parse::<u64>().ok()?;
    let name = name.rsplit_once(" (").map_or(name, |(name, _)| name);
    Some(name.strip_suffix(" (retry #1)").unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_tests_are_named_in_the_words_of_each_runner() {
        let cargo =
            "test store::fine ... ok\ntest store::broken ... FAILED\ntest result: FAILED. 1 passed; 1 failed;\n";
        assert_eq!(failed_tests(cargo), ["store::broken"]);
        let tap = "ok 1 - fine\nnot ok 2 - LIM-1 too many (1 s)\n    not ok 1 - within\nnot ok 3 - later # TODO\n";
        assert_eq!(failed_tests(tap), ["LIM-1 too many (1 s)", "within"]);
        let playwright = "  ✓   1 [chromium] › a.spec.ts:3:1 › fine (1.0s)\n  ✘  12 [chromium] › a.spec.ts:9:1 › one (of two) (2.3s)\n\n  1 failed\n";
        assert_eq!(failed_tests(playwright), ["[chromium] › a.spec.ts:9:1 › one (of two)"]);
    }

    #[test]
    fn the_first_words_are_those_of_the_runner_on_each_failed_test() {
        let cargo = "failures:\n\n---- a::b stdout ----\n\nthread 'a::b' panicked at a.rs:3:5:\nnot so\n\n\nfailures:\n    a::b\n";
        assert_eq!(first_words(cargo), ["---- a::b stdout ----", "thread 'a::b' panicked at a.rs:3:5:", "not so"]);
        let lines = (2..=WORDS).map(|it| format!("    {it}\n")).collect::<Vec<_>>().concat();
        let playwright = format!(
            "  ✘  1 [c] › a.spec.ts:9:1 › one (2.3s)\n\n  1) [c] › a.spec.ts:9:1 › one ──\n\n{lines}    too much\n     \
             > 9 |  await it;\n       10 | more\n  1 failed\n    [c] › a\n"
        );
        let words = first_words(&playwright);
        assert_eq!(words.len(), WORDS + 1);
        assert_eq!(words[..2], ["  1) [c] › a.spec.ts:9:1 › one ──", "    2"]);
        assert_eq!(words[WORDS - 1..], ["    20", "     > 9 |  await it;"]);
        assert!(first_words("test a ... ok\n  ✓  1 [c] › a.spec.ts:9:1 › one > 2 | 3 (2.3s)\n").is_empty());
    }

    #[test]
    fn a_test_that_failed_twice_is_named_once() {
        let output = "  ✘  1 [chromium] › a.spec.ts:9:1 › one (2.3s)\n  ✘  2 [chromium] › a.spec.ts:9:1 › one (retry #1) (1.9s)\n";
        assert_eq!(failed_tests(output), ["[chromium] › a.spec.ts:9:1 › one"]);
    }
}
