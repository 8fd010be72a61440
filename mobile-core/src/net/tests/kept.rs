//! The connection between two requests: kept while it is of use, and gone when nobody looks.

use std::time::Duration;

use tokio::join;

use super::stand::{Stand, answer, get, ok, post};
use crate::net::limits::IDLE_MAX;
use crate::net::{InvalidUrl, NetError, Server};

#[tokio::test]
async fn the_next_request_goes_over_the_same_connection() {
    let stand = Stand::new().await;
    let server = stand.server();
    let (first, (_, mut peer)) = join!(server.ask(get("/1")), stand.answers(ok("1")));
    first.unwrap();
    for _ in 0..3 {
        let again = async {
            let heard = peer.hears().await;
            peer.says(&ok("2")).await;
            heard
        };
        let (reply, heard) = join!(server.ask(post("/2")), again);
        assert_eq!(reply.unwrap().body, b"2");
        assert!(heard.starts_with("POST /2 "));
    }
    assert!(stand.is_left_alone().await);
}

#[tokio::test]
async fn a_server_that_says_goodbye_is_left() {
    let stand = Stand::new().await;
    let server = stand.server();
    let said = answer("200 OK", "connection: close\r\n", "1");
    let (reply, (_, mut peer)) = join!(server.ask(get("/1")), stand.answers(&said));
    reply.unwrap();
    peer.is_left().await;
    assert_eq!(stand.connections(), 0);
}

#[tokio::test]
async fn what_is_left_over_from_an_answer_is_not_taken_for_the_next() {
    let stand = Stand::new().await;
    let server = stand.server();
    let twice = format!("{}{}", ok("1"), ok("somebody else's"));
    let (first, _peer) = join!(server.ask(get("/1")), stand.answers(&twice));
    assert_eq!(first.unwrap().body, b"1");
    let (second, _) = join!(server.ask(get("/2")), stand.answers(ok("2")));
    assert_eq!(second.unwrap().body, b"2");
}

#[tokio::test]
async fn no_connection_is_left_when_all_are_closed() {
    let stand = Stand::new().await;
    let server = stand.server();
    let (reply, (_, mut peer)) = join!(server.ask(get("/1")), stand.answers(ok("1")));
    reply.unwrap();
    assert_eq!(stand.connections(), 1);
    server.close_all();
    assert_eq!(stand.connections(), 0);
    peer.is_left().await;
}

#[tokio::test]
async fn what_is_under_way_when_all_are_closed_is_answered_and_not_kept() {
    let stand = Stand::new().await;
    let server = stand.server();
    let meanwhile = async {
        let mut peer = stand.taken().await;
        peer.hears().await;
        server.close_all();
        peer.says(&ok("1")).await;
        peer.is_left().await;
    };
    let (reply, ()) = join!(async { server.ask(get("/1")).await.unwrap() }, meanwhile);
    assert_eq!(reply.status, 200);
    assert_eq!(stand.connections(), 0);
}

#[tokio::test]
async fn who_stops_waiting_cuts_the_connection() {
    let stand = Stand::new().await;
    let server = stand.server();
    let mut asking = Box::pin(server.ask(get("/1")));
    let heard = async {
        let mut peer = stand.taken().await;
        peer.hears().await;
        peer
    };
    let mut peer = tokio::select! {
        _early = &mut asking => panic!("nobody answered"),
        peer = heard => peer,
    };
    assert_eq!(stand.connections(), 1);
    drop(asking);
    assert_eq!(stand.connections(), 0);
    peer.is_left().await;
    // Nor does it cost anybody else a turn.
    for _ in 0..5 {
        let asking = tokio::time::timeout(Duration::from_millis(20), server.ask(get("/1")));
        assert!(asking.await.is_err());
    }
    let (reply, _) = join!(server.ask(get("/1")), async {
        for _ in 0..5 {
            drop(stand.taken().await);
        }
        stand.answers(ok("1")).await
    });
    reply.unwrap();
}

