//! Medians, spreads and percentiles.

use std::time::Duration;

/// A count as a real number.
#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark stay far below 2^52")]
pub(super) fn real(count: u64) -> f64 {
    count as f64
}

/// The value in the middle, the least and the greatest. `None` for no values.
pub(super) fn median_and_spread(values: &[f64]) -> Option<(f64, f64, f64)> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (least, greatest) = (*sorted.first()?, *sorted.last()?);
    let half = sorted.len() / 2;
    let median = if sorted.len() % 2 == 1 { sorted[half] } else { f64::midpoint(sorted[half - 1], sorted[half]) };
    Some((median, least, greatest))
}

/// The duration that `percent` of all are not longer than; zero for none. Sorts its argument.
pub(super) fn percentile(durations: &mut [Duration], percent: usize) -> Duration {
    durations.sort_unstable();
    let index = (durations.len() * percent).div_ceil(100).saturating_sub(1);
    durations.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_stands_between_the_least_and_the_greatest() {
        assert_eq!(median_and_spread(&[3.0, 1.0, 2.0]), Some((2.0, 1.0, 3.0)));
        assert_eq!(median_and_spread(&[4.0, 1.0]), Some((2.5, 1.0, 4.0)));
        assert_eq!(median_and_spread(&[]), None);
    }

    #[test]
    fn the_99th_percentile_leaves_one_in_a_hundred_out() {
        let mut durations: Vec<_> = (1..=200).rev().map(Duration::from_millis).collect();
        assert_eq!(percentile(&mut durations, 99), Duration::from_millis(198));
        assert_eq!(percentile(&mut durations, 50), Duration::from_millis(100));
        assert_eq!(percentile(&mut [], 99), Duration::ZERO);
    }
}
