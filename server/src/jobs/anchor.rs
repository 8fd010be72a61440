//! Markers of how far the logs are, outside the database: a database that was put back to an
//! earlier state is found out at the next start.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use baton_protocol::{Epoch, WorkspaceId};

/// The file of markers, one line each: epoch, workspace, position, hash.
#[derive(Clone, Debug)]
pub struct Anchors(PathBuf);

/// A workspace's log is shorter than its newest marker says.
#[derive(Debug, thiserror::Error)]
#[error(
    "the log of workspace {workspace} ends at {head}, but {marker} was written before: the \
     database was put back to an earlier state. Phones would trust positions that come a second \
     time. If that is what happened, move {} away and start with a new epoch", .file.display()
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
        Self(data.join("anchors.log"))
    }

    /// Appends a marker.
    pub fn append(
        &self,
        epoch: Epoch,
        workspace: WorkspaceId,
        position: u64,
        hash: &str,
    ) -> std::io::Result<()> {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&self.0)?;
        writeln!(file, "{epoch} {workspace} {position} {hash}")
    }

    /// The newest marker of each workspace in this epoch. Lines cut short by a crash are passed
    /// over.
    pub fn newest(&self, epoch: Epoch) -> std::io::Result<BTreeMap<WorkspaceId, (u64, String)>> {
        let text = match std::fs::read_to_string(&self.0) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let mut newest = BTreeMap::new();
        for line in text.lines() {
            let mut parts = line.split(' ');
            let marker = (parts.next(), parts.next(), parts.next(), parts.next());
            let (Some(of), Some(workspace), Some(position), Some(hash)) = marker else { continue };
            let (Ok(of), Ok(workspace), Ok(position)) =
                (of.parse::<Epoch>(), workspace.parse(), position.parse())
            else {
                continue;
            };
            if of == epoch {
                newest.insert(workspace, (position, hash.to_owned()));
            }
        }
        Ok(newest)
    }

    /// Refuses a database that is behind its newest markers.
    pub fn check(
        &self,
        epoch: Epoch,
        heads: &BTreeMap<WorkspaceId, u64>,
    ) -> Result<(), anyhow::Error> {
        for (workspace, (marker, _)) in self.newest(epoch)? {
            let head = heads.get(&workspace).copied().unwrap_or(0);
            if head < marker {
                return Err(Rewound { workspace, head, marker, file: self.0.clone() }.into());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_behind_its_marker_is_refused_and_one_at_or_above_it_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let anchors = Anchors::in_dir(dir.path());
        let epoch = Epoch(uuid::Uuid::from_u128(1));
        let workspace = WorkspaceId(uuid::Uuid::from_u128(2));
        anchors.append(epoch, workspace, 7, "aa").unwrap();
        anchors.append(epoch, workspace, 9, "bb").unwrap();
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
        anchors.append(Epoch(uuid::Uuid::from_u128(1)), workspace, 7, "aa").unwrap();
        std::fs::OpenOptions::new()
            .append(true)
            .open(dir.path().join("anchors.log"))
            .unwrap()
            .write_all(b"00000000-0000-0000-0000-0000")
            .unwrap();
        assert!(anchors.newest(Epoch(uuid::Uuid::from_u128(3))).unwrap().is_empty());
    }
}
