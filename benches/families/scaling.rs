//! The cost of a record by the number of workers, and what follows for machines with many cores.
//!
//! Two cores can run sixteen workers: the work is cut into the pieces that sixteen cores would
//! get, and processor time says what the cutting costs. It cannot say what sixteen cores lose to
//! each other's memory traffic, so that the last column is a bound and no promise.
#![expect(clippy::print_stdout, reason = "the figures are this program's output")]

use std::str::FromStr;

use crate::measure::{Figures, median};
use crate::rows::Row;

/// Numbers of workers, the first of which the others are compared with.
pub(crate) struct Workers(Vec<usize>);

impl FromStr for Workers {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Workers, &'static str> {
        let number = |word: &str| {
            word.parse()
                .ok()
                .filter(|number| (1..=256).contains(number))
        };
        let numbers: Option<Vec<usize>> = text.split(',').map(number).collect();
        numbers
            .map(Workers)
            .ok_or("numbers of workers from 1 to 256 are needed, with commas between them")
    }
}

/// Prints a line for every row.
pub(crate) fn print(rows: &[Row], records: usize, rounds: usize, Workers(workers): &Workers) {
    let named = |what: &str| -> String {
        let columns = workers
            .iter()
            .map(|number| format!(" {what} on {number} |"));
        columns.collect()
    };
    let (cpu, waits) = (named("CPU ns"), named("waits"));
    println!("| family | read |{cpu}{waits} batch thread | bound |");
    println!("|---|---|{}---|---|", "---|".repeat(2 * workers.len()));
    for row in rows {
        println!("{}", line(row, records, rounds, workers));
    }
}

fn line(row: &Row, records: usize, rounds: usize, workers: &[usize]) -> String {
    let measured: Vec<Vec<Figures>> = (0..rounds)
        .map(|_| workers.iter().map(|&n| row.measure(n, records)).collect())
        .collect();
    let of = |at: usize, figure: fn(&Figures) -> f64| {
        median(measured.iter().map(|round| figure(&round[at])).collect())
    };
    let mut line = format!("| {} | {} |", row.name, row.read);
    for at in 0..workers.len() {
        line += &format!(" {:.1} |", of(at, |figures| figures.cpu_nanos));
    }
    for at in 0..workers.len() {
        line += &format!(" {:.0} |", of(at, |figures| figures.waits));
    }
    let last = workers.len() - 1;
    let serial = of(last, |figures| figures.serial);
    let bound = bound(
        of(0, |figures| figures.cpu_nanos),
        of(last, |figures| figures.cpu_nanos),
        serial,
        workers[last],
    );
    line + &format!(" {serial:.3} | {bound:.1} |")
}

/// The speed-up over the first number of workers that as many cores as the last number can bring
/// at most: from what a record costs there, of which the batch thread's part is done by one of them.
fn bound(first: f64, last: f64, serial: f64, cores: usize) -> f64 {
    first / (last * (serial + (1.0 - serial) / cores as f64))
}

#[cfg(test)]
mod tests {
    use super::{Workers, bound};

    #[test]
    fn numbers_of_workers_have_commas_between_them() {
        let workers: Result<Workers, _> = "1,2,16".parse();
        assert!(workers.is_ok_and(|Workers(workers)| workers == [1, 2, 16]));
        for wrong in ["", "0", "1,,2", "two", "257"] {
            assert!(wrong.parse::<Workers>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_one_thread_does_bounds_the_others() {
        assert!((bound(10.0, 10.0, 0.0, 16) - 16.0).abs() < 1e-9);
        assert!((bound(10.0, 10.0, 1.0, 16) - 1.0).abs() < 1e-9);
        // Work that doubles halves what the cores bring.
        assert!((bound(10.0, 20.0, 0.0, 16) - 8.0).abs() < 1e-9);
    }
}
