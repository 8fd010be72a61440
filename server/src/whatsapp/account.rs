//! News of numbers and their accounts that Meta tells by webhook and not when asked: reviews,
//! alerts, names, limits.

use baton_protocol::Timestamp;
use baton_protocol::connection::{ConnectionFault, MetaNews, NewsSubject};
use serde_json::Value;

/// Characters of Meta's texts that are kept.
const TEXT_CHARS_MAX: usize = 500;
/// Characters of Meta's words that are kept.
const WORD_CHARS_MAX: usize = 64;
/// News of one webhook that are read.
const NEWS_MAX: usize = 100;

const NOT_APPROVED: &str = "Meta did not approve the account. Look at the reasons in Meta's \
                            business support, and ask for another review.";
const ALERT: &str =
    "Meta warns you. Open the account in the WhatsApp Manager, and do what the alert says.";

/// News, and of whom they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountTold {
    /// Meta's id of the account.
    pub account: Option<String>,
    /// Meta's id of the number, where it is about one.
    pub phone_number_id: Option<String>,
    /// The digits of the number, where it is about one.
    pub phone: Option<String>,
    /// The news.
    pub news: MetaNews,
}

/// Reads the news of a webhook. A part that cannot be read is passed over: Meta is asked in any
/// case.
pub fn parse(body: &[u8], at: Timestamp) -> Vec<AccountTold> {
    let Ok(post) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let entries = list(&post, "entry").flat_map(|entry| {
        let account = word(entry, "id");
        list(entry, "changes").filter_map(move |change| account_news(account.clone(), change, at))
    });
    entries.take(NEWS_MAX).collect()
}

fn account_news(account: Option<String>, change: &Value, at: Timestamp) -> Option<AccountTold> {
    let value = change.get("value")?;
    let news = match word(change, "field")?.as_str() {
        "account_review_update" => review(value, at),
        "account_alerts" => alert(value, at),
        "account_update" => account_update(value, at),
        "phone_number_name_update" => name(value, at),
        "phone_number_quality_update" => quality(value, at),
        _ => return None,
    };
    let is_of_number = word(value, "entity_type").is_some_and(|of| of == "PHONE_NUMBER");
    let phone = word(value, "display_phone_number").or_else(|| word(value, "phone_number"));
    Some(AccountTold {
        account,
        phone_number_id: word(value, "entity_id").filter(|_| is_of_number),
        phone: phone.map(|phone| digits(&phone)).filter(|digits| !digits.is_empty()),
        news,
    })
}

fn review(value: &Value, at: Timestamp) -> MetaNews {
    let said = word(value, "decision");
    let is_fine = said.as_deref().is_some_and(|said| matches!(said, "APPROVED" | "PENDING"));
    news(NewsSubject::Review, at, said, None, (!is_fine).then_some(NOT_APPROVED))
}

fn alert(value: &Value, at: Timestamp) -> MetaNews {
    let info = value.get("alert_info").unwrap_or(value);
    let is = |name: &str, words: &[&str]| {
        word(info, name).is_some_and(|word| words.contains(&word.as_str()))
    };
    let is_over = is("alert_status", &["NONE", "RESOLVED", "INACTIVE"]);
    let is_grave = is("alert_severity", &["CRITICAL", "WARNING"]);
    let (said, text) = (word(info, "alert_type"), text(info, "alert_description"));
    news(NewsSubject::Alert, at, said, text, (is_grave && !is_over).then_some(ALERT))
}

fn account_update(value: &Value, at: Timestamp) -> MetaNews {
    let said = word(value, "event");
    let violation = value.get("violation_info").and_then(|info| text(info, "violation_type"));
    let restrictions = list(value, "restriction_info");
    let restricted: Vec<_> = restrictions.filter_map(|one| text(one, "restriction_type")).collect();
    let restricted = (!restricted.is_empty()).then(|| restricted.join(", "));
    let ban = value.get("ban_info").and_then(|info| text(info, "waba_ban_state"));
    // Whether it may send is asked: Meta tells of a restriction and of its end by the same word.
    let is_grave = said.as_deref().is_some_and(|said| {
        matches!(said, "ACCOUNT_VIOLATION" | "ACCOUNT_DELETED" | "ACCOUNT_OFFBOARDED")
    });
    let remedy = is_grave.then(|| ConnectionFault::AccountRestricted.remedy());
    news(NewsSubject::Account, at, said, violation.or(restricted).or(ban), remedy)
}

fn name(value: &Value, at: Timestamp) -> MetaNews {
    let said = word(value, "decision");
    let is_declined = said.as_deref().is_some_and(|said| matches!(said, "REJECTED" | "DECLINED"));
    let remedy = is_declined.then(|| ConnectionFault::NameDeclined.remedy());
    news(NewsSubject::Name, at, said, text(value, "requested_verified_name"), remedy)
}

