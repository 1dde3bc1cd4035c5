//! The compressed forms of a file, made once by the build instead of by the server for each visitor.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use brotli::enc::BrotliEncoderParams;
use brotli::enc::backward_references::BrotliEncoderMode;
use flate2::Compression;
use flate2::write::GzEncoder;

/// What compression gains nothing on: it is compressed already.
const COMPRESSED: [&str; 9] = ["woff2", "woff", "png", "jpg", "jpeg", "webp", "avif", "br", "gz"];

/// The file's brotli (`.br`) and gzip (`.gz`) forms, those that are smaller than the file itself.
pub(super) fn siblings(path: &Path, bytes: &[u8]) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    if path.extension().is_some_and(|extension| COMPRESSED.iter().any(|it| extension == *it)) {
        return Ok(Vec::new());
    }
    let forms = [("br", brotli(bytes, path.extension().is_some_and(|it| it == "wasm"))?), ("gz", gzip(bytes)?)];
    let smaller = forms.into_iter().filter(|(_, form)| form.len() < bytes.len());
    Ok(smaller.map(|(extension, form)| (path.with_added_extension(extension), form)).collect())
}

fn brotli(mut bytes: &[u8], is_wasm: bool) -> Result<Vec<u8>> {
    // The largest window that every browser takes: 16 MiB.
    let mut parameters = BrotliEncoderParams { quality: 11, lgwin: 24, size_hint: bytes.len(), ..Default::default() };
    if is_wasm {
        // Measured, not reasoned: two thirds of a percent less for WebAssembly.
        (parameters.mode, parameters.lgblock) = (BrotliEncoderMode::BROTLI_MODE_FONT, 16);
    }
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut bytes, &mut compressed, &parameters)?;
    Ok(compressed)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn both_forms_give_the_file_back() {
        let text = "body { color: red }\n".repeat(100);
        let forms = siblings(Path::new("pkg/a.css"), text.as_bytes()).unwrap();
        assert_eq!(forms[0].0, Path::new("pkg/a.css.br"));
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut forms[0].1.as_slice(), &mut back).unwrap();
        assert_eq!(back, text.as_bytes());

        assert_eq!(forms[1].0, Path::new("pkg/a.css.gz"));
        let mut back = String::new();
        flate2::read::GzDecoder::new(forms[1].1.as_slice()).read_to_string(&mut back).unwrap();
        assert_eq!(back, text);
    }

    #[test]
    fn what_would_grow_or_is_compressed_gets_none() {
        assert!(siblings(Path::new("a.txt"), b"a").unwrap().is_empty());
        assert!(siblings(Path::new("a.woff2"), &[0; 1000]).unwrap().is_empty());
    }
}
