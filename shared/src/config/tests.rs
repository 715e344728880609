//! Configurations, right and wrong, and the files that ship.

use std::io::Write;

use secrecy::ExposeSecret;

use super::*;
use crate::domain::{campaign, units::Span};

fn variables(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect::<Vec<_>>().into_iter()
}

fn with(source: &str, environment: &[(&str, &str)]) -> Config {
    Config::parse(source, "redial.toml", variables(environment)).unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(source: &str, environment: &[(&str, &str)]) -> String {
    Config::parse(source, "redial.toml", variables(environment)).expect_err(source).to_string()
}

const EVERYTHING: &str = r#"
workspace = "north"
data_dir  = "./state"
[redis]
url = "redis://:hush@127.0.0.1:6379"
durability = "strict"
[http]
listen = "0.0.0.0:8080"
public_url = "https://calls.example.com/"
[worker]
concurrency = 64
lease = "30s"
[providers.acme]
kind = "knovvu"
base_url = "https://voice.example.com:22222/"
rate = "20/s"
requests = "50/s"
max_concurrent = 200
timeout = "5s"
hook_secret = { env = "HOOK" }
project = "renewals"
access_token = "hush"
"#;

#[test]
fn recordings_go_to_a_directory_or_to_a_bucket() {
    let place = |text: &str| {
        let config = with(&format!("[providers.acme]\nkind = \"livecall\"\nrecordings = \"{text}\""), &[]);
        config.providers["acme"].recordings.clone().unwrap()
    };
    assert_eq!(place("./calls"), Location::Directory("./calls".into()));
    assert_eq!(place("s3://acme-calls/fr/2026/").to_string(), "s3://acme-calls/fr/2026");
    assert_eq!(place("s3://acme-calls").to_string(), "s3://acme-calls");
    for (text, cause) in [
        ("", "a directory or a bucket expected"),
        ("gs://calls", "no store of this kind is known"),
        ("s3://Calls", "a bucket's name is 3 to 63 characters of a-z, 0-9, `-` and `.`"),
        ("s3://calls/../others", "a prefix has no empty part and none of dots"),
    ] {
        let refusal = refusal(&format!("[providers.acme]\nkind = \"livecall\"\nrecordings = \"{text}\""), &[]);
        assert_eq!(refusal, format!("redial.toml:3: providers.acme.recordings: {cause}"));
    }
    let s3 = with("[storage.s3]\nendpoint = \"https://s3.example.com/\"\naccess_key = { env = \"KEY\" }", &[]).s3;
    assert_eq!(s3.endpoint.as_deref(), Some("https://s3.example.com"));
    assert!(s3.access_key.is_some() && s3.secret_key.is_none() && s3.region.is_none());
}

fn secret(account: &AccountConfig, key: &str) -> Secret {
    Secret::read(&account.own.table().get(key).unwrap()).unwrap()
}

#[test]
fn nothing_at_all_is_a_configuration() {
    let config = with("", &[]);
    assert_eq!((config.workspace.as_str(), config.data_dir.as_path()), ("default", Path::new("./data")));
    assert!(config.redis.url.is_none() && config.providers.is_empty() && config.file.is_none());
    assert_eq!(config.redis.durability, Durability::Everysec);
    assert_eq!((config.http.listen.as_deref(), config.http.listen_or_default()), (None, "127.0.0.1:7171"));
    assert_eq!(config.worker, WorkerConfig { concurrency: 512, lease: Span::from_secs(15) });
}

#[test]
fn every_key_is_read() {
    let config = with(EVERYTHING, &[]);
    assert_eq!(config.redis.durability, Durability::Strict);
    assert_eq!(config.redis.url.as_ref().unwrap().resolve().unwrap().expose_secret(), "redis://:hush@127.0.0.1:6379");
    assert_eq!(config.http.public_url.as_deref(), Some("https://calls.example.com"));
    assert_eq!(config.worker, WorkerConfig { concurrency: 64, lease: Span::from_secs(30) });
    let account = &config.providers["acme"];
    assert_eq!((account.name.as_str(), account.kind), ("acme", ProviderKind::Knovvu));
    assert_eq!(account.base_url.as_deref(), Some("https://voice.example.com:22222"));
    assert_eq!(account.rate.unwrap().to_string(), "20/s");
    assert_eq!((account.max_concurrent, account.timeout), (Some(200), Span::from_secs(5)));
    assert_eq!(account.own.table().get("project").unwrap().text().unwrap(), "renewals");
    assert_eq!(secret(account, "access_token").resolve().unwrap().expose_secret(), "hush");
    assert!(account.own.only(&["project", "access_token"]).is_ok());
}

#[test]
fn unset_limits_are_none() {
    let config = with("[providers.b]\nkind = \"livecall\"", &[]);
    assert_eq!((config.providers["b"].requests, config.providers["b"].rate), (None, None));
    assert_eq!(config.providers["b"].timeout, Span::from_secs(10));
}

#[test]
fn the_environment_overrides_the_file() {
    let config = with(
        EVERYTHING,
        &[
            ("REDIAL__REDIS__URL", "redis+unix:///run/redis.sock"),
            ("REDIAL__WORKER__CONCURRENCY", "8"),
            ("REDIAL__WORKSPACE", "7"),
            ("REDIAL__PROVIDERS__ACME__ACCESS_TOKEN__ENV", "TOKEN"),
            ("REDIAL__PROVIDERS__OTHER__KIND", "uhlive"),
            ("REDIAL_SERVER", "http://127.0.0.1:7171"),
            ("PATH", "/bin"),
        ],
    );
    assert_eq!(config.redis.url.unwrap().resolve().unwrap().expose_secret(), "redis+unix:///run/redis.sock");
    assert_eq!((config.worker.concurrency, config.workspace.as_str()), (8, "7"));
    assert_eq!(config.worker.lease, Span::from_secs(30), "the file's other keys stay");
    let token = secret(&config.providers["acme"], "access_token");
    let resolved = token.resolve_with(|name| (name == "TOKEN").then(|| "quiet".to_owned())).unwrap();
    assert_eq!(resolved.expose_secret(), "quiet");
    assert_eq!(config.providers["other"].kind, ProviderKind::Uhlive);
}

#[test]
fn errors_name_the_line_or_the_variable_and_the_key() {
    for (source, expected) in [
        ("worspace = \"x\"", "redial.toml:1: worspace: no such key"),
        ("workspace = \"a b\"", "redial.toml:1: workspace: 1 to 64 characters"),
        ("[redis]\nurl = \"http://:hush@x\"", "redial.toml:2: redis.url: no Redis URL"),
        (
            "[redis]\ndurability = \"fsync\"",
            "redial.toml:2: redis.durability: `fsync` is not \"everysec\" or \"strict\"",
        ),
        ("[http]\nlisten = \"7171\"", "redial.toml:2: http.listen: an address and a port expected"),
        ("[http]\npublic_url = \"calls.example.com\"", "redial.toml:2: http.public_url: no base URL"),
        ("[http]\nrate = \"100\"", "redial.toml:2: http.rate: `100` is no rate"),
        ("[http]\ncors_origins = [\"*\"]", "redial.toml:2: http.cors_origins: no origin"),
        ("[http]\ncors_origins = [\"https://crm.example.com/\"]", "redial.toml:2: http.cors_origins: no origin"),
        ("[worker]\nconcurrency = 0", "redial.toml:2: worker.concurrency: a whole number from 1 to 65536"),
        ("[worker]\nlease = \"10ms\"", "redial.toml:2: worker.lease: 1s to 1h expected, found 10ms"),
        ("[worker]\nlease = 15", "redial.toml:2: worker.lease: a string expected, found a whole number"),
        ("[caps]\nafter_answer = \"7\"", "redial.toml:2: caps.after_answer: `7` is no duration"),
        ("[providers.acme]\nrate = \"5/s\"", "redial.toml:1: providers.acme.kind: is required"),
        ("[providers.acme]\nkind = \"knovu\"", "redial.toml:2: providers.acme.kind: no such kind of provider"),
        ("[providers.acme]\nkind = \"http\"\nrate = \"5\"", "redial.toml:3: providers.acme.rate: `5` is no rate"),
        (
            "[providers.acme]\nkind = \"http\"\nhook_secret = { var = \"X\" }",
            "redial.toml:3: providers.acme.hook_secret.var: no such key",
        ),
        (
            "[providers.acme]\nkind = \"http\"\nhook_secret = {}",
            "redial.toml:3: providers.acme.hook_secret: a string, { env",
        ),
        ("[providers.\"a b\"]\nkind = \"http\"", "redial.toml:1: providers.a b: an account's name"),
    ] {
        let error = refusal(source, &[]);
        assert!(error.starts_with(expected), "{error}");
        assert!(!error.contains("hush") && !error.contains('\n'), "{error}");
    }
    let error = refusal("", &[("REDIAL__WORKER__CONCURRENCY", "many")]);
    assert!(error.starts_with("REDIAL__WORKER__CONCURRENCY: worker.concurrency: a whole number"), "{error}");
    let error = refusal("", &[("REDIAL__WORKERS__LEASE", "1s")]);
    assert_eq!(error, "REDIAL__WORKERS__LEASE: workers: no such key");
}

#[test]
fn a_kinds_own_keys_are_checked_with_their_line() {
    let config = with(EVERYTHING, &[]);
    let error = config.providers["acme"].own.only(&["projekt", "access_token"]).unwrap_err();
    assert_eq!(error.to_string(), "redial.toml:21: providers.acme.project: no such key");
    assert_eq!(error.hint(), Some("did you mean `projekt`?"));
}

#[test]
fn secrets_come_from_variables_and_files_and_are_never_shown() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "from a file").unwrap();
    let source = format!(
        "[providers.a]\nkind = \"http\"\nhook_secret = {{ file = \"{}\" }}\ntoken = {{ env = \"TOKEN\" }}\nnone = \"\"",
        file.path().display()
    );
    let account = with(&source, &[]).providers.remove("a").unwrap();
    assert_eq!(account.hook_secret.as_ref().unwrap().resolve().unwrap().expose_secret(), "from a file");
    let secret = |key: &str| secret(&account, key);
    let error = secret("token").resolve_with(|_| None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "redial.toml:4: providers.a.token: environment variable TOKEN is not set, or not text"
    );
    assert_eq!(error.hint(), "set TOKEN in the environment of this process");
    assert!(secret("none").resolve().unwrap_err().to_string().ends_with("the secret is empty"));
    let shown = format!("{:?}", with(EVERYTHING, &[]));
    assert!(!shown.contains("hush") && shown.contains("access_token"), "{shown}");
}

