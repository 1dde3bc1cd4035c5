//! The built files: `/pkg` with hashes in their names, and what stands beside it.

use std::path::Path;

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::services::ServeDir;

/// Serves the files below a directory, compressed ones where the browser takes them.
pub fn directory(path: &Path) -> ServeDir {
    ServeDir::new(path).append_index_html_on_directories(false).precompressed_br().precompressed_gzip()
}

/// How long a file may be kept: one with a hash in its name for ever, another until it has changed.
pub async fn cache(request: Request, next: Next) -> Response {
    const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
    const UNTIL_CHANGED: HeaderValue = HeaderValue::from_static("no-cache");
    let is_hashed = has_hash(request.uri().path());
    let mut response = next.run(request).await;
    let is_found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let value = if is_hashed && is_found { FOR_EVER } else { UNTIL_CHANGED };
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(value);
    response
}

/// Whether the file's name bears a hash, as the build writes it: `smartlink.4KRwPeU2tDJkKmXOBrg57A.wasm`. Files that
/// a hashed one loads (`snippets/…`) stand in folders named by a hash.
fn has_hash(path: &str) -> bool {
    path.split(['/', '.']).any(|part| {
        (16..=64).contains(&part.len())
            && part.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_'))
            && part.bytes().any(|it| it.is_ascii_digit() || it.is_ascii_uppercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        assert!(has_hash("/pkg/smartlink.4KRwPeU2tDJkKmXOBrg57A.wasm"));
        assert!(!has_hash("/pkg/smartlink.wasm") && !has_hash("/favicon.ico") && !has_hash("/manifest.webmanifest"));
        assert!(!has_hash("/fonts/inter-latin-wght-normal.woff2"));
    }
}
