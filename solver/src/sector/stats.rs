//! Means with their uncertainty, and the upper bound of a rare share.

use serde::{Deserialize, Serialize};

/// A mean of independent runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// Half the width of its 95 % confidence interval, after Student.
    pub half_95: f64,
}

/// Two-sided 95 % points of Student's distribution by degrees of freedom from 1;
/// beyond, that of 30 is used, which is wider than needed.
const STUDENT: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/// The mean of some values; `None` for fewer than two.
pub fn mean(values: &[f64]) -> Option<Mean> {
    if values.len() < 2 {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let point = STUDENT[(values.len() - 2).min(STUDENT.len() - 1)];
    Some(Mean { mean, half_95: point * (variance / n).sqrt() })
}

/// Upper end of the one-sided 95 % interval of a share that was met `count` times
/// in `of`: the Poisson bound, a little above that of Clopper and Pearson.
pub fn upper_95(count: u64, of: u64) -> f64 {
    if of == 0 {
        return 1.0;
    }
    // Chance of at most `count` at this rate, summed from the largest term down.
    let at_most = |rate: f64| {
        let log = |k: u64| (1..=k).map(|i| (rate / i as f64).ln()).sum::<f64>() - rate;
        let mut term = log(count).exp();
        let mut sum = term;
        for k in (1..=count).rev() {
            term *= k as f64 / rate;
            sum += term;
        }
        sum
    };
    let (mut low, mut high) = (count as f64, count as f64 + 10.0 + 5.0 * (count as f64).sqrt());
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if at_most(middle.max(1e-12)) > 0.05 { low = middle } else { high = middle }
    }
    (high / of as f64).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_tables() {
        // Three in so many when none was seen; 10.51 when five were (Poisson tables).
        assert!((upper_95(0, 1_000) * 1_000.0 - 2.996).abs() < 0.001);
        assert!((upper_95(5, 100_000) * 100_000.0 - 10.513).abs() < 0.001);
        let m = mean(&[1.0, 2.0, 3.0]).unwrap();
        assert!((m.mean - 2.0).abs() < 1e-12 && (m.half_95 - 4.303 / 3.0_f64.sqrt()).abs() < 1e-9);
        assert_eq!(mean(&[1.0]), None);
    }
}
