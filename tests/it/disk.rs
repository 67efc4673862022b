//! An order is answered only when it is on the disk: strace watches the server, and
//! PostgreSQL where that is the database, and each reply must come after a sync that
//! began after the order was written to the write-ahead log and that returned without
//! an error. SIGKILL alone cannot show this, for the system keeps what was written.
//! Deliberately absent: whether the disk itself keeps what it says it has.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use cartage::{
    app::clock::ScaledClock,
    bench::{
        cluster::{Cluster, free_port},
        world::{self, Shopper, Size},
    },
    identity::{NewToken, Permission, mint_token},
    kernel::rng::Dice,
    store::{self, Actor, Db, Scratch},
};

const SIZE: Size = Size { sites: 2, articles: 20, hot: 2, hot_stock: 5_000, stock: 5_000 };
/// What writes to a file or a socket, and what waits for the disk.
const CALLS: &str = "trace=write,pwrite64,writev,pwritev,sendto,sendmsg,fsync,fdatasync";

/// An order, and the key it was placed with.
type Acknowledged = (String, String);

/// Empty if each order was synced before it was answered, else what is wrong; `wal` is
/// a part of the path of the log. An order is known there by its id or by its key: both
/// stand in rows of its transaction, and long texts are compressed by PostgreSQL.
fn wrong(trace: &str, wal: &str, orders: &[Acknowledged]) -> Vec<String> {
    let lines: Vec<&str> = trace.lines().collect();
    let of_wal = |line: &str, calls: &[&str]| {
        let call = line.split_once(' ').map_or("", |(_, rest)| rest.trim_start());
        let Some((name, arguments)) = call.split_once('(') else { return false };
        calls.contains(&name) && arguments.split([',', ')']).next().is_some_and(|file| file.contains(wal))
    };
    let judge = |(order, key): &Acknowledged| {
        let first = |from: usize, what: &dyn Fn(&str) -> bool| {
            lines.iter().skip(from).position(|line| what(line)).map(|at| at + from)
        };
        let names_it = |line: &str| line.contains(order.as_str()) || line.contains(key.as_str());
        let is_written = |line: &str| of_wal(line, &["write", "pwrite64", "writev", "pwritev"]) && names_it(line);
        let Some(written) = first(0, &is_written) else { return Some(format!("{order} was never in the log")) };
        let Some(answered) = first(0, &|line| line.contains("HTTP/1.1 201") && line.contains(order.as_str())) else {
            return Some(format!("{order} was never answered"));
        };
        // Each sync that began after the write; a call that others interrupt in the
        // trace returns on a line of its own.
        let synced = (written + 1..lines.len())
            .filter(|at| of_wal(lines[*at], &["fsync", "fdatasync"]))
            .filter_map(|at| {
                if !lines[at].ends_with("<unfinished ...>") {
                    return lines[at].ends_with("= 0").then_some(at);
                }
                let thread = lines[at].split(' ').next().unwrap_or_default();
                let end = first(at, &|line| line.starts_with(&format!("{thread} ")) && line.contains("sync resumed>"));
                end.filter(|end| lines[*end].ends_with("= 0"))
            })
            .min();
        match synced {
            Some(synced) if synced < answered => None,
            _ => Some(format!("{order}: written in line {written}, synced {synced:?}, answered {answered}")),
        }
    };
    orders.iter().filter_map(judge).collect()
}

/// True if processes may be watched here.
fn may_watch() -> bool {
    let tried = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    let may = tried.is_ok_and(|status| status.success());
    if !may {
        eprintln!("LEFT OUT: syncs before replies; strace is not here, or may not watch processes");
    }
    may
}

/// A server that strace watches.
struct Watched {
    strace: Child,
    folder: PathBuf,
    url: String,
}

