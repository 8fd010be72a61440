//! Acts that send files: the bytes are with the server before the command leaves.

use std::time::Duration;

use baton_model::NotReceived;
use baton_model::team::{ANA, talk};
use baton_protocol::upload::{Upload, UploadNew};
use baton_protocol::{ConversationId, LineKind};
use proptest::prelude::*;
use uuid::Uuid;

use super::phone::Phone;
use crate::outbox::{
    ActStage, Attachment, Choice, EnqueueRefused, Enqueued, Offer, ReviewReason, Tap,
    UploadFailure, UploadStep, file_body,
};

fn photo(bytes: u64) -> UploadNew {
    let (kind, media_type) = (LineKind::Image, "image/png".to_owned());
    UploadNew { kind, media_type, name: None, bytes, sha256: Some(format!("{bytes:064x}")) }
}

/// Bytes of a file, each by the file's name and its place.
fn contents(file: Uuid, from: u64, bytes: u64) -> Vec<u8> {
    let first = u64::try_from(file.as_u128()).unwrap() * 31;
    (from..from + bytes).map(|at| (first + at * 7 + at / 251).to_le_bytes()[0]).collect()
}

fn gone() -> UploadFailure {
    let (code, detail) = (Some("not_found".to_owned()), String::new());
    UploadFailure::Refused { status: 404, code, detail, retry_after: None }
}

impl Phone {
    fn tries_file(
        &mut self,
        of: ConversationId,
        (file, new): (u128, UploadNew),
    ) -> Result<Enqueued, EnqueueRefused> {
        let (now, body) = (self.now(), file_body(None, self.seen(of), None));
        let tap = Tap { op_id: None, conversation_id: of, body, follows: false };
        let attachment = Attachment::new(Uuid::from_u128(file), new);
        let enqueued = self.outbox.enqueue_file(tap, attachment, now);
        self.collect();
        enqueued
    }

    fn sends_file(&mut self, of: ConversationId, file: u128, bytes: u64) -> Enqueued {
        self.tries_file(of, (file, photo(bytes))).unwrap()
    }

    /// The server takes a step.
    fn carries_out(&mut self, step: &UploadStep) -> Result<Upload, UploadFailure> {
        match step {
            UploadStep::Begin { conversation_id, new } => {
                Ok(self.server.begin_upload(ANA, *conversation_id, new))
            }
            UploadStep::Look { upload } => self.server.upload(ANA, *upload).ok_or_else(gone),
            UploadStep::Piece { upload, file, from, bytes } => {
                let piece = contents(*file, *from, *bytes);
                let taken = self.server.receive(ANA, *upload, *from, &piece);
                taken.map_err(|not| match not {
                    NotReceived::Unknown => gone(),
                    NotReceived::Elsewhere => refused(409),
                })
            }
        }
    }

    fn answers(&mut self, request: u64, answer: Result<Upload, UploadFailure>) {
        let now = self.now();
        self.outbox.handle_upload_answer(request, answer, now);
        self.collect();
    }

    /// The oldest step is taken and answered.
    fn steps(&mut self) -> UploadStep {
        self.stores();
        while self.steps.len() > 1 {
            // Given up, and it arrives all the same.
            let (_, late) = self.steps.remove(0);
            drop(self.carries_out(&late));
        }
        let (request, step) = self.steps.remove(0);
        let answer = self.carries_out(&step);
        self.answers(request, answer);
        self.stores();
        step
    }

    /// Everything goes on until nothing is left to do.
    fn uploads(&mut self) {
        for _ in 0..400 {
            self.runs();
            if self.steps.is_empty() {
                self.passes(Duration::from_secs(1));
                self.stores();
            }
            if !self.steps.is_empty() {
                self.steps();
            } else if self.outbox.is_settled() {
                return self.runs();
            }
        }
        panic!("it never ends: {:?}", self.outbox.echoes());
    }

    /// What the customer has, in order: texts, and files by their first act.
    fn got(&self) -> Vec<Vec<u8>> {
        let done = self.server.carried_out.iter().map(|done| &done.command.body);
        done.map(|body| match (body.upload(), body.text()) {
            (Some(upload), _) => self.server.file(upload).unwrap().to_vec(),
            (None, text) => text.unwrap().text.as_bytes().to_vec(),
        })
        .collect()
    }
}

