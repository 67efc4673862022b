//! The rack of totes at each site: a worker takes the next one. Which totes are
//! in use is the server's knowledge; a tote it refuses is put back.

use crate::seed_world::{TOTES, tote_label};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Where the next hand reaches, by site.
#[derive(Default)]
pub struct Totes {
    next: Mutex<HashMap<String, usize>>,
}

impl Totes {
    /// The label of the next tote on the rack of the site.
    pub fn take(&self, site: &str) -> String {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let place = next.entry(site.to_owned()).or_default();
        *place = *place % TOTES + 1;
        tote_label(site, *place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totes_go_round() {
        let totes = Totes::default();
        let first = totes.take("NG");
        assert_ne!(totes.take("NG"), first);
        assert_ne!(totes.take("ML"), first);
        for _ in 2..TOTES {
            totes.take("NG");
        }
        assert_eq!(totes.take("NG"), first);
    }
}
