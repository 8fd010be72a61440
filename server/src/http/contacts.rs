//! `/contacts`: what a team keeps of its customers. A contact is of one number: its conversation
//! says who may read and change what is kept of it.

use std::collections::BTreeMap;

use axum::Json as Out;
use axum::extract::State;
use baton_domain::see::attributes::is_hidden;
use baton_protocol::command::SetAttributes;
use baton_protocol::conversation::ContactCard;
use baton_protocol::field::{ContactFields, ContactFieldsPut};
use baton_protocol::outcome::Outcome;
use baton_protocol::setting::{Attribute, SettingBody};
use baton_protocol::{
    Command, CommandBody, ContactId, ConversationId, OpId, Refusal, Role, SettingId, SettingKind,
    WorkspaceId,
};

use super::commands::{RateHeaders, take, told};
use super::conversations::in_full;
use super::input::{Id, Json};
use super::{Access, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::store::{Tx, read};

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::put(Access::Signed, "/api/v1/contacts/{contact}/attributes", put)
            .says("Changes fields of a card, by keys. Admins set those of programs, too.")
            .takes::<ContactFieldsPut>()
            .answers::<ContactFields>(200)
            .codes(&["not_found", "forbidden"])
            .rated(),
    ]
}

/// `PUT /contacts/{contact}/attributes`: for programs, which know keys and not ids. It may be
/// repeated.
pub(super) async fn put(
    State(parts): State<Shared>,
    signed: Signed,
    Id(contact): Id<ContactId>,
    Json(asked): Json<ContactFieldsPut>,
) -> HandlerResult<(RateHeaders, Out<ContactFields>)> {
    let left = take(&parts, signed, 1)?;
    let workspace = signed.workspace;
    let mut tx = parts.store.read().await?;
    let conversation = conversation_of(&mut tx, signed, contact).await?;
    let (sight, _) = in_full(&mut tx, &signed, conversation).await?;
    let keys = Keys::of_role(&mut tx, workspace, sight.viewer.role).await?;
    tx.rollback().await?;
    let mut fields = SetAttributes::default();
    for (key, value) in asked.set {
        fields.set.insert(keys.id(&key)?, value);
    }
    for key in &asked.clear {
        fields.clear.push(keys.id(key)?);
    }
    let command = Command {
        op_id: OpId(parts.clock.uuid_v7()),
        conversation_id: conversation,
        after: None,
        retry_of: None,
        body: CommandBody::SetAttributes(fields),
    };
    parts.engine.acts().note(signed.person());
    let caller = signed.caller();
    let result = match sight.viewer.role {
        Role::Admin => parts.engine.program(caller, command).await,
        Role::Supervisor | Role::Agent => parts.engine.command(caller, command).await,
    };
    if let Outcome::Refused(refused) = result.outcome {
        return Err(refused_as(&refused.refusal));
    }
    let mut tx = parts.store.read().await?;
    let views = read::views(&mut tx, workspace, &sight, &[conversation]).await?;
    tx.rollback().await?;
    let card = views.into_values().next().map(|view| view.contact).unwrap_or_default();
    Ok((told(left), Out(keys.named(card))))
}

fn refused_as(refusal: &Refusal) -> Fault {
    if let Refusal::Invalid { problem, .. } = refusal {
        return Fault::invalid(problem.clone());
    }
    if *refusal == Refusal::NotAllowed {
        return Fault::forbidden("one of these attributes is not yours to set");
    }
    Fault::invalid(refusal.detail())
}

/// The conversation with a contact.
pub(super) async fn conversation_of(
    tx: &mut Tx,
    signed: Signed,
    contact: ContactId,
) -> HandlerResult<ConversationId> {
    let found = read::conversation_of(tx, signed.workspace, contact).await?;
    found.ok_or_else(Fault::not_found)
}

/// Attributes by their keys, as far as a role sees them.
struct Keys(BTreeMap<String, SettingId>);

impl Keys {
    async fn of_role(tx: &mut Tx, workspace: WorkspaceId, role: Role) -> HandlerResult<Self> {
        let all = read::settings(tx, workspace, SettingKind::Attribute).await?;
        let of = |placed: read::Placed| {
            let attribute = attribute(&placed.setting.body?)?;
            (!is_hidden(&attribute, role)).then_some((attribute.key, placed.setting.id))
        };
        Ok(Self(all.into_iter().filter_map(of).collect()))
    }

    fn id(&self, key: &str) -> HandlerResult<SettingId> {
        let unknown = || Fault::invalid(format!("{key:?} is no attribute"));
        self.0.get(key).copied().ok_or_else(unknown)
    }

    fn named(self, mut card: ContactCard) -> ContactFields {
        let value = |(key, id): (String, SettingId)| Some((key, card.fields.remove(&id)?));
        ContactFields { fields: self.0.into_iter().filter_map(value).collect() }
    }
}

fn attribute(body: &serde_json::Value) -> Option<Attribute> {
    match SettingBody::read(SettingKind::Attribute, body) {
        Ok(SettingBody::Attribute(attribute)) => Some(*attribute),
        Ok(_) | Err(_) => None,
    }
}
