//! What the phone app of a number shares when the number comes to Baton: what was said before, and
//! its phone book. Chunks come unordered; files come in webhooks of their own.

use baton_domain::fact::inbound::{BookEntry, Element, ElementBody, Sender};
use baton_protocol::{Author, Timestamp};
use serde_json::value::RawValue;

use super::leaf::{Object, array, scalar};
use super::people::{self, People, user_id, wa_id};
use super::{NotJson, message, not_json, phone_number_id, skeleton};

/// The business shares nothing.
const DECLINED: &str = "2593109";

/// What a webhook shares.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Shared {
    /// Messages and names. None has its raw form: that is kept as it came.
    pub elements: Vec<Element>,
    /// Whether the business shares no history.
    pub declined: bool,
}

/// Reads a webhook of the fields `history` and `smb_app_state_sync`. What is odd is left out.
///
/// # Errors
///
/// Only when the body is not JSON.
pub fn shared(raw: &[u8], arrived: Timestamp) -> Result<Shared, NotJson> {
    let post: &RawValue = serde_json::from_slice(raw).map_err(|e| not_json(&e))?;
    let mut shared = Shared::default();
    for change in skeleton::read(post).map(|frame| frame.changes).unwrap_or_default() {
        let Some(value) = Object::read(change.value) else { continue };
        match change.field.and_then(scalar).as_deref() {
            Some("history") => history(&value, arrived, &mut shared),
            Some("smb_app_state_sync") => book(&value, arrived, &mut shared),
            _ => {}
        }
    }
    Ok(shared)
}

fn list<'a>(of: &Object<'a>, name: &str) -> Vec<&'a RawValue> {
    of.get(name).and_then(array).unwrap_or_default()
}

fn objects<'a>(of: &Object<'a>, name: &str) -> Vec<Object<'a>> {
    list(of, name).into_iter().filter_map(Object::read).collect()
}

fn history(value: &Object<'_>, arrived: Timestamp, shared: &mut Shared) {
    let number = phone_number_id(value.get("metadata"));
    let mut tell = |line| {
        let body = ElementBody::Past(Box::new(line));
        let phone_number_id = number.clone();
        shared.elements.push(Element { phone_number_id, raw: String::new(), body });
    };
    let contacts = list(value, "contacts");
    let people = People::read(&contacts);
    for chunk in objects(value, "history") {
        let mut errors = objects(&chunk, "errors").into_iter();
        shared.declined |= errors.any(|error| error.scalar("code").as_deref() == Some(DECLINED));
        for thread in objects(&chunk, "threads") {
            let Some(customer) = customer(&thread) else { continue };
            let whose = |message: &Object<'_>| in_thread(message, &customer, &people);
            let lines = list(&thread, "messages").into_iter();
            lines.filter_map(|raw| message::past(raw, arrived, whose)).for_each(&mut tell);
        }
    }
    let own = value.object("metadata").and_then(|data| data.scalar("display_phone_number"));
    let own: String = own.unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    let whose = |message: &Object<'_>| alone(message, &own, &people);
    let lines = list(value, "messages").into_iter();
    lines.filter_map(|raw| message::past(raw, arrived, whose)).for_each(&mut tell);
}

/// Whose a thread is.
fn customer(thread: &Object<'_>) -> Option<Sender> {
    let id = thread.scalar("id")?;
    let context = thread.object("context");
    let also = |name| context.as_ref().and_then(|context| context.scalar(name));
    let number = wa_id(&id).or_else(|| also("wa_id").as_deref().and_then(wa_id));
    let named = Some(&id).filter(|id| id.contains('.')).and_then(|id| user_id(id));
    let user = named.or_else(|| also("user_id").as_deref().and_then(user_id));
    let sender = Sender { wa_id: number, user_id: user, ..Sender::default() };
    (sender.wa_id.is_some() || sender.user_id.is_some()).then_some(sender)
}

/// In a customer's thread everybody else is the business.
fn in_thread(
    message: &Object<'_>,
    customer: &Sender,
    people: &People<'_>,
) -> (Option<Sender>, Author) {
    let from = people.named(message, "from", "from_user_id").map(|(sender, _)| sender);
    let is_same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
    let from = from.filter(|from| {
        is_same(&from.wa_id, &customer.wa_id) || is_same(&from.user_id, &customer.user_id)
    });
    match from {
        Some(from) => {
            let user_id = customer.user_id.clone().or(from.user_id);
            let Sender { name, username, .. } = from;
            let sender = Sender { user_id, name, username, ..customer.clone() };
            (Some(sender), Author::Customer)
        }
        None => (Some(customer.clone()), Author::PhoneApp),
    }
}

/// Outside of a thread, what the business said may leave open to whom.
fn alone(message: &Object<'_>, own: &str, people: &People<'_>) -> (Option<Sender>, Author) {
    let named = |number, user| people.named(message, number, user).map(|(sender, _)| sender);
    match named("from", "from_user_id") {
        Some(from) if from.wa_id.as_deref() != Some(own) => (Some(from), Author::Customer),
        _ => (named("to", "to_user_id"), Author::PhoneApp),
    }
}

/// Names of the phone book.
fn book(value: &Object<'_>, arrived: Timestamp, shared: &mut Shared) {
    let number = phone_number_id(value.get("metadata"));
    let entries = objects(value, "state_sync").into_iter();
    let entries = entries.filter_map(|sync| entry(&sync, arrived));
    shared.elements.extend(entries.map(|entry| Element {
        phone_number_id: number.clone(),
        raw: String::new(),
        body: ElementBody::Booked(entry),
    }));
}

