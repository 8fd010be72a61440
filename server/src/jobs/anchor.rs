//! Markers of how far the logs are, outside the database. By them the next start finds a database
//! that was put back to an earlier state, emptied, lost or mistaken for another.

mod elsewhere;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use baton_protocol::{Epoch, WorkspaceId};

use elsewhere::Elsewhere;

use crate::store::Identity;

/// The file of markers, one line each: epoch, workspace, position, hash; or epoch and `begun`.
/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Anchors(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: PathBuf,
    written: Mutex<Written>,
    elsewhere: Elsewhere,
}

/// What this process knows of the file.
#[derive(Debug, Default)]
struct Written {
    positions: BTreeMap<(Epoch, WorkspaceId), u64>,
    lines: usize,
}

type Markers = BTreeMap<(Epoch, WorkspaceId), (u64, String)>;

/// What the file holds.
#[derive(Debug, Default)]
struct Held {
    markers: Markers,
    /// The epoch that was served last. Programs before this one did not note it.
    begun: Option<Epoch>,
}

impl Held {
    /// How many events the markers name, of the life that was served last.
    fn events(&self) -> u64 {
        let of_it = |epoch: Epoch| self.begun.is_none_or(|begun| begun == epoch);
        let positions = self.markers.iter().filter(|((epoch, _), _)| of_it(*epoch));
        positions.map(|(_, (position, _))| position).sum()
    }

    fn has_epoch(&self, epoch: Epoch) -> bool {
        self.markers.keys().any(|(of, _)| *of == epoch)
    }
}

/// Hexadecimal digits of a hash.
const HASH_DIGITS: usize = 64;
/// Lines after which those that are no longer the newest are left out.
const LINES_MAX: usize = 10_000;
/// What a line ends with that names the life that begins.
const BEGUN: &str = " begun";

/// Why a database is not served.
#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    /// A log is shorter than its newest marker says.
    #[error(transparent)]
    Rewound(#[from] Rewound),
    /// There is no database, or nothing in it.
    #[error(
        "there is no database here, or it is empty, but {} names {events} events of one. Put it \
         back (`baton restore --from FILE`), or correct --data and --database. To begin anew with \
         nothing, on purpose: `baton serve --accept-database`, once", file.display()
    )]
    Absent {
        /// How many the markers name.
        events: u64,
        /// The file of markers.
        file: PathBuf,
    },
    /// It is a life that a restore has ended.
    #[error(
        "the database is of a life that a restore has ended (epoch {epoch}), by {}: phones have \
         gone on with the next one. To go on with this one, run `baton restore` with the same \
         settings: it begins a new epoch", file.display()
    )]
    Ended {
        /// The epoch that the database holds.
        epoch: Epoch,
        /// The file of markers, which names the next one.
        file: PathBuf,
    },
    /// It is another database than the one that was served before.
    #[error(
        "this is another database (epoch {epoch}) than the one that {} names {events} events of. \
         Correct --data and --database. To go on with this one on purpose: `baton restore` if it \
         was put back, or `baton serve --accept-database`, once", file.display()
    )]
    Other {
        /// The epoch that the database holds.
        epoch: Epoch,
        /// How many the markers name.
        events: u64,
        /// The file of markers.
        file: PathBuf,
    },
    /// The markers cannot be read.
    #[error("the file of markers: {0}")]
    File(#[from] std::io::Error),
}

/// A workspace's log is shorter than its newest marker says.
#[derive(Debug, thiserror::Error)]
#[error(
    "the log of workspace {workspace} ends at {head}, but {marker} was written before: the \
     database was put back to an earlier state. Phones would trust positions that come a second \
     time. Where a backup was put back on purpose, run `baton restore` with the same settings, \
     which begins a new epoch, and start again (the marker is in {})", .file.display()
)]
pub struct Rewound {
    workspace: WorkspaceId,
    head: u64,
    marker: u64,
    file: PathBuf,
}

impl Anchors {
    /// The markers in this data directory.
    pub fn in_dir(data: &Path) -> Self {
        let file = data.join("anchors.log");
        Self(Arc::new(Inner { file, written: Mutex::default(), elsewhere: Elsewhere::default() }))
    }

