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
    Some(name.rsplit_once(" (").map_or(name, |(name, _)| name))
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
    fn a_test_that_failed_twice_is_named_once() {
        let output = "  ✘  1 [chromium] › a.spec.ts:9:1 › one (2.3s)\n  ✘  2 [chromium] › a.spec.ts:9:1 › one (1.9s)\n";
        assert_eq!(failed_tests(output), ["[chromium] › a.spec.ts:9:1 › one"]);
    }
}
