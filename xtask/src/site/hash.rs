//! Content hashes, as file names carry them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Stands where a hash will stand, in names and in what refers to them, until the content is known: as long as a hash.
pub(super) const PLACEHOLDER: &str = "______________________";

/// 128 bits of SHA-256 over the parts, as 22 characters that a URL and a file name take as they are.
pub(super) fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    URL_SAFE_NO_PAD.encode(&hasher.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_as_long_as_its_placeholder() {
        assert_eq!(of([b"a".as_slice()]).len(), PLACEHOLDER.len());
    }

    #[test]
    fn where_one_part_ends_matters() {
        assert_ne!(of([b"ab".as_slice(), b"c"]), of([b"a".as_slice(), b"bc"]));
    }
}
