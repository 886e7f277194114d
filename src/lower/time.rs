//! Durations, as Envoy has them.

use crate::base::Duration;

/// A length of time; what is negative (a fault of the field) counts as none.
pub(crate) fn std_duration(duration: Duration) -> std::time::Duration {
    std::time::Duration::from_nanos(u64::try_from(duration.total_nanos()).unwrap_or_default())
}
