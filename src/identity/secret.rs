//! Secrets: made from the dice, kept as hashes. Argon2id (RFC 9106) for what
//! people remember, SHA-256 for what is random already, HMAC (RFC 2104) for
//! links. Deliberately absent: any place to store them.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use tokio::sync::Semaphore;

use crate::kernel::{Fault, rng::Dice};

/// Hashes made at once: each takes 19 MiB and a core, and a flood of sign-ins
/// must not take all of both.
static GATE: Semaphore = Semaphore::const_new(4);

/// A fresh secret of 256 bits behind a prefix that tells what it opens.
pub fn fresh(dice: &Dice, prefix: &str) -> String {
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(dice.bytes::<32>()))
}

/// The SHA-256 of a random secret, in hex: enough, since there is nothing to guess.
pub fn digest(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// HMAC-SHA-256 of `text`, as unpadded URL-safe base64.
pub fn seal(key: &str, text: &str) -> String {
    URL_SAFE_NO_PAD.encode(hmac_sha256(key.as_bytes(), text.as_bytes()))
}

/// HMAC-SHA-256 (RFC 2104).
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let pad = |byte: u8| block.map(|b| b ^ byte);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

/// Compares without telling by time where two texts differ.
pub fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

/// What kind of memory a hash protects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// A password: RFC 9106 by way of the OWASP minimum (19 MiB, 2 passes).
    Password,
    /// A PIN: few digits cannot be protected by cost, only by the enrolled
    /// handheld and the limit on attempts; cheap, since it is typed each shift.
    Pin,
}

fn argon(strength: Strength) -> Argon2<'static> {
    let params = match strength {
        Strength::Password => Params::default(),
        Strength::Pin => Params::new(4 * 1024, 2, 1, None).expect("constant parameters are within argon2's bounds"),
    };
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The PHC string of a password or PIN; runs off the async threads.
pub async fn hash(secret: String, salt: [u8; 16], strength: Strength) -> Result<String, Fault> {
    off_thread(move || {
        let hash = argon(strength).hash_password_with_salt(secret.as_bytes(), &salt);
        hash.map(|hash: PasswordHash| hash.to_string()).map_err(|error| Fault::new(format!("argon2: {error}")))
    })
    .await?
}

/// True if `secret` made `stored`. Without a stored hash the same work is done,
/// so that time does not tell who exists.
pub async fn matches(secret: String, stored: Option<String>, strength: Strength) -> Result<bool, Fault> {
    off_thread(move || {
        let Some(stored) = stored else {
            let _: Result<PasswordHash, _> = argon(strength).hash_password_with_salt(secret.as_bytes(), &[0; 16]);
            return Ok(false);
        };
        let hash = PasswordHash::new(&stored).map_err(|error| Fault::new(format!("a stored hash: {error}")))?;
        Ok(argon(strength).verify_password(secret.as_bytes(), &hash).is_ok())
    })
    .await?
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    let _turn = GATE.acquire().await.map_err(|error| Fault::new(format!("hashing has ended: {error}")))?;
    tokio::task::spawn_blocking(work).await.map_err(|error| Fault::new(format!("hashing was cut short: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_matches_rfc_4231() {
        let first = hmac_sha256(&[0x0b; 20], b"Hi There");
        assert_eq!(hex(&first), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        let sixth = hmac_sha256(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(hex(&sixth), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }

    #[tokio::test]
    async fn only_the_right_secret_matches_its_hash() {
        for strength in [Strength::Password, Strength::Pin] {
            let stored = hash("4711".to_owned(), [3; 16], strength).await.unwrap();
            assert!(stored.starts_with("$argon2id$"), "{stored}");
            assert!(matches("4711".to_owned(), Some(stored.clone()), strength).await.unwrap());
            assert!(!matches("4712".to_owned(), Some(stored), strength).await.unwrap());
            assert!(!matches("4711".to_owned(), None, strength).await.unwrap());
        }
    }

    #[test]
    fn secrets_differ_and_name_their_door() {
        let dice = Dice::seeded([4; 32]);
        let (one, two) = (fresh(&dice, "ctk_"), fresh(&dice, "ctk_"));
        assert!(one.starts_with("ctk_") && one != two && one.len() == 47);
        assert_ne!(digest(&one), digest(&two));
        assert!(same("a", "a") && !same("a", "b") && !same("a", "aa"));
    }
}
