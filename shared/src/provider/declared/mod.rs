//! A provider made of its file and an account's keys.

mod account;
mod answers;
mod body;
mod call;
mod fields;
mod hooks;
mod number;
mod operations;
mod reports;
mod request;
mod tokens;
mod typed;

use std::{collections::BTreeMap, sync::Arc};

use secrecy::SecretString;
use serde_json::{Map, Value};

use self::{
    account::Account,
    call::DeclaredCall,
    number::Numbers,
    operations::With,
    request::{Filled, filled},
};
use super::{
    Availability, BadKey, CallReport, CompiledCall, Delivery, Forged, Hook, HttpAnswer, HttpRequest, PollError,
    Provider, ResolveSecret, Results, TailPage, Token,
    pattern::{Pattern, Scope},
    spec::{Batch, Spec, known},
    wire::base_url,
};
use crate::domain::{PhoneNumber, Timestamp, units::Rate};

/// One account at a provider that a file describes.
pub(super) struct Declared(Arc<Core>);

/// What the account's calls share with it.
struct Core {
    spec: Spec,
    account: Account,
    /// What must not show in a message.
    secrets: Vec<String>,
    numbers: Numbers,
    dial: Filled,
    poll: Option<Filled>,
    tail: Option<Filled>,
    check: Option<Filled>,
    token: Option<Filled>,
    operations: BTreeMap<String, Filled>,
    results: Results,
}

impl Declared {
    /// See [`super::build_spec`].
    pub fn build(
        spec: Spec,
        base: Option<&str>,
        keys: &Map<String, Value>,
        resolve: ResolveSecret<'_>,
    ) -> Result<Self, BadKey> {
        let account = Account::read(&spec, keys, resolve)?;
        let base = base_of(&spec, base, &account)?;
        let ready = |request| Filled::new(request, &base, Some((&spec.auth, &account)));
        let core = Core {
            secrets: account.secrets(),
            numbers: Numbers::new(&spec.number, &account),
            dial: ready(&spec.dial)?,
            poll: spec.poll.as_ref().map(ready).transpose()?,
            tail: spec.tail.as_ref().map(|tail| ready(&tail.request)).transpose()?,
            check: spec.check.as_ref().map(ready).transpose()?,
            token: spec.auth.token.as_ref().map(|token| Filled::new(&token.request, &base, None)).transpose()?,
            operations: operations::ready(&spec, &base, &account)?,
            results: results(&spec, &account),
            account,
            spec,
        };
        core.check_addresses(&base)?;
        Ok(Self(Arc::new(core)))
    }
}

impl Core {
    /// Makes each request that the worker makes by itself once, so that an address that is none is an error now.
    fn check_addresses(&self, base: &str) -> Result<(), BadKey> {
        let mut scope = With { core: self, values: Map::new() };
        for name in [known::DIAL, known::POLL, known::TAIL].concat() {
            scope.values.insert(name.to_owned(), "0".into());
        }
        let requests = [&self.poll, &self.tail, &self.token].into_iter().flatten();
        if requests.chain([&self.dial]).all(|request| request.render(&scope).is_some()) {
            return Ok(());
        }
        let remedy = "write base_url and every address whole: \"https://host/path\"";
        Err(BadKey::new(
            "base_url",
            format!("gives no address behind `{base}`, or another key that it needs is missing"),
            remedy,
        ))
    }
}

impl Provider for Declared {
    fn kind(&self) -> &str {
        &self.0.spec.name
    }

    fn requests(&self) -> Option<Rate> {
        self.0.spec.limits.requests
    }

    fn check_number(&self, number: &PhoneNumber) -> Result<(), String> {
        self.0.numbers.check(number)
    }

    fn compile(&self, call: &Map<String, Value>, columns: Option<&[String]>) -> Result<Box<dyn CompiledCall>, BadKey> {
        Ok(Box::new(DeclaredCall::read(self.0.clone(), call, columns)?))
    }

    fn token_request(&self) -> Option<HttpRequest> {
        self.0.token.as_ref()?.render(&With::token(&self.0, None))
    }

    fn token_answer(&self, answer: &HttpAnswer<'_>) -> Result<Token, PollError> {
        self.0.token_answer(answer)
    }

    fn results(&self) -> Results {
        self.0.results
    }

