//! Limits of the records that a batch takes of each partition.

/// Settings of the limit, in records per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limits {
    /// `spark.streaming.kafka.maxRatePerPartition`; 0 is no limit.
    pub(crate) most: f64,
    /// `spark.streaming.kafka.minRatePerPartition`: records of a batch, if there is a limit.
    pub(crate) least: u64,
}

/// Says how many records are taken of each partition, by how many each has (Spark 3.5:
/// `maxMessagesPerPartition` and `clamp`). `rate` is the estimate for all partitions together,
/// which share it by what they have; `seconds` is how long a batch is.
pub(crate) fn taken(rate: Option<f64>, limits: Limits, seconds: f64, lags: &[u64]) -> Vec<u64> {
    let all: u64 = lags.iter().sum();
    let rates: Vec<f64> = match rate.filter(|&rate| rate > 0.0) {
        Some(rate) => {
            let share = |&lag: &u64| lag as f64 / all.max(1) as f64 * rate;
            let bounded = |rate: f64| match limits.most > 0.0 {
                true => rate.min(limits.most),
                false => rate,
            };
            lags.iter().map(share).map(bounded).collect()
        }
        None => vec![limits.most; lags.len()],
    };
    if rates.iter().sum::<f64>() <= 0.0 {
        return lags.to_vec();
    }
    let count = |rate: f64| ((seconds * rate) as u64).max(limits.least);
    let counts = rates.into_iter().map(count);
    counts
        .zip(lags)
        .map(|(count, &lag)| count.min(lag))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(most: f64, least: u64) -> Limits {
        Limits { most, least }
    }

    #[test]
    fn without_a_rate_each_partition_has_the_same_limit_or_none() {
        let none = limits(0.0, 1);
        assert_eq!(taken(None, none, 1.0, &[7, 0, 9]), [7, 0, 9]);
        assert_eq!(taken(None, limits(2.0, 1), 2.0, &[7, 0, 9]), [4, 0, 4]);
        // Half a record in a batch would be none for ever.
        assert_eq!(taken(None, limits(1.0, 1), 0.5, &[7, 0, 9]), [1, 0, 1]);
    }

    /// The rate of all is shared by lag, bounded by the limit of one, and never below the least.
    #[test]
    fn partitions_share_a_rate_by_what_they_have() {
        let lags = [100, 300];
        assert_eq!(taken(Some(40.0), limits(0.0, 1), 1.0, &lags), [10, 30]);
        assert_eq!(taken(Some(40.0), limits(20.0, 1), 1.0, &lags), [10, 20]);
        assert_eq!(taken(Some(1.0), limits(0.0, 5), 1.0, &lags), [5, 5]);
        assert_eq!(taken(Some(40.0), limits(0.0, 1), 1.0, &[0, 0]), [0, 0]);
        assert_eq!(taken(Some(-1.0), limits(0.0, 1), 1.0, &lags), lags);
    }
}
