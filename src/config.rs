//! One set of options for every command: flags beat environment beat file beat
//! defaults. Deliberately absent: secrets; those are in the database, hashed.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use serde::{Deserialize, Serialize};

/// The options that mean the same everywhere.
#[derive(Debug, Clone, Default, Args, Serialize, Deserialize)]
pub struct Options {
    /// Folder for the embedded database, the vehicles' memory and access.json
    #[arg(long, global = true, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    /// Address to serve on
    #[arg(long, global = true, value_name = "ADDR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// Database: sqlite://FILE or postgres://USER@HOST/NAME
    #[arg(long, global = true, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// MQTT broker: mqtt://HOST:PORT; embedded when absent
    #[arg(long, global = true, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broker: Option<String>,
    /// Configuration file; ./cartage.toml when it is there
    #[arg(long, global = true, value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
}

/// What a command runs with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Folder of our own.
    pub data: PathBuf,
    /// Address to serve on.
    pub listen: SocketAddr,
    /// Database URL; the embedded one in `data` when absent.
    #[serde(default)]
    pub database: Option<String>,
    /// Broker URL; embedded when absent.
    #[serde(default)]
    pub broker: Option<String>,
    /// Webhooks may go to private addresses, and without TLS.
    #[serde(default)]
    pub private_hooks: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("data"),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            database: None,
            broker: None,
            private_hooks: false,
        }
    }
}

impl Config {
    /// Reads file, environment and flags, in rising order of weight.
    pub fn load(options: &Options) -> anyhow::Result<Self> {
        let file = match &options.config {
            Some(file) if !file.exists() => bail!("there is no configuration file {}", file.display()),
            Some(file) => file.clone(),
            None => PathBuf::from("cartage.toml"),
        };
        Figment::from(Serialized::defaults(Config::default()))
            .merge(Toml::file(file))
            .merge(Env::prefixed("CARTAGE_").only(&["data", "listen", "database", "broker", "private_hooks"]))
            .merge(Serialized::defaults(options))
            .extract()
            .context("the configuration is not right")
    }

    /// The database: the one named, or the embedded one.
    pub fn database_url(&self) -> String {
        self.database.clone().unwrap_or_else(|| format!("sqlite://{}", self.data.join("cartage.db").display()))
    }

    /// The external broker's host and port, if one is named.
    pub fn broker_addr(&self) -> anyhow::Result<Option<firmware_bridge::BrokerAddr>> {
        let Some(url) = &self.broker else { return Ok(None) };
        let rest = url.strip_prefix("mqtt://").context("the broker URL must begin with mqtt://")?;
        let (login, place) = rest.rsplit_once('@').map_or((None, rest), |(login, place)| (Some(login), place));
        let place = place.trim_end_matches('/');
        let (host, port) = place.rsplit_once(':').unwrap_or((place, "1883"));
        let port = port.parse().with_context(|| format!("{port} is not a port"))?;
        let mut addr = firmware_bridge::BrokerAddr::new(host, port);
        if let Some((user, password)) = login.and_then(|login| login.split_once(':')) {
            (addr.username, addr.password) = (Some(user.to_owned()), Some(password.to_owned()));
        }
        Ok(Some(addr))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_binds_to_loopback() {
        assert!(Config::default().listen.ip().is_loopback());
    }

    #[test]
    fn a_broker_url_gives_host_port_and_login() {
        let with = |url: &str| Config { broker: Some(url.to_owned()), ..Config::default() }.broker_addr();
        let addr = with("mqtt://me:secret@broker.example:1884").unwrap().unwrap();
        assert_eq!((addr.host.as_str(), addr.port, addr.username.as_deref()), ("broker.example", 1884, Some("me")));
        assert_eq!(with("mqtt://localhost").unwrap().unwrap().port, 1883);
        assert!(with("amqp://x").is_err() && with("mqtt://x:y").is_err());
    }
}
