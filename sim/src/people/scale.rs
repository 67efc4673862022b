//! What is physically in the boxes on the packing tables.
//!
//! After a restart nobody remembers what is in a half-packed box; whoever finds
//! one takes everything out and begins again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Contents of the open box of each task, in grams, without the box.
#[derive(Default)]
pub struct Scale {
    boxes: Mutex<HashMap<String, i64>>,
}

impl Scale {
    /// An empty box was taken, or a box was emptied.
    pub fn begin(&self, task: &str) {
        self.with(|boxes| boxes.insert(task.to_owned(), 0));
    }

    /// Something went into the box; what is added to an unknown box stays unknown.
    pub fn add(&self, task: &str, grams: i64) {
        self.with(|boxes| boxes.get_mut(task).map(|sum| *sum += grams));
    }

    /// The box is closed.
    pub fn close(&self, task: &str) {
        self.with(|boxes| boxes.remove(task));
    }

    /// What the contents weigh; `None` if nobody saw what went in.
    pub fn contents_g(&self, task: &str) -> Option<i64> {
        self.with(|boxes| boxes.get(task).copied())
    }

    fn with<T>(&self, act: impl FnOnce(&mut HashMap<String, i64>) -> T) -> T {
        act(&mut self.boxes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_box_that_was_begun_has_a_weight() {
        let scale = Scale::default();
        scale.add("tsk_1", 500);
        assert_eq!(scale.contents_g("tsk_1"), None);
        scale.begin("tsk_1");
        scale.add("tsk_1", 500);
        scale.add("tsk_1", 250);
        assert_eq!(scale.contents_g("tsk_1"), Some(750));
        scale.close("tsk_1");
        assert_eq!(scale.contents_g("tsk_1"), None);
    }
}
