//! `POST /{phone_number_id}/messages`: sending, marking read, typing. `…/marketing_messages` sends
//! templates for marketing.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::accept::{self, Dues, End};
use super::asked::{Asked, Reply};
use super::request::{self, Call, Outgoing, Recipient};
use crate::base::json::put;
use crate::state::config::Number;
use crate::state::knobs::StatusKind;
use crate::state::shared::Shared;
use crate::state::world::UpdateId;

/// The longest time that an answer waits for its own status, when the knob says so.
const STATUS_FIRST: Duration = Duration::from_secs(5);

pub(super) async fn post(shared: &Arc<Shared>, asked: &Asked, number: &Number) -> Reply {
    let call = match asked.edge() {
        "marketing_messages" => request::marketing(&asked.body).map(Call::Send),
        _ => request::call(&asked.body),
    };
    let message = match call {
        Ok(Call::Send(message)) => message,
        Ok(Call::Read { message_id, typing }) => {
            return accept::mark(shared, number, &message_id, typing);
        }
        Err(error) => return Reply::Refused(error),
    };
    let (end, dues) = accept::send(shared, number, &message);
    // A task of its own: a caller who hangs up takes this handler along, not the statuses.
    let telling = Arc::clone(shared);
    if let Err(error) = tokio::spawn(async move { tell(&telling, dues).await }).await {
        tracing::error!(%error, "the statuses of a send were lost");
    }
    let knobs = shared.knobs();
    if let (End::Sent { wamid }, true) = (&end, knobs.status_before_answer) {
        status_first(shared, wamid).await;
    }
    let key = if let End::Sent { wamid } = &end { wamid } else { message.recipient.id() };
    tokio::time::sleep(shared.seeds.delay(knobs.answer_delay, "answer", key, 0)).await;
    match end {
        End::Sent { wamid } => Reply::Json(accepted(&wamid, &message)),
        End::Failed(reply) => reply,
    }
}

/// Puts statuses on their way.
pub(crate) async fn tell(shared: &Shared, dues: Dues) {
    for due in dues.list {
        shared.enqueue(due.id, due.content, &due.lane, due.at).await;
    }
}

fn accepted(wamid: &str, message: &Outgoing) -> Value {
    let contact = match &message.recipient {
        Recipient::Phone { input, wa_id } => json!({"input": input, "wa_id": wa_id}),
        Recipient::User { user_id } => json!({"input": user_id, "user_id": user_id}),
        Recipient::Group { group_id } => json!({"input": group_id, "wa_id": group_id}),
    };
    let mut sent = json!({"id": wamid});
    if message.kind == "template" {
        put(&mut sent, "message_status", "accepted");
    }
    let mut answer =
        json!({"messaging_product": "whatsapp", "contacts": [contact], "messages": [sent]});
    if message.is_marketing {
        put(&mut answer, "success", true);
    }
    answer
}

async fn status_first(shared: &Shared, wamid: &str) {
    let sent = UpdateId { id: wamid.to_owned(), status: Some(StatusKind::Sent) };
    let told =
        shared.wait(STATUS_FIRST, |world| world.acknowledged_ids.contains(&sent).then_some(()));
    if told.await.is_none() {
        tracing::warn!(wamid, "answering a send before its status was acknowledged");
    }
}
