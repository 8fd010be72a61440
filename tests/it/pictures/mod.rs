//! Small pictures and waveforms: made by a process that can do nothing else, shown first, and never
//! in the way.

mod corpus;
mod sound;

pub(crate) use corpus::jpeg;

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use baton::demo::PASSWORD;
use baton_mobile::lists::Entry;
use baton_protocol::account::Me;
use baton_protocol::{FileState, Line, LineKind, Picture};
use baton_world::handset::{Drawn, Handset, until};
use baton_world::process::program;
use baton_world::world::{
    Agent, PATIENCE, Raw, Setup, World, eventually, for_each_store, on_sqlite,
};
use reqwest::{Method, Response};
use zune_jpeg::JpegDecoder;

use crate::files::{address, header, reads, sends, stored};

/// What the worker makes of a file: the size it tells, and the small picture.
#[expect(clippy::unwrap_in_result, reason = "a worker that does not run made no answer")]
fn worker_draws(file: &[u8]) -> Option<((u32, u32), Vec<u8>)> {
    let mut worker = Command::new(program().expect("the program"));
    worker.arg("media-worker").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = worker.stderr(Stdio::null()).spawn().expect("a worker");
    // It may have seen enough before it was told all.
    drop(child.stdin.take().expect("its input").write_all(file));
    let answer = child.wait_with_output().expect("its end");
    let (head, small) = answer.stdout.split_at_checked(8)?;
    let side = |at: usize| head.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    let sides = (side(0)?, side(4)?);
    answer.status.success().then(|| (sides, small.to_vec()))
}

/// Width, height and the pixels of a JPEG.
fn drawn(jpeg: &[u8]) -> (usize, usize, Vec<[u8; 3]>) {
    let mut decoder = JpegDecoder::new(std::io::Cursor::new(jpeg));
    let pixels = decoder.decode().expect("a JPEG");
    let info = decoder.info().expect("its size");
    let pixels = pixels.as_chunks::<3>().0.to_vec();
    (info.width.into(), info.height.into(), pixels)
}

fn is_red([red, _, blue]: [u8; 3]) -> bool {
    red > 200 && blue < 60
}

/// The picture of the last line, once its file is stored.
fn picture(line: &Line) -> Option<Picture> {
    line.file.and_then(FileState::picture)
}

fn is_inert(answer: &Response) {
    assert_eq!(header(answer, "x-content-type-options"), "nosniff");
    assert_eq!(header(answer, "content-security-policy"), "sandbox; default-src 'none'");
}

#[test]
fn a_small_picture_is_the_picture_in_little_as_it_is_drawn() {
    for file in [jpeg(1_000, 500), corpus::png(1_000, 500), corpus::webp(1_000, 500)] {
        let (size, small) = worker_draws(&file).expect("a small picture");
        let (width, height, pixels) = drawn(&small);
        assert_eq!((size, (width, height)), ((1_000, 500), (320, 160)));
        assert!(is_red(pixels[0]) && !is_red(pixels[width - 1]));
    }
    let (size, small) = worker_draws(&corpus::png(7, 5)).expect("a small picture");
    assert_eq!((size, drawn(&small).0), ((7, 5), 7), "none is drawn larger than it is");
    // Held so that red is above, the camera wrote the picture with red on its left.
    let (size, small) = worker_draws(&corpus::turned_jpeg(600, 300, 6)).expect("a small picture");
    let (width, height, pixels) = drawn(&small);
    assert_eq!((size, (width, height)), ((300, 600), (160, 320)));
    assert!(is_red(pixels[0]) && is_red(pixels[width - 1]), "red is above");
    assert!(!is_red(pixels[width * (height - 1)]), "blue is below");
}

#[test]
fn a_bomb_ends_its_worker_within_its_limits() {
    for (name, _, file) in corpus::unfit() {
        assert_eq!(worker_draws(&file), None, "{name}");
    }
    assert_eq!(worker_draws(b""), None);
    for (_, _, file) in corpus::doubtful() {
        drop(worker_draws(&file));
    }
}

