//! `POST /conversations`: an agent writes first, to a number that may never have written.
//!
//! It finds the conversation or begins it, and may be repeated. What is said in it is a command
//! like any other: a template, for WhatsApp takes nothing else before the customer answers.

use axum::Json as Out;
use axum::extract::State;
use baton_domain::fact::inbound::Sender;
use baton_domain::see::staff::may_begin;
use baton_domain::text::number::{is_same, number};
use baton_protocol::conversation::{Begin, Begun};
use baton_protocol::{Channel, ConversationId, MessageId, Refusal};

use super::commands::{RateHeaders, take, told};
use super::input::Json;
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::engine::work::{BeginWork, FreshIds};
use crate::store::read;

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(Access::Signed, "/api/v1/conversations", begin)
            .says("Finds or begins one with a number.")
            .takes::<Begin>()
            .answers::<Begun>(200)
            .codes(&["not_found", "forbidden", "not_allowed"])
            .rated(),
    ]
}

/// `POST /conversations`.
pub(super) async fn begin(
    State(parts): State<Shared>,
    signed: Signed,
    Json(Begin { channel_id, phone }): Json<Begin>,
) -> HandlerResult<(RateHeaders, Out<Begun>)> {
    let left = take(&parts, signed, 1)?;
    let wa_id =
        number(&phone).map_err(|fault| Fault::invalid(format!("phone: {}", fault.why())))?;
    let channel = channel(&parts, signed, channel_id).await?;
    if number(&channel.display_number).is_ok_and(|own| is_same(&own, &wa_id)) {
        return Err(Fault::invalid("phone: that is the number you write from"));
    }
    let clock = &parts.clock;
    let work = BeginWork {
        caller: signed.caller(),
        phone_number_id: channel.phone_number_id,
        to: Sender { wa_id: Some(wa_id), ..Sender::default() },
        fresh: FreshIds {
            message: MessageId(clock.uuid_v7()),
            conversation: ConversationId(clock.uuid_v7()),
            contact: clock.uuid_v7(),
            card: clock.uuid_v7(),
        },
        at: clock.now(),
    };
    match parts.engine.begin(work).await? {
        Ok(conversation_id) => Ok((told(left), Out(Begun { conversation_id }))),
        Err(Refusal::NotInScope) => {
            Err(Fault::conflict("another team has the conversation with this number"))
        }
        Err(refusal) => Err(Fault::invalid(refusal.detail())),
    }
}

/// The number to write from, if new conversations on it come to a team of the agent's.
async fn channel(
    parts: &ApiState,
    signed: Signed,
    id: baton_protocol::ChannelId,
) -> HandlerResult<Channel> {
    let mut tx = parts.store.read().await?;
    let channels = read::channels(&mut tx, signed.workspace).await?;
    let sight = read::sight(&mut tx, signed.workspace, signed.agent).await?;
    tx.rollback().await?;
    let sight = sight.ok_or_else(Fault::unauthenticated)?;
    let channel = channels.into_iter().find(|channel| channel.id == id);
    let channel = channel.ok_or_else(Fault::not_found)?;
    if !may_begin(&sight, channel.default_team) {
        return Err(Fault::forbidden("new conversations on this number belong to another team"));
    }
    Ok(channel)
}
