//! The calls for groups. What they change is told by a webhook.

use axum::http::Method;
use serde_json::{Value, json};

use super::change;
use crate::base::json::put;
use crate::state::config::Number;
use crate::state::groups::Group;
use crate::state::shared::Shared;
use crate::whatsapp::calls::asked::Asked;
use crate::whatsapp::calls::content::fields;
use crate::whatsapp::calls::{paging, request};
use crate::whatsapp::error::GraphError;
use crate::whatsapp::ids;
use crate::whatsapp::webhooks::events::{self, Event};

const LIFECYCLE: &str = "group_lifecycle_update";
const PARTICIPANTS: &str = "group_participants_update";
const SETTINGS: &str = "group_settings_update";

type Answered = Result<(Value, Option<Event>), GraphError>;

/// `GET` and `POST /{phone_number_id}/groups`.
pub(crate) fn of_number(shared: &Shared, asked: &Asked, number: &Number) -> Answered {
    if asked.method == Method::GET {
        let world = shared.world();
        let all: Vec<Value> = world
            .groups
            .of(&number.phone_number_id)
            .map(|(id, group)| {
                let created_at = group.created_at_ms.div_euclid(1_000).to_string();
                json!({"id": id, "subject": group.subject, "created_at": created_at})
            })
            .collect();
        drop(world);
        return Ok((paging::page(&all, asked, &shared.base_url), None));
    }
    let body = asked.json()?;
    let subject = fields::text(&body, "subject", 1..=128)?.to_owned();
    fields::optional_text(&body, "description", 2_048)?;
    let description = body.get("description").and_then(Value::as_str).unwrap_or_default();
    let mode = body.get("join_approval_mode").and_then(Value::as_str).unwrap_or("auto_approve");
    let now_ms = shared.clock.now_ms();
    let mut world = shared.world();
    if !world.accounts.number(&number.phone_number_id).is_official {
        return Err(GraphError::no_permission(10, "groups"));
    }
    let made = Group {
        phone_number_id: number.phone_number_id.clone(),
        subject: subject.clone(),
        description: description.to_owned(),
        needs_approval: mode == "approval_required",
        is_suspended: false,
        invite_link: String::new(),
        created_at_ms: now_ms,
        participants: Vec::new(),
        join_requests: Vec::new(),
    };
    let id = world.groups.make(&number.display_phone_number, made);
    let invite_link = world.groups.get(&id).map(|group| group.invite_link.clone());
    drop(world);
    let request_id = request_id(shared);
    let facts = json!({
        "request_id": request_id, "subject": subject, "invite_link": invite_link,
        "join_approval_mode": mode,
    });
    let event = told(number, LIFECYCLE, change(&id, "group_create", now_ms, facts));
    Ok((requested(&request_id), Some(event)))
}

/// `/{group_id}` and what lies below it; none where the id is no group's.
pub(crate) fn of_group(shared: &Shared, asked: &Asked) -> Option<Answered> {
    let group = shared.world().groups.get(&asked.object).cloned()?;
    let number = shared.number(&group.phone_number_id).cloned().unwrap_or_default();
    let method = asked.method.as_str();
    Some(match (method, asked.edge()) {
        ("GET", "") => Ok((shown(shared, asked, &group), None)),
        ("POST", "") => settings(shared, asked, &number),
        ("DELETE", "") => Ok(delete(shared, asked, &number)),
        ("DELETE", "participants") => remove(shared, asked, &number),
        ("GET", "invite_link") => Ok((invitation(&group.invite_link), None)),
        ("POST" | "DELETE", "invite_link") => {
            let link = shared.world().groups.renew_link(&asked.object).unwrap_or_default();
            Ok((invitation(&link), None))
        }
        ("GET", "join_requests") => Ok((join_requests(shared, asked, &group), None)),
        ("POST" | "DELETE", "join_requests") => decide(shared, asked, &number),
        _ => Err(asked.no_object()),
    })
}

fn shown(shared: &Shared, asked: &Asked, group: &Group) -> Value {
    let mut world = shared.world();
    let participants: Vec<Value> =
        group.participants.iter().map(|key| participant(&mut world, key)).collect();
    let join_approval_mode =
        if group.needs_approval { "approval_required" } else { "auto_approve" };
    let all = json!({
        "id": asked.object,
        "messaging_product": "whatsapp",
        "subject": group.subject,
        "description": group.description,
        "suspended": group.is_suspended,
        "creation_timestamp": group.created_at_ms.div_euclid(1_000).to_string(),
        "participants": participants,
        "total_participant_count": group.participants.len() + 1,
        "join_approval_mode": join_approval_mode,
    });
    crate::whatsapp::accounts::only(all, asked.query.get("fields"))
}

