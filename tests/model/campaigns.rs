//! The model's campaigns: definitions, states, hours, lists.

use redial_shared::{
    domain::{
        CampaignId, CampaignState, ContactState, calling_hours::open_intervals, campaign::CampaignDefinition, contact,
        geography::Whereabouts,
    },
    store::{Verb, view::Applied},
};

use crate::model::{Campaign, Contact, Model};

/// How far ahead hours are written.
const HOURS_AHEAD: std::time::Duration = std::time::Duration::from_secs(2 * 24 * 3600);

impl Model {
    /// Creates a campaign or changes its definition. None: one with live calls cannot change its account, one with contacts
    /// not which of their numbers count.
    pub fn apply(&mut self, id: CampaignId, definition: CampaignDefinition, source: &str) -> Option<Applied> {
        let (now_ms, claims) = (self.now_ms, self.claims_of(id));
        let Some(campaign) = self.campaigns.iter_mut().find(|campaign| campaign.definition.name == definition.name)
        else {
            let mut campaign = Campaign::new(id, definition, source.to_owned());
            campaign.pace.rate = campaign.definition.pacing.rate;
            self.campaigns.push(campaign);
            return Some(Applied::Created);
        };
        if campaign.source == source {
            return Some(Applied::Unchanged);
        }
        let is_busy = campaign.live_calls(now_ms) + claims > 0;
        let other_numbers = campaign.definition.calling_hours.zones != definition.calling_hours.zones;
        if other_numbers && !campaign.contacts.is_empty() {
            return None;
        }
        if campaign.definition.provider != definition.provider && is_busy {
            return None;
        }
        campaign.version += 1;
        campaign.pace.rate = definition.pacing.rate;
        campaign.max_attempts = campaign.max_attempts.max(definition.retry.max_attempts.into());
        campaign.definition = definition;
        source.clone_into(&mut campaign.source);
        Some(Applied::Updated)
    }

    /// Changes a campaign's state; answers whether it changed. None: not from its present state.
    pub fn change(&mut self, id: CampaignId, verb: Verb) -> Option<bool> {
        use CampaignState::{Completed, Draft, Paused, Running, Scheduled, Stopped, Stopping};
        let campaign = self.campaign_mut(id);
        let ended = campaign.ended.is_some();
        // Pausing lies on top of the schedule: runs of a paused campaign begin and end all the same.
        let place = if campaign.state == Paused { campaign.paused_from } else { campaign.state };
        let next = match (verb, campaign.state) {
            (Verb::Start { .. } | Verb::Arm { .. }, Running | Scheduled) | (Verb::Pause, Paused) => return Some(false),
            (Verb::Resume, Running | Scheduled) | (Verb::Stop, Stopping | Stopped) => return Some(false),
            (Verb::Start { until }, Draft | Completed) if !ended => {
                campaign.run_until = until;
                Running
            }
            (Verb::Arm { .. }, Draft | Completed) if !ended => {
                campaign.run_until = None;
                Scheduled
            }
            (Verb::Run { until, .. }, _) if place == Scheduled && !ended => {
                campaign.run_until = until;
                campaign.go(Running)
            }
            (Verb::Rest { .. }, _) if place == Running && !ended => {
                campaign.run_until = None;
                campaign.go(Scheduled)
            }
            (Verb::Pause, Running | Scheduled) => {
                campaign.paused_from = place;
                Paused
            }
            (Verb::Resume, Paused) => place,
            (Verb::Stop, _) => {
                campaign.ended.get_or_insert(ContactState::Cancelled);
                Stopping
            }
            (Verb::Expire, Draft) => return None,
            (Verb::Expire, _) if ended => return Some(false),
            (Verb::Expire, state) => {
                campaign.ended = Some(ContactState::Expired);
                state
            }
            (Verb::Stopped, Stopping) if campaign.has(&[ContactState::Active]) => return Some(false),
            (Verb::Stopped, Stopping) => Stopped,
            (Verb::Complete, state) if matches!(state, Running | Scheduled) || state == Paused && ended => {
                let is_finished = !campaign.has(OPEN) && (ended || !campaign.contacts.is_empty());
                if !is_finished {
                    return Some(false);
                }
                Completed
            }
            _ => return None,
        };
        campaign.state = next;
        Some(true)
    }

    /// Writes the open hours of the places where a campaign's contacts can be.
    pub fn write_hours(&mut self, id: CampaignId) {
        let places: Vec<_> = self.campaign(id).hours.keys().cloned().collect();
        places.iter().for_each(|place| self.open_place(id, place));
    }

    fn open_place(&mut self, id: CampaignId, shown: &str) {
        let now = self.now();
        let campaign = self.campaign_mut(id);
        let Ok(whereabouts) = shown.parse::<Whereabouts>();
        let open = open_intervals(&campaign.definition.calling_hours, &whereabouts.place, now, now + HOURS_AHEAD);
        campaign.hours.insert(shown.to_owned(), (campaign.version, open));
    }

    /// Adds the rows whose id and numbers are not there yet, in order; answers which were added. None: the campaign has
    /// ended. Their positions are the store's to choose.
    pub fn upload(&mut self, id: CampaignId, rows: &[contact::Contact]) -> Option<Vec<contact::Contact>> {
        let campaign = self.campaign_mut(id);
        if campaign.ended.is_some() {
            return None;
        }
        let mut added: Vec<contact::Contact> = Vec::new();
        for row in rows {
            let mut present = campaign.contacts.iter().map(|contact| &contact.row).chain(&added);
            if !present.any(|other| share_a_key(other, row)) {
                added.push(row.clone());
            }
        }
        if !added.is_empty() {
            campaign.reopen();
        }
        let places: Vec<_> = added.iter().flat_map(|row| self.campaign(id).places(row)).collect();
        places.iter().for_each(|place| self.open_place(id, place));
        Some(added)
    }
}

/// The states of contacts that can still move by themselves.
const OPEN: &[ContactState] = &[ContactState::Pending, ContactState::Active, ContactState::Waiting];

impl Campaign {
    fn has(&self, states: &[ContactState]) -> bool {
        self.contacts.iter().any(|contact| states.contains(&self.shown_state(contact)))
    }

    /// What a campaign's state is when its schedule moves it to another place: a paused one stays paused.
    fn go(&mut self, place: CampaignState) -> CampaignState {
        if self.state == CampaignState::Paused {
            self.paused_from = place;
            return CampaignState::Paused;
        }
        place
    }

    /// A completed campaign with somebody to call goes on. (None of a case has a schedule.)
    pub fn reopen(&mut self) {
        if self.state == CampaignState::Completed && self.ended.is_none() {
            self.state = CampaignState::Running;
        }
    }

    pub fn add(&mut self, position: u32, row: contact::Contact) {
        self.contacts.push(Contact::new(position, row));
    }
}

fn share_a_key(a: &contact::Contact, b: &contact::Contact) -> bool {
    let has =
        |row: &contact::Contact, key: &str| row.id == key || row.numbers.iter().any(|number| number.as_e164() == key);
    has(b, &a.id) || a.numbers.iter().any(|number| has(b, number.as_e164()))
}
