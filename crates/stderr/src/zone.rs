//! The local time zone, by the rules of the C library, so that a time reads as `date` shows it and
//! as PySpark prints it. All that shows a time to people takes it from here.
//!
//! `TZ` names a file of the system's zone database or an absolute path, else it is a POSIX rule;
//! empty is UTC, and unset is `/etc/localtime`. No name is ever looked for in the working
//! directory. A machine without the system's database has the one that is built in.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use millrace_types::one_line;

use crate::say::warn;

const DATABASE: &str = "/usr/share/zoneinfo";
const LOCAL: &str = "/etc/localtime";

/// The rules of a zone with summer time that names none (glibc's).
const UNITED_STATES: &str = ",M3.2.0,M11.1.0";

/// No file of a zone has as many bytes.
const MOST_BYTES: u64 = 1 << 20;

/// The zone of this process, read once. A `TZ` that names no zone is said then, and is UTC.
pub fn local_zone() -> TimeZone {
    static ZONE: OnceLock<TimeZone> = OnceLock::new();
    let read = || {
        let name = std::env::var_os("TZ");
        let directory = std::env::var_os("TZDIR").filter(|directory| !directory.is_empty());
        let directory = directory.map_or_else(|| PathBuf::from(DATABASE), PathBuf::from);
        zone_of(name.as_deref(), &directory).unwrap_or_else(|| {
            let name = name.unwrap_or_default();
            warn(&one_line(&format!(
                "millrace: no such time zone: TZ={}; times are shown in UTC",
                name.display()
            )));
            TimeZone::UTC
        })
    };
    ZONE.get_or_init(read).clone()
}

/// The zone that `TZ` means, with the zone database in `directory`; `None` if there is no such
/// zone.
fn zone_of(tz: Option<&OsStr>, directory: &Path) -> Option<TimeZone> {
    let Some(tz) = tz else {
        return Some(zone_in(Path::new(LOCAL)).unwrap_or(TimeZone::UTC));
    };
    let name = tz.as_bytes();
    let name = OsStr::from_bytes(name.strip_prefix(b":").unwrap_or(name));
    if name.is_empty() {
        return Some(TimeZone::UTC);
    }
    // An absolute path takes the place of the directory.
    zone_in(&directory.join(name)).or_else(|| {
        let name = name.to_str()?;
        built_in(name).or_else(|| rule(name))
    })
}

fn zone_in(path: &Path) -> Option<TimeZone> {
    // A pipe would be waited for, a device need not end.
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    TimeZone::tzif(&path.to_string_lossy(), &bytes).ok()
}

/// A zone of the database that is part of the program; as in the system's, case counts.
fn built_in(name: &str) -> Option<TimeZone> {
    let zone = TimeZoneDatabase::bundled().get(name).ok()?;
    (zone.iana_name() == Some(name)).then_some(zone)
}

fn rule(text: &str) -> Option<TimeZone> {
    let whole = TimeZone::posix(text);
    let completed = || TimeZone::posix(&format!("{text}{UNITED_STATES}"));
    whole.or_else(|_| completed()).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use jiff::Timestamp;

    use super::*;

    fn shown(zone: &TimeZone, second: i64) -> String {
        let time = Timestamp::from_second(second).unwrap();
        let time = time.to_zoned(zone.clone()).datetime();
        time.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// Times around both changes of 2026 in New York, by `date`.
    const NEW_YORK: [(i64, &str); 6] = [
        (1_772_953_199, "2026-03-08 01:59:59"),
        (1_772_953_200, "2026-03-08 03:00:00"),
        (1_793_509_199, "2026-11-01 00:59:59"),
        (1_793_512_799, "2026-11-01 01:59:59"),
        (1_793_512_800, "2026-11-01 01:00:00"),
        (1_793_516_400, "2026-11-01 02:00:00"),
    ];

    /// A directory without a database.
    fn nowhere() -> PathBuf {
        PathBuf::from("/nonexistent")
    }

    #[test]
    fn a_zone_by_name_changes_to_summer_time_and_back() {
        // `EST5EDT` as a rule without dates has those of the United States.
        for tz in [
            "America/New_York",
            ":America/New_York",
            "EST5EDT",
            "EST5EDT,M3.2.0,M11.1.0",
            "<ABC>5<DEF>",
        ] {
            for directory in [nowhere(), DATABASE.into()] {
                let zone = zone_of(Some(tz.as_ref()), &directory).unwrap();
                for (second, expected) in NEW_YORK {
                    assert_eq!(shown(&zone, second), expected, "{tz} {directory:?}");
                }
            }
        }
    }

    #[test]
    fn rules_have_their_sign_and_empty_is_utc() {
        for (tz, expected) in [
            ("", "1970-01-01 00:00:00"),
            (":", "1970-01-01 00:00:00"),
            ("UTC", "1970-01-01 00:00:00"),
            ("UTC-3", "1970-01-01 03:00:00"),
            ("<+03>-3", "1970-01-01 03:00:00"),
            ("XYZ3:30", "1969-12-31 20:30:00"),
            ("Asia/Kolkata", "1970-01-01 05:30:00"),
        ] {
            let zone = zone_of(Some(tz.as_ref()), &nowhere()).unwrap();
            assert_eq!(shown(&zone, 0), expected, "{tz}");
        }
        assert!(zone_of(None, &nowhere()).is_some());
    }

    #[test]
    fn what_is_no_zone_is_none() {
        for tz in [
            "Mars/Olympus",
            "america/new_york",
            "America",
            "MSK",
            "/etc/passwd",
            "/nonexistent",
            "/dev/zero",
            "\u{e4}",
        ] {
            for directory in [nowhere(), DATABASE.into()] {
                assert!(zone_of(Some(tz.as_ref()), &directory).is_none(), "{tz}");
            }
        }
    }

    #[test]
    fn a_file_is_a_zone_by_its_path_and_in_the_database_alone() {
        let zoneinfo = tempfile::tempdir().unwrap();
        let file = zoneinfo.path().join("Own");
        fs::write(&file, three_hours_east()).unwrap();
        let found = [
            zone_of(Some("Own".as_ref()), zoneinfo.path()),
            zone_of(Some(file.as_os_str()), &nowhere()),
        ];
        for zone in found {
            assert_eq!(shown(&zone.unwrap(), 0), "1970-01-01 03:00:00");
        }
        assert!(zone_of(Some("Own".as_ref()), &nowhere()).is_none());
    }

    /// A zone file without a change, of version 2.
    fn three_hours_east() -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in 0..2 {
            bytes.extend(b"TZif2");
            bytes.extend([0; 15]);
            // UT and standard indicators, leap seconds, changes, types, letters.
            for count in [0_u32, 0, 0, 0, 1, 4] {
                bytes.extend(count.to_be_bytes());
            }
            bytes.extend(10_800_i32.to_be_bytes());
            bytes.extend([0, 0]);
            bytes.extend(b"+03\0");
        }
        bytes.extend(b"\n<+03>-3\n");
        bytes
    }
}
