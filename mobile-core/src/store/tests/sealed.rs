//! On disk there is nothing to be read.

use baton_domain::see::mirror::Mirrored;
use baton_protocol::conversation::ContactCard;
use baton_protocol::{Content, OpId, Timestamp};
use rusqlite::Connection;

use super::super::{Draft, DropBox, OutboxRow, StoreError, StoredProgress, ValueName};
use super::{account, bytes_of, conversation_id, copy_of, dice, holds, key, open, store, uuid};

const SECRETS: [&str; 11] = [
    "a line of the customer",
    "a name of a contact",
    "34600123456",
    "a note of a colleague",
    "a draft of mine",
    "a payload of the outbox",
    "the agents by name",
    "a setting of the app",
    "the state of the log",
    "a preview of a line",
    "an error's reason",
];

#[test]
fn database_log_and_drop_files_hold_no_contents() {
    let (directory, store) = store();
    let mut dice = dice(1);
    let mut full = dice.full(conversation_id(1));
    let mut line = dice.line(1);
    let text = |text: &str| Content { text: Some(text.to_owned()), ..Content::default() };
    line.content = text(SECRETS[0]);
    line.error = Some(baton_protocol::MessageError {
        code: 1,
        reason: SECRETS[10].to_owned(),
        remedy: SECRETS[10].to_owned(),
    });
    full.lines = std::iter::once((1, line.clone())).collect();
    line.content = text(SECRETS[9]);
    full.view.preview = Some(line);
    full.view.contact = ContactCard {
        name: Some(SECRETS[1].to_owned()),
        phone: Some(SECRETS[2].to_owned()),
        ..ContactCard::default()
    };
    full.notes.values_mut().for_each(|note| note.text = Some(SECRETS[3].to_owned()));
    let drops = DropBox::open(directory.path(), &key(), [3; 32]).expect("opens");
    for _ in 0..3 {
        store.writes(|write| {
            write.remove(conversation_id(1))?;
            write.put(Mirrored::Full(Box::new(full.clone())))?;
            write.read()?;
            let (at, conversation) = (Timestamp::from_ms(1), conversation_id(2));
            write.set_draft(&Draft {
                conversation,
                at,
                text: SECRETS[4].to_owned(),
                is_note: false,
            })?;
            write.put_outbox(&OutboxRow {
                op_id: OpId(uuid(1)),
                conversation: None,
                place: 0,
                state: "queued".to_owned(),
                created_at: at,
                byte_sent: false,
                payload: SECRETS[5].as_bytes().to_vec(),
            })?;
            write.keep(ValueName::Agents, Some(SECRETS[6].as_bytes()))?;
            write.keep(ValueName::Setting("s"), Some(SECRETS[7].as_bytes()))?;
            let state = SECRETS[8].as_bytes().to_vec();
            write.set_progress(&StoredProgress { cursor: None, state })
        });
        drops.leave(&account(), "p1", SECRETS[0].as_bytes()).expect("is left");
    }
    let clean = |bytes: &[u8]| {
        // The search is one that finds.
        assert!(holds(bytes, "queued") && holds(bytes, "agents"));
        for secret in SECRETS {
            assert!(!holds(bytes, secret), "{secret}");
        }
    };
    assert!(
        holds(&bytes_of(directory.path()), "WAL") || directory.path().join("baton.db-wal").exists()
    );
    clean(&bytes_of(directory.path()));
    store.close().expect("closes");
    clean(&bytes_of(directory.path()));
}

#[test]
fn contents_moved_to_another_row_do_not_open() {
    let (directory, store) = store();
    let draft = |n| Draft {
        conversation: conversation_id(n),
        at: Timestamp::from_ms(1),
        text: format!("to {n}"),
        is_note: n == 2,
    };
    store.writes(|write| {
        write.set_draft(&draft(1))?;
        write.set_draft(&draft(2))
    });
    let copy = copy_of(directory.path());
    let database = Connection::open(copy.path().join("baton.db")).expect("opens");
    let swapped = database.execute(
        "UPDATE draft SET sealed = (SELECT sealed FROM draft WHERE conversation = ?1)
         WHERE conversation = ?2",
        [uuid(1).as_bytes(), uuid(2).as_bytes()],
    );
    assert_eq!(swapped, Ok(1));
    drop(database);
    let (store, _) = open(copy.path());
    assert_eq!(store.reads(|read| read.draft(conversation_id(1))), Some(draft(1)));
    let other = store.read(&account(), |read| read.draft(conversation_id(2)));
    assert_eq!(other, Err(StoreError::Damaged));
}
