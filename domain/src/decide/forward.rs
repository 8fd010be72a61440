//! Sending on what a line says. Its author must see the line in full. The customer gets a message
//! like any other, with the limits of a reply.

use baton_protocol::command::{Forward, Send};
use baton_protocol::limits::TEXT_CHARS_MAX;
use baton_protocol::upload::UploadNew;
use baton_protocol::{Content, Details, FileState, LineKind, Refusal};

use super::{Case, Decided, file, reply, sendable};
use crate::fact::scope::Level;
use crate::fact::upload::{self, CAPTION_CHARS_MAX, has_caption};
use crate::forward::Forwardable;
use crate::text::shown::file_name;

pub(super) fn forward(case: &Case<'_>, forward: &Forward) -> Decided {
    let source = source(case, forward)?;
    let (kind, content) = said(case, source)?;
    let has_file = source.file.is_some();
    let content = Content { forwarded_from: Some(Box::new(forward.of)), ..content };
    let answer = reply::OutgoingMessage {
        kind,
        content,
        seen: forward.seen,
        quoted: None,
        replaces: None,
        ignore_lease: forward.ignore_lease,
        canned: None,
    };
    let (mut drafts, accepted) = reply::write(case, answer)?;
    // WhatsApp has to have the file first: until then the line waits in its lane.
    if let Some(line) = accepted.line.filter(|_| has_file) {
        drafts.push(file::wanted(line));
    }
    Ok((drafts, accepted))
}

/// The line. Nobody learns of one that they may not see.
fn source<'a>(case: &'a Case<'_>, forward: &Forward) -> Result<&'a Forwardable, Refusal> {
    let of = forward.of.conversation_id;
    let is_seen = |source: &&Forwardable| {
        source.conversation == of && case.context.author.sight.level(source.scope) == Level::Full
    };
    let source = case.context.forwarded.filter(is_seen);
    let Some(source) = source else {
        return refuse("must be a message of a conversation that you see in full");
    };
    if source.is_group {
        return refuse("what was said in a group stays there");
    }
    if source.is_revoked {
        return refuse("was taken back");
    }
    if source.content.erased {
        return refuse("was erased");
    }
    Ok(source)
}

/// The content that the customer gets of it.
fn said(case: &Case<'_>, source: &Forwardable) -> Result<(LineKind, Content), Refusal> {
    match source.kind {
        LineKind::Text => {
            let text = source.content.text.clone().unwrap_or_default();
            case.check_signed(&text, TEXT_CHARS_MAX)?;
            Ok((LineKind::Text, Content { text: Some(text), ..Content::default() }))
        }
        LineKind::Image
        | LineKind::Video
        | LineKind::Audio
        | LineKind::Voice
        | LineKind::Document
        | LineKind::Sticker
            if is_linked(source) =>
        {
            linked(case, source)
        }
        LineKind::Image
        | LineKind::Video
        | LineKind::Audio
        | LineKind::Voice
        | LineKind::Document
        | LineKind::Sticker => with_file(case, source),
        LineKind::Location | LineKind::ContactCards | LineKind::Interactive => {
            arranged(case, source)
        }
        LineKind::Choice
        | LineKind::Order
        | LineKind::Template
        | LineKind::Reaction
        | LineKind::Edit
        | LineKind::Revocation
        | LineKind::WelcomeRequest
        | LineKind::Call
        | LineKind::Unsupported
        | LineKind::Unreadable => refuse(
            "only texts, files, places, contact cards and messages with buttons can be forwarded",
        ),
    }
}

/// A place, contact cards, or a text with buttons: as if its author had put it together.
fn arranged(case: &Case<'_>, source: &Forwardable) -> Result<(LineKind, Content), Refusal> {
    let Some(mut details) = source.content.details.clone() else {
        return refuse("says nothing");
    };
    // WhatsApp takes no page with a place.
    if let Details::Location { url, .. } = details.as_mut() {
        *url = None;
    }
    let text = source.content.text.clone().filter(|_| source.kind == LineKind::Interactive);
    let (quoted, replaces, ignore_lease) = (None, None, false);
    sendable::line(
        case,
        &Send { text, details, seen: None, quoted, replaces, ignore_lease, canned: None },
    )
}

fn is_linked(source: &Forwardable) -> bool {
    matches!(source.content.details.as_deref(), Some(Details::File { link: Some(_), .. }))
}

/// A file that WhatsApp fetches: as if its author had named the link.
fn linked(case: &Case<'_>, source: &Forwardable) -> Result<(LineKind, Content), Refusal> {
    let Some(details) = source.content.details.clone() else { return refuse("says nothing") };
    let name = if let Details::File { name, .. } = details.as_ref() { name.clone() } else { None };
    // A document without a caption has its name as text.
    let text = source.content.text.clone().filter(|text| name.as_ref() != Some(text));
    let (quoted, replaces, ignore_lease) = (None, None, false);
    sendable::line(
        case,
        &Send { text, details, seen: None, quoted, replaces, ignore_lease, canned: None },
    )
}

/// A file: the server has it, and gives it to WhatsApp before the message leaves.
fn with_file(case: &Case<'_>, source: &Forwardable) -> Result<(LineKind, Content), Refusal> {
    let bytes = match source.file {
        Some(FileState::Stored { bytes, .. }) => bytes,
        Some(FileState::Waiting) => return refuse("its file is not here yet: try again later"),
        Some(FileState::Expired | FileState::Refused) | None => {
            return refuse("its file is not here any more");
        }
    };
    let Some(Details::File { media_type: told, name: given, animated, .. }) =
        source.content.details.as_deref()
    else {
        return refuse("says nothing of its file");
    };
    let name = given.as_deref().and_then(file_name);
    let media_type = told.clone().or_else(|| source.kept.media_type.clone()).unwrap_or_default();
    let sha256 = source.kept.sha256.clone();
    let new = UploadNew { kind: source.kind, media_type, name, bytes, sha256 };
    let new = upload::check(new).map_err(|refusal| {
        let Refusal::Invalid { problem, .. } = &refusal else { return refusal };
        Refusal::invalid("of", format!("its file: {problem}"))
    })?;
    let UploadNew { media_type, name, sha256, .. } = new;
    // A document without a caption has its name as text.
    let caption = source.content.text.as_ref().filter(|text| given.as_ref() != Some(text));
    if let Some(caption) = caption.filter(|_| has_caption(source.kind)) {
        case.check_signed(caption, CAPTION_CHARS_MAX)?;
    }
    let text = caption.or(name.as_ref()).cloned();
    let media_type = Some(media_type);
    let animated = *animated;
    let (upload, link, kind) = (None, None, None);
    let details = Details::File { media_type, name, sha256, animated, upload, link, kind };
    let details = Some(Box::new(details));
    Ok((source.kind, Content { text, details, ..Content::default() }))
}

fn refuse<T>(why: &str) -> Result<T, Refusal> {
    Err(Refusal::invalid("of", why))
}