fn entry(sync: &Object<'_>, arrived: Timestamp) -> Option<BookEntry> {
    if sync.scalar("type").is_some_and(|kind| kind != "contact") {
        return None;
    }
    let contact = sync.object("contact")?;
    let number = contact.scalar("phone_number").as_deref().and_then(wa_id)?;
    let name = ["full_name", "first_name"]
        .into_iter()
        .find_map(|part| contact.scalar(part).as_deref().and_then(people::name));
    let is_removed = sync.scalar("action").as_deref() == Some("remove");
    let of = Sender { wa_id: Some(number), ..Sender::default() };
    let at = sync.object("metadata").and_then(|data| data.instant("timestamp", arrived));
    Some(BookEntry { of, name: name.filter(|_| !is_removed), at: at.unwrap_or(arrived) })
}

#[cfg(test)]
mod tests {
    use baton_domain::fact::inbound::PastLine;
    use baton_protocol::{LineKind, MessageStatus};
    use serde_json::{Value, json};

    use super::*;

    fn read(field: &str, mut value: Value) -> Shared {
        value["metadata"] =
            json!({"display_phone_number": "1 555-078-3881", "phone_number_id": "7"});
        let change = json!({"field": field, "value": value});
        let post = json!({"entry": [{"changes": [change]}]}).to_string();
        let shared = shared(post.as_bytes(), Timestamp::from_ms(1)).unwrap();
        let numbers: Vec<_> = shared.elements.iter().map(|one| &one.phone_number_id).collect();
        assert!(numbers.iter().all(|number| number.as_deref() == Some("7")), "{numbers:?}");
        shared
    }

    fn lines(shared: Shared) -> Vec<PastLine> {
        let line = |element: Element| {
            let ElementBody::Past(line) = element.body else { panic!("{element:?}") };
            *line
        };
        shared.elements.into_iter().map(line).collect()
    }

    #[test]
    fn in_a_thread_who_is_not_the_customer_is_the_business() {
        let said = |from: &str, id: &str| {
            json!({"from": from, "id": id, "timestamp": "1739230955", "type": "text",
                "text": {"body": "Hi"}, "history_context": {"status": "READ"}})
        };
        let file = json!({"from": "15550783881", "id": "c", "timestamp": 1_739_230_955,
            "type": "media_placeholder", "history_context": {"status": "ERROR"}});
        let reaction = json!({"from": "1650", "id": "d", "timestamp": "1739230955",
            "type": "reaction", "reaction": {"message_id": "a", "emoji": "x"}});
        let odd = json!({"from": "1650", "timestamp": "1739230955", "type": "text"});
        let messages = json!([said("1650", "a"), said("15550783881", "b"), file, reaction, odd, 7]);
        let threads = json!([{"id": "1650", "messages": messages}, {"messages": [odd]}, []]);
        let found = lines(read("history", json!({"history": [{"threads": threads}]})));
        let told: Vec<_> = found
            .iter()
            .map(|line| (line.author, line.status, line.said.as_ref().map(|said| said.kind)))
            .collect();
        let (text, read) = (Some(LineKind::Text), Some(MessageStatus::Read));
        let expected = [
            (Author::Customer, read, text),
            (Author::PhoneApp, read, text),
            (Author::PhoneApp, Some(MessageStatus::Failed), None),
            (Author::Customer, None, Some(LineKind::Unreadable)),
        ];
        assert_eq!(told, expected);
        let whose = |line: &PastLine| line.sender.clone().unwrap().wa_id.unwrap();
        assert!(found.iter().all(|line| whose(line) == "1650"));
    }

    #[test]
    fn a_file_outside_of_its_thread_is_the_customers_or_leaves_open_whose() {
        let photo = |from: &str| {
            json!({"from": from, "id": from, "timestamp": "1738796547", "type": "image",
                "image": {"id": "24230790383178626", "mime_type": "image/jpeg"}})
        };
        let messages = json!({"messages": [photo("1650"), photo("15550783881")]});
        let found = lines(read("history", messages));
        let media = |line: &PastLine| line.said.clone().unwrap().media;
        assert!(found.iter().all(|line| media(line).is_some()));
        assert_eq!(found[0].sender.clone().unwrap().wa_id.as_deref(), Some("1650"));
        assert_eq!((found[0].author, found[1].author), (Author::Customer, Author::PhoneApp));
        assert_eq!(found[1].sender, None);
    }

    #[test]
    fn a_phone_book_names_numbers_and_a_refusal_says_that_nothing_comes() {
        let entry = |action: &str, contact: Value| {
            json!({"type": "contact", "contact": contact, "action": action,
                "metadata": {"timestamp": "1739321024"}})
        };
        let pablo = json!({"full_name": "Pablo\nMorales", "phone_number": "+1650"});
        let sync = json!([entry("add", pablo.clone()), entry("remove", pablo),
            entry("add", json!({"first_name": "Nobody"})), {"type": "label"}]);
        let found = read("smb_app_state_sync", json!({"state_sync": sync})).elements;
        let names: Vec<_> = found
            .iter()
            .map(|element| {
                let ElementBody::Booked(entry) = &element.body else { panic!("{element:?}") };
                (entry.of.wa_id.as_deref(), entry.name.as_deref())
            })
            .collect();
        assert_eq!(names, [(Some("1650"), Some("Pablo Morales")), (Some("1650"), None)]);
        let declined = json!({"history": [{"errors": [{"code": 2_593_109}]}]});
        assert!(read("history", declined).declined);
    }
}
