//! With the machine's real `redis-server`.

use std::{
    fs,
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use super::{Durability, EmbeddedRedis, EmbeddedRedisError, conf, paths::Paths, probe};

async fn ask(url: &str, words: &[&str]) -> String {
    let mut connection = redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]);
    command.query_async(&mut connection).await.unwrap()
}

async fn setting(url: &str, name: &str) -> String {
    let mut connection = redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
    let (_, value): (String, String) =
        redis::cmd("CONFIG").arg("GET").arg(name).query_async(&mut connection).await.unwrap();
    value
}

/// Polls until `condition` holds; the limit only bounds a failing test.
async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    for _ in 0..1500 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never happened: {what}");
}

fn kill(pid: u32, signal: libc::c_int) {
    // SAFETY: kill takes two integers.
    assert_eq!(unsafe { libc::kill(pid.try_into().unwrap(), signal) }, 0);
}

/// Alive and not merely waiting to be reaped.
fn alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

async fn start(data_dir: &Path) -> EmbeddedRedis {
    EmbeddedRedis::start(data_dir, Durability::Everysec).await.unwrap()
}

#[tokio::test]
async fn it_starts_on_a_private_socket_keeps_data_over_a_restart_and_leaves_no_process() {
    let dir = tempfile::tempdir().unwrap();
    let redis = start(dir.path()).await;
    assert_eq!(ask(&redis.url(), &["SET", "k", "v"]).await, "OK");
    assert_eq!(setting(&redis.url(), "port").await, "0");
    assert_eq!(setting(&redis.url(), "appendonly").await, "yes");
    assert_eq!(setting(&redis.url(), "appendfsync").await, "everysec");
    assert_eq!(setting(&redis.url(), "maxmemory-policy").await, "noeviction");
    assert_eq!(setting(&redis.url(), "hash-max-listpack-value").await, "512");
    let pid = redis.pid();
    // SAFETY: getpgid takes an integer.
    let group = unsafe { libc::getpgid(pid.try_into().unwrap()) };
    assert_eq!(u32::try_from(group), Ok(pid), "the terminal's Ctrl-C must not reach Redis");
    redis.stop().await;
    assert!(!alive(pid));
    let again = EmbeddedRedis::start(dir.path(), Durability::Strict).await.unwrap();
    assert_eq!(ask(&again.url(), &["GET", "k"]).await, "v");
    assert_eq!(setting(&again.url(), "appendfsync").await, "always");
    again.stop().await;
}

#[tokio::test]
async fn a_killed_child_comes_back_with_its_data() {
    let dir = tempfile::tempdir().unwrap();
    let redis = start(dir.path()).await;
    ask(&redis.url(), &["SET", "k", "v"]).await;
    let first = redis.pid();
    kill(first, libc::SIGKILL);
    until("Redis is back", async || {
        ![0, first].contains(&redis.pid()) && probe::ping(&redis.url()).await == probe::Answer::Ready
    })
    .await;
    assert_eq!(ask(&redis.url(), &["GET", "k"]).await, "v");
    redis.stop().await;
}

#[tokio::test]
async fn a_second_start_on_the_same_directory_is_refused_naming_the_owner() {
    let dir = tempfile::tempdir().unwrap();
    let redis = start(dir.path()).await;
    let refused = EmbeddedRedis::start(dir.path(), Durability::Everysec).await.err().unwrap();
    let expected = format!("another redial (pid {}) is using {}", std::process::id(), dir.path().display());
    assert_eq!(refused.to_string(), expected);
    assert!(matches!(refused, EmbeddedRedisError::InUse { .. }));
    assert_eq!(ask(&redis.url(), &["PING"]).await, "PONG");
    redis.stop().await;
}

#[tokio::test]
async fn a_redis_left_over_from_a_killed_redial_is_taken_down_and_its_data_kept() {
    let dir = tempfile::tempdir().unwrap();
    let paths = Paths::prepare(dir.path()).unwrap();
    conf::write(&paths, Durability::Everysec).unwrap();
    let mut orphan = Command::new("redis-server").arg(&paths.conf).stdout(Stdio::null()).spawn().unwrap();
    until("the orphan serves", async || probe::answers(&paths.url()).await).await;
    ask(&paths.url(), &["SET", "k", "v"]).await;
    let redis = start(dir.path()).await;
    assert!(!alive(orphan.id()));
    assert_ne!(redis.pid(), orphan.id());
    assert_eq!(ask(&redis.url(), &["GET", "k"]).await, "v");
    redis.stop().await;
    orphan.wait().unwrap();
}

#[tokio::test]
async fn a_process_id_that_now_belongs_to_something_else_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let paths = Paths::prepare(dir.path()).unwrap();
    let mut bystander = Command::new("sleep").arg("600").spawn().unwrap();
    fs::write(&paths.pid, format!("{}\n", bystander.id())).unwrap();
    let redis = start(dir.path()).await;
    assert!(alive(bystander.id()));
    redis.stop().await;
    bystander.kill().unwrap();
    bystander.wait().unwrap();
}

#[tokio::test]
async fn a_redis_that_cannot_read_its_file_is_reported_with_its_last_words() {
    let dir = tempfile::tempdir().unwrap();
    start(dir.path()).await.stop().await;
    let manifest = dir.path().join("redis/appendonlydir/appendonly.aof.manifest");
    fs::write(manifest, "this is no manifest\n").unwrap();
    let error = EmbeddedRedis::start(dir.path(), Durability::Everysec).await.err().unwrap();
    assert!(matches!(&error, EmbeddedRedisError::Ended { .. }), "{error}");
    assert!(error.hint().contains("redis.log"));
}

/// The other half of the test below, in a process of its own: starts a Redis and waits to be killed.
#[tokio::test]
#[ignore = "run by `the_child_dies_with_an_owner_that_is_killed`"]
async fn owner_to_be_killed() {
    let Ok(dir) = std::env::var("REDIAL_TEST_OWNER_DIR") else { return };
    let redis = start(Path::new(&dir)).await;
    fs::write(Path::new(&dir).join("ready"), redis.pid().to_string()).unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn the_child_dies_with_an_owner_that_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "embedded_redis::tests::owner_to_be_killed"]);
    let mut owner =
        command.env("REDIAL_TEST_OWNER_DIR", dir.path()).stdout(Stdio::null()).process_group(0).spawn().unwrap();
    let ready = dir.path().join("ready");
    until("the owner's Redis is up", async || fs::read_to_string(&ready).is_ok_and(|pid| !pid.is_empty())).await;
    let pid: u32 = fs::read_to_string(&ready).unwrap().parse().unwrap();
    assert!(alive(pid));
    owner.kill().unwrap();
    owner.wait().unwrap();
    until("the child ended", async || !alive(pid)).await;
    start(dir.path()).await.stop().await;
}
