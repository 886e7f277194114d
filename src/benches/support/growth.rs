//! How costs grow with the size of the input.

/// Growth that is called linear: time ~ n^x with x up to this.
pub(crate) const LINEAR: f64 = 1.15;

/// The exponent x of time ~ n^x from the first size to the last.
pub(crate) fn exponent(costs: &[(usize, f64)]) -> Option<f64> {
    let (&(few, short), &(many, long)) = (costs.first()?, costs.last()?);
    (few != many).then(|| (long / short).ln() / (many as f64 / few as f64).ln())
}
