//! Waveforms of voice notes.

use std::io::Write as _;
use std::process::{Command, Stdio};

use baton::demo::PASSWORD;
use baton_mobile::lists::Entry;
use baton_protocol::{FileState, Line, LineKind, Sound};
use baton_simulator::{Around, Inbound, InboundMedia, VOICE_NOTE};
use baton_world::handset::{Drawn, Handset, until};
use baton_world::process::program;
use baton_world::world::{PATIENCE, Setup, World, for_each_store, on_sqlite};

use crate::files::{address, header, reads, sends, stored};

/// As loud as the voice note in the same quarters, but of two channels and of all modes of Opus.
const STEREO: &[u8] = include_bytes!("stereo.ogg");
/// The largest file that a worker reads.
const FILE_BYTES_MAX: usize = 16 << 20;
const HOUR_MS: u64 = 3_600_000;

/// What a worker hears in a file: how long it lasts, and its peaks. One that fails after the length
/// has heard none.
#[expect(clippy::unwrap_in_result, reason = "a worker that does not run made no answer")]
fn worker_hears(file: &[u8]) -> Option<(u64, Vec<u8>)> {
    let mut worker = Command::new(program().expect("the program"));
    worker.arg("media-worker").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = worker.stderr(Stdio::null()).spawn().expect("a worker");
    drop(child.stdin.take().expect("its input").write_all(file));
    let answer = child.wait_with_output().expect("its end");
    let (length, peaks) = answer.stdout.strip_prefix(&[0xff; 4])?.split_first_chunk()?;
    assert_eq!(answer.status.success(), peaks.len() == 64);
    Some((u64::from_be_bytes(*length), peaks.to_vec()))
}

/// Whether these are the peaks of the voice note: what each quarter of it is.
fn is_the_voice(peaks: &[u8]) -> bool {
    let means = peaks.chunks(16).map(|part| part.iter().map(|peak| u32::from(*peak)).sum::<u32>());
    let means: Vec<_> = means.map(|sum| sum / 16).collect();
    let [quiet, loud, silent, middle] = means.as_slice() else { return false };
    *quiet < 10 && *loud > 70 && *silent < 10 && (20..60).contains(middle)
}

fn sound(line: &Line) -> Option<Sound> {
    line.file.and_then(FileState::sound)
}

/// A page of Ogg: packets of these sizes, the last of which ends at this position.
fn page(serial: u32, position: u64, sizes: &[u8], body: &[u8]) -> Vec<u8> {
    let count = u8::try_from(sizes.len()).expect("at most 255 parts");
    let head = [&b"OggS\0\0"[..], &position.to_le_bytes(), &serial.to_le_bytes(), &[0; 8]].concat();
    [&head[..], &[count], sizes, body].concat()
}

/// The beginning of a file that skips nothing.
fn opening() -> Vec<u8> {
    let head = b"OpusHead\x01\x01\0\0\x80\x3e\0\0\0\0\0";
    let tags = b"OpusTags\0\0\0\0\0\0\0\0";
    let size = |packet: &[u8]| [u8::try_from(packet.len()).expect("a short packet")];
    [page(7, 0, &size(head), head), page(7, 0, &size(tags), tags)].concat()
}

/// A file that ends in so many of this page.
fn of_pages(count: usize, page: &[u8]) -> Vec<u8> {
    [opening(), page.repeat(count)].concat()
}

/// The voice note, so many times in one file, whose last page says that it lasts for years.
fn again(times: usize) -> Vec<u8> {
    let pages: Vec<usize> = VOICE_NOTE
        .windows(4)
        .enumerate()
        .filter_map(|(at, part)| (part == b"OggS").then_some(at))
        .collect();
    let (head, sound) = VOICE_NOTE.split_at(*pages.get(2).expect("a page of sound"));
    let last = pages.last().expect("a page") - head.len();
    let mut file = [head, &sound.repeat(times)].concat();
    let at = file.len() - sound.len() + last + 6;
    let length = file.get_mut(at..at + 8).expect("a page's head");
    length.copy_from_slice(&(u64::MAX / 2).to_le_bytes());
    file
}

#[test]
fn a_voice_note_lasts_as_long_as_it_is_heard_and_is_as_loud() {
    let (length, peaks) = worker_hears(VOICE_NOTE).expect("heard");
    assert_eq!((length, peaks.len()), (1_993, 64));
    assert!(is_the_voice(&peaks) && peaks.contains(&100), "{peaks:?}");
    let (length, peaks) = worker_hears(STEREO).expect("heard");
    assert_eq!((length, peaks.len()), (2_000, 64));
    assert!(is_the_voice(&peaks), "{peaks:?}");
    let cut = worker_hears(VOICE_NOTE.get(..2_500).expect("a part")).expect("heard");
    assert!(cut.0 < 1_993, "what is cut off is not heard: {}", cut.0);
    // Packets of 20 ms whose one frame is empty: nothing was said.
    let (length, peaks) =
        worker_hears(&of_pages(3, &page(7, 960 * 50, &[1; 50], &[8; 50]))).expect("heard");
    assert!(length == 1_000 && peaks.iter().all(|peak| *peak < 10), "{length}: {peaks:?}");
}

