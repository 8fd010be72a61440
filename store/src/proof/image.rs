//! Rows as JSON, whatever their table: how stamps see them. Renders statements from declarations
//! that are constants, as `table.rs` does.

use serde_json::Value as Json;

use crate::proof::stamp::stamped_columns;
use crate::table::{Column, Kind, Role, Table, Value};
use crate::tables::{
    AgentSheetRow, ChannelRow, DeviceRow, InstallationRow, InvitationRow, MetaAppGrantRow,
    MetaAppRow, PushDeviceRow, SecretRow, TeamMemberRow, TeamSheetRow, WorkspaceRow, from_json,
};
use crate::{StoreError, Tx};

/// A table whose stamps stand beside it, as it is declared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sheet {
    pub(crate) table: &'static str,
    declared: &'static [Column],
}

/// Tables whose stamps stand beside them. Their triggers are rendered from the same columns.
pub(crate) const SHEETS: [Sheet; 12] = [
    of::<InstallationRow>(),
    of::<MetaAppRow>(),
    of::<WorkspaceRow>(),
    of::<MetaAppGrantRow>(),
    of::<TeamSheetRow>(),
    of::<AgentSheetRow>(),
    of::<TeamMemberRow>(),
    of::<DeviceRow>(),
    of::<ChannelRow>(),
    of::<PushDeviceRow>(),
    of::<InvitationRow>(),
    of::<SecretRow>(),
];

/// Columns of sheets that their stamps leave out, and why.
pub(crate) const APART: [(&str, &str, &str); 6] = [
    ("agent", "load", "recomputed from the conversations"),
    ("channel", "policy", "compared with the log, which tells each change of it"),
    ("channel", "removed_at", "hides a practice number, and nothing else"),
    ("device", "acted_at", "written when a person did something there; routing guesses by it"),
    ("device", "acked_at", "written with each acknowledgement; it spares pushes, and nothing else"),
    ("device", "watched_at", "written while somebody looks; it spares pushes, and nothing else"),
];

const fn of<T: Table>() -> Sheet {
    Sheet { table: T::NAME, declared: T::COLUMNS }
}

impl Sheet {
    /// The columns that count, those of the key first.
    pub(crate) fn columns(&self) -> Vec<&'static str> {
        let is_apart =
            |name: &str| APART.iter().any(|(of, column, _)| (*of, *column) == (self.table, name));
        self.declared.iter().map(|column| column.name).filter(|name| !is_apart(name)).collect()
    }

    /// Those of the key: they are texts.
    pub(crate) fn keys(&self) -> Vec<&'static str> {
        let keys = self.declared.iter().filter(|column| column.role == Role::Key);
        keys.map(|column| column.name).collect()
    }

    /// Whether its stamps leave columns out.
    pub(crate) fn has_columns_apart(&self) -> bool {
        self.columns().len() < self.declared.len()
    }

    /// The key of an image, as its stamp has it.
    pub(crate) fn place(&self, image: &[Json]) -> String {
        Json::from(self.key(image).to_vec()).to_string()
    }

    /// The cells of the key.
    pub(crate) fn key<'i>(&self, image: &'i [Json]) -> &'i [Json] {
        image.get(..self.keys().len()).unwrap_or_default()
    }

    /// The statement that reads all images.
    pub(crate) fn all(&self) -> String {
        format!("SELECT {} FROM {}", image_of(&self.columns()), self.table)
    }

    /// The image of the row with this key, if there is one.
    pub(crate) async fn read(
        &self,
        tx: &mut Tx,
        place: &[Json],
    ) -> Result<Option<Vec<Json>>, StoreError> {
        let keys = self.keys().into_iter().enumerate();
        let found: Vec<_> = keys.map(|(n, column)| format!("{column} = ${}", n + 1)).collect();
        let sql = format!("{} WHERE {}", self.all(), found.join(" AND "));
        let args: Vec<&str> = place.iter().filter_map(Json::as_str).collect();
        let rows: Vec<(String,)> = tx.rows_of(&sql, &args).await?;
        rows.first().map(|(image,)| from_json(image)).transpose()
    }
}

/// The sheet of a table.
pub(crate) fn sheet(table: &str) -> Option<&'static Sheet> {
    SHEETS.iter().find(|sheet| sheet.table == table)
}