    /// Appends a marker, unless the last one says the same.
    pub fn append(
        &self,
        epoch: Epoch,
        workspace: WorkspaceId,
        position: u64,
        hash: &str,
    ) -> std::io::Result<()> {
        let mut written = self.written();
        if written.positions.get(&(epoch, workspace)) == Some(&position) {
            return Ok(());
        }
        let mut file = self.end()?;
        let text = line(epoch, workspace, position, hash);
        file.write_all(text.as_bytes())?;
        self.0.elsewhere.tell(epoch, workspace, text);
        written.positions.insert((epoch, workspace), position);
        written.lines += 1;
        if written.lines >= LINES_MAX { self.rewrite(&mut written) } else { Ok(()) }
    }

    /// Leaves only the newest marker of each workspace, at once or not at all. Only for the process
    /// that holds the data directory.
    pub fn compact(&self) -> std::io::Result<()> {
        self.rewrite(&mut self.written())
    }

    fn rewrite(&self, written: &mut Written) -> std::io::Result<()> {
        let Held { markers, begun } = self.read()?;
        let mut text = begun.map(begun_line).unwrap_or_default();
        for ((epoch, workspace), (position, hash)) in &markers {
            text.push_str(&line(*epoch, *workspace, *position, hash));
        }
        if !text.is_empty() {
            let fresh = self.0.file.with_extension("log.new");
            let mut file = std::fs::File::create(&fresh)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&fresh, &self.0.file)?;
        }
        written.positions = markers.into_iter().map(|(of, (position, _))| (of, position)).collect();
        written.lines = 0;
        Ok(())
    }

    /// Tells this command each newest marker, for ever.
    pub async fn tell(&self, command: &str) {
        self.0.elsewhere.run(command).await;
    }

    /// The newest marker of each workspace in this epoch. Lines cut short by a crash are passed
    /// over.
    pub fn newest(&self, epoch: Epoch) -> std::io::Result<BTreeMap<WorkspaceId, (u64, String)>> {
        let of_epoch = self.read()?.markers.into_iter().filter(|((of, _), _)| *of == epoch);
        Ok(of_epoch.map(|((_, workspace), marker)| (workspace, marker)).collect())
    }

    /// Notes that this life is the one that is served from here on.
    pub fn begin(&self, epoch: Epoch) -> std::io::Result<()> {
        let _written = self.written();
        if self.read()?.begun == Some(epoch) {
            return Ok(());
        }
        let mut file = self.end()?;
        file.write_all(begun_line(epoch).as_bytes())?;
        file.sync_all()
    }

    /// The lives that the markers name.
    pub fn epochs(&self) -> std::io::Result<Vec<Epoch>> {
        let Held { markers, begun } = self.read()?;
        let mut all: Vec<_> = markers.keys().map(|(epoch, _)| *epoch).chain(begun).collect();
        all.sort();
        all.dedup();
        Ok(all)
    }

    /// Whether they name events: then a database belongs to them.
    pub fn name_events(&self) -> std::io::Result<bool> {
        Ok(!self.read()?.markers.is_empty())
    }

    /// Refuses what is not the database that was served last, or one that came after it.
    pub fn check_life(&self, found: Option<&Identity>) -> Result<(), AnchorError> {
        let (held, file) = (self.read()?, self.0.file.clone());
        if held.markers.is_empty() {
            return Ok(());
        }
        let events = held.events();
        let Some(Identity { epoch, before }) = found else {
            return Err(AnchorError::Absent { events, file });
        };
        let (epoch, is_known) = (*epoch, held.has_epoch(*epoch));
        let is_served = held.begun.map_or(is_known, |begun| begun == epoch);
        let is_later = match held.begun {
            Some(begun) => before.contains(&begun),
            None => before.iter().any(|epoch| held.has_epoch(*epoch)),
        };
        match (is_served || is_later, is_known) {
            (true, _) => Ok(()),
            (false, true) => Err(AnchorError::Ended { epoch, file }),
            (false, false) => Err(AnchorError::Other { epoch, events, file }),
        }
    }

    /// Puts the markers under another name, of which nothing is there: another database is served
    /// from here on. Tells the name.
    pub fn set_aside(&self, name: &str) -> std::io::Result<PathBuf> {
        let aside = self.0.file.with_extension(format!("log.before-{name}"));
        std::fs::rename(&self.0.file, &aside)?;
        *self.written() = Written::default();
        Ok(aside)
    }

    fn read(&self) -> std::io::Result<Held> {
        let text = match std::fs::read_to_string(&self.0.file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let mut held = Held::default();
        for line in text.lines() {
            let mut parts = line.split(' ');
            if let Some(epoch) = line.strip_suffix(BEGUN) {
                // A line cut short before this one leaves no epoch.
                held.begun = epoch.parse().ok().or(held.begun);
                continue;
            }
            let marker = (parts.next(), parts.next(), parts.next(), parts.next());
            let (Some(epoch), Some(workspace), Some(position), Some(hash)) = marker else {
                continue;
            };
            let (Ok(epoch), Ok(workspace), Ok(position)) =
                (epoch.parse::<Epoch>(), workspace.parse(), position.parse())
            else {
                continue;
            };
            if !is_whole(hash) {
                continue;
            }
            held.markers.insert((epoch, workspace), (position, hash.to_owned()));
        }
        Ok(held)
    }

    /// The file, to go on at its end.
    fn end(&self) -> std::io::Result<std::fs::File> {
        let mut options = std::fs::OpenOptions::new();
        options.create(true).append(true).mode(0o600).open(&self.0.file)
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.0.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses a database that is behind its newest markers.
    pub fn check(
        &self,
        epoch: Epoch,
        heads: &BTreeMap<WorkspaceId, u64>,
    ) -> Result<(), AnchorError> {
        for (workspace, (marker, _)) in self.newest(epoch)? {
            let head = heads.get(&workspace).copied().unwrap_or(0);
            if head < marker {
                return Err(Rewound { workspace, head, marker, file: self.0.file.clone() }.into());
            }
        }
        Ok(())
    }
}

/// A full disk or a loss of power leaves a line cut short anywhere, and the next one behind it.
fn is_whole(hash: &str) -> bool {
    hash.len() == HASH_DIGITS && hash.bytes().all(|digit| digit.is_ascii_hexdigit())
}

fn begun_line(epoch: Epoch) -> String {
    format!("{epoch}{BEGUN}\n")
}

fn line(epoch: Epoch, workspace: WorkspaceId, position: u64, hash: &str) -> String {
    format!("{epoch} {workspace} {position} {hash}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(byte: &str) -> String {
        byte.repeat(HASH_DIGITS / 2)
    }

    #[test]
    fn of_many_markers_the_newest_of_each_workspace_stays_and_none_is_written_twice() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("anchors.log");
        let lines = || std::fs::read_to_string(&file).unwrap().lines().count();
        let (epoch, other) = (Epoch(uuid::Uuid::from_u128(1)), Epoch(uuid::Uuid::from_u128(3)));
        let of = |n| WorkspaceId(uuid::Uuid::from_u128(n));
        let anchors = Anchors::in_dir(dir.path());
        for (epoch, workspace, position) in
            [(other, of(2), 5), (epoch, of(2), 7), (epoch, of(2), 9), (epoch, of(4), 3)]
        {
            anchors.append(epoch, workspace, position, &hash("aa")).unwrap();
        }
        let mut open = std::fs::OpenOptions::new().append(true).open(&file).unwrap();
        open.write_all(b"00000000-0000").unwrap();
        let anchors = Anchors::in_dir(dir.path());
        anchors.compact().unwrap();
        assert_eq!(lines(), 3);
        anchors.append(epoch, of(2), 9, &hash("aa")).unwrap();
        assert_eq!(lines(), 3, "nothing new to say");
        anchors.append(epoch, of(2), 11, &hash("bb")).unwrap();
        assert_eq!(lines(), 4);
        let newest = anchors.newest(epoch).unwrap();
        assert_eq!((newest[&of(2)].0, newest[&of(4)].0), (11, 3));
        assert_eq!(anchors.newest(other).unwrap()[&of(2)].0, 5);
    }

    #[test]
    fn a_log_behind_its_marker_is_refused_and_one_at_or_above_it_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let anchors = Anchors::in_dir(dir.path());
        let epoch = Epoch(uuid::Uuid::from_u128(1));
        let workspace = WorkspaceId(uuid::Uuid::from_u128(2));
        anchors.append(epoch, workspace, 7, &hash("aa")).unwrap();
        anchors.append(epoch, workspace, 9, &hash("bb")).unwrap();
        let check = |head| anchors.check(epoch, &BTreeMap::from([(workspace, head)]));
        assert!(check(8).unwrap_err().to_string().contains("earlier state"));
        check(9).unwrap();
        check(12).unwrap();
    }

    #[test]
    fn a_database_is_served_by_those_who_know_it_and_by_those_it_came_after() {
        let dir = tempfile::tempdir().unwrap();
        let anchors = Anchors::in_dir(dir.path());
        let (of, epoch) =
            (WorkspaceId(uuid::Uuid::from_u128(2)), |n| Epoch(uuid::Uuid::from_u128(n)));
        let check = |n: u128, before: &[u128]| {
            let before = before.iter().map(|n| epoch(*n)).collect();
            anchors.check_life(Some(&Identity { epoch: epoch(n), before }))
        };
        anchors.begin(epoch(1)).unwrap();
        anchors.check_life(None).expect("nothing is lost");
        check(5, &[]).unwrap();
        anchors.append(epoch(1), of, 7, &hash("aa")).unwrap();
        assert!(matches!(anchors.check_life(None), Err(AnchorError::Absent { events: 7, .. })));
        assert!(matches!(check(5, &[4]), Err(AnchorError::Other { .. })));
        check(1, &[]).unwrap();
        check(3, &[1]).expect("restored at another node");
        anchors.begin(epoch(3)).unwrap();
        check(3, &[1]).unwrap();
        assert!(matches!(check(1, &[]), Err(AnchorError::Ended { .. })));
        anchors.compact().unwrap();
        assert!(matches!(check(1, &[]), Err(AnchorError::Ended { .. })), "the order is kept");
        let aside = anchors.set_aside("x").unwrap();
        assert!(aside.exists() && !anchors.name_events().unwrap());
        check(5, &[]).unwrap();
    }

    #[test]
    fn markers_of_a_program_that_noted_no_beginning_know_all_their_lives() {
        let dir = tempfile::tempdir().unwrap();
        let anchors = Anchors::in_dir(dir.path());
        let (of, epoch) =
            (WorkspaceId(uuid::Uuid::from_u128(2)), |n| Epoch(uuid::Uuid::from_u128(n)));
        for n in [1, 3] {
            anchors.append(epoch(n), of, 7, &hash("aa")).unwrap();
        }
        let check = |n, before| anchors.check_life(Some(&Identity { epoch: epoch(n), before }));
        check(1, vec![]).unwrap();
        check(3, vec![]).unwrap();
        check(4, vec![epoch(3)]).unwrap();
        assert!(matches!(check(5, vec![]), Err(AnchorError::Other { .. })));
    }

    #[test]
    fn markers_of_another_life_and_half_written_lines_do_not_count() {
        let dir = tempfile::tempdir().unwrap();
        let anchors = Anchors::in_dir(dir.path());
        let workspace = WorkspaceId(uuid::Uuid::from_u128(2));
        anchors.append(Epoch(uuid::Uuid::from_u128(1)), workspace, 7, &hash("aa")).unwrap();
        std::fs::OpenOptions::new()
            .append(true)
            .open(dir.path().join("anchors.log"))
            .unwrap()
            .write_all(b"00000000-0000-0000-0000-0000")
            .unwrap();
        assert!(anchors.newest(Epoch(uuid::Uuid::from_u128(3))).unwrap().is_empty());
    }

    #[test]
    fn a_marker_whose_hash_was_cut_short_does_not_count() {
        let dir = tempfile::tempdir().unwrap();
        let (epoch, of) = (Epoch(uuid::Uuid::from_u128(1)), WorkspaceId(uuid::Uuid::from_u128(2)));
        let anchors = Anchors::in_dir(dir.path());
        anchors.append(epoch, of, 7, &hash("aa")).unwrap();
        for cut in [0, 2, HASH_DIGITS - 1] {
            anchors.append(epoch, of, 9, hash("bb").get(..cut).unwrap()).unwrap();
            let newest = Anchors::in_dir(dir.path()).newest(epoch).unwrap();
            assert_eq!(newest[&of], (7, hash("aa")), "cut at {cut}");
            std::fs::write(dir.path().join("anchors.log"), line(epoch, of, 7, &hash("aa")))
                .unwrap();
        }
    }
}
