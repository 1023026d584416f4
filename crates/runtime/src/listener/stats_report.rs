//! Spark's `StatsReportListener`: how long the last batches took, on standard error.

use std::collections::VecDeque;
use std::fmt;

use millrace_types::{BatchInfo, Duration, StreamingListener};

use crate::notice::notice;

/// The shares of the batches that each column stands for, in percent.
const PERCENTILES: [usize; 9] = [0, 5, 10, 25, 50, 75, 90, 95, 100];

/// Says after every batch how total delay and processing time of the last batches are
/// distributed (Spark: `StatsReportListener`), on standard error.
///
/// ```
/// millrace::testing::run_context(1, |ssc| {
///     ssc.add_streaming_listener(millrace::events::StatsReportListener::new(100));
///     ssc.queue_stream(vec![vec![1, 2]]).print();
/// });
/// ```
#[derive(Debug, Clone)]
pub struct StatsReportListener {
    batches: VecDeque<BatchInfo>,
    count: usize,
}

impl StatsReportListener {
    /// Over the last `count` batches; at least one.
    #[must_use]
    pub fn new(count: usize) -> StatsReportListener {
        StatsReportListener {
            batches: VecDeque::new(),
            count: count.max(1),
        }
    }

    /// The lines about one figure of the batches; none if no batch has it.
    fn lines(&self, heading: &str, figure: fn(&BatchInfo) -> Option<Duration>) -> Vec<String> {
        let mut millis: Vec<i64> = self
            .batches
            .iter()
            .filter_map(|batch| Some(figure(batch)?.as_millis()))
            .collect();
        millis.sort_unstable();
        let (Some(least), Some(most)) = (millis.first(), millis.last()) else {
            return Vec::new();
        };
        let count = millis.len();
        let mean = millis.iter().sum::<i64>() as f64 / count as f64;
        let squares = millis.iter().map(|&ms| (ms as f64 - mean).powi(2));
        let deviation = (squares.sum::<f64>() / count as f64).sqrt();
        let column = |percent: usize| millis[(percent * count / 100).min(count - 1)];
        let percents: Vec<String> = PERCENTILES.iter().map(|p| format!("{p}%")).collect();
        let values: Vec<String> = PERCENTILES
            .iter()
            .map(|&percent| SparkDuration(column(percent)).to_string())
            .collect();
        vec![
            format!(
                "{heading}(count: {count}, mean: {mean:.6}, stdev: {deviation:.6}, \
                 max: {most:.6}, min: {least:.6})",
                most = *most as f64,
                least = *least as f64,
            ),
            format!("\t{}", percents.join("\t")),
            format!("\t{}", values.join("\t")),
        ]
    }
}

/// Over the last ten batches.
impl Default for StatsReportListener {
    fn default() -> StatsReportListener {
        StatsReportListener::new(10)
    }
}

impl StreamingListener for StatsReportListener {
    fn on_batch_completed(&mut self, batch: &BatchInfo) {
        self.batches.push_back(batch.clone());
        if self.batches.len() > self.count {
            self.batches.pop_front();
        }
        let total = self.lines("Total delay: ", BatchInfo::total_delay);
        let processing = self.lines("Processing time: ", BatchInfo::processing_delay);
        total.iter().chain(&processing).for_each(notice);
    }
}

/// Milliseconds as Spark's `msDurationToString` writes them.
struct SparkDuration(i64);

impl fmt::Display for SparkDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0 as f64;
        match self.0 {
            ..1_000 => write!(f, "{} ms", self.0),
            1_000..60_000 => write!(f, "{:.1} s", millis / 1e3),
            60_000..3_600_000 => write!(f, "{:.1} m", millis / 6e4),
            _ => write!(f, "{:.2} h", millis / 3.6e6),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use millrace_types::BatchTime;

    use super::*;

    fn batch(waited: i64, ran: i64) -> BatchInfo {
        BatchInfo {
            batch_time: BatchTime::from_millis(0),
            stream_id_to_input_info: BTreeMap::new(),
            submission_time: 0,
            processing_start_time: Some(waited),
            processing_end_time: Some(waited + ran),
            output_operation_infos: BTreeMap::new(),
        }
    }

    #[test]
    fn the_last_batches_are_reported_as_spark_does() {
        let mut listener = StatsReportListener::new(4);
        assert!(listener.lines("", BatchInfo::total_delay).is_empty());
        for (waited, ran) in [(900_000, 1), (0, 10), (5, 20), (0, 1_500), (0, 90_000)] {
            listener.on_batch_completed(&batch(waited, ran));
        }
        let processing = listener.lines("Processing time: ", BatchInfo::processing_delay);
        let mean = (10 + 20 + 1_500 + 90_000) as f64 / 4.0;
        assert!(processing[0].starts_with(&format!("Processing time: (count: 4, mean: {mean:.6}")));
        assert_eq!(
            processing[1],
            "\t0%\t5%\t10%\t25%\t50%\t75%\t90%\t95%\t100%"
        );
        assert_eq!(
            processing[2],
            "\t10 ms\t10 ms\t10 ms\t20 ms\t1.5 s\t1.5 m\t1.5 m\t1.5 m\t1.5 m"
        );
        let total = listener.lines("Total delay: ", BatchInfo::total_delay);
        assert!(
            total[2].starts_with("\t10 ms\t10 ms\t10 ms\t25 ms"),
            "{total:?}"
        );
    }

    #[test]
    fn long_times_are_in_hours() {
        assert_eq!(SparkDuration(999).to_string(), "999 ms");
        assert_eq!(SparkDuration(5_400_000).to_string(), "1.50 h");
    }
}
