//! Recordings that come by themselves.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use redial_simulator::recording_of;
use redial_tests::support::{Pattern, RedisServer, Rig, ScriptedList, Setup, until_done};

const NAME: &str = "reminders";
const CONTACTS: usize = 40;
const ANSWERED: usize = 30;
const WITHIN: Duration = Duration::from_secs(60);
const DEFINITION: &str = "provider = \"livecall\"\n[call]\nfilter_id = \"43321\"\n[retry.busy]\ndelays = []\nmax = 0\n\
                          [results]\npoll_first = \"1s\"\n";
/// So few requests that recordings trickle in.
const ACCOUNT: &str = r#"
[providers.livecall]
kind = "livecall"
base_url = "{simulator}/v1"
rate = "40/s"
requests = "40/s"
timeout = "2s"
api_key = "secret"
outcome_map = { busy = "busy" }
"#;

#[test]
fn every_answered_call_has_its_recording_although_a_worker_is_killed_while_it_fetches() {
    let patterns = [Pattern { share: 3, outcomes: &["answered"] }, Pattern { share: 1, outcomes: &["busy"] }];
    let list = ScriptedList::new(CONTACTS, &patterns);
    let folder = tempfile::tempdir().expect("a directory can be made");
    let rig = Rig::new(Setup {
        account: &format!("{ACCOUNT}recordings = \"{}\"\n", folder.path().display()),
        lease: "1s",
        simulator: list.simulator(),
        redis: Some(RedisServer::start_durable().expect("redis-server starts")),
    });
    let _scheduler = rig.scheduler();
    let [mut first, second] = ["worker-1", "worker-2"].map(|name| rig.worker(name));
    rig.prepare(NAME, DEFINITION, &list.csv);
    rig.ok(&["start", NAME]);
    until_done("some recordings are there", WITHIN, || files(folder.path()).len() >= 5);
    first.kill();
    let status = rig.wait_until_completed(NAME, WITHIN);
    assert_eq!((status.contacts("completed"), status.contacts("failed")), (30, 10));
    until_done("all recordings are there", WITHIN, || files(folder.path()).len() >= ANSWERED);
    let kept = files(folder.path());
    assert_eq!(kept.len(), ANSWERED, "those of answered calls, each once");
    let answered = rig.attempts(NAME).into_iter().filter(|attempt| attempt.outcome.as_deref() == Some("answered"));
    for attempt in answered {
        let file = format!("{NAME}/{}/{}.wav", attempt.contact_id, attempt.attempt_id);
        let call: u64 = attempt.call_id.expect("it has an id").parse().expect("which is a number");
        assert!(kept.get(&file).is_some_and(|bytes| *bytes == recording_of(call)), "{file}: {:?}", kept.keys());
    }
    let contact = kept.keys().next().and_then(|file| file.split('/').nth(1)).expect("a file has a contact's folder");
    let story = rig.ok(&["explain", NAME, contact]);
    assert!(story.contains(&format!("Recording: {}/{NAME}/{contact}/", folder.path().display())), "{story}");
    assert!(!second.log().contains("token="), "the address is told to nobody");
}

/// The files of a folder by their names in it, without those that are not whole.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder can be read").filter_map(Result::ok);
            open.extend(entries.map(|entry| entry.path()).filter(|path| !path.ends_with(".unfinished")));
        } else {
            let name = path.strip_prefix(folder).expect("it lies in it").display().to_string();
            found.insert(name, fs::read(&path).expect("a file can be read"));
        }
    }
    found
}
