//! Definitions, right and wrong.

use super::*;
use crate::domain::{
    Interval,
    calling_hours::{HoursZone, UnknownZone, Week},
    local_time::tests::at,
    schedule::{EachRun, Missed},
    units::Span,
};

const HEAD: &str = "name = \"spring\"\nprovider = \"acme\"\n";

fn with(rest: &str) -> CampaignDefinition {
    parse(&format!("{HEAD}{rest}"), "spring.toml").unwrap_or_else(|error| panic!("{error}"))
}

/// The error of a definition and its hint.
fn refusal(rest: &str) -> (String, String) {
    let error = parse(&format!("{HEAD}{rest}"), "spring.toml").expect_err(rest);
    let hint = error.hint().unwrap_or_default().to_owned();
    (error.to_string(), hint)
}

fn days(definition: &CampaignDefinition) -> Vec<String> {
    let shown = |spans: &[crate::domain::calling_hours::DaySpan]| {
        spans.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    definition.calling_hours.week.iter().flat_map(Week::days).map(shown).collect()
}

#[test]
fn two_lines_are_a_campaign_and_all_else_has_its_default() {
    let definition = with("");
    assert_eq!((definition.name.as_str(), definition.provider.as_str()), ("spring", "acme"));
    assert_eq!(definition.schedule, Schedule::default());
    assert_eq!(definition.calling_hours, CallingHours::default());
    assert_eq!(definition.pacing, Pacing { rate: None, max_concurrent: None, priority: 5, weight: 1 });
    assert_eq!(definition.retry, RetryPolicy::default());
    assert_eq!(definition.results, ResultsPolicy::default());
    assert!(definition.call.fields().is_empty());
}

const EVERYTHING: &str = r#"
[schedule]
cron     = "0 20 * * MON-FRI"
timezone = "Europe/Paris"
run_for  = "3h"
each_run = "restart"
missed   = "skip"
start_at = 2026-12-01T00:00:00Z
end_at   = 2026-12-31T01:00:00+01:00
[calling_hours]
mon-fri   = ["10:00-13:00", "14:00-20:00"]
sat       = []
preset    = "fr"
holidays  = { country = "FR", subdivision = "FR-67", dates = ["2026-12-24", 2026-12-25] }
timezone  = "contact"
zones     = "all"
margin    = "1m"
restricted = [{ from = 2026-12-24T12:00:00Z, to = "2026-12-26T23:00:00Z" }]
unknown_zone = { assume = "Europe/Paris" }
[pacing]
rate = "5/s"
max_concurrent = 40
priority = 1
weight = 3
[retry]
max_attempts = 5
max_attempts_per_number = 3
max_attempts_per_day = 2
[retry.busy]
delays = ["5m", "15m", "1h"]
max = 3
[retry.no_answer]
delays = ["4h"]
max = 2
next_number = true
[call]
display_number = "200"
variables = { first_name = "{{first_name}}", reference = "{{attempt.id}}" }
send_result_immediately = true
list = [{ city = "{{ city }}" }]
[results]
poll_first = "1s"
poll_max   = "60s"
give_up    = "2h"
max_call   = "15m"
assume_call = "3m"
"#;

#[test]
fn every_key_is_read() {
    let definition = with(EVERYTHING);
    let schedule = &definition.schedule;
    assert_eq!(schedule.cron.as_ref().unwrap().to_string(), "0 20 * * MON-FRI");
    assert_eq!((schedule.timezone, schedule.run_for), (chrono_tz::Tz::Europe__Paris, Some(Span::from_mins(180))));
    assert_eq!((schedule.each_run, schedule.missed), (EachRun::Restart, Missed::Skip));
    assert_eq!(schedule.end_at, Some(at("2026-12-31T00:00:00Z")));
    let hours = &definition.calling_hours;
    assert_eq!(days(&definition)[4..], ["10:00-13:00 14:00-20:00", "", ""]);
    assert_eq!(hours.preset.unwrap().title, "France, prospecting of consumers");
    assert_eq!(hours.public_holidays.as_ref().unwrap().region().as_str(), "FR-67");
    assert_eq!(hours.holidays.len(), 2);
    assert_eq!((hours.timezone, hours.margin), (HoursZone::Contact, Span::from_mins(1)));
    let restricted = Interval { from: at("2026-12-24T12:00:00Z"), to: at("2026-12-26T23:00:00Z") };
    assert_eq!(hours.restricted, [restricted]);
    assert_eq!(hours.unknown_zone, UnknownZone::Assume(chrono_tz::Tz::Europe__Paris));
    assert_eq!(definition.pacing.max_concurrent, Some(40));
    assert_eq!((definition.retry.busy.delays.len(), definition.retry.busy.max), (3, 3));
    assert!(definition.retry.no_answer.next_number);
    assert_eq!(definition.call.get("send_result_immediately"), Some(&true.into()));
    assert_eq!(definition.columns_used().into_iter().collect::<Vec<_>>(), ["city", "first_name"]);
    assert_eq!(definition.results.poll_first, Span::from_secs(1));
}

#[test]
fn its_json_has_the_files_keys_and_means_the_same() {
    for source in [EVERYTHING, ""] {
        let definition = with(source);
        let json = serde_json::to_value(&definition).unwrap();
        assert_eq!(json["retry"]["busy"]["delays"][0], "5m");
        assert_eq!(json["schedule"]["each_run"], if source.is_empty() { "continue" } else { "restart" });
        let again = parse(&toml::to_string(&json).unwrap(), "again.toml").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(again, definition);
    }
}

#[test]
fn a_preset_alone_is_its_own_hours_and_own_days_narrow_it() {
    let hours = |keys: &str| with(&format!("[calling_hours]\npreset = \"fr\"\n{keys}")).calling_hours;
    assert_eq!(hours("").week, None);
    assert_eq!(hours("margin = \"1m\"").week, None);
    assert!(hours("mon = [\"9:00-11:00\"]").week.is_some());
    for keys in ["", "mon = [\"9:00-11:00\"]", "holidays = { country = \"FR\" }"] {
        let json = serde_json::to_value(hours(keys)).unwrap();
        assert_eq!(json["preset"], "fr");
        let table = toml::to_string(&serde_json::json!({ "calling_hours": json })).unwrap();
        assert_eq!(with(&table).calling_hours, hours(keys));
    }
}

#[test]
fn a_single_day_wins_over_ranges_which_merge() {
    let hours = |days: &str| self::days(&with(&format!("[calling_hours]\n{days}")));
    let usual = "09:00-17:00";
    assert_eq!(hours("daily = [\"9:00-17:00\"]"), [usual; 7]);
    assert_eq!(hours("sun = []\ndaily = [\"9:00-17:00\"]\nsat = [\"10:00-12:00\"]")[4..], [usual, "10:00-12:00", ""]);
    assert_eq!(
        hours("mon-wed = [\"9:00-12:00\"]\nwed-fri = [\"11:00-17:00\"]"),
        ["09:00-12:00", "09:00-12:00", usual, "11:00-17:00", "11:00-17:00", "", ""]
    );
    assert_eq!(hours("sat-mon = [\"9:00-17:00\"]"), [usual, "", "", "", "", usual, usual]);
}

#[test]
fn an_outcomes_table_replaces_its_default_whole() {
    let busy = |table: &str| with(&format!("[retry.busy]\n{table}")).retry.busy;
    assert_eq!((busy("delays = [\"1m\"]").max, busy("delays = [\"1m\"]").delays.len()), (2, 1));
    assert_eq!(busy("delays = [\"1s\", \"2s\", \"3s\"]").max, 3);
    assert_eq!(busy("delays = [\"1m\"]\nmax = 4").max, 4);
    assert_eq!(busy("delays = []").max, 0);
    assert_eq!((busy("max = 0").max, busy("max = 1").delays), (0, RetryPolicy::default().busy.delays));
    assert_eq!(with("[retry.busy]\nmax = 0").retry.no_answer, RetryPolicy::default().no_answer);
}

#[test]
fn defaults_of_results_give_way_to_what_is_written() {
    let results = |table: &str| with(&format!("[results]\n{table}")).results;
    assert_eq!(results("poll_max = \"1s\"").poll_first, Span::from_secs(1));
    assert_eq!(results("poll_first = \"2m\"").poll_max, Span::from_mins(2));
    assert_eq!(results("give_up = \"5s\"").poll_first, Span::from_secs(5));
    assert_eq!(results("max_call = \"1m\"").assume_call, Span::from_mins(1));
}

#[test]
fn errors_name_file_line_key_and_cause() {
    for (rest, expected) in [
        ("[pacing]\nrate = \"5\"", "spring.toml:4: pacing.rate: `5` is no rate"),
        ("[pacing]\nrate = \"0/s\"", "spring.toml:4: pacing.rate: a rate of 0"),
        ("[pacing]\npriority = 10", "spring.toml:4: pacing.priority: a whole number from 1 to 9 expected, found 10"),
        (
            "[pacing]\nweight = \"1\"",
            "spring.toml:4: pacing.weight: a whole number from 1 to 1000 expected, found a string",
        ),
        ("[schedule]\n\ncron = \"0 0 30 2 *\"", "spring.toml:5: schedule.cron: `0 0 30 2 *` never fires"),
        ("[schedule]\nrun_for = \"3h\"", "spring.toml:4: schedule.run_for: only runs that a cron begins can end"),
        ("[schedule]\nrun_for = 3", "spring.toml:4: schedule.run_for: a string expected, found a whole number"),
        ("[schedule]\nstart_at = 2026-12-01T00:00:00", "spring.toml:4: schedule.start_at: an instant with its offset"),
        (
            "[schedule]\nstart_at = 2026-12-02T00:00:00Z\nend_at = 2026-12-01T00:00:00Z",
            "spring.toml:5: schedule.end_at: 2026-12-01T00:00:00.000Z is not after start_at, 2026-12-02T00:00:00.000Z",
        ),
        (
            "[schedule]\ncron = \"0 0 1 1 *\"\nstart_at = 2026-02-01T00:00:00Z\nend_at = 2026-12-01T00:00:00Z",
            "spring.toml:4: schedule.cron: never fires between start_at and end_at",
        ),
        ("[calling_hours]\nmargin = \"1m\"", "spring.toml:3: calling_hours: no day has open hours"),
        ("[calling_hours]\npreset = \"gr\"", "spring.toml:4: calling_hours.preset: there is no preset `gr`"),
        (
            "[calling_hours]\npreset = \"fr\"\nsat = [\"10:00-12:00\"]",
            "spring.toml:3: calling_hours: the preset allows none of these hours",
        ),
        (
            "[calling_hours]\npreset = \"fr\"\nmon = [\"9:00-10:30\"]\nmargin = \"30m\"",
            "spring.toml:6: calling_hours.margin: as long as",
        ),
        (
            "[calling_hours]\npreset = \"fr\"\nholidays = { country = \"XX\" }",
            "spring.toml:5: calling_hours.holidays.country: the public holidays of XX are not known",
        ),
        (
            "[calling_hours]\npreset = \"fr\"\nholidays = { country = \"FR\", subdivision = \"DE-BY\" }",
            "spring.toml:5: calling_hours.holidays.subdivision: `DE-BY` is no part of FR",
        ),
        (
            "[calling_hours]\npreset = \"fr\"\nholidays = { subdivision = \"FR-67\" }",
            "spring.toml:5: calling_hours.holidays.subdivision: of no country",
        ),
        (
            "[calling_hours]\npreset = \"fr\"\nholidays = { country = \"FR-67\" }",
            "spring.toml:5: calling_hours.holidays.country: `FR-67` is a part of a country",
        ),
        ("[calling_hours]\npreset = \"fr\"\nholidays = {}", "spring.toml:5: calling_hours.holidays: neither `country`"),
        ("[calling_hours]\nmon = [\"9:00-9:00\"]", "spring.toml:4: calling_hours.mon: `9:00-9:00` is empty"),
        ("[calling_hours]\nmon = [\"9:00-10:00\"]\nmargin = \"1h\"", "spring.toml:5: calling_hours.margin: as long as"),
        (
            "[calling_hours]\nmon = [\n\"9:00-10:00\",\n\"25:00-26:00\"]",
            "spring.toml:6: calling_hours.mon: `25:00-26:00`",
        ),
        (
            "[retry]\nmax_attempts = 0",
            "spring.toml:4: retry.max_attempts: a whole number from 1 to 255 expected, found 0",
        ),
        ("[retry.voicemail]\nmax = 1", "spring.toml:4: retry.voicemail.max: retries need at least one delay"),
        (
            "[retry.voicemail]\nnext_number = true",
            "spring.toml:4: retry.voicemail.next_number: the next number is a retry",
        ),
        ("[retry.busy]\ndelays = [\"5x\"]", "spring.toml:4: retry.busy.delays: `5x` is no duration"),
        ("[results]\npoll_first = \"1m\"\ngive_up = \"5s\"", "spring.toml:5: results.give_up: 5s is over before"),
        ("[results]\npoll_first = \"2m\"\npoll_max = \"1m\"", "spring.toml:4: results.poll_first: 2m is longer"),
        ("[call]\nvariables = { name = \"{{name\" }", "spring.toml:4: call.variables.name: `{{` is never closed"),
        ("[pacing]\nrate = \"5/s\"\nrate = \"6/s\"", "spring.toml:5: not TOML: duplicate key"),
        ("x = [", "spring.toml:3: not TOML: "),
    ] {
        let (error, _) = refusal(rest);
        assert!(error.starts_with(expected), "{rest}\n{error}");
        assert!(!error.contains('\n'), "{error}");
    }
    let nameless = parse("provider = \"acme\"\n", "spring.toml").unwrap_err();
    assert_eq!(nameless.to_string(), "spring.toml:1: name: is required");
    let misnamed = parse("name = \"Spring!\"\nprovider = \"acme\"\n", "spring.toml").unwrap_err();
    assert!(misnamed.to_string().starts_with("spring.toml:1: name: `Spring!` is no campaign name"), "{misnamed}");
}

#[test]
fn unknown_keys_are_refused_with_the_nearest_known() {
    for (rest, expected, hint) in [
        ("[pacing]\nrat = \"5/s\"", "spring.toml:4: pacing.rat: no such key", "did you mean `rate`?"),
        ("[pacings]\nrate = \"5/s\"", "spring.toml:3: pacings: no such key", "did you mean `pacing`?"),
        ("[retry.bussy]\nmax = 1", "spring.toml:3: retry.bussy: no such key", "did you mean `busy`?"),
        (
            "[calling_hours]\nmon-fry = []",
            "spring.toml:4: calling_hours.mon-fry: no such key",
            "did you mean `mon-fri`?",
        ),
        ("[results]\nwhatever = 1", "spring.toml:4: results.whatever: no such key", "known here: poll_first"),
        (
            "[schedule]\ntimezone = \"europe/paris\"",
            "spring.toml:4: schedule.timezone: `europe/paris` is no IANA",
            "did you mean \"Europe/Paris\"?",
        ),
    ] {
        let (error, found_hint) = refusal(rest);
        assert!(error.starts_with(expected), "{error}");
        assert!(found_hint.starts_with(hint), "{found_hint}");
    }
}

#[test]
fn when_and_whereto_a_campaign_is_archived_is_read() {
    let read = |rest: &str| parse(&format!("name = \"spring\"\nprovider = \"acme\"\n[archive]\n{rest}"), "spring.toml");
    let archive = read("retention = \"30d\"").unwrap().archive.unwrap();
    assert_eq!((archive.retention, archive.to), ("30d".parse().unwrap(), None));
    let archive = read("retention = \"12h\"\nto = \"s3://calls/done\"").unwrap().archive.unwrap();
    assert_eq!(archive.to.as_deref(), Some("s3://calls/done"));
    for (rest, error) in [
        ("to = \"done\"", "archive.retention: is required"),
        ("retention = \"0s\"", "archive.retention: more than no time expected"),
        ("retention = \"30\"", "archive.retention: `30` is no duration"),
        ("retention = \"1d\"\nto = \"\"", "archive.to: a directory or a bucket expected"),
        ("retention = \"1d\"\nwhere = \"x\"", "archive.where: "),
    ] {
        let found = read(rest).unwrap_err().to_string();
        assert!(found.contains(error), "{found}");
    }
}

#[test]
fn who_is_told_is_read_and_shown_without_the_secret() {
    let read = |rest: &str| parse(&format!("name = \"spring\"\nprovider = \"acme\"\n[notify]\n{rest}"), "spring.toml");
    let source = "webhook = \"https://crm.example.com/redial\"\nsecret = \"s3cret\"\nformer_secret = { env = \"OLD\" }";
    let definition = read(source).unwrap();
    let shown = serde_json::to_value(&definition).unwrap();
    assert_eq!(
        shown["notify"],
        serde_json::json!({
            "webhook": "https://crm.example.com/redial", "secret": "…", "former_secret": { "env": "OLD" },
            "events": ["attempt", "contact", "campaign"],
        })
    );
    assert!(!format!("{definition:?}").contains("s3cret"));
    for (rest, expected) in [
        ("webhook = \"https://crm.example.com\"", "notify.secret: is required"),
        ("webhook = \"crm.example.com\"\nsecret = \"s\"", ":4: notify.webhook: no address"),
        ("webhook = \"https://ann:pw@crm.example.com\"\nsecret = \"s\"", ":4: notify.webhook: no address"),
        ("webhook = \"https://crm.example.com\"\nsecret = \"s\"\nevents = [\"calls\"]", ":6: notify.events"),
    ] {
        let error = read(rest).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn what_is_captured_and_the_rules_on_it_are_read_and_shown() {
    let rest = "[results]\ncapture = { disposition = \"/custom/disposition\" }\n\
                rules = [{ when = \"disposition=callback and duration_s > 5\", then = \"retry in 24h\" }]";
    let definition = parse(&format!("name = \"spring\"\nprovider = \"acme\"\n{rest}"), "spring.toml").unwrap();
    let shown = serde_json::to_value(&definition).unwrap();
    assert_eq!(shown["results"]["capture"], serde_json::json!({ "disposition": "/custom/disposition" }));
    let rule = serde_json::json!([{ "when": "disposition = callback and duration_s > 5", "then": "retry in 1d" }]);
    assert_eq!(shown["results"]["rules"], rule);
}

#[test]
fn wrong_captures_and_rules_are_refused_with_their_place() {
    for (rest, place, cause) in [
        ("capture = { a = \"custom/a\" }", ":4: results.capture.a:", "a JSON pointer expected"),
        ("capture = { a = \"/a~b\" }", ":4: results.capture.a:", "a JSON pointer expected"),
        ("capture = { A = \"/a\" }", ":4: results.capture.A:", "characters of a-z"),
        ("capture = { outcome = \"/a\" }", ":4: results.capture.outcome:", "something else by this name"),
        ("rules = [{ when = \"a = 1\", then = \"complete\" }]", "when:", "nothing is captured as `a`"),
        ("rules = [{ when = \"outcome = busy\", then = \"hang up\" }]", "then:", "nothing that a rule can do"),
        ("rules = [{ when = \"outcome == busy\", then = \"complete\" }]", "when:", "is no condition"),
        ("rules = [{ when = \"outcome = busy\" }]", "then:", "is required"),
    ] {
        let (error, _) = refusal(&format!("[results]\n{rest}"));
        assert!(error.contains(place) && error.contains(cause), "{error}");
    }
}

#[test]
fn a_campaign_waits_for_another_and_never_for_itself() {
    let definition =
        parse("name = \"spring\"\nprovider = \"acme\"\n[schedule]\nafter = \"winter\"", "spring.toml").unwrap();
    assert_eq!(definition.schedule.after.unwrap().as_str(), "winter");
    for (rest, cause) in [
        ("after = \"spring\"", ":4: schedule.after: a campaign cannot wait for itself"),
        ("after = \"no name\"", ":4: schedule.after:"),
        (
            "cron = \"0 20 * * *\"\nafter = \"winter\"",
            ":5: schedule.after: a campaign starts by `cron` or after another",
        ),
    ] {
        let (error, _) = refusal(&format!("[schedule]\n{rest}"));
        assert!(error.contains(cause), "{error}");
    }
}

#[test]
fn what_pauses_a_campaign_is_read_and_shown() {
    let source = "name = \"spring\"\nprovider = \"acme\"\n[guard]\npause_if = [\"error > 20% of 200\"]";
    let shown = serde_json::to_value(parse(source, "spring.toml").unwrap()).unwrap();
    assert_eq!(shown["guard"], serde_json::json!({ "pause_if": ["error > 20% of 200"] }));
    let (error, _) = refusal("[guard]\npause_if = [\"error > lots\"]");
    assert!(error.contains(":4: guard.pause_if") && error.contains("is no such condition"), "{error}");
}

#[test]
fn own_hours_on_a_fixed_clock_may_lie_anywhere_in_the_day_of_a_presets_contacts() {
    // 20:00 to 02:00 in New York, 17:00 to 23:00 in Los Angeles.
    let hours = "[calling_hours]\npreset = \"us\"\ndaily = [\"00:00-06:00\"]\n";
    let parse = |tables: &str| parse(&format!("name = \"x\"\nprovider = \"x\"\n{tables}"), "x").map(drop);
    assert!(parse(hours).is_err());
    assert_eq!(parse(&format!("{hours}timezone = \"UTC\"\n")), Ok(()));
}