/// A cell of an image. What no column of ours holds is taken as the text that it is.
pub(crate) fn value(json: &Json) -> Value<'_> {
    match json {
        Json::String(text) => Value::Text(Some(text)),
        Json::Number(number) => Value::Integer(number.as_i64()),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => Value::Text(None),
    }
}

/// The columns of a row as one JSON array.
fn image_of(columns: &[&str]) -> String {
    let columns = columns.join(", ");
    format!(
        "{{sqlite json_array({columns})}}{{postgres CAST(jsonb_build_array({columns}) AS TEXT)}}"
    )
}

/// The rows of a table in the order of their keys, page by page.
#[derive(Debug)]
pub(crate) struct Pages {
    table: String,
    columns: &'static [Column],
    after: Option<Vec<String>>,
}

/// Rows read at once.
const PAGE: usize = 2_000;

impl Pages {
    pub(crate) fn new(table: &str, columns: &'static [Column]) -> Self {
        Self { table: table.to_owned(), columns, after: None }
    }

    /// The next images, in the order of their keys; none at the end. They come as one text: the
    /// driver's work for a row each would cost more than the check. Both databases join the rows
    /// in the order in which the inner query gives them.
    pub(crate) async fn next(&mut self, tx: &mut Tx) -> Result<Vec<Vec<Json>>, StoreError> {
        let keys: Vec<&Column> = self.keys().collect();
        let names: Vec<_> = keys.iter().map(|column| column.name).collect();
        let names = names.join(", ");
        let from = match &self.after {
            None => String::new(),
            Some(_) => format!("WHERE ({names}) > ({})", places(&keys).join(", ")),
        };
        let sql = format!(
            "SELECT {{sqlite group_concat(image, ',')}}{{postgres string_agg(image, ',')}}
             FROM (SELECT {} AS image FROM {} {from} ORDER BY {names} LIMIT {PAGE}) AS page",
            image_of(&stamped_columns(self.columns)),
            self.table,
        );
        let after = self.after.take().unwrap_or_default();
        let args: Vec<&str> = after.iter().map(String::as_str).collect();
        let page: Vec<(Option<String>,)> = tx.rows_of(&sql, &args).await?;
        let images = page.into_iter().find_map(|(images,)| images).unwrap_or_default();
        let rows: Vec<Vec<Json>> = from_json(&format!("[{images}]"))?;
        self.after = rows.last().map(|image| self.key_texts(image));
        Ok(rows)
    }

    fn keys(&self) -> impl Iterator<Item = &'static Column> + use<> {
        self.columns.iter().filter(|column| column.role == Role::Key)
    }

    /// The cells of the key, as parameters.
    fn key_texts(&self, image: &[Json]) -> Vec<String> {
        self.key(image).iter().map(plain).collect()
    }

    /// The cells of the key.
    pub(crate) fn key(&self, image: &[Json]) -> Vec<Json> {
        let cells = self.columns.iter().zip(image);
        cells.filter(|(c, _)| c.role == Role::Key).map(|(_, cell)| cell.clone()).collect()
    }

    /// Writes numbers into columns of the row with this image.
    pub(crate) async fn put(
        &self,
        tx: &mut Tx,
        image: &[Json],
        numbers: &[(Column, i64)],
    ) -> Result<(), StoreError> {
        let keys: Vec<&Column> = self.keys().collect();
        let each = keys.iter().zip(places(&keys));
        let found: Vec<_> = each.map(|(key, place)| format!("{} = {place}", key.name)).collect();
        let set: Vec<_> = numbers.iter().map(|(of, n)| format!("{} = {n}", of.name)).collect();
        let (set, found) = (set.join(", "), found.join(" AND "));
        let one = "RETURNING CAST(1 AS BIGINT)";
        let sql = format!("UPDATE {} SET {set} WHERE {found} {one}", self.table);
        let args = self.key_texts(image);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        tx.rows_of::<(i64,)>(&sql, &args).await.map(drop)
    }
}

fn places(keys: &[&Column]) -> Vec<String> {
    let place = |(n, key): (usize, &&Column)| match key.kind {
        Kind::Text => format!("${}", n + 1),
        Kind::Integer => format!("CAST(${} AS BIGINT)", n + 1),
    };
    keys.iter().enumerate().map(place).collect()
}

/// A cell without the quotes of JSON.
pub(crate) fn plain(cell: &Json) -> String {
    cell.as_str().map_or_else(|| cell.to_string(), str::to_owned)
}
