//! Whom a phone trusts.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::SinkExt as _;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::join;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::Message;

use super::sockets::{ID, next, shaken};
use super::stand::{Stand, get, ok, post, soon};
use crate::link::{Failure, Input};
use crate::net::socket::open;
use crate::net::{NetError, PlatformTrust, Server, Trouble};

const SOON: Duration = Duration::from_secs(20);

/// An authority, and a certificate of its own for `localhost` and `127.0.0.1`.
struct Authority {
    pem: String,
    /// The server's, in DER form.
    certificate: Vec<u8>,
    acceptor: TlsAcceptor,
}

impl Authority {
    fn new(names: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        std::fs::write(at.join("names"), format!("subjectAltName={names}\n")).unwrap();
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        openssl(at, &format!("req -x509 {key} -keyout ca.key -out ca.pem -subj /CN=ca -days 2"));
        openssl(at, &format!("req {key} -keyout key.pem -out csr.pem -subj /CN=server"));
        openssl(
            at,
            "x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
             -extfile names -out cert.pem",
        );
        let read = |name| std::fs::read(at.join(name)).unwrap();
        let chain = vec![CertificateDer::from_pem_slice(&read("cert.pem")).unwrap()];
        let certificate = chain.iter().flat_map(|one| one.to_vec()).collect();
        let key = PrivateKeyDer::from_pem_slice(&read("key.pem")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let pem = String::from_utf8(read("ca.pem")).unwrap();
        Self { pem, certificate, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }

    /// Answers one request on the next connection; what was heard, if it came to that.
    async fn answers(&self, stand: &Stand, answer: impl Into<String>) -> Option<String> {
        let tcp = stand.taken().await.0;
        let mut tls = soon(self.acceptor.accept(tcp)).await.ok()?;
        let mut heard = vec![0; 4096];
        let count = soon(tls.read(&mut heard)).await.ok().filter(|count| *count > 0)?;
        heard.truncate(count);
        tls.write_all(answer.into().as_bytes()).await.ok()?;
        tls.flush().await.ok()?;
        Some(String::from_utf8_lossy(&heard).into_owned())
    }
}

fn openssl(at: &Path, arguments: &str) {
    let made = Command::new("openssl").current_dir(at).args(arguments.split_whitespace()).output();
    let made = made.expect("these tests make their certificates by openssl");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

const HERE: &str = "DNS:localhost,IP:127.0.0.1";

fn server(stand: &Stand, host: &str, ca: Option<&str>) -> Server {
    Server::new(&format!("https://{host}:{}", stand.address.port()), ca, "test").unwrap()
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_when_it_was_named() {
    let (stand, authority) = (Stand::new().await, Authority::new(HERE));
    for host in ["127.0.0.1", "localhost"] {
        let server = server(&stand, host, Some(&authority.pem));
        let (reply, heard) = join!(server.ask(get("/x")), authority.answers(&stand, ok("1")));
        assert_eq!(reply.unwrap().body, b"1");
        assert!(heard.unwrap().starts_with("GET /x HTTP/1.1\r\n"));
    }
}

#[tokio::test]
async fn a_server_that_cannot_prove_who_it_is_hears_nothing() {
    let (authority, other) = (Authority::new(HERE), Authority::new(HERE));
    let elsewhere = Authority::new("DNS:elsewhere.example.com");
    for (speaks, trusted) in [
        (&authority, None),
        (&authority, Some(other.pem.as_str())),
        (&elsewhere, Some(elsewhere.pem.as_str())),
    ] {
        let stand = Stand::new().await;
        let server = server(&stand, "127.0.0.1", trusted);
        let (reply, heard) = join!(server.ask(post("/x")), speaks.answers(&stand, ok("1")));
        assert_eq!((reply, heard), (Err(NetError::NotSent), None));
        let (probed, _) = join!(server.probe(SOON), speaks.answers(&stand, ""));
        assert_eq!(probed, Err(Trouble::NotTrusted));
    }
}

#[tokio::test]
async fn what_was_cut_off_is_lost_over_tls_too() {
    let (stand, authority) = (Stand::new().await, Authority::new(HERE));
    let server = server(&stand, "127.0.0.1", Some(&authority.pem));
    let said = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n1";
    let (reply, _) = join!(server.ask(post("/x")), authority.answers(&stand, said));
    assert_eq!(reply, Err(NetError::Lost));
    // Without a length, a body ends with its connection: cut off, it must not pass for whole.
    let said = "HTTP/1.1 200 OK\r\n\r\n[1";
    let (reply, _) = join!(server.ask(post("/x")), authority.answers(&stand, said));
    assert_eq!(reply, Err(NetError::Lost));
}

#[tokio::test]
async fn who_sets_up_an_app_hears_what_is_in_the_way() {
    let (stand, authority) = (Stand::new().await, Authority::new(HERE));
    let server = server(&stand, "localhost", Some(&authority.pem));
    let (probed, _) = join!(server.probe(SOON), authority.answers(&stand, ""));
    assert_eq!(probed, Ok(()));
    let (probed, _) = join!(server.probe(Duration::from_millis(100)), stand.taken());
    assert_eq!(probed, Err(Trouble::NoAnswer));
    drop(stand);
    assert_eq!(server.probe(SOON).await, Err(Trouble::NoAnswer));
    let nowhere = Server::new("https://nobody.invalid", None, "test").unwrap();
    assert_eq!(nowhere.probe(SOON).await, Err(Trouble::NoSuchName));
}

#[tokio::test]
async fn a_connection_is_used_again_over_tls_too() {
    let (stand, authority) = (Stand::new().await, Authority::new(HERE));
    let server = server(&stand, "127.0.0.1", Some(&authority.pem));
    let asks = async {
        for _ in 0..3 {
            assert_eq!(server.ask(post("/x")).await.unwrap().body, b"1");
        }
    };
    let answers = async {
        let tcp = stand.taken().await.0;
        let mut tls = soon(authority.acceptor.accept(tcp)).await.unwrap();
        for _ in 0..3 {
            let mut heard = Vec::new();
            while !heard.ends_with(b"{}") {
                assert_ne!(soon(tls.read_buf(&mut heard)).await.unwrap(), 0);
            }
            tls.write_all(ok("1").as_bytes()).await.unwrap();
            tls.flush().await.unwrap();
        }
        tls
    };
    let ((), _tls) = join!(asks, answers);
    assert!(stand.is_left_alone().await);
}

#[tokio::test]
async fn a_socket_opens_only_where_the_server_is_trusted() {
    let (authority, other) = (Authority::new(HERE), Authority::new(HERE));
    for (trusted, is_trusted) in [(&authority.pem, true), (&other.pem, false)] {
        let stand = Stand::new().await;
        let (events, mut heard) = tokio::sync::mpsc::channel::<Input>(8);
        let _socket = open(&server(&stand, "localhost", Some(trusted)), ID, events);
        let tcp = stand.taken().await.0;
        let tls = soon(authority.acceptor.accept(tcp)).await;
        if !is_trusted {
            let failed = next(&mut heard).await;
            assert!(matches!(failed, Input::SocketFailed(ID, Failure::Unreachable)));
            continue;
        }
        let mut other = shaken(tls.unwrap()).await;
        assert!(matches!(next(&mut heard).await, Input::SocketOpened(ID)));
        soon(other.send(Message::text(r#"{"type":"weather"}"#))).await.unwrap();
        assert!(matches!(next(&mut heard).await, Input::Heard(ID)));
    }
}

/// A platform that trusts one certificate, for one host.
struct Trusts {
    certificate: Vec<u8>,
    asked: Mutex<Vec<String>>,
}

impl PlatformTrust for Trusts {
    fn is_trusted(&self, host: &str, chain: &[Vec<u8>]) -> bool {
        self.asked.lock().unwrap().push(host.to_owned());
        host == "localhost" && chain.first() == Some(&self.certificate)
    }
}

#[tokio::test]
async fn whom_the_platform_trusts_is_trusted_and_it_is_not_asked_of_others() {
    let (authority, other) = (Authority::new(HERE), Authority::new(HERE));
    let certificate = authority.certificate.clone();
    let platform = Arc::new(Trusts { certificate, asked: Mutex::default() });
    for (speaks, host, known, is_trusted) in [
        (&authority, "localhost", None, true),
        (&authority, "127.0.0.1", None, false),
        (&other, "localhost", None, false),
        (&other, "127.0.0.1", Some(other.pem.as_str()), true),
    ] {
        let stand = Stand::new().await;
        let server = server(&stand, host, known);
        server.trust_platform(Arc::clone(&platform) as Arc<dyn PlatformTrust>);
        let (reply, heard) = join!(server.ask(get("/x")), speaks.answers(&stand, ok("1")));
        assert_eq!((reply.is_ok(), heard.is_some()), (is_trusted, is_trusted), "{host}");
    }
    let asked = platform.asked.lock().unwrap();
    assert!(asked.iter().filter(|host| *host == "127.0.0.1").count() == 1, "{asked:?}");
}

#[tokio::test]
async fn through_a_proxy_goes_tls_and_nothing_leaves_where_it_does_not_let_through() {
    let (proxy, authority) = (Stand::new().await, Authority::new("DNS:baton.example.com"));
    let url = format!("http://{}", proxy.address);
    let server = Server::new("https://baton.example.com", Some(&authority.pem), "test").unwrap();
    server.go_through(Some(&url)).unwrap();
    let tunnels = async |answer: &str| {
        let mut peer = proxy.taken().await;
        let head = peer.hears().await;
        assert!(head.starts_with("CONNECT baton.example.com:443 HTTP/1.1\r\n"), "{head}");
        assert!(!head.contains("/x"));
        peer.says(answer).await;
        peer.0
    };
    let lets_through = async {
        let tcp = tunnels("HTTP/1.1 200 Connection established\r\nvia: proxy\r\n\r\n").await;
        let mut tls = soon(authority.acceptor.accept(tcp)).await.unwrap();
        let mut heard = vec![0; 4096];
        assert_ne!(soon(tls.read(&mut heard)).await.unwrap(), 0);
        tls.write_all(ok("1").as_bytes()).await.unwrap();
        tls.flush().await.unwrap();
        tls
    };
    let (reply, _tls) = join!(server.ask(get("/x")), lets_through);
    assert_eq!(reply.unwrap().body, b"1");
    server.close_all();
    for answer in ["HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "nonsense\r\n\r\n"] {
        let (reply, _) = join!(server.ask(post("/x")), tunnels(answer));
        assert_eq!(reply, Err(NetError::NotSent));
        let (probed, _) = join!(server.probe(SOON), tunnels(answer));
        assert_eq!(probed, Err(Trouble::Proxy));
    }
    let endless = format!("HTTP/1.1 200 OK\r\n{}", "x: y\r\n".repeat(3_000));
    let (probed, _) = join!(server.probe(SOON), tunnels(&endless));
    assert_eq!(probed, Err(Trouble::Proxy));
    // What is on this machine is reached without it.
    let stand = Stand::new().await;
    let here = stand.server();
    here.go_through(Some(&url)).unwrap();
    let (reply, _) = join!(here.ask(get("/x")), stand.answers(ok("1")));
    assert_eq!(reply.unwrap().body, b"1");
}
