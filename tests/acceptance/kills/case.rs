//! One directory and its lives.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::acceptance::harness::{PATIENCE, Sender, Signal};

use super::inbox::Inbox;
use super::kind::{Kind, Means};
use super::letters::Letters;
use super::life::Life;
use super::matrix::Table;
use super::place::{self, Place};
use super::random::Random;
use super::saved::Saved;
use super::topic::Topic;
use super::view::{Printed, beginning, last_time, later, state, word};
use super::windowed;

/// Why a life ended the case.
#[derive(Debug)]
pub(super) enum Wrong {
    Mismatch(String),
    /// A file was moved in behind its own time: what its batch is depends on the kills.
    TooLate,
}

impl From<String> for Wrong {
    fn from(what: String) -> Wrong {
        Wrong::Mismatch(what)
    }
}

/// Failpoints that are likely to be worth a kill after a kill at these places: there is
/// something to clean.
const FOLLOWERS: [(&str, [&str; 2]); 2] = [
    (
        "wal.append.mid-write",
        ["wal.open.before-cut", "wal.open.after-cut"],
    ),
    ("atomic.", ["cleanup.before-remove", "cleanup.after-remove"]),
];

/// A directory, and what is known of it.
pub(super) struct Case<'a> {
    kind: Kind,
    seed: u64,
    random: Random,
    points: &'a [String],
    place: Place,
    sender: Sender,
    printed: Printed,
    inbox: Inbox,
    topic: Option<Topic>,
    saved: Saved,
    letters: Letters,
    /// So many lines have been seen to have arrived.
    floor: u64,
    /// The place where it was killed last.
    last: String,
}