impl Watched {
    /// Starts it; `beside` are processes to be watched as well.
    async fn start(database: &str, folder: &Path, beside: &[String]) -> Self {
        let listen = format!("127.0.0.1:{}", free_port().unwrap());
        let mut strace = Command::new("strace");
        strace.args(["-f", "-y", "-qq", "-s", "1048576", "-e", CALLS, "-e", "signal=none", "-o"]);
        strace.arg(folder.join("trace"));
        for pid in beside {
            strace.args(["-p", pid]);
        }
        // The shell tells its id and becomes the server.
        let server = "echo $$ > \"$2/pid\" && exec \"$1\" serve --data \"$2\" --database \"$3\" --listen \"$4\"";
        strace.args(["--", "sh", "-c", server, "sh", env!("CARGO_BIN_EXE_cartage")]).arg(folder).arg(database);
        strace.arg(&listen).current_dir(folder).env("CARTAGE_REQUESTS_PER_SECOND", "0");
        let strace = strace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let watched = Self { strace, folder: folder.to_owned(), url: format!("http://{listen}") };
        for _ in 0..1_200 {
            let answer = reqwest::get(format!("{}/health", watched.url)).await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return watched;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the watched server did not come up within a minute");
    }

    /// Ends the server.
    fn stop(&self) {
        let pid = std::fs::read_to_string(self.folder.join("pid")).unwrap();
        Command::new("kill").args(["-9", pid.trim()]).status().unwrap();
    }

    /// The whole trace, when everybody watched is gone.
    fn trace(mut self) -> String {
        self.strace.wait().unwrap();
        String::from_utf8_lossy(&std::fs::read(self.folder.join("trace")).unwrap()).into_owned()
    }
}

/// A token of a furnished database that may order.
async fn furnished(database: &str) -> String {
    let db = Db::open(database, Arc::new(ScaledClock::wall()), Arc::new(Dice::seeded([7; 32]))).await.unwrap();
    store::migrate(&db).await.unwrap();
    world::furnish(&db, SIZE).await.unwrap();
    let mut tx = db.begin(Actor::house()).await.unwrap();
    let permissions = [Permission::OrderPlace].into_iter().collect();
    let new = NewToken { name: "test".into(), permissions, site: None, channel: None, expires_at: None };
    let (_, secret) = mint_token(&mut tx, new).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    secret
}

/// Orders one after the other, then many at once.
async fn acknowledged(url: &str, token: &str) -> Vec<Acknowledged> {
    let (client, mut shopper) = (reqwest::Client::new(), Shopper::seeded(3, SIZE));
    let mut place = || {
        let key = shopper.key();
        let request = client.post(format!("{url}/api/v1/orders")).bearer_auth(token);
        let request = request.header("idempotency-key", &key).json(&shopper.order());
        async move {
            let answer = request.timeout(Duration::from_secs(60)).send().await.unwrap();
            assert_eq!(answer.status(), 201);
            let said: serde_json::Value = answer.json().await.unwrap();
            (said["id"].as_str().unwrap().to_owned(), key)
        }
    };
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(place().await);
    }
    let many: Vec<_> = (0..24).map(|_| place()).collect();
    ids.extend(futures_util::future::join_all(many).await);
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_syncs_before_each_acknowledgement() {
    if !may_watch() {
        return;
    }
    let scratch = Scratch::file(&std::env::temp_dir()).unwrap();
    let token = furnished(scratch.url()).await;
    let watched = Watched::start(scratch.url(), scratch.folder().unwrap(), &[]).await;
    let orders = acknowledged(&watched.url, &token).await;
    watched.stop();
    let faults = wrong(&watched.trace(), "scratch.db-wal", &orders);
    assert!(faults.is_empty(), "{faults:#?}");
    scratch.remove().await.unwrap();
}

/// On a cluster of its own, which syncs as it does by default.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_syncs_before_each_acknowledgement() {
    if !may_watch() {
        return;
    }
    let Ok(cluster) = Cluster::start(&std::env::temp_dir()).await else {
        eprintln!("LEFT OUT: syncs before replies on PostgreSQL; a cluster of its own cannot be started here");
        return;
    };
    let token = furnished(&cluster.url()).await;
    let data = Scratch::file(&std::env::temp_dir()).unwrap();
    let pids = cluster.processes().unwrap();
    let watched = Watched::start(&cluster.url(), data.folder().unwrap(), &pids).await;
    let orders = acknowledged(&watched.url, &token).await;
    watched.stop();
    cluster.remove().await.unwrap();
    let faults = wrong(&watched.trace(), "/pg_wal/", &orders);
    assert!(faults.is_empty(), "{faults:#?}");
    data.remove().await.unwrap();
}

#[test]
fn a_reply_before_its_sync_is_found() {
    let write = "7 pwrite64(9</x/a-wal>, \"..ord_1..\", 4096, 32) = 4096";
    let reply = "8 sendto(12<socket:[5]>, \"HTTP/1.1 201 Created..ord_1\", 30, 0, NULL, 0) = 30";
    let (sync, failed) = ("7 fdatasync(9</x/a-wal>) = 0", "7 fdatasync(9</x/a-wal>) = -1 EIO (Input/output error)");
    let elsewhere = "7 fdatasync(9</x/other>) = 0";
    let (begun, ended) = ("7 fdatasync(9</x/a-wal> <unfinished ...>", "7 <... fdatasync resumed>) = 0");
    let good =
        |lines: &[&str]| wrong(&lines.join("\n"), "a-wal", &[("ord_1".to_owned(), "key-1".to_owned())]).is_empty();
    assert!(good(&[write, sync, reply]));
    assert!(good(&["7 pwrite64(9</x/a-wal>, \"..key-1..\", 4096, 32) = 4096", sync, reply]));
    assert!(good(&[write, failed, sync, reply]));
    assert!(good(&[write, begun, "9 write(1<pipe:[3]>, \"x\", 1) = 1", ended, reply]));
    for bad in [
        &[write, reply, sync][..],
        &[sync, write, reply],
        &[write, failed, reply],
        &[write, elsewhere, reply],
        &[write, begun, reply, ended],
        &[begun, write, ended, reply],
        &[write, sync],
        &[sync, reply],
    ] {
        assert!(!good(bad), "{bad:?}");
    }
}