#[tokio::test]
async fn an_act_does_not_wait_behind_reads() {
    let stand = Stand::new().await;
    let server = stand.server();
    let reads = async {
        join!(
            server.ask(get("/r")),
            server.ask(get("/r")),
            server.ask(get("/r")),
            server.ask(get("/r"))
        )
    };
    let act = async {
        let mut waiting = Vec::new();
        for _ in 0..3 {
            let mut peer = stand.taken().await;
            peer.hears().await;
            waiting.push(peer);
        }
        assert!(stand.is_left_alone().await);
        let (reply, _) = join!(server.ask(post("/a")), stand.answers(ok("1")));
        assert_eq!(reply.unwrap().status, 200);
        // The connections end, and so do the reads.
        waiting.clear();
        drop(stand.taken().await);
    };
    let ((a, b, c, d), ()) = join!(reads, act);
    for read in [a, b, c, d] {
        assert_eq!(read, Err(NetError::Lost));
    }
}

#[tokio::test]
async fn what_was_idle_for_long_is_not_used_again() {
    let stand = Stand::new().await;
    let server = stand.server();
    let (reply, (_, mut peer)) = join!(server.ask(get("/1")), stand.answers(ok("1")));
    reply.unwrap();
    tokio::time::pause();
    tokio::time::advance(IDLE_MAX).await;
    tokio::time::resume();
    let (reply, _) = join!(server.ask(get("/2")), stand.answers(ok("2")));
    assert_eq!(reply.unwrap().body, b"2");
    peer.is_left().await;
}

#[test]
fn an_address_says_where_a_server_is_and_nothing_else() {
    let server = |url| Server::new(url, None, "test").map(drop);
    for good in [
        "https://baton.example.com",
        "https://baton.example.com:8443/",
        " https://example.com/baton ",
        "https://[2001:db8::1]:8443",
        "https://192.0.2.1",
        "http://localhost:8080",
        "http://127.0.0.1",
        "http://[::1]:8080",
    ] {
        assert_eq!(server(good), Ok(()), "{good}");
    }
    for (bad, why) in [
        ("", InvalidUrl::Malformed),
        ("baton.example.com", InvalidUrl::Malformed),
        ("/api", InvalidUrl::Malformed),
        ("https://", InvalidUrl::Malformed),
        ("https://a:b", InvalidUrl::Malformed),
        ("https://a:99999", InvalidUrl::Malformed),
        ("https://a b", InvalidUrl::Malformed),
        ("wss://baton.example.com", InvalidUrl::Scheme),
        ("ftp://baton.example.com", InvalidUrl::Scheme),
        ("https://me@baton.example.com", InvalidUrl::TooMuch),
        ("https://me:secret@baton.example.com", InvalidUrl::TooMuch),
        ("https://baton.example.com/?a=b", InvalidUrl::TooMuch),
        ("https://baton.example.com/#a", InvalidUrl::TooMuch),
        ("http://baton.example.com", InvalidUrl::Plain),
        ("http://localhost.example.com", InvalidUrl::Plain),
        ("http://127.0.0.1.example.com", InvalidUrl::Plain),
        ("http://10.0.2.2:8080", InvalidUrl::Plain),
    ] {
        assert_eq!(server(bad), Err(why), "{bad}");
    }
    assert_eq!(Server::new("https://a", None, "a\nb").map(drop), Err(InvalidUrl::UserAgent));
    assert_eq!(Server::new("https://a", Some("none"), "a").map(drop), Err(InvalidUrl::Certificate));
}

#[tokio::test]
async fn a_server_may_live_below_a_path() {
    let stand = Stand::new().await;
    let url = format!("http://{}/baton/", stand.address);
    let server = Server::new(&url, None, "test").unwrap();
    let (reply, (heard, _)) = join!(server.ask(get("/api/v1/me")), stand.answers(ok("1")));
    reply.unwrap();
    assert!(heard.starts_with("GET /baton/api/v1/me HTTP/1.1\r\n"), "{heard}");
}
