//! Directories that cannot be listed for a while: what came into them meanwhile is read.

#![expect(unsafe_code, reason = "a thread that may not read everything")]

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration as StdDuration, UNIX_EPOCH};

use millrace_types::{BatchTime, Duration};

use crate::clock::ManualClock;

use super::{FileNode, FileOptions, FileSettings, LinesFormat};

/// Takes the thread's right to read files that only their owner may read.
fn lose_privileges() {
    const NOBODY: libc::c_long = 65_534;
    // SAFETY: takes nothing.
    if unsafe { libc::geteuid() } == 0 {
        // SAFETY: takes numbers; as a system call it is of this thread alone.
        let lost = unsafe { libc::syscall(libc::SYS_setresuid, -1_i64, NOBODY, -1_i64) };
        assert_eq!(lost, 0);
    }
}

/// The names that batches take of a directory with `sub/one`, of which `shut` is shut until the
/// second one has been planned.
fn taken(shut: &str, recursive: bool) -> Vec<Vec<String>> {
    let place = tempfile::tempdir().unwrap();
    let inside = |name: &str| place.path().join(name);
    let mode = |name: &str, mode| {
        fs::set_permissions(inside(name), Permissions::from_mode(mode)).unwrap();
    };
    mode("", 0o755);
    fs::create_dir_all(inside("in/sub")).unwrap();
    fs::write(inside("in/sub/one"), "x\n").unwrap();
    for name in ["in/sub/one", "in/sub"] {
        let time = UNIX_EPOCH + StdDuration::from_millis(500);
        File::open(inside(name))
            .unwrap()
            .set_modified(time)
            .unwrap();
    }
    let settings = FileSettings {
        directory: inside("in").display().to_string(),
        options: FileOptions::new().recursive(recursive),
        clock: Arc::new(ManualClock::new()),
        interval: Duration::seconds(1),
        min_remember: Duration::seconds(60),
    };
    let node = FileNode::new(settings, LinesFormat::new(1 << 20, Arc::default())).unwrap();
    let batch = |number: u64| {
        let time = BatchTime::from_millis(number as i64 * 1000);
        let look = || {
            lose_privileges();
            node.look(node.selection.threshold(time))
        };
        let found = std::thread::scope(|scope| scope.spawn(look).join().unwrap());
        let taken = node.selection.choose(number, time, &found);
        let name = |path: &String| {
            let path = Path::new(path).strip_prefix(place.path()).unwrap();
            path.display().to_string()
        };
        taken.iter().map(name).collect()
    };
    mode(shut, 0o300);
    let mut taken = vec![batch(1), batch(2)];
    mode(shut, 0o755);
    taken.extend([batch(3), batch(4)]);
    taken
}

#[test]
fn what_is_in_it_is_read_when_it_can_be_listed() {
    for shut in ["in", "in/sub"] {
        for (recursive, name) in [(true, "in/sub/one"), (false, "in/sub")] {
            let third = [name.to_owned()];
            let expected: [&[String]; 4] = [&[], &[], &third, &[]];
            assert_eq!(taken(shut, recursive), expected, "{shut}, {recursive}");
        }
    }
}
