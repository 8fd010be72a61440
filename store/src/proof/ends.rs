//! Where logs end by the rows of `log_head`, held against the logs themselves. A row that somebody
//! changed costs nothing that is in the log: it can be put right.

use baton_protocol::WorkspaceId;
use sqlx_macros::FromRow;

use crate::tables::{id, number};
use crate::{Sql, StoreError, Tx};

/// Where a log ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct End {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The log's last position; 0 where it is empty.
    pub last: u64,
    /// The row of `log_head`: the last position, and the position up to which the feed was swept.
    /// `None` where the row is gone.
    head: Option<(u64, u64)>,
}

#[derive(FromRow)]
struct EndRow {
    workspace: String,
    last: Option<i64>,
    position: Option<i64>,
    feed_floor: Option<i64>,
}

impl EndRow {
    fn read(&self) -> Result<End, StoreError> {
        let head = match (self.position, self.feed_floor) {
            (Some(position), Some(floor)) => Some((number(position)?, number(floor)?)),
            _ => None,
        };
        let last = self.last.map(number).transpose()?.unwrap_or(0);
        Ok(End { workspace: id(&self.workspace)?, last, head })
    }
}

impl End {
    /// The log's last position as `log_head` has it; `None` where its row is gone.
    pub fn position(&self) -> Option<u64> {
        self.head.map(|(position, _)| position)
    }

    /// The difference between `log_head` and the log, if there is one.
    pub async fn fault(&self, tx: &mut Tx) -> Result<Option<String>, StoreError> {
        let (of, last) = (self.workspace, self.last);
        let Some((position, floor)) = self.head else {
            return Ok(Some(format!("log_head {of}: the row is gone, and the log ends at {last}")));
        };
        if position != last {
            return Ok(Some(format!("log_head {of} says {position}, and the log ends at {last}")));
        }
        let listed = lowest(tx, of).await?;
        let is_right = match listed {
            Some(listed) => listed == floor.saturating_add(1),
            None => floor == position,
        };
        let from = listed.map_or_else(|| "lists nothing".to_owned(), |n| format!("begins at {n}"));
        Ok((!is_right)
            .then(|| format!("log_head {of} has feed_floor {floor}, and the feed {from}")))
    }

    /// The statement that puts the row right.
    pub async fn remedy(&self, tx: &mut Tx) -> Result<String, StoreError> {
        let (of, last) = (self.workspace, self.last);
        let floor = lowest(tx, of).await?.map_or(last, |listed| listed.saturating_sub(1));
        let numbered = REMEDY.replace("LAST", &last.to_string());
        Ok(numbered.replace("FLOOR", &floor.to_string()).replace("WORKSPACE", &of.to_string()))
    }
}

/// For a person to run, with the words in capitals replaced.
const REMEDY: &str = "INSERT INTO log_head (workspace, position, feed_floor) \
    VALUES ('WORKSPACE', LAST, FLOOR) ON CONFLICT (workspace) \
    DO UPDATE SET position = excluded.position, feed_floor = excluded.feed_floor";

/// Where all logs end.
pub async fn ends(tx: &mut Tx) -> Result<Vec<End>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT w.id AS workspace, h.position, h.feed_floor,
           (SELECT MAX(l.position) FROM log AS l WHERE l.workspace = w.id) AS last
         FROM workspace AS w LEFT JOIN log_head AS h ON h.workspace = w.id ORDER BY w.id",
    );
    tx.rows::<EndRow>(&SELECT, &[]).await?.iter().map(EndRow::read).collect()
}

/// Where the log of this workspace ends.
pub async fn end_of(tx: &mut Tx, workspace: WorkspaceId) -> Result<End, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT x.workspace, h.position, h.feed_floor,
           (SELECT MAX(l.position) FROM log AS l WHERE l.workspace = x.workspace) AS last
         FROM (SELECT CAST($1 AS TEXT) AS workspace) AS x
         LEFT JOIN log_head AS h ON h.workspace = x.workspace",
    );
    let row: Option<EndRow> = tx.row(&SELECT, &[&workspace.to_string()]).await?;
    let none = || End { workspace, last: 0, head: None };
    row.map_or_else(|| Ok(none()), |row| row.read())
}

/// The first position that the feed lists, for any audience.
async fn lowest(tx: &mut Tx, workspace: WorkspaceId) -> Result<Option<u64>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT MIN(x.position) FROM (
           SELECT (SELECT MIN(f.position) FROM feed AS f
             WHERE f.workspace = $1 AND f.audience = a.audience) AS position
           FROM (SELECT 'all' AS audience
             UNION ALL SELECT 'admins'
             UNION ALL SELECT 't:' || id FROM team WHERE workspace = $1
             UNION ALL SELECT 'a:' || id FROM agent WHERE workspace = $1) AS a) AS x",
    );
    let row: Option<(Option<i64>,)> = tx.row(&SELECT, &[&workspace.to_string()]).await?;
    row.and_then(|(lowest,)| lowest).map(number).transpose()
}