fn refused(status: u16) -> UploadFailure {
    let (code, detail) = (Some("code".to_owned()), "no".to_owned());
    UploadFailure::Refused { status, code, detail, retry_after: None }
}

const FILE: Uuid = Uuid::from_u128(1);

#[test]
fn a_file_is_uploaded_before_its_act_and_what_follows_waits_in_its_lane() {
    let mut phone = Phone::new(2);
    phone.says(talk(0), "before");
    let photo = phone.sends_file(talk(0), 1, 600_000);
    phone.says(talk(0), "after");
    phone.says(talk(1), "elsewhere");
    phone.runs();
    assert_eq!(phone.texts(), ["before", "elsewhere"], "no other lane waits");
    assert_eq!(phone.stage(photo.number), ActStage::Waiting);
    phone.steps();
    phone.steps();
    let file = phone.echo(photo.number).file.unwrap();
    assert_eq!((file.sent, file.new.bytes), (256 * 1024, 600_000));
    phone.uploads();
    assert_eq!(phone.got()[2..], [contents(FILE, 0, 600_000), b"after".to_vec()]);
    assert!(phone.dropped.is_empty());
    phone.look();
    phone.runs();
    assert_eq!(phone.dropped, [FILE], "the file goes with its act");
}

#[test]
fn a_phone_that_died_asks_how_far_it_is_and_goes_on_from_there() {
    let mut phone = Phone::new(1);
    phone.sends_file(talk(0), 1, 900_000);
    phone.stores();
    phone.steps();
    phone.steps();
    // The next piece arrives, and its answer is never heard.
    let (_, lost) = phone.steps.remove(0);
    phone.carries_out(&lost).unwrap();
    phone.restarts();
    phone.connects();
    assert!(matches!(phone.steps(), UploadStep::Look { .. }));
    let UploadStep::Piece { from, .. } = phone.steps() else { panic!("not a piece") };
    assert_eq!(from, (256 + 512) * 1024, "what arrived is not sent again");
    phone.uploads();
    assert_eq!(phone.got(), [contents(FILE, 0, 900_000)]);
}

#[test]
fn an_upload_that_the_server_forgot_begins_anew_and_after_three_its_author_decides() {
    let mut phone = Phone::new(1);
    let photo = phone.sends_file(talk(0), 1, 300_000);
    phone.stores();
    for nth in 0..3 {
        assert!(matches!(phone.steps(), UploadStep::Begin { .. }), "upload {nth}");
        phone.server.forget_uploads();
        phone.steps();
        phone.passes(Duration::from_secs(30));
        phone.stores();
    }
    let reason = phone.echo(photo.number).reason.unwrap();
    assert!(matches!(reason, ReviewReason::FileRefused { .. }), "{reason:?}");
    assert!(phone.steps.is_empty());
    let seen = phone.seen(talk(0));
    phone.chooses(photo.number, Choice::SendAnyway { seen }).unwrap();
    phone.uploads();
    assert_eq!(phone.got(), [contents(FILE, 0, 300_000)]);
}

#[test]
fn a_ready_upload_that_was_forgotten_is_noticed_before_its_act_is_sent_again() {
    let mut phone = Phone::new(1);
    let photo = phone.sends_file(talk(0), 1, 1_000);
    phone.runs();
    phone.withdraws(photo.number);
    phone.stores();
    while let Some((request, step)) = phone.steps.pop() {
        let answer = phone.carries_out(&step);
        phone.answers(request, answer);
    }
    phone.server.forget_uploads();
    let seen = phone.seen(talk(0));
    phone.chooses(photo.number, Choice::SendAnyway { seen }).unwrap();
    phone.uploads();
    assert_eq!(phone.got(), [contents(FILE, 0, 1_000)]);
}

#[test]
fn a_withdrawn_file_is_not_uploaded_any_more_and_goes_when_it_is_discarded() {
    let mut phone = Phone::new(1);
    let photo = phone.sends_file(talk(0), 1, 600_000);
    phone.stores();
    phone.steps();
    phone.withdraws(photo.number);
    phone.stores();
    let (request, step) = phone.steps.remove(0);
    let answer = phone.carries_out(&step);
    phone.answers(request, answer);
    phone.stores();
    assert!(phone.steps.is_empty());
    phone.chooses(photo.number, Choice::Discard).unwrap();
    assert!(phone.dropped.is_empty(), "the store has to know first");
    assert_eq!(phone.server.unsent_uploads(), 1);
    phone.stores();
    assert_eq!((phone.dropped.as_slice(), phone.got().len()), ([FILE].as_slice(), 0));
    assert_eq!(phone.server.unsent_uploads(), 0, "its upload ended at the server");
}

