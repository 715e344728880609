use std::sync::Arc;

use redial_shared::{
    domain::{AttemptId, CampaignId, campaign, learned::Captured},
    store::view::{AttemptView, Counts},
};

use super::*;

/// Monday 2026-06-01, 12:00 UTC: 14:00 in Paris.
const NOON_MS: i64 = 1_780_315_200_000;
const ANY_TIME: &str = "";
const MORNINGS: &str = "[calling_hours]\nmon-fri = [\"09:00-12:00\"]\n";
const AFTERNOONS: &str = "[calling_hours]\nmon-fri = [\"13:00-19:00\"]\n";

fn minutes(after_noon: i64) -> Timestamp {
    Timestamp::from_millis(NOON_MS + after_noon * 60_000)
}

fn contact(state: ContactState) -> ContactView {
    ContactView {
        position: 0,
        id: "c-1".to_owned(),
        numbers: vec![],
        attributes: vec![],
        whereabouts: Arc::new("Europe/Paris".parse().unwrap()),
        priority: 5,
        state,
        outcome: None,
        reason: String::new(),
        next_attempt_at: None,
        attempts: vec![],
    }
}

fn campaign_in(state: CampaignState) -> CampaignView {
    CampaignView {
        id: CampaignId(1),
        name: "nightly".parse().unwrap(),
        state,
        reason: String::new(),
        version: 1,
        source: String::new(),
        account: "acme".to_owned(),
        counts: Counts::default(),
        live_calls: 0,
        recent_starts: vec![],
        next_run_at: None,
        run_until: None,
    }
}

fn why(contact: &ContactView, campaign: &CampaignView, hours: &str) -> String {
    let source = format!("name = \"nightly\"\nprovider = \"acme\"\n{hours}");
    let definition = campaign::parse(&source, "nightly.toml").unwrap();
    let openings = Openings::new(campaign, &definition.calling_hours, minutes(0));
    why_not_now(&Situation {
        contact,
        campaign,
        trouble: None,
        lines_taken: None,
        suppressed: &[],
        openings: &openings,
    })
}

#[test]
fn the_next_attempt_is_when_own_time_run_and_hours_allow_it() {
    let tomorrow = Timestamp::from_millis(1_780_383_600_000);
    let next = |state: CampaignState, hours: &str, due: Option<i64>, next_run: Option<i64>| {
        let source = format!("name = \"nightly\"\nprovider = \"acme\"\n{hours}");
        let definition = campaign::parse(&source, "nightly.toml").unwrap();
        let campaign = CampaignView { next_run_at: next_run.map(minutes), ..campaign_in(state) };
        let contact = ContactView { next_attempt_at: due.map(minutes), ..contact(ContactState::Waiting) };
        Openings::new(&campaign, &definition.calling_hours, minutes(0)).next_attempt_at(&contact)
    };
    use CampaignState::{Draft, Paused, Running, Scheduled};
    assert_eq!(next(Running, ANY_TIME, None, None), None, "its turn is all it waits for");
    assert_eq!(next(Running, ANY_TIME, Some(5), None), Some(minutes(5)));
    assert_eq!(next(Running, MORNINGS, None, None), Some(tomorrow));
    assert_eq!(next(Running, MORNINGS, Some(5), None), Some(tomorrow));
    assert_eq!(next(Scheduled, ANY_TIME, None, Some(30)), Some(minutes(30)));
    assert_eq!(next(Scheduled, MORNINGS, None, Some(30)), Some(tomorrow));
    assert_eq!(next(Paused, MORNINGS, Some(5), None), Some(tomorrow), "if it went on now");
    assert_eq!(next(Paused, MORNINGS, None, None), None);
    assert_eq!(next(Draft, MORNINGS, Some(5), None), Some(minutes(5)), "nobody knows when it is started");
}

#[test]
fn a_finished_contact_is_explained_by_its_state() {
    let running = campaign_in(CampaignState::Running);
    for (state, outcome, reason, expected) in [
        (ContactState::Completed, Some(Outcome::Answered), "", "it is done: somebody answered"),
        (
            ContactState::Completed,
            Some(Outcome::Submitted),
            "",
            "it is done: the provider took the call and reports no results",
        ),
        (ContactState::Failed, None, "", "it is not called again: its attempts are used up"),
        (ContactState::Failed, None, "busy: not retried", "it is not called again: busy: not retried"),
        (ContactState::Held, None, "no such user", "it is held until somebody acts: no such user"),
        (ContactState::Suppressed, None, "", "it is never called: its number is on a do-not-call list"),
        (ContactState::Suppressed, None, "its number is on `x`", "it is never called: its number is on `x`"),
        (ContactState::Expired, None, "", "the campaign ended before its turn"),
        (ContactState::Cancelled, None, "paid", "it was cancelled: paid"),
    ] {
        let contact = ContactView { outcome, reason: reason.to_owned(), ..contact(state) };
        assert_eq!(why(&contact, &running, ANY_TIME), expected);
    }
}

