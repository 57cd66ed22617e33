//! The table: medians, and ratios of them.

use std::time::Duration;

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    Higher,
    Lower,
}

/// The median; 0 of nothing.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// The median of durations in milliseconds.
pub(crate) fn median_ms(times: &[Duration]) -> f64 {
    median(&times.iter().map(|time| time.as_secs_f64() * 1_000.0).collect::<Vec<_>>())
}

/// Prints the head of a table of us and another.
pub(crate) fn head(title: &str, ours: &str, other: &str) {
    println!("\n| {title} | {ours} | {other} | ratio |\n|---|---:|---:|---:|");
}

/// Prints a line; the ratio is over 1 where ours is better.
pub(crate) fn line(what: &str, ours: f64, other: f64, better: Better) {
    let ratio = match better {
        Better::Higher => ours / other,
        Better::Lower => other / ours,
    };
    println!("| {what} | {} | {} | {ratio:.2} |", shown(ours), shown(other));
}

/// Prints a line of a program against native code; the ratio is how much slower the program is.
pub(crate) fn slower(what: &str, program: f64, native: f64) {
    println!("| {what} | {} | {} | {:.2} |", shown(program), shown(native), program / native);
}

/// Three digits are what a measurement is good for.
pub(crate) fn shown(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_do_not_mind_the_order_nor_an_outlier() {
        assert_eq!(median(&[3.0, 1.0, 900.0, 2.0, 2.5]), 2.5);
        assert_eq!(median(&[]), 0.0);
        assert_eq!(median_ms(&[Duration::from_millis(7)]), 7.0);
    }

    #[test]
    fn three_digits() {
        assert_eq!([1234.5, 12.345, 1.2345].map(shown), ["1234", "12.3", "1.23"]);
    }
}
