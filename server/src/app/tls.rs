//! HTTPS without a proxy, with a certificate of one's own. It is read again when its files change,
//! so a program that renews it needs to tell nobody.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::config::HttpConfig;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(10);

/// A certificate in use. Cheap to clone.
#[derive(Clone)]
pub(super) struct Tls(Arc<Files>);

struct Files {
    certificate: PathBuf,
    key: PathBuf,
    read: RwLock<Read>,
}

struct Read {
    config: Arc<ServerConfig>,
    /// When each file was changed last.
    changed: [Option<SystemTime>; 2],
}

impl Tls {
    /// The certificate that is configured, if one is.
    ///
    /// # Errors
    /// When its files cannot be read, or do not fit each other.
    pub(super) fn open(config: &HttpConfig) -> anyhow::Result<Option<Self>> {
        if config.certificate.is_empty() {
            return Ok(None);
        }
        let (certificate, key) =
            (PathBuf::from(&config.certificate), PathBuf::from(&config.certificate_key));
        let read = RwLock::new(read(&certificate, &key)?);
        Ok(Some(Self(Arc::new(Files { certificate, key, read }))))
    }

    /// Takes the next connection's hello with the newest certificate.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let read = self.0.read.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&read.config))
    }

    /// Reads the files again whenever they change, for ever.
    pub(super) async fn watch(self) {
        loop {
            tokio::time::sleep(LOOK).await;
            self.look();
        }
    }

    /// Reads the files again if they changed. While they are no certificate the old one serves.
    fn look(&self) {
        let files = &self.0;
        let changed = changed(&files.certificate, &files.key);
        if files.read.read().unwrap_or_else(PoisonError::into_inner).changed == changed {
            return;
        }
        let mut now = files.read.write().unwrap_or_else(PoisonError::into_inner);
        match read(&files.certificate, &files.key) {
            Ok(read) => {
                *now = read;
                tracing::info!("the certificate was read again");
            }
            Err(error) => {
                now.changed = changed;
                tracing::error!(
                    error = format!("{error:#}"),
                    "the certificate changed and cannot be used; the one before serves on"
                );
            }
        }
    }
}

fn read(certificate: &Path, key: &Path) -> anyhow::Result<Read> {
    // Before reading: what changes meanwhile is seen at the next look.
    let changed = changed(certificate, key);
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("http.certificate: reading {}", certificate.display()))?;
    let key = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("http.certificate_key: reading {}", key.display()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .context("http.certificate and http.certificate_key do not fit each other")?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Read { config: Arc::new(config), changed })
}

fn changed(certificate: &Path, key: &Path) -> [Option<SystemTime>; 2] {
    [certificate, key].map(|path| path.metadata().and_then(|data| data.modified()).ok())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_rustls::TlsConnector;

    use super::*;
    use crate::app::listen::Listening;
    use crate::config::{Config, Sources};
    use crate::telemetry::Metrics;

    const PATIENCE: Duration = Duration::from_secs(10);
    const FIRST: [&str; 2] =
        [include_str!("tests/tls/first.pem"), include_str!("tests/tls/first.key.pem")];
    const SECOND: [&str; 2] =
        [include_str!("tests/tls/second.pem"), include_str!("tests/tls/second.key.pem")];

    fn put(directory: &Path, [certificate, key]: [&str; 2]) {
        std::fs::write(directory.join("certificate.pem"), certificate).unwrap();
        std::fs::write(directory.join("key.pem"), key).unwrap();
    }

    fn config(directory: &Path) -> HttpConfig {
        let mut config = Config::load(&Sources::default()).unwrap().config.http;
        let path = |name: &str| directory.join(name).to_str().unwrap().to_owned();
        (config.certificate, config.certificate_key) = (path("certificate.pem"), path("key.pem"));
        config.header_time_out_ms = 500;
        config
    }

    /// What a client that trusts only this certificate is answered.
    async fn asks(address: std::net::SocketAddr, trusted: &str) -> std::io::Result<String> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(address).await?;
        let name = "localhost".try_into().unwrap();
        let mut stream = TlsConnector::from(Arc::new(client)).connect(name, stream).await?;
        stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }

    #[tokio::test]
    async fn a_certificate_is_served_and_read_again_when_it_changes() {
        let directory = tempfile::tempdir().unwrap();
        put(directory.path(), FIRST);
        let config = config(directory.path());
        let tls = Tls::open(&config).unwrap().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (router, metrics) = (axum::Router::new(), Metrics::new());
        let listening = Listening::start(listener, router, &config, Some(tls.clone()), metrics);
        assert!(asks(address, FIRST[0]).await.unwrap().starts_with("HTTP/1.1 404"));
        asks(address, SECOND[0]).await.unwrap_err();

        // Half of a new one: the old one serves on.
        std::fs::write(directory.path().join("certificate.pem"), SECOND[0]).unwrap();
        tls.look();
        asks(address, FIRST[0]).await.unwrap();
        put(directory.path(), SECOND);
        tls.look();
        asks(address, SECOND[0]).await.unwrap();
        asks(address, FIRST[0]).await.unwrap_err();

        // Who never says hello does not stay.
        let mut silent = TcpStream::connect(address).await.unwrap();
        let mut rest = Vec::new();
        tokio::time::timeout(PATIENCE, silent.read_to_end(&mut rest)).await.unwrap().unwrap();
        listening.finish(PATIENCE).await;
    }

    #[test]
    fn what_is_no_certificate_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let config = config(directory.path());
        let refusal = || format!("{:#}", Tls::open(&config).err().unwrap());
        assert!(refusal().starts_with("http.certificate: reading"));
        put(directory.path(), [FIRST[0], SECOND[1]]);
        assert!(refusal().contains("do not fit each other"), "{}", refusal());
        put(directory.path(), [FIRST[0], "no key"]);
        assert!(refusal().starts_with("http.certificate_key: reading"));
    }
}
