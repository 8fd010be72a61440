//! Uploads: of two who bring the same piece one counts, and a void claim changes nothing.

use baton_domain::group::Key;
use baton_protocol::upload::{UploadNew, UploadState};
use baton_protocol::{LineKind, MessageId, NodeId, Timestamp};
use uuid::Uuid;

use super::seed::{self, ANA, CONVERSATION, WORKSPACE};
use crate::store::testing::databases;
use crate::store::uploads::{
    BegunUpload, begin_upload, claim_uploads, expire_uploads, forget_upload, put_off_upload,
    release_uploads, upload, upload_complete, upload_ready, upload_received, upload_refused,
    upload_spoilt,
};
use crate::store::{Period, Store, node};

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
        for n in 0..2 {
            assert!(begin_upload(store, key(n), begun, 2).await.unwrap());
        }
        assert!(!begin_upload(store, key(2), begun, 2).await.unwrap(), "too many");

        let of = key(0);
        assert!(upload_received(store, of, 0..4).await.unwrap());
        assert!(!upload_received(store, of, 0..4).await.unwrap(), "it came before");
        assert!(!upload_spoilt(store, of, 0, "late").await.unwrap(), "it is further by now");
        assert!(upload_received(store, of, 4..10).await.unwrap());
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