impl<'a> Case<'a> {
    pub(super) fn new(kind: Kind, seed: u64, points: &'a [String]) -> Case<'a> {
        Case {
            kind,
            seed,
            random: Random::new(seed),
            points,
            place: Place::new(),
            sender: Sender::new(),
            printed: Printed::default(),
            inbox: Inbox::default(),
            topic: (kind == Kind::Kafka).then(Topic::new),
            saved: Saved::default(),
            letters: Letters::default(),
            floor: 0,
            last: String::new(),
        }
    }

    /// Kills it so often, and lets it end in peace then.
    pub(super) fn run(mut self, kills: u64, table: &mut Table) {
        for kill in 0..=kills {
            let (row, outcome) = self.live((kill < kills).then_some(kill));
            if let Some(row) = row {
                table.kill(self.kind, &row);
                self.last = row;
            }
            match outcome {
                Ok(()) => {}
                Err(Wrong::TooLate) => return table.give_up(),
                Err(Wrong::Mismatch(what)) => {
                    let (kind, seed, last) = (self.kind, self.seed, &self.last);
                    let what = format!(
                        "{kind:?}, case {seed:#x}, kill {kill}, last killed at {last:?}: {what}"
                    );
                    table.mismatch(kind, last, what);
                    // What comes after would be judged by what is wrong already.
                    if std::env::var_os("MILLRACE_KILL_KEEP").is_some() {
                        eprintln!("kept: {}", self.place.keep().display());
                    }
                    return;
                }
            }
        }
    }

    /// One life, the last one if it is not to be killed; gives where it was, and what is wrong.
    fn live(&mut self, kill: Option<u64>) -> (Option<String>, Result<(), Wrong>) {
        let failpoint = kill.filter(|_| self.random.below(6) > 0);
        let failpoint = failpoint.map(|kill| self.draw(kill));
        let means = Means {
            failpoint: failpoint.as_deref(),
            other_interval: self.kind.bears_another_interval() && self.random.below(6) == 0,
        };
        let mut life = self.begin(means);
        let arrived = match self.recovered(&mut life) {
            Ok(arrived) => arrived,
            Err(what) => return (None, Err(what.into())),
        };
        let sent = match arrived.map(|arrived| self.send(&mut life, arrived)) {
            None => None,
            Some(Ok(sent)) => Some(sent),
            Some(Err(wrong)) => return (None, Err(wrong)),
        };
        if kill.is_none() {
            let Some(sent) = sent else {
                let ended = life.program.finish();
                return (
                    None,
                    Err(format!("it does not start: {}", ended.stderr).into()),
                );
            };
            return (None, self.end(life, sent).map_err(Wrong::from));
        }
        let looks = match failpoint {
            Some(_) => 60,
            None => self.random.below(20),
        };
        let by_itself = life.dies_soon(looks);
        let outcome = self.bury(life);
        let name = failpoint.as_deref().and_then(|it| it.split(':').next());
        let row = match name {
            Some(name) if by_itself => name,
            _ => "(any moment)",
        };
        (Some(row.to_owned()), outcome.map_err(Wrong::from))
    }

    /// Kills it unless it is dead, and judges what it has left.
    fn bury(&mut self, mut life: Life) -> Result<(), String> {
        life.program.kill();
        drop(life.connection.take());
        let ended = life.program.finish();
        if let Some(code) = ended.code {
            return Err(format!("it ended with {code}: {}", ended.stderr));
        }
        if self.kind.prints() {
            self.printed.take(&ended.batches_begun())?;
        }
        let committed = last_time(&self.place.state())?;
        self.judge(committed, false).map(drop)
    }

    /// One life that is fed until it is dead.
    pub(super) fn die_at(&mut self, means: Means<'_>) -> Result<(), Wrong> {
        let mut life = self.begin(means);
        if let Some(mut next) = self.recovered(&mut life)? {
            let deadline = Instant::now() + PATIENCE;
            while !life.program.has_ended() {
                if Instant::now() > deadline {
                    return Err("it is never passed".to_owned().into());
                }
                next = self.send(&mut life, next)?;
            }
        }
        self.bury(life).map_err(Wrong::from)
    }

    /// The life after the last kill.
    pub(super) fn go_on(&mut self) -> Result<(), Wrong> {
        self.live(None).1
    }

    /// A failpoint, and at which passing of it.
    fn draw(&mut self, kill: u64) -> String {
        let of = |points: &[String], random: &mut Random| {
            points[random.below(points.len() as u64) as usize].clone()
        };
        let follower = FOLLOWERS.iter().find(|(at, _)| self.last.starts_with(at));
        if let Some((_, names)) = follower
            && self.random.below(2) == 0
        {
            return names[self.random.below(2) as usize].to_owned();
        }
        // Only a directory that is new is filled.
        let begins = |point: &&String| point.starts_with("checkpoint.create.");
        let begins: Vec<String> = self.points.iter().filter(begins).cloned().collect();
        if kill < 2 && self.random.below(2) == 0 {
            return of(&begins, &mut self.random);
        }
        let reach = [1, 3, 12][self.random.below(3) as usize];
        let name = of(self.points, &mut self.random);
        format!("{name}:{}", 1 + self.random.below(reach))
    }

    fn begin(&self, means: Means<'_>) -> Life {
        let topic = self.topic.as_ref();
        Life::begin_on(topic, self.kind, &self.place, &self.sender, means)
    }

    /// Waits until everything that was recovered has been run, and judges it; `None` if the
    /// program is dead before.
    fn recovered(&mut self, life: &mut Life) -> Result<Option<u64>, String> {
        if self.kind.reads_a_socket() && life.connection.is_none() {
            return Ok(None);
        }
        let (state, printed) = (self.place.state(), &mut self.printed);
        let prints = self.kind.prints();
        let since = life.since;
        let run = life.until("the first new batch", |life| {
            let time = match later(&state, since)? {
                Ok(time) => time,
                Err(what) => return Some(Err(what)),
            };
            if !prints {
                return Some(Ok(time));
            }
            if let Err(what) = printed.take(&life.program.batches_begun()) {
                return Some(Err(what));
            }
            printed.has(time).then_some(Ok(time))
        });
        match run {
            None => Ok(None),
            Some(run) => run.and_then(|time| self.judge(Some(time), false)).map(Some),
        }
    }

    /// Judges that the lines that arrived are right, and no fewer than before.
    fn judge(&mut self, committed: Option<i64>, at_rest: bool) -> Result<u64, String> {
        let at = self.place.state();
        let arrived = match self.kind {
            Kind::Stateless => beginning(&self.printed.counts())?,
            Kind::Stateful => beginning(&state(&at)?)?,
            Kind::Windowed => windowed::judge(&self.printed)?,
            Kind::Poison => self.letters.judge(&at)?,
            Kind::Kafka => self.judge_topic()?,
            Kind::Files => self.inbox.judge(&self.printed, committed)?,
            Kind::StatefulFiles => {
                let arrived = beginning(&state(&at)?)?;
                // More batches may have been committed since.
                let least = self.inbox.lines_until(committed);
                if arrived < least {
                    return Err(format!("{arrived} lines are there, not {least}"));
                }
                arrived
            }
            Kind::Saving | Kind::Windows => {
                let saved = self.place.saved();
                self.saved.judge(self.kind, &saved, committed, at_rest)?
            }
        };
        if arrived < self.floor {
            return Err(format!("{arrived} lines are there, {} were", self.floor));
        }
        self.floor = arrived;
        Ok(arrived)
    }

    fn judge_topic(&self) -> Result<u64, String> {
        let topic = self.topic.as_ref().ok_or("there is no topic")?;
        topic.judge(&self.printed.counts())
    }

    /// Sends some lines, through the socket from number `next` on; gives the first that was not
    /// sent.
    fn send(&mut self, life: &mut Life, next: u64) -> Result<u64, Wrong> {
        let lines = 1 + self.random.below(60);
        if self.kind.reads_files() {
            let mut left = lines;
            while left > 0 {
                let some = left.min(1 + self.random.below(20));
                if !self.inbox.put(&self.place, some) {
                    return Err(Wrong::TooLate);
                }
                left -= some;
                thread::sleep(Duration::from_millis(self.random.below(12)));
            }
            return Ok(self.inbox.next);
        }
        if let Some(topic) = &mut self.topic {
            let mut left = lines;
            while left > 0 {
                let some = left.min(1 + self.random.below(20));
                topic.put(some);
                left -= some;
                thread::sleep(Duration::from_millis(self.random.below(12)));
            }
            return Ok(topic.next);
        }
        let Some(connection) = &mut life.connection else {
            return Ok(next);
        };
        let (mut next, end) = (next, next + lines);
        while next < end {
            let behind = (next + 1 + self.random.below(5)).min(end);
            let lines: String = (next..behind).map(|line| word(line) + "\n").collect();
            if !connection.try_send(lines.as_bytes()) || life.program.has_ended() {
                break;
            }
            next = behind;
            // Spreads the lines over blocks and batches; nothing depends on how.
            thread::sleep(Duration::from_millis(self.random.below(12)));
        }
        Ok(next)
    }

    /// Waits for all that was sent, and stops it as a user does.
    fn end(&mut self, mut life: Life, sent: u64) -> Result<(), String> {
        match (&life.connection, self.inbox.last()) {
            (Some(connection), _) => {
                assert!(
                    connection.settle(),
                    "this system does not say what a socket holds"
                );
            }
            (None, Some(last)) => {
                let state = self.place.state();
                life.until("the batch of the last file", |_| later(&state, last))
                    .ok_or("it has ended before the batch of the last file")??;
            }
            (None, None) => {}
        }
        if matches!(self.kind, Kind::Windowed | Kind::Kafka) {
            // A window that is not whole is not printed when the program stops, and what comes
            // too late to a topic is the next run's.
            self.see(&mut life, sent)?;
        }
        match self.kind.is_ours() {
            true => fs::write(place::stop(self.place.root()), "").unwrap(),
            false => life.program.signal(Signal::Terminate),
        }
        drop(life.connection.take());
        let ended = life.program.finish();
        if ended.code.is_none_or(|code| code != 0 && code != 143) {
            return Err(format!("it ended with {:?}: {}", ended.code, ended.stderr));
        }
        if self.kind.prints() {
            self.printed.take(&ended.batches_begun())?;
        }
        let arrived = self.judge(last_time(&self.place.state())?, true)?;
        (arrived == sent)
            .then_some(())
            .ok_or_else(|| format!("{sent} lines were sent, {arrived} have arrived"))
    }

    /// Waits until so many lines have been printed.
    fn see(&mut self, life: &mut Life, sent: u64) -> Result<(), String> {
        let (printed, topic) = (&mut self.printed, &self.topic);
        life.until("the last lines", |life| {
            if let Err(what) = printed.take(&life.program.batches_begun()) {
                return Some(Err(what));
            }
            let arrived = match topic {
                Some(topic) => topic.judge(&printed.counts()),
                None => windowed::judge(printed),
            };
            arrived
                .map(|arrived| (arrived >= sent).then_some(()))
                .transpose()
        })
        .ok_or("it has ended before the last lines")?
    }
}
