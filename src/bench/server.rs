//! A server of this very program in a process of its own, on a scratch database.
//! Deliberately absent: what is asked of it.

use std::{path::Path, process::Stdio, sync::Arc, time::Duration};

use tokio::process::{Child, Command};

use super::{
    cluster::free_port,
    world::{self, Size},
};
use crate::{
    app::clock::ScaledClock,
    checkout,
    identity::{self, NewToken, Permission},
    kernel::rng::Dice,
    store::{self, Actor, Db},
};

pub async fn open(url: &str) -> anyhow::Result<Db> {
    let db = Db::open(url, Arc::new(ScaledClock::wall()), Arc::new(Dice::seeded(rand::random()))).await?;
    checkout::read_roll(&db);
    Ok(db)
}

/// Furnishes the database; returns a token that may place orders and listen.
pub async fn prepare(url: &str, size: Size) -> anyhow::Result<String> {
    let db = open(url).await?;
    store::migrate(&db).await?;
    world::furnish(&db, size).await?;
    let mut tx = db.begin(Actor::house()).await?;
    let permissions = [Permission::OrderPlace, Permission::OrderRead, Permission::StockRead].into_iter().collect();
    let new = NewToken { name: "bench".into(), permissions, site: None, channel: None, expires_at: None };
    let (_, secret) = identity::mint_token(&mut tx, new).await?;
    tx.commit().await?;
    db.close().await;
    Ok(secret)
}

/// A server in a process of its own.
pub struct Server {
    child: Child,
    /// Where it answers.
    pub url: String,
}

impl Server {
    /// Starts one and waits until it answers.
    pub async fn start(database: &str, data: &Path) -> anyhow::Result<Self> {
        let listen = format!("127.0.0.1:{}", free_port()?);
        let child = Command::new(std::env::current_exe()?)
            .args(["serve", "--database", database, "--listen", &listen, "--data"])
            .arg(data)
            .current_dir(data)
            // One token stands for all shoppers here.
            .env("CARTAGE_REQUESTS_PER_SECOND", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let url = format!("http://{listen}");
        for _ in 0..600 {
            if reqwest::get(format!("{url}/health")).await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(Self { child, url });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("the server did not come up within 30 seconds")
    }

    /// Kills it without a warning.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}