#[test]
fn a_long_voice_note_is_heard_at_the_beginning_of_each_stretch() {
    // Fifteen minutes: each stretch holds seven of these notes, more than are decoded.
    let (length, peaks) = worker_hears(&again(450)).expect("heard");
    assert!((899_000..=910_000).contains(&length), "{length}");
    assert!(peaks.iter().all(|peak| *peak > 70), "{peaks:?}");
}

#[test]
fn nobody_claims_hours_that_are_not_there() {
    let (length, _) = worker_hears(&again(1)).expect("heard");
    assert!((1_993..=2_100).contains(&length), "its last page says years: {length}");
    // Each packet has two bytes, and is 48 frames of 2.5 ms: 120 ms.
    let parts = [0x83, 48].repeat(127);
    let page = page(7, u64::MAX / 2, &[2; 127], &parts);
    let hours = |file: &[u8]| worker_hears(file).map(|(length, _)| length / HOUR_MS);
    assert_eq!(hours(&of_pages(5_000, &page)), Some(21), "they are there, and empty");
    assert_eq!(hours(&of_pages(40_000, &page)), None, "nobody speaks for a week");
}

#[test]
fn what_is_no_voice_note_ends_its_worker_within_its_limits() {
    let full = |page: &[u8]| of_pages(FILE_BYTES_MAX / page.len() - 1, page);
    let mut garbled = VOICE_NOTE.to_vec();
    garbled.iter_mut().skip(200).step_by(3).for_each(|byte| *byte ^= 0x5a);
    let empty = page(7, 1 << 30, &[0; 255], b"");
    let endless = page(7, u64::MAX, &[255; 255], &[9; 255 * 255]);
    let other = page(8, 960, &[1; 255], &[8; 255]);
    let noise: Vec<u8> = (0..200_u32).map(|at| (at * at % 251) as u8).collect();
    let loud = page(7, 1 << 40, &[200; 50], &[&[0xfc], &noise[1..]].concat().repeat(50));
    for (name, file) in [
        ("its mark alone", b"OggS".to_vec()),
        ("the beginning of its head", VOICE_NOTE[..40].to_vec()),
        ("its head alone", opening()),
        ("a page without an end", [b"OggS\0".as_slice(), &[0xff; 300]].concat()),
        ("Ogg of something else", page(7, 960, &[8], b"\x01vorbis ")),
        ("millions of empty packets", full(&empty)),
        ("a packet without an end", full(&endless)),
        ("tags without an end", [&opening()[..47], &endless.repeat(250)].concat()),
        ("pages of other streams", full(&other)),
        ("more than is read", full(&empty).repeat(2)),
    ] {
        assert_eq!(worker_hears(&file), None, "{name}");
    }
    // The loudness of these is not promised.
    for file in [garbled, full(&loud), again(4_900)] {
        assert!(worker_hears(&file).is_none_or(|(_, peaks)| matches!(peaks.len(), 0 | 64)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn colleagues_are_told_how_long_a_voice_note_lasts_and_how_loud_it_is() {
    for_each_store(Setup::usual(), async |world| {
        let directory = tempfile::tempdir().expect("a directory");
        let on = Handset::on(&world.server.url(), directory.path()).await.expect("a handset");
        let ben = on.signed_in("acme", "ben@acme.example", PASSWORD).await.expect("signing in");
        ben.live(PATIENCE).await.expect("live");
        let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
        let media =
            InboundMedia { kind: "audio".to_owned(), voice: true, ..InboundMedia::default() };
        let said = lucia.customer.says(Inbound::Media(media), Around::default()).await;
        lucia.acknowledged(&said.expect("a voice note")).await;
        let line = stored(&ana, &lucia).await;
        assert_eq!(line.kind, LineKind::Voice);
        let heard = sound(&line).expect("a sound");
        assert_eq!(heard.duration_ms, 1_993);
        assert!(heard.peaks.is_some_and(|peaks| is_the_voice(peaks.values())));
        assert_eq!(super::picture(&line), None);
        let given = address(&ana, &lucia, &line).await;
        assert_eq!(given.small_url, None);
        let answer = reads(world, &given.url, None).await;
        assert_eq!(header(&answer, "content-type"), "audio/ogg");
        assert_eq!(answer.bytes().await.expect("a body"), VOICE_NOTE);
        // A phone draws the same of its own store.
        let mut lines = ben.timeline(lucia.conversation().await).await.expect("a timeline");
        let has_it = |drawn: &Drawn| {
            matches!(drawn.entries.last(), Some(Entry::Line { line, .. })
                if sound(line) == Some(heard))
        };
        until(&mut lines, "the waveform", has_it).await.expect("drawn");
        sends(&lucia, "audio", "audio/ogg", b"no sound at all").await;
        let line = stored(&ana, &lucia).await;
        assert_eq!(line.file, Some(FileState::Stored { bytes: 15, picture: None, sound: None }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_without_small_pictures_does_without_waveforms() {
    let setup = Setup::usual().with("BATON_MEDIA__SMALL_PICTURES", "false");
    on_sqlite(&setup, &async |world: &World| {
        let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
        sends(&lucia, "audio", "audio/ogg; codecs=opus", VOICE_NOTE).await;
        assert_eq!(sound(&stored(&ana, &lucia).await), None);
    })
    .await;
}