#[test]
fn a_worker_opens_no_file_and_no_connection_and_has_little_memory_and_time() {
    let mut worker = Command::new(program().expect("the program"));
    worker.arg("media-worker").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = worker.spawn().expect("a worker");
    let of = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", child.id()));
    let is_shut = || of("status").is_ok_and(|status| status.contains("Seccomp:\t2"));
    while !is_shut() {
        std::thread::yield_now();
    }
    let (limits, status) = (of("limits").expect("limits"), of("status").expect("a status"));
    assert!(status.contains("NoNewPrivs:\t1"), "{status}");
    for (name, most) in [
        ("Max address space", "536870912"),
        ("Max cpu time", "2"),
        ("Max open files", "0"),
        ("Max processes", "0"),
        ("Max file size", "0"),
        ("Max core file size", "0"),
    ] {
        let row = limits.lines().find_map(|row| row.strip_prefix(name)).expect(name);
        assert_eq!(row.split_whitespace().take(2).collect::<Vec<_>>(), [most, most], "{name}");
    }
    drop(child.stdin.take());
    let mut said = Vec::new();
    child.stdout.take().expect("its output").read_to_end(&mut said).expect("its end");
    assert!(said.is_empty() && !child.wait().expect("its end").success());
}

#[tokio::test(flavor = "multi_thread")]
async fn colleagues_are_told_the_size_of_a_photo_and_load_a_small_one_first() {
    for_each_store(Setup::usual(), async |world| {
        let directory = tempfile::tempdir().expect("a directory");
        let on = Handset::on(&world.server.url(), directory.path()).await.expect("a handset");
        let ben = on.signed_in("acme", "ben@acme.example", PASSWORD).await.expect("signing in");
        ben.live(PATIENCE).await.expect("live");
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        sends(&lucia, "image", "image/jpeg", &jpeg(1_200, 800)).await;
        let line = stored(&ana, &lucia).await;
        let size = Some(Picture { width: 1_200, height: 800 });
        assert_eq!(picture(&line), size);
        let given = address(&ana, &lucia, &line).await;
        let small = given.small_url.expect("a small picture");
        for _ in 0..2 {
            let answer = reads(world, &small, None).await;
            assert_eq!(answer.status(), 200);
            assert_eq!(header(&answer, "content-type"), "image/jpeg");
            is_inert(&answer);
            let jpeg = answer.bytes().await.expect("a body");
            assert!(jpeg.len() < 30_000, "{}", jpeg.len());
            assert_eq!(drawn(&jpeg).0, 320);
        }
        // A phone reads the same of its own store.
        let conversation = lucia.conversation().await;
        let mut lines = ben.timeline(conversation).await.expect("a timeline");
        let has_it = |drawn: &Drawn| {
            matches!(drawn.entries.last(), Some(Entry::Line { line, .. }) if picture(line) == size)
        };
        until(&mut lines, "the size of the photo", has_it).await.expect("drawn");
        let given = ben.core.file_address(conversation, line.id).await.expect("an address");
        assert!(given.small_url.is_some_and(|url| url.starts_with("http")));
    })
    .await;
}

