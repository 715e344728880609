//! The auditor: what Redial says it did against what the simulator says that rang, contact by contact.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};

use super::{AttemptRow, Ledger, Next, Policy, ResultRow, Ring, ScriptedList};

/// Clocks of two processes may differ by so much.
const CLOCKS_MS: i64 = 100;

/// A campaign that has ended, and everything there is to hold against each other. Every contact has one number.
pub struct Audit<'a> {
    /// The campaign's policy.
    pub policy: Policy,
    /// Its list, and how the phones answer.
    pub list: &'a ScriptedList,
    /// `redial results`.
    pub results: &'a [ResultRow],
    /// `redial attempts`.
    pub attempts: &'a [AttemptRow],
    /// What rang at its provider.
    pub ledger: &'a Ledger,
    /// Whether the provider tells how calls end.
    pub is_told: bool,
}

/// What an audit counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// Contacts.
    pub contacts: usize,
    /// Attempts.
    pub attempts: usize,
    /// Attempts of which it is not known whether they rang.
    pub unknown: usize,
    /// Rings.
    pub rings: usize,
}

/// What was found to be wrong, and shown, at most.
const FAULTS_SHOWN: usize = 10;

impl Audit<'_> {
    /// Holds everything against each other.
    ///
    /// # Panics
    /// When anything is not as it must be: the first faults are told.
    #[track_caller]
    pub fn check(&self) -> Counted {
        let mut faults = self.rings_belong_to_attempts();
        faults.extend(calls_overlap(self.ledger));
        faults.extend(self.contacts_end_as_the_policy_says());
        let shown = faults[..faults.len().min(FAULTS_SHOWN)].join("\n");
        assert!(faults.is_empty(), "{} faults, such as\n{shown}", faults.len());
        let unknown = self.attempts.iter().filter(|attempt| is_unknown(attempt)).count();
        let (contacts, attempts) = (self.results.len(), self.attempts.len());
        Counted { contacts, attempts, unknown, rings: self.ledger.rings.len() }
    }

    /// Every ring is of one attempt, at that attempt's number, and no attempt rang twice. An attempt with an outcome rang,
    /// and heard what the phone said; one that is unknown may have.
    fn rings_belong_to_attempts(&self) -> Vec<String> {
        let mut rings: HashMap<&str, Vec<&Ring>> = HashMap::new();
        let owners = Owners::of(self.attempts);
        for ring in &self.ledger.rings {
            rings.entry(owners.attempt(ring)).or_default().push(ring);
        }
        let mut faults = Vec::new();
        for attempt in self.attempts {
            let outcome = attempt.outcome.as_deref().unwrap_or("none");
            match rings.remove(&*attempt.attempt_id).as_deref() {
                Some([ring]) if ring.number != attempt.phone => faults.push(format!("{attempt:?} rang at {ring:?}")),
                Some([ring]) if self.is_told && !is_unknown(attempt) && outcome != ring.outcome => {
                    faults.push(format!("{attempt:?} is told otherwise than {ring:?}"));
                }
                Some([_]) => {}
                None if is_unknown(attempt) => {}
                None => faults.push(format!("{attempt:?} never rang")),
                Some(several) => faults.push(format!("{attempt:?} rang {} times", several.len())),
            }
        }
        faults.extend(rings.into_values().map(|rings| format!("no attempt has {rings:?}")));
        faults
    }

    fn contacts_end_as_the_policy_says(&self) -> Vec<String> {
        let mut attempts: BTreeMap<&str, Vec<&AttemptRow>> = BTreeMap::new();
        for attempt in self.attempts {
            attempts.entry(&attempt.contact_id).or_default().push(attempt);
        }
        let mut faults = Vec::new();
        if self.results.len() != self.list.scripts.len() {
            faults.push(format!("{} results for {} contacts", self.results.len(), self.list.scripts.len()));
        }
        for result in self.results {
            let own = attempts.remove(&*result.contact_id).unwrap_or_default();
            if let Err(fault) = self.contact_ends_as_the_policy_says(result, &own) {
                let story: Vec<_> = own.iter().map(|attempt| format!("\n    {attempt:?}")).collect();
                faults.push(format!("{fault}: {result:?}{}", story.concat()));
            }
        }
        faults.extend(attempts.into_keys().map(|contact| format!("no result for {contact}, who was called")));
        faults
    }

    /// The attempts, oldest first, are such that the policy asks for each next one and for none after the last. Without
    /// an unknown one they are the very ones that the phone's script leads to.
    fn contact_ends_as_the_policy_says(&self, result: &ResultRow, attempts: &[&AttemptRow]) -> Result<(), String> {
        if result.attempts != attempts.len() || attempts.is_empty() {
            return Err(format!("{} attempts are counted and {} told", result.attempts, attempts.len()));
        }
        let outcomes: Vec<&str> = attempts.iter().map(|one| one.outcome.as_deref().unwrap_or("none")).collect();
        for (place, two) in attempts.windows(2).enumerate() {
            let ended_at = two[0].ended_at.ok_or("an attempt never ended, and another one followed")?;
            let waited_ms = (two[1].started_at - ended_at).num_milliseconds() + CLOCKS_MS;
            match self.policy.next(&outcomes[..=place]) {
                Next::Again(delay) if waited_ms >= delay.as_millis() as i64 => {}
                Next::Again(delay) => return Err(format!("called again after {waited_ms} ms instead of {delay:?}")),
                Next::Finished(state) => return Err(format!("called again although it was {state}")),
            }
        }
        match self.policy.next(&outcomes) {
            Next::Finished(state) if state == result.state => {}
            next => return Err(format!("it should be {next:?}")),
        }
        let script = self.list.scripts.get(&result.phone).ok_or("its number is not in the list")?;
        let expected = if self.is_told { self.policy.run(script) } else { (vec!["submitted"], "completed") };
        if outcomes.contains(&"unknown") || expected == (outcomes.clone(), &result.state) {
            return Ok(());
        }
        Err(format!("its phone answers so that it should have come to {expected:?}"))
    }
}

