//! One call, from its claim to its answer: connect, begin, send, settle.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use http_body_util::Full;
use hyper::{Request, body::Bytes, header};
use redial_shared::{
    domain::{
        AttemptId, CampaignId, Outcome, PhoneNumber, Timestamp,
        learned::Captured,
        polling,
        record::Record,
        transition::{self, Ending},
    },
    provider::{BadKey, CallRequest, CompiledCall, DialAnswer, HttpAnswer, Patience, PollError, Refusal, Results},
    store::{BeginAnswer, CampaignInfo, Claimed, Intent, Placed, PollEntry, Row, Settled, Verb},
};
use secrecy::SecretString;
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    account::Account,
    dial::{Dialed, Ready},
};

/// How long before its permit a call asks for its intent.
const BEGIN_AHEAD: Duration = Duration::from_millis(12);
/// A contact refused for nobody's fault comes up again after this time.
const SOON: Duration = Duration::from_secs(30);
/// A contact at whose time the provider is closed comes up again after this time.
const LATER: Duration = Duration::from_secs(15 * 60);
/// How often a call's id, or that it never was, is written again because its record had changed meanwhile.
const SETTLE_TRIES_MAX: usize = 4;

/// A claimed contact with all that its call needs. Holds a place among the calls that are being placed.
pub(crate) struct Job {
    pub(crate) account: Arc<Account>,
    pub(crate) info: Arc<CampaignInfo>,
    pub(crate) claimed: Claimed,
    pub(crate) row: Row,
    pub(crate) _place: OwnedSemaphorePermit,
}

/// `[call]` tables, compiled once per definition. (A restart of Redis may give a version's number to another one.)
#[derive(Default)]
pub(crate) struct CallTemplates(Mutex<HashMap<CampaignId, Template>>);

/// A campaign's definition and its compiled `[call]`.
type Template = (String, Arc<dyn CompiledCall>);
/// A request, and what reads its answer.
type Prepared = (Arc<dyn CompiledCall>, Request<Full<Bytes>>);

impl CallTemplates {
    fn of(&self, account: &Account, info: &CampaignInfo) -> Result<Arc<dyn CompiledCall>, Refusal> {
        let mut compiled = self.0.lock().expect("no panic while held");
        if let Some((source, call)) = compiled.get(&info.id)
            && *source == info.source
        {
            return Ok(call.clone());
        }
        let call = account.provider.compile(info.definition.call.fields(), None);
        let refused = |error: BadKey| Refusal::Campaign { message: format!("[call] {error}: {}", error.remedy()) };
        let call: Arc<dyn CompiledCall> = Arc::from(call.map_err(refused)?);
        compiled.insert(info.id, (info.source.clone(), call.clone()));
        Ok(call)
    }
}

/// An attempt on its way: its intent is about to be written, or is.
struct Attempt {
    account: Arc<Account>,
    info: Arc<CampaignInfo>,
    id: AttemptId,
    record: Record,
    worker: u32,
    /// The access token that its request carries, where the account has one.
    token: Option<SecretString>,
}

/// Places one call. All that can happen to it ends in the store; there is nothing to answer.
pub(crate) async fn place(job: Job) {
    let engine = job.account.engine.clone();
    let clock = engine.store.clock();
    let permit = clock.instant_of(job.claimed.permit_us);
    let Some((intent, number)) = intent(&job, engine.worker()) else {
        tracing::error!(campaign = %job.info.name, position = job.claimed.position, "its record names a number it lacks");
        return give_back(&job, Some(clock.now() + LATER)).await;
    };
    let token = match job.account.token().await {
        Ok(token) => token,
        Err(error) => {
            match error {
                PollError::Failed { message } => job.account.down(&format!("no access token: {message}")).await,
                error => drop(job.account.failed(error).await),
            }
            return give_back(&job, None).await;
        }
    };
    let attempt = Attempt {
        account: job.account.clone(),
        info: job.info.clone(),
        id: intent.attempt(),
        record: intent.record.clone(),
        worker: engine.worker(),
        token,
    };
    let prepared = match attempt.request(&job, &number) {
        Err(refusal) => Err(refusal),
        Ok((call, request)) => {
            // At once, for a distant provider takes long. One that comes too late serves the next call.
            match job.account.dialer.ready(request.uri()).await {
                Ok(ready) => Ok((call, request, ready)),
                Err(error) => {
                    job.account.down(&format!("cannot reach it: {error}")).await;
                    return give_back(&job, None).await;
                }
            }
        }
    };
    sleep_until(permit - BEGIN_AHEAD).await;
    match job.account.begins.commit((attempt.worker, intent)).await {
        Some(BeginAnswer::Begun { send_by_us }) => match prepared {
            Ok((call, request, ready)) => {
                sleep_until(permit).await;
                attempt.dial(&*call, request, ready, clock.instant_of(send_by_us)).await;
            }
            // Nothing is sent; the intent made sure that it is this worker's to settle.
            Err(refusal) => attempt.refused(refusal).await,
        },
        Some(refused) => tracing::debug!(attempt = %attempt.id, ?refused, "not begun"),
        None => {}
    }
}

