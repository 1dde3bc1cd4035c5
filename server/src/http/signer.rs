//! Signs what the server gives to a browser and wants to know again.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Signs texts with the cookie secret. Cheap to clone; what it is told it never logs.
#[derive(Clone)]
pub struct Signer(Hmac<Sha256>);

impl Signer {
    /// A signer with this secret, of any length.
    #[expect(clippy::missing_panics_doc, reason = "HMAC takes keys of every length")]
    pub fn new(secret: &str) -> Self {
        Self(Hmac::new_from_slice(secret.as_bytes()).expect("a key of any length"))
    }

    /// 64 hex digits for a text in a purpose; the same text in another purpose has another signature.
    pub fn sign(&self, purpose: &str, text: &str) -> String {
        hex::encode(self.mac(purpose, text).finalize().into_bytes())
    }

    /// Whether the signature is this text's, found out in constant time.
    pub fn is_signed(&self, purpose: &str, text: &str, signature: &str) -> bool {
        hex::decode(signature).is_ok_and(|bytes| self.mac(purpose, text).verify_slice(&bytes).is_ok())
    }

    fn mac(&self, purpose: &str, text: &str) -> Hmac<Sha256> {
        // A purpose holds no line break, so no two pairs are one text.
        self.0.clone().chain_update(purpose).chain_update("\n").chain_update(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_text_and_purpose_alone() {
        let signer = Signer::new("secret");
        let signature = signer.sign("csrf", "ada");
        assert!(signer.is_signed("csrf", "ada", &signature));
        for (purpose, text, signature) in [
            ("flash", "ada", signature.as_str()),
            ("csrf", "bob", &signature),
            ("csrf", "ada", ""),
            ("csrf", "ada", "zz"),
            ("csrf", "ada", &signature[..62]),
        ] {
            assert!(!signer.is_signed(purpose, text, signature), "{purpose} {text} {signature}");
        }
        assert!(!Signer::new("other").is_signed("csrf", "ada", &signature));
    }
}
