//! Checks and test suites, run one after the other whatever comes of them, and told of at the end.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::process::Run;
use crate::step::seconds;

mod count;
mod failures;

pub(crate) use count::{Count, cargo_test, node_test, playwright};
use failures::{failed_tests, first_words};

/// What came of each step so far.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

struct Row {
    name: String,
    took: Duration,
    /// Nothing for a step that is no test suite.
    count: Option<Count>,
    failure: Option<String>,
    failed_tests: Vec<String>,
    /// What the runner said of the first of them.
    words: Vec<String>,
}

impl Report {
    /// Runs a step that either succeeds or not. Returns whether it did.
    pub(crate) fn check(&mut self, name: &str, work: impl FnOnce() -> Result<()>) -> bool {
        self.run(name, || work().map(|()| Outcome { count: None, is_content: true, output: String::new() }))
    }

    /// Runs a test suite: `work` returns what its runner printed, in which `count` finds how many tests ran.
    ///
    /// A suite without a single test that ran has failed, or a renamed script would go unnoticed.
    pub(crate) fn tests(
        &mut self,
        name: &str,
        count: impl FnOnce(&str) -> Count,
        work: impl FnOnce() -> Result<Run>,
    ) -> bool {
        self.run(name, || {
            let Run { output, is_content } = work()?;
            Ok(Outcome { count: Some(count(&output)), is_content, output })
        })
    }

    fn run(&mut self, name: &str, work: impl FnOnce() -> Result<Outcome>) -> bool {
        println!("\n==> {name}");
        let start = Instant::now();
        let (count, output, failure) = match work() {
            Ok(Outcome { count, is_content, output }) => {
                let has_none = count.is_some_and(|count| count.passed + count.failed + count.flaky == 0);
                let failure = match (has_none, is_content) {
                    (true, _) => Some("no test has run".to_owned()),
                    (false, false) => Some("the runner reports a failure".to_owned()),
                    (false, true) => None,
                };
                (count, output, failure)
            }
            Err(error) => (None, String::new(), Some(format!("{error:#}"))),
        };
        if let Some(failure) = &failure {
            println!("    failed: {failure}");
        }
        let is_fine = failure.is_none() && count.is_none_or(|count| count.failed == 0);
        self.rows.push(Row {
            name: name.to_owned(),
            took: start.elapsed(),
            count,
            failure,
            failed_tests: failed_tests(&output),
            words: first_words(&output).into_iter().map(str::to_owned).collect(),
        });
        is_fine
    }

    /// Prints the table, the failed tests with what was said of them, and then the sum in a line of its own: `12 passed,
    /// 0 failed`.
    pub(crate) fn close(&self) -> ExitCode {
        println!("\n{}", self.table());
        for line in self.rows.iter().flat_map(|row| &row.words) {
            println!("{line}");
        }
        for (row, test) in self.rows.iter().flat_map(|row| row.failed_tests.iter().map(move |test| (row, test))) {
            println!("{}  {}: {test}", row.outcome(), row.name);
        }
        println!("{}", self.sum());
        if self.rows.iter().all(Row::is_fine) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn table(&self) -> String {
        let line = |row: &Row| {
            let outcome = row.outcome();
            let count = row.count.map(|count| count.to_string()).unwrap_or_default();
            let failure = row.failure.as_deref().map(in_one_line).unwrap_or_default();
            format!("{outcome:<7} {:>14}  {:<28} {count} {failure}", seconds(row.took), row.name)
        };
        let lines: Vec<_> = self.rows.iter().map(|row| line(row).trim_end().to_owned()).collect();
        lines.join("\n") + "\n"
    }

    /// A step that failed without a failed test counts as one: a sum of no failures means that all is well.
    fn sum(&self) -> String {
        let passed: u64 = self.rows.iter().filter_map(|row| row.count).map(|count| count.passed).sum();
        let failed: u64 = self.rows.iter().map(Row::failures).sum();
        let flaky: u64 = self.rows.iter().filter_map(|row| row.count).map(|count| count.flaky).sum();
        let flaky = if flaky > 0 { format!(", {flaky} flaky: passed when run again") } else { String::new() };
        format!("{passed} passed, {failed} failed{flaky}")
    }
}

/// What went wrong, in a row of the table.
fn in_one_line(failure: &str) -> String {
    failure.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Outcome {
    count: Option<Count>,
    is_content: bool,
    /// What the runner printed.
    output: String,
}

impl Row {
    fn is_fine(&self) -> bool {
        self.failures() == 0
    }

    fn outcome(&self) -> &'static str {
        match self.count {
            _ if !self.is_fine() => "FAILED",
            Some(count) if count.flaky > 0 => "flaky",
            _ => "ok",
        }
    }

    fn failures(&self) -> u64 {
        let counted = self.count.map_or(0, |count| count.failed);
        if counted == 0 { u64::from(self.failure.is_some()) } else { counted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: &str = "test result: ok. 3 passed; 0 failed; 0 ignored;";

    fn ended(output: &str, is_content: bool) -> Run {
        Run { output: output.to_owned(), is_content }
    }

    #[test]
    fn the_sum_counts_the_tests_of_all_runners() {
        let mut report = Report::default();
        assert!(report.check("format", || Ok(())));
        assert!(report.tests("server", cargo_test, || Ok(ended(FINE, true))));
        assert!(
            !report
                .tests("pages", playwright, || Ok(ended("  ✘  1 [a] › b (1s)\n  2 failed\n  1 passed (3s)\n", false)))
        );
        assert_eq!(report.sum(), "4 passed, 2 failed");
        assert_eq!(report.rows[2].failed_tests, ["[a] › b"]);
        assert_eq!(report.close(), ExitCode::FAILURE);
    }

    #[test]
    fn a_failure_that_no_runner_counted_counts_as_one() {
        let mut report = Report::default();
        report.check("lints", || anyhow::bail!("a warning"));
        report.tests("does not compile", cargo_test, || Ok(ended("", false)));
        report.tests("crashes at the end", cargo_test, || Ok(ended(FINE, false)));
        report.tests("ran nothing", cargo_test, || Ok(ended("test result: ok. 0 passed; 0 failed; 4 ignored;", true)));
        assert_eq!(report.sum(), "3 passed, 4 failed");
        assert!(report.table().contains("no test has run"));
    }

    #[test]
    fn a_test_that_passed_when_run_again_is_told_of_but_fails_nothing() {
        let output = "  ✘  1 [a] › b (1s)\n  ✓  2 [a] › b (retry #1) (1s)\n\n  1) [a] › b ──\n\n    Error: late\n\n  1 \
                      flaky\n    [a] › b\n  4 passed (3s)\n";
        let mut report = Report::default();
        assert!(report.tests("pages", playwright, || Ok(ended(output, true))));
        assert_eq!(report.sum(), "4 passed, 0 failed, 1 flaky: passed when run again");
        assert_eq!(
            (report.rows[0].outcome(), &report.rows[0].failed_tests[..]),
            ("flaky", &["[a] › b".to_owned()][..])
        );
        assert_eq!(report.rows[0].words, ["  1) [a] › b ──", "    Error: late"]);
        assert_eq!(report.close(), ExitCode::SUCCESS);
    }

    #[test]
    fn all_is_well_when_nothing_failed() {
        let mut report = Report::default();
        report.tests("server", cargo_test, || Ok(ended(FINE, true)));
        assert_eq!(report.close(), ExitCode::SUCCESS);
        assert_eq!(report.sum(), "3 passed, 0 failed");
    }
}
