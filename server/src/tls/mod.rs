//! TLS by rustls, with ring for its cryptography.

mod certificate;

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_rustls::TlsConnector;

pub(crate) use certificate::Certificate;

/// TLS can't be set up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// A file can't be used.
    #[error("{} can't be used for TLS: {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The two do not belong together.
    #[error("the certificate {} can't be used with the key {}: {reason}", certificate.display(), key.display())]
    Pair {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Nobody's certificate could be judged.
    #[error("certificates of others can't be judged: {0}")]
    Roots(#[from] rustls::server::VerifierBuilderError),
    /// rustls does not want it so.
    #[error(transparent)]
    Rustls(#[from] rustls::Error),
}

/// Connects to servers whose certificate the system vouches for, or that show just this one, under whatever name.
pub(crate) fn client_connector(known: Option<CertificateDer<'static>>) -> Result<TlsConnector, TlsError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for error in found.errors {
        tracing::debug!(%error, "some of the system's certificates can't be read");
    }
    roots.add_parsable_certificates(found.certs.into_iter().chain(known.clone()));
    let roots = Arc::new(roots);
    let others = WebPkiServerVerifier::builder_with_provider(roots, certificate::provider()).build()?;
    let config = ClientConfig::builder_with_provider(certificate::provider())
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Verifier { known, others }))
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Takes one certificate as it is, and judges all others as usual.
#[derive(Debug)]
struct Verifier {
    known: Option<CertificateDer<'static>>,
    others: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.known.as_ref() == Some(end_entity) {
            return Ok(ServerCertVerified::assertion());
        }
        self.others.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.others.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.others.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.others.supported_verify_schemes()
    }
}
