//! The formats of printed values and times, for programs that write lines of their own.

use millrace::testing::run_context;
use millrace::{BatchTime, PrintFormat};

#[test]
fn a_context_prints_as_pyspark_unless_a_setting_says_otherwise() {
    run_context(1, |ssc| {
        assert_eq!(ssc.print_format(), PrintFormat::PySpark);
        // A context has an output.
        ssc.queue_stream(vec![vec![1]]).print();
    });
}

#[test]
fn values_and_times_have_each_formats_form() {
    let time = BatchTime::from_millis(2_000);
    for (format, value, moment) in [
        (PrintFormat::PySpark, "('a', None)", None),
        (PrintFormat::Scala, "(a,None)", Some("2000 ms")),
        (PrintFormat::Json, "[\"a\",null]", Some("2000")),
    ] {
        assert_eq!(format.str_of(&("a", None::<i32>)), value);
        // Python's is local time, which depends on the machine.
        assert!(moment.is_none_or(|moment| format.time_of(time) == moment));
    }
}
