//! A browser of a test's own: headless Chromium behind `chromedriver`, in as much of the WebDriver protocol as is needed here.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::Command,
    time::Duration,
};

use redial_tests::support::{Process, until};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long anything that must come may take; only a failing test waits so long.
const WITHIN: Duration = Duration::from_secs(30);
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const FLAGS: [&str; 5] =
    ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"];

/// An open browser, with one page.
pub struct Browser {
    port: u16,
    session: String,
    base_url: String,
    directory: TempDir,
    _driver: Process,
}

impl Browser {
    /// Opens one for the pages of a server.
    ///
    /// # Panics
    /// When Chromium or its driver are not there: `tests/run` installs them.
    pub fn open(base_url: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let mut command = Command::new("chromedriver");
        let mut driver = Process::start("chromedriver", command.arg("--port=0"), directory.path().join("driver.log"));
        let port = loop {
            let line = driver.line();
            if let Some((_, port)) = line.split_once("successfully on port ") {
                break port.trim_end_matches('.').parse().expect("a port is a number");
            }
        };
        let mut browser =
            Self { port, session: String::new(), base_url: base_url.to_owned(), directory, _driver: driver };
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": FLAGS}, "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let session = browser.ask("POST", "/session", &wanted).expect("Chromium starts");
        browser.session = format!("/session/{}", session["sessionId"].as_str().expect("a session has an id"));
        let downloads = browser.directory.path().display().to_string();
        browser.devtools("Browser.setDownloadBehavior", json!({"behavior": "allow", "downloadPath": downloads}));
        browser
    }

    /// Where downloads go.
    pub fn downloads(&self) -> &Path {
        self.directory.path()
    }

    /// Goes to an address of the server.
    pub fn visit(&self, path: &str) {
        let url = format!("{}{path}", self.base_url);
        self.command("/url", &json!({ "url": url })).expect("the page opens");
    }

    /// Takes on a size and a scheme of colours.
    pub fn look_as(&self, width: u32, scheme: &str) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", size);
        let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", scheme);
    }

    /// Runs a script's body in the page and gives what it returns.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn run(&self, script: &str) -> Value {
        let answer = self.command("/execute/async", &json!({"script": in_time(script), "args": []}));
        answer.unwrap_or_else(|error| panic!("{error}: {script}"))
    }

    /// Waits until an expression of the page is neither false, nothing nor empty, and gives it.
    ///
    /// # Panics
    /// When it stays so, with what the page shows.
    #[track_caller]
    pub fn wait_for(&self, what: &str, expression: &str) -> Value {
        let deadline = std::time::Instant::now() + WITHIN;
        loop {
            // While a page is being left, nothing can be run in it.
            let seen = self.command("/execute/sync", &json!({"script": format!("return {expression}"), "args": []}));
            match seen {
                Ok(Value::Null | Value::Bool(false)) | Err(_) => {}
                Ok(Value::String(text)) if text.is_empty() => {}
                Ok(value) => return value,
            }
            assert!(
                std::time::Instant::now() < deadline,
                "{what}: not within {WITHIN:?}; the page shows\n{}",
                self.text()
            );
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Waits until the page shows a text.
    #[track_caller]
    pub fn wait_for_text(&self, text: &str) {
        self.wait_for(&format!("`{text}`"), &format!("document.body.innerText.includes({})", json!(text)));
    }

    /// Everything that the page shows.
    pub fn text(&self) -> String {
        let answer = self.command("/execute/sync", &json!({"script": "return document.body.innerText", "args": []}));
        answer.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Presses a button or a link by its words, in the open dialog if there is one. It must be there to be pressed.
    #[track_caller]
    pub fn press(&self, words: &str) {
        let within = if self.run("return document.querySelector('dialog[open]') !== null") == json!(true) {
            "//dialog[@open]"
        } else {
            ""
        };
        let path = ["button", "a", "summary", "label"]
            .map(|tag| format!("{within}//{tag}[normalize-space()='{words}']"))
            .join(" | ");
        self.act(&format!("`{words}` can be pressed"), "xpath", &path, "/click", &json!({}));
    }

    /// Types into the element of a CSS selector.
    #[track_caller]
    pub fn fill(&self, selector: &str, text: &str) {
        let what = format!("{selector} takes a text");
        self.act(&what, "css selector", selector, "/value", &json!({ "text": text }));
    }

    /// Presses keys where the focus is.
    pub fn keys(&self, keys: &str) {
        let strokes = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key.to_string()})));
        let actions = json!({"actions": [{"type": "key", "id": "keyboard", "actions": strokes.collect::<Vec<_>>()}]});
        self.command("/actions", &actions).expect("keys can be pressed");
    }

    /// What the browser complained of since the last time.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.command("/se/log", &json!({"type": "browser"})).expect("the browser has a log");
        let entries = log.as_array().cloned().unwrap_or_default();
        let severe = entries.iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].to_string()).collect()
    }

    #[track_caller]
    fn act(&self, what: &str, using: &str, selector: &str, action: &str, body: &Value) {
        let deadline = std::time::Instant::now() + WITHIN;
        loop {
            let done = self.command("/element", &json!({"using": using, "value": selector})).and_then(|found| {
                let id = found[ELEMENT].as_str().unwrap_or_default().to_owned();
                self.command(&format!("/element/{id}{action}"), body)
            });
            let Err(error) = done else { return };
            assert!(std::time::Instant::now() < deadline, "{what}: {error}; the page shows\n{}", self.text());
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    fn devtools(&self, command: &str, parameters: Value) {
        let body = json!({"cmd": command, "params": parameters});
        self.command("/goog/cdp/execute", &body).unwrap_or_else(|error| panic!("{command}: {error}"));
    }

    fn command(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.ask("POST", &format!("{}{path}", self.session), body)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let answer = request(self.port, method, path, &body.to_string()).map_err(|error| error.to_string())?;
        let mut answer: Value = serde_json::from_str(&answer).map_err(|error| format!("{error}: {answer}"))?;
        match answer["value"]["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", answer["value"]["message"].as_str().unwrap_or_default())),
            None => Ok(answer["value"].take()),
        }
    }
}

impl Drop for Browser {
    /// Ends the browser too, which its driver alone would leave behind.
    fn drop(&mut self) {
        drop(self.ask("DELETE", &self.session, &json!({})));
    }
}

/// A script whose promise is waited for.
fn in_time(script: &str) -> String {
    format!(
        "const done = arguments[arguments.length - 1]; (async () => {{ {script} }})().then(done, (e) => done('failed: ' + e));"
    )
}

/// Sends one request to the driver, which keeps connections open: the body ends where its length says.
fn request(port: u16, method: &str, path: &str, body: &str) -> std::io::Result<String> {
    let mut connection =
        until("the driver takes a connection", WITHIN, || TcpStream::connect(("127.0.0.1", port)).ok());
    connection.set_read_timeout(Some(WITHIN * 2))?;
    let length = body.len();
    write!(
        connection,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut reader = BufReader::new(connection);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut answer = vec![0; length];
    reader.read_exact(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
