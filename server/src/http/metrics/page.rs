//! Writes Prometheus' text format.

use std::fmt::{Display, Write as _};

/// What a figure is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Goes up and down.
    Gauge,
    /// Only goes up.
    Counter,
    /// Counts by size.
    Histogram,
}

/// The text so far.
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    /// Says what the lines after it are.
    pub(super) fn head(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
            Kind::Histogram => "histogram",
        };
        // Writing to a String can't fail, here and below.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// One figure.
    pub(super) fn line(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (index, (label, text)) in labels.iter().enumerate() {
            let escaped = text.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n");
            let _ = write!(self.0, "{}{label}=\"{escaped}\"", if index == 0 { '{' } else { ',' });
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        let mut page = Page::default();
        page.head("x_total", Kind::Counter, "Things.");
        page.line("x_total", &[("a", "q\"\\"), ("b", "")], 7);
        page.line("x_total", &[], 1.5);
        let text = "# HELP x_total Things.\n# TYPE x_total counter\nx_total{a=\"q\\\"\\\\\",b=\"\"} 7\nx_total 1.5\n";
        assert_eq!(page.into_text(), text);
    }
}
