//! Every view in every look: what axe-core, an accessibility checker, has to say, and whether it fits.

use std::{env, fs};

use serde_json::Value;

use crate::Stage;

/// Widths and schemes of colours in which every view is looked at.
const LOOKS: [(u32, &str); 3] = [(1280, "light"), (1280, "dark"), (360, "light")];
/// An address, and what is there once the view shows what it has.
const VIEWS: [(&str, &str); 8] = [
    ("/", ".campaigns tbody tr"),
    ("/campaigns/reminders", ".zones tbody tr"),
    ("/campaigns/reminders/upload", ".drop"),
    ("/campaigns/reminders/contacts/C1", ".story li"),
    ("/contacts?q=C1", ".rows tbody tr"),
    ("/do-not-call", ".rows tbody tr"),
    ("/providers", ".account"),
    ("/workers", ".rows tbody tr"),
];

/// axe-core, which `tests/run` fetches beside the tests' executables.
fn axe() -> String {
    let test = env::current_exe().expect("a test knows its executable");
    let target = test.ancestors().nth(3).expect("a test lies in the target directory");
    let path = target.join("browser/axe.min.js");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}: tests/run fetches axe-core", path.display()))
}

/// What is serious or worse.
fn faults(found: &Value) -> Vec<String> {
    let violations = found["violations"].as_array().expect("axe tells violations");
    let serious = violations.iter().filter(|one| matches!(one["impact"].as_str(), Some("serious" | "critical")));
    let told = |one: &Value| {
        let nodes = one["nodes"].as_array().map_or(&[][..], Vec::as_slice);
        let places: Vec<String> =
            nodes.iter().take(3).map(|node| format!("{} {}", node["html"], node["any"][0]["message"])).collect();
        format!("{}: {}\n    {}", one["id"], one["help"], places.join("\n    "))
    };
    serious.map(told).collect()
}

#[test]
fn every_view_can_be_used_by_everybody_in_light_and_dark_and_fits_a_phone() {
    let axe = axe();
    let stage = Stage::new();
    let (browser, rig) = (&stage.browser, &stage.rig);
    let rows: String = (0..40).map(|place| format!("C{place},+120255501{place:02},Europe/Paris\n")).collect();
    rig.prepare("reminders", crate::DEFINITION, &format!("id,phone,timezone\n{rows}"));
    rig.ok(&["suppress", "add", "+12025550199", "--reason", "asked"]);
    rig.ok(&["start", "reminders"]);
    rig.wait_for_rings(10, std::time::Duration::from_secs(60));
    stage.sign_in(&rig.admin_token());
    let mut wrong = Vec::new();
    for (path, sign) in VIEWS {
        browser.visit(path);
        for (width, scheme) in LOOKS {
            browser.look_as(width, scheme);
            browser.wait_for(
                &format!("{path} shows what it has"),
                &format!("document.querySelector('{sign}') && innerWidth === {width}"),
            );
            let found = browser.run(&format!(
                "if (!window.axe) {{ {axe}\n }}\nreturn await axe.run(document, {{resultTypes: ['violations']}})"
            ));
            let found = faults(&found).into_iter().map(|fault| format!("{path} at {width} in {scheme}: {fault}"));
            wrong.extend(found);
            let width_needed = browser.run("return document.documentElement.scrollWidth");
            if width_needed.as_u64() > Some(u64::from(width)) {
                wrong.push(format!("{path} needs {width_needed} of {width} pixels"));
            }
        }
    }
    wrong.extend(browser.complaints());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
