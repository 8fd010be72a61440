//! Uploads: of two who bring the same piece one counts, and a void claim changes nothing.

use baton_domain::group::Key;
use baton_protocol::upload::{UploadNew, UploadState};
use baton_protocol::{LineKind, MessageId, NodeId, Timestamp};
use uuid::Uuid;

use super::seed::{self, ANA, CONVERSATION, WORKSPACE};
use crate::database::testing::databases;
use crate::work::uploads::{
    BegunUpload, UploadRoom, begin_upload, claim_uploads, end_upload, expire_uploads,
    forget_upload, is_nobodys, put_off_upload, release_uploads, upload, upload_complete,
    upload_heard, upload_ready, upload_received, upload_refused, upload_spoilt, uploads_of,
};
use crate::{Period, Store, node};

fn at(s: i64) -> Timestamp {
    Timestamp::from_ms(s * 1000)
}

fn key(n: u128) -> Key<MessageId> {
    (WORKSPACE.parse().unwrap(), MessageId(Uuid::from_u128(n)))
}

async fn state(store: &Store, of: Key<MessageId>) -> (UploadState, u64) {
    let mut tx = store.read().await.unwrap();
    let found = upload(&mut tx, of).await.unwrap().expect("an upload").upload;
    tx.rollback().await.unwrap();
    (found.state, found.received)
}

#[tokio::test]
async fn one_piece_counts_once_and_what_is_under_way_is_nobody_elses() {
    for database in databases().await {
        seed::seed(&database).await;
        let store = &database.store;
        let new = UploadNew {
            kind: LineKind::Image,
            media_type: "image/png".to_owned(),
            name: None,
            bytes: 10,
            sha256: None,
        };
        let (agent, conversation) = (ANA.parse().unwrap(), CONVERSATION.parse().unwrap());
        let begun = BegunUpload { agent, conversation, new: &new, at: at(0) };
        let room = UploadRoom { count: 20, bytes: 100 };
        for n in 0..2 {
            assert_eq!(begin_upload(store, key(n), begun, room).await.unwrap(), Some(vec![]));
        }

        let of = key(0);
        assert!(upload_received(store, of, 0..4, at(0)).await.unwrap());
        assert!(!upload_received(store, of, 0..4, at(0)).await.unwrap(), "it came before");
        assert!(!upload_spoilt(store, of, 0, "late").await.unwrap(), "it is further by now");
        assert!(upload_received(store, of, 4..10, at(0)).await.unwrap());
        assert!(upload_complete(store, of, "digest", at(1)).await.unwrap());
        assert!(!upload_complete(store, of, "digest", at(1)).await.unwrap());
        assert_eq!(state(store, of).await, (UploadState::Passing, 10));

        let me = NodeId(Uuid::from_u128(9));
        let claim = async |from, to| {
            claim_uploads(store, me, Period { from: at(from), until: at(to) }, 5)
                .await
                .unwrap()
                .pop()
        };
        // A node that is in no table is dead: another one claims at once, and its own is void.
        let first = claim(1, 100).await.expect("it is due");
        let second = claim(1, 100).await.expect("its node is no more");
        assert_eq!((first.tries, second.tries), (1, 2));
        assert!(!upload_ready(store, &first, "void", None, None).await.unwrap());
        assert!(!upload_refused(store, &first, "void").await.unwrap());
        assert!(!put_off_upload(store, &first, at(0)).await.unwrap());
        assert!(put_off_upload(store, &second, at(50)).await.unwrap());
        assert!(claim(49, 100).await.is_none(), "it is not due");
        // The answer to a claim was lost: its node knows of nothing that it works on.
        claim(50, 100).await.expect("it is due again");
        assert_eq!(release_uploads(store, me, &[of], at(51)).await.unwrap(), 0, "it runs");
        let another = NodeId(Uuid::from_u128(8));
        assert_eq!(release_uploads(store, another, &[], at(51)).await.unwrap(), 0);
        assert_eq!(release_uploads(store, me, &[], at(51)).await.unwrap(), 1);
        // As long as its node lives, a claim lasts until its end.
        node::begin(store, me, at(51)).await.unwrap();
        claim(51, 100).await.expect("it is due again");
        assert!(claim(99, 200).await.is_none(), "its node works on it");
        let last = claim(100, 200).await.expect("its time is over");
        assert!(upload_ready(store, &last, "media", None, None).await.unwrap());
        assert_eq!(state(store, of).await.0, UploadState::Ready);

        // What nobody sent goes, and not before its bytes are gone.
        assert!(!forget_upload(store, of).await.unwrap());
        assert_eq!(expire_uploads(store, at(0), 9).await.unwrap(), []);
        assert_eq!(expire_uploads(store, at(1), 9).await.unwrap().len(), 2);
        assert!(forget_upload(store, of).await.unwrap());
        database.close().await;
    }
}

