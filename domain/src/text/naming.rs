//! What customers are called: by the name that they chose, or by one that the team gave them. The
//! shown one is `name` of a card; while it is the team's, their own is `profile_name`.

use baton_protocol::conversation::ContactCard;

/// The name that they chose, as far as it was told.
pub fn own(card: &ContactCard) -> Option<&str> {
    match &card.profile_name {
        Some(own) => Some(own.as_str()).filter(|own| !own.is_empty()),
        None => card.name.as_deref(),
    }
}

/// The card once they chose this name: a name of the team's stays before it.
pub fn called(card: ContactCard, own: Option<String>) -> ContactCard {
    match card.profile_name {
        Some(_) => ContactCard { profile_name: Some(own.unwrap_or_default()), ..card },
        None => ContactCard { name: own, ..card },
    }
}

/// The card with a name of the team's; with `None` it shows their own again.
pub fn named(card: &ContactCard, given: Option<String>) -> ContactCard {
    let own = own(card).map(str::to_owned);
    match given {
        Some(given) => ContactCard {
            name: Some(given),
            profile_name: Some(own.unwrap_or_default()),
            ..card.clone()
        },
        None => ContactCard { name: own, profile_name: None, ..card.clone() },
    }
}