#[test]
fn an_upload_that_begins_while_its_act_is_given_up_ends() {
    let mut phone = Phone::new(1);
    let photo = phone.sends_file(talk(0), 1, 600_000);
    phone.stores();
    let (request, step) = phone.steps.remove(0);
    let begun = phone.carries_out(&step);
    phone.withdraws(photo.number);
    phone.chooses(photo.number, Choice::Discard).unwrap();
    phone.stores();
    assert_eq!(phone.server.unsent_uploads(), 1);
    phone.answers(request, begun);
    phone.stores();
    assert_eq!(phone.server.unsent_uploads(), 0);
}

#[test]
fn an_upload_that_the_server_ended_after_an_hour_begins_anew_as_often_as_that_happens() {
    let mut phone = Phone::new(1);
    let photo = phone.sends_file(talk(0), 1, 300_000);
    phone.stores();
    for nth in 0..5 {
        assert!(matches!(phone.steps(), UploadStep::Begin { .. }), "upload {nth}");
        phone.server.forget_uploads();
        phone.passes(Duration::from_secs(60 * 60));
        phone.restarts();
        phone.connects();
        assert!(matches!(phone.steps(), UploadStep::Look { .. }), "upload {nth}");
        phone.passes(Duration::from_secs(30));
        phone.stores();
    }
    assert_eq!(phone.stage(photo.number), ActStage::Waiting);
    phone.uploads();
    assert_eq!(phone.got(), [contents(FILE, 0, 300_000)]);
}

#[test]
fn what_whatsapp_does_not_take_is_refused_at_the_tap_with_its_limit() {
    let mut phone = Phone::new(1);
    let refused = phone.tries_file(talk(0), (1, photo(6 << 20))).unwrap_err();
    assert_eq!(refused.to_string(), "bytes: has 6291456 bytes, must have 1 to 5242880");
    let wrong = UploadNew { media_type: "image/gif".to_owned(), ..photo(1) };
    let refused = phone.tries_file(talk(0), (1, wrong)).unwrap_err();
    assert_eq!(refused.to_string(), "media_type: WhatsApp takes image/jpeg, image/png there");
    assert!(phone.outbox.files().is_empty());
}

#[test]
fn two_photos_at_once_are_two_acts_and_the_same_twice_is_a_double_tap() {
    let mut phone = Phone::new(1);
    let one = phone.sends_file(talk(0), 1, 1_000);
    let two = phone.sends_file(talk(0), 2, 2_000);
    let again = phone.sends_file(talk(0), 3, 2_000);
    assert!(one.is_new && two.is_new && !again.is_new);
    assert_eq!(again.number, two.number);
    assert!(!phone.outbox.files().contains(&Uuid::from_u128(3)));
}

#[test]
fn a_file_that_this_device_lost_can_only_be_discarded() {
    let mut phone = Phone::new(1);
    let photo = phone.sends_file(talk(0), 1, 1_000);
    phone.stores();
    phone.steps();
    let (request, _) = phone.steps.remove(0);
    phone.answers(request, Err(UploadFailure::FileLost));
    assert_eq!(phone.echo(photo.number).reason, Some(ReviewReason::FileLost));
    assert_eq!(phone.echo(photo.number).offers, [Offer::Discard]);
}

#[test]
fn an_act_that_the_store_never_had_leaves_no_file() {
    let mut phone = Phone::new(1);
    phone.sends_file(talk(0), 1, 1_000);
    phone.store_fails();
    assert_eq!(phone.dropped, [FILE]);
}

#[test]
fn a_file_that_waits_names_the_reply_before_it_although_the_phone_died_after_its_line_was_shown() {
    let mut phone = Phone::new(1);
    phone.says(talk(0), "before");
    let photo = phone.sends_file(talk(0), 1, 1_000);
    phone.runs();
    phone.look();
    phone.stores();
    phone.restarts();
    phone.connects();
    phone.uploads();
    assert_eq!(phone.echo(photo.number).reason, None, "its own line is no news");
    assert_eq!(phone.got(), [b"before".to_vec(), contents(FILE, 0, 1_000)]);
    phone.look();
    phone.stores();
    assert!(phone.outbox.echoes().is_empty());
}

