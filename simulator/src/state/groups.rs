//! Groups of a business number: at most eight participants, who join by invitation alone.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Participants beside the business.
const PARTICIPANTS_MAX: usize = 8;

/// A group.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) phone_number_id: String,
    pub(crate) subject: String,
    pub(crate) description: String,
    pub(crate) needs_approval: bool,
    pub(crate) is_suspended: bool,
    pub(crate) invite_link: String,
    pub(crate) created_at_ms: i64,
    /// The keys of the customers in it.
    pub(crate) participants: Vec<String>,
    /// Requests to join: the request's id and the customer's key.
    pub(crate) join_requests: Vec<(String, String)>,
}

/// All groups by id.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    list: BTreeMap<String, Group>,
    made: u64,
}

/// The result of a customer's wish to join.
pub(crate) enum Joining {
    /// The customer is in the group.
    Joined,
    /// The request waits under this id.
    Asked(String),
    /// The group is full or suspended.
    Refused,
}

impl Groups {
    /// Makes a group and returns its id.
    pub(crate) fn make(&mut self, display_phone_number: &str, mut group: Group) -> String {
        self.made += 1;
        let made = self.made;
        let id = format!("capi_group:{display_phone_number}:{:018}", 120_363_220_000_000 + made);
        let id = URL_SAFE_NO_PAD.encode(id);
        group.invite_link = link(made);
        self.list.insert(id.clone(), group);
        id
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Group> {
        self.list.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Group> {
        self.list.get_mut(id)
    }

    pub(crate) fn delete(&mut self, id: &str) -> Option<Group> {
        self.list.remove(id)
    }

    pub(crate) fn of<'g>(
        &'g self,
        phone_number_id: &'g str,
    ) -> impl Iterator<Item = (&'g String, &'g Group)> {
        self.list.iter().filter(move |(_, group)| group.phone_number_id == phone_number_id)
    }

    /// Gives a group another link; the old one is dead.
    pub(crate) fn renew_link(&mut self, id: &str) -> Option<String> {
        self.made += 1;
        let made = self.made;
        let group = self.list.get_mut(id)?;
        group.invite_link = link(made);
        Some(group.invite_link.clone())
    }

    /// Lets a customer in, or notes that they asked.
    pub(crate) fn join(&mut self, id: &str, key: &str) -> Option<Joining> {
        self.made += 1;
        let request_id = format!("join-{}", self.made);
        let group = self.list.get_mut(id)?;
        if group.is_suspended || group.participants.len() >= PARTICIPANTS_MAX {
            return Some(Joining::Refused);
        }
        if group.participants.iter().any(|one| one == key) {
            return Some(Joining::Joined);
        }
        if group.needs_approval {
            group.join_requests.push((request_id.clone(), key.to_owned()));
            return Some(Joining::Asked(request_id));
        }
        group.participants.push(key.to_owned());
        Some(Joining::Joined)
    }
}

fn link(nth: u64) -> String {
    format!("https://chat.whatsapp.com/LINK{nth:06}")
}
