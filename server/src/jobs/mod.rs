//! Workers: what is due is found without locks, claimed through the committer, done, and told.
//! Workers write nothing that the log tells; only what was kept for a time is deleted by one.

mod again;
pub mod anchor;
mod blocker;
mod checkpointer;
mod classifier;
mod courtesy;
mod drafts;
mod errand;
mod every;
mod fetcher;
mod health;
mod importer;
mod indexer;
mod looks;
mod outward;
pub mod pace;
mod pusher;
mod rehomer;
mod router;
mod sealer;
mod sender;
mod slots;
mod sweeper;
mod templates;
mod uploads;
mod waker;
mod watcher;

pub use blocker::Blocker;
pub use checkpointer::Checkpointer;
pub use classifier::Classifier;
pub use courtesy::Courtesy;
pub use drafts::Drafts;
pub use errand::Errands;
pub use fetcher::Fetcher;
pub use health::Health;
pub use importer::Importer;
pub use indexer::Indexer;
pub use looks::Looks;
pub use outward::{OpenSecret, Outwards};
pub use pusher::{Pusher, address};
pub use rehomer::Rehomer;
pub use router::Router;
pub use sealer::Sealer;
pub use sender::{Sender, SenderParts, Unseal};
pub use sweeper::{Keep, Sweeper, Swept};
pub use templates::Templates;
pub use uploads::Uploads;
pub use waker::Waker;
pub use watcher::Watcher;

#[cfg(test)]
mod tests {
    #[test]
    fn the_map_names_every_worker() {
        let map = include_str!("../../../ARCHITECTURE.md");
        let row = map.lines().find(|line| line.starts_with("| `jobs` |")).expect("its row");
        let all = include_str!("mod.rs").lines().filter_map(|line| {
            let line = line.strip_prefix("pub ").unwrap_or(line);
            line.strip_prefix("mod ")?.strip_suffix(';')
        });
        let missing: Vec<_> = all.filter(|name| !row.contains(&format!("`{name}`"))).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
