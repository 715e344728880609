//! Why a contact is not being dialed now, in plain words.

#[cfg(test)]
mod tests;

use redial_shared::{
    domain::{CampaignState, ContactState, Outcome, Timestamp, suppression::Suppression},
    store::view::{CampaignView, ContactView},
};

use super::openings::{Closed, Openings};

/// What decides whether a contact is called.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// The contact.
    pub contact: &'a ContactView,
    /// Its campaign.
    pub campaign: &'a CampaignView,
    /// Why its campaign's provider account starts no calls, if so.
    pub trouble: Option<&'a str>,
    /// Whose lines are all taken, if somebody's are: `all 40 of its campaign`.
    pub lines_taken: Option<&'a str>,
    /// For each of the contact's numbers, the do-not-call lists that keep this campaign from calling it.
    pub suppressed: &'a [Vec<Suppression>],
    /// When its campaign's calling hours are open, from now on.
    pub openings: &'a Openings,
}

/// Why the contact is not being dialed now and, where that is known, when it will be. One line without a full stop.
pub fn why_not_now(situation: &Situation<'_>) -> String {
    let contact = situation.contact;
    match contact.state {
        ContactState::Active => active(contact),
        ContactState::Pending | ContactState::Waiting => situation.open_or_suppressed(),
        ContactState::Completed if contact.outcome == Some(Outcome::Submitted) => {
            "it is done: the provider took the call and reports no results".to_owned()
        }
        ContactState::Completed => "it is done: somebody answered".to_owned(),
        ContactState::Failed => format!("it is not called again: {}", reason(contact, "its attempts are used up")),
        ContactState::Held => {
            format!("it is held until somebody acts: {}", reason(contact, "its reason is not known"))
        }
        ContactState::Suppressed => {
            format!("it is never called: {}", reason(contact, "its number is on a do-not-call list"))
        }
        ContactState::Expired => "the campaign ended before its turn".to_owned(),
        ContactState::Cancelled => {
            format!("it was cancelled: {}", reason(contact, "the campaign was stopped, or it was taken out"))
        }
    }
}

