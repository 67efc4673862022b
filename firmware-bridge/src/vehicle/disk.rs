//! What a vehicle remembers, on disk: one JSON file for each vehicle, replaced atomically.
//!
//! Deliberately absent: fsync. The file must survive the death of the process, not of the host.

use std::io;
use std::path::{Path, PathBuf};

use super::machine::Memory;

/// The place of one vehicle's memory.
#[derive(Debug)]
pub(super) struct Disk {
    path: PathBuf,
    draft: PathBuf,
}

impl Disk {
    pub fn new(folder: &Path, serial: &str) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { path: folder.join(format!("{serial}.json")), draft: folder.join(format!("{serial}.json.draft")) })
    }

    /// What was saved last; `None` when nothing was.
    ///
    /// # Errors
    /// When there is a file that cannot be read or understood: a vehicle must not forget its
    /// load silently.
    pub fn load(&self) -> io::Result<Option<Memory>> {
        match std::fs::read(&self.path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub fn save(&self, memory: &Memory) -> io::Result<()> {
        std::fs::write(&self.draft, serde_json::to_vec(memory)?)?;
        std::fs::rename(&self.draft, &self.path)
    }
}