async fn give_back(job: &Job, due: Option<Timestamp>) {
    let engine = &job.account.engine;
    if let Err(error) = engine.store.unclaim(engine.worker(), &[(job.claimed.clone(), due)]).await {
        tracing::debug!(%error, "a claim returns by itself");
    }
}

/// The intent for a claimed contact's next number, and that number; none if its row has no such number.
fn intent(job: &Job, worker: u32) -> Option<(Intent, PhoneNumber)> {
    let row = &job.row.contact;
    let fresh = || Record::fresh(job.claimed.lane, row.numbers.len() as u8);
    let before = job.claimed.record.clone().unwrap_or_else(fresh);
    let number = row.numbers.get(usize::from(before.next_number))?.clone();
    let permit = Timestamp::from_millis(job.claimed.permit_us / 1000);
    let results = &job.info.definition.results;
    let reported = !matches!(job.account.results(), Results::None);
    let slot = if reported { results.max_call } else { results.assume_call };
    let last = before.attempts.last().filter(|last| last.outcome == Some(Outcome::Unknown) && !last.call_id.is_empty());
    let intent = Intent {
        claimed: job.claimed.clone(),
        record: transition::begin(&before, number.digits(), permit, worker),
        slot_until: permit + slot.duration(),
        number_until: permit + results.give_up.duration().max(slot.duration()),
        ends_poll: last.map(|last| PollEntry {
            attempt: AttemptId {
                campaign: job.claimed.campaign,
                position: job.claimed.position,
                revision: last.revision,
            },
            started_at: last.started_at,
            call_id: last.call_id.clone(),
        }),
    };
    Some((intent, number))
}

impl Attempt {
    async fn dial(&self, call: &dyn CompiledCall, request: Request<Full<Bytes>>, ready: Ready, send_by: Instant) {
        match self.account.dialer.send(ready, request, send_by).await {
            Dialed::NotSent { cause } => {
                tracing::debug!(attempt = %self.id, cause, "not sent; the contact goes back");
                self.withdraw(None, "").await;
            }
            Dialed::InDoubt { cause, sent_at } => {
                tracing::warn!(attempt = %self.id, cause, "no answer: the phone may be ringing");
                let reason = format!("no answer to the call request: {cause}");
                self.account.failing(&cause).await;
                self.end(Outcome::Unknown, "", &reason, Some(sent_at), false).await;
            }
            Dialed::Answered { status, headers, body, sent_at } => {
                let answer = HttpAnswer { status, headers: &headers, body: &body, received_at: self.now() };
                self.answered(call.answer(&answer), sent_at).await;
            }
        }
    }

    fn request(&self, job: &Job, number: &PhoneNumber) -> Result<Prepared, Refusal> {
        let call = self.account.templates.of(&self.account, &self.info)?;
        let wanted = CallRequest {
            attempt: self.id,
            number,
            contact: &job.row.contact,
            columns: self.info.columns(&job.row),
            hook_url: self.account.hook.url.as_deref(),
            now: self.now(),
        };
        let wanted = call.request(&wanted, self.token.as_ref())?;
        let malformed = |error: hyper::http::Error| Refusal::Campaign { message: error.to_string() };
        let host = wanted.uri.authority().map_or("", |authority| authority.as_str()).to_owned();
        let mut request = Request::builder().method(wanted.method).uri(wanted.uri).header(header::HOST, host);
        request.headers_mut().into_iter().for_each(|headers| headers.extend(wanted.headers.clone()));
        Ok((call, request.body(Full::new(Bytes::from(wanted.body))).map_err(malformed)?))
    }

    async fn answered(&self, answer: DialAnswer, sent_at: Instant) {
        if !matches!(answer, DialAnswer::InDoubt { .. } | DialAnswer::Throttled { .. }) {
            self.account.answered().await;
        }
        match answer {
            DialAnswer::Accepted { call_id } => self.accepted(&call_id, sent_at).await,
            DialAnswer::Submitted => self.end(Outcome::Submitted, "", "", Some(sent_at), false).await,
            DialAnswer::InDoubt { status } => {
                let reason = "the provider's answer does not tell whether it rang";
                self.account.failing(&status).await;
                self.end(Outcome::Unknown, &status, reason, Some(sent_at), false).await;
            }
            DialAnswer::Throttled { retry_after } => {
                self.account.throttled(retry_after).await;
                self.withdraw(None, "the provider asked for fewer calls").await;
            }
            DialAnswer::AuthRefused { message } => self.token_refused(message).await,
            DialAnswer::Refused(refusal) => self.refused(refusal).await,
        }
    }

