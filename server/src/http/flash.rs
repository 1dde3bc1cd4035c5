//! What was wrong with a form, on its way through a redirect: in a signed cookie for a minute, never in the address.

use app::accounts::FormFlash;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::cookies;
use super::signer::Signer;

const PURPOSE: &str = "flash";

/// More than any form of ours makes; browsers keep 4 096 bytes a cookie.
const MAX_COOKIE_BYTES: usize = 3_800;

/// The cookie's value. What would not fit into a cookie loses what had been typed, and keeps what is wrong.
pub fn seal(signer: &Signer, flash: FormFlash) -> String {
    let sealed = sealed(signer, &flash);
    if sealed.len() <= MAX_COOKIE_BYTES {
        return sealed;
    }
    self::sealed(signer, &FormFlash { name: String::new(), email: String::new(), ..flash })
}

fn sealed(signer: &Signer, flash: &FormFlash) -> String {
    let text = BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(flash).unwrap_or_default());
    let signature = signer.sign(PURPOSE, &text);
    format!("{text}.{signature}")
}

/// The flash of a request, if it bears one that we made.
pub fn open(signer: &Signer, headers: &HeaderMap) -> Option<FormFlash> {
    let value = cookies::value(headers, cookies::FLASH)?;
    let (text, signature) = value.split_once('.')?;
    if !signer.is_signed(PURPOSE, text, signature) {
        return None;
    }
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use app::accounts::FormKind;
    use app::error::AppError;

    use super::*;

    fn flash(email: &str) -> FormFlash {
        FormFlash {
            form: FormKind::SignIn,
            error: AppError::TooManyRequests { retry_after_s: 42 },
            name: String::new(),
            email: email.to_owned(),
            remember: true,
        }
    }

    fn request(cookie: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("cookie", format!("smartlink_flash={cookie}").parse().expect("a header"));
        headers
    }

    #[test]
    fn a_flash_comes_back_as_it_went_and_cannot_be_forged() {
        let signer = Signer::new("secret");
        let sealed = seal(&signer, flash("zoë@example.com"));
        assert_eq!(open(&signer, &request(&sealed)), Some(flash("zoë@example.com")));
        assert_eq!(open(&Signer::new("other"), &request(&sealed)), None);
        assert_eq!(open(&signer, &request(&sealed.replacen('e', "f", 1))), None);
        assert_eq!(open(&signer, &request("x")), None);
    }

    #[test]
    fn a_flash_always_fits_into_a_cookie() {
        let signer = Signer::new("secret");
        let sealed = seal(&signer, flash(&"x".repeat(10_000)));
        assert!(sealed.len() <= MAX_COOKIE_BYTES);
        assert_eq!(open(&signer, &request(&sealed)), Some(flash("")));
    }
}
