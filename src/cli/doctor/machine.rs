//! The machine: a directory to write in, room on its disk, and the time.

use std::path::Path;

use chrono::{DateTime, Datelike, TimeDelta, Utc};

use super::Finding;
use crate::cli::ground::can_write;

/// Free space, in MiB: with less than the first a node cannot work on, with
/// less than the second it soon will not.
const TOO_LITTLE: u64 = 64;
const LITTLE: u64 = 1024;

/// Clocks that differ by more than this are told of; by more than the second,
/// other servers refuse our signatures (SECURITY.md 2.2).
const APART: TimeDelta = TimeDelta::seconds(30);
const FAR_APART: TimeDelta = TimeDelta::minutes(30);

/// No node ran before this year, and none of this version will after that.
const YEARS: std::ops::Range<i32> = 2026..2100;

pub(super) fn data_dir(folder: &Path) -> Finding {
    const CHECK: &str = "data directory";
    if !folder.exists() {
        let text = format!(
            "{} is not there yet; the first start makes it",
            folder.display()
        );
        return Finding::warning(CHECK, text);
    }
    match can_write(folder) {
        Ok(()) => Finding::ok(CHECK, format!("{} can be written to", folder.display())),
        Err(error) => Finding::failed(CHECK, format!("{}: {error}", folder.display())),
    }
}

pub(super) fn disk(folder: &Path) -> Finding {
    const CHECK: &str = "disk";
    // Of a directory that is yet to be made, its nearest ancestor tells.
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let there = absolute.ancestors().find(|path| path.is_dir());
    let Some(there) = there else {
        return Finding::warning(CHECK, "the free space cannot be told");
    };
    match rustix::fs::statvfs(there) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize) / (1024 * 1024);
            let text = format!("{free} MiB free at {}", there.display());
            match free {
                0..TOO_LITTLE => Finding::failed(CHECK, text),
                TOO_LITTLE..LITTLE => Finding::warning(CHECK, text),
                LITTLE.. => Finding::ok(CHECK, text),
            }
        }
        Err(error) => Finding::warning(CHECK, format!("the free space cannot be told: {error}")),
    }
}

/// `server` is what a database of its own machine says the time is.
pub(super) fn clock(now: DateTime<Utc>, server: Option<DateTime<Utc>>) -> Finding {
    const CHECK: &str = "clock";
    let shown = now.format("%Y-%m-%d %H:%M:%S UTC");
    if !YEARS.contains(&now.year()) {
        return Finding::failed(
            CHECK,
            format!("{shown} cannot be: set this machine's clock"),
        );
    }
    let Some(server) = server else {
        return Finding::ok(CHECK, format!("{shown}"));
    };
    let apart = (now - server).abs();
    let text = format!(
        "{shown}; the database's differs by {} s",
        apart.num_seconds()
    );
    if apart > FAR_APART {
        Finding::failed(CHECK, text)
    } else if apart > APART {
        Finding::warning(CHECK, text)
    } else {
        Finding::ok(CHECK, text)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Verdict, *};

    fn moment(text: &str) -> DateTime<Utc> {
        text.parse().expect("a moment")
    }

    #[test]
    fn a_clock_that_cannot_be_right_fails() {
        let now = moment("2027-03-01T12:00:00Z");
        assert_eq!(clock(now, None).verdict, Verdict::Ok);
        assert_eq!(
            clock(moment("1970-01-01T00:00:09Z"), None).verdict,
            Verdict::Failed
        );
        for (seconds, verdict) in [
            (5, Verdict::Ok),
            (-90, Verdict::Warning),
            (3_600, Verdict::Failed),
        ] {
            let server = now + TimeDelta::seconds(seconds);
            assert_eq!(clock(now, Some(server)).verdict, verdict, "{seconds}");
        }
    }

    #[test]
    fn the_space_of_a_directory_yet_to_be_made_is_that_of_its_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        let finding = disk(&folder.path().join("a/b"));
        assert!(finding.detail.contains("MiB free"), "{}", finding.detail);
    }
}
