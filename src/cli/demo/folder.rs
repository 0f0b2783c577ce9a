//! The demo's folder: the three nodes' data, and a marker that says the demo
//! made it and how far filling has come. Nothing without the marker is ever
//! removed.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use super::nodes::PLACES;

const MARKER: &str = "virtual-forum-demo.json";

/// The port of the first node unless another is asked for.
const PORT: u16 = 8080;

/// What stands in the marker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    /// Part of every address in the databases.
    port: u16,
    /// Steps of filling that need not be done again.
    done: BTreeSet<String>,
}

/// What is to become of a folder. Nothing was changed yet.
#[derive(Debug)]
pub(super) struct Plan {
    path: PathBuf,
    pub port: u16,
    fresh: bool,
    progress: Option<Progress>,
}

/// A folder in use.
pub(super) struct Folder {
    pub path: PathBuf,
    progress: Mutex<Progress>,
}

/// Looks at a folder and decides what can be done with it.
pub(super) fn plan(path: &Path, port: Option<u16>, fresh: bool) -> anyhow::Result<Plan> {
    let marker = path.join(MARKER);
    let shown = path.display();
    let progress = match fs::read(&marker) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| marker.display().to_string()),
    };
    if progress.is_none() && !is_empty(path)? {
        bail!("{shown} was not made by the demo and is not empty: choose another with --dir");
    }
    let progress: Option<Progress> = match progress {
        Some(_) if fresh => None,
        Some(bytes) => Some(serde_json::from_slice(&bytes).with_context(|| {
            format!("{} is damaged: start over with --fresh", marker.display())
        })?),
        None => None,
    };
    let made_for = progress.as_ref().map(|progress| progress.port);
    let port = port.or(made_for).unwrap_or(PORT);
    if let Some(made_for) = made_for
        && made_for != port
    {
        bail!(
            "the demo in {shown} has port {made_for} in all its addresses: use --port {made_for}, \
             another --dir, or --fresh to start over"
        );
    }
    Ok(Plan {
        path: path.to_owned(),
        port,
        fresh,
        progress,
    })
}

fn is_empty(path: &Path) -> anyhow::Result<bool> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

impl Plan {
    /// Removes what an earlier demo made, when starting over, and sets the
    /// marker.
    pub fn carry_out(self) -> anyhow::Result<Folder> {
        if self.fresh {
            for place in &PLACES {
                match fs::remove_dir_all(self.path.join(place.key)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(error).context("the old demo cannot be removed");
                    }
                    Ok(()) | Err(_) => {}
                }
            }
        }
        let progress = self.progress.unwrap_or(Progress {
            port: self.port,
            done: BTreeSet::new(),
        });
        let folder = Folder {
            path: self.path,
            progress: Mutex::new(progress.clone()),
        };
        fs::create_dir_all(&folder.path)
            .map_err(anyhow::Error::from)
            .and_then(|()| folder.save(&progress))
            .with_context(|| format!("{} cannot be written to", folder.path.display()))?;
        Ok(folder)
    }
}

impl Folder {
    pub fn is_done(&self, step: &str) -> bool {
        self.lock().done.contains(step)
    }

    /// Notes that a step need not be done again.
    pub fn set_done(&self, step: &str) -> anyhow::Result<()> {
        let mut progress = self.lock();
        progress.done.insert(step.to_owned());
        self.save(&progress)
    }

    /// Whole or not at all: under another name first.
    fn save(&self, progress: &Progress) -> anyhow::Result<()> {
        let unfinished = self.path.join(format!("{MARKER}.unfinished"));
        fs::write(&unfinished, serde_json::to_vec_pretty(progress)?)?;
        fs::rename(&unfinished, self.path.join(MARKER))?;
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(path: &Path, port: Option<u16>) -> Folder {
        let plan = plan(path, port, false).expect("possible");
        plan.carry_out().expect("made")
    }

    #[test]
    fn a_folder_remembers_its_port_and_the_steps_done() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("demo");
        made(&path, Some(9_100)).set_done("one").expect("noted");
        let again = plan(&path, None, false).expect("possible");
        assert_eq!(again.port, 9_100);
        let again = again.carry_out().expect("made");
        assert!(again.is_done("one") && !again.is_done("two"));
        let error = plan(&path, Some(9_200), false).expect_err("another port");
        assert!(error.to_string().contains("--port 9100"), "{error}");
    }

    #[test]
    fn starting_over_removes_what_the_demo_made_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        made(folder.path(), None).set_done("one").expect("noted");
        for name in ["hub", "mine"] {
            let inner = folder.path().join(name);
            fs::create_dir(&inner).expect("made");
            fs::write(inner.join("file"), "text").expect("written");
        }
        let fresh = plan(folder.path(), Some(9_300), true).expect("possible");
        assert!(
            folder.path().join("hub/file").exists(),
            "planning changes nothing"
        );
        let fresh = fresh.carry_out().expect("made");
        assert!(!fresh.is_done("one"));
        assert!(!folder.path().join("hub").exists());
        assert!(folder.path().join("mine/file").exists());
    }

    #[test]
    fn a_folder_of_somebody_else_is_left_alone_also_when_starting_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("hub");
        fs::write(&file, "mine").expect("written");
        for fresh in [false, true] {
            let error = plan(folder.path(), None, fresh).expect_err("not ours");
            assert!(
                error.to_string().contains("not made by the demo"),
                "{error}"
            );
        }
        assert!(file.exists());
    }

    #[test]
    fn a_damaged_marker_asks_to_start_over() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(MARKER), "{").expect("written");
        let error = plan(folder.path(), None, false).expect_err("damaged");
        assert!(error.to_string().contains("--fresh"), "{error}");
        plan(folder.path(), None, true).expect("starting over works");
    }
}
