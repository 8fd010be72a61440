//! News of a number for people: by webhooks of Meta, and by its answers.

use baton_protocol::Timestamp;
use baton_protocol::connection::{AtMeta, ChannelHealth, HealthState, MetaNews, NewsSubject};

use crate::store::number_news::NamedNumber;
use crate::whatsapp::account::{AccountTold, digits};

/// News are shown for so long. A review that went wrong is shown until Meta says otherwise.
const SHOWN_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// Whether something that Meta told is about this number. One whose account nobody knows is meant
/// by what is about an account if its app has no other number.
pub fn is_about(told: &AccountTold, number: &NamedNumber, is_alone: bool) -> bool {
    if let Some(id) = &told.phone_number_id {
        return *id == number.phone_number_id;
    }
    let names_it = told.phone.as_ref().is_some_and(|phone| *phone == digits(&number.phone));
    if names_it || matches!(told.news.about, NewsSubject::Name | NewsSubject::Quality) {
        return names_it;
    }
    match (&told.account, &number.account) {
        (Some(account), Some(of)) => account == of,
        _ => is_alone,
    }
}

/// The news of a number by now: of each subject the newest.
pub(super) fn news(
    last: Option<&ChannelHealth>,
    told: &[MetaNews],
    at_meta: &AtMeta,
    now: Timestamp,
) -> Vec<MetaNews> {
    let mut all: Vec<MetaNews> = Vec::new();
    let before = last.map(|last| last.news.as_slice()).unwrap_or_default();
    let shown = last.into_iter().flat_map(|last| changes(&last.at_meta, at_meta, told, now));
    for one in before.iter().chain(told).cloned().chain(shown) {
        match all.iter_mut().find(|other| other.about == one.about) {
            Some(other) if other.at < one.at => *other = one,
            Some(_) => {}
            None => all.push(one),
        }
    }
    let is_open = |one: &MetaNews| one.about == NewsSubject::Review && one.remedy.is_some();
    all.retain(|one| is_open(one) || now.since(one.at) < SHOWN_MS);
    all.sort_by_key(|one| one.about);
    all
}

/// News that Meta's answers show, where Meta told nothing of it.
fn changes(
    before: &AtMeta,
    after: &AtMeta,
    told: &[MetaNews],
    now: Timestamp,
) -> impl Iterator<Item = MetaNews> {
    let is_told = |name: &String| {
        told.iter().any(|one| one.about == NewsSubject::Name && one.text.as_ref() == Some(name))
    };
    let name = match (&before.verified_name, &after.verified_name) {
        (Some(before), Some(after)) if before != after && !is_told(after) => Some(after.clone()),
        _ => None,
    };
    let profile = match (&before.profile, &after.profile) {
        (Some(before), Some(after)) if before != after => Some(after.about.clone()),
        _ => None,
    };
    let news = move |about, text| MetaNews { about, at: now, said: None, text, remedy: None };
    let name = name.map(|name| news(NewsSubject::Name, Some(name)));
    name.into_iter().chain(profile.map(|text| news(NewsSubject::Profile, text)))
}

/// The state of a number with these news: what needs somebody is no number that simply works.
pub(super) fn state_with(state: HealthState, news: &[MetaNews]) -> HealthState {
    let is_needed = news.iter().any(|one| one.remedy.is_some());
    if state == HealthState::Works && is_needed { HealthState::Attention } else { state }
}

/// Whether admins and supervisors are told that a number stands so from here on.
pub(super) fn is_told(last: Option<&ChannelHealth>, now: &ChannelHealth) -> bool {
    let Some(last) = last else {
        // Who connects a number looks at its steps.
        return now.state == HealthState::Stopped || !now.news.is_empty();
    };
    let is_new = |one: &&MetaNews| {
        let before = last.news.iter().find(|other| other.about == one.about);
        before.is_none_or(|before| before.at < one.at)
    };
    let has_stopped = |health: &ChannelHealth| health.state == HealthState::Stopped;
    has_stopped(last) != has_stopped(now)
        || now.faults.iter().any(|fault| !last.faults.contains(fault))
        || now.news.iter().find(is_new).is_some()
}

