//! Campaigns: definitions, life cycle, hours.

use std::time::Duration;

use rand::Rng;
use redial_shared::{
    domain::{CampaignId, campaign},
    store::{StoreError, Verb},
};

use crate::world::{ACCOUNTS, Step, World, failed, same};

/// Campaigns of one case at most.
const CAMPAIGNS_MAX: usize = 3;

impl World {
    /// Creates a campaign, or changes one, or applies the same definition again.
    pub async fn apply(&mut self) -> Step {
        let count = self.model.campaigns.len();
        if count > 0 && self.chance(15) {
            let id = self.any_campaign().expect("there is one");
            let source = self.model.campaign(id).source.clone();
            return self.apply_source(&source).await;
        }
        let name = match self.random.random_range(0..CAMPAIGNS_MAX) {
            n if n < count => self.model.campaigns[n].definition.name.to_string(),
            _ => format!("campaign-{count}"),
        };
        let source = self.definition(&name);
        self.apply_source(&source).await
    }

    async fn apply_source(&mut self, source: &str) -> Step {
        let definition = campaign::parse(source, "case").map_err(|error| format!("{error}: {source}"))?;
        self.note(format!("apply {}", source.replace('\n', "; ")));
        let answer = self.store.apply(&definition, source).await;
        match answer {
            Ok((applied, id)) => same("apply", Some(applied), self.model.apply(id, definition, source)),
            Err(StoreError::Conflict(_)) => {
                let known = self.model.campaigns.iter().find(|known| known.definition.name == definition.name);
                let id = known.ok_or("a new campaign was refused")?.id;
                same("apply", None, self.model.apply(id, definition, source))
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn definition(&mut self, name: &str) -> String {
        let (account, moves) = (self.pick(&ACCOUNTS), self.chance(20));
        let account = match self.model.campaigns.iter().find(|known| known.definition.name.as_str() == name) {
            Some(known) if !moves => known.definition.provider.clone(),
            _ => account.to_owned(),
        };
        let hours = self.pick(&[
            "",
            "",
            "[calling_hours]\ndaily = [\"08:00-12:00\", \"13:00-18:00\"]\nunknown_zone = { assume = \"UTC\" }\n",
            "[calling_hours]\ndaily = [\"07:00-20:00\"]\ntimezone = \"Europe/Paris\"\nmargin = \"10m\"\n",
            "[calling_hours]\ndaily = [\"07:00-20:00\"]\nzones = \"dialed\"\n",
        ]);
        let pacing = self.pick(&["", "rate = \"10/s\"\n", "rate = \"2/s\"\n", "rate = \"30/m\"\n"]);
        let room = self.pick(&["", "", "max_concurrent = 1\n", "max_concurrent = 3\n"]);
        let (priority, weight) = (self.pick(&[3, 5, 5]), self.pick(&[1, 4]));
        let retry = self.pick(&[
            "",
            "max_attempts_per_day = 2\n",
            "max_attempts = 5\nmax_attempts_per_number = 2\n[retry.no_answer]\ndelays = [\"2s\"]\nmax = 4\nnext_number = true\n",
            "max_attempts = 4\n[retry.busy]\ndelays = [\"0s\", \"3s\"]\nmax = 3\n[retry.unknown]\ndelays = [\"20s\"]\nmax = 3\n",
            "[retry.unknown]\ndelays = [\"1s\"]\nmax = 0\n",
            "[retry.unknown]\ndelays = [\"1s\"]\nmax = 2\nnext_number = true\n[retry.busy]\ndelays = [\"1s\"]\nmax = 2\nnext_number = true\n",
        ]);
        let caps = self.pick(&[
            "",
            "",
            "",
            "[caps]\nper_number = [\"1 per 90s\"]\n",
            "[caps]\nper_number = [\"3 per 2h\"]\nper_contact = [\"2 per 5m\"]\nafter_answer = \"10m\"\n",
        ]);
        let results = self.pick(&["give_up = \"30s\"\nmax_call = \"20s\"\n", "give_up = \"10s\"\nmax_call = \"1m\"\n"]);
        format!(
            "name = \"{name}\"\nprovider = \"{account}\"\n[pacing]\n{pacing}{room}priority = {priority}\n\
             weight = {weight}\n{hours}{caps}[results]\npoll_first = \"1s\"\npoll_max = \"5s\"\nassume_call = \"5s\"\n\
             {results}[retry]\n{retry}"
        )
    }

    /// A user or the leader changes a campaign's state.
    pub async fn change(&mut self) -> Step {
        let Some(id) = self.any_campaign() else { return self.apply().await };
        let later = |world: &mut Self| world.model.now() + Duration::from_secs(world.random.random_range(1..7_200));
        let verb = match self.random.random_range(0..40) {
            0..12 => Verb::Start { until: None },
            12..14 => Verb::Start { until: Some(later(self)) },
            14..16 => Verb::Arm { next_run: later(self) },
            16..19 => Verb::Run { until: None, next_run: None },
            19 => Verb::Rest { next_run: Some(later(self)) },
            20..24 => Verb::Pause,
            24..33 => Verb::Resume,
            33 => Verb::Stop,
            34 => Verb::Expire,
            35 => Verb::Stopped,
            _ => Verb::Complete,
        };
        self.change_to(id, verb).await
    }

    pub async fn change_to(&mut self, id: CampaignId, verb: Verb) -> Step {
        self.note(format!("{} {verb:?}", self.model.campaign(id).definition.name));
        let answer = match self.store.change(id, verb, "", None).await {
            Ok(changed) => Some(changed),
            Err(StoreError::Conflict(_)) => None,
            Err(error) => return Err(failed(error)),
        };
        let expected = self.model.change(id, verb);
        same("changed", answer.map(|answer| answer.changed), expected)?;
        let Some(answer) = answer else { return Ok(()) };
        let campaign = self.model.campaign(id);
        same("state", answer.state, campaign.state)?;
        same("live calls", answer.live_calls, campaign.live_calls(self.model.now_ms) as u64)
    }

    /// The leader writes the hours of a campaign anew.
    pub async fn refresh_hours(&mut self) -> Step {
        match self.any_campaign() {
            Some(id) => self.refresh_hours_of(id).await,
            None => self.apply().await,
        }
    }

    pub async fn refresh_hours_of(&mut self, id: CampaignId) -> Step {
        self.note(format!("hours of {}", self.model.campaign(id).definition.name));
        self.store.refresh_hours(id, self.model.now()).await.map_err(failed)?;
        self.model.write_hours(id);
        Ok(())
    }
}
