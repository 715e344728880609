//! The dashboard in a real browser, served by `redial up`, with the simulator for a provider.

mod looks;
mod paths;
mod webdriver;

use redial_simulator::{SimulatorConfig, Span};
use redial_tests::support::{Process, Rig, Setup};
use webdriver::Browser;

/// Some calls end badly at first, and all last long enough to be seen.
const DEFINITION: &str = "provider = \"sim\"\n[pacing]\nrate = \"10/s\"\n[retry.busy]\ndelays = [\"1h\"]\n\
                          [call]\ndisplay_number = \"200\"\n[results]\npoll_first = \"500ms\"\npoll_max = \"1s\"\n";

/// Everything that runs, with the browser signed in as the admin.
struct Stage {
    browser: Browser,
    rig: Rig,
    _up: Process,
}

impl Stage {
    fn new() -> Self {
        let simulator = SimulatorConfig { talk: Span::millis(1_000, 2_000), ..SimulatorConfig::default() };
        let rig =
            Rig::new(Setup { account: "rate = \"20/s\"\nmax_concurrent = 50", lease: "5s", simulator, redis: None });
        let up = rig.up();
        let browser = Browser::open(rig.server_url());
        browser.look_as(1280, "light");
        Self { browser, rig, _up: up }
    }

    /// Signs in by an address as `redial up` prints it.
    fn sign_in(&self, token: &str) {
        self.browser.visit(&format!("/#token={token}"));
        self.browser.wait_for(
            "the page has taken the token out of the address",
            "location.hash === '' && document.querySelector('h1')",
        );
    }

    /// Applies a definition, without contacts.
    fn apply(&self, name: &str) {
        let file = self.rig.file(&format!("{name}.toml"), &format!("name = \"{name}\"\n{DEFINITION}"));
        self.rig.ok(&["apply", &file.display().to_string()]);
    }
}