#[cfg(test)]
mod tests {
    use baton_domain::group::Key;
    use baton_protocol::connection::{BusinessProfile, ConnectionFault};
    use baton_protocol::{ChannelId, WorkspaceId};
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);

    fn one(about: NewsSubject, at: Timestamp, acts: bool) -> MetaNews {
        let remedy = acts.then(|| "Do it.".to_owned());
        MetaNews { about, at, said: Some("X".to_owned()), text: None, remedy }
    }

    fn works() -> ChannelHealth {
        ChannelHealth {
            state: HealthState::Works,
            since: NOW,
            faults: Vec::new(),
            news: Vec::new(),
            at_meta: AtMeta::default(),
        }
    }

    #[test]
    fn of_each_subject_the_newest_counts_and_old_ones_end() {
        let (old, new) = (NOW.plus_ms(-SHOWN_MS), NOW.plus_ms(-1));
        let before = [one(NewsSubject::Review, old, true), one(NewsSubject::Alert, old, true)];
        let last = ChannelHealth { news: before.to_vec(), ..works() };
        let at_meta = AtMeta::default();
        assert_eq!(news(Some(&last), &[], &at_meta, NOW), [before[0].clone()]);
        let approved = one(NewsSubject::Review, new, false);
        let told = [approved];
        assert_eq!(news(Some(&last), &told, &at_meta, NOW), told);
        assert_eq!(state_with(HealthState::Works, &before), HealthState::Attention);
        assert_eq!(state_with(HealthState::Works, &told), HealthState::Works);
    }

    #[test]
    fn a_name_or_profile_that_changed_is_news_once_and_not_at_the_first_look() {
        let named = |name: &str, about: &str| AtMeta {
            verified_name: Some(name.to_owned()),
            profile: Some(BusinessProfile {
                about: Some(about.to_owned()),
                ..BusinessProfile::default()
            }),
            ..AtMeta::default()
        };
        let (old, new) = (named("Bikes", "Repaired"), named("Bikes & Co", "Sold"));
        assert_eq!(news(Some(&works()), &[], &new, NOW), []);
        let last = ChannelHealth { at_meta: old, ..works() };
        let found = news(Some(&last), &[], &new, NOW);
        let subjects: Vec<_> = found.iter().map(|one| one.about).collect();
        assert_eq!(subjects, [NewsSubject::Name, NewsSubject::Profile]);
        assert!(is_told(Some(&last), &ChannelHealth { news: found.clone(), ..last.clone() }));
        let next = ChannelHealth { at_meta: new.clone(), news: found.clone(), ..works() };
        assert_eq!(news(Some(&next), &[], &new, NOW.plus_ms(60_000)), found);
        assert!(!is_told(Some(&next), &next));
    }

    #[test]
    fn people_are_told_of_what_is_new_and_of_its_end() {
        let stopped = ChannelHealth {
            state: HealthState::Stopped,
            faults: vec![ConnectionFault::AccountRestricted, ConnectionFault::QualityLow],
            ..works()
        };
        let less = ChannelHealth { faults: vec![ConnectionFault::QualityLow], ..stopped.clone() };
        assert!(is_told(Some(&works()), &stopped) && is_told(Some(&stopped), &works()));
        assert!(is_told(None, &stopped) && !is_told(None, &works()));
        assert!(!is_told(Some(&stopped), &less), "still stopped, and nothing is new");
        assert!(is_told(Some(&less), &stopped));
    }

    #[test]
    fn what_is_told_of_an_account_is_about_its_numbers_alone() {
        let of: Key<ChannelId> = (WorkspaceId(Uuid::nil()), ChannelId(Uuid::nil()));
        let number = NamedNumber {
            of,
            phone_number_id: "77".to_owned(),
            phone: "+1 631-555-5555".to_owned(),
            account: Some("100".to_owned()),
        };
        let told = |account: &str, id: Option<&str>, phone: Option<&str>, about| AccountTold {
            account: Some(account.to_owned()),
            phone_number_id: id.map(str::to_owned),
            phone: phone.map(str::to_owned),
            news: one(about, NOW, true),
        };
        let review = |account| told(account, None, None, NewsSubject::Review);
        assert!(is_about(&review("100"), &number, false));
        assert!(!is_about(&review("200"), &number, true));
        let unknown = NamedNumber { account: None, ..number.clone() };
        assert!(is_about(&review("200"), &unknown, true));
        assert!(!is_about(&review("200"), &unknown, false));
        let name = |phone| told("200", None, phone, NewsSubject::Name);
        assert!(is_about(&name(Some("16315555555")), &number, false));
        assert!(!is_about(&name(Some("16315555556")), &number, true));
        assert!(!is_about(&told("100", Some("78"), None, NewsSubject::Alert), &number, true));
    }
}
