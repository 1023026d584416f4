//! The Streaming page in a real browser: it shows a program, its overload, its state and its end.
//!
//! With MILLRACE_SCREENSHOTS=docs/img the tests write the pictures of docs/MONITORING.md anew.

use std::time::Duration;

use super::harness::{Chromium, Launch, Program, Read, Sender, Signal};

/// The address of a page, as a program says it on stderr.
pub(super) fn address(program: &Program, before: &str) -> String {
    program.wait_for_stderr("the address of the page", |text| {
        let (_, rest) = text.split_once(before)?;
        let line = rest.split_once('\n')?.0;
        Some(format!("http://{}", line.split_once("http://")?.1))
    })
}

pub(super) fn watched(launch: Launch) -> Launch {
    launch
        .threads(2)
        .conf("spark.ui.enabled", "true")
        .conf("spark.ui.port", "0")
        .conf("spark.eventLog.enabled", "true")
        .conf("spark.eventLog.dir", "logs")
}

const HOSTILE: &str = "<script>document.title='taken'</script>";

/// Looks for a key through the page.
fn look(browser: &mut Chromium, kind: &str, text: &str) {
    let asked = format!(
        "(() => {{ const state = document.querySelector('#state'); \
         state.querySelectorAll('select')[1].value = '{kind}'; \
         state.querySelector('input[type=search]').value = '{text}'; \
         document.querySelector('#look').click(); return true; }})()"
    );
    browser.wait(&asked);
}

#[test]
fn a_browser_shows_a_program_its_state_its_end_and_what_was_there_afterwards() {
    let Some(mut browser) = Chromium::start() else {
        return;
    };
    let sender = Sender::new();
    let program = watched(Launch::stateful()).every("500ms").start_at(&sender);
    let page = address(&program, "the Streaming page is at");
    let mut connection = sender.accept();
    browser.open(&page);
    // It renders, and a hostile word is a text like any other.
    for word in ["to be or not to be", HOSTILE, "that is the question"] {
        connection.send(format!("{word}\n").as_bytes());
        program.wait_for_more_batches(1);
    }
    browser.wait_for("Keeps up");
    browser.wait_for("SocketReceiver-0");
    browser.wait_for("update_state_by_key");
    // It updates by itself.
    let completed =
        "Number(document.querySelector('#subtitle').innerText.match(/(\\d+) completed/)[1])";
    browser.wait(&format!("(window.seen = {completed}) > 0"));
    browser.wait(&format!("{completed} > window.seen + 3"));
    // Plots are as wide as their cards.
    browser.wait(
        "[...document.querySelectorAll('.uplot')].every((plot) => \
         plot.offsetWidth <= plot.parentNode.clientWidth)",
    );
    // The state browser: the greatest values, a key, one that is not there.
    look(&mut browser, "prefix", "<");
    browser.wait("document.querySelector('#found').innerText.includes('<script>')");
    look(&mut browser, "key", "nobody");
    browser.wait("document.querySelector('#found').innerText.includes('unknown key')");
    look(&mut browser, "top", "");
    browser.wait("document.querySelectorAll('#found tbody tr').length > 5");
    assert_eq!(browser.value("document.title.includes('taken')"), false);
    browser.picture("page-light.png");
    browser.value("document.querySelector('#state').scrollIntoView()");
    browser.picture("state.png");
    browser.value("window.scrollTo(0, 0)");
    browser.scheme("dark");
    browser.open(&page);
    browser.wait_for("Keeps up");
    browser.wait_for("average");
    browser.picture("page-dark.png");
    browser.scheme("light");
    browser.size(390, 844);
    browser.open(&page);
    browser.wait_for("Keeps up");
    browser.wait("document.documentElement.scrollWidth <= 390");
    browser.picture("page-narrow.png");
    browser.size(960, 1080);
    // The page of a batch.
    browser.wait("(() => { document.querySelector('td a').click(); return true; })()");
    browser.wait_for("Details of batch at");
    browser.wait_for("Output operations");
    // The end of the program: the page says so and keeps its figures.
    browser.open(&page);
    browser.wait_for("Keeps up");
    program.signal(Signal::Interrupt);
    let finished = program.finish().with_code(130);
    browser.wait_for("does not answer any more");
    assert_eq!(browser.value(&format!("{completed} > 3")), true);
    // Afterwards.
    let logs = finished.path("logs");
    let history = Launch::of(env!("CARGO_BIN_EXE_millrace-history"));
    let history = history
        .args(["--port", "0", logs.to_str().unwrap()])
        .start();
    browser.open(&address(&history, "the runs are at"));
    browser.wait("(() => { document.querySelector('td a').click(); return true; })()");
    browser.wait_for("The run has ended.");
    browser.wait_for("update_state_by_key");
    browser.wait("document.querySelector('#look').offsetParent === null");
    browser.picture("afterwards.png");
}

