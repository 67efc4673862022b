//! Seeded dice for ids, PINs and tie-breaks. Deliberately absent: the system's
//! entropy; the seed comes from the edge (random when serving, fixed in a test).

use std::sync::Mutex;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use ulid::Ulid;

use super::Time;

/// One source of random numbers and ids, shared by all verbs of a process.
pub struct Dice(Mutex<State>);

struct State {
    rng: ChaCha20Rng,
    last: Ulid,
}

impl Dice {
    /// Dice that fall the same way for the same seed.
    pub fn seeded(seed: [u8; 32]) -> Self {
        Self(Mutex::new(State { rng: ChaCha20Rng::from_seed(seed), last: Ulid::nil() }))
    }

    /// A new ULID, greater than every earlier one of this process even if the
    /// clock stands still or jumps back.
    pub fn ulid(&self, now: Time) -> Ulid {
        let mut state = self.0.lock().expect("dice are never poisoned: no panic holds them");
        let ms = u64::try_from(now.ms()).unwrap_or(0);
        let random = (u128::from(state.rng.next_u64()) << 16) | u128::from(state.rng.next_u32() & 0xffff);
        let fresh = Ulid::from_parts(ms, random);
        let next = if ms > state.last.timestamp_ms() { fresh } else { state.last.increment().unwrap_or(fresh) };
        state.last = next;
        next
    }

    /// A number from 0 up to but without `end`.
    pub fn below(&self, end: u32) -> u32 {
        let mut state = self.0.lock().expect("dice are never poisoned: no panic holds them");
        state.rng.next_u32() % end.max(1)
    }

    /// Random bytes, for secrets when the seed was the system's entropy.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.lock().expect("dice are never poisoned: no panic holds them").rng.fill_bytes(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ulids_rise_even_when_the_clock_falls() {
        let dice = Dice::seeded([1; 32]);
        let first = dice.ulid(Time::from_ms(1000));
        let second = dice.ulid(Time::from_ms(1000));
        let third = dice.ulid(Time::from_ms(10));
        assert!(first < second && second < third);
    }
}
