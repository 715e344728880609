//! The main paths: what operators do, in the order in which they do it.

use std::{fs, time::Duration};

use redial_tests::support::until;
use serde_json::json;

use crate::Stage;

const FOUND_WITHIN: Duration = Duration::from_secs(30);
/// 60 contacts that can be called, one that cannot, and one twice; the numbers stand in a column of another name.
const CALLABLE: usize = 60;

fn list() -> String {
    let rows = (0..CALLABLE).map(|place| format!("C{place},+1{}55501{:02},Ann\n", 202 + place / 50, place % 50));
    format!("id,Mobile,first_name\n{}X1,12,Bob\nX2,+12025550100,Mia\n", rows.collect::<String>())
}

/// The number of contacts in a state, as the page shows it.
fn contacts(state: &str) -> String {
    format!("Number((document.querySelector('[data-state={state}]')?.textContent ?? '').replaceAll(',', ''))")
}

#[test]
fn a_list_is_checked_uploaded_started_watched_paused_and_explained() {
    let stage = Stage::new();
    let (browser, rig) = (&stage.browser, &stage.rig);
    stage.apply("reminders");
    stage.sign_in(&rig.admin_token());

    browser.press("reminders");
    browser.wait_for_text("Nobody is in its list yet.");
    browser.press("Upload a list");
    browser.wait_for_text("Drop a list here");
    browser.fill("#file", &rig.file("customers.csv", &list()).display().to_string());
    browser.wait_for(
        "the column of the numbers was recognised",
        "[...document.querySelectorAll('select')].map((one) => one.value).join() === 'id,phone,'",
    );
    browser.press("Check the list");
    browser.wait_for_text("Nothing has been written yet.");
    let tiles =
        browser.run("return [...document.querySelectorAll('.tile')].map((one) => one.innerText.replace(/\\s+/g, ' '))");
    assert_eq!(tiles, json!(["60 would be added", "1 already there", "1 rejected"]));
    assert_eq!(rig.status("reminders").contacts("total"), 0, "a check changes nothing");
    browser.press("Add 60 contacts");
    browser.wait_for_text("60 contacts added to reminders.");
    browser.press("Download rejected rows");
    let rejects = browser.downloads().join("customers-rejects.csv");
    // The browser takes the name with an empty file, until what it has saved is whole.
    let whole = || fs::read_to_string(&rejects).ok().filter(|rows| !rows.is_empty());
    let rejects = until("the rejected rows are saved", FOUND_WITHIN, whole);
    let mut lines = rejects.lines();
    assert_eq!(lines.next(), Some("id,Mobile,first_name,line,reason"));
    assert!(lines.next().is_some_and(|line| line.starts_with("X1,12,Bob,62,")), "{rejects}");

    browser.press("Back to reminders");
    browser.press("Start");
    browser.wait_for_text("60 can be called now");
    browser.press("Start");
    let before = browser.wait_for("some are done", &format!("{} > 0 && {0}", contacts("completed")));
    browser.wait_for("counts move by themselves", &format!("{} > {before}", contacts("completed")));
    browser.wait_for("the chart shows calls", "document.querySelector('.chart-svg path.line.calls')");
    browser.press("Pause");
    browser.wait_for_text("No new call starts once this has answered.");
    browser.press("Pause");
    browser.wait_for("the state is told", "document.querySelector('.view-head .badge').innerText === 'Paused'");
    assert_eq!(rig.status("reminders").state, "paused");

    browser.visit("/contacts");
    browser.fill("main input[type=search]", "1 (202) 555-0100\n");
    browser.wait_for_text("1 contact in 1 campaign");
    browser.press("C0");
    browser.wait_for_text("Attempts");
    let story = browser.wait_for("why not now", "document.querySelector('.why-now')?.innerText");
    assert!(story.as_str().is_some_and(|story| story.to_lowercase().contains("it ")), "{story}");
    let answer: serde_json::Value =
        serde_json::from_str(&rig.ok(&["explain", "reminders", "C0", "--json"])).expect("JSON");
    let attempts = answer["attempts"].as_array().map_or(0, Vec::len);
    browser.wait_for("every attempt is told", &format!("document.querySelectorAll('.story li').length === {attempts}"));

    browser.visit("/campaigns/reminders");
    browser.press("Stop");
    browser.wait_for_text("This cannot be undone.");
    let locked = "return document.querySelector('dialog .danger').disabled";
    assert_eq!(browser.run(locked), json!(true), "what cannot be undone asks for the name");
    browser.fill("dialog input", "reminders");
    browser.press("Stop for good");
    browser.wait_for("it is over", "document.querySelector('.view-head .badge').innerText.startsWith('Stop')");
    assert!(browser.complaints().is_empty(), "{:?}", browser.complaints());
}

#[test]
fn a_viewer_looks_at_five_hundred_campaigns_with_the_keyboard_and_is_offered_nothing_that_changes_them() {
    let stage = Stage::new();
    let (browser, rig) = (&stage.browser, &stage.rig);
    let names: Vec<String> = (0..500).map(|place| format!("campaign-{place:03}")).collect();
    let files = names
        .iter()
        .map(|name| rig.file(&format!("{name}.toml"), &format!("name = \"{name}\"\n{}", crate::DEFINITION)));
    let files: Vec<String> = files.map(|file| file.display().to_string()).collect();
    let arguments: Vec<&str> = ["apply"].into_iter().chain(files.iter().map(String::as_str)).collect();
    rig.ok(&arguments);
    let made: serde_json::Value =
        serde_json::from_str(&rig.ok(&["token", "create", "--role", "viewer", "--json"])).expect("JSON");
    stage.sign_in(made["token"].as_str().expect("a token is told once"));

    browser.wait_for("all are listed", "document.querySelectorAll('.campaigns tbody tr').length === 500");
    browser.keys("/");
    browser.keys("-07");
    browser.wait_for(
        "the list is filtered as one types",
        "document.querySelectorAll('.campaigns tbody tr').length === 10",
    );
    browser.press("campaign-077");
    browser.wait_for("the campaign is shown", "document.querySelector('[data-state=pending]')");
    let offered = "return [...document.querySelectorAll('main button, main a')].map((one) => one.innerText.trim())";
    let offered = browser.run(offered).to_string();
    for verb in ["Start", "Pause", "Stop", "Upload"] {
        assert!(!offered.contains(verb), "{verb} is offered to a viewer: {offered}");
    }
    browser.keys("gp");
    browser.wait_for(
        "the keys lead to the providers",
        "location.pathname === '/providers' && document.querySelector('.account')",
    );
    assert_eq!(browser.run("return document.activeElement.id"), json!("main"), "the focus goes to what is new");
    browser.press("Sign out");
    browser.wait_for_text("You are signed out.");
    assert_eq!(browser.run("return sessionStorage.length + localStorage.length"), json!(0), "no token stays");
}
