//! Before the first unlock the key store answers nothing: there is something to show, and neither
//! store nor network is touched.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use baton_mobile::push::{DeviceKey, Input, Text};
use baton_mobile::runtime::{
    Core, CoreConfig, CoreError, Event, KeyStore, KeyStoreFailed, LOCK_AFTER, Listener, take_push,
    wall_clock,
};
use baton_mobile::store::Limits;
use baton_simulator::{PushContent, PushFields, PushKey, PushLane, PushOrder, PushTo, Simulator};
use uuid::Uuid;

/// A key store before the first unlock: nothing is told, and nothing can be kept.
#[derive(Default)]
struct Locked(AtomicU32);

impl KeyStore for Locked {
    fn get(&self, _name: &str) -> Result<Option<Vec<u8>>, KeyStoreFailed> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Err(KeyStoreFailed::Locked)
    }

    fn put(&self, name: &str, _value: &[u8]) -> Result<(), KeyStoreFailed> {
        self.get(name).map(drop)
    }

    fn delete(&self, name: &str) -> Result<(), KeyStoreFailed> {
        self.get(name).map(drop)
    }
}

struct Nobody;

impl Listener for Nobody {
    fn hear(&self, event: Event) -> bool {
        panic!("{event:?}")
    }
}

/// A server that hears of nobody.
struct Silent(TcpListener);

impl Silent {
    fn listens() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a port");
        Self(listener)
    }

    fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().expect("a port"))
    }

    fn has_heard(&self) -> bool {
        self.0.accept().is_ok()
    }
}

fn is_empty(directory: &Path) -> bool {
    std::fs::read_dir(directory).expect("a directory").next().is_none()
}

/// What the platform hands over: sealed for a device, in clear words, of all roads; and garbage.
async fn pushes() -> Vec<Input> {
    let simulator = Simulator::start(baton_simulator::Config::default()).await;
    let simulator = simulator.expect("a simulator");
    let key = DeviceKey::made(&[5; 48], wall_clock()).expect("a key");
    let recipient = key.recipient();
    let key = PushKey {
        id: Some(key.id().to_string()),
        p256dh: URL_SAFE_NO_PAD.encode(recipient.p256dh),
        auth: URL_SAFE_NO_PAD.encode(recipient.auth),
    };
    let mut all = vec![Input::Apns("{not json".to_owned()), Input::WebPush(vec![0, 255])];
    for kind in ["offer", "message", "retract"] {
        for lane in [PushLane::Fcm, PushLane::Apns, PushLane::Webpush] {
            for content in [PushContent::Wake, PushContent::E2e, PushContent::Full] {
                let push = PushFields {
                    kind: kind.to_owned(),
                    workspace: Uuid::now_v7().to_string(),
                    conversation: Some(Uuid::now_v7().to_string()),
                    expires_at_ms: wall_clock().plus_ms(60_000).ms(),
                    cursor: format!("{}:7", Uuid::now_v7()),
                    title: "Lucía".to_owned(),
                    body: "a secret".to_owned(),
                    ..PushFields::default()
                };
                let to = PushTo { lane, target: "somewhere".to_owned(), key: Some(key.clone()) };
                let order = PushOrder { content: Some(content), ..PushOrder::new(to, push) };
                let sent = simulator.push(order).expect("a push");
                let input = serde_json::to_value(sent.input).expect("plain data");
                all.push(serde_json::from_value(input).expect("as the phone reads it"));
            }
        }
    }
    simulator.stop().await;
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_before_the_first_unlock_shows_something_and_touches_nothing() {
    let (server, keys) = (Silent::listens(), Arc::new(Locked::default()));
    let directory = tempfile::tempdir().unwrap();
    let pushes = pushes().await;
    for push in &pushes {
        let held = Arc::clone(&keys) as Arc<dyn KeyStore>;
        let taken = take_push(&server.url(), directory.path(), held, push, wall_clock());
        let shown = &taken.notification;
        let (title, body) = shown.text.english();
        assert!(!title.is_empty() && !body.is_empty(), "{shown:?}");
        assert!(matches!(shown.text, Text::Generic(_)), "words although locked: {shown:?}");
        assert!(shown.opens.is_none() && shown.actions.is_empty(), "{shown:?}");
        assert!(taken.receipt.is_none() && !taken.is_kept, "{taken:?}");
    }
    let asked = keys.0.load(Ordering::SeqCst);
    assert!(asked as usize <= pushes.len(), "asked {asked} times for {} pushes", pushes.len());
    assert!(is_empty(directory.path()), "something was written");
    assert!(!server.has_heard(), "the network was used");
}

#[test]
fn an_app_before_the_first_unlock_is_told_so_and_touches_nothing() {
    let (server, directory) = (Silent::listens(), tempfile::tempdir().unwrap());
    let config = CoreConfig {
        server: server.url(),
        extra_ca_pem: None,
        directory: directory.path().to_owned(),
        device_name: "Handset".to_owned(),
        user_agent: "handset".to_owned(),
        limits: Limits::default(),
        lock_after: LOCK_AFTER,
    };
    let opened = Core::open(config, Arc::new(Locked::default()), Arc::new(Nobody));
    assert!(matches!(opened, Err(CoreError::KeyLocked)), "{:?}", opened.err());
    assert!(is_empty(directory.path()), "something was written");
    assert!(!server.has_heard(), "the network was used");
}
