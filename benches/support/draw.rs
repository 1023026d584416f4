//! Random draws that are the same on every machine.
//!
//! Only integer arithmetic and IEEE additions, multiplications and divisions:
//! no `powf`, whose last bit depends on the C library.

/// SplitMix64.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    /// True once in `times`.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Draws ranks with weights `1 / (rank + shift)`, counted from 1, in constant
/// time each (Vose's alias method): Zipf's law, Mandelbrot's with a shift.
#[derive(Debug)]
pub(crate) struct Zipf {
    columns: Vec<Column>,
}

/// A column of the alias table: below `threshold` its own rank, above it the other.
#[derive(Clone, Copy, Debug)]
struct Column {
    threshold: u32,
    alias: u32,
}

impl Zipf {
    pub(crate) fn new(ranks: usize, shift: f64) -> Self {
        let weight = |rank: usize| 1.0 / ((rank + 1) as f64 + shift);
        let total: f64 = (0..ranks).map(weight).sum();
        let mut shares: Vec<f64> = (0..ranks)
            .map(|rank| weight(rank) * ranks as f64 / total)
            .collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..ranks).partition(|&rank| shares[rank] < 1.0);
        let full = |alias| Column {
            threshold: u32::MAX,
            alias,
        };
        let mut columns: Vec<Column> = (0..ranks as u32).map(full).collect();
        while let (Some(poor), Some(rich)) = (small.pop(), large.last().copied()) {
            columns[poor] = Column {
                threshold: (shares[poor] * f64::from(u32::MAX)) as u32,
                alias: rich as u32,
            };
            shares[rich] -= 1.0 - shares[poor];
            if shares[rich] < 1.0 {
                large.pop();
                small.push(rich);
            }
        }
        Self { columns }
    }

    /// A rank, counted from 0.
    pub(crate) fn draw(&self, random: &mut Random) -> usize {
        let index = random.below(self.columns.len());
        let column = self.columns[index];
        if random.next() as u32 <= column.threshold {
            index
        } else {
            column.alias as usize
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Random, Zipf};

    #[test]
    fn ranks_come_as_often_as_their_weight_says() {
        let zipf = Zipf::new(100, 0.0);
        let mut random = Random::new(1);
        let mut seen = [0u32; 100];
        for _ in 0..1_000_000 {
            seen[zipf.draw(&mut random)] += 1;
        }
        let harmonic: f64 = (1..=100).map(|rank| 1.0 / f64::from(rank)).sum();
        for rank in [1usize, 2, 10, 100] {
            let expected = 1e6 / harmonic / rank as f64;
            let ratio = f64::from(seen[rank - 1]) / expected;
            assert!((0.9..1.1).contains(&ratio), "rank {rank}: {ratio}");
        }
    }
}
