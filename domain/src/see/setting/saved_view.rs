//! Filters of the inbox.

use baton_protocol::limits::QUERY_CHARS_MAX;
use baton_protocol::setting::SavedView;
use baton_protocol::view::{ViewFilter, ViewStatus};
use uuid::Uuid;

use super::text::name;
use super::{Around, SettingRules, Wrong};

const NAME_CHARS_MAX: usize = 40;

impl SettingRules for SavedView {
    fn check(&mut self, _: &Around<'_>) -> Result<(), Wrong> {
        name("name", &mut self.name)?;
        if self.name.chars().count() > NAME_CHARS_MAX {
            let problem = format!("must have 1 to {NAME_CHARS_MAX} characters");
            return Err(Wrong::new("name", problem));
        }
        check_filter(&mut self.filter)
    }
}

fn check_filter(filter: &mut ViewFilter) -> Result<(), Wrong> {
    let is_owner = |owner: &String| matches!(owner.as_str(), "me" | "nobody");
    let is_id = |owner: &String| owner.parse::<Uuid>().is_ok();
    if filter.owner.as_ref().is_some_and(|owner| !is_owner(owner) && !is_id(owner)) {
        return Err(Wrong::new("filter", "owner must be me, nobody or an agent's id"));
    }
    filter.text.take_if(|text| text.trim().is_empty());
    if filter.text.as_ref().is_some_and(|text| text.chars().count() > QUERY_CHARS_MAX) {
        let problem = format!("text must have at most {QUERY_CHARS_MAX} characters");
        return Err(Wrong::new("filter", problem));
    }
    if matches!((filter.from, filter.until), (Some(from), Some(until)) if from >= until) {
        return Err(Wrong::new("filter", "must begin before it ends"));
    }
    if *filter == ViewFilter::default() {
        return Err(Wrong::new("filter", "must name something"));
    }
    let is_search = filter.text.is_some() || filter.status == Some(ViewStatus::Resolved);
    if is_search && filter.unanswered {
        let problem = "unanswered does not go with a text or resolved conversations";
        return Err(Wrong::new("filter", problem));
    }
    Ok(())
}
