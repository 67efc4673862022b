//! Good paths through many stops: construction, descent, and seeded kicks.
//!
//! A reversed stretch is priced with running sums in both directions, so the
//! moves are exact for asymmetric lengths. The two ends never move.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::table::Table;

/// Longest stretch that Or-opt moves.
const MAX_STRETCH: usize = 3;

/// Places between the cuts of a kick, at most; a near kick repairs quickly.
const KICK_SPAN: usize = 30;

/// How often to kick: fewer for long tours, whose descents are dear, and not at
/// all beyond some 770 stops.
pub(super) fn kicks(stops: usize) -> usize {
    (600_000 / (stops * stops).max(1)).min(400)
}

/// A locally optimal path, start and end included.
pub(super) fn search(table: &Table, kicks: usize, seed: u64) -> Vec<usize> {
    let mut work = Path::new(table, nearest_neighbour(table));
    work.descend();
    let (mut best, mut best_length) = (work.places.clone(), work.length());
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    if table.stops() < 8 {
        return best;
    }
    for _ in 0..kicks {
        work.places.copy_from_slice(&best);
        kick(&mut work.places, &mut rng);
        work.refresh();
        work.descend();
        if work.length() < best_length {
            best_length = work.length();
            best.copy_from_slice(&work.places);
        }
    }
    best
}

/// A locally optimal path reached from the one given.
pub(super) fn descend(table: &Table, places: Vec<usize>) -> Vec<usize> {
    let mut path = Path::new(table, places);
    path.descend();
    path.places
}

fn nearest_neighbour(table: &Table) -> Vec<usize> {
    let end = table.stops() + 1;
    let mut open: Vec<usize> = (1..end).collect();
    let mut path = vec![0];
    let mut here = 0;
    while let Some(at) = (0..open.len()).min_by_key(|&a| (table.get(here, open[a]), open[a])) {
        here = open.swap_remove(at);
        path.push(here);
    }
    path.push(end);
    path
}

/// Double bridge: exchanges two neighbouring stretches without reversing them.
fn kick(places: &mut [usize], rng: &mut ChaCha8Rng) {
    let inner = places.len() - 2;
    let span = inner.min(KICK_SPAN);
    let first = 1 + rng.random_range(0..=inner - span);
    let cut = rng.random_range(1..span);
    places[first..first + span].rotate_left(cut);
    // Rotation alone is one Or-move; a second one inside makes it a bridge.
    let inside = rng.random_range(1..span);
    let part = &mut places[first..first + inside];
    let by = rng.random_range(0..part.len());
    part.rotate_left(by);
}

/// A path with running sums: `ahead[i]` is the length up to position i,
/// `back[i]` the length of the same links walked the other way.
struct Path<'a> {
    table: &'a Table,
    places: Vec<usize>,
    ahead: Vec<i64>,
    back: Vec<i64>,
}

impl<'a> Path<'a> {
    fn new(table: &'a Table, places: Vec<usize>) -> Self {
        let size = places.len();
        let mut path = Self { table, places, ahead: vec![0; size], back: vec![0; size] };
        path.refresh();
        path
    }

    fn refresh(&mut self) {
        for i in 1..self.places.len() {
            let (a, b) = (self.places[i - 1], self.places[i]);
            self.ahead[i] = self.ahead[i - 1] + self.table.get(a, b);
            self.back[i] = self.back[i - 1] + self.table.get(b, a);
        }
    }

    fn length(&self) -> i64 {
        self.ahead[self.places.len() - 1]
    }

    fn link(&self, i: usize, j: usize) -> i64 {
        self.table.get(self.places[i], self.places[j])
    }

    /// Length of the stretch i..=j walked forward or in reverse.
    fn inside(&self, i: usize, j: usize, reverse: bool) -> i64 {
        if reverse { self.back[j] - self.back[i] } else { self.ahead[j] - self.ahead[i] }
    }

    /// Applies improving moves until there is none. Each strictly shortens the
    /// path, so this ends.
    fn descend(&mut self) {
        while self.improve_two_opt() || self.improve_or_opt() {}
    }

    fn improve_two_opt(&mut self) -> bool {
        let last = self.places.len() - 2;
        let mut moved = false;
        for i in 1..=last {
            for j in i + 1..=last {
                let now = self.ahead[j + 1] - self.ahead[i - 1];
                let then = self.link(i - 1, j) + self.inside(i, j, true) + self.link(i, j + 1);
                if then < now {
                    self.places[i..=j].reverse();
                    self.refresh();
                    moved = true;
                }
            }
        }
        moved
    }

    fn improve_or_opt(&mut self) -> bool {
        let last = self.places.len() - 2;
        let mut moved = false;
        for length in 1..=MAX_STRETCH.min(last) {
            for i in 1..=last + 1 - length {
                moved |= self.move_stretch(i, i + length - 1);
            }
        }
        moved
    }

    /// Moves the stretch i..=j to the best other gap, in either direction.
    fn move_stretch(&mut self, i: usize, j: usize) -> bool {
        let gain = self.ahead[j + 1] - self.ahead[i - 1] - self.link(i - 1, j + 1);
        let mut best = (0, 0, false);
        for gap in (0..self.places.len() - 1).filter(|g| *g + 1 < i || *g > j) {
            for reverse in [false, true] {
                let (head, tail) = if reverse { (j, i) } else { (i, j) };
                let added = self.link(gap, head) + self.inside(i, j, reverse) + self.link(tail, gap + 1)
                    - self.link(gap, gap + 1);
                if added - gain < best.0 {
                    best = (added - gain, gap, reverse);
                }
            }
        }
        let (delta, gap, reverse) = best;
        if delta >= 0 {
            return false;
        }
        if reverse {
            self.places[i..=j].reverse();
        }
        if gap > j {
            self.places[i..=gap].rotate_left(j - i + 1);
        } else {
            self.places[gap + 1..=j].rotate_right(j - i + 1);
        }
        self.refresh();
        true
    }
}
