//! How push services are reached: whom to trust besides the usual authorities, and by which proxy.

use reqwest::{Certificate, Client, Proxy};

use super::LaneError;
use super::http::{common, guard};
use crate::config::PushConfig;

/// What all lanes connect by.
pub(super) struct Network {
    authorities: Vec<Certificate>,
    proxy: Option<Proxy>,
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The proxy's address may have a password.
        f.debug_struct("Network").finish_non_exhaustive()
    }
}

impl Network {
    pub(super) fn read(config: &PushConfig) -> Result<Self, LaneError> {
        let mut authorities = Vec::new();
        if let Some(path) = &config.extra_ca_file {
            let wrong = |why: String| LaneError::Credentials {
                what: "certificates of authorities",
                path: path.display().to_string(),
                why,
            };
            let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
            authorities = Certificate::from_pem_bundle(&pem).map_err(|e| wrong(e.to_string()))?;
            if authorities.is_empty() {
                return Err(wrong("there is none".to_owned()));
            }
        }
        let proxy = config.https_proxy.as_ref().map(|url| Proxy::https(url.expose()));
        Ok(Self { authorities, proxy: proxy.transpose()? })
    }

    /// A client for services that the operator names. Plain HTTP/2 is spoken only where a test runs
    /// such a service on this machine.
    pub(super) fn http2_client(&self, url: &str) -> Result<Client, reqwest::Error> {
        let client = self.named();
        if url.starts_with("http://") {
            client.http2_prior_knowledge().build()
        } else {
            client.build()
        }
    }

    /// The same for services that speak whatever they like.
    pub(super) fn client(&self) -> Result<Client, reqwest::Error> {
        self.named().build()
    }

    /// A client for addresses that devices name: it connects to nobody on private networks,
    /// whatever a name resolves to at that moment. A proxy would resolve it by itself, and connect
    /// to whom we must not: there is none.
    pub(super) fn guarded_client(&self, allows_private: bool) -> Result<Client, reqwest::Error> {
        let client = common().tls_certs_merge(self.authorities.clone());
        if allows_private { client.build() } else { guard(client).build() }
    }

    fn named(&self) -> reqwest::ClientBuilder {
        let client = common().tls_certs_merge(self.authorities.clone());
        match &self.proxy {
            Some(proxy) => client.proxy(proxy.clone()),
            None => client,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use baton_protocol::Timestamp;
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_rustls::TlsAcceptor;

    use super::*;
    use crate::config::{Config, Secret, Sources};
    use crate::push::Verdict;
    use crate::push::http::exchange;

    fn config() -> PushConfig {
        drop(rustls::crypto::ring::default_provider().install_default());
        Config::load(&Sources::default()).unwrap().config.push
    }

    fn trusting() -> PushConfig {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/push/tests/tls/authority.pem");
        PushConfig { extra_ca_file: Some(PathBuf::from(path)), ..config() }
    }

    /// A service with a certificate of an authority that nobody else knows; returns its address.
    async fn service() -> String {
        let chain = CertificateDer::from_pem_slice(include_bytes!("tests/tls/service.pem"));
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("tests/tls/service.key.pem"));
        let server = rustls::ServerConfig::builder().with_no_client_auth();
        let server = server.with_single_cert(vec![chain.unwrap()], key.unwrap()).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(server));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
                stream.write_all(answer).await.unwrap();
                drop(stream.shutdown().await);
            }
        });
        format!("https://localhost:{port}/")
    }

    /// A proxy that connects to whatever it is asked for; counts how often it was.
    async fn proxy() -> (String, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(tunnel(stream));
            }
        });
        (url, asked)
    }

    async fn tunnel(stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(stream.read_line(&mut head).await.unwrap() > 0, "{head}");
        }
        let target = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next());
        let mut service = TcpStream::connect(target.unwrap()).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.unwrap();
        drop(tokio::io::copy_bidirectional(&mut stream, &mut service).await);
    }

    async fn ask(client: &Client, url: &str) -> Result<u16, Verdict> {
        exchange(client.post(url), Timestamp::from_ms(0)).await.map(|answer| answer.status)
    }

    #[tokio::test]
    async fn a_private_authority_is_trusted_where_its_file_is_named() {
        let url = service().await;
        let usual = Network::read(&config()).unwrap();
        let trusting = Network::read(&trusting()).unwrap();
        for (network, is_trusted) in [(usual, false), (trusting, true)] {
            let clients = [
                network.client().unwrap(),
                network.http2_client("https://").unwrap(),
                network.guarded_client(true).unwrap(),
            ];
            for client in clients {
                let asked = ask(&client, &url).await;
                if is_trusted {
                    assert_eq!(asked, Ok(204));
                } else {
                    let Err(Verdict::Again { why, .. }) = asked else { panic!("{asked:?}") };
                    assert_eq!(why, "connect");
                }
            }
        }
    }

    #[tokio::test]
    async fn a_file_without_certificates_is_refused_by_name() {
        for file in ["service.key.pem", "no-such.pem"] {
            let path = format!("{}/src/push/tests/tls/{file}", env!("CARGO_MANIFEST_DIR"));
            let config = PushConfig { extra_ca_file: Some(path.into()), ..config() };
            let why = Network::read(&config).unwrap_err().to_string();
            assert!(why.starts_with("certificates of authorities in ") && why.contains(file));
        }
    }

    #[tokio::test]
    async fn a_proxy_serves_what_the_operator_names_and_not_what_devices_do() {
        let (url, (proxy, asked)) = (service().await, proxy().await);
        let config = PushConfig { https_proxy: Some(Secret::new(proxy)), ..trusting() };
        let network = Network::read(&config).unwrap();
        let named = [network.client().unwrap(), network.http2_client("https://").unwrap()];
        for (nth, client) in named.iter().enumerate() {
            assert_eq!(ask(client, &url).await, Ok(204));
            assert_eq!(asked.load(Ordering::Relaxed), nth + 1);
        }
        assert_eq!(ask(&network.guarded_client(true).unwrap(), &url).await, Ok(204));
        let private = network.guarded_client(false).unwrap();
        assert_eq!(ask(&private, &url).await, Err(Verdict::Dead("private_endpoint")));
        assert_eq!(asked.load(Ordering::Relaxed), named.len(), "devices go by no proxy");
    }
}
