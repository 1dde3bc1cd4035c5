//! Medians and spreads, for reading and for machines.

use std::fmt::{self, Write as _};

use serde_json::{Value, json};

use super::statistics::median_and_spread;
use super::workload::Workload;

/// One measured value.
#[derive(Debug, Clone)]
pub(super) struct Figure {
    name: &'static str,
    value: f64,
    unit: &'static str,
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.name, number(self.value), self.unit)
    }
}

impl Figure {
    pub(super) fn new(name: &'static str, value: f64, unit: &'static str) -> Self {
        Self { name, value, unit }
    }
}

/// The values of one figure over all runs.
struct Line {
    name: &'static str,
    unit: &'static str,
    values: Vec<f64>,
}

/// Everything measured so far.
pub(super) struct Report {
    runs: usize,
    workloads: Vec<(&'static Workload, Vec<Line>)>,
}

impl Report {
    pub(super) fn new(runs: usize) -> Self {
        Self { runs, workloads: Vec::new() }
    }

    /// Takes the figures of one run.
    pub(super) fn add(&mut self, workload: &'static Workload, figures: Vec<Figure>) {
        if self.workloads.last().is_none_or(|(last, _)| last.name != workload.name) {
            self.workloads.push((workload, Vec::new()));
        }
        let Some((_, lines)) = self.workloads.last_mut() else { return };
        for Figure { name, value, unit } in figures {
            match lines.iter_mut().find(|it| it.name == name) {
                Some(line) => line.values.push(value),
                None => lines.push(Line { name, unit, values: vec![value] }),
            }
        }
    }

    /// A Markdown table: the median of each figure, with the least and the greatest.
    pub(super) fn table(&self) -> String {
        let mut text = format!("| work | figure | median of {} | least to greatest | to reach |\n", self.runs)
            + "| --- | --- | ---: | ---: | --- |\n";
        for (workload, lines) in &self.workloads {
            for (index, line) in lines.iter().enumerate() {
                let Some((median, least, greatest)) = median_and_spread(&line.values) else { continue };
                let doc = if index == 0 { workload.doc } else { "" };
                let unit = if line.unit.is_empty() { String::new() } else { format!(" {}", line.unit) };
                let spread = format!("{} to {}{unit}", number(least), number(greatest));
                let goal = workload.goals.iter().find(|(name, _)| *name == line.name).map_or("", |(_, goal)| goal);
                // Writing to a string can't fail.
                let _ = writeln!(text, "| {doc} | {} | {}{unit} | {spread} | {goal} |", line.name, number(median));
            }
        }
        text
    }

    /// Every value of every run.
    pub(super) fn json(&self) -> Value {
        let workloads: Vec<_> = self
            .workloads
            .iter()
            .map(|(workload, lines)| {
                let figures: Vec<_> = lines
                    .iter()
                    .map(|it| {
                        let median = median_and_spread(&it.values).map(|it| it.0);
                        json!({"name": it.name, "unit": it.unit, "median": median, "values": it.values})
                    })
                    .collect();
                json!({"name": workload.name, "work": workload.doc, "figures": figures})
            })
            .collect();
        json!({"runs": self.runs, "workloads": workloads})
    }
}

/// Three digits that count, with commas between thousands.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        100.0.. => 0,
        10.0.. => 1,
        _ => 2,
    };
    let text = format!("{:.digits$}", value.abs());
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let mut grouped = if value < 0.0 { "-" } else { "" }.to_owned();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    fraction.map_or(grouped.clone(), |it| format!("{grouped}.{it}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::workload::WORKLOADS;

    #[test]
    fn numbers_are_short_and_grouped() {
        assert_eq!(number(1_234_567.8), "1,234,568");
        assert_eq!(number(12.345), "12.3");
        assert_eq!(number(0.534), "0.53");
        assert_eq!(number(999.0), "999");
        assert_eq!((number(-121.4), number(-1.5)), ("-121".to_owned(), "-1.50".to_owned()));
    }

    #[test]
    fn a_figure_stands_once_with_its_median_and_spread() {
        let mut report = Report::new(3);
        for value in [3.0, 1.0, 2.0] {
            report.add(&WORKLOADS[0], vec![Figure::new("ratio", value, "×")]);
        }
        assert!(report.table().contains("| ratio | 2.00 × | 1.00 to 3.00 × | at least 2.0 |"), "{}", report.table());
        assert_eq!(report.json()["workloads"][0]["figures"][0]["median"], 2.0);
    }
}