/// Sends a file, and gives its line once it is stored.
async fn sent(world: &World, kind: &str, media_type: &str, file: &[u8]) -> Line {
    let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
    sends(&lucia, kind, media_type, file).await;
    stored(&ana, &lucia).await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_bombs_and_polyglots_there_is_no_small_picture_and_all_else_goes_on() {
    on_sqlite(&Setup::usual(), &async |world: &World| {
        let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
        for (name, media_type, file) in corpus::unfit() {
            let line = sent(world, "image", media_type, &file).await;
            assert_eq!(picture(&line), None, "{name}");
            let given = address(&ana, &lucia, &line).await;
            assert_eq!(given.small_url, None, "{name}");
            let answer = reads(world, &given.url, None).await;
            is_inert(&answer);
            assert_eq!(answer.bytes().await.expect("a body"), file, "{name}");
        }
        for (name, media_type, file) in corpus::doubtful() {
            let line = sent(world, "image", media_type, &file).await;
            let given = address(&ana, &lucia, &line).await;
            let Some(small) = given.small_url else { continue };
            let small = reads(world, &small, None).await;
            is_inert(&small);
            let small = small.bytes().await.expect("a body");
            let has_script = small.windows(8).any(|bytes| bytes == b"<script>");
            assert!(small.starts_with(&[0xff, 0xd8]) && !has_script, "{name}");
        }
        for (kind, media_type) in [("document", "image/svg+xml"), ("image", "image/svg+xml")] {
            let line = sent(world, kind, media_type, b"<svg onload='alert(1)'/>").await;
            let given = address(&ana, &lucia, &line).await;
            let answer = reads(world, &given.url, None).await;
            is_inert(&answer);
            assert!(header(&answer, "content-disposition").starts_with("attachment"));
            assert_eq!((picture(&line), given.small_url), (None, None));
        }
        let line = sent(world, "image", "image/png", &corpus::png(640, 480)).await;
        assert_eq!(picture(&line), Some(Picture { width: 640, height: 480 }));
        lucia.sends("and a text").await;
        ana.phone().shows("and a text").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_never_ends_is_killed_and_the_file_is_stored_without() {
    let directory = tempfile::tempdir().expect("a directory");
    let (program, note) = (directory.path().join("worker"), directory.path().join("pid"));
    fs::write(&program, format!("#!/bin/sh\necho $$ >{}\nexec sleep 600\n", note.display()))
        .expect("a program");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("a program");
    let by = program.display().to_string();
    let setup = Setup::usual().with("BATON_MEDIA__SMALL_PICTURES_BY", &by);
    on_sqlite(&setup, &async |world: &World| {
        let line = sent(world, "image", "image/png", &corpus::png(64, 64)).await;
        assert_eq!((line.kind, picture(&line)), (LineKind::Image, None));
        let pid = fs::read_to_string(&note).expect("its number");
        let path = format!("/proc/{}", pid.trim());
        eventually("the worker is gone", async || (!fs::exists(&path).ok()?).then_some(())).await;
    })
    .await;
}

/// Asks for something with a picture as the body.
async fn asks(world: &World, by: Option<&str>, method: Method, path: &str, body: &[u8]) -> Raw {
    let body = (method == Method::PUT).then(|| ("image/png", body.to_vec()));
    world.asks(method, path, by, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_has_a_logo_that_is_small_and_shown_without_a_session_until_it_is_ended() {
    const PATH: &str = "/api/v1/workspace/logo";
    for_each_store(Setup::usual(), async |world| {
        let token = |agent: &Agent| agent.signed.session.access_token.clone();
        let (admin, ana) = (world.admin().await, world.agent("Ana").await);
        let (by, ana_by) = (token(&admin), token(&ana));
        let logo = async || ana.signed.get::<Me>("/me").await.expect("me").workspace_logo;
        assert_eq!(logo().await, None);
        let file = corpus::png(1_000, 500);
        let answer = asks(world, Some(&ana_by), Method::PUT, PATH, &file).await;
        assert_eq!(answer.status, 403, "{}", answer.text);
        for (body, status, code) in [
            (b"<svg/>".to_vec(), 400, "picture_unfit"),
            (corpus::unfit().swap_remove(0).2, 400, "picture_unfit"),
            (vec![0; 2 * 1024 * 1024 + 1], 413, "too_large"),
        ] {
            let answer = asks(world, Some(&by), Method::PUT, PATH, &body).await;
            assert_eq!(answer.status, status, "{}", answer.text);
            assert!(answer.text.contains(code), "{}", answer.text);
            assert_eq!(logo().await, None);
        }
        let mut last = None;
        for file in [file, jpeg(400, 400), corpus::webp(64, 64)] {
            let answer = asks(world, Some(&by), Method::PUT, PATH, &file).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            let address = logo().await.expect("a logo");
            let shown = reads(world, &address, None).await;
            let kind = (shown.status().as_u16(), header(&shown, "content-type"));
            assert_eq!(kind, (200, "image/jpeg"));
            is_inert(&shown);
            assert!(header(&shown, "cache-control").contains("immutable"));
            let bytes = shown.bytes().await.expect("a body");
            assert!(bytes.len() <= 64 * 1024 && drawn(&bytes).0 <= 320);
            if let Some(last) = last.replace(address) {
                assert_eq!(reads(world, &last, None).await.status(), 404, "each has its own");
            }
        }
        let answer = asks(world, Some(&ana_by), Method::DELETE, PATH, b"").await;
        assert_eq!(answer.status, 403);
        for _ in 0..2 {
            let answer = asks(world, Some(&by), Method::DELETE, PATH, b"").await;
            assert_eq!(answer.status, 204, "{}", answer.text);
        }
        assert_eq!(logo().await, None);
        assert_eq!(reads(world, &last.expect("an address"), None).await.status(), 404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_can_do_without_small_pictures() {
    let setup = Setup::usual().with("BATON_MEDIA__SMALL_PICTURES", "false");
    on_sqlite(&setup, &async |world: &World| {
        let line = sent(world, "image", "image/png", &corpus::png(64, 64)).await;
        assert_eq!(picture(&line), None);
        let by = world.admin().await.signed.session.access_token.clone();
        let path = "/api/v1/workspace/logo";
        let answer = asks(world, Some(&by), Method::PUT, path, &corpus::png(64, 64)).await;
        assert!(answer.text.contains("pictures_off"), "{}", answer.text);
    })
    .await;
}
