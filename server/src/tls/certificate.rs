//! The server's certificate, taken from its files again when they change (rule CFG-4).

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::TlsError;

/// How often the files are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// A certificate with its key, and the files they come from. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    files: Arc<Files>,
    current: Arc<Current>,
}

#[derive(Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What new connections are shown.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl Certificate {
    /// Reads both files, in PEM. The certificate's may go on with those that vouch for it.
    ///
    /// # Errors
    /// What is wrong with which file, or that they do not belong together.
    pub(crate) fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let files = Files { certificate: certificate.to_owned(), key: key.to_owned() };
        let current = Current(RwLock::new(Arc::new(files.read()?)));
        Ok(Self { files: Arc::new(files), current: Arc::new(current) })
    }

    /// Accepts TLS 1.2 and 1.3, and HTTP/1.1 on it: WebSockets speak no other.
    ///
    /// # Errors
    /// If rustls does not want it so.
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&self.current) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Looks at the files every few seconds, until the token is cancelled, and takes what is new. What can't be used
    /// is said once and changes nothing.
    pub(crate) async fn watch(self, shutdown: CancellationToken) {
        let mut seen = self.files.stamp();
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
            }
            let stamp = self.files.stamp();
            if stamp == seen {
                continue;
            }
            seen = stamp;
            let files = Arc::clone(&self.files);
            match tokio::task::spawn_blocking(move || files.read()).await {
                Ok(Ok(certified)) => {
                    *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(certified);
                    tracing::info!(certificate = %self.files.certificate.display(), "a new certificate is shown from now on");
                }
                Ok(Err(error)) => tracing::error!(%error, "the old certificate is still shown"),
                Err(error) => tracing::error!(%error, "the certificate can't be read again"),
            }
        }
    }
}

impl Files {
    fn read(&self) -> Result<CertifiedKey, TlsError> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |error: rustls::pki_types::pem::Error| TlsError::File { path, reason: error.to_string() }
        };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect)
            .map_err(unreadable(&self.certificate));
        let chain = chain?;
        if chain.is_empty() {
            let reason = "it holds no certificate; expected `-----BEGIN CERTIFICATE-----`".to_owned();
            return Err(TlsError::File { path: self.certificate.clone(), reason });
        }
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(unreadable(&self.key))?;
        CertifiedKey::from_der(chain, key, &provider()).map_err(|error| TlsError::Pair {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            reason: error.to_string(),
        })
    }

    /// Changes when a file does, also when it is replaced by another or a link is turned.
    fn stamp(&self) -> [Option<(SystemTime, u64)>; 2] {
        [&self.certificate, &self.key].map(|path| {
            let metadata = std::fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        })
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