impl Situation<'_> {
    /// For a contact that can still be called, unless its numbers may not.
    fn open_or_suppressed(&self) -> String {
        let told = |(place, lists): (usize, &Vec<Suppression>)| {
            let one = lists.first()?;
            let which =
                if self.suppressed.len() == 1 { "its number".to_owned() } else { format!("number {}", place + 1) };
            Some(format!("{which} is {}", one.told()))
        };
        let told: Vec<String> = self.suppressed.iter().enumerate().filter_map(told).collect();
        match told.len() {
            0 => self.open(),
            some if some == self.suppressed.len() => {
                format!("{}: it is not called, and becomes `suppressed` when its turn comes", told.join("; "))
            }
            _ => format!("{}; {}, and is not called", self.open(), told.join("; ")),
        }
    }

    /// For a contact that can still be called.
    fn open(&self) -> String {
        let campaign = self.campaign;
        let name = &campaign.name;
        match campaign.state {
            CampaignState::Draft => format!("the campaign was not started: `redial start {name}`"),
            CampaignState::Scheduled => match campaign.next_run_at {
                Some(at) => format!("the campaign's next run starts at {at}"),
                None if campaign.reason.is_empty() => "the campaign waits for its next run".to_owned(),
                None => format!("the campaign waits: {}", campaign.reason),
            },
            CampaignState::Paused if campaign.reason.is_empty() => {
                format!("the campaign is paused: `redial resume {name}`")
            }
            CampaignState::Paused => format!("the campaign is paused: {}; `redial resume {name}`", campaign.reason),
            CampaignState::Stopping | CampaignState::Stopped => "the campaign was stopped".to_owned(),
            CampaignState::Completed => "the campaign is completed".to_owned(),
            CampaignState::Running => self.in_a_run(),
        }
    }

    /// For a contact whose campaign is running: the latest of what keeps it.
    fn in_a_run(&self) -> String {
        let now = self.openings.now();
        let due = self.contact.next_attempt_at.filter(|due| *due > now);
        let earliest = due.unwrap_or(now);
        let opening = match self.next_opening(earliest) {
            Ok(opening) => opening,
            Err(never) => return never,
        };
        let (at, why) = match (due, opening > earliest) {
            (None, false) => return self.any_moment(),
            (Some(due), false) => (due, format!("it waits until {due}{}", self.because())),
            (None, true) => (opening, format!("outside its calling hours until {opening}{}", self.rule(earliest))),
            (Some(due), true) => {
                let because = self.because();
                let rule = self.rule(earliest);
                (opening, format!("it waits until {due}{because}; its calling hours then open at {opening}{rule}"))
            }
        };
        if let Some(end_at) = self.openings.end_before(at) {
            return format!("{why}; the campaign ends before, at {end_at}: then it expires");
        }
        match self.campaign.run_until.filter(|until| *until <= at) {
            Some(until) => format!("{why}; the present run ends before, at {until}"),
            None => why,
        }
    }

    /// The first open instant from `earliest` on, or why there is none.
    fn next_opening(&self, earliest: Timestamp) -> Result<Timestamp, String> {
        self.openings.first_open(&self.contact.whereabouts.place, earliest).map_err(|closed| match closed {
            Closed::Held(hold) => hold.to_string(),
            Closed::TooLong => {
                format!("its calling hours do not open within the next 15 days{}", self.rule(earliest))
            }
        })
    }

    /// `: US-FL allows calls until 20:00 …`, for the rule that closes at an instant.
    fn rule(&self, at: Timestamp) -> String {
        let rule = self.openings.rule_that_closes(&self.contact.whereabouts.place, at);
        rule.map_or_else(String::new, |rule| format!(": {rule}"))
    }

    fn any_moment(&self) -> String {
        if let Some(trouble) = self.trouble {
            return format!("its provider account starts no calls: {trouble}");
        }
        if let Some(taken) = self.lines_taken {
            return format!("it waits for a line (max_concurrent): live calls take {taken}");
        }
        let last = match self.contact.reason.as_str() {
            "" => String::new(),
            reason => format!(" (last time: {reason})"),
        };
        format!("it can be called at any moment: its turn comes as pacing and the contacts before it allow{last}")
    }

    fn because(&self) -> String {
        let contact = self.contact;
        match (contact.reason.as_str(), contact.state) {
            ("", ContactState::Pending) => ", its `not_before`".to_owned(),
            ("", _) => String::new(),
            (reason, _) => format!(" because {reason}"),
        }
    }
}

/// Whose lines are all taken, by the limits of the campaign and of its account; none: there is one, or no limit.
pub fn lines_taken(
    campaign: &CampaignView,
    max: Option<u32>,
    account_live_calls: u64,
    account_max: Option<u32>,
) -> Option<String> {
    let is_full = |live_calls: u64, max: &u32| live_calls >= u64::from(*max);
    let all = |max: u32| if max == 1 { "the only one".to_owned() } else { format!("all {max}") };
    let own = max.filter(|max| is_full(campaign.live_calls, max)).map(|max| format!("{} of its campaign", all(max)));
    let account = || account_max.filter(|max| is_full(account_live_calls, max));
    own.or_else(|| account().map(|max| format!("{} of the account {}", all(max), campaign.account)))
}

fn active(contact: &ContactView) -> String {
    match contact.attempts.last() {
        Some(attempt) if attempt.outcome.is_none() => format!("it is on a call since {}", attempt.started_at),
        _ => "it is being dialed".to_owned(),
    }
}

fn reason<'a>(contact: &'a ContactView, otherwise: &'a str) -> &'a str {
    if contact.reason.is_empty() { otherwise } else { &contact.reason }
}
