//! Both stores keep the same promises. A bucket is tried where `BATON_TEST_S3` names a server that
//! takes any key and has the buckets `baton` and `baton-swept`: `scripts/s3.sh`.

use baton_protocol::{MessageId, WorkspaceId};
use futures_util::TryStreamExt as _;
use uuid::Uuid;

use super::*;

/// A folder, and a bucket of this name.
fn stores(name: &str, directory: &Path) -> Vec<(&'static str, Box<dyn MediaStore>)> {
    let folder = Folder::open(&directory.join("folder")).unwrap();
    let mut all: Vec<(_, Box<dyn MediaStore>)> = vec![("a folder", Box::new(folder))];
    match std::env::var_os("BATON_TEST_S3").and_then(|url| url.into_string().ok()) {
        Some(url) => all.push(("a bucket", Box::new(bucket(url, name, directory)))),
        None => println!("SKIPPED on S3: BATON_TEST_S3 is not set; see scripts/s3.sh"),
    }
    all
}

fn bucket(url: String, name: &str, directory: &Path) -> S3 {
    drop(rustls::crypto::ring::default_provider().install_default());
    let bucket = Bucket {
        url,
        name: name.to_owned(),
        region: "eu-central-1".to_owned(),
        access_key: "key".to_owned(),
        secret_key: "secret".to_owned(),
    };
    S3::open(&bucket, &directory.join("collecting"), Clock::system()).unwrap()
}

/// Of no other test: they share the bucket.
fn fresh() -> ObjectKey {
    ObjectKey { workspace: WorkspaceId(Uuid::new_v4()), message: MessageId(Uuid::new_v4()) }
}

async fn collected(store: &dyn MediaStore, bytes: &[u8]) -> Scratch {
    let mut scratch = store.scratch().await.unwrap();
    for piece in bytes.chunks(50_000) {
        scratch = scratch.push(piece).await.unwrap();
    }
    scratch
}

async fn read(store: &dyn MediaStore, of: ObjectKey, from: u64, length: u64) -> Option<Vec<u8>> {
    let bytes = store.get(of, from, length).await.unwrap()?;
    Some(bytes.try_collect::<Vec<_>>().await.unwrap().concat())
}

#[tokio::test]
async fn a_file_is_read_as_it_was_put_whole_and_in_part() {
    let directory = tempfile::tempdir().unwrap();
    for (name, store) in stores("baton", directory.path()) {
        let (store, place) = (store.as_ref(), fresh());
        let bytes: Vec<u8> = (0..400_000_u32).map(|n| n.to_le_bytes()[1]).collect();
        store.put(place, collected(store, &bytes).await).await.unwrap();
        assert_eq!(read(store, place, 0, 400_000).await.as_deref(), Some(&bytes[..]), "{name}");
        let end = read(store, place, 399_990, 10).await;
        assert_eq!(end.as_deref(), Some(&bytes[399_990..]), "{name}");
        assert_eq!(read(store, place, 399_990, 11).await, None, "{name}: it is not as long");
        assert_eq!(read(store, place, 400_000, 1).await, None, "{name}");
        assert_eq!(read(store, fresh(), 0, 1).await, None, "{name}: another has none");
        store.put(place, collected(store, b"again").await).await.unwrap();
        assert_eq!(read(store, place, 0, 5).await.as_deref(), Some(&b"again"[..]), "{name}");
        assert_eq!(store.small(place).await.unwrap(), None, "{name}");
        store.put_small(place, b"small".to_vec()).await.unwrap();
        assert_eq!(store.small(place).await.unwrap().as_deref(), Some(&b"small"[..]), "{name}");
        store.delete(place).await.unwrap();
        store.delete(place).await.unwrap();
        assert_eq!(read(store, place, 0, 0).await, None, "{name}");
        assert_eq!(store.small(place).await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn pieces_become_the_file_however_they_were_cut_and_whichever_come_twice() {
    let directory = tempfile::tempdir().unwrap();
    for (name, store) in stores("baton", directory.path()) {
        let (store, place) = (store.as_ref(), fresh());
        let append =
            async |from, piece: &[u8]| store.append(place, from, piece.to_vec()).await.unwrap();
        assert_eq!(store.complete(place).await.unwrap(), None, "{name}: there is nothing");
        assert!(append(0, b"abc").await, "{name}");
        assert!(!append(5, b"f").await, "{name}: what is before it is missing");
        assert!(append(3, b"defgh").await, "{name}");
        assert!(append(3, b"de").await, "{name}: cut elsewhere");
        assert!(append(5, b"fghij").await, "{name}");
        assert!(append(0, b"abc").await, "{name}: late");
        let whole = (10, hex::encode(Sha256::digest(b"abcdefghij")));
        assert_eq!(store.complete(place).await.unwrap(), Some(whole.clone()), "{name}");
        assert_eq!(store.complete(place).await.unwrap(), Some(whole), "{name}: again");
        assert_eq!(read(store, place, 2, 8).await.as_deref(), Some(&b"cdefghij"[..]), "{name}");
        let given_up = fresh();
        store.append(given_up, 0, b"abc".to_vec()).await.unwrap();
        store.delete(given_up).await.unwrap();
        assert_eq!(store.complete(given_up).await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn pieces_that_nobody_put_together_are_swept() {
    let directory = tempfile::tempdir().unwrap();
    for (name, store) in stores("baton-swept", directory.path()) {
        let (store, place) = (store.as_ref(), fresh());
        store.append(place, 0, b"abc".to_vec()).await.unwrap();
        store.sweep(Timestamp::from_ms(0)).await.unwrap();
        assert!(store.append(place, 3, b"d".to_vec()).await.unwrap(), "{name}: it is young");
        let gone = store.sweep(Timestamp::from_ms(9_999_999_999_999)).await.unwrap();
        assert!(gone >= 1, "{name}");
        assert_eq!(store.complete(place).await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_reached_is_an_error_and_no_missing_file() {
    let directory = tempfile::tempdir().unwrap();
    let store = bucket("http://127.0.0.1:9".to_owned(), "baton", directory.path());
    let failed = store.get(fresh(), 0, 1).await.err().expect("an error").to_string();
    assert!(!failed.contains("baton/"), "{failed}");
    assert!(store.append(fresh(), 0, vec![1]).await.is_err());
}
