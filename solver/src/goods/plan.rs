//! One plan from tastes, and the plan without any thought.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{Job, Pick, Plan, TASTE, Visit};

/// What steers the greedy plan, in lines.
pub(super) struct Taste {
    /// Station of each order.
    station: Vec<usize>,
    /// Orders of each station.
    count: Vec<usize>,
    /// Liking for an order to be opened.
    order: Vec<f64>,
    /// Liking for a shelf to be brought.
    shelf: Vec<f64>,
}

/// How to take a change back.
pub(super) enum Undo {
    Order(usize, f64),
    Shelf(usize, f64),
    Station(usize, usize),
    Both(usize, usize),
}

impl Taste {
    pub(super) fn new(job: &Job) -> Self {
        let mut taste = Self {
            station: vec![0; job.orders.len()],
            count: vec![0; job.slots.len()],
            order: vec![0.0; job.orders.len()],
            shelf: vec![0.0; job.shelves.len()],
        };
        taste.spread(job);
        taste
    }

    /// Orders that share shelves go to one station, as far as its share allows.
    fn spread(&mut self, job: &Job) {
        let most = job.share();
        let articles = job.orders.iter().flatten().map(|l| l.article).max().map_or(0, |a| a + 1);
        let mut wanted = vec![vec![0_u32; articles]; job.slots.len()];
        for (order, lines) in job.orders.iter().enumerate() {
            let common = |s: usize| lines.iter().filter(|l| wanted[s][l.article] > 0).count();
            let open = (0..job.slots.len()).filter(|&s| self.count[s] < most);
            // With nothing in common the emptier station is as good as any.
            let best = open.max_by_key(|&s| (common(s), most - self.count[s], job.slots.len() - s)).unwrap_or(0);
            self.station[order] = best;
            self.count[best] += 1;
            lines.iter().for_each(|l| wanted[best][l.article] += 1);
        }
    }

    /// Changes one thing at random.
    pub(super) fn change(&mut self, job: &Job, best: &Plan, rng: &mut ChaCha8Rng) -> Undo {
        let stations = job.slots.len();
        let kind = rng.random_range(0..10_u32);
        let order = rng.random_range(0..job.orders.len());
        if stations > 1 && kind < 2 {
            let to = rng.random_range(0..stations);
            if self.count[to] < job.share() {
                let from = self.station[order];
                self.settle(order, to);
                return Undo::Station(order, from);
            }
        }
        if stations > 1 && kind < 4 {
            let other = rng.random_range(0..job.orders.len());
            self.exchange(order, other);
            return Undo::Both(order, other);
        }
        let crowded = job.share() > job.slots.iter().copied().min().unwrap_or(0);
        if crowded && kind < 6 {
            let old = std::mem::replace(&mut self.order[order], rng.random_range(-TASTE..TASTE));
            return Undo::Order(order, old);
        }
        // A shelf of the best plan or any that has an article in demand.
        let station = rng.random_range(0..stations);
        let visits = &best.stations[station];
        let used = (!visits.is_empty() && rng.random()).then(|| visits[rng.random_range(0..visits.len())].shelf);
        let shelf = used.unwrap_or_else(|| rng.random_range(0..self.shelf.len()));
        let liked = if rng.random() { 0.0 } else { rng.random_range(-TASTE..TASTE) };
        let old = std::mem::replace(&mut self.shelf[shelf], liked);
        Undo::Shelf(shelf, old)
    }

    pub(super) fn undo(&mut self, undo: Undo) {
        match undo {
            Undo::Order(order, old) => self.order[order] = old,
            Undo::Shelf(shelf, old) => self.shelf[shelf] = old,
            Undo::Station(order, from) => self.settle(order, from),
            Undo::Both(a, b) => self.exchange(a, b),
        }
    }

    fn settle(&mut self, order: usize, to: usize) {
        self.count[self.station[order]] -= 1;
        self.count[to] += 1;
        self.station[order] = to;
    }

    fn exchange(&mut self, a: usize, b: usize) {
        self.station.swap(a, b);
    }
}