#[test]
fn a_named_file_must_exist_and_is_remembered() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mine.toml");
    let error = Config::load(Some(&path), variables(&[])).unwrap_err();
    assert!(error.to_string().contains("mine.toml: cannot be read: "), "{error}");
    assert!(error.hint().unwrap().starts_with("name an existing file"));
    fs::write(&path, "workspace = \"mine\"").unwrap();
    let config = Config::load(Some(&path), variables(&[])).unwrap();
    assert_eq!((config.file.as_deref(), config.workspace.as_str()), (Some(path.as_path()), "mine"));
}

#[test]
fn the_current_directory_wins_over_its_config_folder() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(found_in(directory.path()), None);
    fs::create_dir(directory.path().join("config")).unwrap();
    for place in ["config/redial.toml", "redial.toml"] {
        let path = directory.path().join(place);
        fs::write(&path, "").unwrap();
        assert_eq!(found_in(directory.path()), Some(path));
    }
}

fn shipped(file: &str) -> (String, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config").join(file);
    (fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())), format!("config/{file}"))
}

#[test]
fn the_shipped_configuration_is_the_defaults_and_a_demo_account() {
    let (source, name) = shipped("redial.toml");
    let config = Config::parse(&source, &name, variables(&[])).unwrap();
    assert_eq!((config.workspace.as_str(), config.worker), ("default", WorkerConfig::default()));
    assert!(config.redis.url.is_none());
    let demo = &config.providers["demo"];
    assert_eq!((demo.kind, demo.base_url.as_deref()), (ProviderKind::Knovvu, Some("http://127.0.0.1:7272")));
}

