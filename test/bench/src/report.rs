//! The table: medians, and ratios of them.

use std::time::Duration;

/// Digits after the point of the smallest values.
const DIGITS_MAX: f64 = 6.0;

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
    let before_the_point = if value > 0.0 { value.log10().floor() } else { 0.0 };
    let after_the_point = (2.0 - before_the_point).clamp(0.0, DIGITS_MAX) as usize;
    format!("{value:.after_the_point$}")
}

/// Processes that ran or waited to run, on average over the last minute; `None` where the system does not say so in `/proc`.
pub(crate) fn machine_load() -> Option<String> {
    let averages = std::fs::read_to_string("/proc/loadavg").ok()?;
    averages.split(' ').next().map(str::to_owned)
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
        let cases = [(1234.5, "1234"), (123.4, "123"), (12.345, "12.3"), (1.2345, "1.23"), (0.012345, "0.0123"), (0.0, "0.00")];
        for (value, expected) in cases {
            assert_eq!(shown(value), expected);
        }
    }
}
