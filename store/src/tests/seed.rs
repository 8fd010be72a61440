//! The smallest world that rows can stand in, written as plain rows.

use crate::database::testing::TestDatabase;
use crate::{Sql, Store, StoreError, Tx};

pub(crate) const WORKSPACE: &str = "00000000-0000-7000-8000-000000000001";
pub(crate) const TEAM: &str = "00000000-0000-7000-8000-000000000011";
pub(crate) const OTHER_TEAM: &str = "00000000-0000-7000-8000-000000000012";
pub(crate) const ANA: &str = "00000000-0000-7000-8000-000000000021";
pub(crate) const BEN: &str = "00000000-0000-7000-8000-000000000022";
pub(crate) const GONE: &str = "00000000-0000-7000-8000-000000000029";
pub(crate) const CHANNEL: &str = "00000000-0000-7000-8000-000000000031";
pub(crate) const CONTACT: &str = "00000000-0000-7000-8000-000000000041";
pub(crate) const CONVERSATION: &str = "00000000-0000-7000-8000-000000000051";

const ROWS: &str = "
INSERT INTO meta_app VALUES ('app', 'x', 'x', 0);
INSERT INTO workspace VALUES ('{w}', 'acme', 'Acme', 0);
INSERT INTO log_head (workspace) VALUES ('{w}');
INSERT INTO team VALUES ('{w}', '{team}', 'Sales', 'owner', 'full', 0);
INSERT INTO team VALUES ('{w}', '{other}', 'Support', 'owner', 'own', 0);
INSERT INTO agent VALUES ('{w}', '{ana}', 'ana@acme', 'Ana', 'agent', 'active', '{ana}',
  'available', NULL, 0, NULL, 0);
INSERT INTO agent VALUES ('{w}', '{ben}', 'ben@acme', 'Ben', 'supervisor', 'active', '{ben}',
  'available', 5, 0, NULL, 0);
INSERT INTO agent VALUES ('{w}', '{gone}', 'gone@acme', 'Gone', 'agent', 'inactive', NULL,
  'away', NULL, 0, NULL, 0);
INSERT INTO team_member VALUES ('{w}', '{team}', '{ana}', 'member');
INSERT INTO team_member VALUES ('{w}', '{other}', '{ben}', 'supervisor');
INSERT INTO channel VALUES
  ('{w}', '{channel}', 'Shop', 'app', 'pn1', '+1 555', 'x', '{team}', 80, NULL, NULL);
INSERT INTO contact (workspace, id, name, phone, search_name)
  VALUES ('{w}', '{contact}', 'Lucía', '34600', 'lucia');
INSERT INTO conversation (workspace, id, channel, contact, team, owner_epoch, status, episode,
  revision, last_seq, customer_seq, activity_at)
  VALUES ('{w}', '{conv}', '{channel}', '{contact}', '{team}', 1, 'open', 1, 1, 0, 0, 5);
";

pub(crate) fn fill(template: &str) -> String {
    [
        ("{w}", WORKSPACE),
        ("{team}", TEAM),
        ("{other}", OTHER_TEAM),
        ("{ana}", ANA),
        ("{ben}", BEN),
        ("{gone}", GONE),
        ("{channel}", CHANNEL),
        ("{contact}", CONTACT),
        ("{conv}", CONVERSATION),
    ]
    .iter()
    .fold(template.to_owned(), |text, (name, value)| text.replace(name, value))
}

/// Runs statements in a transaction of their own.
pub(crate) async fn script(store: &Store, template: &str) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    match tx.script(&fill(template)).await {
        Ok(()) => tx.commit().await,
        Err(error) => {
            tx.rollback().await?;
            Err(error)
        }
    }
}

pub(crate) async fn seed(database: &TestDatabase) {
    script(&database.store, ROWS).await.unwrap();
}

/// What a query of one number says.
pub(crate) async fn number(tx: &mut Tx, sql: &Sql) -> i64 {
    tx.row::<(i64,)>(sql, &[]).await.unwrap().unwrap().0
}