fn settings(shared: &Shared, asked: &Asked, number: &Number) -> Answered {
    let body = asked.json()?;
    let mut facts = json!({});
    for (field, told_as, chars) in
        [("subject", "group_subject", 1..=128), ("description", "group_description", 0..=2_048)]
    {
        if body.get(field).is_none() {
            continue;
        }
        let text = fields::text(&body, field, chars)?;
        put(&mut facts, told_as, json!({"text": text, "update_successful": true}));
        let mut world = shared.world();
        let Some(group) = world.groups.get_mut(&asked.object) else { continue };
        text.clone_into(if field == "subject" {
            &mut group.subject
        } else {
            &mut group.description
        });
    }
    let request_id = request_id(shared);
    put(&mut facts, "request_id", request_id.as_str());
    let now_ms = shared.clock.now_ms();
    let change = change(&asked.object, "group_settings_update", now_ms, facts);
    Ok((requested(&request_id), Some(told(number, SETTINGS, change))))
}

fn delete(shared: &Shared, asked: &Asked, number: &Number) -> (Value, Option<Event>) {
    drop(shared.world().groups.delete(&asked.object));
    let request_id = request_id(shared);
    let facts = json!({"request_id": request_id});
    let change = change(&asked.object, "group_delete", shared.clock.now_ms(), facts);
    (requested(&request_id), Some(told(number, LIFECYCLE, change)))
}

fn remove(shared: &Shared, asked: &Asked, number: &Number) -> Answered {
    let body = asked.json()?;
    let mut removed = Vec::new();
    for one in fields::array(&body, "participants", 1..=8)? {
        let input = fields::text(one, "user", 1..=256)?;
        let recipient = request::recipient_of(input)?;
        let mut world = shared.world();
        let key = recipient.meet(&mut world);
        let mut shown = participant(&mut world, &key);
        let Some(group) = world.groups.get_mut(&asked.object) else { continue };
        group.participants.retain(|one| *one != key);
        put(&mut shown, "input", input);
        removed.push(shown);
    }
    let request_id = request_id(shared);
    let facts = json!({
        "request_id": request_id, "removed_participants": removed, "initiated_by": "business",
    });
    let now_ms = shared.clock.now_ms();
    let change = change(&asked.object, "group_participants_remove", now_ms, facts);
    Ok((requested(&request_id), Some(told(number, PARTICIPANTS, change))))
}

fn join_requests(shared: &Shared, asked: &Asked, group: &Group) -> Value {
    let mut world = shared.world();
    let all: Vec<Value> = group
        .join_requests
        .iter()
        .map(|(id, key)| {
            let mut shown = participant(&mut world, key);
            put(&mut shown, "join_request_id", id.as_str());
            shown
        })
        .collect();
    drop(world);
    paging::page(&all, asked, &shared.base_url)
}

/// Approves requests by `POST`, rejects them by `DELETE`.
fn decide(shared: &Shared, asked: &Asked, number: &Number) -> Answered {
    let body = asked.json()?;
    let wanted: Vec<&str> =
        fields::array(&body, "join_requests", 1..=8)?.iter().filter_map(Value::as_str).collect();
    let approves = asked.method == Method::POST;
    let mut world = shared.world();
    let mut let_in = Vec::new();
    if let Some(group) = world.groups.get_mut(&asked.object) {
        let (decided, left) = group
            .join_requests
            .drain(..)
            .partition::<Vec<_>, _>(|(id, _)| wanted.contains(&id.as_str()));
        group.join_requests = left;
        let_in.extend(decided.into_iter().map(|(_, key)| key).filter(|_| approves));
        group.participants.extend(let_in.iter().cloned());
    }
    let added: Vec<Value> = let_in.iter().map(|key| participant(&mut world, key)).collect();
    drop(world);
    let list = if approves { "approved_join_requests" } else { "rejected_join_requests" };
    let answer = json!({"messaging_product": "whatsapp", list: wanted});
    if added.is_empty() {
        return Ok((answer, None));
    }
    let facts = json!({"reason": "join_request_approved", "added_participants": added});
    let now_ms = shared.clock.now_ms();
    let change = change(&asked.object, "group_participants_add", now_ms, facts);
    Ok((answer, Some(told(number, PARTICIPANTS, change))))
}

/// A customer as lists of participants name them.
pub(crate) fn participant(world: &mut crate::state::world::World, key: &str) -> Value {
    let person = world.people.get(key).person.clone();
    let mut shown = json!({});
    crate::base::json::put_some(&mut shown, "wa_id", person.wa_id.as_deref());
    crate::base::json::put_some(&mut shown, "user_id", person.user_id.as_deref());
    shown
}

fn told(number: &Number, field: &'static str, change: Value) -> Event {
    events::of_number(number, field, json!({"groups": vec![change]}))
}

fn request_id(shared: &Shared) -> String {
    ids::next_fbtrace_id(shared)
}

fn requested(request_id: &str) -> Value {
    json!({"messaging_product": "whatsapp", "request_id": request_id})
}

fn invitation(link: &str) -> Value {
    json!({"messaging_product": "whatsapp", "invite_link": link})
}