#[test]
fn a_batch_is_pinned_or_the_newest_one_is_followed() {
    let Some(mut browser) = Chromium::start() else {
        return;
    };
    let sender = Sender::new();
    let program = watched(Launch::network_wordcount())
        .every("100ms")
        .start_at(&sender);
    let page = address(&program, "the Streaming page is at");
    let _connection = sender.accept();
    browser.open(&page);
    let title = "document.querySelector('#detail h2').innerText";
    let detail = "document.querySelector('#detail').innerText";
    let completed = "Number(document.querySelector('#subtitle').innerText.match(/([\\d,]+) completed/)[1].replace(',', ''))";
    let goes_on = |browser: &mut Chromium| {
        browser.wait(&format!("(window.seen = {completed}) > 0"));
        browser.wait(&format!("{completed} > window.seen + 20"));
    };
    // The newest one, whichever it is.
    browser.wait(&format!(
        "(window.first = {title}).startsWith('Newest batch')"
    ));
    browser.wait(&format!("{title} !== window.first"));
    browser.wait(&format!("{detail}.includes('print at')"));
    // By a row: it stays while the others come.
    browser.wait("(() => { document.querySelectorAll('button.pin')[2].click(); return true; })()");
    browser.wait(&format!(
        "{title}.startsWith('Pinned batch') && {detail}.includes('completed')"
    ));
    let pinned = browser.value(detail);
    goes_on(&mut browser);
    assert_eq!(browser.value(detail), pinned);
    // A page that is loaded again has it still.
    browser.ask("Page.reload", serde_json::json!({}));
    goes_on(&mut browser);
    browser.wait(&format!("{detail} === {pinned}"));
    browser.wait("(() => { document.querySelector('#follow').click(); return true; })()");
    browser.wait(&format!(
        "(window.first = {title}).startsWith('Newest batch')"
    ));
    browser.wait(&format!("{title} !== window.first"));
    // By a plot.
    browser.click(".plot .u-over");
    browser.wait(&format!("{title}.startsWith('Pinned batch')"));
    // It is there when the program is not.
    let pinned = browser.value(title);
    drop(program);
    browser.wait_for("does not answer any more");
    assert_eq!(browser.value(title), pinned);
}

/// Has the page take overviews as fast as it draws them, and not four a second: an hour is minutes
/// then. The overviews are the server's own.
const IN_A_HURRY: &str = "
    window.taken = 0;
    window.spent = 0;
    const Real = EventSource;
    window.EventSource = class extends Real {
      constructor(url) {
        super(url);
        this.hurry(url.replace('/events', '/overview'));
      }
      async hurry(url) {
        for (;;) {
          await new Promise((done) => { setTimeout(done, 1); });
          if (window.taken >= window.wanted) continue;
          const data = await fetch(url).then((answer) => answer.text());
          const { numTotalCompletedBatches } = JSON.parse(data).statistics;
          const drawn = () => Number(document.querySelector('#subtitle').textContent.match(/([\\d,]+) completed/)[1].replace(/,/g, ''));
          const begun = performance.now();
          this.dispatchEvent(new MessageEvent('message', { data }));
          while (drawn() < numTotalCompletedBatches) await new Promise((done) => { setTimeout(done, 1); });
          window.spent += performance.now() - begun;
          window.taken += 1;
        }
      }
    };
    window.wanted = 0;
";

