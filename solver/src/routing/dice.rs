//! Chance for the search: a small fast generator, and the few functions of it
//! that must fall the same way on every machine.
//!
//! The generator is xoshiro256++ of Blackman and Vigna (ACM TOMS 47, 2021),
//! seeded by SplitMix64. Logarithm and exponential are built from additions,
//! products and quotients alone, which IEEE 754 fixes to the last bit; those of
//! the system's library differ between machines. Absent on purpose: secrecy.

#[derive(Debug, Clone)]
pub(super) struct Dice {
    state: [u64; 4],
}

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        let mut mix = seed;
        let mut next = || {
            mix = mix.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = mix;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        Self { state: [next(), next(), next(), next()] }
    }

    #[inline]
    pub(super) fn bits(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let out = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        out
    }

    /// Below `end`, which is at least 1 and fits 32 bits; the bias is below 2^-32.
    #[inline]
    pub(super) fn below(&mut self, end: usize) -> usize {
        (((self.bits() >> 32) * end as u64) >> 32) as usize
    }

    /// Within 0..1.
    #[inline]
    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Within low..high.
    #[inline]
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// An exponential variate of mean 1.
    #[inline]
    pub(super) fn exponential(&mut self) -> f64 {
        -ln(1.0 - self.unit())
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (2..=items.len()).rev() {
            items.swap(end - 1, self.below(end));
        }
    }
}

/// Natural logarithm of a positive normal number, to about nine digits.
pub(super) fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mantissa = f64::from_bits((bits & ((1 << 52) - 1)) | (1023 << 52));
    // ln m = 2 artanh((m - 1) / (m + 1)), and that argument is at most a third.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let q = s * s;
    let series = 1.0 + q * (1.0 / 3.0 + q * (0.2 + q * (1.0 / 7.0 + q * (1.0 / 9.0 + q * (1.0 / 11.0 + q / 13.0)))));
    exponent as f64 * std::f64::consts::LN_2 + 2.0 * s * series
}

/// The exponential of a number between -20 and 0, to about four digits.
pub(super) fn exp(x: f64) -> f64 {
    let mut power = 1.0 + x / 1_048_576.0;
    for _ in 0..20 {
        power *= power;
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_and_exponential_are_close() {
        for i in 1..2_000 {
            let x = f64::from(i) / 700.0;
            assert!((ln(x) - x.ln()).abs() < 1e-6, "{x}");
            assert!((exp(-x * 4.0) / (-x * 4.0).exp() - 1.0).abs() < 1e-3, "{x}");
        }
    }

    #[test]
    fn draws_are_even() {
        let mut dice = Dice::new(1);
        let (mut counts, mut sum) = ([0; 7], 0.0);
        for _ in 0..70_000 {
            counts[dice.below(7)] += 1;
            sum += dice.exponential();
        }
        assert!(counts.iter().all(|&c| (9_500..10_500).contains(&c)), "{counts:?}");
        assert!((sum / 70_000.0 - 1.0).abs() < 0.02, "{sum}");
    }
}
