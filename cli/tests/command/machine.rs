//! What the command does on this machine: the private Redis of `up`, and the doctor's look at it.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::support::{Done, Stub};
use redial_shared::{
    domain::campaign,
    store::{Store, Verb},
};
use serde_json::Value;

/// Waits for a condition; the limit only bounds a failing test.
fn until(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..1500 {
        if condition() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("never happened: {what}");
}

fn pid_of_redis(stub: &Stub) -> Option<u32> {
    fs::read_to_string(stub.dir().join("data/redis/redis.pid")).ok()?.trim().parse().ok()
}

fn answers(stub: &Stub) -> bool {
    redis_cli(stub, &["ping"]).starts_with(b"PONG")
}

fn redis_cli(stub: &Stub, arguments: &[&str]) -> Vec<u8> {
    let socket = stub.dir().join("data/redis/redis.sock");
    Command::new("redis-cli").arg("-s").arg(socket).args(arguments).output().unwrap().stdout
}

fn alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

fn signal(child: &Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn up_brings_its_own_redis_and_takes_it_down_on_sigterm() {
    let stub = Stub::start();
    let mut up = stub.command(&["up"]).stderr(Stdio::null()).spawn().unwrap();
    until("Redis answers", || answers(&stub));
    let redis = pid_of_redis(&stub).unwrap();
    let second = Done::of(stub.command(&["up"]).env("RUST_LOG", "off").output().unwrap());
    assert_eq!(second.code, 1);
    let expected = format!("error: another redial (pid {}) is using ./data\nhint: ", up.id());
    assert!(second.stderr.starts_with(&expected), "{}", second.stderr);
    signal(&up, "-TERM");
    assert!(up.wait().unwrap().success());
    assert!(!alive(redis));
}

#[test]
fn strict_durability_needs_a_redis_that_syncs_before_it_answers() {
    let stub = Stub::start();
    let strict = |role: &str| {
        let mut command = stub.command(&[role]);
        command.env("REDIAL__REDIS__DURABILITY", "strict").stderr(Stdio::null());
        command
    };
    let mut up = strict("up").spawn().unwrap();
    until("its own Redis answers", || answers(&stub));
    let url = format!("redis+unix://{}", stub.dir().join("data/redis/redis.sock").display());
    let mut worker = strict("worker").env("REDIAL__REDIS__URL", &url).spawn().unwrap();
    until("both workers have a lease", || redis_cli(&stub, &["zcard", "{default}:workers"]).starts_with(b"2"));
    redis_cli(&stub, &["config", "set", "appendfsync", "everysec"]);
    let lax = Done::of(strict("worker").env("REDIAL__REDIS__URL", &url).stderr(Stdio::piped()).output().unwrap());
    assert_eq!(lax.code, 1);
    assert!(lax.stderr.contains("set `appendonly yes` and `appendfsync always` there"), "{}", lax.stderr);
    for process in [&mut worker, &mut up] {
        signal(process, "-TERM");
        assert!(process.wait().unwrap().success());
    }
}

#[test]
fn a_worker_alone_serves_what_machines_ask_for_if_it_is_told_where() {
    let stub = Stub::start();
    let mut up = stub.command(&["up"]).stderr(Stdio::null()).spawn().unwrap();
    until("its own Redis answers", || answers(&stub));
    let url = format!("redis+unix://{}", stub.dir().join("data/redis/redis.sock").display());
    let mut command = stub.command(&["worker"]);
    command.env("REDIAL__REDIS__URL", url).env("REDIAL__HTTP__LISTEN", "127.0.0.1:0").stderr(Stdio::piped());
    let mut worker = command.spawn().unwrap();
    let mut log = BufReader::new(worker.stderr.take().unwrap()).lines().map_while(Result::ok);
    let line = log.find(|line| line.contains("listening on http://")).expect("it says where");
    let address = line.split("http://").nth(1).unwrap().trim().to_owned();
    for (path, status) in [("/health", "200"), ("/ready", "200"), ("/metrics", "200"), ("/api/v1/campaigns", "404")] {
        let mut connection = TcpStream::connect(&address).unwrap();
        write!(connection, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
    }
    for process in [&mut worker, &mut up] {
        signal(process, "-TERM");
        assert!(process.wait().unwrap().success());
    }
}

#[test]
fn an_account_that_cannot_be_used_is_refused_before_anything_starts() {
    let stub = Stub::start();
    let account = "[providers.acme]\nkind = \"uhlive\"\nclient_id = \"i\"\nclient_secret = { env = \"NOPE_TOKEN\" }\nbatches = 2\n";
    stub.file("redial.toml", account);
    let up = Done::of(stub.command(&["up"]).output().unwrap());
    assert_eq!(
        (up.code, up.stderr.lines().next().unwrap()),
        (2, "error: redial.toml:5: providers.acme.batches: no such key")
    );
    stub.file("redial.toml", account.split_once("batches").unwrap().0);
    let up = Done::of(stub.command(&["up"]).output().unwrap());
    let expected =
        "error: redial.toml:4: providers.acme.client_secret: environment variable NOPE_TOKEN is not set, or not text";
    assert_eq!((up.code, up.stderr.lines().next().unwrap()), (2, expected));
    assert!(!stub.dir().join("data").exists());
    let doctor = stub.command(&["doctor"]).output().unwrap();
    let told = String::from_utf8(doctor.stdout).unwrap();
    assert!(told.starts_with("warn  config") && told.contains("no worker can run here"), "{told}");
}

#[test]
fn roles_of_their_own_need_a_shared_redis() {
    let stub = Stub::start();
    for role in ["scheduler", "worker"] {
        let alone = Done::of(stub.command(&[role]).output().unwrap());
        assert_eq!(alone.code, 1);
        assert!(alone.stderr.starts_with(&format!("error: redial {role} needs a Redis")), "{}", alone.stderr);
    }
}

#[test]
fn a_missing_redis_server_is_told_with_the_package_to_install() {
    let stub = Stub::start();
    let up = Done::of(stub.command(&["up"]).env("PATH", "/nonexistent").output().unwrap());
    assert_eq!(up.code, 1);
    assert!(
        up.stderr.starts_with("error: redis-server is not installed\nhint: apt-get install redis-server"),
        "{}",
        up.stderr
    );
}

#[test]
fn presets_are_shown_without_a_server() {
    let stub = Stub::start();
    let run = |arguments: &[&str]| {
        Done::of(stub.command(arguments).env("REDIAL_SERVER", "http://127.0.0.1:9").output().unwrap())
    };
    let all = run(&["presets"]);
    assert!(all.stdout.starts_with("NAME ") && all.stdout.contains("Not legal advice"), "{}", all.stdout);
    let shown = run(&["presets", "show", "fr"]);
    assert!(shown.stdout.contains("hours    mon-fri 10:00-13:00 14:00-20:00\n"), "{}", shown.stdout);
    let json: Value = serde_json::from_str(&run(&["presets", "--json"]).stdout).unwrap();
    assert_eq!(json["presets"][0]["name"], "us");
    let one: Value = serde_json::from_str(&run(&["presets", "show", "us", "--json"]).stdout).unwrap();
    let florida = one["rules"].as_array().unwrap().iter().find(|rule| rule["name"] == "US-FL").unwrap();
    assert_eq!(florida["hours"]["sun"][0], "08:00-20:00");
    assert_eq!((&florida["caps"]["per_contact"][0], &florida["source"]["read"]), (&"3 per 1d".into(), &"text".into()));
    let none = run(&["presets", "show", "gr"]);
    assert_eq!((none.code, none.stderr.lines().next().unwrap()), (2, "error: there is no preset `gr`"));
}

#[test]
fn the_doctor_passes_a_fresh_machine_and_prints_json() {
    let stub = Stub::start();
    let doctor = Done::of(stub.command(&["doctor", "--json"]).output().unwrap());
    let checks: Value = serde_json::from_str(&doctor.stdout).unwrap();
    let subjects: Vec<_> = checks["checks"].as_array().unwrap().iter().map(|check| &check["subject"]).collect();
    assert_eq!(
        subjects,
        ["config", "data_dir", "redis-server", "redis", "time zones", "public holidays", "open files"]
    );
    assert!(!stub.dir().join("data").exists());
}

#[test]
fn the_doctor_names_a_campaign_that_waits_for_one_which_is_not_there() {
    let stub = Stub::start();
    let mut up = stub.command(&["up"]).stderr(Stdio::null()).spawn().unwrap();
    until("its own Redis answers", || answers(&stub));
    let url = format!("redis+unix://{}", stub.dir().join("data/redis/redis.sock").display());
    let waits = async {
        let store = Store::connect(&url, "default", Duration::from_secs(15)).await.unwrap();
        let source = "name = \"second\"\nprovider = \"acme\"\n[schedule]\nafter = \"first\"\n";
        let (_, id) = store.apply(&campaign::parse(source, "second").unwrap(), source).await.unwrap();
        store.change(id, Verb::Await, "", None).await.unwrap();
    };
    tokio::runtime::Runtime::new().unwrap().block_on(waits);
    let doctor = Done::of(stub.command(&["doctor"]).output().unwrap());
    let told = "campaigns        second: it starts when first completes, and first is not there any more";
    assert!(doctor.stdout.contains(told), "{}", doctor.stdout);
    signal(&up, "-TERM");
    assert!(up.wait().unwrap().success());
}

#[test]
fn the_doctor_fails_when_redis_is_away_or_the_configuration_is_wrong() {
    let stub = Stub::start();
    stub.file("redial.toml", "[redis]\nurl = \"redis://127.0.0.1:9\"\n");
    let away = Done::of(stub.command(&["doctor"]).output().unwrap());
    assert_eq!(away.code, 1);
    assert!(away.stdout.contains("fail  redis "), "{}", away.stdout);
    stub.file("redial.toml", "[redis\n");
    let wrong = Done::of(stub.command(&["doctor"]).output().unwrap());
    assert_eq!(wrong.code, 1);
    assert!(wrong.stdout.starts_with("fail  config           redial.toml:1:"), "{}", wrong.stdout);
    assert_eq!(wrong.stderr, "error: 1 check failed\n");
}

#[test]
fn the_simulator_prints_its_url_once_it_serves_and_ends_on_sigterm() {
    let stub = Stub::start();
    let mut command = stub.command(&["simulator", "--listen", "127.0.0.1:0"]);
    let mut simulator = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(simulator.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("http://").unwrap().to_owned();
    assert!(TcpStream::connect(&address).is_ok());
    signal(&simulator, "-TERM");
    assert!(simulator.wait().unwrap().success());
    stub.file("faults.toml", "ring = \"1s\"\nsede = 7\n");
    let wrong = Done::of(stub.command(&["simulator", "--settings", "faults.toml"]).output().unwrap());
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.starts_with("error: faults.toml:2: "), "{}", wrong.stderr);
}