/// A day of batches of a second is 86,400 overviews: MILLRACE_PAGE_EVENTS=86400 takes them all, and
/// prints a row of docs/BENCHMARKS.md at 1, 10, 50 and 100 %. By default it is a minute's worth.
#[test]
fn a_page_that_is_open_for_long_neither_leaks_nor_lags() {
    let Some(mut browser) = Chromium::start() else {
        return;
    };
    let events = std::env::var("MILLRACE_PAGE_EVENTS").map(|events| events.parse().unwrap());
    let events: u64 = events.unwrap_or(60);
    let sender = Sender::new();
    let program = watched(Launch::stateful()).every("10ms").start_at(&sender);
    let page = address(&program, "the Streaming page is at");
    let mut connection = sender.accept();
    connection.send(b"to be or not to be\n");
    browser.before_each_page(IN_A_HURRY);
    browser.open(&page);
    // It keeps as many batches as it ever does.
    browser.wait(
        "Number(document.querySelector('#subtitle').innerText.match(/([\\d,]+) completed/)[1].replace(',', '')) > 1100",
    );
    browser.value("document.querySelector('#live').click()");
    let mut held = Vec::new();
    for (percent, wanted) in [
        (1, events.div_ceil(100)),
        (10, events / 10),
        (50, events / 2),
        (100, events),
    ] {
        browser.value(&format!(
            "[window.before, window.used] = [window.taken, window.spent]; window.wanted = {wanted}"
        ));
        while browser.value("window.taken").as_u64().unwrap_or(0) < wanted {
            connection.send(b"that is the question\n");
            std::thread::sleep(Duration::from_millis(20));
        }
        let each = browser.value("(window.spent - window.used) / (window.taken - window.before)");
        let (bytes, nodes) = browser.holds();
        held.push((bytes, nodes));
        eprintln!(
            "{percent} %: {wanted} overviews, {:.2} MB of heap, {nodes} nodes, {:.1} ms each",
            bytes as f64 / 1e6,
            each.as_f64().unwrap_or_default(),
        );
    }
    let [_, (early, early_nodes), _, (late, late_nodes)] = held[..] else {
        unreachable!("four rows")
    };
    assert!(late < early + early / 4 + 1_000_000, "{held:?}");
    // A few tables that were replaced and are not collected yet: a thousand nodes each.
    assert!(late_nodes < early_nodes + 5_000, "{held:?}");
}

#[test]
fn a_page_that_is_open_shows_a_program_that_is_started_again() {
    let Some(mut browser) = Chromium::start() else {
        return;
    };
    let sender = Sender::new();
    let mut program = watched(Launch::network_wordcount()).start_at(&sender);
    let page = address(&program, "the Streaming page is at");
    let port = page
        .trim_end_matches('/')
        .rsplit_once(':')
        .unwrap()
        .1
        .to_owned();
    let run = "document.querySelector('#foot').innerText";
    browser.open(&page);
    browser.wait(&format!("{run}.includes('run local-')"));
    let first = browser.value(run).as_str().unwrap().to_owned();
    program.kill();
    program.finish();
    browser.wait_for("does not answer any more");
    let again = watched(Launch::network_wordcount())
        .conf("spark.ui.port", &port)
        .conf("spark.port.maxRetries", "0")
        .start_at(&sender);
    assert_eq!(address(&again, "the Streaming page is at"), page);
    browser.wait(&format!(
        "{run}.includes('run local-') && {run} !== '{first}'"
    ));
}

#[test]
fn a_browser_shows_an_overload() {
    let Some(mut browser) = Chromium::start() else {
        return;
    };
    let sender = Sender::new();
    // Nobody reads what it prints, so that its batches wait as soon as the pipe is full.
    let program = watched(Launch::network_wordcount())
        .every("200ms")
        .start_at_read(&sender, Read::Nothing);
    let page = address(&program, "the Streaming page is at");
    let mut connection = sender.accept();
    browser.open(&page);
    let line = format!("{}\n", "word".repeat(10_000));
    browser.wait_for("batches of 200 ms");
    let behind = "document.querySelector('.verdict').className.includes('falls_behind')";
    for _ in 0..2_000 {
        connection.try_send_within(line.as_bytes(), Duration::from_millis(50));
        if browser.value(behind) == true {
            break;
        }
    }
    browser.wait_for("Falls behind by");
    browser.wait_for("Waiting batches");
    browser.picture("overloaded.png");
}
