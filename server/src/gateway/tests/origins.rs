//! Which pages may open a socket.

use super::*;

#[tokio::test]
async fn only_own_pages_origins_of_the_list_and_native_clients_come_in() {
    let house = House::open(limits());
    let protocol = ("sec-websocket-protocol", "baton.v1");
    let path = "/api/v1/socket";
    let own = format!("http://{}", house.address);
    let own_by_tls = format!("https://{}", house.address);
    let another_port = "http://127.0.0.1:1";
    for (origins, expected) in [
        (&["https://desk.example.com"][..], None),
        (&[own.as_str()][..], None),
        (&[own_by_tls.as_str()][..], None),
        (&[another_port][..], Some(403)),
        (&[own.as_str(), own.as_str()][..], Some(403)),
        (&[][..], None),
        (&["https://evil.example.com"][..], Some(403)),
        (&["null"][..], Some(403)),
        (&["https://desk.example.com", "https://desk.example.com"][..], Some(403)),
    ] {
        let mut headers = vec![protocol];
        headers.extend(origins.iter().map(|origin| ("origin", *origin)));
        assert_eq!(house.knock(path, &headers).await.err(), expected, "{origins:?}");
    }
}

#[tokio::test]
async fn a_page_without_https_opens_no_socket_of_a_server_with_https() {
    let secure = Limits { has_certificate: true, ..limits() };
    let proxied = Limits { trusted_proxies: vec![[0, 0, 0, 0].into()], ..limits() };
    let protocol = ("sec-websocket-protocol", "baton.v1");
    for (limits, told) in [(secure, "http"), (proxied, "https")] {
        let house = House::open(limits);
        for (scheme, expected) in [("http", Some(403)), ("https", None)] {
            let origin = format!("{scheme}://{}", house.address);
            let headers = [protocol, ("origin", origin.as_str()), ("x-forwarded-proto", told)];
            assert_eq!(house.knock("/api/v1/socket", &headers).await.err(), expected, "{origin}");
        }
    }
}
