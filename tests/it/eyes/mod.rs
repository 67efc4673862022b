//! The pages in a real browser, used as people use them: with a thumb, a keyboard,
//! a scanner. Each step leaves a picture in `target/screens`. Deliberately absent:
//! what works without a script; `pages` and `browser` see to that.

mod camera;
mod desk;
mod dock;
mod doors;
mod driver;
mod gate;
mod hall;
mod journey;
mod keyboard;
mod look;
mod rider;
mod shopper;
mod tab;
mod trouble;
mod tunnel;
mod watch;
mod worker;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, Once},
    time::Duration,
};

use driver::Driver;
pub use tab::{Size, Tab};

/// The longest that one test may take, wherever it stands still.
const TEST: Duration = Duration::from_secs(170);

/// A test that ends, one way or the other.
async fn within(test: impl Future<Output = ()>) {
    tokio::time::timeout(TEST, test).await.expect("a browser test takes less than three minutes");
}

/// Everybody's browsers in one test.
pub struct Eyes {
    driver: Driver,
    base: String,
    screens: PathBuf,
    worries: Arc<Mutex<Vec<String>>>,
}

impl Eyes {
    /// Opens eyes on the server at `base`.
    pub fn open(base: String) -> Self {
        static SAID: Once = Once::new();
        // The folder of this build: `target/tmp` is cargo's own name for tests.
        let screens = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("screens");
        std::fs::create_dir_all(&screens).unwrap();
        SAID.call_once(|| println!("Pictures of the pages: {}", screens.display()));
        Self { driver: Driver::start(), base, screens, worries: Arc::default() }
    }

    /// A phone in the hand of `persona`.
    pub async fn phone(&self, persona: &'static str) -> Tab {
        self.tab(persona, Size::Phone, None).await
    }

    /// The same, with a camera that sees the film in a file (Y4M).
    pub async fn phone_that_sees(&self, persona: &'static str, film: &Path) -> Tab {
        self.tab(persona, Size::Phone, Some(film)).await
    }

    /// A screen on the desk of `persona`. Open a page, then [`Tab::shot`] judges it.
    pub async fn desk(&self, persona: &'static str) -> Tab {
        self.tab(persona, Size::Desk, None).await
    }

    async fn tab(&self, persona: &'static str, size: Size, film: Option<&Path>) -> Tab {
        let (base, screens, worries) = (self.base.clone(), self.screens.clone(), self.worries.clone());
        Tab::open_browser(&self.driver, persona, (size, film), base, screens, worries).await
    }

    /// What was seen and must not be, each once.
    fn worries(&self) -> Vec<String> {
        let mut worries = std::mem::take(&mut *self.worries.lock().unwrap());
        worries.sort();
        worries.dedup();
        worries
    }

    /// Ends all browsers; fails if a picture showed something that must not be.
    pub fn close(self) {
        let worries = self.worries();
        drop(self);
        assert!(worries.is_empty(), "{} worries:\n{}", worries.len(), worries.join("\n"));
    }
}

impl Drop for Eyes {
    fn drop(&mut self) {
        // A test that fails elsewhere still tells what its pictures showed.
        for worry in self.worries() {
            println!("{worry}");
        }
    }
}
