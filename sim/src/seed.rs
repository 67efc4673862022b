//! Independent, named streams of chance drawn from one seed.
//!
//! A stream is keyed by seed, name and index, so that adding a draw in one part
//! of the world moves nothing in another. There is no global generator and no
//! entropy from the machine.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The generator behind every choice in this crate: portable and bit-stable.
pub type Chance = ChaCha8Rng;

/// Opens the stream `name`, number `index`, of `seed`.
pub fn stream(seed: u64, name: &str, index: u64) -> Chance {
    let mut key = [0u8; 32];
    key[0..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&fnv1a(name).to_le_bytes());
    key[16..24].copy_from_slice(&index.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// FNV-1a, 64 bit (Fowler, Noll, Vo): spreads stream names over the key.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    #[test]
    fn streams_differ_by_each_part_of_their_key_and_repeat() {
        let first = |seed, name, index| stream(seed, name, index).random::<u64>();
        assert_eq!(first(7, "city", 0), first(7, "city", 0));
        assert_ne!(first(7, "city", 0), first(8, "city", 0));
        assert_ne!(first(7, "city", 0), first(7, "stock", 0));
        assert_ne!(first(7, "city", 0), first(7, "city", 1));
    }
}
