//! The Streaming page by keyboard, and under the eyes of somebody who reads, selects and scrolls in
//! it while it goes on.

use super::browser::{address, watched};
use super::harness::{Chromium, Launch, Sender};

/// Presses Tab until the element that `selector` finds has the focus.
fn tab_to(browser: &mut Chromium, selector: &str) {
    let mut reached = Vec::new();
    for _ in 0..300 {
        browser.press(&["Tab"]);
        if browser.value(&format!("document.activeElement.matches(`{selector}`)")) == true {
            return;
        }
        reached.push(browser.value("document.activeElement.outerHTML.slice(0, 80)"));
    }
    panic!("Tab never comes to {selector}: {reached:#?}");
}

#[test]
fn everything_is_reached_by_keyboard() {
    let Some(mut browser) = Chromium::start() else {
        return;
    };
    let sender = Sender::new();
    let program = watched(Launch::stateful()).every("200ms").start_at(&sender);
    let page = address(&program, "the Streaming page is at");
    let mut connection = sender.accept();
    connection.send(b"to be or not to be that is the question\n");
    browser.open(&page);
    let title = "document.querySelector('#detail h2').innerText";
    let total = "Number(document.querySelector('#main').innerText.match(/of ([\\d,]+)\\)/)[1].replace(',', ''))";
    browser.wait(&format!("{total} > 12"));
    browser.wait("document.querySelector('#state').offsetParent !== null");
    // Past the head of the page.
    browser.press(&["Tab"]);
    assert_eq!(
        browser.value("document.activeElement.className"),
        "skip",
        "the first thing"
    );
    browser.press(&["Enter"]);
    browser.wait("document.activeElement.id === 'main'");
    // Pinning the newest batch, its neighbours, and following again.
    tab_to(&mut browser, "#follow");
    browser.press(&["Enter"]);
    browser.wait(&format!(
        "(window.first = {title}).startsWith('Pinned batch')"
    ));
    tab_to(&mut browser, "#earlier");
    browser.press(&["Enter"]);
    browser.wait(&format!(
        "{title}.startsWith('Pinned batch') && {title} < window.first"
    ));
    tab_to(&mut browser, "#later");
    browser.press(&["Space"]);
    browser.wait(&format!("{title} === window.first"));
    browser.press(&["Shift+Tab", "Shift+Tab", "Enter"]);
    browser.wait(&format!("{title}.startsWith('Newest batch')"));
    // What was printed, which is scrolled by arrows.
    tab_to(&mut browser, "pre.records");
    // A batch of the table. The table goes on, and the focus stays at the batch.
    tab_to(&mut browser, "tbody tr:nth-child(3) button.pin");
    let label = browser.value("window.label = document.activeElement.getAttribute('aria-label')");
    browser.value(&format!("window.seen = {total}"));
    browser.wait(&format!("{total} > window.seen + 5"));
    assert_eq!(
        browser.value("document.activeElement.getAttribute('aria-label')"),
        label
    );
    browser.press(&["Enter"]);
    browser.wait(&format!(
        "window.label === 'Pin the batch at ' + {title}.replace('Pinned batch: ', '')"
    ));
    // Its page and back.
    tab_to(&mut browser, "td a");
    browser.press(&["Enter"]);
    browser.wait_for("Details of batch at");
    browser.wait_for("socket text stream");
    tab_to(&mut browser, "main p a");
    browser.press(&["Enter"]);
    browser.wait("document.querySelector('#state').offsetParent !== null");
    // The state.
    tab_to(&mut browser, "#state select[aria-label^=Kind]");
    browser.press(&["ArrowDown"]);
    browser.wait("document.activeElement.value === 'prefix'");
    tab_to(&mut browser, "#state input[type=search]");
    browser.press(&["b", "e", "Enter"]);
    let found = "document.querySelector('#found').innerText";
    browser.wait(&format!(
        "{found}.includes('be') && !{found}.includes('question')"
    ));
    browser.press(&["Shift+Tab", "ArrowUp"]);
    browser.wait("document.activeElement.value === 'top'");
    tab_to(&mut browser, "#look");
    browser.press(&["Enter"]);
    browser.wait(&format!("{found}.includes('2')"));
    tab_to(&mut browser, "#live");
    browser.press(&["Space"]);
    connection.send(b"be be be be\n");
    browser.wait(&format!("{found}.includes('6')"));
}

#[test]
fn what_is_read_stays_where_it_is_while_the_page_goes_on() {
    let Some(mut browser) = Chromium::start() else {
        return;
    };
    let sender = Sender::new();
    let program = watched(Launch::network_wordcount())
        .every("100ms")
        .start_at(&sender);
    let page = address(&program, "the Streaming page is at");
    let _connection = sender.accept();
    browser.size(390, 844);
    browser.open(&page);
    let completed = "document.querySelector('section[data-name^=Completed]')";
    let total =
        format!("Number({completed}.innerText.match(/of ([\\d,]+)\\)/)[1].replace(',', ''))");
    let goes_on = format!("{total} > window.seen + 10");
    browser.wait(&format!("(window.seen = {total}) > 0"));
    // A table that is wider than a phone.
    browser.wait(&format!(
        "({completed}.querySelector('.scroll').scrollLeft = 60) && \
         {completed}.querySelector('.scroll').scrollLeft === 60"
    ));
    browser.wait(&goes_on);
    let left = browser.value(&format!("{completed}.querySelector('.scroll').scrollLeft"));
    assert_eq!(left, 60);
    // Somebody copies a time.
    browser.value(&format!(
        "getSelection().selectAllChildren({completed}.querySelector('td a'))"
    ));
    let selected = browser.value("getSelection().toString()");
    assert_ne!(selected, "");
    browser.wait("(window.before = document.querySelector('#subtitle').innerText) !== ''");
    browser.wait("document.querySelector('#subtitle').innerText !== window.before");
    assert_eq!(browser.value("getSelection().toString()"), selected);
    browser.value(&format!(
        "getSelection().removeAllRanges(), window.seen = {total}"
    ));
    browser.wait(&goes_on);
}

/// Keeps the connections to the server, to act as if the network had.
const KEEPS_SOURCES: &str = "
    window.sources = [];
    const Real = EventSource;
    window.EventSource = class extends Real {
      constructor(url) { super(url); window.sources.push(this); }
    };
";

#[test]
fn a_connection_that_is_made_anew_is_no_end_of_the_program() {
    let Some(mut browser) = Chromium::start() else {
        return;
    };
    let sender = Sender::new();
    let program = watched(Launch::network_wordcount()).start_at(&sender);
    let page = address(&program, "the Streaming page is at");
    browser.before_each_page(KEEPS_SOURCES);
    browser.open(&page);
    browser.wait_for("Completed batches");
    let lost = |browser: &mut Chromium, events: &str| {
        browser.value(&format!(
            "(() => {{ for (const kind of {events}) window.sources[0].dispatchEvent(new Event(kind)); \
             return document.querySelector('.verdict').className.includes('lost'); }})()"
        ))
    };
    // A server ends a connection after ten minutes, and the next one is there a second later.
    assert_eq!(
        lost(&mut browser, "['error', 'open', 'error', 'open']"),
        false
    );
    // That there is no next one is another thing.
    assert_eq!(lost(&mut browser, "['error', 'error']"), true);
    browser.wait("!document.querySelector('.verdict').className.includes('lost')");
}
