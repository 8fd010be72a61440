//! Business accounts and their numbers: how they stand.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The state of a business number. The default is a number that works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NumberState {
    /// Registered for the Cloud API; sends from others fail with 133010.
    pub is_registered: bool,
    /// The name that customers see.
    pub verified_name: String,
    /// `APPROVED`, `PENDING_REVIEW`, `DECLINED`, …
    pub name_status: String,
    /// `GREEN`, `YELLOW`, `RED`, `UNKNOWN`, `NA`.
    pub quality_rating: String,
    /// `VERIFIED`, `NOT_VERIFIED` or `EXPIRED`. Registering a number that is not fails with 133006.
    pub code_verification_status: String,
    /// `CONNECTED`, `PENDING`, `FLAGGED`, `RESTRICTED`, `BANNED`, `DISCONNECTED`, …
    pub status: String,
    /// `STANDARD` or `HIGH`.
    pub throughput: String,
    /// Unique customers per day outside the window; -1 is no limit.
    pub messaging_limit: i64,
    /// An official business account, which may have groups.
    pub is_official: bool,
    /// The number is also used by the phone app.
    pub is_on_app: bool,
    /// The PIN of two-step verification; the first registration sets it.
    pub pin: Option<String>,
    /// Every send fails with this error code.
    pub refuses_with: Option<u32>,
}

impl Default for NumberState {
    fn default() -> Self {
        Self {
            is_registered: true,
            verified_name: "Baton Bikes".to_owned(),
            name_status: "APPROVED".to_owned(),
            quality_rating: "GREEN".to_owned(),
            code_verification_status: "VERIFIED".to_owned(),
            status: "CONNECTED".to_owned(),
            throughput: "STANDARD".to_owned(),
            messaging_limit: 1_000,
            is_official: true,
            is_on_app: false,
            pin: None,
            refuses_with: None,
        }
    }
}

/// The state of a business account. The default is an account that works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountState {
    /// The account's name.
    pub name: String,
    /// The app is subscribed; without it no webhook leaves.
    pub is_subscribed: bool,
    /// Every send fails with this error code, for example 131031, 131042 or 368.
    pub refuses_with: Option<u32>,
}

impl Default for AccountState {
    fn default() -> Self {
        Self { name: "Baton Bikes".to_owned(), is_subscribed: true, refuses_with: None }
    }
}

/// A customer whom a number blocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blocked {
    /// The key by which the simulator knows the customer.
    pub(crate) key: String,
    pub(crate) wa_id: Option<String>,
    pub(crate) user_id: Option<String>,
    /// The name that the call gave the customer.
    pub(crate) input: String,
}

/// All accounts and numbers, each with its default until something is set.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    numbers: BTreeMap<String, NumberState>,
    accounts: BTreeMap<String, AccountState>,
    pub(crate) profiles: BTreeMap<String, Map<String, Value>>,
    /// The customers that each number blocked, by the key they are known by.
    pub(crate) blocked: BTreeMap<String, Vec<Blocked>>,
    /// Number and customer, where the customer asked for no more marketing.
    pub(crate) stopped: BTreeSet<(String, String)>,
}

impl Accounts {
    pub(crate) fn number(&mut self, phone_number_id: &str) -> &mut NumberState {
        self.numbers.entry(phone_number_id.to_owned()).or_default()
    }

    pub(crate) fn account(&mut self, waba_id: &str) -> &mut AccountState {
        self.accounts.entry(waba_id.to_owned()).or_default()
    }

    pub(crate) fn is_subscribed(&self, waba_id: &str) -> bool {
        self.accounts.get(waba_id).is_none_or(|account| account.is_subscribed)
    }

    /// The error code that every send from this number fails with.
    pub(crate) fn refuses_with(&mut self, phone_number_id: &str, waba_id: &str) -> Option<u32> {
        let number = self.number(phone_number_id);
        if !number.is_registered {
            return Some(133_010);
        }
        let of_number = number.refuses_with;
        of_number.or_else(|| self.account(waba_id).refuses_with)
    }

    /// Whether a customer asked a number to send no more marketing.
    pub(crate) fn has_stopped(&self, phone_number_id: &str, key: &str) -> bool {
        self.stopped.contains(&(phone_number_id.to_owned(), key.to_owned()))
    }

    pub(crate) fn has_blocked(&self, phone_number_id: &str, key: &str) -> bool {
        let blocked = self.blocked.get(phone_number_id);
        blocked.is_some_and(|list| list.iter().any(|one| one.key == key))
    }
}