/// Which attempt a ring is of.
struct Owners<'a> {
    by_call: HashMap<&'a str, &'a str>,
    by_phone: HashMap<&'a str, Vec<&'a AttemptRow>>,
}

impl<'a> Owners<'a> {
    fn of(attempts: &'a [AttemptRow]) -> Self {
        let mut owners = Self { by_call: HashMap::new(), by_phone: HashMap::new() };
        for attempt in attempts {
            owners.by_phone.entry(&attempt.phone).or_default().push(attempt);
            if let Some(call_id) = attempt.call_id.as_deref().filter(|call_id| !call_id.is_empty()) {
                owners.by_call.insert(call_id, &attempt.attempt_id);
            }
        }
        owners
    }

    /// The id of the attempt that its request carried; else that of the attempt which knows its call; else that of the last
    /// one at this phone which began before it. Empty: there is none.
    fn attempt<'r>(&self, ring: &'r Ring) -> &'r str
    where
        'a: 'r,
    {
        if !ring.conversation_id.is_empty() {
            return &ring.conversation_id;
        }
        if let Some(attempt) = self.by_call.get(&*ring.unique_id) {
            return attempt;
        }
        let had_begun =
            |attempt: &&&AttemptRow| attempt.started_at.timestamp_millis() - CLOCKS_MS <= ring.received_at / 1_000;
        let at_phone = self.by_phone.get(&*ring.number).into_iter().flatten();
        let last = at_phone.filter(had_begun).max_by_key(|attempt| attempt.started_at);
        last.map_or("", |attempt| attempt.attempt_id.as_str())
    }
}

fn is_unknown(attempt: &AttemptRow) -> bool {
    attempt.outcome.as_deref() == Some("unknown")
}

/// Calls that began while an earlier one of the same number went on.
fn calls_overlap(ledger: &Ledger) -> Vec<String> {
    let overlap = |two: &[&Ring]| {
        (two[1].received_at < two[0].ended_at).then(|| format!("{:?} began during {:?}", two[1], two[0]))
    };
    ledger.by_number().values().flat_map(|rings| rings.windows(2).filter_map(overlap)).collect()
}

/// The most calls of any sliding second, as stamped by the workers when they sent the requests.
pub fn busiest_second<'a>(attempts: impl IntoIterator<Item = &'a AttemptRow>) -> usize {
    let millis = |at: DateTime<Utc>| at.timestamp_millis();
    let mut sent: Vec<i64> = attempts.into_iter().map(|attempt| millis(attempt.started_at)).collect();
    sent.sort_unstable();
    let within = |(first, at): (usize, &i64)| sent[first..].partition_point(|later| later - at < 1_000);
    sent.iter().enumerate().map(within).max().unwrap_or(0)
}
