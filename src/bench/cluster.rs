//! A PostgreSQL cluster of our own, to be killed: made in a scratch folder, on a
//! free port, removed at the end. Deliberately absent: anybody else's cluster; what
//! is killed was started here, and is named by its process ids.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::Context as _;
use tokio::process::Command;

/// A running cluster.
pub struct Cluster {
    bin: PathBuf,
    folder: PathBuf,
    port: u16,
    as_postgres: bool,
}

/// A port that nobody listens on.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

impl Cluster {
    /// Makes and starts one below `below`.
    pub async fn start(below: &Path) -> anyhow::Result<Self> {
        let folder = below.join(format!("cartage-pg-{:016x}", rand::random::<u64>()));
        std::fs::create_dir_all(&folder)?;
        // initdb refuses to run as root; the package's own user does it then.
        let id = Command::new("id").arg("-u").output().await?;
        let as_postgres = id.stdout.trim_ascii() == b"0";
        if as_postgres {
            let done = Command::new("chown").arg("postgres").arg(&folder).status().await?;
            anyhow::ensure!(done.success(), "the scratch folder could not be given to postgres");
        }
        let cluster = Self { bin: bin()?, folder, port: free_port()?, as_postgres };
        cluster.tool("initdb", &["-U", "cartage", "--auth=trust", "-E", "UTF8"]).await?;
        cluster.up().await?;
        Ok(cluster)
    }

    /// The URL of its first database.
    pub fn url(&self) -> String {
        format!("postgres://cartage@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts it again; waits until it recovered.
    pub async fn up(&self) -> anyhow::Result<()> {
        let options = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1 -c max_connections=300",
            self.port,
            self.folder.display()
        );
        let log = self.folder.join("log").display().to_string();
        let mut last = None;
        // The dead one's children may hold its memory for a moment.
        for _ in 0..50 {
            match self.tool("pg_ctl", &["-w", "-t", "60", "-l", &log, "-o", &options, "start"]).await {
                Ok(()) => return Ok(()),
                Err(error) => last = Some(error),
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Err(last.context("PostgreSQL did not start")?)
    }

    /// The ids of its processes, the first one's first.
    pub fn processes(&self) -> anyhow::Result<Vec<String>> {
        let text = std::fs::read_to_string(self.folder.join("d/postmaster.pid"))?;
        let first = text.lines().next().context("the cluster has no process id")?.trim().to_owned();
        let children = std::fs::read_to_string(format!("/proc/{first}/task/{first}/children")).unwrap_or_default();
        let mut all = vec![first];
        all.extend(children.split_whitespace().map(str::to_owned));
        Ok(all)
    }

    /// Kills every process of the cluster at once, as a power cut would end them.
    pub async fn kill(&self) -> anyhow::Result<()> {
        // A child that ended by itself meanwhile is no failure.
        Command::new("kill").arg("-9").args(self.processes()?).stderr(Stdio::null()).status().await?;
        Ok(())
    }

    /// Stops it and removes its folder.
    pub async fn remove(self) -> anyhow::Result<()> {
        self.tool("pg_ctl", &["-m", "immediate", "stop"]).await.ok();
        Ok(std::fs::remove_dir_all(&self.folder)?)
    }

    async fn tool(&self, name: &str, args: &[&str]) -> anyhow::Result<()> {
        let data = self.folder.join("d").display().to_string();
        let program = self.bin.join(name);
        let mut command = if self.as_postgres {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.args(["-D", &data]).args(args).current_dir(&self.folder);
        // A server that inherits a pipe would keep it open for good.
        let done = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().await?;
        anyhow::ensure!(done.success(), "{name} failed in {}", self.folder.display());
        Ok(())
    }
}

/// Where Debian keeps the server's programs, the newest version first; else the path.
fn bin() -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut versions: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|one| one.path()).collect();
    versions.sort();
    versions
        .into_iter()
        .rev()
        .map(|version| version.join("bin"))
        .chain(std::env::split_paths(&path))
        .find(|folder| folder.join("initdb").is_file())
        .context("there is no initdb; install postgresql or leave --own-postgres out")
}
