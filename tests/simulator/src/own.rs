//! What is otherwise for one provider than for all.

use std::{collections::BTreeMap, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    config::{CallFaults, ResultFaults, SimulatorConfig},
    words::{Fault, Kind, UnknownWord},
};

/// What one provider does otherwise; what is absent is as for all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderConfig {
    /// The secret that its requests must carry: client secret, API key, API token. Absent: any but an empty one will do.
    pub secret: Option<String>,
    /// Faults of requests that place a call.
    pub call_faults: Option<CallFaults>,
    /// Faults of requests for results.
    pub result_faults: Option<ResultFaults>,
    /// Faults of requests for access tokens.
    pub token_faults: Option<ResultFaults>,
}

/// A fault that comes beside those of a configuration, at all requests of one provider or of all. Written `FAULT=PROBABILITY`
/// or `PROVIDER:FAULT=PROBABILITY`; for the faults that are a status by themselves, that status will do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AddedFault {
    /// Whose requests; none: everybody's.
    pub provider: Option<Kind>,
    /// What goes wrong.
    pub fault: Fault,
    /// How often, 0 to 1.
    pub probability: f64,
}

/// Why a text is no such fault.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadFault {
    /// It lacks its probability, or that is no number.
    #[error("write FAULT=PROBABILITY, like 429=0.05 or ccai:reset_after=0.01")]
    Form,
    /// There is no such provider or fault.
    #[error(transparent)]
    Word(#[from] UnknownWord),
}

impl FromStr for AddedFault {
    type Err = BadFault;
    fn from_str(text: &str) -> Result<Self, BadFault> {
        let (what, probability) = text.split_once('=').ok_or(BadFault::Form)?;
        let probability = probability.parse().map_err(|_| BadFault::Form)?;
        let (provider, fault) = match what.split_once(':') {
            Some((provider, fault)) => (Some(provider.parse()?), fault),
            None => (None, what),
        };
        let fault = match fault {
            "429" => Fault::Throttled,
            "500" => Fault::Error500,
            "503" => Fault::Error503,
            word => word.parse()?,
        };
        Ok(Self { provider, fault, probability })
    }
}

/// Probability by fault.
type Probability = BTreeMap<Fault, f64>;

impl SimulatorConfig {
    /// The secret that requests to a provider must carry, if it must be a certain one.
    pub(crate) fn secret_of(&self, kind: Kind) -> Option<&str> {
        let own = self.providers.get(&kind).and_then(|own| own.secret.as_deref());
        own.or_else(|| self.access_token.as_deref().filter(|_| kind == Kind::Knovvu))
    }

    pub(crate) fn call_faults_of(&self, kind: Kind) -> &CallFaults {
        self.providers.get(&kind).and_then(|own| own.call_faults.as_ref()).unwrap_or(&self.call_faults)
    }

    pub(crate) fn result_faults_of(&self, kind: Kind) -> &ResultFaults {
        self.providers.get(&kind).and_then(|own| own.result_faults.as_ref()).unwrap_or(&self.result_faults)
    }

    pub(crate) fn token_faults_of(&self, kind: Kind) -> &ResultFaults {
        self.providers.get(&kind).and_then(|own| own.token_faults.as_ref()).unwrap_or(&self.token_faults)
    }

    /// All tables of probabilities, with the keys where they stand.
    pub(crate) fn probabilities(&self) -> Vec<(String, &Probability)> {
        let mut all = vec![
            ("call_faults".to_owned(), &self.call_faults.probability),
            ("result_faults".to_owned(), &self.result_faults.probability),
            ("token_faults".to_owned(), &self.token_faults.probability),
        ];
        for (kind, own) in &self.providers {
            let place = |key: &str| format!("providers.{}.{key}", kind.as_str());
            all.extend(own.call_faults.iter().map(|faults| (place("call_faults"), &faults.probability)));
            all.extend(own.result_faults.iter().map(|faults| (place("result_faults"), &faults.probability)));
            all.extend(own.token_faults.iter().map(|faults| (place("token_faults"), &faults.probability)));
        }
        all
    }

    /// Adds a fault to all requests, of one provider or of all, beside those they have.
    pub fn add_fault(&mut self, added: AddedFault) {
        let AddedFault { provider, fault, probability } = added;
        let Some(kind) = provider else {
            let others: Vec<Kind> = self.providers.keys().copied().collect();
            others.into_iter().for_each(|kind| self.add_own_fault(kind, fault, probability));
            self.call_faults.probability.insert(fault, probability);
            self.result_faults.probability.insert(fault, probability);
            self.token_faults.probability.insert(fault, probability);
            return;
        };
        self.add_own_fault(kind, fault, probability);
    }

    fn add_own_fault(&mut self, kind: Kind, fault: Fault, probability: f64) {
        let Self { call_faults, result_faults, token_faults, providers, .. } = self;
        let own = providers.entry(kind).or_default();
        own.call_faults.get_or_insert_with(|| call_faults.clone()).probability.insert(fault, probability);
        own.result_faults.get_or_insert_with(|| result_faults.clone()).probability.insert(fault, probability);
        own.token_faults.get_or_insert_with(|| token_faults.clone()).probability.insert(fault, probability);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_one_provider_comes_beside_those_of_all() {
        let mut config = SimulatorConfig::default();
        for added in ["slow=0.1", "ccai:429=0.05", "timeout=0.2"] {
            config.add_fault(added.parse().unwrap());
        }
        assert_eq!(config.call_faults_of(Kind::Knovvu).probability, [(Fault::Slow, 0.1), (Fault::Timeout, 0.2)].into());
        let all_three = [(Fault::Throttled, 0.05), (Fault::Timeout, 0.2), (Fault::Slow, 0.1)].into();
        assert_eq!(config.call_faults_of(Kind::Ccai).probability, all_three);
        assert_eq!(config.token_faults_of(Kind::Ccai).probability, all_three);
        assert_eq!(config.probabilities().len(), 6);
    }

    #[test]
    fn a_fault_that_is_none_says_how_to_write_one() {
        let refused = |text: &str| text.parse::<AddedFault>().unwrap_err().to_string();
        assert!(refused("429").contains("ccai:reset_after=0.01"));
        assert!(refused("429=often").contains("FAULT=PROBABILITY"));
        assert!(refused("acme:429=0.1").starts_with("`acme` is none of knovvu, uhlive, "));
        assert!(refused("418=0.1").starts_with("`418` is none of none, throttled, "));
    }
}
