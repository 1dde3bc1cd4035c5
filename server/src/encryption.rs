//! Encrypted channels: their keys, and what our own code publishes there (section 8 of the protocol).
//!
//! What a server SDK publishes comes encrypted and is passed on unseen (rule ENC-1).

use std::sync::Arc;

use app::realtime::ChannelName;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use crypto_secretbox::aead::Aead as _;
use crypto_secretbox::{KeyInit as _, XSalsa20Poly1305};
use sha2::{Digest as _, Sha256};

use crate::broker::{Broker, BrokerError, Publication};

/// Bytes of a nonce.
const NONCE_BYTES: usize = 24;

/// The key of an encrypted channel, which whoever may subscribe is told: SHA-256 over its name and the master key.
pub(crate) fn shared_secret(channel: &str, master_key: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(channel).chain_update(master_key).finalize().into()
}

/// `{"nonce","ciphertext"}` as pusher-js opens it: `NaCl`'s secretbox, both in base64. `None` if the data is too large to be
/// encrypted at all.
fn seal(secret: &[u8; 32], nonce: &[u8; NONCE_BYTES], data: &str) -> Option<String> {
    let ciphertext = XSalsa20Poly1305::new(secret.into()).encrypt(nonce.into(), data.as_bytes()).ok()?;
    let (nonce, ciphertext) = (BASE64_STANDARD.encode(nonce), BASE64_STANDARD.encode(ciphertext));
    Some(format!(r#"{{"nonce":"{nonce}","ciphertext":"{ciphertext}"}}"#))
}

/// Encrypts what goes to encrypted channels, and passes the rest on as it is. For our own code: what others publish is
/// encrypted already.
pub struct EncryptingBroker {
    inner: Arc<dyn Broker>,
    master_key: Option<[u8; 32]>,
}

impl EncryptingBroker {
    /// Publishes by `inner`. Without a master key nothing can be published to encrypted channels.
    pub fn new(inner: Arc<dyn Broker>, master_key: Option<[u8; 32]>) -> Self {
        Self { inner, master_key }
    }

    fn sealed(&self, channel: &ChannelName, data: &str) -> Result<Arc<str>, BrokerError> {
        let Some(master_key) = &self.master_key else {
            return Err(BrokerError(format!(
                "{channel} is encrypted, but application.encryption_master_key is not set"
            )));
        };
        let sealed = seal(&shared_secret(channel.as_str(), master_key), &rand::random(), data);
        sealed.map(Into::into).ok_or_else(|| BrokerError(format!("the data for {channel} can't be encrypted")))
    }
}

#[async_trait::async_trait]
impl Broker for EncryptingBroker {
    async fn publish(&self, mut publications: Vec<Publication>) -> Result<(), BrokerError> {
        for publication in publications.iter_mut().filter(|it| it.channel.kind().is_encrypted()) {
            publication.data = self.sealed(&publication.channel, &publication.data)?;
        }
        self.inner.publish(publications).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::application::ApplicationId;

    const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn master_key() -> [u8; 32] {
        BASE64_STANDARD.decode(MASTER_KEY).unwrap().try_into().unwrap()
    }

    #[derive(Default)]
    struct Recorder(Mutex<Vec<Publication>>);

    #[async_trait::async_trait]
    impl Broker for Recorder {
        async fn publish(&self, publications: Vec<Publication>) -> Result<(), BrokerError> {
            self.0.lock().unwrap().extend(publications);
            Ok(())
        }
    }

    fn publication(channel: &str) -> Publication {
        Publication {
            application_id: ApplicationId("1".into()),
            channel: channel.parse().unwrap(),
            event: "secret".into(),
            data: r#"{"id":1}"#.into(),
            except: None,
            logged: None,
        }
    }

    #[test]
    fn enc_1_key_and_frame_are_those_of_the_published_vectors() {
        let secret = shared_secret("private-encrypted-vault", &master_key());
        assert_eq!(BASE64_STANDARD.encode(secret), "wp8Orjt2S4H4n8dDP7pa2A9reduRTTedbaiVnjqomsc=");
        assert_eq!(
            seal(&secret, &[7; NONCE_BYTES], r#"{"id":1}"#).unwrap(),
            r#"{"nonce":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH","ciphertext":"9FUKf/bh2/jcvpk1GAD2YpzF4Wfmr95d"}"#
        );
    }

    #[tokio::test]
    async fn enc_1_what_we_publish_to_encrypted_channels_alone_is_encrypted_each_time_anew() {
        let recorder = Arc::new(Recorder::default());
        let broker = EncryptingBroker::new(Arc::clone(&recorder) as Arc<dyn Broker>, Some(master_key()));
        let channels = ["private-vault", "private-encrypted-vault", "private-encrypted-vault"];
        broker.publish(channels.map(publication).into()).await.unwrap();
        let published = recorder.0.lock().unwrap();
        assert_eq!(&*published[0].data, r#"{"id":1}"#);
        assert_ne!(published[1].data, published[2].data);
        let sealed: serde_json::Value = serde_json::from_str(&published[1].data).unwrap();
        let part = |name: &str| BASE64_STANDARD.decode(sealed[name].as_str().unwrap()).unwrap();
        let secret = shared_secret("private-encrypted-vault", &master_key());
        let nonce: [u8; NONCE_BYTES] = part("nonce").try_into().unwrap();
        let opened = XSalsa20Poly1305::new(&secret.into()).decrypt(&nonce.into(), &*part("ciphertext")).unwrap();
        assert_eq!(opened, br#"{"id":1}"#);
    }

    #[tokio::test]
    async fn without_a_master_key_nothing_leaves_in_the_clear() {
        let recorder = Arc::new(Recorder::default());
        let broker = EncryptingBroker::new(Arc::clone(&recorder) as Arc<dyn Broker>, None);
        let refused = broker.publish(vec![publication("private-encrypted-vault")]).await.unwrap_err();
        assert!(refused.to_string().contains("application.encryption_master_key is not set"), "{refused}");
        assert!(recorder.0.lock().unwrap().is_empty());
        broker.publish(vec![publication("private-vault")]).await.unwrap();
    }
}