#[test]
fn an_open_contact_is_kept_by_its_campaigns_state() {
    let pending = contact(ContactState::Pending);
    for (state, reason, next_run_at, expected) in [
        (CampaignState::Draft, "", None, "the campaign was not started: `redial start nightly`"),
        (CampaignState::Scheduled, "", Some(minutes(60)), "the campaign's next run starts at 2026-06-01T13:00:00.000Z"),
        (CampaignState::Scheduled, "", None, "the campaign waits for its next run"),
        (CampaignState::Paused, "", None, "the campaign is paused: `redial resume nightly`"),
        (
            CampaignState::Paused,
            "the key was refused",
            None,
            "the campaign is paused: the key was refused; `redial resume nightly`",
        ),
        (CampaignState::Stopping, "", None, "the campaign was stopped"),
        (CampaignState::Stopped, "", None, "the campaign was stopped"),
        (CampaignState::Completed, "", None, "the campaign is completed"),
    ] {
        let campaign = CampaignView { reason: reason.to_owned(), next_run_at, ..campaign_in(state) };
        assert_eq!(why(&pending, &campaign, ANY_TIME), expected);
    }
}

#[test]
fn in_a_run_it_waits_for_its_time_its_hours_or_its_turn() {
    let turn = "it can be called at any moment: its turn comes as pacing and the contacts before it allow";
    let number = "its number is being called by another attempt";
    for (due, reason, hours, expected) in [
        (None, "", ANY_TIME, turn.to_owned()),
        (None, "", AFTERNOONS, turn.to_owned()),
        (None, number, ANY_TIME, format!("{turn} (last time: {number})")),
        (Some(-5), "", ANY_TIME, turn.to_owned()),
        (
            None,
            "",
            MORNINGS,
            "outside its calling hours until 2026-06-02T07:00:00.000Z: the campaign allows calls until 12:00 (Mon 14:00 in \
             Europe/Paris)"
                .to_owned(),
        ),
        (
            Some(15),
            "busy: retry 1 of 2",
            AFTERNOONS,
            "it waits until 2026-06-01T12:15:00.000Z because busy: retry 1 of 2".to_owned(),
        ),
        (
            Some(15),
            "busy: retry 1 of 2",
            MORNINGS,
            "it waits until 2026-06-01T12:15:00.000Z because busy: retry 1 of 2; its calling hours then open at \
             2026-06-02T07:00:00.000Z: the campaign allows calls until 12:00 (Mon 14:15 in Europe/Paris)"
                .to_owned(),
        ),
    ] {
        let waiting = ContactView {
            next_attempt_at: due.map(minutes),
            reason: reason.to_owned(),
            ..contact(ContactState::Waiting)
        };
        assert_eq!(why(&waiting, &campaign_in(CampaignState::Running), hours), expected);
    }
}

#[test]
fn a_suppressed_number_is_told_at_once_with_its_list() {
    let one = Suppression {
        list: "opted-out".parse().unwrap(),
        of_campaign: false,
        since: minutes(-60),
        until: None,
        reason: String::new(),
    };
    let definition = campaign::parse("name = \"nightly\"\nprovider = \"acme\"\n", "nightly.toml").unwrap();
    let (contact, campaign) = (contact(ContactState::Pending), campaign_in(CampaignState::Running));
    let openings = Openings::new(&campaign, &definition.calling_hours, minutes(0));
    let why = |suppressed: &[Vec<Suppression>]| {
        let (contact, campaign, openings) = (&contact, &campaign, &openings);
        why_not_now(&Situation { contact, campaign, trouble: None, lines_taken: None, suppressed, openings })
    };
    let listed = "is on the do-not-call list `opted-out` since 2026-06-01T11:00:00.000Z";
    let end = "it is not called, and becomes `suppressed` when its turn comes";
    assert_eq!(why(&[vec![one.clone()]]), format!("its number {listed}: {end}"));
    let both = why(&[vec![one.clone()], vec![one.clone()]]);
    assert_eq!(both, format!("number 1 {listed}; number 2 {listed}: {end}"));
    let other = why(&[vec![], vec![one]]);
    assert!(other.starts_with("it can be called at any moment"), "{other}");
    assert!(other.ends_with(&format!("; number 2 {listed}, and is not called")), "{other}");
}

#[test]
fn a_not_before_is_told_as_such() {
    let pending = ContactView { next_attempt_at: Some(minutes(1)), ..contact(ContactState::Pending) };
    let said = why(&pending, &campaign_in(CampaignState::Running), ANY_TIME);
    assert_eq!(said, "it waits until 2026-06-01T12:01:00.000Z, its `not_before`");
}

