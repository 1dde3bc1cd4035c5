//! Secrets that we hand out and know again, but do not keep.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// A new secret: 256 random bits, as 43 characters of `A-Z a-z 0-9 - _`.
pub(super) fn new_secret() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// What is stored of a secret. Fast and without salt, since nobody guesses 256 random bits.
pub(super) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_fit_into_a_cookie() {
        let secret = new_secret();
        assert_eq!(secret.len(), 43);
        assert!(secret.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it)));
        assert_ne!(secret, new_secret());
    }
}
