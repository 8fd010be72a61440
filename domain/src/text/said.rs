//! Words for a line without a text, for lists, searches and pushes.

use baton_protocol::{Details, SharedCard};

/// A place by its name and address, else its degrees; contact cards a line each; a reaction its
/// emoji.
pub fn in_words(details: &Details) -> String {
    match details {
        Details::Location { latitude, longitude, name, address, .. } => {
            let words: Vec<_> =
                [name.as_deref(), address.as_deref()].into_iter().flatten().collect();
            if words.is_empty() {
                return format!("{}, {}", latitude.degrees(), longitude.degrees());
            }
            words.join(", ")
        }
        Details::ContactCards { cards } => {
            cards.iter().map(card_in_words).collect::<Vec<_>>().join("\n")
        }
        Details::Reaction { emoji } => emoji.clone().unwrap_or_default(),
        Details::File { .. }
        | Details::Choice { .. }
        | Details::Buttons { .. }
        | Details::List { .. }
        | Details::Link { .. }
        | Details::Template { .. }
        | Details::Order { .. } => String::new(),
    }
}

fn card_in_words(card: &SharedCard) -> String {
    let own = [card.name.as_ref(), card.organisation.as_ref()].into_iter().flatten();
    let lists = [&card.phones, &card.emails, &card.addresses, &card.urls];
    let words = own.chain(lists.into_iter().flatten()).chain(&card.birthday);
    let words: Vec<_> = words.map(String::as_str).collect();
    words.join(", ")
}
