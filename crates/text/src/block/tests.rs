//! Buffers that go back to their host, and bytes that are made valid.

use super::*;
use std::sync::Mutex;

#[derive(Default)]
struct Shelf(Mutex<Vec<Buffer>>);

impl BufferHost for Shelf {
    fn retire(&self, buffer: Buffer) {
        self.0.lock().unwrap().push(buffer);
    }
}

#[test]
fn a_buffer_goes_back_to_its_host_with_the_last_text() {
    let shelf = Arc::new(Shelf::default());
    let mut buffer = Buffer::with_capacity(100);
    buffer.extend_from_slice(b"a line that is longer than fifteen bytes\nshort\n");
    buffer.set_host(Arc::<Shelf>::clone(&shelf));
    let block = buffer.freeze();
    let mut lines = Vec::new();
    block.for_each_line(false, |line| lines.push(line));
    drop(block);
    assert!(
        shelf.0.lock().unwrap().is_empty(),
        "a line still refers to it"
    );
    std::thread::spawn(move || drop(lines)).join().unwrap();
    let back = shelf.0.lock().unwrap().pop().unwrap();
    assert_eq!((back.len(), back.capacity()), (0, 100));
}

#[test]
fn a_detached_text_keeps_no_buffer_back_that_it_fills() {
    let shelf = Arc::new(Shelf::default());
    let line = b"a line that is longer than fifteen bytes";
    let mut buffer = Buffer::with_capacity(line.len());
    buffer.extend_from_slice(line);
    buffer.set_host(Arc::<Shelf>::clone(&shelf));
    let mut lines = Vec::new();
    buffer
        .freeze()
        .for_each_line(false, |line| lines.push(line));
    let kept = lines.pop().unwrap().detach();
    assert_eq!(shelf.0.lock().unwrap().len(), 1);
    assert_eq!(kept.as_bytes(), line);
}

#[test]
fn texts_may_leave_the_thread_while_the_lease_is_held() {
    let shelf = Arc::new(Shelf::default());
    let line = "a line that is longer than fifteen bytes";
    for _ in 0..50 {
        let mut buffer = Buffer::from(format!("{line}\n").repeat(200).as_str());
        buffer.set_host(Arc::<Shelf>::clone(&shelf));
        let block = buffer.freeze();
        let (send, receive) = std::sync::mpsc::channel::<Text>();
        let other =
            std::thread::spawn(move || receive.iter().filter(|t| t.as_str() == line).count());
        block.for_each_line(false, |line| {
            let copy = line.clone();
            send.send(line).unwrap();
            drop(copy);
        });
        drop(block);
        drop(send);
        assert_eq!(other.join().unwrap(), 200);
    }
    assert_eq!(shelf.0.lock().unwrap().len(), 50);
}

#[test]
fn malformed_bytes_are_replaced() {
    let mut buffer = Buffer::with_capacity(10);
    buffer.extend_from_slice(b"a\xffb");
    assert_eq!(buffer.freeze().as_str(), "a\u{fffd}b");
}

#[test]
#[should_panic(expected = "committed more than there is room for")]
fn committing_too_much_is_refused() {
    Buffer::with_capacity(3).commit(4);
}
