//! Seeing what has changed, by looking at the files' times a few times a second: there are hundreds, not thousands.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often to look. What it adds to the wait for a page is not noticed, and looking costs a millisecond or two.
const INTERVAL: Duration = Duration::from_millis(250);

/// What a changed file concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Concern {
    /// The server alone.
    Server,
    /// The browser's half alone.
    Browser,
    /// The app: both of them.
    App,
    /// The style sheet, which open pages take over as they are.
    Style,
    /// The files that are served as they are.
    Public,
}

/// The folders and files of the checkout that count.
const WATCHED: [(&str, Concern); 8] = [
    ("Cargo.toml", Concern::App),
    ("Cargo.lock", Concern::App),
    ("app", Concern::App),
    ("frontend", Concern::Browser),
    ("server", Concern::Server),
    ("migrations", Concern::Server),
    ("style", Concern::Style),
    ("public", Concern::Public),
];

type Times = BTreeMap<PathBuf, (SystemTime, Concern)>;

/// The state of the watched files when they were last looked at.
pub(crate) struct Watch {
    root: PathBuf,
    seen: Times,
}

impl Watch {
    /// Begins with the files as they are now.
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf(), seen: look(root) }
    }

    /// Waits for changes, and then until an interval has brought no more: an editor may write several files.
    /// Gives up after `patience` without any, with an empty set.
    pub(crate) fn changes(&mut self, patience: Duration) -> BTreeSet<Concern> {
        let mut concerns = BTreeSet::new();
        let mut waited = Duration::ZERO;
        while concerns.is_empty() && waited < patience {
            std::thread::sleep(INTERVAL);
            waited += INTERVAL;
            loop {
                let now = look(&self.root);
                let new = differences(&self.seen, &now);
                self.seen = now;
                if new.is_empty() {
                    break;
                }
                concerns.extend(new);
                std::thread::sleep(INTERVAL);
            }
        }
        concerns
    }
}

/// What the files concern that have come, gone or changed.
fn differences(before: &Times, after: &Times) -> BTreeSet<Concern> {
    let gone = before.iter().filter(|(path, _)| !after.contains_key(*path));
    let changed = after.iter().filter(|(path, state)| before.get(*path) != Some(state));
    gone.chain(changed).map(|(_, (_, concern))| *concern).collect()
}

fn look(root: &Path) -> Times {
    let mut times = Times::new();
    for (name, concern) in WATCHED {
        let mut paths = vec![root.join(name)];
        while let Some(path) = paths.pop() {
            // Editors' own files come and go.
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(['.', '#']) || name.ends_with(['~', '#']) || name.ends_with(".swp") {
                continue;
            }
            // A file that vanishes while it is looked at shows as gone the next time.
            let Ok(metadata) = path.metadata() else { continue };
            if metadata.is_dir() {
                paths.extend(std::fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
            } else if let Ok(changed) = metadata.modified() {
                times.insert(path, (changed, concern));
            }
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn a_change_is_seen_with_what_it_concerns() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["style", "app/src", "server/src"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let write = |name: &str| std::fs::write(folder.path().join(name), "").unwrap();
        write("style/main.css");
        let mut watch = Watch::new(folder.path());

        write("app/src/lib.rs");
        write("server/src/main.rs");
        assert_eq!(watch.changes(LONG), BTreeSet::from([Concern::Server, Concern::App]));
        std::fs::remove_file(folder.path().join("style/main.css")).unwrap();
        assert_eq!(watch.changes(LONG), BTreeSet::from([Concern::Style]));
    }

    #[test]
    fn files_of_editors_and_other_folders_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("style")).unwrap();
        let mut watch = Watch::new(folder.path());
        for name in ["style/.main.css.swp", "style/main.css~", "README.md"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(watch.changes(INTERVAL), BTreeSet::new());
    }
}