/// Makes plans; keeps its tables between them.
pub(super) struct Planner<'a> {
    job: &'a Job,
    /// For each article the shelves that have it: shelf and row of its stock.
    offers: Vec<Vec<(usize, usize)>>,
    /// Stock of each shelf: article and units, an article once.
    full: Vec<Vec<(usize, u32)>>,
    stock: Vec<Vec<(usize, u32)>>,
    /// Open lines of each article at the station at hand.
    need: Vec<Vec<(usize, usize)>>,
    /// Open lines a shelf could serve there.
    useful: Vec<u32>,
    /// Shelves with any.
    touched: Vec<usize>,
    /// Units still to be picked, by order and line.
    short: Vec<Vec<u32>>,
    /// Lines still to be served, by order.
    lines: Vec<usize>,
    plan: Plan,
}

impl<'a> Planner<'a> {
    pub(super) fn new(job: &'a Job) -> Self {
        let in_orders = job.orders.iter().flatten().map(|l| l.article);
        let articles = in_orders.max().map_or(0, |a| a + 1);
        let mut offers = vec![Vec::new(); articles];
        let mut full = Vec::with_capacity(job.shelves.len());
        let mut wanted = vec![false; articles];
        job.orders.iter().flatten().for_each(|l| wanted[l.article] = true);
        for (number, shelf) in job.shelves.iter().enumerate() {
            let mut stock: Vec<(usize, u32)> = Vec::new();
            for &(article, units) in &shelf.stock {
                // What nobody wants need not be looked at.
                if units == 0 || !wanted.get(article).copied().unwrap_or(false) {
                    continue;
                }
                match stock.iter_mut().find(|s| s.0 == article) {
                    Some(row) => row.1 = row.1.saturating_add(units),
                    None => stock.push((article, units)),
                }
            }
            for (row, &(article, _)) in stock.iter().enumerate() {
                offers[article].push((number, row));
            }
            full.push(stock);
        }
        Self {
            job,
            offers,
            stock: full.clone(),
            full,
            need: vec![Vec::new(); articles],
            useful: vec![0; job.shelves.len()],
            touched: Vec::new(),
            short: Vec::new(),
            lines: Vec::new(),
            plan: Plan::default(),
        }
    }

    /// The plan made last.
    pub(super) fn take(&mut self) -> Plan {
        self.plan.clone()
    }

    pub(super) fn plan(&mut self, taste: &Taste) -> &Plan {
        let job = self.job;
        for (stock, full) in self.stock.iter_mut().zip(&self.full) {
            stock.clone_from(full);
        }
        self.short = job.orders.iter().map(|lines| lines.iter().map(|l| l.units).collect()).collect();
        self.lines = job.orders.iter().map(Vec::len).collect();
        self.plan.stations = vec![Vec::new(); job.slots.len()];
        for station in 0..job.slots.len() {
            self.serve(station, taste);
        }
        &self.plan
    }

    /// Serves all orders of a station.
    fn serve(&mut self, station: usize, taste: &Taste) {
        let mut waiting: Vec<usize> =
            (0..taste.station.len()).filter(|&o| taste.station[o] == station && self.lines[o] > 0).collect();
        let mut open = 0;
        loop {
            while open < self.job.slots[station] && !waiting.is_empty() {
                let all = waiting.len() <= self.job.slots[station] - open;
                let at = if all { waiting.len() - 1 } else { self.next(&waiting, taste) };
                let order = waiting.remove(at);
                self.open(order);
                open += 1;
            }
            let Some(shelf) = self.best(station, taste) else { break };
            let (visit, closed) = self.visit(shelf);
            open -= closed;
            self.plan.stations[station].push(visit);
        }
        self.tidy(station);
    }

