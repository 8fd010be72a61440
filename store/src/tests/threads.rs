//! Lines, notes and snapshots.

use std::collections::BTreeSet;

use baton_domain::fact::scope::Viewer;
use baton_domain::see::sight::Sight;
use baton_protocol::conversation::Snapshot;
use baton_protocol::{
    AgentId, ConversationId, Line, MembershipKind, Note, Owner, Role, TeamId, Visibility,
};

use super::seed::{ANA, BEN, OTHER_TEAM, TEAM, script};
use super::world::{World, parsed};
use crate::database::testing::databases;
use crate::read;

fn sight(visibility: Visibility) -> Sight {
    let team: TeamId = parsed(TEAM);
    Sight {
        viewer: Viewer {
            agent: parsed(ANA),
            role: Role::Agent,
            teams: [(team, MembershipKind::Member)].into(),
        },
        visibility: [(team, visibility)].into(),
        hidden: BTreeSet::new(),
    }
}

/// The snapshot's lines and notes.
async fn full(world: &World, id: ConversationId) -> (u64, Vec<Line>, Vec<Note>) {
    let mut tx = world.store.read().await.unwrap();
    let of = read::snapshot(&mut tx, world.workspace, &sight(Visibility::Full), id).await.unwrap();
    let Some(Snapshot::Full { view, from_seq, lines, notes, .. }) = of else { panic!("{of:?}") };
    assert_eq!(view.conversation, world.conversations[&id]);
    assert_eq!(view.preview.as_ref(), lines.last());
    let seqs: Vec<u64> = lines.iter().map(|line| line.seq).collect();
    let last = view.conversation.head.last_seq;
    assert_eq!(seqs, (from_seq..=last).collect::<Vec<_>>(), "an unbroken run up to the last");
    (from_seq, lines, notes)
}

#[tokio::test]
async fn a_snapshot_has_the_newest_lines_or_the_whole_open_turn() {
    let (ana, team): (AgentId, TeamId) = (parsed(ANA), parsed(TEAM));
    for database in databases().await {
        let mut world = World::new(&database).await;
        let id = world.opens(team).await;
        assert_eq!(full(&world, id).await, (1, vec![], vec![]));
        world.says(id, "first").await;
        world.answers(id, ana, "yes?").await;
        assert_eq!(full(&world, id).await.0, 1);
        for n in 3..=60 {
            world.answers(id, ana, &format!("line {n}")).await;
        }
        assert_eq!(full(&world, id).await.0, 11, "50 lines up to 60");
        for n in 61..=130 {
            world.says(id, &format!("line {n}")).await;
        }
        assert_eq!(full(&world, id).await.0, 61, "back to the start of the open turn");
        for n in 131..=270 {
            world.says(id, &format!("line {n}")).await;
        }
        assert_eq!(full(&world, id).await.0, 71, "200 lines up to 270");
        database.close().await;
    }
}

#[tokio::test]
async fn pages_of_lines_and_notes_join_without_hole_or_double() {
    let (ana, team): (AgentId, TeamId) = (parsed(ANA), parsed(TEAM));
    for database in databases().await {
        let mut world = World::new(&database).await;
        let id = world.opens(team).await;
        world.notes(id, ana, "before any line").await;
        for n in 1..=7 {
            world.says(id, &format!("line {n}")).await;
            world.notes(id, ana, &format!("note {n}")).await;
        }
        let (mut before, mut lines, mut notes) = (None, Vec::new(), Vec::new());
        loop {
            let mut tx = world.store.read().await.unwrap();
            let page = read::lines(&mut tx, world.workspace, id, before, 3).await.unwrap();
            let Some(first) = page.first() else { break };
            let to = before.map_or(u64::MAX, |before| before - 1);
            let run = read::Run { conversation: id, from: first.seq, to };
            let found = read::notes(&mut tx, world.workspace, &[run], None).await.unwrap();
            before = Some(first.seq);
            notes.splice(0..0, found.into_values().flatten());
            lines.splice(0..0, page);
        }
        let texts: Vec<_> = notes.iter().map(|note| note.text.clone().unwrap()).collect();
        let expected: Vec<_> = std::iter::once("before any line".to_owned())
            .chain((1..=7).map(|n| format!("note {n}")))
            .collect();
        assert_eq!(texts, expected);
        let seqs: Vec<u64> = lines.iter().map(|line| line.seq).collect();
        assert_eq!(seqs, [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(lines[2].content.text.as_deref(), Some("line 3"));
        database.close().await;
    }
}

#[tokio::test]
async fn erased_contents_are_told_as_erased() {
    let team: TeamId = parsed(TEAM);
    for database in databases().await {
        let mut world = World::new(&database).await;
        let id = world.opens(team).await;
        let message = world.says(id, "a secret").await;
        world.notes(id, parsed(ANA), "about the secret").await;
        script(&world.store, "DELETE FROM content").await.unwrap();
        let (_, lines, notes) = full(&world, id).await;
        assert!(lines[0].content.erased && lines[0].content.text.is_none());
        assert_eq!(notes[0].text, None);
        let mut tx = world.store.read().await.unwrap();
        let of = read::messages(&mut tx, world.workspace, &[message]).await.unwrap();
        assert_eq!(of[&message], (id, lines[0].clone()));
        let log = read::log_after(&mut tx, world.workspace, 0, 100).await.unwrap();
        assert!(!serde_json::to_string(&log).unwrap().contains("secret"));
        drop(tx);
        database.close().await;
    }
}

#[tokio::test]
async fn a_snapshot_shows_no_more_than_the_viewers_level() {
    let team: TeamId = parsed(TEAM);
    for database in databases().await {
        let mut world = World::new(&database).await;
        let theirs = world.opens(team).await;
        world.says(theirs, "hello").await;
        world.goes_to(theirs, team, Owner::Agent(parsed(BEN))).await;
        let elsewhere = world.opens(parsed(OTHER_TEAM)).await;
        let of = |visibility, id| {
            let (store, workspace) = (world.store.clone(), world.workspace);
            async move {
                let mut tx = store.read().await.unwrap();
                read::snapshot(&mut tx, workspace, &sight(visibility), id).await.unwrap()
            }
        };
        let head = of(Visibility::Head, theirs).await;
        assert!(matches!(head, Some(Snapshot::Head { .. })), "{head:?}");
        assert_eq!(of(Visibility::Own, theirs).await, None);
        assert_eq!(of(Visibility::Full, elsewhere).await, None);
        let nowhere = ConversationId(uuid::Uuid::from_u128(1));
        assert_eq!(of(Visibility::Full, nowhere).await, None);
        database.close().await;
    }
}
