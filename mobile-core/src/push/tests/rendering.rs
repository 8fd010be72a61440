//! The extension always has something to show, and leaves what it took for the app.

use std::hint::black_box;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::push::drops::Drop;
use crate::push::extension::{Keys, Rendered, render};
use crate::push::receipts::{AppState, Receipt, ReceiptStage};
use crate::push::seal::PLAINTEXT_BYTES_MAX;
use crate::push::{Generic, Tag, Text};

fn open(keyring: &Keyring) -> Keys<'_> {
    Keys::Open { workspace: WORKSPACE, agent: ME, keyring }
}

fn offer() -> Push {
    push(Kind::Offer, 7)
}

#[test]
fn a_sealed_offer_is_shown_in_its_words_and_left_for_the_app() {
    let input = Input::Fcm(sealed_fields(&offer(), "Lucía", "Hola"));
    let Rendered { notification, drop, receipt } = render(&input, open(&keyring()), NOW);
    assert_eq!(notification.text.english(), ("Lucía", "Hola"));
    assert_eq!(notification.public_text, Generic::Offer);
    assert_eq!(notification.actions.len(), 2);
    let (id, at) = (offer().id, NOW);
    let app_state = AppState::Extension;
    assert_eq!(receipt, Some(Receipt { id, stage: ReceiptStage::Shown, at, app_state }));
    let bytes = drop.unwrap();
    // The words lie in it as they came: sealed.
    assert!(!String::from_utf8_lossy(&bytes).contains("Hola"));
    let tag = Tag::Conversation(conversation(1));
    assert_eq!(
        Drop::from_bytes(&bytes),
        Some(Drop { push: id, received_at: at, tag, payload: input })
    );
}

#[test]
fn before_the_first_unlock_something_generic_is_shown_and_everything_is_left() {
    let mut data = fields(&Push { badge: Some(4), ..offer() });
    data.insert("title".to_owned(), "Lucía".to_owned());
    for data in [data, sealed_fields(&offer(), "Lucía", "Hola")] {
        let rendered = render(&Input::Fcm(data), Keys::Locked, NOW);
        assert_eq!(rendered.notification.text, Text::Generic(Generic::Offer));
        assert_eq!(rendered.notification.actions, []);
        assert!(rendered.notification.alerts && rendered.drop.is_some());
    }
}

#[test]
fn an_expired_offer_says_so_and_cannot_be_accepted() {
    let late = offer().expires_at.plus_ms(1);
    for keys in [open(&keyring()), Keys::Locked] {
        let shown = render(&fcm(&offer()), keys, late).notification;
        assert_eq!((shown.actions.len(), shown.alerts), (0, false));
    }
    let shown = render(&fcm(&offer()), open(&keyring()), late).notification;
    assert_eq!(shown.text, Text::Generic(Generic::Expired));
}

#[test]
fn a_message_is_no_offer_that_is_over_whatever_the_clock_of_the_device_says() {
    let days = |count: i64| NOW.plus_ms(count * 24 * 60 * 60 * 1_000);
    for kind in [Kind::Message, Kind::Queue, Kind::Mention, Kind::Assigned, Kind::Number] {
        for now in [days(-10), NOW, days(2), days(10)] {
            let input = Input::Fcm(sealed_fields(&push(kind, 7), "Lucía", "¿Sigue ahí?"));
            let shown = render(&input, open(&keyring()), now).notification;
            assert_eq!(shown.text.english(), ("Lucía", "¿Sigue ahí?"), "{kind:?}");
            assert!(shown.alerts, "{kind:?}");
            let locked = render(&input, Keys::Locked, now).notification;
            assert_eq!(locked.text, Text::Generic(kind.into()), "{kind:?}");
        }
    }
}

#[test]
fn of_another_workspace_nothing_is_told_kept_or_confirmed() {
    let workspace = WorkspaceId(Uuid::from_u128(0xA2));
    let foreign = Push { workspace, badge: Some(9), ..offer() };
    let Rendered { notification, drop, receipt } = render(&fcm(&foreign), open(&keyring()), NOW);
    assert_eq!(notification, crate::push::Notification::fallback());
    assert_eq!((notification.badge, notification.opens, notification.push), (None, None, None));
    assert_eq!((drop, receipt), (None, None));
}

#[test]
fn a_retract_says_that_it_is_settled_where_the_offer_was() {
    let retract = Push { offer: Some(offer_id(7)), ..push(Kind::Retract, 9) };
    let rendered = render(&fcm(&retract), open(&keyring()), NOW);
    assert_eq!(rendered.notification.tag, Tag::Conversation(conversation(1)));
    assert_eq!(rendered.notification.text, Text::Generic(Generic::Settled));
    assert!(!rendered.notification.alerts && rendered.drop.is_some());
}

/// Kilobytes of memory, where the system tells.
fn memory_kb(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// The time and the memory of the process are printed, not asserted: the machine may be busy. The
/// memory is of use only when this test runs alone.
#[test]
#[expect(clippy::disallowed_methods, reason = "measures")]
fn a_push_of_2_kb_is_rendered() {
    let body = "x".repeat(PLAINTEXT_BYTES_MAX - 300);
    let input = Input::Fcm(sealed_fields(&offer(), "Lucía", &body));
    let keyring = keyring();
    let before = memory_kb("VmHWM");
    let mut times = Vec::new();
    for _ in 0..20 {
        let began = Instant::now();
        let rendered = black_box(render(black_box(&input), open(&keyring), NOW));
        times.push(began.elapsed());
        assert!(rendered.notification.text.english().1.starts_with("xxx"));
    }
    times.sort_unstable();
    let Input::Fcm(data) = &input else { panic!() };
    let bytes: usize = data.iter().map(|(name, text)| name.len() + text.len()).sum();
    let median = times.get(10).copied().unwrap_or(Duration::MAX);
    println!("render of a push of {bytes} B: median {median:?}, worst {:?}", times.last());
    println!("peak memory, kB: {before:?} before, {:?} after", memory_kb("VmHWM"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_arrives_something_is_shown(
        body in prop::collection::vec(any::<u8>(), 0..4200),
        data in prop::collection::btree_map("[a-z]{1,5}", any::<String>(), 0..12),
        text in any::<String>(),
        now in any::<i64>(),
    ) {
        for input in [Input::WebPush(body), Input::Fcm(data), Input::Apns(text)] {
            for keys in [open(&keyring()), Keys::Locked] {
                let shown = render(&input, keys, Timestamp::from_ms(now)).notification;
                prop_assert!(!shown.text.english().1.is_empty());
            }
        }
    }
}