/// Commented keys are `#key = …` and `#[table]`, prose is `# Prose`: with the marks removed, all of it must parse.
#[test]
fn what_the_shipped_configuration_keeps_commented_parses_too() {
    let (source, name) = shipped("redial.toml");
    let is_key = |line: &&str| line.starts_with(|c: char| c.is_ascii_lowercase() || c == '[');
    let uncommented: Vec<&str> =
        source.lines().map(|line| line.strip_prefix('#').filter(is_key).unwrap_or(line)).collect();
    let config =
        Config::parse(&uncommented.join("\n"), &name, variables(&[])).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((config.workspace.as_str(), config.worker), ("default", WorkerConfig::default()));
    assert_eq!(config.http.listen.as_deref(), Some(HttpConfig::DEFAULT_LISTEN));
    assert_eq!(config.http.rate, HttpConfig::DEFAULT_RATE);
    assert_eq!(config.http.cors_origins, ["https://crm.example.com"]);
    assert!(config.redis.url.is_some());
}

#[test]
fn the_shipped_campaign_dials_through_the_shipped_account() {
    let (source, name) = shipped("campaigns/demo.toml");
    let definition = campaign::parse(&source, &name).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((definition.name.as_str(), definition.provider.as_str()), ("demo", "demo"));
    assert!(definition.call.get("display_number").is_some());
}