#[test]
fn a_run_that_ends_before_its_time_is_told() {
    let campaign = CampaignView { run_until: Some(minutes(60)), ..campaign_in(CampaignState::Running) };
    let said = why(&contact(ContactState::Pending), &campaign, MORNINGS);
    assert!(said.ends_with("; the present run ends before, at 2026-06-01T13:00:00.000Z"), "{said}");
    let said = why(&contact(ContactState::Pending), &campaign, ANY_TIME);
    assert!(!said.contains("run ends"), "{said}");
}

#[test]
fn without_a_time_zone_the_remedy_is_told() {
    let zoneless = ContactView { whereabouts: Arc::default(), ..contact(ContactState::Pending) };
    let running = campaign_in(CampaignState::Running);
    assert!(why(&zoneless, &running, MORNINGS).starts_with("nobody knows its time zone"));
    assert!(why(&zoneless, &running, ANY_TIME).starts_with("it can be called at any moment"));
}

#[test]
fn the_rule_of_a_preset_that_closes_is_told_and_so_is_what_it_does_not_cover() {
    const US: &str = "[calling_hours]\npreset = \"us\"\n";
    let in_place =
        |place: &str| ContactView { whereabouts: Arc::new(place.parse().unwrap()), ..contact(ContactState::Pending) };
    let running = campaign_in(CampaignState::Running);
    let said = why(&in_place("America/New_York|US,US-KY"), &running, US);
    let expected = "outside its calling hours until 2026-06-01T14:00:00.000Z: US-KY allows calls from 10:00 (Mon 08:00 \
                    in America/New_York, preset us of 2026-11-21)";
    assert_eq!(said, expected);
    let said = why(&in_place("Europe/Berlin|DE"), &running, US);
    assert!(said.starts_with("the preset `us` has no rule for DE"), "{said}");
}

#[test]
fn hours_that_stay_closed_are_told() {
    let restricted = "[calling_hours]\ndaily = [\"00:00-24:00\"]\n\
                      restricted = [{ from = 2026-01-01T00:00:00Z, to = 2027-01-01T00:00:00Z }]\n";
    let said = why(&contact(ContactState::Pending), &campaign_in(CampaignState::Running), restricted);
    let expected = "its calling hours do not open within the next 15 days: [calling_hours] restricts calls until \
                    2027-01-01T00:00:00.000Z";
    assert_eq!(said, expected);
}

#[test]
fn who_expires_before_the_next_opening_is_told_so_and_has_no_next_attempt() {
    let (contact, campaign) = (contact(ContactState::Pending), campaign_in(CampaignState::Running));
    let source = format!("name = \"nightly\"\nprovider = \"acme\"\n{MORNINGS}");
    let definition = campaign::parse(&source, "nightly.toml").unwrap();
    let openings = Openings::new(&campaign, &definition.calling_hours, minutes(0)).until(Some(minutes(60)));
    let said = why_not_now(&Situation {
        contact: &contact,
        campaign: &campaign,
        trouble: None,
        lines_taken: None,
        suppressed: &[],
        openings: &openings,
    });
    assert!(said.ends_with("; the campaign ends before, at 2026-06-01T13:00:00.000Z: then it expires"), "{said}");
    assert_eq!(openings.next_attempt_at(&contact), None);
}

#[test]
fn who_waits_for_a_line_is_told_whose_lines_are_taken() {
    let (contact, campaign) = (contact(ContactState::Pending), campaign_in(CampaignState::Running));
    let definition = campaign::parse("name = \"nightly\"\nprovider = \"acme\"\n", "nightly.toml").unwrap();
    let openings = Openings::new(&campaign, &definition.calling_hours, minutes(0));
    let taken = lines_taken(&CampaignView { live_calls: 40, ..campaign.clone() }, Some(40), 41, Some(200));
    let said = why_not_now(&Situation {
        contact: &contact,
        campaign: &campaign,
        trouble: None,
        lines_taken: taken.as_deref(),
        suppressed: &[],
        openings: &openings,
    });
    assert_eq!(said, "it waits for a line (max_concurrent): live calls take all 40 of its campaign");
    assert_eq!(lines_taken(&campaign, Some(40), 200, Some(200)).unwrap(), "all 200 of the account acme");
    assert_eq!(lines_taken(&campaign, Some(40), 199, Some(200)), None);
    assert_eq!(lines_taken(&campaign, None, 1_000, None), None);
}

#[test]
fn a_live_call_is_told_with_its_start() {
    let attempt = AttemptView {
        id: AttemptId { campaign: CampaignId(1), position: 0, revision: 1 },
        number: 1,
        phone: None,
        account: "acme".to_owned(),
        call_id: String::new(),
        started_at: minutes(-1),
        ended_at: None,
        outcome: None,
        provider_status: String::new(),
        duration_s: None,
        worker: 1,
        reason: String::new(),
        captured: Captured::default(),
    };
    let active = ContactView { attempts: vec![attempt], ..contact(ContactState::Active) };
    let said = why(&active, &campaign_in(CampaignState::Running), ANY_TIME);
    assert_eq!(said, "it is on a call since 2026-06-01T11:59:00.000Z");
}