    fn poll(&self, call_ids: &[&str], token: Option<&SecretString>) -> Option<HttpRequest> {
        let first = call_ids.first().copied().unwrap_or_default();
        let scope = With::token(&self.0, token).and(known::CALL_ID, first).and(known::CALL_IDS, call_ids.to_vec());
        self.0.poll.as_ref()?.render(&scope)
    }

    fn poll_answer(&self, call_ids: &[&str], answer: &HttpAnswer<'_>) -> Result<Vec<CallReport>, PollError> {
        let one = matches!(self.0.results, Results::Poll { batch: 1 });
        self.0.reports(answer, call_ids.first().copied().filter(|_| one))
    }

    fn tail(&self, from: Timestamp, page: u32, token: Option<&SecretString>) -> Option<HttpRequest> {
        let from = from.to_string();
        let scope = With::token(&self.0, token).and(known::FROM_TIME, from).and(known::PAGE, page);
        self.0.tail.as_ref()?.render(&scope)
    }

    fn tail_answer(&self, answer: &HttpAnswer<'_>) -> Result<TailPage, PollError> {
        let reports = self.0.reports(answer, None)?;
        Ok(TailPage { reports, more: reports::has_next_page(answer) })
    }

    fn hook(&self, delivery: &Delivery<'_>) -> Result<Hook, Forged> {
        self.0.read_hook(delivery)
    }

    fn check(&self, token: Option<&SecretString>) -> Option<HttpRequest> {
        self.0.check.as_ref()?.render(&With::token(&self.0, token))
    }

    fn check_answer(&self, answer: &HttpAnswer<'_>) -> Result<(), PollError> {
        match self.0.spec.check.as_ref().is_some_and(|check| check.good.has(answer.status)) {
            true => Ok(()),
            false => self.0.good_body(answer).map(drop),
        }
    }

    fn operations(&self) -> Vec<&str> {
        self.0.operations.keys().map(String::as_str).collect()
    }

    fn operation(
        &self,
        name: &str,
        args: &Map<String, Value>,
        token: Option<&SecretString>,
    ) -> Result<HttpRequest, BadKey> {
        self.0.operation_request(name, args, token)
    }

    fn operation_answer(&self, name: &str, answer: &HttpAnswer<'_>) -> Result<Value, PollError> {
        self.0.operation_result(name, answer)
    }

    fn availability(&self, token: Option<&SecretString>) -> Option<HttpRequest> {
        self.0.availability_request(token)
    }

    fn availability_answer(&self, answer: &HttpAnswer<'_>) -> Result<Availability, PollError> {
        self.0.read_availability(answer)
    }
}

fn results(spec: &Spec, account: &Account) -> Results {
    match (&spec.tail, &spec.poll) {
        (Some(tail), _) => Results::Tail { overlap: tail.overlap.duration(), newest_first: tail.newest_first },
        (None, None) if spec.accepted.call_id.is_empty() => Results::None,
        (None, None) => Results::Hook,
        (None, Some(_)) => Results::Poll {
            batch: match &spec.report.batch {
                None => 1,
                Some(Batch::Fixed(batch)) => (*batch).max(1),
                Some(Batch::Key(key)) => account.value(key).and_then(Value::as_u64).map_or(1, |batch| batch as usize),
            },
        },
    }
}

/// The account's `base_url`, else the provider's own, made of the account's keys.
fn base_of(spec: &Spec, given: Option<&str>, account: &Account) -> Result<String, BadKey> {
    let name = &spec.name;
    if let Some(given) = given {
        return base_url(given);
    }
    let Some(own) = &spec.base_url else {
        let remedy = spec.base_url_remedy.clone();
        let remedy = remedy.unwrap_or_else(|| "add base_url = \"https://host\" to [providers.NAME]".to_owned());
        return Err(BadKey::new("base_url", format!("is required for kind {name}"), remedy));
    };
    let pattern = Pattern::parse_text(own).expect("provider files are checked when read");
    if let Some(missing) = pattern.names().into_iter().find(|key| account.get(key).is_none()) {
        let remedy = format!("add {missing} = \"…\" to [providers.NAME], or base_url");
        return Err(BadKey::new(missing, format!("is required by {name}"), remedy));
    }
    base_url(&filled(own, account))
}
