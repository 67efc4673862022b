//! Orders as bits of cells, tour lengths from them, and the savings start.

use std::collections::BTreeSet;

use super::{Job, MAX_CELLS, Refusal};
use crate::tour::aisles::{Block, Sweep, Visit};

/// Aisles beyond this are refused, as a batch is a row of that many words.
const MAX_AISLES: usize = 1_000;

/// The cells of one aisle as bits.
pub(super) trait Word: Copy + Default + PartialEq + std::ops::BitOrAssign {
    /// The word with this bit alone.
    fn bit(at: usize) -> Self;
    /// Its lower and its upper 64 bits.
    fn halves(self) -> [u64; 2];
}

impl Word for u64 {
    fn bit(at: usize) -> Self {
        1 << at
    }

    #[inline]
    fn halves(self) -> [u64; 2] {
        [self, 0]
    }
}

impl Word for u128 {
    fn bit(at: usize) -> Self {
        1 << at
    }

    #[inline]
    fn halves(self) -> [u64; 2] {
        [self as u64, (self >> 64) as u64]
    }
}

/// Each order as a word of cells for every aisle in use.
pub(super) struct Cells<W> {
    block: Block,
    /// Distance of each bit.
    along: Vec<u32>,
    /// Aisle of each word.
    aisle: Vec<u32>,
    /// Words of all orders, row after row.
    words: Vec<W>,
}

impl<W: Word> Cells<W> {
    pub(super) fn new(job: &Job) -> Result<Self, Refusal> {
        let spots = || job.orders.iter().flat_map(|o| &o.spots);
        // The depot is a place like any other, with the bit of distance 0.
        let along: BTreeSet<u32> = spots().map(|s| s.along()).chain([0]).collect();
        let aisle: BTreeSet<u32> = spots().map(|s| s.aisle()).collect();
        let (along, aisle): (Vec<u32>, Vec<u32>) = (along.into_iter().collect(), aisle.into_iter().collect());
        if along.len() > MAX_CELLS {
            return Err(Refusal::TooMany { what: "distances", count: along.len() });
        }
        if aisle.len() > MAX_AISLES {
            return Err(Refusal::TooMany { what: "aisles", count: aisle.len() });
        }
        let mut words = vec![W::default(); aisle.len() * job.orders.len()];
        for (order, row) in job.orders.iter().zip(words.chunks_mut(aisle.len().max(1))) {
            for spot in &order.spots {
                let word = aisle.binary_search(&spot.aisle()).unwrap_or_else(|at| at);
                let bit = along.binary_search(&spot.along()).unwrap_or_else(|at| at);
                row[word] |= W::bit(bit);
            }
        }
        Ok(Self { block: job.block, along, aisle, words })
    }

    /// Aisles in use, which is words an order has.
    pub(super) fn width(&self) -> usize {
        self.aisle.len()
    }

    /// An order's words, one an aisle.
    pub(super) fn row(&self, order: usize) -> &[W] {
        let width = self.aisle.len();
        &self.words[order * width..(order + 1) * width]
    }

    /// What the ways to visit these cells of the word's aisle cost; `None` without any.
    #[inline]
    pub(super) fn visit(&self, word: usize, bits: W) -> Option<Visit> {
        let [mut front, back] = bits.halves();
        if front | back == 0 {
            return None;
        }
        if self.aisle[word] == self.block.depot {
            front |= 1;
        }
        let first = if front > 0 { front.trailing_zeros() } else { 64 + back.trailing_zeros() };
        let low = self.along[first as usize];
        let (mut last, mut gap) = (low, 0);
        // Two halves, as one machine word is read much faster than two.
        for (half, from) in [(front, 0), (back, 64)] {
            let mut half = half;
            while half != 0 {
                let along = self.along[from + half.trailing_zeros() as usize];
                gap = gap.max(along - last);
                last = along;
                half &= half - 1;
            }
        }
        Some(Visit::new(self.block.length, low, last, gap))
    }

    /// Length of the shortest tour that visits each word's aisle so.
    #[inline]
    pub(super) fn tour(&self, visits: impl Iterator<Item = Option<Visit>>) -> i64 {
        let mut sweep = Sweep::new(self.block);
        for (visit, &aisle) in visits.zip(&self.aisle) {
            if let Some(visit) = visit {
                sweep.add(aisle, visit);
            }
        }
        sweep.close()
    }

    /// Length of the shortest tour through all cells of these orders.
    pub(super) fn length(&self, orders: &[usize]) -> i64 {
        let width = self.aisle.len();
        let mut sweep = Sweep::new(self.block);
        for (word, &aisle) in self.aisle.iter().enumerate() {
            let mut bits = W::default();
            orders.iter().for_each(|&o| bits |= self.words[o * width + word]);
            if let Some(visit) = self.visit(word, bits) {
                sweep.add(aisle, visit);
            }
        }
        sweep.close()
    }

    /// Merges the pair that saves most until none saves.
    pub(super) fn savings(&self, job: &Job) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = (0..job.orders.len()).map(|o| vec![o]).collect();
        let mut length: Vec<i64> = groups.iter().map(|g| self.length(g)).collect();
        let saved = |groups: &[Vec<usize>], length: &[i64], a: usize, b: usize| {
            let union = [&groups[a][..], &groups[b][..]].concat();
            job.fits(union.iter().copied()).then(|| length[a] + length[b] - self.length(&union))
        };
        let mut table: Vec<Vec<Option<i64>>> =
            (0..groups.len()).map(|b| (0..b).map(|a| saved(&groups, &length, a, b)).collect()).collect();
        loop {
            let cells = table.iter().enumerate().flat_map(|(b, row)| {
                row.iter().enumerate().filter_map(move |(a, s)| Some(((*s)?, std::cmp::Reverse((a, b)))))
            });
            let Some((_, std::cmp::Reverse((a, b)))) = cells.max().filter(|best| best.0 >= 0) else {
                break;
            };
            let moved = std::mem::take(&mut groups[b]);
            groups[a].extend(moved);
            length[a] = self.length(&groups[a]);
            for other in 0..groups.len() {
                if other != b {
                    table[b.max(other)][b.min(other)] = None;
                }
                if other != a && !groups[other].is_empty() {
                    table[a.max(other)][a.min(other)] = saved(&groups, &length, a, other);
                }
            }
        }
        groups.retain(|g| !g.is_empty());
        groups
    }
}
