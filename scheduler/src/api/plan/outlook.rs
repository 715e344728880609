//! From a campaign as it stands to its plan.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use redial_shared::{
    config::AccountConfig,
    domain::{
        CampaignState, ContactState, Interval, Place, Timestamp,
        campaign::{self, Pacing},
        schedule::{Schedule, next_run},
    },
    store::{Ahead, CampaignInfo, LaneBacklog, view::CampaignView},
};

use super::{
    AHEAD, Plan, PlanPace, PlanZone, Span,
    company::{Company, Member, keep_company},
    forecast::{Forecast, Group, Pace, Rates, foresee},
    shown,
};
use crate::api::{estimate, status::rate_now};

/// What is assumed until enough calls have ended.
const AGAIN_ASSUMED: f64 = 0.3;
const CALL_S_ASSUMED: f64 = 30.0;
const CONCLUDED_ENOUGH: u64 = 50;
/// Where nothing limits the pace: about what two workers can do.
const UNLIMITED_PER_S: f64 = 1_000.0;
/// Openings that are shown, and runs that are looked at.
const SHOWN_AHEAD: Duration = Duration::from_secs(48 * 3600);
const RUNS_MAX: usize = 64;

/// Other campaigns that are named.
const NAMES_SHOWN: usize = 3;

/// Calls a second, and what limits them to that.
type Limit = (f64, &'static str);

/// What a plan is made of.
pub struct Outlook {
    pub info: Arc<CampaignInfo>,
    pub view: CampaignView,
    pub account: Option<AccountConfig>,
    /// Campaigns that run on the same account.
    pub others: Vec<CampaignView>,
    /// Caps that bind it, in words.
    pub caps: Vec<String>,
    /// How many wait for one.
    pub capped: u64,
    pub trouble: Option<String>,
    pub now: Timestamp,
}

impl Outlook {
    pub fn plan(&self, ahead: &Ahead) -> Plan {
        let until = self.now + AHEAD;
        let (pace, company, shown_pace) = self.pace(until);
        let places = self.by_place(&ahead.lanes);
        let groups: Vec<Group> = places.iter().map(|place| place.group.clone()).collect();
        let runs = self.runs(until);
        let forecast = foresee(&groups, &pace, &runs, self.now, until);
        let callable_now = places.iter().filter(|place| place.is_open(self.now)).map(|place| place.due).sum();
        let contacts: u64 = places.iter().map(|place| place.contacts).sum();
        let mut warnings = self.warnings(&places, &forecast, &runs);
        warnings.extend(company);
        warnings.extend(self.about_caps());
        if ahead.estimated {
            warnings.push(
                "counts are estimated from a part of the list, for very many contacts have been called".to_owned(),
            );
        }
        let mut zones: Vec<PlanZone> =
            places.into_iter().zip(&forecast.done_at).map(|(place, done)| place.shown(*done, self.now)).collect();
        zones.sort_by(|a, b| b.contacts.cmp(&a.contacts).then_with(|| a.zone.cmp(&b.zone)));
        Plan {
            campaign: self.view.name.to_string(),
            state: self.view.state.to_string(),
            callable_now,
            callable_later: contacts - callable_now,
            held: self.count(ContactState::Held),
            pace: shown_pace,
            shares_with: self.others.iter().map(|other| other.name.to_string()).collect(),
            zones,
            runs: spans(&runs, until),
            finish_estimate: shown(forecast.finish().or((contacts == 0).then_some(self.now))),
            warnings,
        }
    }

    fn count(&self, state: ContactState) -> u64 {
        self.view.counts.by_state.get(&state).copied().unwrap_or(0)
    }

    pub(super) fn by_place(&self, backlogs: &[LaneBacklog]) -> Vec<PlaceBacklog> {
        // Without a preset nothing depends on regions.
        let has_preset = self.info.definition.calling_hours.preset.is_some();
        let mut places: BTreeMap<String, PlaceBacklog> = BTreeMap::new();
        for backlog in backlogs {
            let place = self.info.place(backlog.lane);
            let place = if has_preset { place } else { Place::in_zones(place.zones) };
            let known = places.entry(place.to_string()).or_insert_with(|| {
                let group = Group { open: self.info.open_at(&place, self.now, AHEAD), due: Vec::new() };
                PlaceBacklog { place, group, due: 0, contacts: 0 }
            });
            known.due += backlog.due;
            known.contacts += backlog.due + backlog.later.iter().map(|(_, count)| count).sum::<u64>();
            known.group.due.push((self.now, backlog.due as f64));
            known.group.due.extend(backlog.later.iter().map(|(at, count)| (*at, *count as f64)));
        }
        places.into_values().collect()
    }

    /// The runs from now on. What has not been started is planned as if it were now.
    fn runs(&self, until: Timestamp) -> Vec<Interval> {
        let schedule = &self.info.definition.schedule;
        let mut runs = Vec::new();
        let begins = match self.view.state {
            CampaignState::Running => Some((self.now, self.view.run_until)),
            CampaignState::Draft | CampaignState::Paused | CampaignState::Scheduled if schedule.cron.is_none() => {
                let at = schedule.start_at.map_or(self.now, |start_at| start_at.max(self.now));
                Some((at, schedule.run_until(at)))
            }
            CampaignState::Stopping | CampaignState::Stopped => return runs,
            _ => None,
        };
        let mut after = self.now;
        if let Some((from, to)) = begins {
            runs.push(Interval { from, to: to.unwrap_or(until).min(until) });
            after = from;
        }
        while runs.len() < RUNS_MAX
            && let Some(run) = next_run(schedule, after).filter(|run| run.at < until)
        {
            // A run without an end goes on until the list is done.
            runs.push(Interval { from: run.at, to: run.until.unwrap_or(until).min(until) });
            after = run.at;
        }
        redial_shared::domain::interval::merge(runs)
    }

    /// The pace until an instant, what is to be said of the company that sets it, and how it is shown.
    pub(super) fn pace(&self, until: Timestamp) -> (Pace, Option<String>, PlanPace) {
        let policy = &self.info.definition.retry;
        let concluded: u64 = self.view.counts.outcomes.values().sum();
        let (again, call_s) = (estimate::retried_share(&self.view.counts, policy), self.call_s());
        let mut assumed = Vec::new();
        let again = if concluded >= CONCLUDED_ENOUGH {
            again
        } else {
            assumed.push("calls_per_contact");
            AGAIN_ASSUMED
        };
        let call_s = call_s.unwrap_or_else(|| {
            assumed.push("call_s");
            CALL_S_ASSUMED
        });
        let own = least(own_limits(&self.info.definition.pacing, call_s));
        let of_account = least(self.account_limits(call_s));
        let (alone, limited_by) = least([own, of_account].into_iter().flatten()).unwrap_or((UNLIMITED_PER_S, "none"));
        let company = self.company(own, of_account, call_s, until);
        let rates = company.as_ref().map_or_else(|| Rates(vec![(self.now, alone)]), |company| company.rates.clone());
        let calls_per_s = rates.at(self.now);
        let is_less = calls_per_s < alone * 0.999;
        let told = company.filter(|_| is_less).map(|company| self.about_company(&company, calls_per_s, alone));
        let limited_by = if is_less { "other campaigns" } else { limited_by };
        let calls_max = policy.max_attempts;
        let calls_per_contact = estimate::calls_each(again, calls_max);
        let delay = estimate::typical_delay(policy, &self.view.counts.outcomes);
        let shown = PlanPace { calls_per_s, limited_by, calls_per_contact, call_s, assumed };
        (Pace { rates, again, calls_max, delay }, told, shown)
    }

    fn account_limits(&self, call_s: f64) -> impl Iterator<Item = Limit> {
        let (rate, lines) = self.account.as_ref().map_or((None, None), |one| (one.rate, one.max_concurrent));
        let rate = rate.map(|rate| (rate.per_second(), "provider rate"));
        let lines = lines.map(|lines| (f64::from(lines) / call_s, "provider max_concurrent"));
        [rate, lines].into_iter().flatten()
    }

    /// What the others leave to it. None: there are none, or the account has no limit that they would share.
    fn company(&self, own: Option<Limit>, of_account: Option<Limit>, call_s: f64, until: Timestamp) -> Option<Company> {
        let (total, _) = of_account.filter(|_| !self.others.is_empty())?;
        let member = |pacing: &Pacing, limit: Option<Limit>, calls_left: f64| Member {
            priority: pacing.priority,
            weight: f64::from(pacing.weight),
            pace: limit.map_or(total, |(per_s, _)| per_s),
            calls_left,
        };
        let others = self.others.iter().filter_map(|other| {
            let definition = campaign::parse(&other.source, other.name.as_str()).ok()?;
            let limit = least(own_limits(&definition.pacing, call_s));
            Some(member(&definition.pacing, limit, estimate::calls_left(&other.counts, &definition.retry)))
        });
        let others = others.filter(|other| other.calls_left > 0.0).collect();
        Some(keep_company(total, &member(&self.info.definition.pacing, own, 0.0), others, self.now, until))
    }

    fn about_company(&self, company: &Company, now: f64, alone: f64) -> String {
        let names: Vec<&str> = self.others.iter().take(NAMES_SHOWN).map(|other| other.name.as_str()).collect();
        let more = self.others.len().saturating_sub(NAMES_SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let run = if self.others.len() == 1 { "runs" } else { "run" };
        let ends = company.alone_at.map_or("for the next 15 days".to_owned(), |at| format!("until about {at}"));
        format!(
            "{}{more} {run} on the account {} too: {now:.1} of {alone:.1} calls a second are left to this campaign {ends}; \
             calling hours of other campaigns are not foreseen",
            names.join(", "),
            self.view.account,
        )
    }

    /// What caps do now. Whom they will keep depends on calls that are yet to be made.
    fn about_caps(&self) -> Option<String> {
        let first = self.caps.first()?;
        let others = if self.caps.len() > 1 { format!(" and {} more", self.caps.len() - 1) } else { String::new() };
        let waiting = match self.capped {
            0 => "nobody waits".to_owned(),
            1 => "1 contact waits".to_owned(),
            some => format!("about {some} contacts wait"),
        };
        Some(format!("{waiting} for a cap now; whom caps will keep later is not foreseen: {first}{others}"))
    }

    /// How long a call occupies a line: as many are live as start in that time.
    fn call_s(&self) -> Option<f64> {
        let rate = rate_now(&self.view.recent_starts);
        (rate > 0.0 && self.view.live_calls > 0).then(|| self.view.live_calls as f64 / rate)
    }

    fn warnings(&self, places: &[PlaceBacklog], forecast: &Forecast, runs: &[Interval]) -> Vec<String> {
        let schedule = &self.info.definition.schedule;
        let mut warnings = Vec::new();
        warnings.extend(self.trouble.clone());
        warnings.extend(self.standing(schedule));
        if runs.is_empty() && !places.is_empty() {
            warnings.push("no run begins within the next 15 days".to_owned());
        }
        let held = self.count(ContactState::Held);
        if held > 0 {
            let name = &self.view.name;
            warnings.push(format!(
                "{} held: `redial explain {name} CONTACT` tells why, `redial release {name}` puts back whom somebody has acted for",
                if held == 1 { "1 contact is".to_owned() } else { format!("{held} contacts are") }
            ));
        }
        let end_at = schedule.end_at.filter(|end_at| *end_at < self.now + AHEAD);
        let until = if end_at.is_some() { "before end_at" } else { "within 15 days" };
        for (place, left) in places.iter().zip(&forecast.left) {
            let zone = place.name();
            if place.group.open.is_empty() {
                warnings.push(format!(
                    "{} in {zone} can never be called: the calling hours do not open {until}",
                    if place.contacts == 1 { "1 contact".to_owned() } else { format!("{} contacts", place.contacts) }
                ));
            } else if *left >= 1.0 && !runs.is_empty() && end_at.is_none() {
                warnings.push(format!(
                    "about {left:.0} contacts in {zone} are not done within 15 days: the time is too short at this pace"
                ));
            }
        }
        let left: f64 = forecast.left.iter().sum();
        if let Some(end_at) = end_at.filter(|_| left >= 1.0) {
            warnings
                .push(format!("the list cannot finish before end_at, {end_at}: about {left:.0} contacts will expire"));
        }
        warnings
    }

    /// What its state keeps from it.
    fn standing(&self, schedule: &Schedule) -> Option<String> {
        match self.view.state {
            CampaignState::Stopping | CampaignState::Stopped => {
                Some("it was stopped: nobody is called any more".to_owned())
            }
            CampaignState::Draft if schedule.cron.is_some() => {
                Some("it is not armed yet: `redial start` arms it".to_owned())
            }
            CampaignState::Paused if self.view.reason.is_empty() => {
                Some("it is paused, and planned as if it went on now".to_owned())
            }
            CampaignState::Paused => {
                Some(format!("it is paused, and planned as if it went on now: {}", self.view.reason))
            }
            _ => None,
        }
    }
}

/// The contacts of one place that are to be called.
pub(super) struct PlaceBacklog {
    place: Place,
    group: Group,
    due: u64,
    contacts: u64,
}

impl PlaceBacklog {
    fn is_open(&self, now: Timestamp) -> bool {
        self.group.open.first().is_some_and(|interval| interval.contains(now))
    }

    fn zones(&self) -> String {
        self.place.zones.iter().map(|zone| zone.name()).collect::<Vec<_>>().join(",")
    }

    fn name(&self) -> String {
        match self.zones() {
            zones if zones.is_empty() => "an unknown time zone".to_owned(),
            zones => zones,
        }
    }

    pub(super) fn shown(self, done: Option<Timestamp>, now: Timestamp) -> PlanZone {
        let open_now = self.is_open(now);
        let next = self.group.open.first().map(|interval| interval.from).filter(|_| !open_now);
        PlanZone {
            zone: self.zones(),
            regions: self.place.regions.iter().map(ToString::to_string).collect(),
            contacts: self.contacts,
            open_now,
            open: spans(&self.group.open, now + SHOWN_AHEAD),
            next_open_at: shown(next),
            done_at: shown(done),
        }
    }
}

fn own_limits(pacing: &Pacing, call_s: f64) -> impl Iterator<Item = Limit> {
    let rate = pacing.rate.map(|rate| (rate.per_second(), "pacing.rate"));
    let lines = pacing.max_concurrent.map(|lines| (f64::from(lines) / call_s, "pacing.max_concurrent"));
    [rate, lines].into_iter().flatten()
}

fn least(limits: impl IntoIterator<Item = Limit>) -> Option<Limit> {
    limits.into_iter().min_by(|a, b| a.0.total_cmp(&b.0))
}

fn spans(intervals: &[Interval], until: Timestamp) -> Vec<Span> {
    let shown = intervals.iter().filter(|interval| interval.from < until);
    shown.map(|interval| Span { from: interval.from.to_string(), to: interval.to.to_string() }).collect()
}
