//! The whole city in small, as a newcomer runs it: the program itself, judged by
//! the oracle. Killed in the middle and run again on SQLite; once more on
//! PostgreSQL and Mosquitto. Deliberately absent: the full counts, which
//! `make soak` runs.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

/// Long enough for a busy machine; a run that needs it all has failed anyway.
const PATIENCE: Duration = Duration::from_secs(240);

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("cartage-city-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A process that does not outlive its test.
struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> Self {
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    fn wait(&mut self) -> ExitStatus {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(begin.elapsed() < PATIENCE, "the city never comes to an end");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn city(data: &Path, report: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cartage"));
    command.args(["demo", "--headless", "--orders", "6", "--seed", "3", "--speed", "30"]);
    command.arg("--listen").arg(format!("127.0.0.1:{}", free_port()));
    command.arg("--data").arg(data).arg("--report").arg(report).args(more);
    command
}

fn read(report: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap()
}

fn judged_well(report: &Value) {
    assert_eq!(report["violations"], Value::Array(Vec::new()), "{report:#}");
    assert_eq!(report["orders_placed"], 6, "{report:#}");
    for nothing in ["units_oversold", "units_unpromised", "ledger_imbalance"] {
        assert_eq!(report[nothing], 0, "{nothing}: {report:#}");
    }
    for something in ["orders_delivered", "picks_scanned", "mqtt_messages", "cartons", "loads", "proofs"] {
        assert!(report[something].as_i64().unwrap() > 0, "{something}: {report:#}");
    }
}

#[test]
fn a_city_that_was_killed_goes_on_where_it_was() {
    let folder = Folder::new("killed");
    let (data, report) = (folder.0.join("data"), folder.0.join("report.json"));
    let mut first = Process::start(&mut city(&data, &report, &[]));
    let begin = Instant::now();
    // The report of the first seconds: the run's own book says that it has begun.
    while !data.join("run.json").exists() {
        assert!(begin.elapsed() < PATIENCE, "the city never begins");
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_secs(6));
    first.0.kill().unwrap();
    first.0.wait().unwrap();
    let status = Process::start(&mut city(&data, &report, &[])).wait();
    let report = read(&report);
    judged_well(&report);
    assert!(status.success(), "{report:#}");
    assert_eq!(report["restarts"], 1, "{report:#}");
}

#[test]
fn the_city_runs_on_postgres_and_mosquitto() {
    let Ok(server) = std::env::var("CARTAGE_TEST_POSTGRES") else {
        panic!("CARTAGE_TEST_POSTGRES is not set; `make test` starts a PostgreSQL and sets it");
    };
    let name = format!("city_{}", std::process::id());
    let psql = |sql: String| Command::new("psql").args([server.as_str(), "-q", "-c", &sql]).status().unwrap();
    assert!(psql(format!("CREATE DATABASE {name}")).success());
    let database = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
    let port = free_port();
    let mosquitto = ["/usr/sbin/mosquitto", "mosquitto"].into_iter().find(|path| Path::new(path).exists());
    let broker = Process::start(Command::new(mosquitto.unwrap_or("mosquitto")).arg("-p").arg(port.to_string()));
    let folder = Folder::new("postgres");
    let (data, report) = (folder.0.join("data"), folder.0.join("report.json"));
    let broker_url = format!("mqtt://127.0.0.1:{port}");
    let status = Process::start(&mut city(&data, &report, &["--database", &database, "--broker", &broker_url])).wait();
    drop(broker);
    psql(format!("DROP DATABASE {name} WITH (FORCE)"));
    let report = read(&report);
    judged_well(&report);
    assert!(status.success(), "{report:#}");
    assert_eq!((&report["database"], &report["broker"]), (&Value::from("postgres"), &Value::from(broker_url)));
}
