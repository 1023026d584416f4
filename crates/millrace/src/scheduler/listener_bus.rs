#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    fn event(number: i64) -> StreamingEvent {
        StreamingEvent::StreamingStarted { time: number }
    }

    /// Tells what it is told, and waits at its first event until it is let go.
    struct Gated {
        tell: Sender<i64>,
        gate: Option<Receiver<()>>,
    }

    impl StreamingListener for Gated {
        fn on_streaming_started(&mut self, number: i64) {
            self.tell.send(number).unwrap();
            if let Some(gate) = self.gate.take() {
                gate.recv().unwrap();
            }
        }
    }

    #[test]
    fn nobody_who_posts_waits_and_the_oldest_events_go() {
        let (tell, told) = channel();
        let (open, gate) = channel();
        let bus = ListenerBus::start(vec![Box::new(Gated {
            tell,
            gate: Some(gate),
        })])
        .unwrap();
        bus.post(|| event(-1));
        assert_eq!(told.recv().unwrap(), -1);
        // The listener is stuck: a queue's worth stays, and the rest is counted.
        let (posted, dropped) = (CAPACITY as i64 + 500, 500);
        (0..posted).for_each(|number| bus.post(|| event(number)));
        assert_eq!(bus.dropped.load(Ordering::Relaxed), dropped);
        open.send(()).unwrap();
        bus.close();
        assert!(
            told.iter().eq(dropped as i64..posted),
            "the latest ones, in order"
        );
    }

    #[test]
    fn every_listener_is_told_everything_in_order_before_the_bus_closes() {
        let (channels, listeners): (Vec<_>, Vec<Box<dyn StreamingListener>>) = (0..3)
            .map(|_| {
                let (tell, told) = channel();
                (told, Box::new(Gated { tell, gate: None }) as Box<_>)
            })
            .unzip();
        let bus = ListenerBus::start(listeners).unwrap();
        (0..1000).for_each(|number| bus.post(|| event(number)));
        bus.close();
        for told in channels {
            assert!(told.iter().eq(0..1000));
        }
    }

    #[test]
    fn without_listeners_no_event_is_made() {
        let bus = ListenerBus::start(Vec::new()).unwrap();
        bus.post(|| unreachable!("nobody listens"));
        bus.close();
    }

    #[test]
    fn closing_twice_and_posting_after_it_harm_nobody() {
        let (tell, told) = channel();
        let bus = ListenerBus::start(vec![Box::new(Gated { tell, gate: None })]).unwrap();
        bus.post(|| event(1));
        bus.close();
        bus.post(|| event(2));
        bus.close();
        assert!(told.iter().eq([1]));
    }
}
