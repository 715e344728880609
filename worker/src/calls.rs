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
    store::{BeginAnswer, CampaignInfo, Claimed, Intent, Placed, PollEntry, Row, Settled, Settlement, Verb},
    telemetry::{
        metrics::{Answer, Request as AskedFor},
        traces::{SpanKind, TraceId},
    },
};
use secrecy::SecretString;
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    account::Account,
    dial::{Dialed, Ready},
    polling::ASK_AGAIN_MAX,
};

/// How long before its permit a call asks for its intent.
const BEGIN_AHEAD: Duration = Duration::from_millis(12);
/// A contact at whose time the provider is closed comes up again after this time.
const LATER: Duration = Duration::from_secs(15 * 60);
/// How often a call's id, or that it never was, is written again because its record had changed meanwhile.
const SETTLE_TRIES_MAX: usize = 4;

/// A claimed contact with all that its call needs. Holds a place among the calls that are being placed.
pub(crate) struct Job {
    pub(crate) account: Arc<Account>,
    pub(crate) info: Arc<CampaignInfo>,
    pub(crate) claimed: Claimed,
    /// The contact's record as it was claimed.
    pub(crate) before: Record,
    pub(crate) row: Row,
    pub(crate) _place: OwnedSemaphorePermit,
}

/// `[call]` tables, compiled once per definition. (A restart of Redis may give a version's number to another one.)
#[derive(Default)]
pub(crate) struct CallTemplates(Mutex<HashMap<CampaignId, Template>>);

/// A campaign's definition and its compiled `[call]`.
type Template = (String, Arc<dyn CompiledCall>);

/// A request, and what reads its answer.
struct Prepared {
    call: Arc<dyn CompiledCall>,
    request: Request<Full<Bytes>>,
    /// To when it puts the call off.
    put_off_to: Option<Timestamp>,
}

/// Why no request is sent.
enum Unsent {
    /// None can be made, or none that the provider would take.
    Refused(Refusal),
    /// It would put the call off to then, which is outside the contact's calling hours.
    OutsideHours(Timestamp),
}

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
    intent: Intent,
    /// The access token that its request carries, where the account has one.
    token: Option<SecretString>,
    /// To when its request puts the call off: all that counts from the call's beginning counts from then.
    put_off_to: Option<Timestamp>,
}