#[tokio::test]
async fn of_more_than_there_is_room_for_the_oldest_end_and_what_is_asked_about_stays() {
    for database in databases().await {
        seed::seed(&database).await;
        let store = &database.store;
        let of_bytes = |bytes| UploadNew {
            kind: LineKind::Document,
            media_type: "application/pdf".to_owned(),
            name: None,
            bytes,
            sha256: None,
        };
        let (agent, conversation) = (ANA.parse().unwrap(), CONVERSATION.parse().unwrap());
        let begin = async |n: u128, bytes| {
            let (new, at) = (of_bytes(bytes), at(i64::try_from(n).unwrap()));
            let begun = BegunUpload { agent, conversation, new: &new, at };
            let room = UploadRoom { count: 3, bytes: 100 };
            begin_upload(store, key(n), begun, room).await.unwrap().expect("a conversation")
        };
        for n in 0..3 {
            assert_eq!(begin(n, 10).await, []);
        }
        assert_eq!(begin(3, 10).await, [key(0)], "a fourth one");
        assert_eq!(state(store, key(0)).await.0, UploadState::Refused);
        assert!(forget_upload(store, key(0)).await.unwrap());
        // What is of no use gives place before what is older.
        assert!(upload_spoilt(store, key(3), 0, "other bytes").await.unwrap());
        assert_eq!(begin(4, 10).await, [key(3)]);
        assert!(forget_upload(store, key(3)).await.unwrap());
        assert_eq!(begin(5, 85).await, [key(2), key(1)], "bytes, not only how many");
        assert!(forget_upload(store, key(2)).await.unwrap());
        assert!(forget_upload(store, key(1)).await.unwrap());

        assert!(!forget_upload(store, key(4)).await.unwrap(), "it did not end");
        assert!(end_upload(store, key(4)).await.unwrap());
        assert!(forget_upload(store, key(4)).await.unwrap());
        assert!(is_nobodys(store, key(4)).await.unwrap());
        assert!(!end_upload(store, key(4)).await.unwrap());
        assert!(!is_nobodys(store, key(5)).await.unwrap());

        upload_heard(store, key(5), at(60), 100_000).await.unwrap();
        assert_eq!(
            expire_uploads(store, at(6), 9).await.unwrap(),
            [key(5)],
            "a look is written once in a while"
        );
        begin(7, 10).await;
        upload_heard(store, key(7), at(60), 10_000).await.unwrap();
        assert_eq!(expire_uploads(store, at(60), 9).await.unwrap(), [key(5)]);
        assert_eq!(expire_uploads(store, at(61), 9).await.unwrap(), [key(5), key(7)]);
        let mut tx = store.read().await.unwrap();
        let own = uploads_of(&mut tx, (key(7).0, agent)).await.unwrap();
        tx.rollback().await.unwrap();
        let own: Vec<_> = own.iter().map(|one| (one.id, one.conversation_id)).collect();
        assert_eq!(own, [(key(5).1, Some(conversation)), (key(7).1, Some(conversation))]);
        database.close().await;
    }
}
