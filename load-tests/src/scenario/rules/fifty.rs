//! Rules of a busy team: most are asked at each message, and hardly one of them fits.

use baton_protocol::SettingId;
use serde_json::{Value, json};
use uuid::Uuid;

/// A rule that a message wakes: of every six, four look for words.
fn by_message(n: usize) -> Value {
    let tests = match n % 6 {
        4 => json!([{"test": "owner", "is": "person"}, {"test": "known"}]),
        5 => json!([{"test": "kind", "any_of": ["image"]}, {"test": "from_ad"}]),
        _ => {
            let words = [format!("invoice {n}"), format!("refund {n}"), format!("cancel{n}")];
            json!([{"test": "owner", "is": "queue"}, {"test": "text", "any_of": words}])
        }
    };
    json!({"when": "message", "if": tests, "then": [{"do": "note", "text": "Look here"}]})
}

/// A rule that something else wakes.
fn by_another(n: usize) -> Value {
    let when = ["episode_opened", "owner_changed", "status_changed", "first_message"];
    let tests = json!([{"test": "status", "any_of": ["snoozed"]}, {"test": "known"}]);
    let when = when.get(n % when.len());
    json!({"when": when, "if": tests, "then": [{"do": "note", "text": "Look here"}]})
}

/// A rule that a clock wakes after two hours and more: none of them rings meanwhile.
fn by_clock(n: usize) -> Value {
    let when = ["unanswered", "unassigned", "idle", "window_left"];
    let (when, after) = (when.get(n % when.len()), 120 + 10 * n);
    json!({"when": when, "after_min": after, "then": [{"do": "note", "text": "Late"}]})
}

/// Fifty rules, the first of which runs once for each customer. So many of them wait for a clock.
pub(super) fn fifty(clocks: usize) -> Vec<(SettingId, Value)> {
    let rule = |n: usize| match n {
        0 => json!({"when": "message", "then": [{"do": "note", "text": "New"}],
            "once": "conversation"}),
        n if n <= clocks => by_clock(n),
        n if n % 5 == 0 => by_another(n / 5),
        n => by_message(n),
    };
    let named = |n: usize| {
        let mut body = json!({"name": format!("Rule {n}"), "enabled": true});
        if let (Some(body), Value::Object(rule)) = (body.as_object_mut(), rule(n)) {
            body.extend(rule);
        }
        (SettingId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0900 + n as u128)), body)
    };
    (0..50).map(named).collect()
}

#[cfg(test)]
mod tests {
    use baton_protocol::setting::Rule;

    use super::fifty;

    #[test]
    fn fifty_rules_are_rules_and_so_many_wait_for_a_clock() {
        for clocks in [0, 4] {
            let rules = fifty(clocks).into_iter().map(|(_, body)| serde_json::from_value(body));
            let rules: Vec<Rule> = rules.collect::<Result<_, _>>().unwrap();
            assert_eq!(rules.len(), 50);
            assert_eq!(rules.iter().filter(|rule| rule.when.is_clock()).count(), clocks);
        }
    }
}
