//! Which crate may depend on which: `shared` ← `scheduler`, `worker` ← `cli`.

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

use crate::tree::root;

/// For each crate, the crates of this workspace that it may be built from.
const ALLOWED: [(&str, &[&str]); 5] = [
    ("redial-shared", &[]),
    ("redial-simulator", &[]),
    ("redial-scheduler", &["redial-shared"]),
    ("redial-worker", &["redial-shared"]),
    ("redial", &["redial-scheduler", "redial-shared", "redial-simulator", "redial-worker"]),
];

/// A crate's dependencies: name, and whether it is for tests only.
type Dependencies = Vec<(String, bool)>;

fn workspace() -> BTreeMap<String, Dependencies> {
    let asked = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo can be run");
    assert!(asked.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&asked.stderr));
    let metadata: Value = serde_json::from_slice(&asked.stdout).expect("cargo metadata answers in JSON");
    let packages = metadata["packages"].as_array().expect("a workspace has packages");
    packages.iter().map(|package| (text(&package["name"]), dependencies(package))).collect()
}

fn dependencies(package: &Value) -> Dependencies {
    let listed = package["dependencies"].as_array().expect("a package lists its dependencies");
    listed.iter().map(|dependency| (text(&dependency["name"]), dependency["kind"] == "dev")).collect()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a name is text").to_owned()
}

#[test]
fn crates_depend_only_on_those_below_them() {
    let workspace = workspace();
    for (name, allowed) in ALLOWED {
        for (dependency, for_tests) in &workspace[name] {
            let ours = workspace.contains_key(dependency);
            assert!(!ours || *for_tests || allowed.contains(&dependency.as_str()), "{name} depends on {dependency}");
        }
    }
}

#[test]
fn scheduler_and_worker_know_nothing_of_each_other_not_even_in_their_tests() {
    let workspace = workspace();
    let depends = |name: &str, on: &str| workspace[name].iter().any(|(dependency, _)| dependency == on);
    assert!(!depends("redial-scheduler", "redial-worker"));
    assert!(!depends("redial-worker", "redial-scheduler"));
}

#[test]
fn scheduler_and_worker_reach_redis_through_the_store_alone() {
    let workspace = workspace();
    for name in ["redial-scheduler", "redial-worker", "redial-simulator"] {
        let redis = workspace[name].iter().find(|(dependency, for_tests)| dependency == "redis" && !for_tests);
        assert!(redis.is_none(), "{name} depends on redis");
    }
}

#[test]
fn every_crate_of_the_workspace_has_a_rule() {
    let ruled: Vec<_> = ALLOWED.iter().map(|(name, _)| *name).chain(["redial-tests"]).collect();
    for name in workspace().keys() {
        assert!(ruled.contains(&name.as_str()), "nothing says what {name} may depend on");
    }
}
