//! Is everything in order? Configuration, database, log, ledger, broker: a line
//! each, and an exit status. Deliberately absent: mending.

use std::{process::ExitCode, sync::Arc, time::Duration};

use tokio::net::TcpStream;

use crate::{
    app::{self, clock::ScaledClock},
    config::Config,
    stock,
    store::{Db, log, roll},
};

/// Examines what the configuration names.
pub async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let mut well = true;
    tell(&mut well, "configuration", Ok(format!("serves {}", config.listen)));
    match app::open(config, Arc::new(ScaledClock::wall())).await {
        Err(error) => tell(&mut well, "database", Err(format!("{error:#}"))),
        Ok(db) => {
            tell(&mut well, "database", Ok(db.engine().as_str().to_owned()));
            examine(&db, &mut well).await?;
            db.close().await;
        }
    }
    let broker = match config.broker_addr()? {
        None => Ok("embedded".to_owned()),
        Some(addr) => reach(&addr.host, addr.port).await,
    };
    tell(&mut well, "broker", broker);
    println!("{}", if well { "All is well." } else { "Something needs a person; see above." });
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn examine(db: &Db, well: &mut bool) -> anyhow::Result<()> {
    let mut read = db.read().await?;
    let (parked, reason) = log::parked(read.sql()).await?;
    let log = match reason {
        Some(reason) => Err(format!("{parked} facts are parked, the last because {reason}")),
        None => Ok(format!("{} facts, none parked", log::head(read.sql()).await?)),
    };
    tell(well, "log", log);
    let till = roll::waiting(db).await?;
    let till = match till.failed {
        0 => Ok(format!("{} orders wait to be posted", till.orders)),
        failed => Err(format!("{failed} rows of the roll cannot be posted; the server's log says why")),
    };
    tell(well, "till", till);
    let audit = stock::audit(read.sql()).await?;
    let ledger = if audit.is_clean() {
        Ok("balanced; accounts, pools, holds and the replay of all transfers agree".to_owned())
    } else {
        Err(format!("{} differences: {}", audit.differences(), serde_json::to_string(&audit)?))
    };
    tell(well, "ledger", ledger);
    Ok(())
}

async fn reach(host: &str, port: u16) -> Result<String, String> {
    match tokio::time::timeout(Duration::from_secs(5), TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => Ok(format!("{host}:{port} answers")),
        Ok(Err(error)) => Err(format!("{host}:{port} cannot be reached: {error}")),
        Err(_) => Err(format!("{host}:{port} does not answer within 5 seconds")),
    }
}

fn tell(well: &mut bool, what: &str, finding: Result<String, String>) {
    match finding {
        Ok(good) => println!("ok    {what}: {good}"),
        Err(bad) => {
            *well = false;
            println!("WRONG {what}: {bad}");
        }
    }
}