    /// The waiting order whose lines the shelves on their way serve best.
    fn next(&self, waiting: &[usize], taste: &Taste) -> usize {
        let mut best = (f64::MIN, 0);
        for (at, &order) in waiting.iter().enumerate() {
            let lines = &self.job.orders[order];
            let mut sum = 0.0;
            for line in lines {
                let offers = &self.offers[line.article];
                let most = offers.iter().filter(|o| self.stock[o.0][o.1].1 > 0).map(|o| self.useful[o.0]).max();
                sum += f64::from(most.unwrap_or(0).min(8)) / 8.0
                    + if self.need[line.article].is_empty() { 0.0 } else { 1.0 };
            }
            let score = sum / lines.len().max(1) as f64 + taste.order[order];
            if score > best.0 {
                best = (score, at);
            }
        }
        best.1
    }

    fn open(&mut self, order: usize) {
        for (line, l) in self.job.orders[order].iter().enumerate() {
            self.need[l.article].push((order, line));
            for &(shelf, row) in &self.offers[l.article] {
                if self.stock[shelf][row].1 > 0 {
                    if self.useful[shelf] == 0 {
                        self.touched.push(shelf);
                    }
                    self.useful[shelf] += 1;
                }
            }
        }
    }

    /// The shelf to bring next; among equals the nearest.
    fn best(&mut self, station: usize, taste: &Taste) -> Option<usize> {
        let useful = &self.useful;
        self.touched.retain(|&s| useful[s] > 0);
        let mut best: Option<(f64, i64, usize)> = None;
        for &shelf in &self.touched {
            let score = f64::from(self.useful[shelf]) + taste.shelf[shelf];
            let way = self.job.shelves[shelf].way[station];
            let better = best.is_none_or(|(s, w, n)| score > s || (score == s && (way, shelf) < (w, n)));
            if better {
                best = Some((score, way, shelf));
            }
        }
        best.map(|b| b.2)
    }

    /// Serves from a shelf all it can; how many orders are closed by it.
    fn visit(&mut self, shelf: usize) -> (Visit, usize) {
        let (mut picks, mut closed) = (Vec::new(), 0);
        for row in 0..self.stock[shelf].len() {
            let article = self.stock[shelf][row].0;
            let mut need = std::mem::take(&mut self.need[article]);
            let before = need.len() as u32;
            need.retain(|&(order, line)| {
                let units = self.stock[shelf][row].1.min(self.short[order][line]);
                if units == 0 {
                    return true;
                }
                self.stock[shelf][row].1 -= units;
                self.short[order][line] -= units;
                picks.push(Pick { order, line, units });
                let done = self.short[order][line] == 0;
                if done {
                    self.lines[order] -= 1;
                    closed += usize::from(self.lines[order] == 0);
                }
                !done
            });
            let gone = before - need.len() as u32;
            for &(other, at) in &self.offers[article] {
                if other != shelf && self.stock[other][at].1 > 0 {
                    self.useful[other] -= gone;
                }
            }
            self.need[article] = need;
        }
        self.recount(shelf);
        picks.sort_unstable();
        (Visit { shelf, picks }, closed)
    }

    fn recount(&mut self, shelf: usize) {
        let rows = self.stock[shelf].iter().filter(|s| s.1 > 0);
        self.useful[shelf] = rows.map(|s| self.need[s.0].len() as u32).sum();
        if self.useful[shelf] > 0 && !self.touched.contains(&shelf) {
            self.touched.push(shelf);
        }
    }

    /// Drops visits whose picks other visits can make while the order is open.
    fn tidy(&mut self, station: usize) {
        let visits = &mut self.plan.stations[station];
        let mut at = 0;
        while at < visits.len() {
            let Some(homes) = elsewhere(visits, at, &self.stock, self.job) else {
                at += 1;
                continue;
            };
            let gone = visits.remove(at);
            for (pick, home) in gone.picks.iter().zip(homes) {
                let article = self.job.orders[pick.order][pick.line].article;
                let home = if home > at { home - 1 } else { home };
                let visit = &mut visits[home];
                let took = self.stock[visit.shelf].iter_mut().find(|s| s.0 == article);
                if let Some(row) = took {
                    row.1 -= pick.units;
                }
                let given = self.stock[gone.shelf].iter_mut().find(|s| s.0 == article);
                if let Some(row) = given {
                    row.1 += pick.units;
                }
                let same = visit.picks.iter_mut().find(|p| (p.order, p.line) == (pick.order, pick.line));
                match same {
                    Some(p) => p.units += pick.units,
                    None => visit.picks.push(*pick),
                }
                visit.picks.sort_unstable();
            }
        }
    }
}

