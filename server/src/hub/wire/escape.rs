//! Text as it stands inside a JSON string.

/// Adds `text` as a JSON string, quotes included.
pub(crate) fn push_string(bytes: &mut Vec<u8>, text: &str) {
    bytes.push(b'"');
    push_escaped(bytes, text);
    bytes.push(b'"');
}

/// Adds `text` as it stands between the quotes of a JSON string. Runs that need no escape are copied whole.
pub(crate) fn push_escaped(bytes: &mut Vec<u8>, text: &str) {
    let text = text.as_bytes();
    let mut copied = 0;
    for (index, byte) in text.iter().enumerate() {
        if *byte >= 0x20 && *byte != b'"' && *byte != b'\\' {
            continue;
        }
        bytes.extend_from_slice(&text[copied..index]);
        copied = index + 1;
        match byte {
            b'"' => bytes.extend_from_slice(b"\\\""),
            b'\\' => bytes.extend_from_slice(b"\\\\"),
            b'\n' => bytes.extend_from_slice(b"\\n"),
            b'\r' => bytes.extend_from_slice(b"\\r"),
            b'\t' => bytes.extend_from_slice(b"\\t"),
            control => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                let digits = [DIGITS[usize::from(control >> 4)], DIGITS[usize::from(control & 0xf)]];
                bytes.extend_from_slice(b"\\u00");
                bytes.extend_from_slice(&digits);
            }
        }
    }
    bytes.extend_from_slice(&text[copied..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_json_reader_gets_the_text_back(text in "[\\x00-\\x7f\"\\\\äß東\u{2028}]*") {
            let mut bytes = Vec::new();
            push_string(&mut bytes, &text);
            prop_assert_eq!(serde_json::from_slice::<String>(&bytes).unwrap(), text);
        }
    }
}
