//! Whether anything left: what is said not to have been sent was certainly not.

use std::time::Duration;

use tokio::join;

use super::stand::{Peer, Stand, get, ok, post};
use crate::net::{NetError, Request, Server};

fn briefly(request: Request) -> Request {
    Request { within: Duration::from_millis(200), ..request }
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent() {
    let stand = Stand::new().await;
    let server = stand.server();
    drop(stand);
    assert_eq!(server.ask(post("/x")).await, Err(NetError::NotSent));
}

#[tokio::test]
async fn where_the_name_leads_nowhere_nothing_was_sent() {
    let server = Server::new("https://nobody.invalid", None, "test").unwrap();
    assert_eq!(server.ask(briefly(post("/x"))).await, Err(NetError::NotSent));
}

#[tokio::test]
async fn before_tls_is_agreed_upon_nothing_was_sent() {
    let stand = Stand::new().await;
    let url = format!("https://{}", stand.address);
    let server = Server::new(&url, None, "test").unwrap();
    let (reply, _peer) = join!(server.ask(briefly(post("/x"))), stand.taken());
    assert_eq!(reply, Err(NetError::NotSent));
}

#[tokio::test]
async fn who_waits_for_a_turn_in_vain_sent_nothing() {
    let stand = Stand::new().await;
    let server = stand.server();
    let all = async {
        join!(
            server.ask(get("/1")),
            server.ask(get("/2")),
            server.ask(get("/3")),
            server.ask(post("/4")),
        )
    };
    let crowded = async {
        let mut peers = Vec::new();
        for _ in 0..4 {
            let mut peer = stand.taken().await;
            peer.hears().await;
            peers.push(peer);
        }
        assert_eq!(server.ask(briefly(post("/5"))).await, Err(NetError::NotSent));
        assert!(stand.is_left_alone().await);
        for peer in &mut peers {
            peer.says(&ok("1")).await;
        }
        peers
    };
    let ((one, two, three, four), _peers) = join!(all, crowded);
    assert!([one, two, three, four].iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_request_that_was_heard_is_lost_and_not_unsent() {
    let stand = Stand::new().await;
    let server = stand.server();
    let resets = async {
        let mut peer = stand.taken().await;
        peer.hears().await;
        peer.resets();
    };
    let (reply, ()) = join!(server.ask(post("/x")), resets);
    assert_eq!(reply, Err(NetError::Lost));
}

#[tokio::test]
async fn a_request_that_nobody_answers_is_lost() {
    let stand = Stand::new().await;
    let server = stand.server();
    // Nobody takes the connection either: the bytes lie in between.
    assert_eq!(server.ask(briefly(post("/x"))).await, Err(NetError::Lost));
}

#[tokio::test]
async fn a_connection_that_is_reset_at_once_is_never_called_unsent_when_something_was_heard() {
    for _ in 0..50 {
        let stand = Stand::new().await;
        let server = stand.server();
        let resets = async {
            let peer = stand.taken().await;
            let mut first = [0];
            let heard = peer.0.try_read(&mut first).is_ok_and(|count| count > 0);
            peer.resets();
            heard
        };
        let (reply, heard) = join!(server.ask(post("/x")), resets);
        let error = reply.unwrap_err();
        assert!(!heard || error == NetError::Lost);
    }
}

/// On a fresh connection, so that nothing is asked twice.
#[tokio::test]
async fn wherever_an_answer_is_cut_off_it_is_lost() {
    for whole in [ok(r#"{"a":1}"#), chunked()] {
        for cut in 0..whole.len() {
            let some = whole.get(..cut).unwrap();
            let stand = Stand::new().await;
            let server = stand.server();
            let (reply, _) =
                join!(server.ask(get("/x")), async { drop(stand.answers(some).await) });
            assert_eq!(reply, Err(NetError::Lost), "after {cut} bytes of {whole}");
        }
    }
}

fn chunked() -> String {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    format!("{head}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
}

#[tokio::test]
async fn a_connection_that_died_while_idle_is_replaced() {
    let stand = Stand::new().await;
    let server = stand.server();
    for request in [get("/x"), get("/x"), post("/x"), post("/x")] {
        // It is closed as soon as it has answered.
        let (reply, _) = join!(server.ask(request), stand.answers(ok("1")));
        assert_eq!(reply.unwrap().status, 200);
        // The farewell has to have arrived: it is looked for, not waited for.
        tokio::task::yield_now().await;
    }
}

/// A server that has answered once, over a connection that is kept.
async fn kept(stand: &Stand) -> (Server, Peer) {
    let server = stand.server();
    let (first, (_, peer)) = join!(server.ask(get("/first")), stand.answers(ok("1")));
    first.unwrap();
    (server, peer)
}

/// The second request on the same connection ends so.
async fn second(request: Request, last_words: &str) -> (Result<u16, NetError>, bool) {
    let stand = Stand::new().await;
    let (server, mut peer) = kept(&stand).await;
    let dies = async {
        peer.hears().await;
        peer.says(last_words).await;
        drop(peer);
        let again = async {
            let (heard, peer) = stand.answers(ok("2")).await;
            drop(peer);
            heard
        };
        let again = tokio::time::timeout(Duration::from_millis(300), again).await;
        again.is_ok()
    };
    let (reply, was_repeated) = join!(server.ask(request), dies);
    (reply.map(|reply| reply.status), was_repeated)
}

#[tokio::test]
async fn a_read_is_repeated_when_its_idle_connection_dies_without_a_word() {
    assert_eq!(second(get("/x"), "").await, (Ok(200), true));
}

#[tokio::test]
async fn what_may_arrive_twice_is_repeated_when_its_idle_connection_dies_without_a_word() {
    let request = Request { is_repeatable: true, ..post("/x") };
    assert_eq!(second(request, "").await, (Ok(200), true));
}

#[tokio::test]
async fn what_may_not_arrive_twice_is_not_repeated() {
    assert_eq!(second(post("/x"), "").await, (Err(NetError::Lost), false));
}

#[tokio::test]
async fn nothing_is_repeated_once_an_answer_began() {
    assert_eq!(second(get("/x"), "H").await, (Err(NetError::Lost), false));
}

#[tokio::test]
async fn nothing_is_asked_a_third_time() {
    let stand = Stand::new().await;
    let (server, mut peer) = kept(&stand).await;
    let dies_twice = async {
        peer.hears().await;
        drop(peer);
        let mut peer = stand.taken().await;
        peer.hears().await;
        drop(peer);
        stand.is_left_alone().await
    };
    let (reply, is_left_alone) = join!(server.ask(get("/x")), dies_twice);
    assert_eq!((reply, is_left_alone), (Err(NetError::Lost), true));
}

#[tokio::test]
async fn what_left_at_first_is_not_called_unsent_when_nobody_listens_any_more() {
    let stand = Stand::new().await;
    let (server, mut peer) = kept(&stand).await;
    let dies = async {
        peer.hears().await;
        drop(stand);
        drop(peer);
    };
    let request = Request { is_repeatable: true, ..post("/x") };
    let (reply, ()) = join!(server.ask(request), dies);
    assert_eq!(reply, Err(NetError::Lost));
}
