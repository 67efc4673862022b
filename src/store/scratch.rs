//! Databases that live as long as a measurement: a file in a folder of its own, or
//! a database of its own on a PostgreSQL server. Deliberately absent: anybody's
//! data; a scratch database never has a name that was given.

use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection as _};

use crate::kernel::Fault;

/// A database that is removed by [`Scratch::remove`].
pub struct Scratch {
    url: String,
    folder: Option<PathBuf>,
    server: Option<(String, String)>,
}

impl Scratch {
    /// A file in a new folder below `below`.
    pub fn file(below: &Path) -> Result<Self, Fault> {
        let folder = below.join(name());
        std::fs::create_dir_all(&folder)
            .map_err(|error| Fault::new(format!("the folder {} cannot be made: {error}", folder.display())))?;
        let url = format!("sqlite://{}/scratch.db", folder.display());
        Ok(Self { url, folder: Some(folder), server: None })
    }

    /// A new database on the server that a URL names; its user may create some.
    pub async fn on_server(server: &str) -> Result<Self, Fault> {
        let name = name();
        admin(server, format!("CREATE DATABASE {name}")).await?;
        let base = server.rsplit_once('/').map_or(server, |(base, _)| base);
        Ok(Self { url: format!("{base}/{name}"), folder: None, server: Some((server.to_owned(), name)) })
    }

    /// The URL of the database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder of a file.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Removes it with all it holds.
    pub async fn remove(self) -> Result<(), Fault> {
        if let Some(folder) = &self.folder {
            std::fs::remove_dir_all(folder)
                .map_err(|error| Fault::new(format!("{} cannot be removed: {error}", folder.display())))?;
        }
        if let Some((server, name)) = &self.server {
            admin(server, format!("DROP DATABASE {name} WITH (FORCE)")).await?;
        }
        Ok(())
    }
}

fn name() -> String {
    let bytes: [u8; 16] = rand::random();
    format!("cartage_{}", ulid::Ulid::from_bytes(bytes)).to_lowercase()
}

async fn admin(server: &str, statement: String) -> Result<(), Fault> {
    sqlx::any::install_default_drivers();
    let mut sql = sqlx::AnyConnection::connect(server).await?;
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut sql).await?;
    Ok(())
}
