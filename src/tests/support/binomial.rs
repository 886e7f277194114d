//! A sound bound for counts: how surprising is it to see `count` of `n`, if each falls here with probability `p`?

/// The two-sided surprise: the smaller of P(X ≤ count) and P(X ≥ count), doubled, for X binomial(n, p).
///
/// Exact up to rounding. A test that fails only below `alpha` fails wrongly with a probability of at most `alpha`,
/// because each tail is below `alpha / 2` with a probability of at most `alpha / 2`.
pub(crate) fn surprise(n: u32, p: f64, count: u32) -> f64 {
    let lower: f64 = (0..=count).map(|k| probability(n, p, k)).sum();
    let upper: f64 = (count..=n).map(|k| probability(n, p, k)).sum();
    (2.0 * lower.min(upper)).min(1.0)
}

/// P(X = k).
fn probability(n: u32, p: f64, k: u32) -> f64 {
    // The ends would take the logarithm of 0.
    if p <= 0.0 || p >= 1.0 {
        let certain = if p <= 0.0 { 0 } else { n };
        return if k == certain { 1.0 } else { 0.0 };
    }
    let choose: f64 = (0..k).map(|i| (f64::from(n - i) / f64::from(k - i)).ln()).sum();
    (choose + f64::from(k) * p.ln() + f64::from(n - k) * (1.0 - p).ln()).exp()
}
