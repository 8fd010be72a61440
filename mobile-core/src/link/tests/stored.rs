//! The mirror over the real store. A frame and how far it came are one transaction. Whatever
//! transaction is lost, the phone ends with what a fresh one would hold.

use baton_domain::see::mirror::{InMemory, Mirror, Page, Progress};
use baton_model::Server;
use baton_model::team::{ANA, BEN, Deed};
use baton_protocol::{DeviceId, Visibility, WorkspaceId};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use crate::store::{self, Account, Config, Limits, Store, StoreError};

const ACCOUNT: Account =
    Account { workspace: WorkspaceId(Uuid::nil()), agent: ANA, device: DeviceId(Uuid::nil()) };

/// A phone without a network of its own: it is handed what it asks for.
struct Phone {
    directory: tempfile::TempDir,
    store: Option<Store>,
    seed: u8,
}

/// Why a transaction came to nothing.
#[derive(Debug)]
enum Lost {
    Killed,
    Broken(StoreError),
}

impl From<StoreError> for Lost {
    fn from(error: StoreError) -> Self {
        Self::Broken(error)
    }
}

impl Phone {
    fn new() -> Self {
        let mut phone = Self { directory: tempfile::tempdir().unwrap(), store: None, seed: 0 };
        phone.starts();
        phone
    }

    fn starts(&mut self) {
        self.store = None;
        self.seed = self.seed.wrapping_add(1);
        let directory = self.directory.path().to_owned();
        let limits = Limits::default();
        let config = Config { directory, key: [7; 32], seed: [self.seed; 32], limits };
        let (store, opened) = Store::open(&config).unwrap();
        assert_eq!(opened.damage, None);
        self.store = Some(store);
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn progress(&self) -> Progress {
        let state = self.store().read(&ACCOUNT, |read| Ok::<_, StoreError>(read.progress()?.state));
        let state = state.unwrap();
        if state.is_empty() { Progress::default() } else { serde_json::from_slice(&state).unwrap() }
    }

    /// Applies something in a transaction, which may be lost at its end.
    fn applies<T>(
        &self,
        is_lost: bool,
        apply: impl FnOnce(&mut Mirror<&mut store::Write<'_>>) -> Result<T, StoreError>,
    ) -> Option<T> {
        let progress = self.progress();
        let done = self.store().write(&ACCOUNT, |write| {
            let mut mirror = Mirror::restored(progress, &mut *write);
            let answer = apply(&mut mirror)?;
            let progress = mirror.progress();
            let state = serde_json::to_vec(&progress).unwrap();
            write.set_progress(&store::StoredProgress { cursor: progress.cursor, state })?;
            if is_lost { Err(Lost::Killed) } else { Ok(answer) }
        });
        match done {
            Ok(answer) => Some(answer),
            Err(Lost::Killed) => None,
            Err(Lost::Broken(error)) => panic!("{error}"),
        }
    }

    /// Hears what it missed, up to the transaction that is lost, if one is.
    fn hears(&self, server: &Server, lost: u8) -> Option<()> {
        let mut nth = 0;
        let mut is_lost = || {
            nth += 1;
            nth == lost
        };
        for frame in &server.welcome(ANA, self.progress().cursor) {
            self.applies(is_lost(), |mirror| mirror.try_frame(frame))?;
        }
        if self.progress().is_taking {
            // Who is killed between two pages takes them anew: here all are one transaction.
            self.applies(is_lost(), |mirror| {
                let mut token = None;
                loop {
                    let answer = server.page(ANA, token.as_deref()).unwrap();
                    let (upto, snapshots) = (answer.cursor.position, answer.conversations);
                    let is_last = answer.next.is_none();
                    mirror.try_page(Page { upto, snapshots, is_last })?;
                    token = answer.next;
                    if is_last {
                        return Ok(());
                    }
                }
            })?;
        }
        for id in self.progress().wanted.into_keys() {
            self.applies(is_lost(), |mirror| {
                mirror.try_conversation(id, server.snapshot(ANA, id))
            })?;
        }
        Some(())
    }

    fn held(&self) -> InMemory {
        let held = |read: &store::Read<'_>| {
            let mut all = InMemory::new();
            for id in read.ids()? {
                all.extend(read.conversation(id)?.map(|held| (id, held)));
            }
            Ok::<_, StoreError>(all)
        };
        self.store().read(&ACCOUNT, held).unwrap()
    }
}

fn deeds() -> impl Strategy<Value = Deed> {
    let n = || 0..6_u8;
    let shows = vec![Visibility::Full, Visibility::Head, Visibility::Own];
    prop_oneof![
        20 => n().prop_map(Deed::Writes),
        6 => n().prop_map(Deed::Answers),
        3 => n().prop_map(Deed::Notes),
        2 => n().prop_map(Deed::Renames),
        4 => n().prop_map(Deed::Reads),
        2 => n().prop_map(Deed::Carries),
        8 => (n(), 0..3_u8, 0..2_u8).prop_map(|(n, to, team)| Deed::Moves(n, to, team)),
        2 => (select(vec![ANA, BEN]), 0..2_u8, any::<bool>())
            .prop_map(|(agent, team, joins)| Deed::Joins(agent, team, joins)),
        1 => (0..2_u8, select(shows)).prop_map(|(team, shows)| Deed::Shows(team, shows)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn whatever_transaction_is_lost_the_phone_holds_what_a_fresh_one_would(
        days in vec((vec(deeds(), 0..6), 0_u8..6, any::<bool>()), 1..8),
        restored in prop::option::of(0_usize..5),
    ) {
        let (mut server, mut phone) = (Server::with_customers(0), Phone::new());
        let mut backup = server.clone();
        for (nth, (day, lost, restarts)) in days.into_iter().enumerate() {
            if restored == Some(nth) {
                server = server.put_back(&backup);
            }
            backup = server.clone();
            for deed in day {
                server.happens(deed);
            }
            // Some days nothing is lost.
            phone.hears(&server, lost);
            if restarts {
                phone.starts();
            }
        }
        prop_assert_eq!(phone.hears(&server, 0), Some(()));
        phone.starts();
        prop_assert_eq!(server.difference(ANA, &phone.held()), None);
    }
}
