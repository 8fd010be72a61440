//! Rows that must never be cannot be stored, by any writer.

use super::seed::{fill, seed};
use crate::StoreError;
use crate::database::testing::databases;

const MESSAGE: &str = "INSERT INTO message
  (workspace, conversation, seq, id, channel, author_kind, author, kind, at, accepted_at,
   wamid, op_id, status, provider_rank) VALUES ";

/// After `before`, `refused` must be refused on every database, naming `constraint`.
async fn check(before: &str, refused: &str, constraint: &str) {
    check_all(&[(before, refused, constraint)]).await;
}

async fn check_all(cases: &[(&str, &str, &str)]) {
    for database in databases().await {
        seed(&database).await;
        for (before, refused, constraint) in cases {
            let mut tx = database.store.begin().await.unwrap();
            tx.script(&fill(before)).await.unwrap();
            match tx.script(&fill(refused)).await {
                Err(StoreError::Conflict { constraint: found }) => assert!(
                    constraint.split('|').any(|word| found.contains(word)),
                    "{:?} says {found:?} instead of {constraint:?}",
                    database.store.dialect()
                ),
                other => panic!("{:?} answers {other:?}", database.store.dialect()),
            }
            tx.rollback().await.unwrap();
        }
        database.close().await;
    }
}

fn customer(seq: u32, wamid: &str) -> String {
    format!(
        "{MESSAGE} ('{{w}}', '{{conv}}', {seq}, 'm{seq}', '{{channel}}', 'customer', NULL, 'text',
         1, 1, '{wamid}', NULL, NULL, 0);"
    )
}

fn reply(seq: u32, op_id: &str, rank: u32) -> String {
    format!(
        "{MESSAGE} ('{{w}}', '{{conv}}', {seq}, 'm{seq}', '{{channel}}', 'agent', '{{ana}}',
         'text', 1, 1, NULL, '{op_id}', 'queued', {rank});"
    )
}

fn logged(position: u32) -> String {
    let previous = if position == 1 { "NULL".to_owned() } else { (position - 1).to_string() };
    format!(
        "INSERT INTO log (workspace, position, previous, at, actor_kind, fact)
         VALUES ('{{w}}', {position}, {previous}, 1, 'system', '{{}}');"
    )
}

#[tokio::test]
async fn a_wamid_is_stored_once_in_a_channel() {
    check(&customer(1, "wamid.A"), &customer(2, "wamid.A"), "message_wamid|message.wamid").await;
}

#[tokio::test]
async fn a_conversation_has_one_open_episode() {
    let episode = "INSERT INTO episode (workspace, conversation, n, opened_at)
         VALUES ('{w}', '{conv}', 1, 1);";
    let second = "INSERT INTO episode (workspace, conversation, n, opened_at)
         VALUES ('{w}', '{conv}', 2, 2);";
    check(episode, second, "episode_open|episode.conversation").await;
}

#[tokio::test]
async fn a_conversation_always_has_a_team_whose_queue_can_own_it() {
    check("SELECT 1", "UPDATE conversation SET team = NULL", "team").await;
    check(
        "SELECT 1",
        "UPDATE conversation SET team = 'nobody', owner_epoch = 2",
        "FOREIGN KEY|conversation",
    )
    .await;
}

#[tokio::test]
async fn an_inactive_agent_owns_nothing() {
    let own = "UPDATE conversation SET owner_agent = '{gone}', owner_epoch = 2";
    check("SELECT 1", own, "FOREIGN KEY|owner_agent").await;
}

#[tokio::test]
async fn an_owner_cannot_become_inactive() {
    let own = "UPDATE conversation SET owner_agent = '{ana}', owner_epoch = 2";
    let leave = "UPDATE agent SET state = 'inactive', active_id = NULL WHERE id = '{ana}'";
    check(own, leave, "FOREIGN KEY|owner_agent").await;
}

