//! How many tests ran, read from what the test runners print at their end.

use std::fmt;

/// The tests of a suite.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// Failed at first, and passed when they were run again. Not among those that passed.
    pub(crate) flaky: u64,
    pub(crate) skipped: u64,
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed", self.passed)?;
        for (number, what) in [(self.failed, "failed"), (self.flaky, "flaky"), (self.skipped, "skipped")] {
            if number > 0 {
                write!(f, ", {number} {what}")?;
            }
        }
        Ok(())
    }
}

/// The sum of `test result: ok. 5 passed; 0 failed; 1 ignored; …`, a line for each test binary.
pub(crate) fn cargo_test(output: &str) -> Count {
    let mut count = Count::default();
    for line in output.lines().filter_map(|line| line.trim().strip_prefix("test result: ")) {
        let parts = line.split_once(". ").map_or("", |(_, parts)| parts).split(';');
        for (number, what) in parts.filter_map(number_and_word) {
            match what {
                "passed" => count.passed += number,
                "failed" => count.failed += number,
                "ignored" => count.skipped += number,
                _ => {}
            }
        }
    }
    count
}

/// The closing lines of `node --test`: `# pass 5` in TAP, `ℹ pass 5` for people.
///
/// The last of each counts: before them, a test may have printed anything.
pub(crate) fn node_test(output: &str) -> Count {
    let last = |what: &str| {
        let number = |line: &str| -> Option<u64> {
            let line = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ "))?;
            line.strip_prefix(what)?.strip_prefix(' ')?.trim().parse().ok()
        };
        output.lines().rev().find_map(number).unwrap_or_default()
    };
    Count {
        passed: last("pass"),
        failed: last("fail") + last("cancelled"),
        skipped: last("skipped") + last("todo"),
        flaky: 0,
    }
}

/// The closing lines of Playwright: `  5 passed (10.2s)`, `  1 failed`, `  2 did not run`.
///
/// A flaky test, one that passed only when it was run again, is counted by itself: on a machine that stood still for
/// seconds it is nothing, on any other a race in the test or in the app.
pub(crate) fn playwright(output: &str) -> Count {
    let mut count = Count::default();
    for (number, what) in output.lines().filter(|line| line.starts_with("  ")).filter_map(number_and_word) {
        match what {
            "passed" => count.passed += number,
            "failed" | "interrupted" | "did" => count.failed += number,
            "flaky" => count.flaky += number,
            "skipped" => count.skipped += number,
            _ => {}
        }
    }
    count
}

/// The number that the text begins with, and the word after it.
fn number_and_word(text: &str) -> Option<(u64, &str)> {
    let mut words = text.split_whitespace();
    Some((words.next()?.parse().ok()?, words.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_test_binaries_are_summed_up() {
        let output = "running 2 tests\ntest a ... ok\n\ntest result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; \
                      0 filtered out; finished in 0.00s\n\ntest result: FAILED. 3 passed; 2 failed; 0 ignored; 0 \
                      measured; 0 filtered out; finished in 1.20s\n";
        assert_eq!(cargo_test(output), Count { passed: 5, failed: 2, skipped: 1, flaky: 0 });
    }

    #[test]
    fn nodes_summary_is_read_in_both_forms() {
        let tap = "ok 1 - connects\n# pass 7\n# tests 3\n# suites 0\n# pass 2\n# fail 1\n# cancelled 0\n# skipped 0\n# todo 0\n";
        let people = "ℹ tests 3\nℹ pass 2\nℹ fail 1\nℹ cancelled 0\nℹ duration_ms 45.1\n";
        assert_eq!(node_test(tap), Count { passed: 2, failed: 1, skipped: 0, flaky: 0 });
        assert_eq!(node_test(people), node_test(tap));
    }

    #[test]
    fn playwrights_summary_counts_unstarted_tests_as_failed_and_flaky_ones_apart() {
        let output = "Running 6 tests using 2 workers\n  ✓  1 a.spec.ts:3:1 › 3 passed notes (1.0s)\n\n  1 failed\n    a.spec.ts:9:1 \
                      › b\n  1 flaky\n  1 skipped\n  1 did not run\n  2 passed (12.3s)\n";
        assert_eq!(playwright(output), Count { passed: 2, failed: 2, skipped: 1, flaky: 1 });
    }

    #[test]
    fn what_no_runner_printed_counts_nothing() {
        assert_eq!(cargo_test("error: could not compile `server`"), Count::default());
        assert_eq!(Count { passed: 2, failed: 0, skipped: 1, flaky: 3 }.to_string(), "2 passed, 3 flaky, 1 skipped");
    }
}
