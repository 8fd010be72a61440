//! The conversation list: filters, both orders, and pages that miss and repeat nothing.

use std::collections::BTreeSet;

use baton_protocol::command::{MarkRead, Seeing, Snooze};
use baton_protocol::page::{ConversationPage, ConversationRow, SnapshotAnswer};
use baton_protocol::{CommandBody, ConversationId, Head, Owner};
use baton_world::world::{Agent, Answered, Setup, World, for_each_store};
use serde_json::json;

/// Twelve conversations in all states and hands, and how they were left.
async fn populate(world: &World) -> Vec<(String, ConversationId)> {
    let billing = world.team("Billing", &["Dora"]).await;
    let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
    let names = [
        "Lucía",
        "Łukasz",
        "Ανδρέας",
        "Zoë",
        "Ana María",
        "100% Sure",
        "under_score",
        "Pablo",
        "Quim",
        "Rosa",
        "Sara",
        "Teo",
    ];
    let now_s = world.clock.now().ms() / 1_000;
    let mut all = Vec::new();
    for (name, n) in names.iter().zip(0_i64..) {
        // Some wrote in the same second: the order must not depend on luck.
        let at_s = now_s - 600 + n / 2;
        let contact = world.contact(name);
        contact
            .sends_type(json!({
                "type": "text", "text": {"body": "Hola"}, "timestamp": at_s.to_string(),
            }))
            .await;
        let conversation = contact.conversation().await;
        let seen = ana.last_line(conversation).await;
        match n % 6 {
            0 => {}
            1 => drop(ana.claims(conversation).await),
            2 => drop(ben.replies(conversation, "Hola").await),
            3 => drop(ana.resolves(conversation).await),
            4 => {
                let waiting = CommandBody::MarkWaiting(Seeing { seen });
                ana.does(conversation, waiting).await.accepted();
                let read = CommandBody::MarkRead(MarkRead { seq: 1 });
                ana.does(conversation, read).await.accepted();
            }
            _ => {
                let until = world.clock.now().plus_ms(3_600_000);
                let snooze = CommandBody::Snooze(Snooze { until, seen });
                ana.does(conversation, snooze).await.accepted();
            }
        }
        if n == 6 {
            ana.hands_over(conversation, Owner::Queue(billing.id)).await;
        }
        all.push(((*name).to_owned(), conversation));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_find_what_they_say_and_nothing_else() {
    for_each_store(Setup::usual(), async |world| {
        let all = populate(world).await;
        let (ana, admin) = (world.agent("Ana").await, world.admin().await);
        let names = async |agent: &Agent, query: &str| -> Vec<String> {
            let mut found: Vec<_> = list(agent, query)
                .await
                .into_iter()
                .filter_map(|row| {
                    let (name, _) = all.iter().find(|(_, id)| *id == head(&row).id)?;
                    Some(name.clone())
                })
                .collect();
            found.sort();
            found
        };
        assert_eq!(names(&admin, "limit=200").await.len(), 12);
        assert_eq!(names(&ana, "limit=200").await.len(), 11, "Billing's is not hers");
        assert_eq!(names(&ana, "owner=me").await, ["Pablo", "Łukasz"]);
        let of_ben = format!("owner={}", world.agent("Ben").await.id);
        assert_eq!(names(&ana, &of_ben).await, ["Quim", "Ανδρέας"]);
        assert_eq!(names(&ana, "status=resolved").await, ["Rosa", "Zoë"]);
        assert_eq!(names(&ana, "status=waiting").await, ["Ana María", "Sara"]);
        assert_eq!(names(&ana, "status=snoozed").await, ["100% Sure", "Teo"]);
        assert_eq!(names(&ana, "status=open&owner=nobody").await, ["Lucía"]);
        assert_eq!(names(&ana, "unread=true").await.len(), 9, "two were read");
        let desk = format!("team={}", world.cast.team);
        assert_eq!(names(&admin, &desk).await.len(), 11);
        // Part of a name, whatever the accents and the case.
        for (query, found) in [
            ("lucia", "Lucía"),
            ("UC%C3%8D", "Lucía"),
            ("%CE%B1%CE%BD%CE%B4%CF%81%CE%B5%CE%B1%CF%82", "Ανδρέας"),
            ("zoe", "Zoë"),
            ("100%25", "100% Sure"),
            ("under_s", "under_score"),
        ] {
            let agent = if found == "under_score" { &admin } else { &ana };
            assert_eq!(names(agent, &format!("q={query}")).await, [found], "{query}");
        }
        assert!(names(&ana, "q=under_score").await.is_empty(), "out of scope");
        assert!(names(&ana, "q=nobody+of+that+name").await.is_empty());
        // Part of a number.
        let number = world.contact("Rosa").number();
        let part: String = number.chars().skip(4).collect();
        assert_eq!(names(&ana, &format!("q={part}")).await, ["Rosa"]);
        assert_eq!(names(&ana, &format!("q=%2B{number}")).await, ["Rosa"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_longest_comes_first_and_pages_are_complete_without_repeats() {
    for_each_store(Setup::usual(), async |world| {
        populate(world).await;
        let (ana, admin) = (world.agent("Ana").await, world.admin().await);
        let waiting: Vec<_> = list(&ana, "order=unanswered&limit=200").await;
        let since: Vec<_> = waiting.iter().map(|row| head(row).unanswered_since).collect();
        let answered = since.iter().position(Option::is_none).unwrap_or(since.len());
        assert!(answered >= 5, "{since:?}");
        assert!(since[..answered].is_sorted(), "{since:?}");
        assert!(since[answered..].iter().all(Option::is_none), "{since:?}");
        let newest: Vec<_> = list(&ana, "order=activity&limit=200").await;
        let at: Vec<_> = newest.iter().map(|row| head(row).activity_at).collect();
        assert!(at.is_sorted_by(|a, b| a >= b), "{at:?}");
        for agent in [&ana, &admin] {
            for order in ["unanswered", "activity"] {
                let whole = ids(&list(agent, &format!("order={order}&limit=200")).await);
                for limit in [1, 2, 3, 5, 11, 12] {
                    let paged = pages(agent, &format!("order={order}&limit={limit}")).await;
                    assert_eq!(paged, whole, "{order} by {limit}");
                }
                let some = ids(&list(agent, &format!("order={order}&unread=true&limit=200")).await);
                let paged = pages(agent, &format!("order={order}&unread=true&limit=2")).await;
                assert_eq!(paged, some, "{order}, unread");
            }
        }
        // What changes between two pages is missed by none and told twice to nobody.
        let first: ConversationPage =
            ana.signed.get("/conversations?order=unanswered&limit=3").await.expect("a page");
        world.contact("Somebody new").sends("Hola").await;
        let next = first.next.clone().expect("more");
        let rest = pages(&ana, &format!("order=unanswered&limit=3&page={next}")).await;
        let all: BTreeSet<_> = ids(&first.conversations).into_iter().chain(rest.clone()).collect();
        assert_eq!(all.len(), first.conversations.len() + rest.len(), "none twice");
        assert!(waiting.iter().all(|row| all.contains(&head(row).id)), "none missed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_a_snapshot_hold_everything_once_in_order_of_id() {
    for_each_store(Setup::usual(), async |world| {
        populate(world).await;
        let ana = world.agent("Ana").await;
        let whole: SnapshotAnswer = ana.signed.get("/snapshot").await.expect("a snapshot");
        assert_eq!((whole.conversations.len(), &whole.next), (11, &None));
        for limit in [1, 2, 4, 11] {
            let (mut found, mut page) = (Vec::new(), String::new());
            loop {
                let path = format!("/snapshot?limit={limit}{page}");
                let answer: SnapshotAnswer = ana.signed.get(&path).await.expect("a page");
                assert_eq!(answer.cursor, whole.cursor, "fixed by page 1");
                found.extend(answer.conversations);
                let Some(next) = answer.next else { break };
                page = format!("&page={next}");
            }
            assert_eq!(found, whole.conversations, "by {limit}");
        }
        for odd in [
            "/snapshot?page=zz",
            "/snapshot?limit=0",
            "/snapshot?limit=201",
            "/conversations?page=zz",
            "/conversations?status=none",
            "/conversations?owner=x",
            "/conversations?order=x",
            "/conversations?unknown=1",
        ] {
            let error = ana.signed.get::<serde_json::Value>(odd).await.expect_err(odd);
            let refused = error.downcast_ref::<baton::demo::client::Refused>().expect("a problem");
            assert_eq!(refused.status, 400, "{odd}");
        }
    })
    .await;
}

async fn list(agent: &Agent, query: &str) -> Vec<ConversationRow> {
    let path = format!("/conversations?{query}");
    let page: ConversationPage = agent.signed.get(&path).await.expect("a page");
    page.conversations
}

async fn pages(agent: &Agent, query: &str) -> Vec<ConversationId> {
    let mut found = Vec::new();
    let mut path = format!("/conversations?{query}");
    loop {
        let answer: ConversationPage = agent.signed.get(&path).await.expect("a page");
        found.extend(ids(&answer.conversations));
        let Some(next) = answer.next else { return found };
        let base = query.split("&page=").next().unwrap_or_default();
        path = format!("/conversations?{base}&page={next}");
    }
}

fn head(row: &ConversationRow) -> &Head {
    match row {
        ConversationRow::Head { head } => head,
        ConversationRow::Full { view, .. } => &view.conversation.head,
    }
}

fn ids(rows: &[ConversationRow]) -> Vec<ConversationId> {
    rows.iter().map(|row| head(row).id).collect()
}
