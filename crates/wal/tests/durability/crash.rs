//! At every sync point, everything a crash could leave: recovered from, to no less than what was
//! acknowledged, and again from a crash within that recovery.

use std::sync::Arc;

use millrace_wal::{CrashImage, Storage};

use super::support::{directory, disk, recover, run};

/// The images of a run on this disk that goes on for `more` frames.
fn images_of_run(image: Option<&CrashImage>, more: u64) -> Vec<CrashImage> {
    let disk = image.map_or_else(|| disk().0, CrashImage::disk);
    disk.create_directory(&directory()).unwrap();
    disk.mark(image.map_or(0, |image| image.mark));
    disk.record();
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    run(&storage, &directory(), more, &mut |count| disk.mark(count)).unwrap();
    disk.crash_images()
}

/// Recovers from an image and gives how many frames there were.
fn check(image: &CrashImage) -> u64 {
    let disk = image.disk();
    disk.create_directory(&directory()).unwrap();
    let storage: Arc<dyn Storage> = Arc::new(disk);
    match recover(&storage, &directory()) {
        Ok((_, _, next)) => {
            assert!(
                next >= image.mark,
                "{}: {next} of {} frames",
                image.label,
                image.mark
            );
            next
        }
        Err(error) => panic!("{}: {error}", image.label),
    }
}

#[test]
fn every_image_recovers_to_all_that_was_acknowledged() {
    let images = images_of_run(None, 40);
    let mut more_than_promised = 0;
    for image in &images {
        more_than_promised += u64::from(check(image) > image.mark);
    }
    // The images are worth something: some keep more than they have to.
    assert!(images.len() > 300, "{} images", images.len());
    assert!(more_than_promised > 30, "{more_than_promised} keep more");
    assert_eq!(images.last().unwrap().mark, 39);
}

#[test]
fn a_crash_within_recovery_and_beyond_it_recovers_too() {
    let mut recoveries = 0;
    for image in images_of_run(None, 22).iter() {
        for second in images_of_run(Some(image), 5) {
            check(&second);
            recoveries += 1;
        }
    }
    assert!(recoveries > 3000, "{recoveries} recoveries");
}
