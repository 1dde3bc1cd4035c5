//! Signatures of Pusher's protocol: HMAC-SHA256 in lower-case hex over bytes as they were received (section 11).

use app::realtime::{ChannelName, SocketId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// The signature of `text`: 64 lower-case hex digits.
pub fn sign(secret: &str, text: &[u8]) -> String {
    hex::encode(digest(secret, &[text]))
}

/// Whether `signature` is that of the text made of `parts`, compared in constant time.
pub fn verify(secret: &str, parts: &[&[u8]], signature: &str) -> bool {
    hex::encode(digest(secret, parts)).as_bytes().ct_eq(signature.as_bytes()).into()
}

/// Signs a subscription to a private or presence channel: 64 lower-case hex digits, to which the caller prepends `key:`.
///
/// The signed text is `socket_id:channel`, then `:channel_data` where there is any, byte for byte as sent.
pub fn sign_channel(secret: &str, socket_id: SocketId, channel: &ChannelName, channel_data: Option<&str>) -> String {
    match channel_data {
        Some(channel_data) => sign(secret, format!("{socket_id}:{channel}:{channel_data}").as_bytes()),
        None => sign(secret, format!("{socket_id}:{channel}").as_bytes()),
    }
}

/// Signs a user's sign-in: the signed text is `socket_id::user::user_data`.
pub fn sign_user(secret: &str, socket_id: SocketId, user_data: &str) -> String {
    sign(secret, format!("{socket_id}::user::{user_data}").as_bytes())
}

/// Whether `auth` (`key:signature`, of which only the part after the first `:` counts, rule SUB-2) allows this socket to
/// subscribe. An empty `channel_data` is no part of the text (rule SUB-3).
pub fn verify_channel(
    secret: &str,
    socket_id: SocketId,
    channel: &ChannelName,
    channel_data: Option<&str>,
    auth: &str,
) -> bool {
    let socket_id = socket_id.to_string();
    let head: [&[u8]; 3] = [socket_id.as_bytes(), b":", channel.as_str().as_bytes()];
    match channel_data.filter(|it| !it.is_empty()) {
        Some(data) => verify(secret, &[head[0], head[1], head[2], b":", data.as_bytes()], signature_part(auth)),
        None => verify(secret, &head, signature_part(auth)),
    }
}

/// Whether `auth` allows this socket to sign in with `user_data`.
pub fn verify_user(secret: &str, socket_id: SocketId, user_data: &str, auth: &str) -> bool {
    let socket_id = socket_id.to_string();
    verify(secret, &[socket_id.as_bytes(), b"::user::", user_data.as_bytes()], signature_part(auth))
}

fn signature_part(auth: &str) -> &str {
    auth.split_once(':').map_or(auth, |(_, signature)| signature)
}

fn digest(secret: &str, parts: &[&[u8]]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// A published signature: Appendix A of the protocol.
    #[derive(Deserialize)]
    struct Vector {
        name: String,
        key: String,
        text: String,
        hex: String,
    }

    #[test]
    fn every_published_vector_is_signed_alike() {
        let vectors: Vec<Vector> = serde_json::from_str(include_str!("signature_vectors.json")).unwrap();
        assert_eq!(vectors.len(), 23);
        for Vector { name, key, text, hex } in vectors {
            assert_eq!(sign(&key, text.as_bytes()), hex, "{name}");
            assert!(verify(&key, &[text.as_bytes()], &hex), "{name}");
            assert!(!verify(&key, &[text.as_bytes(), b" "], &hex), "{name}");
        }
    }

    #[test]
    fn sub_2_only_what_comes_after_the_first_colon_counts() {
        let (socket_id, channel) = (SocketId { high: 1234, low: 5678 }, "private-orders.7".parse().unwrap());
        let hex = "195747ccca1564d2d63dfaf325ac6dc8dee1c8b7a8e419e8b5390223ebf55945";
        for auth in [format!("reverb-key:{hex}"), format!("other:{hex}"), format!(":{hex}"), hex.to_owned()] {
            assert!(verify_channel("reverb-secret", socket_id, &channel, None, &auth), "{auth}");
        }
        for auth in [String::new(), "reverb-key:".to_owned(), format!("a:b:{hex}"), hex.to_uppercase()] {
            assert!(!verify_channel("reverb-secret", socket_id, &channel, None, &auth), "{auth}");
        }
    }

    #[test]
    fn sub_3_channel_data_takes_part_on_every_kind_unless_it_is_empty() {
        let (socket_id, channel) = (SocketId { high: 1234, low: 5678 }, "presence-room.1".parse().unwrap());
        let data = r#"{"user_id":"42","user_info":{"name":"Ada"}}"#;
        let with = "5a2fcbb24702674ef81db43384d5f331cb877808454b37ca8fd41bd65728d9ce";
        let without = "12716db1bb0d449ce7fd9ab00f485300dd76751aff6ac8e230ee60f4ace64134";
        assert!(verify_channel("reverb-secret", socket_id, &channel, Some(data), with));
        assert!(verify_channel("reverb-secret", socket_id, &channel, Some(""), without));
        assert!(!verify_channel("reverb-secret", socket_id, &channel, None, with));
    }
}
