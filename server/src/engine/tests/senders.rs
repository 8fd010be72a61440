//! Whose a message is, over both databases.

use baton_domain::fact::inbound::{Element, InboundMessage, Moved, Sender};
use baton_protocol::{Content, LineKind};

use super::super::testing::engine;
use super::super::work::FreshIds;
use super::*;

const N: &str = "16505551234";

impl Bench {
    fn said_by(
        &self,
        (number, user): (&str, Option<&str>),
        wamid: &str,
        at_s: i64,
    ) -> (Element, FreshIds) {
        self.element(ElementBody::Message(InboundMessage {
            sender: Sender {
                wa_id: Some(number.to_owned()),
                user_id: user.map(str::to_owned),
                ..Sender::default()
            },
            wamid: wamid.to_owned(),
            at: Timestamp::from_ms(at_s * 1000),
            kind: LineKind::Text,
            content: Content { text: Some(wamid.to_owned()), ..Content::default() },
            participant: None,
            quoted_wamid: None,
            media: None,
            language: None,
        }))
    }

    async fn comes(&self, from: (&str, Option<&str>), wamid: &str, at_s: i64) -> String {
        self.post(vec![self.said_by(from, wamid, at_s)]).await;
        self.whose(wamid).await
    }

    /// The conversation in which this stands.
    async fn whose(&self, wamid: &str) -> String {
        static SQL: crate::store::Sql =
            crate::store::Sql::new("SELECT conversation FROM message WHERE wamid = $1");
        let mut tx = self.database.store.read().await.unwrap();
        let rows: Vec<(String,)> = tx.rows(&SQL, &[wamid]).await.unwrap();
        rows[0].0.clone()
    }
}

#[tokio::test]
async fn a_number_that_passed_to_somebody_else_does_not_show_them_the_old_thread() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        let a = bench.comes((N, Some("US.A")), "wamid.1", 10).await;
        assert_eq!(bench.comes((N, None), "wamid.2", 11).await, a);
        let b = bench.comes((N, Some("US.B")), "wamid.3", 20).await;
        assert_ne!(b, a);
        assert_eq!(bench.comes((N, Some("US.B")), "wamid.4", 21).await, b);
        assert_eq!(bench.comes((N, None), "wamid.5", 22).await, b, "the number is theirs");
        // What the former owner said before came late, and takes the number back from nobody.
        assert_eq!(bench.comes((N, Some("US.A")), "wamid.6", 12).await, a);
        assert_eq!(bench.comes((N, None), "wamid.7", 23).await, b);
        bench.close().await;
    }
}

#[tokio::test]
async fn a_user_id_that_comes_for_the_first_time_joins_the_thread_of_its_number() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        let a = bench.comes((N, None), "wamid.1", 10).await;
        assert_eq!(bench.comes((N, Some("US.A")), "wamid.2", 11).await, a);
        // The same person under a new number, the same person under the old one.
        assert_eq!(bench.comes(("16505559999", Some("US.A")), "wamid.3", 12).await, a);
        assert_eq!(bench.comes((N, Some("US.A")), "wamid.4", 13).await, a);
        assert_eq!(bench.comes(("16505559999", None), "wamid.5", 14).await, a);
        bench.close().await;
    }
}

#[tokio::test]
async fn a_number_is_told_by_its_other_spelling_but_not_to_somebody_else() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        let (long, short) = ("5511987654321", "551187654321");
        let a = bench.comes((long, Some("BR.A")), "wamid.1", 10).await;
        assert_eq!(bench.comes((short, None), "wamid.2", 11).await, a);
        let b = bench.comes((short, Some("BR.B")), "wamid.3", 12).await;
        assert_ne!(b, a);
        assert_eq!(bench.comes((long, None), "wamid.4", 13).await, b);
        bench.close().await;
    }
}

#[tokio::test]
async fn within_one_webhook_each_line_finds_the_names_as_the_ones_before_left_them() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        let lines = [
            bench.said_by((N, Some("US.A")), "wamid.1", 10),
            bench.said_by((N, None), "wamid.2", 11),
            bench.said_by((N, Some("US.B")), "wamid.3", 12),
            bench.said_by((N, None), "wamid.4", 13),
            bench.said_by((N, Some("US.A")), "wamid.5", 9),
        ];
        bench.post(lines.into()).await;
        let (a, b) = (bench.whose("wamid.1").await, bench.whose("wamid.3").await);
        assert_ne!(a, b);
        assert_eq!(bench.whose("wamid.2").await, a);
        assert_eq!(bench.whose("wamid.4").await, b);
        assert_eq!(bench.whose("wamid.5").await, a);
        bench.close().await;
    }
}

#[tokio::test]
async fn somebody_else_who_writes_from_a_number_in_the_webhook_that_tells_of_it_is_somebody_else() {
    const NEW: &str = "16505559999";
    for database in databases().await {
        let bench = bench(database, 1).await;
        let a = bench.comes((N, Some("US.A")), "wamid.1", 10).await;
        let called = |number: &str| Sender { wa_id: Some(number.to_owned()), ..Sender::default() };
        let moved = Moved { from: called(N), to: called(NEW), at: Timestamp::from_ms(11_000) };
        let moved = bench.element(ElementBody::Moved(moved));
        bench.post(vec![moved, bench.said_by((NEW, Some("US.B")), "wamid.2", 12)]).await;
        assert_ne!(bench.whose("wamid.2").await, a, "their user id is another one");
        bench.close().await;
    }
}

#[tokio::test]
async fn two_who_claim_a_number_at_once_are_two_contacts() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        bench.comes((N, None), "wamid.0", 1).await;
        let other = engine(&bench.database.store, &bench.clock, &Metrics::new());
        let from = |n: usize| if n.is_multiple_of(2) { "US.A" } else { "US.B" };
        let posts = (0..10_usize).map(|n| {
            let wamid = format!("wamid.of.{n}");
            let post = bench.posted(vec![bench.said_by((N, Some(from(n))), &wamid, 10)]);
            if from(n) == "US.A" { bench.engine.post(post) } else { other.post(post) }
        });
        for result in futures_util::future::join_all(posts).await {
            result.unwrap();
        }
        let (a, b) = (bench.whose("wamid.of.0").await, bench.whose("wamid.of.1").await);
        assert_ne!(a, b);
        for n in 0..10 {
            let whose = bench.whose(&format!("wamid.of.{n}")).await;
            assert_eq!(whose, if from(n) == "US.A" { a.clone() } else { b.clone() });
        }
        drop(other);
        bench.close().await;
    }
}
