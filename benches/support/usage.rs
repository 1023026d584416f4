//! The cost of a run to its process: CPU seconds, waits and peak memory.
//!
//! On a machine that others use too, wall time says little; CPU time divided
//! by bytes is what two runs can be compared by.
#![expect(unsafe_code, reason = "getrusage is a C call")]

use std::mem::MaybeUninit;

/// CPU seconds of this process so far, user and system, all threads.
#[must_use]
pub fn cpu_seconds() -> f64 {
    let usage = usage(libc::RUSAGE_SELF);
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// CPU seconds of the calling thread so far, user and system; 0 where the system counts
/// whole processes only.
#[must_use]
pub fn thread_cpu_seconds() -> f64 {
    #[cfg(target_os = "linux")]
    {
        let usage = usage(libc::RUSAGE_THREAD);
        seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
    #[cfg(not(target_os = "linux"))]
    0.0
}

/// The number of times that a thread of this process gave its core away: it waited for a lock, for work
/// or for a device.
#[must_use]
pub fn waits() -> i64 {
    usage(libc::RUSAGE_SELF).ru_nvcsw
}

fn usage(of: libc::c_int) -> libc::rusage {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: `usage` is valid for a write of one `rusage`, which is all the call does.
    let outcome = unsafe { libc::getrusage(of, usage.as_mut_ptr()) };
    assert_eq!(outcome, 0, "getrusage knows this process and this thread");
    // SAFETY: zeroes are a valid `rusage` (integers only), and the call filled them in.
    unsafe { usage.assume_init() }
}

/// The most memory this process ever had resident, in bytes; 0 where the
/// system does not say. Read from `/proc`, since `ru_maxrss` survives `exec`
/// and so may be the peak of the program that started this one.
#[must_use]
pub fn peak_rss_bytes() -> u64 {
    status_bytes("VmHWM:")
}

/// The memory that this process has resident now, in bytes; 0 where the system does not say.
#[must_use]
pub fn rss_bytes() -> u64 {
    status_bytes("VmRSS:")
}

fn status_bytes(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .and_then(|digits| digits.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// Megabytes (of 10^6 bytes) a second.
#[must_use]
pub fn mb_per_s(bytes: u64, seconds: f64) -> f64 {
    bytes as f64 / 1e6 / seconds.max(1e-9)
}

fn seconds(time: libc::timeval) -> f64 {
    time.tv_sec as f64 + time.tv_usec as f64 / 1e6
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_running_process_uses_time_and_memory() {
        let before = super::cpu_seconds();
        assert!((0..10_000_000u64).fold(0, |sum, n| sum ^ std::hint::black_box(n)) < u64::MAX);
        assert!(super::cpu_seconds() > before);
        assert!(super::thread_cpu_seconds() <= super::cpu_seconds());
        let waits = super::waits();
        std::thread::sleep(std::time::Duration::from_millis(1));
        assert!(super::waits() > waits);
        assert!(super::peak_rss_bytes() > 100_000);
    }
}