fn quality(value: &Value, at: Timestamp) -> MetaNews {
    // How good it is is asked.
    let (said, limit) = (word(value, "event"), text(value, "current_limit"));
    news(NewsSubject::Quality, at, said, limit, None)
}

fn news(
    about: NewsSubject,
    at: Timestamp,
    said: Option<String>,
    text: Option<String>,
    remedy: Option<&str>,
) -> MetaNews {
    MetaNews { about, at, said, text, remedy: remedy.map(str::to_owned) }
}

fn list<'v>(of: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    of.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// Ids come as texts and as numbers.
fn word(of: &Value, name: &str) -> Option<String> {
    cleaned(of.get(name)?, WORD_CHARS_MAX)
}

fn text(of: &Value, name: &str) -> Option<String> {
    cleaned(of.get(name)?, TEXT_CHARS_MAX)
}

fn cleaned(value: &Value, chars_max: usize) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let text: String = text.chars().filter(|c| !c.is_control()).take(chars_max).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The digits of a number as it is shown.
pub fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const AT: Timestamp = Timestamp::from_ms(1_790_000_000_000);

    fn only(field: &str, value: &Value) -> AccountTold {
        let body = json!({"object": "whatsapp_business_account", "entry": [
            {"id": 10_203_040, "time": 1, "changes": [{"field": field, "value": value}]},
        ]});
        let [told] = parse(body.to_string().as_bytes(), AT).try_into().unwrap();
        told
    }

    #[test]
    fn each_field_tells_its_subject_and_whether_somebody_has_to_act() {
        use NewsSubject::{Account, Alert, Name, Quality, Review};
        let alert = |severity: &str, status: &str| {
            json!({"entity_type": "PHONE_NUMBER", "entity_id": "77", "alert_info": {
                "alert_severity": severity, "alert_status": status, "alert_type": "OBA",
                "alert_description": "Look"}})
        };
        for (field, value, about, said, acts) in [
            ("account_review_update", json!({"decision": "REJECTED"}), Review, "REJECTED", true),
            ("account_review_update", json!({"decision": "APPROVED"}), Review, "APPROVED", false),
            ("account_alerts", alert("CRITICAL", "ACTIVE"), Alert, "OBA", true),
            ("account_alerts", alert("CRITICAL", "RESOLVED"), Alert, "OBA", false),
            ("account_alerts", alert("INFORMATIONAL", "ACTIVE"), Alert, "OBA", false),
            (
                "account_update",
                json!({"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SPAM"}}),
                Account,
                "ACCOUNT_VIOLATION",
                true,
            ),
            (
                "account_update",
                json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}),
                Account,
                "DISABLED_UPDATE",
                false,
            ),
            (
                "account_update",
                json!({"event": "ACCOUNT_DELETED"}),
                Account,
                "ACCOUNT_DELETED",
                true,
            ),
            ("phone_number_name_update", json!({"decision": "REJECTED"}), Name, "REJECTED", true),
            ("phone_number_name_update", json!({"decision": "APPROVED"}), Name, "APPROVED", false),
            ("phone_number_quality_update", json!({"event": "FLAGGED"}), Quality, "FLAGGED", false),
            ("phone_number_quality_update", json!({"event": "UPGRADE"}), Quality, "UPGRADE", false),
        ] {
            let told = only(field, &value);
            let MetaNews { about: is_about, said: is_said, remedy, .. } = &told.news;
            assert_eq!((*is_about, is_said.as_deref()), (about, Some(said)), "{field} {value}");
            assert_eq!(remedy.is_some(), acts, "{field} {value}");
            assert_eq!(told.account.as_deref(), Some("10203040"));
        }
    }

    #[test]
    fn what_is_about_one_number_names_it() {
        let value = json!({"entity_type": "PHONE_NUMBER", "entity_id": 77, "alert_type": "X"});
        assert_eq!(only("account_alerts", &value).phone_number_id.as_deref(), Some("77"));
        let value = json!({"display_phone_number": "+1 631-555-5555", "decision": "APPROVED"});
        assert_eq!(only("phone_number_name_update", &value).phone.as_deref(), Some("16315555555"));
    }

    #[test]
    fn what_is_no_news_or_no_json_tells_nothing() {
        for body in ["", "[]", "{\"entry\": 1}", "{\"entry\": [{\"changes\": [{\"field\": 3}]}]}"] {
            assert_eq!(parse(body.as_bytes(), AT), []);
        }
        let long = json!({"decision": "REJECTED", "requested_verified_name": "\u{0}é".repeat(900)});
        let text = only("phone_number_name_update", &long).news.text.unwrap();
        assert_eq!(text, "é".repeat(TEXT_CHARS_MAX));
    }
}
