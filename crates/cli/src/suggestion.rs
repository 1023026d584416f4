//! The known key nearest to a misspelt one.

use millrace_types::keys::KEYS;

/// The known key that takes the fewest edits to reach from `typed`.
pub(crate) fn nearest_key(typed: &str) -> &'static str {
    let names = KEYS.iter().map(|key| key.name);
    names
        .min_by_key(|name| distance(typed, name))
        .unwrap_or_default()
}

/// Levenshtein distance without regard to case, which users confuse most.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (deleted, a) in from.to_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = deleted + 1;
        for (column, b) in to.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[column + 1];
            row[column + 1] = substituted.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_edits() {
        let cases = [
            ("", "", 0),
            ("abc", "", 3),
            ("kitten", "Sitting", 3),
            ("ab", "ba", 2),
        ];
        for (from, to, edits) in cases {
            assert_eq!(distance(from, to), edits, "{from} {to}");
        }
    }

    #[test]
    fn a_slip_finds_its_key() {
        let cases = [
            ("millrace.maxBatch", "millrace.maxBatches"),
            ("millrace.batchinterval", "millrace.batchInterval"),
            ("millrace.stopAtEOF", "millrace.stopAtEof"),
            ("millrace.printFormat", "millrace.print.format"),
        ];
        for (typed, key) in cases {
            assert_eq!(nearest_key(typed), key);
        }
    }
}
