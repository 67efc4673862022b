//! Quick seeded chance for a search that draws several times a microsecond.
//!
//! SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). Absent on purpose: anything
//! that must not be guessed.

/// A stream of draws.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 bits.
    #[inline]
    pub(super) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`, which must not be 0; its bias is beyond notice.
    #[inline]
    pub(super) fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.draw()) * end as u128) >> 64) as usize
    }

    /// From 0 up to 1.
    #[inline]
    pub(super) fn share(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// By how much a search at heat 1 may get worse: exponential with mean 1.
    #[inline]
    pub(super) fn patience(&mut self) -> f64 {
        // The exponent and a parabola through the mantissa: off by less than 0.01,
        // quicker than the library's, and the same on every machine.
        let bits = (1.0 - self.share()).to_bits();
        let exponent = (bits >> 52) as i64 - 1023;
        let mantissa = f64::from_bits(bits & ((1 << 52) - 1) | 1023 << 52);
        let log2 = exponent as f64 + (2.0 - mantissa / 3.0) * mantissa - 5.0 / 3.0;
        -log2 * std::f64::consts::LN_2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_even_and_repeatable() {
        let mut dice = Dice::new(7);
        let mut seen = [0; 5];
        (0..10_000).for_each(|_| seen[dice.below(5)] += 1);
        assert!(seen.iter().all(|n| (1_850..2_150).contains(n)), "{seen:?}");
        let mean = (0..10_000).map(|_| dice.patience()).sum::<f64>() / 10_000.0;
        assert!((0.95..1.05).contains(&mean), "{mean}");
        assert_eq!(Dice::new(7).draw(), Dice::new(7).draw());
    }
}