    /// The contact goes back and is called with a new token; if that one is refused too, the account is at fault.
    async fn token_refused(&self, message: String) {
        match &self.token {
            Some(token) if self.account.tokens.refused(token, &message) => self.withdraw(None, &message).await,
            _ => self.refused(Refusal::Account { message }).await,
        }
    }

    async fn refused(&self, refusal: Refusal) {
        let store = &self.account.engine.store;
        match refusal {
            Refusal::Contact { outcome, provider_status, message } => {
                self.end(outcome, &provider_status, &message, None, false).await;
            }
            Refusal::NeedsHuman { provider_status, message } => {
                self.end(Outcome::Error, &provider_status, &message, None, true).await;
            }
            Refusal::Campaign { message } => {
                tracing::warn!(campaign = %self.info.name, answer = message, "refused by the provider: the campaign is paused");
                if let Err(error) = store.change(self.id.campaign, Verb::Pause, &message, None).await {
                    tracing::warn!(%error, "the pause was not written");
                }
                self.withdraw(None, &message).await;
            }
            Refusal::Account { message } => {
                self.account.pause(&message).await;
                self.withdraw(None, &message).await;
            }
            Refusal::Nobody { retry, message } => {
                let pause = match retry {
                    Patience::Soon => SOON,
                    Patience::Later => LATER,
                };
                self.withdraw(Some(self.now() + pause), &message).await;
            }
        }
    }

    async fn accepted(&self, call_id: &str, sent_at: Instant) {
        let results = &self.info.definition.results;
        let first = match self.account.results() {
            Results::None => return self.end(Outcome::Submitted, "", "", Some(sent_at), false).await,
            Results::Hook => results.give_up,
            Results::Poll { .. } | Results::Tail { .. } => results.poll_first,
        };
        let sent_at = Timestamp::from_millis(self.account.engine.store.clock().at_us(sent_at) / 1000);
        let entry = PollEntry { attempt: self.id, started_at: sent_at, call_id: call_id.to_owned() };
        let findable = self.account.hook.is_served.then(|| polling::findable(results));
        let mut before = self.record.clone();
        for _ in 0..SETTLE_TRIES_MAX {
            let Some(record) = transition::placed(&before, self.id.revision, call_id, sent_at) else { break };
            // Where our hook was told the end meanwhile, there is nothing to poll for.
            let poll = is_open(&record).then(|| (entry.clone(), sent_at + first.duration()));
            let placed = Placed {
                attempt: self.id,
                record,
                worker: self.worker,
                findable: findable.filter(|_| poll.is_some()),
                poll,
            };
            match self.account.engine.placed(placed).await {
                // It was given up for lost while we waited: with its id, the provider can tell after all.
                Some(Settled::Stale(Some(present))) if self.is_last(&present) => before = present,
                _ => break,
            }
        }
        self.account.pollable.notify_one();
    }

    /// Another worker's may stand under the same revision.
    fn is_last(&self, record: &Record) -> bool {
        record.attempts.last().is_some_and(|last| last.revision == self.id.revision && last.worker == self.worker)
    }

    async fn end(&self, outcome: Outcome, status: &str, reason: &str, sent_at: Option<Instant>, hold: bool) {
        let engine = &self.account.engine;
        let mut record = self.record.clone();
        if let (Some(sent_at), Some(last)) = (sent_at, record.attempts.last_mut()) {
            last.started_at = Timestamp::from_millis(engine.store.clock().at_us(sent_at) / 1000);
        }
        let ending = Ending {
            outcome,
            provider_status: status.to_owned(),
            duration_s: None,
            reason: reason.to_owned(),
            hold,
            at: self.now(),
            captured: Captured::default(),
        };
        if let Some(settlement) = self.info.settlement(self.id, &record, &ending) {
            engine.end(settlement, Some((self.id, ending))).await;
        }
    }

    async fn withdraw(&self, due: Option<Timestamp>, reason: &str) {
        let mut before = self.record.clone();
        for _ in 0..SETTLE_TRIES_MAX {
            let Some(withdrawal) = self.info.withdrawal(self.id, &before, due, reason) else { break };
            match self.account.engine.end(withdrawal, None).await {
                // Something was noted of the contact meanwhile, and this is its attempt still.
                Some(Settled::Stale(Some(present))) if self.is_last(&present) => before = present,
                _ => break,
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.account.engine.store.clock().now()
    }
}

/// Whether a record's last attempt may still be ended by an answer.
fn is_open(record: &Record) -> bool {
    record.attempts.last().is_some_and(|last| matches!(last.outcome, None | Some(Outcome::Unknown)))
}

async fn sleep_until(instant: Instant) {
    if instant > Instant::now() {
        tokio::time::sleep_until(instant.into()).await;
    }
}