#[test]
fn an_act_that_nothing_has_to_name_any_more_leaves_at_once() {
    let mut phone = Phone::new(1);
    phone.says(talk(0), "before");
    let photo = phone.sends_file(talk(0), 1, 1_000);
    phone.runs();
    phone.look();
    phone.stores();
    let left = |phone: &Phone| phone.outbox.echoes().iter().map(|e| e.number).collect::<Vec<_>>();
    assert_eq!(left(&phone).len(), 2, "the photo has to name the reply");
    phone.outbox.leave_scope(talk(0), phone.now());
    assert_eq!(left(&phone), [photo.number]);
}

/// What happens to a phone with files on their way.
#[derive(Clone, Copy, Debug)]
enum Op {
    Step,
    StepLost,
    AnswerLost,
    Refused(u16),
    Restarts,
    ServerForgets,
    StoreFails,
    Waits(u64),
    Says,
    Looks,
    SendsFile(u64),
}

fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => Just(Op::Step),
        2 => Just(Op::StepLost),
        2 => Just(Op::AnswerLost),
        2 => prop::sample::select(vec![401, 408, 409, 413, 429, 500, 503]).prop_map(Op::Refused),
        2 => Just(Op::Restarts),
        1 => Just(Op::ServerForgets),
        1 => Just(Op::StoreFails),
        4 => (1..40_u64).prop_map(Op::Waits),
        2 => Just(Op::Says),
        1 => Just(Op::Looks),
        3 => (1..900_000_u64).prop_map(Op::SendsFile),
    ]
}

impl Phone {
    fn plays(&mut self, op: Op, wanted: &mut Vec<Vec<u8>>) {
        match op {
            Op::Says => {
                let text = format!("text {}", wanted.len());
                self.passes(Duration::from_secs(2));
                self.says(talk(0), &text);
                self.stores();
                wanted.push(text.into_bytes());
            }
            Op::SendsFile(bytes) => {
                let file = wanted.len() as u128 + 1;
                self.passes(Duration::from_secs(2));
                self.sends_file(talk(0), file, bytes);
                self.stores();
                wanted.push(contents(Uuid::from_u128(file), 0, bytes));
            }
            Op::Waits(seconds) => self.passes(Duration::from_secs(seconds)),
            Op::Restarts => {
                self.steps.clear();
                self.restarts();
                self.connects();
            }
            Op::Looks => self.look(),
            Op::ServerForgets => self.server.forget_uploads(),
            Op::StoreFails => {
                // Nothing that was promised is lost: acts are stored at the tap.
                self.store_fails();
            }
            Op::Step | Op::StepLost | Op::AnswerLost | Op::Refused(_) => {
                self.stores();
                let Some((request, step)) = self.steps.pop() else { return };
                let answer = match op {
                    Op::StepLost => Err(UploadFailure::Unanswered),
                    Op::Refused(status) => Err(refused(status)),
                    Op::AnswerLost => {
                        drop(self.carries_out(&step));
                        Err(UploadFailure::Unanswered)
                    }
                    Op::Step
                    | Op::Restarts
                    | Op::ServerForgets
                    | Op::StoreFails
                    | Op::Waits(_)
                    | Op::Says
                    | Op::Looks
                    | Op::SendsFile(_) => self.carries_out(&step),
                };
                self.answers(request, answer);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happened_every_file_arrives_whole_once_and_in_its_turn(
        ops in prop::collection::vec(ops(), 1..60)
    ) {
        let mut phone = Phone::new(1);
        let mut wanted = Vec::new();
        for op in ops {
            phone.plays(op, &mut wanted);
        }
        for _ in 0..20 {
            phone.uploads();
            let reviews = phone.outbox.unsent();
            let Some(echo) = reviews.iter().find(|one| one.reason.is_some()) else { break };
            let seen = phone.seen(talk(0));
            phone.chooses(echo.number, Choice::SendAnyway { seen }).unwrap();
        }
        assert!(phone.got() == wanted, "{:?}", phone.outbox.echoes());
    }
}
