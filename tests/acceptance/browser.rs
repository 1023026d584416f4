//! The Streaming page in a real browser: it shows a program, its overload, its state and its end.
//!
//! With MILLRACE_SCREENSHOTS=docs/img the tests write the pictures of docs/MONITORING.md anew.

use std::time::Duration;

use super::harness::{Chromium, Launch, Program, Read, Sender, Signal};

/// The address of a page, as a program says it on stderr.
fn address(program: &Program, before: &str) -> String {
    program.wait_for_stderr("the address of the page", |text| {
        let (_, rest) = text.split_once(before)?;
        let line = rest.split_once('\n')?.0;
        Some(format!("http://{}", line.split_once("http://")?.1))
    })
}

fn watched(launch: Launch) -> Launch {
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
