//! A real browser without a window, driven over its debugging pipe.
//!
//! The pipe speaks the DevTools protocol: JSON with a zero byte behind each message, on the
//! browser's descriptors 3 and 4. A shell puts the child's standard input and output there.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{GLANCE, PATIENCE};

/// Names that a browser goes by.
const NAMES: [&str; 2] = ["chromium", "chromium-browser"];

const OPTIONS: [&str; 7] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--remote-debugging-pipe",
];

/// A browser with one page; killed when the test gives it up.
pub(crate) struct Chromium {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    session: String,
    sent: u64,
    _profile: TempDir,
}

impl Chromium {
    /// Starts the browser; `None` where there is none, which is said, and a failure in CI.
    pub(crate) fn start() -> Option<Chromium> {
        let found = NAMES.iter().find(|name| {
            let asked = Command::new(name).arg("--version").output();
            asked.is_ok_and(|answer| answer.status.success())
        });
        let Some(name) = found else {
            assert!(
                std::env::var_os("CI").is_none(),
                "there is no chromium: scripts/install_needs.sh gets it"
            );
            let skipped = "skipped: there is no chromium (scripts/install_needs.sh gets it)";
            // Nobody has to read it.
            let _ = writeln!(std::io::stderr(), "{skipped}");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new("sh")
            .args([
                "-c",
                "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null",
                name,
            ])
            .args(OPTIONS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut browser = Chromium {
            child,
            input,
            output,
            session: String::new(),
            sent: 0,
            _profile: profile,
        };
        let target = browser.ask("Target.createTarget", json!({ "url": "about:blank" }));
        let target = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser.ask("Target.attachToTarget", target);
        browser.session = attached["sessionId"].as_str().unwrap().to_owned();
        browser.size(960, 1080);
        Some(browser)
    }

    /// The result of a command.
    pub(crate) fn ask(&mut self, method: &str, parameters: Value) -> Value {
        let answer = self.try_ask(method, parameters);
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The result of a command, or its error. Other messages of the browser are passed over.
    fn try_ask(&mut self, method: &str, parameters: Value) -> Result<Value, Value> {
        self.sent += 1;
        let mut message = json!({ "id": self.sent, "method": method, "params": parameters });
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        self.input
            .write_all(message.to_string().as_bytes())
            .unwrap();
        self.input.write_all(&[0]).unwrap();
        loop {
            let mut answer = Vec::new();
            self.output.read_until(0, &mut answer).unwrap();
            assert_eq!(answer.pop(), Some(0), "the browser has ended");
            let mut answer: Value = serde_json::from_slice(&answer).unwrap();
            if answer["id"] == json!(self.sent) {
                return match answer.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(answer["result"].take()),
                };
            }
        }
    }

    /// Sets the size of the page in pixels.
    pub(crate) fn size(&mut self, width: u32, height: u32) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.ask("Emulation.setDeviceMetricsOverride", size);
    }

    /// Has the page drawn in `light` or `dark`.
    pub(crate) fn scheme(&mut self, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.ask(
            "Emulation.setEmulatedMedia",
            json!({ "features": [feature] }),
        );
    }

    /// Runs a script in every page that is opened from now on, before the page's own.
    pub(crate) fn before_each_page(&mut self, script: &str) {
        self.ask("Page.enable", json!({}));
        self.ask(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({ "source": script }),
        );
    }

    /// Clicks with the mouse into the middle of an element.
    pub(crate) fn click(&mut self, selector: &str) {
        let middle = format!(
            "(() => {{ const at = document.querySelector('{selector}').getBoundingClientRect(); \
             return [at.left + at.width / 2, at.top + at.height / 2]; }})()"
        );
        let middle = self.value(&middle);
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let event = json!({
                "type": kind, "x": middle[0], "y": middle[1], "button": "left", "clickCount": 1,
            });
            self.ask("Input.dispatchMouseEvent", event);
        }
    }

    /// Presses keys one after the other: Tab, Shift+Tab, Enter, Space, an arrow, or a letter.
    pub(crate) fn press(&mut self, keys: &[&str]) {
        for key in keys {
            let (code, text, modifiers) = match *key {
                "Tab" => (9, "", 0),
                "Shift+Tab" => (9, "", 8),
                "Enter" => (13, "\r", 0),
                "Space" => (32, " ", 0),
                "ArrowUp" => (38, "", 0),
                "ArrowDown" => (40, "", 0),
                letter => (
                    u32::from(letter.as_bytes()[0].to_ascii_uppercase()),
                    letter,
                    0,
                ),
            };
            let name = match *key {
                "Shift+Tab" => "Tab",
                "Space" => " ",
                key => key,
            };
            let kind = if text.is_empty() {
                "rawKeyDown"
            } else {
                "keyDown"
            };
            let mut event = json!({
                "type": kind, "key": name, "windowsVirtualKeyCode": code, "text": text,
                "modifiers": modifiers,
            });
            self.ask("Input.dispatchKeyEvent", event.clone());
            event["type"] = json!("keyUp");
            self.ask("Input.dispatchKeyEvent", event);
        }
    }

    /// The rest of the page when its garbage is gone: bytes of the heap, and nodes of documents.
    pub(crate) fn holds(&mut self) -> (u64, u64) {
        // Observers and caches let go in their own time.
        for _ in 0..3 {
            self.ask("HeapProfiler.collectGarbage", json!({}));
        }
        let heap = self.ask("Runtime.getHeapUsage", json!({}));
        let nodes = self.ask("Memory.getDOMCounters", json!({}));
        let number = |value: &Value| value.as_f64().unwrap() as u64;
        (number(&heap["usedSize"]), number(&nodes["nodes"]))
    }

    pub(crate) fn open(&mut self, address: &str) {
        self.ask("Page.navigate", json!({ "url": address }));
    }

    /// The value of an expression of JavaScript; nothing if it throws, as it may while a page
    /// loads, or if the page goes while it is asked.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true });
        match self.try_ask("Runtime.evaluate", asked) {
            Ok(mut answer) => answer["result"]["value"].take(),
            Err(error)
                if error["message"]
                    .as_str()
                    .is_some_and(|it| it.contains("navigated")) =>
            {
                Value::Null
            }
            Err(error) => panic!("{expression}: {error}"),
        }
    }

    /// Waits until an expression is true.
    pub(crate) fn wait(&mut self, expression: &str) {
        let end = Instant::now() + PATIENCE;
        while self.value(expression) != json!(true) {
            if Instant::now() > end {
                let page = self.value("document.body.innerText");
                panic!("never true: {expression}\n{}", page.as_str().unwrap_or("?"));
            }
            std::thread::sleep(GLANCE);
        }
    }

    /// Waits until the page shows a text.
    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait(&format!(
            "document.body.innerText.includes({})",
            json!(text)
        ));
    }

    /// Writes a picture of the page to the directory that MILLRACE_SCREENSHOTS names, if it does.
    pub(crate) fn picture(&mut self, name: &str) {
        let Some(directory) = std::env::var_os("MILLRACE_SCREENSHOTS") else {
            return;
        };
        let shot = self.ask("Page.captureScreenshot", json!({ "format": "png" }));
        let path = std::path::Path::new(&directory).join(name);
        std::fs::write(path, decoded(shot["data"].as_str().unwrap())).unwrap();
    }
}

/// The bytes of base64.
fn decoded(text: &str) -> Vec<u8> {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for digit in text.bytes() {
        let Some(value) = digits.iter().position(|it| *it == digit) else {
            break;
        };
        held = held << 6 | value as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    bytes
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