/// Places one call. All that can happen to it ends in the store; there is nothing to answer.
pub(crate) async fn place(job: Job) {
    let engine = job.account.engine.clone();
    let clock = engine.store.clock();
    let permit = clock.instant_of(job.claimed.permit_us);
    let began = Instant::now();
    let Some((mut intent, number)) = intent(&job, engine.worker()) else {
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
    let mut attempt = Attempt {
        account: job.account.clone(),
        info: job.info.clone(),
        id: intent.attempt(),
        intent: intent.clone(),
        token,
        put_off_to: None,
    };
    let prepared = match attempt.prepare(&job, &number) {
        Err(unsent) => Err(unsent),
        Ok(Prepared { call, request, put_off_to }) => {
            attempt.put_off(&mut intent, put_off_to);
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
    match job.account.begins.commit((attempt.worker(), intent)).await {
        Some(BeginAnswer::Begun { send_by_us }) => {
            job.account.metrics.intents.inc();
            engine.store.trace_attempt(attempt.id, "intent", SpanKind::Internal, began, |span| {
                span.with("redial.campaign", job.info.name.as_str()).with("redial.provider", &job.account.name)
            });
            match prepared {
                Ok((call, request, ready)) => {
                    sleep_until(permit).await;
                    attempt.dial(&*call, request, ready, clock.instant_of(send_by_us)).await;
                }
                // Nothing is sent; the intent made sure that it is this worker's to settle.
                Err(unsent) => attempt.not_sent(unsent).await,
            }
        }
        Some(refused) => {
            tracing::debug!(attempt_id = %attempt.id, account = job.account.name, ?refused, "not begun");
            refused.refusal().into_iter().for_each(|reason| job.account.metrics.refused(reason));
        }
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
    let before = &job.before;
    let number = row.numbers.get(usize::from(before.next_number))?.clone();
    let permit = Timestamp::from_millis(job.claimed.permit_us / 1000);
    let results = &job.info.definition.results;
    let reported = !matches!(job.account.results(), Results::None);
    let slot = if reported { results.max_call } else { results.assume_call };
    let last = before.attempts.last().filter(|last| last.outcome == Some(Outcome::Unknown));
    let intent = Intent {
        claimed: job.claimed.clone(),
        contact_id: row.id.clone(),
        record: transition::begin(before, number.digits(), permit, worker),
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
        let dialed = self.account.dialer.send(ready, request, send_by).await;
        match dialed {
            Dialed::NotSent { cause } => {
                self.account.metrics.answered(AskedFor::Call, Answer::NotSent);
                tracing::debug!(attempt_id = %self.id, trace_id = %TraceId::of_attempt(self.id), account = self.account.name, cause, "not sent; the contact goes back");
                self.withdraw(None, "").await;
            }
            Dialed::InDoubt { cause, sent_at } => {
                tracing::warn!(attempt_id = %self.id, trace_id = %TraceId::of_attempt(self.id), account = self.account.name, cause, "no answer: the phone may be ringing");
                let reason = format!("no answer to the call request: {cause}");
                self.account.tell_answer(&self.intent, &self.info, sent_at, Answer::InDoubt);
                self.account.failing(&cause).await;
                self.end(Outcome::Unknown, "", &reason, Some(sent_at), false).await;
            }
            Dialed::Answered { status, headers, body, sent_at } => {
                let answer = HttpAnswer { status, headers: &headers, body: &body, received_at: self.now() };
                let answer = call.answer(&answer);
                self.account.tell_answer(&self.intent, &self.info, sent_at, kind_of(&answer));
                self.answered(answer, sent_at).await;
            }
        }
    }

    /// The request, if there is to be one.
    fn prepare(&self, job: &Job, number: &PhoneNumber) -> Result<Prepared, Unsent> {
        let prepared = self.request(job, number).map_err(Unsent::Refused)?;
        match prepared.put_off_to.filter(|&at| !self.info.is_open_at(job.claimed.lane, at)) {
            Some(at) => Err(Unsent::OutsideHours(at)),
            None => Ok(prepared),
        }
    }

    /// The call begins later than its request is sent: so do its slot, its number's lock, and all waiting for its result.
    fn put_off(&mut self, intent: &mut Intent, to: Option<Timestamp>) {
        let Some(at) = to else { return };
        let later = at.since(Timestamp::from_millis(intent.claimed.permit_us / 1000));
        intent.slot_until = intent.slot_until + later;
        intent.number_until = intent.number_until + later;
        self.put_off_to = to;
        for record in [&mut intent.record, &mut self.intent.record] {
            if let Some(last) = record.attempts.last_mut() {
                last.started_at = last.started_at.max(at);
            }
        }
    }

    /// From when a call counts whose request was sent at an instant.
    fn begins_at(&self, sent_at: Instant) -> Timestamp {
        let sent_at = Timestamp::from_millis(self.account.engine.store.clock().at_us(sent_at) / 1000);
        self.put_off_to.map_or(sent_at, |at| at.max(sent_at))
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
        let put_off_to = call.scheduled_at(&wanted)?;
        let wanted = call.request(&wanted, self.token.as_ref())?;
        let malformed = |error: hyper::http::Error| Refusal::Campaign { message: error.to_string() };
        let host = wanted.uri.authority().map_or("", |authority| authority.as_str()).to_owned();
        let mut request = Request::builder().method(wanted.method).uri(wanted.uri).header(header::HOST, host);
        request.headers_mut().into_iter().for_each(|headers| headers.extend(wanted.headers.clone()));
        let request = request.body(Full::new(Bytes::from(wanted.body))).map_err(malformed)?;
        Ok(Prepared { call, request, put_off_to })
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

    /// Nothing was sent, nor will be for this attempt.
    async fn not_sent(&self, unsent: Unsent) {
        match unsent {
            Unsent::Refused(refusal) => self.refused(refusal).await,
            Unsent::OutsideHours(at) => {
                let reason = format!("its call would be put off to {at}, outside its calling hours");
                self.returned(|before| self.info.holding_back(&self.intent, before, &reason)).await;
            }
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
            Refusal::Nobody { retry: Patience::Soon, message } => {
                let now = self.now();
                self.returned(|before| self.info.putting_off(&self.intent, before, now, &message)).await;
            }
            Refusal::Nobody { retry: Patience::Later, message } => {
                self.withdraw(Some(self.now() + LATER), &message).await;
            }
        }
    }

    async fn accepted(&self, call_id: &str, sent_at: Instant) {
        let results = &self.info.definition.results;
        let began = self.begins_at(sent_at);
        let first_at = match self.account.results() {
            Results::None => return self.end(Outcome::Submitted, "", "", Some(sent_at), false).await,
            Results::Hook => began + results.give_up.duration(),
            Results::Poll { .. } => began + self.account.pace.first(results, self.id),
            Results::Tail { .. } => polling::tail_first(results, began),
        };
        let entry = PollEntry { attempt: self.id, started_at: began, call_id: call_id.to_owned() };
        let findable = self.account.hook.is_served.then(|| polling::findable(results));
        let mut before = self.intent.record.clone();
        for _ in 0..SETTLE_TRIES_MAX {
            let Some(record) = transition::placed(&before, self.id.revision, call_id, began) else { break };
            // Where our hook was told the end meanwhile, there is nothing to poll for.
            let poll = is_open(&record).then(|| (entry.clone(), first_at));
            let placed = Placed {
                attempt: self.id,
                record,
                worker: self.worker(),
                findable: findable.filter(|_| poll.is_some()),
                poll,
            };
            match self.account.engine.placed(placed).await {
                // It was given up for lost while we waited: with its id, the provider can tell after all.
                Some(Settled::Stale(Some(present))) if self.is_last(&present) => before = present,
                _ => break,
            }
        }
        if first_at.since(self.now()) < ASK_AGAIN_MAX {
            self.account.pollable.notify_one();
        }
    }

    /// Another worker's may stand under the same revision.
    fn is_last(&self, record: &Record) -> bool {
        record.attempts.last().is_some_and(|last| last.revision == self.id.revision && last.worker == self.worker())
    }

    async fn end(&self, outcome: Outcome, status: &str, reason: &str, sent_at: Option<Instant>, hold: bool) {
        let engine = &self.account.engine;
        let mut record = self.intent.record.clone();
        if let (Some(sent_at), Some(last)) = (sent_at, record.attempts.last_mut()) {
            last.started_at = self.begins_at(sent_at);
        }
        let ending = Ending {
            outcome,
            provider_status: status.to_owned(),
            duration_s: None,
            reason: reason.to_owned(),
            hold,
            is_over: false,
            charged: true,
            at: self.now(),
            captured: Captured::default(),
        };
        if let Some(settlement) = self.info.settlement(self.id, &record, &ending) {
            engine.end(settlement, Some((self.id, ending))).await;
        }
    }

    async fn withdraw(&self, due: Option<Timestamp>, reason: &str) {
        self.returned(|before| self.info.withdrawal(&self.intent, before, due, reason)).await;
    }

    /// The contact goes back, or is held: the attempt never was.
    async fn returned(&self, settlement: impl Fn(&Record) -> Option<Settlement>) {
        let mut before = self.intent.record.clone();
        for _ in 0..SETTLE_TRIES_MAX {
            let Some(settlement) = settlement(&before) else { break };
            match self.account.engine.end(settlement, None).await {
                // Something was noted of the contact meanwhile, and this is its attempt still.
                Some(Settled::Stale(Some(present))) if self.is_last(&present) => before = present,
                Some(Settled::Written) => {
                    self.account.metrics.withdrawals.inc();
                    break;
                }
                _ => break,
            }
        }
    }

    /// The number under which its intent is written: that of the attempt.
    fn worker(&self) -> u32 {
        self.intent.record.attempts.last().map_or(0, |attempt| attempt.worker)
    }

    fn now(&self) -> Timestamp {
        self.account.engine.store.clock().now()
    }
}

fn kind_of(answer: &DialAnswer) -> Answer {
    match answer {
        DialAnswer::Accepted { .. } | DialAnswer::Submitted => Answer::Accepted,
        DialAnswer::InDoubt { .. } => Answer::InDoubt,
        DialAnswer::Throttled { .. } => Answer::Throttled,
        DialAnswer::AuthRefused { .. } => Answer::TokenRefused,
        DialAnswer::Refused(_) => Answer::Refused,
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
