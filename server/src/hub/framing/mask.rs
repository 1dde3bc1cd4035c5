//! The mask that lies over every frame of a client (RFC 6455, section 5.3).

/// Takes the mask off, eight bytes at a time. `offset` is how many bytes of the frame came before these.
pub(crate) fn unmask(bytes: &mut [u8], mut mask: [u8; 4], offset: usize) {
    mask.rotate_left(offset % 4);
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let mut words = bytes.chunks_exact_mut(8);
    for word in &mut words {
        let mut eight = [0; 8];
        eight.copy_from_slice(word);
        word.copy_from_slice(&(u64::from_ne_bytes(eight) ^ wide).to_ne_bytes());
    }
    for (byte, key) in words.into_remainder().iter_mut().zip(mask.into_iter().cycle()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_are_unmasked_like_the_whole(bytes: Vec<u8>, mask: [u8; 4], cut: usize) {
            let expected: Vec<_> = bytes.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
            let cut = cut.checked_rem(bytes.len() + 1).unwrap_or_default();
            let mut pieces = bytes;
            let (head, tail) = pieces.split_at_mut(cut);
            unmask(head, mask, 0);
            unmask(tail, mask, cut);
            prop_assert_eq!(pieces, expected);
        }
    }
}
