//! Markers of how far the logs are, outside the database: a database that was put back to an
//! earlier state is found out at the next start.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use baton_protocol::{Epoch, WorkspaceId};

/// The file of markers, one line each: epoch, workspace, position, hash. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Anchors(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: PathBuf,
    written: Mutex<Written>,
}

/// What this process knows of the file.
#[derive(Debug, Default)]
struct Written {
    positions: BTreeMap<(Epoch, WorkspaceId), u64>,
    lines: usize,
}

type Markers = BTreeMap<(Epoch, WorkspaceId), (u64, String)>;

/// Hexadecimal digits of a hash.
const HASH_DIGITS: usize = 64;
/// Lines after which those that are no longer the newest are left out.
const LINES_MAX: usize = 10_000;

/// Why a database is not served.
#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    /// A log is shorter than its newest marker says.
    #[error(transparent)]
    Rewound(#[from] Rewound),
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
        Self(Arc::new(Inner { file, written: Mutex::default() }))
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
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&self.0.file)?;
        file.write_all(line(epoch, workspace, position, hash).as_bytes())?;
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
        let markers = self.read()?;
        let text: String = markers
            .iter()
            .map(|((epoch, workspace), (position, hash))| line(*epoch, *workspace, *position, hash))
            .collect();
        if !markers.is_empty() {
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

    /// The newest marker of each workspace in this epoch. Lines cut short by a crash are passed
    /// over.
    pub fn newest(&self, epoch: Epoch) -> std::io::Result<BTreeMap<WorkspaceId, (u64, String)>> {
        let of_epoch = self.read()?.into_iter().filter(|((of, _), _)| *of == epoch);
        Ok(of_epoch.map(|((_, workspace), marker)| (workspace, marker)).collect())
    }

    fn read(&self) -> std::io::Result<Markers> {
        let text = match std::fs::read_to_string(&self.0.file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let mut newest = Markers::new();
        for line in text.lines() {
            let mut parts = line.split(' ');
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
            newest.insert((epoch, workspace), (position, hash.to_owned()));
        }
        Ok(newest)
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
