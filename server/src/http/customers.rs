//! `/contacts/{contact}/files`: a customer's files, as far as somebody sees their conversations.

use axum::Json as Out;
use axum::extract::State;
use baton_domain::fact::scope::{Level, Scope};
use baton_protocol::page::{CustomerFile, CustomerFiles};
use baton_protocol::{ContactId, ConversationId, Head, Line, MessageId, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

use super::input::{Id, Query, limit};
use super::{Access, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::store::Tx;
use crate::store::read::{self as rows, FilesAsked};

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Signed, "/api/v1/contacts/{contact}/files", files)
            .says("The files of a customer, in all conversations in scope, the newest first.")
            .query::<Listing>()
            .answers::<CustomerFiles>(200)
            .codes(&["not_found"])
            .packed(),
    ]
}

/// The query of `GET /contacts/{contact}/files`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    /// `next` of the page before, unchanged.
    page: Option<String>,
    /// Files of this page.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
}

/// `GET /contacts/{contact}/files`.
pub(super) async fn files(
    State(parts): State<Shared>,
    signed: Signed,
    Id(contact): Id<ContactId>,
    Query(Listing { page, limit: asked }): Query<Listing>,
) -> HandlerResult<Out<CustomerFiles>> {
    let limit = limit(asked)?;
    let odd = || Fault::invalid("page: is not one of this query");
    let before = page.map(|page| read_place(&page).ok_or_else(odd)).transpose()?;
    let mut tx = parts.store.read().await?;
    let of = seen(&mut tx, &signed, contact).await?;
    if of.is_empty() {
        return Err(Fault::not_found());
    }
    let asked = FilesAsked { before, limit };
    let (found, is_more) = rows::customer_files(&mut tx, signed.workspace, &of, asked).await?;
    tx.rollback().await?;
    let last = found.last().filter(|_| is_more);
    let next = last.map(|(_, line)| format!("{}.{}", line.at.ms(), line.id));
    let files = found.into_iter().filter(|(_, line)| is_there(line));
    let files = files.map(|(conversation_id, line)| CustomerFile { conversation_id, line });
    Ok(Out(CustomerFiles { files: files.collect(), next }))
}

/// The conversations with a customer that somebody sees in full, also those on other numbers and
/// under other names. None where they see none of the contact's own.
async fn seen(
    tx: &mut Tx,
    signed: &Signed,
    contact: ContactId,
) -> HandlerResult<Vec<ConversationId>> {
    let sight = rows::sight(tx, signed.workspace, signed.agent).await?;
    let sight = sight.ok_or_else(Fault::unauthenticated)?;
    let own = rows::conversations_of(tx, signed.workspace, contact).await?;
    let mut all = own.clone();
    for conversation in &own {
        all.extend(rows::elsewhere(tx, signed.workspace, *conversation).await?);
    }
    let all: Vec<_> = all.into_iter().collect();
    let heads = rows::heads(tx, signed.workspace, &all).await?;
    let is_full = |head: &&Head| sight.level(Scope::of(head)) == Level::Full;
    let in_full: Vec<_> = heads.values().filter(is_full).map(|head| head.id).collect();
    let is_known = in_full.iter().any(|id| own.contains(id));
    Ok(if is_known { in_full } else { Vec::new() })
}

/// Whether nobody has taken the line back or erased it since.
fn is_there(line: &Line) -> bool {
    let amended = line.amended.as_ref();
    !line.content.erased && amended.is_none_or(|amended| amended.revoked.is_none())
}

fn read_place(page: &str) -> Option<(Timestamp, MessageId)> {
    let (at, message) = page.split_once('.')?;
    Some((Timestamp::from_ms(at.parse().ok()?), message.parse().ok()?))
}
