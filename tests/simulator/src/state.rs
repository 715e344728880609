//! What all endpoints share, and the handle by which programs read it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::{
    ccai::Flags,
    ledger::{Ledger, Ring},
    livecall::Users,
    number::Number,
    plan::Plan,
    stamps::Stamps,
    summary::Summary,
    tokens::Tokens,
    words::Kind,
};

/// What all endpoints share.
pub(crate) struct Shared {
    plan: RwLock<Arc<Plan>>,
    ledger: Mutex<Ledger>,
    pub tokens: Tokens,
    /// LiveCall's people.
    pub users: Mutex<Users>,
    /// CCAI's flags of calls, by the calls' ids.
    pub flags: Mutex<BTreeMap<u64, Flags>>,
    pub stamps: Stamps,
    /// Cancelled when the simulator stops, so that requests which are never answered end too.
    pub stopping: CancellationToken,
}

/// Counts over the whole ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Rings.
    pub calls: u64,
    /// Different phones that rang.
    pub numbers: u64,
}

impl Shared {
    pub fn new(plan: Plan) -> Self {
        let stamps = Stamps::new();
        let now_us = stamps.now_us();
        Self {
            plan: RwLock::new(Arc::new(plan)),
            ledger: Mutex::new(Ledger::new(now_us)),
            tokens: Tokens::new(now_us),
            users: Mutex::default(),
            flags: Mutex::default(),
            stamps,
            stopping: CancellationToken::new(),
        }
    }

    pub fn plan(&self) -> Arc<Plan> {
        self.plan.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_plan(&self, plan: Plan) {
        *self.plan.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(plan);
    }

    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn reset(&self) {
        *self.ledger() = Ledger::new(self.stamps.now_us());
    }

    pub fn totals(&self) -> Totals {
        let ledger = self.ledger();
        let numbers = ledger.phones.values().filter(|phone| phone.rings > 0).count();
        Totals { calls: ledger.rings.len() as u64, numbers: numbers as u64 }
    }

    pub fn summary(&self) -> Summary {
        Summary::of(&self.ledger(), self.stamps.now_us())
    }
}

/// Reads the ledger of a running simulator without HTTP. It stays readable after the simulator has stopped.
#[derive(Clone)]
pub struct LedgerHandle(pub(crate) Arc<Shared>);

impl LedgerHandle {
    /// Counts over the whole ledger.
    pub fn totals(&self) -> Totals {
        self.0.totals()
    }

    /// The run in numbers. Takes about a tenth of a second at a million calls, during which no request is answered.
    pub fn summary(&self) -> Summary {
        self.0.summary()
    }

    /// All rings of a number, oldest first; none if it never rang or is no number.
    pub fn rings_of(&self, number: &str) -> Vec<Ring> {
        Number::parse(number).map(|number| self.0.ledger().of_number(number)).unwrap_or_default()
    }

    /// All rings in the order in which they were entered.
    pub fn rings(&self) -> Vec<Ring> {
        let ledger = self.0.ledger();
        (0..ledger.rings.len()).map(|index| ledger.report(index)).collect()
    }

    /// Makes an end of all access tokens, of one provider or of all.
    pub fn revoke_tokens(&self, kind: Option<Kind>) {
        self.0.tokens.revoke(kind);
    }

    /// Forgets everything: counts begin anew, and calls placed before are unknown.
    pub fn reset(&self) {
        self.0.reset();
    }
}
