//! UTF-8 that arrives in pieces.

/// Bytes that are valid or may become so.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Utf8 {
    /// All of it.
    Whole,
    /// Up to here, and what follows is the beginning of one character.
    Begun(usize),
    /// Nothing that may follow can make it valid.
    Invalid,
}

/// Judges bytes that begin at a character.
pub(crate) fn judge(bytes: &[u8]) -> Utf8 {
    match std::str::from_utf8(bytes) {
        Ok(_) => Utf8::Whole,
        Err(error) if error.error_len().is_none() => Utf8::Begun(error.valid_up_to()),
        Err(_) => Utf8::Invalid,
    }
}
