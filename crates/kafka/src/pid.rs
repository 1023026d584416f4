//! An estimate of how many records per second the program can take, by what its batches took
//! (Spark 3.5: `PIDRateEstimator`).

/// Settings of the estimator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Gains {
    /// `spark.streaming.backpressure.pid.proportional`: of the difference between the last rate
    /// and that of the batch.
    pub(crate) proportional: f64,
    /// `spark.streaming.backpressure.pid.integral`: of what waits.
    pub(crate) integral: f64,
    /// `spark.streaming.backpressure.pid.derived`: of how fast the difference changes.
    pub(crate) derived: f64,
    /// `spark.streaming.backpressure.pid.minRate`: records per second.
    pub(crate) least: f64,
    /// The length of a batch, in milliseconds.
    pub(crate) interval: f64,
}

/// The times of a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Took {
    /// When it ended, in milliseconds.
    pub(crate) ended: i64,
    /// Records of the stream.
    pub(crate) records: u64,
    /// The length of its run, in milliseconds.
    pub(crate) processing: i64,
    /// The wait before its run, in milliseconds.
    pub(crate) scheduling: i64,
}

/// The estimator.
#[derive(Debug)]
pub(crate) struct Pid {
    gains: Gains,
    last: Option<Last>,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    time: i64,
    rate: f64,
    error: f64,
}

impl Pid {
    pub(crate) fn new(gains: Gains) -> Pid {
        Pid { gains, last: None }
    }

    /// The rate in records per second after a batch, if the batch says anything of it. The first
    /// one gives only what the others are compared with.
    pub(crate) fn after(&mut self, batch: Took) -> Option<f64> {
        let late = self.last.is_some_and(|last| batch.ended <= last.time);
        if late || batch.records == 0 || batch.processing <= 0 {
            return None;
        }
        let gains = self.gains;
        let measured = batch.records as f64 / batch.processing as f64 * 1000.0;
        let Some(last) = self.last else {
            self.last = Some(Last {
                time: batch.ended,
                rate: measured,
                error: 0.0,
            });
            return None;
        };
        let seconds = (batch.ended - last.time) as f64 / 1000.0;
        let error = last.rate - measured;
        let waiting = batch.scheduling as f64 * measured / gains.interval;
        let change = (error - last.error) / seconds;
        let rate = last.rate
            - gains.proportional * error
            - gains.integral * waiting
            - gains.derived * change;
        let rate = rate.max(gains.least);
        self.last = Some(Last {
            time: batch.ended,
            rate,
            error,
        });
        Some(rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GAINS: Gains = Gains {
        proportional: 1.0,
        integral: 0.2,
        derived: 0.0,
        least: 100.0,
        interval: 1000.0,
    };

    fn took(ended: i64, records: u64, processing: i64, scheduling: i64) -> Took {
        Took {
            ended,
            records,
            processing,
            scheduling,
        }
    }

    #[test]
    fn the_first_batch_and_those_that_say_nothing_give_no_rate() {
        let mut pid = Pid::new(GAINS);
        assert_eq!(pid.after(took(1000, 0, 500, 0)), None);
        assert_eq!(pid.after(took(1000, 500, 0, 0)), None);
        assert_eq!(pid.after(took(1000, 500, 500, 0)), None);
        assert_eq!(pid.after(took(1000, 500, 500, 0)), None);
        assert_eq!(pid.after(took(2000, 400, 200, 0)), Some(2000.0));
    }

    #[test]
    fn what_waits_lowers_the_rate_down_to_the_least() {
        let mut pid = Pid::new(GAINS);
        pid.after(took(1000, 1000, 1000, 0));
        // 1000 - 1 * (1000 - 1000) - 0.2 * 500 * 1000 / 1000
        assert_eq!(pid.after(took(2000, 1000, 1000, 500)), Some(900.0));
        assert_eq!(pid.after(took(3000, 1000, 1000, 60_000)), Some(100.0));
    }

    proptest! {
        /// The formula as Spark's source has it, with each of its gains.
        #[test]
        fn it_is_sparks_formula(
            batches in prop::collection::vec((1_i64..5000, 1_u64..100_000, 1_i64..5000, 0_i64..9000), 2..20),
            (proportional, integral, derived) in (0.0..2.0, 0.0..2.0, 0.0..2.0),
        ) {
            let gains = Gains { proportional, integral, derived, ..GAINS };
            let mut pid = Pid::new(gains);
            let (mut latest_time, mut latest_rate, mut latest_error) = (-1_i64, -1.0, -1.0);
            let (mut now, mut first_run) = (0, true);
            for (pause, records, processing, scheduling) in batches {
                now += pause;
                let delay_since_update = (now - latest_time) as f64 / 1000.0;
                let processing_rate = records as f64 / processing as f64 * 1000.0;
                let error = latest_rate - processing_rate;
                let historical = scheduling as f64 * processing_rate / gains.interval;
                let d_error = (error - latest_error) / delay_since_update;
                let new_rate = f64::max(
                    latest_rate - proportional * error - integral * historical - derived * d_error,
                    gains.least,
                );
                latest_time = now;
                let expected = if first_run {
                    (latest_rate, latest_error, first_run) = (processing_rate, 0.0, false);
                    None
                } else {
                    (latest_rate, latest_error) = (new_rate, error);
                    Some(new_rate)
                };
                prop_assert_eq!(pid.after(took(now, records, processing, scheduling)), expected);
            }
        }
    }
}
