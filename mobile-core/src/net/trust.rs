//! Whom a phone believes to be its server: the public authorities, those that the app names, and
//! whom the platform trusts.
//!
//! Phones of a company trust its authority, and Android and iOS keep lists that no library has.
//! The platform is asked only about what the other authorities do not vouch for: its answer may
//! take time, and most servers need none.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, KeyProvider};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::SigningKey;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::address::InvalidUrl;

/// The platform's own judgement of certificates.
pub trait PlatformTrust: Send + Sync {
    /// Whether the platform trusts that this chain is of this host. `chain` holds certificates in
    /// DER form, the server's first. Connections wait for the answer.
    fn is_trusted(&self, host: &str, chain: &[Vec<u8>]) -> bool;
}

/// The judge of certificates besides the authorities, as far as the app set one.
#[derive(Clone, Default)]
pub(super) struct Platform(Arc<RwLock<Option<Arc<dyn PlatformTrust>>>>);

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Platform")
    }
}

impl Platform {
    pub(super) fn set(&self, trust: Arc<dyn PlatformTrust>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(trust);
    }

    fn can_trust(&self, host: &ServerName<'_>, chain: &[&CertificateDer<'_>]) -> bool {
        let judge = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let chain: Vec<_> = chain.iter().map(|one| one.to_vec()).collect();
        judge.is_some_and(|judge| judge.is_trusted(&host.to_str(), &chain))
    }
}

/// The phone's configuration of TLS.
pub(super) fn config(
    extra_ca_pem: Option<&str>,
    platform: &Platform,
) -> Result<ClientConfig, InvalidUrl> {
    let ring = rustls::crypto::ring::default_provider();
    let provider = Arc::new(CryptoProvider { key_provider: &NoKeys, ..ring });
    let roots = Arc::new(roots(extra_ca_pem)?);
    let known = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
        .build()
        .map_err(|_none| InvalidUrl::Certificate)?;
    let trust = Trust { known, platform: platform.clone() };
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|_never| InvalidUrl::Certificate)?;
    let config = config.dangerous().with_custom_certificate_verifier(Arc::new(trust));
    let mut config = config.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn roots(extra_ca_pem: Option<&str>) -> Result<RootCertStore, InvalidUrl> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let Some(pem) = extra_ca_pem else { return Ok(roots) };
    let public = roots.len();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|_odd| InvalidUrl::Certificate)?;
        roots.add(certificate).map_err(|_odd| InvalidUrl::Certificate)?;
    }
    if roots.len() == public { Err(InvalidUrl::Certificate) } else { Ok(roots) }
}

/// The authorities first, and the platform where they do not vouch.
#[derive(Debug)]
struct Trust {
    known: Arc<WebPkiServerVerifier>,
    platform: Platform,
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.known.verify_server_cert(certificate, between, host, ocsp, now);
        let chain: Vec<_> = std::iter::once(certificate).chain(between).collect();
        match verified {
            Err(_) if self.platform.can_trust(host, &chain) => Ok(ServerCertVerified::assertion()),
            judged => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.known.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.known.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.known.supported_verify_schemes()
    }
}

/// A phone has no certificate of its own, so the code for such keys is left out.
#[derive(Debug)]
struct NoKeys;

impl KeyProvider for NoKeys {
    fn load_private_key(
        &self,
        _key: PrivateKeyDer<'static>,
    ) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        Err(rustls::Error::General("there are no keys here".to_owned()))
    }
}
