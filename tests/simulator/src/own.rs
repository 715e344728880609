//! What is otherwise for one provider than for all.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    config::{CallFaults, ResultFaults, SimulatorConfig},
    words::{Fault, Kind},
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

    /// Adds a fault with its probability to all requests, of one provider or of all, beside those it has.
    pub fn add_fault(&mut self, kind: Option<Kind>, fault: Fault, probability: f64) {
        let Some(kind) = kind else {
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
        config.add_fault(None, Fault::Slow, 0.1);
        config.add_fault(Some(Kind::Ccai), Fault::Throttled, 0.05);
        config.add_fault(None, Fault::Timeout, 0.2);
        assert_eq!(config.call_faults_of(Kind::Knovvu).probability, [(Fault::Slow, 0.1), (Fault::Timeout, 0.2)].into());
        let all_three = [(Fault::Throttled, 0.05), (Fault::Timeout, 0.2), (Fault::Slow, 0.1)].into();
        assert_eq!(config.call_faults_of(Kind::Ccai).probability, all_three);
        assert_eq!(config.token_faults_of(Kind::Ccai).probability, all_three);
        assert_eq!(config.probabilities().len(), 6);
    }
}
