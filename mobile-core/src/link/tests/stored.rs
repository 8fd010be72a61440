//! The mirror over the real store: a frame and how far it came are one transaction, and whatever
//! transaction is lost, the phone ends with what a fresh one would hold.

use baton_domain::mirror::{InMemory, Mirror, Page, Progress};
use baton_protocol::{DeviceId, WorkspaceId};
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use super::histories::deeds;
use super::model::{ME, Model};
use super::world::TIMINGS;
use crate::store::{self, Account, Config, Limits, Store, StoreError};

const ACCOUNT: Account =
    Account { workspace: WorkspaceId(Uuid::nil()), agent: ME, device: DeviceId(Uuid::nil()) };

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
            write.set_progress(&store::Progress { cursor: progress.cursor, state })?;
            if is_lost { Err(Lost::Killed) } else { Ok(answer) }
        });
        match done {
            Ok(answer) => Some(answer),
            Err(Lost::Killed) => None,
            Err(Lost::Broken(error)) => panic!("{error}"),
        }
    }

    /// Hears what it missed, up to the transaction that is lost, if one is.
    fn hears(&self, model: &Model, lost: u8) -> Option<()> {
        let mut nth = 0;
        let mut is_lost = || {
            nth += 1;
            nth == lost
        };
        for frame in &model.welcome(self.progress().cursor, TIMINGS) {
            self.applies(is_lost(), |mirror| mirror.try_frame(frame))?;
        }
        if self.progress().is_taking {
            // Who is killed between two pages takes them anew: here all are one transaction.
            self.applies(is_lost(), |mirror| {
                let mut token = None;
                loop {
                    let answer = model.page(token.as_deref()).unwrap();
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
            self.applies(is_lost(), |mirror| mirror.try_conversation(id, model.snapshot(id)))?;
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
        let (mut model, mut phone) = (Model::new(0xE1), Phone::new());
        for (nth, (day, lost, restarts)) in days.into_iter().enumerate() {
            if restored == Some(nth) {
                model = model.restored(3);
            }
            for deed in day {
                model.happens(deed);
            }
            // Some days nothing is lost.
            phone.hears(&model, lost);
            if restarts {
                phone.starts();
            }
        }
        prop_assert_eq!(phone.hears(&model, 0), Some(()));
        phone.starts();
        prop_assert_eq!(model.differs_from(&phone.held()), None);
    }
}