#[tokio::test]
async fn whoever_works_here_can_own() {
    let half = "UPDATE agent SET active_id = NULL WHERE id = '{ben}'";
    check("SELECT 1", half, "agent_check|CHECK").await;
}

#[tokio::test]
async fn a_change_of_owner_counts() {
    let own = "UPDATE conversation SET owner_agent = '{ana}'";
    check("SELECT 1", own, "owner_epoch_counts").await;
    let hand_over = "UPDATE conversation SET team = '{other}'";
    check("SELECT 1", hand_over, "owner_epoch_counts").await;
}

#[tokio::test]
async fn a_providers_status_never_falls() {
    let fall = "UPDATE message SET provider_rank = 2";
    check(&reply(1, "op1", 3), fall, "message_rank_climbs").await;
}

#[tokio::test]
async fn a_message_never_stands_below_what_the_provider_said() {
    let stands = |status| format!("UPDATE message SET status = '{status}';");
    let climb = ["accepted", "sent", "delivered", "read", "played"];
    for (below, pair) in climb.windows(2).enumerate() {
        let rank = u32::try_from(below).unwrap() + 2;
        let before = format!("{}{}", reply(1, "op1", rank), stands(pair[1]));
        check(&before, &stands(pair[0]), "message_check|CHECK").await;
    }
    // What is shown beside the ticks says more than any of them.
    let failed = format!("{}{}", reply(1, "op1", 2), stands("failed"));
    check(&failed, &stands("accepted"), "message_check|CHECK").await;
}

#[tokio::test]
async fn numbers_of_a_conversation_never_fall() {
    let before = "UPDATE conversation SET revision = 9, owner_epoch = 9, last_seq = 9,
        last_line = 'm9', customer_seq = 9, episode = 9";
    let falls = ["revision", "owner_epoch", "last_seq", "customer_seq", "episode"]
        .map(|column| format!("UPDATE conversation SET {column} = 8"));
    let fall = |sql| (before, sql, "conversation_climbs|CHECK|check");
    check_all(&falls.each_ref().map(|sql| fall(sql.as_str()))).await;
}

#[tokio::test]
async fn positions_have_no_hole() {
    let hole = "INSERT INTO log (workspace, position, previous, at, actor_kind, fact)
        VALUES ('{w}', 3, 2, 1, 'system', '{}');";
    check(&logged(1), hole, "FOREIGN KEY|log_workspace_previous").await;
    let unlinked = "INSERT INTO log (workspace, position, previous, at, actor_kind, fact)
        VALUES ('{w}', 3, NULL, 1, 'system', '{}');";
    check(&logged(1), unlinked, "log_check|CHECK").await;
    check(&logged(1), &logged(1), "log_pkey|log.position").await;
}

#[tokio::test]
async fn the_log_is_written_once_and_kept() {
    let two = format!("{}{}", logged(1), logged(2));
    check(&two, "UPDATE log SET at = 2 WHERE position = 2", "log_is_written_once").await;
    check(&two, "DELETE FROM log WHERE position = 2", "log_is_kept").await;
    let head = "UPDATE log_head SET position = 2";
    check(head, "UPDATE log_head SET position = 1", "log_head_climbs").await;
}

#[tokio::test]
async fn a_revision_is_given_once() {
    let event = |position: u32, previous: &str| {
        format!(
            "INSERT INTO log (workspace, position, previous, at, actor_kind, conversation,
             revision, fact) VALUES ('{{w}}', {position}, {previous}, 1, 'system', '{{conv}}', 1,
             '{{}}');"
        )
    };
    check(&event(1, "NULL"), &event(2, "1"), "log_revision|log.revision").await;
}

#[tokio::test]
async fn an_op_id_writes_one_message() {
    check(&reply(1, "op1", 0), &reply(2, "op1", 0), "message_op|message.op_id").await;
}

#[tokio::test]
async fn a_load_is_never_negative() {
    check("SELECT 1", "UPDATE agent SET load = -1 WHERE id = '{ana}'", "agent_load|load").await;
}
