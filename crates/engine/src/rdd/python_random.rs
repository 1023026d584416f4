//! CPython's random numbers, by which PySpark's `sample` and `takeSample` draw: a seed gives here
//! what it gives there.
//!
//! The generator is the Mersenne Twister MT19937 of Matsumoto and Nishimura, seeded and read as
//! CPython's `random.Random` does. The tests hold what CPython 3.11 was seen to draw.

const LENGTH: usize = 624;
const MIDDLE: usize = 397;

/// CPython's `random.Random`.
#[derive(Clone)]
pub(super) struct PythonRandom {
    state: [u32; LENGTH],
    next: usize,
}

impl PythonRandom {
    /// `random.Random(seed)`.
    pub(super) fn new(seed: i64) -> PythonRandom {
        let seed = seed.unsigned_abs();
        let (low, high) = (seed as u32, (seed >> 32) as u32);
        let key = [low, high];
        let key = if high == 0 { &key[..1] } else { &key[..] };
        let mut random = PythonRandom::of_number(19_650_218);
        random.mix_in(key);
        random
    }

    /// The reference implementation's `init_genrand`.
    fn of_number(number: u32) -> PythonRandom {
        let mut state = [number; LENGTH];
        for place in 1..LENGTH {
            let before = state[place - 1];
            state[place] = (before ^ (before >> 30))
                .wrapping_mul(1_812_433_253)
                .wrapping_add(place as u32);
        }
        PythonRandom {
            state,
            next: LENGTH,
        }
    }

    /// The reference implementation's `init_by_array`; the key has fewer words than the state.
    fn mix_in(&mut self, key: &[u32]) {
        let mut place = 1;
        let words = key.iter().zip(0_u32..).cycle().take(LENGTH);
        for (word, number) in words {
            let mixed = self.state[place] ^ self.mixed_before(place, 1_664_525);
            self.state[place] = mixed.wrapping_add(*word).wrapping_add(number);
            place = self.place_after(place);
        }
        for _ in 1..LENGTH {
            let mixed = self.state[place] ^ self.mixed_before(place, 1_566_083_941);
            self.state[place] = mixed.wrapping_sub(place as u32);
            place = self.place_after(place);
        }
        self.state[0] = 1 << 31;
    }

    fn mixed_before(&self, place: usize, factor: u32) -> u32 {
        let before = self.state[place - 1];
        (before ^ (before >> 30)).wrapping_mul(factor)
    }

    fn place_after(&mut self, place: usize) -> usize {
        if place + 1 < LENGTH {
            return place + 1;
        }
        self.state[0] = self.state[LENGTH - 1];
        1
    }

    fn refill(&mut self) {
        for place in 0..LENGTH {
            let next = self.state[(place + 1) % LENGTH];
            let joined = (self.state[place] & (1 << 31)) | (next & !(1 << 31));
            let odd = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[place] = self.state[(place + MIDDLE) % LENGTH] ^ (joined >> 1) ^ odd;
        }
        self.next = 0;
    }

    fn next_u32(&mut self) -> u32 {
        if self.next >= LENGTH {
            self.refill();
        }
        let drawn = self.state[self.next];
        self.next += 1;
        let drawn = drawn ^ (drawn >> 11);
        let drawn = drawn ^ ((drawn << 7) & 0x9d2c_5680);
        let drawn = drawn ^ ((drawn << 15) & 0xefc6_0000);
        drawn ^ (drawn >> 18)
    }

    /// `random()`: a fraction of 53 bits in [0, 1).
    pub(super) fn fraction(&mut self) -> f64 {
        let (high, low) = (self.next_u32() >> 5, self.next_u32() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    /// `randrange(bound)`, for a positive bound.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        let bits = u64::BITS - bound.leading_zeros();
        loop {
            let drawn = self.bits(bits);
            if drawn < bound {
                return drawn;
            }
        }
    }

    /// `getrandbits(count)`, for a count of 1 to 64.
    fn bits(&mut self, count: u32) -> u64 {
        if count <= 32 {
            return u64::from(self.next_u32() >> (32 - count));
        }
        let low = u64::from(self.next_u32());
        low | u64::from(self.next_u32() >> (64 - count)) << 32
    }

    /// `expovariate(rate)`.
    pub(super) fn exponential(&mut self, rate: f64) -> f64 {
        -(1.0 - self.fraction()).ln() / rate
    }

    /// `shuffle(records)`.
    pub(super) fn shuffle<T>(&mut self, records: &mut [T]) {
        for last in (1..records.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            records.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a seed what CPython draws: the 700th fraction, then numbers below six bounds, a number of
    /// the exponential distribution with a rate of 25, and six numbers shuffled.
    type Drawn = (i64, f64, [u64; 6], f64, [u8; 6]);

    const SEEN: [Drawn; 6] = [
        (
            0,
            0.05699047999950346,
            [0, 0, 4, 3_227_634_075, 6_513_011_848_806_735_689, 431_418],
            0.024521298402221153,
            [0, 1, 2, 3, 4, 5],
        ),
        (
            5,
            0.6699410301584264,
            [0, 1, 5, 2_413_651_706, 4_410_351_597_221_982_780, 358_569],
            0.1470223838173025,
            [2, 1, 0, 5, 3, 4],
        ),
        (
            -7,
            0.034097423373332436,
            [0, 1, 2, 2_931_601_578, 124_579_452_871_334_141, 835_782],
            0.013818730875735279,
            [2, 5, 3, 1, 0, 4],
        ),
        (
            4_294_967_296,
            0.1357159377093965,
            [0, 0, 6, 2_482_657_058, 3_560_866_819_040_391_113, 84_870],
            0.035377339329048414,
            [2, 1, 3, 5, 0, 4],
        ),
        (
            i64::MAX,
            0.4624325072404182,
            [0, 1, 6, 1_509_466_169, 7_324_339_602_574_599_182, 528_381],
            0.05160387052685687,
            [4, 1, 2, 0, 5, 3],
        ),
        (
            i64::MIN,
            0.45582338867487315,
            [0, 0, 0, 2_655_202_574, 3_478_794_284_891_078_737, 29_477],
            0.006377191200359481,
            [4, 5, 3, 2, 0, 1],
        ),
    ];

    #[test]
    fn draws_what_cpython_draws() {
        for (seed, fraction, numbers, exponential, shuffled) in SEEN {
            let mut random = PythonRandom::new(seed);
            for _ in 1..700 {
                random.fraction();
            }
            assert_eq!(random.fraction(), fraction, "{seed}");
            let bounds = [1, 2, 7, 1 << 32, 1 << 63, 1_000_003];
            assert_eq!(bounds.map(|bound| random.below(bound)), numbers, "{seed}");
            assert_eq!(random.exponential(25.0), exponential, "{seed}");
            let mut all = [0, 1, 2, 3, 4, 5];
            random.shuffle(&mut all);
            assert_eq!(all, shuffled, "{seed}");
        }
    }
}