/// For each pick of a visit another one that can make it without opening its
/// order for longer.
fn elsewhere(visits: &[Visit], at: usize, stock: &[Vec<(usize, u32)>], job: &Job) -> Option<Vec<usize>> {
    let mut taken: Vec<(usize, usize, u32)> = Vec::new();
    let mut homes = Vec::with_capacity(visits[at].picks.len());
    for pick in &visits[at].picks {
        let article = job.orders[pick.order][pick.line].article;
        let has = |v: &Visit| v.picks.iter().any(|p| p.order == pick.order);
        let (first, last) = (visits.iter().position(has)?, visits.iter().rposition(has)?);
        let home = (first..=last).filter(|&v| v != at).find(|&v| {
            let there = stock[visits[v].shelf].iter().find(|s| s.0 == article).map_or(0, |s| s.1);
            let used: u32 = taken.iter().filter(|t| (t.0, t.1) == (visits[v].shelf, article)).map(|t| t.2).sum();
            there >= used + pick.units
        })?;
        taken.push((visits[home].shelf, article, pick.units));
        homes.push(home);
    }
    Some(homes)
}

/// See [`Job::first_come`].
pub(super) fn first_come(job: &Job) -> Plan {
    let mut stock: Vec<std::collections::BTreeMap<usize, u32>> = vec![Default::default(); job.shelves.len()];
    for (shelf, s) in job.shelves.iter().enumerate() {
        for &(article, units) in &s.stock {
            *stock[shelf].entry(article).or_default() += units;
        }
    }
    let mut plan = Plan { stations: vec![Vec::new(); job.slots.len()] };
    for (station, &slots) in job.slots.iter().enumerate() {
        let mut waiting = (station..job.orders.len()).step_by(job.slots.len()).filter(|&o| !job.orders[o].is_empty());
        // Shelves on their way with what they were called for.
        let mut coming: std::collections::VecDeque<Visit> = Default::default();
        let mut left = vec![0_usize; job.orders.len()];
        let mut open = 0;
        loop {
            while open < slots {
                let Some(order) = waiting.next() else { break };
                open += 1;
                for (line, l) in job.orders[order].iter().enumerate() {
                    left[order] += call(job, station, &mut stock, &mut coming, order, line, l.article, l.units);
                }
            }
            let Some(visit) = coming.pop_front() else { break };
            for pick in &visit.picks {
                left[pick.order] -= 1;
                open -= usize::from(left[pick.order] == 0);
            }
            plan.stations[station].push(visit);
        }
    }
    plan
}

/// Calls the nearest shelves for a line; how many picks that takes.
#[allow(clippy::too_many_arguments)]
fn call(
    job: &Job,
    station: usize,
    stock: &mut [std::collections::BTreeMap<usize, u32>],
    coming: &mut std::collections::VecDeque<Visit>,
    order: usize,
    line: usize,
    article: usize,
    mut short: u32,
) -> usize {
    let mut picks = 0;
    while short > 0 {
        let has = (0..stock.len()).filter(|&s| stock[s].get(&article).is_some_and(|&u| u > 0));
        let Some(shelf) = has.min_by_key(|&s| (job.shelves[s].way[station], s)) else { break };
        let Some(there) = stock[shelf].get_mut(&article) else { break };
        let units = short.min(*there);
        *there -= units;
        short -= units;
        picks += 1;
        let pick = Pick { order, line, units };
        match coming.iter_mut().find(|v| v.shelf == shelf) {
            Some(visit) => visit.picks.push(pick),
            None => coming.push_back(Visit { shelf, picks: vec![pick] }),
        }
    }
    picks
}
