//! Granting nodes to vehicles: routes, the lookahead, and the safety check before each grant.
//!
//! Deliberately absent: how a stalled fleet is got moving again (see [`super::rescue`]).

mod home;

use std::collections::{HashMap, VecDeque};

use super::claims::{Claims, Conflict};
use super::rescue::Rescue;
use super::roadmap::{Node, Roadmap, Scratch};
use super::safety::{self, Stand};
use super::schedule::{Board, Schedule};

/// Extra cost of a route through a node where somebody stands, in millimetres.
const STANDING_TOLL_MM: i64 = 8_000;

/// Extra cost of an edge for each vehicle that is to drive it the other way, in millimetres.
const ONCOMING_TOLL_MM: i64 = 3_000;

/// What a vehicle is about, as far as traffic is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Drive to the node; an idle vehicle drives home.
    Go(Node),
    /// Busy where it stands; will move again by itself.
    Stay,
    /// Out of order or out of touch: nobody knows when it moves again.
    Stuck,
}

/// Nodes newly granted to a vehicle, in driving order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The vehicle's index.
    pub vehicle: usize,
    /// The nodes after the last one it held.
    pub nodes: Vec<Node>,
}

#[derive(Debug, Clone)]
pub(super) struct Agent {
    pub home: Node,
    pub held: VecDeque<Node>,
    pub task: Task,
    pub ready: bool,
    /// Count of goals set before this one: the smaller, the older its claim to be served.
    pub since: u64,
    /// Grants given to others since this vehicle began to stand and want.
    pub waits: u64,
    pub route: VecDeque<Node>,
    pub routed_to: Option<Node>,
    /// A way home from `homeward_from`, on the repaired floor.
    pub homeward: Vec<Node>,
    pub homeward_from: Option<Node>,
    /// The node last refused, and the epoch in which it was.
    pub refused: Option<(Node, u64)>,
    /// Nodes from which it can drive home when no other vehicle is in the way.
    pub returnable: Vec<bool>,
}

impl Agent {
    pub fn placed(&self) -> bool {
        !self.held.is_empty()
    }

    pub fn standing(&self) -> bool {
        self.held.len() == 1
    }

    pub fn goal(&self) -> Option<Node> {
        match self.task {
            Task::Go(goal) => Some(goal),
            Task::Stay | Task::Stuck => None,
        }
    }

    /// Wants a node beyond those it holds, and can be told of it now.
    pub fn wants(&self) -> bool {
        self.ready && self.goal().is_some_and(|goal| self.held.back() != Some(&goal))
    }

    /// Stands and will not move of its own accord, so that a route should lead round it.
    fn parked(&self) -> bool {
        self.placed() && self.standing() && self.goal().is_none_or(|goal| goal == self.held[0])
    }
}

/// Which floor a check looks at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Floor {
    AsItIs,
    /// Every edge open, nobody stuck.
    Repaired,
}

/// Reservations of one floor for one fleet. Deterministic: the same calls give the same grants.
#[derive(Debug, Clone)]
pub struct Traffic {
    pub(super) map: Roadmap,
    /// The same roadmap with every edge open.
    open_map: Roadmap,
    pub(super) claims: Claims,
    pub(super) agents: Vec<Agent>,
    pub(super) rescue: Option<Rescue>,
    pub(super) scratch: Scratch,
    /// How everyone gets home from here on the repaired floor: while there is such a schedule,
    /// there is no deadlock. `None` when vehicles were found in places nobody granted them.
    pub(super) schedule: Option<Schedule>,
    /// The schedule was made for the present goals and routes.
    pub(super) schedule_fresh: bool,
    /// Counts changes that may turn a refusal into a grant.
    epoch: u64,
    lookahead_mm: i64,
    goals_set: u64,
    closed_count: usize,
}

impl Traffic {
    /// A floor and one vehicle for each of `homes`; no vehicle is on the floor yet. A vehicle is
    /// granted nodes until what lies ahead of it reaches `lookahead_mm`.
    ///
    /// # Errors
    /// [`Conflict`] when two vehicles share a home.
    ///
    /// # Panics
    /// When a home is not a node of `map`.
    pub fn new(map: Roadmap, homes: &[Node], lookahead_mm: i64) -> Result<Self, Conflict> {
        let claims = Claims::new(map.node_count(), homes)?;
        let agent = |&home: &Node| Agent {
            home,
            held: VecDeque::new(),
            task: Task::Go(home),
            ready: false,
            since: 0,
            waits: 0,
            route: VecDeque::new(),
            routed_to: None,
            homeward: Vec::new(),
            homeward_from: None,
            refused: None,
            returnable: Vec::new(),
        };
        let mut traffic = Self {
            claims,
            agents: homes.iter().map(agent).collect(),
            rescue: None,
            scratch: Scratch::default(),
            schedule: None,
            schedule_fresh: false,
            epoch: 0,
            lookahead_mm,
            goals_set: 0,
            closed_count: 0,
            open_map: map.all_open(),
            map,
        };
        traffic.survey();
        Ok(traffic)
    }

    /// Tells which nodes the vehicle holds: where it stands, then what lies ahead. Shrinking the
    /// list from the front is traversal; an empty list takes the vehicle off the floor.
    ///
    /// # Errors
    /// [`Conflict`] when another vehicle holds one of them; nothing is changed then.
    pub fn occupy(&mut self, vehicle: usize, nodes: &[Node]) -> Result<(), Conflict> {
        for &node in nodes {
            if let Some(by) = self.claims.holder(node).filter(|&by| by != vehicle) {
                return Err(Conflict { node, by });
            }
        }
        let agent = &mut self.agents[vehicle];
        if agent.held.back() != nodes.last() {
            self.schedule = None;
            self.schedule_fresh = false;
            self.epoch += 1;
            agent.routed_to = None;
        }
        for node in std::mem::take(&mut agent.held) {
            self.claims.leave(node, vehicle);
        }
        for &node in nodes {
            self.claims.take(node, vehicle)?;
            if self.agents[vehicle].held.back() != Some(&node) {
                self.agents[vehicle].held.push_back(node);
            }
        }
        Ok(())
    }

    /// The nodes the vehicle holds, the one it stands on first.
    pub fn held(&self, vehicle: usize) -> impl Iterator<Item = Node> + '_ {
        self.agents[vehicle].held.iter().copied()
    }

    /// The vehicle that holds `node`.
    pub fn holder(&self, node: Node) -> Option<usize> {
        self.claims.holder(node)
    }

    /// Says what the vehicle is about.
    pub fn set_task(&mut self, vehicle: usize, task: Task) {
        let agent = &mut self.agents[vehicle];
        if agent.task != task {
            agent.task = task;
            agent.waits = 0;
            agent.since = self.goals_set;
            agent.routed_to = None;
            self.goals_set += 1;
            self.schedule_fresh = false;
            self.epoch += 1;
        }
    }

    /// Says whether the vehicle can be told of new nodes now (its last order is acknowledged).
    pub fn set_ready(&mut self, vehicle: usize, ready: bool) {
        self.agents[vehicle].ready = ready;
    }

    /// Closes or opens the edge `from -> to`; `false` when there is none. Nodes already granted
    /// stay granted.
    pub fn set_closed(&mut self, from: Node, to: Node, closed: bool) -> bool {
        let was_open = self.map.open_length_mm(from, to).is_some();
        let found = self.map.set_closed(from, to, closed);
        if found && was_open == closed {
            match closed {
                true => self.closed_count += 1,
                false => self.closed_count -= 1,
            }
            self.survey();
        }
        found
    }

    /// Length of the shortest way from the last node the vehicle holds to `goal` and only
    /// through nodes from which it can return, in millimetres; others' whereabouts are ignored.
    pub fn distance_mm(&self, vehicle: usize, goal: Node) -> Option<i64> {
        let from = *self.agents[vehicle].held.back()?;
        let found = self.map.shortest(from, goal, |node| self.may_ever(vehicle, node), |_, _| 0);
        found.map(|(length_mm, _)| length_mm)
    }

    /// Whether the vehicle could drive from its home to `goal` and back if every edge were open
    /// and the floor empty.
    pub fn serves(&self, vehicle: usize, goal: Node) -> bool {
        let open = &self.open_map;
        let home = self.agents[vehicle].home;
        let may = |node| self.claims.open_to(node, vehicle);
        let out = open.shortest(home, goal, may, |_, _| 0);
        out.is_some() && open.shortest(goal, home, may, |_, _| 0).is_some()
    }

    /// Grants every node that can safely be granted now.
    pub fn pump(&mut self) -> Vec<Grant> {
        let mut grants = Vec::new();
        for vehicle in 0..self.agents.len() {
            self.refresh_route(vehicle);
        }
        self.freshen();
        self.review_rescue();
        self.grant_round(&mut grants);
        if let Some(vehicle) = self.in_need(!grants.is_empty())
            && self.start_rescue(vehicle)
        {
            self.grant_round(&mut grants);
        }
        grants
    }

    fn grant_round(&mut self, grants: &mut Vec<Grant>) {
        let mut turn: Vec<usize> = (0..self.agents.len()).collect();
        turn.sort_by_key(|&vehicle| (self.agents[vehicle].since, vehicle));
        for vehicle in turn {
            let mut nodes = Vec::new();
            while self.may_move(vehicle) && self.ahead_mm(vehicle) < self.lookahead_mm {
                match self.grant_next(vehicle) {
                    Some(node) => nodes.push(node),
                    None => break,
                }
            }
            if !nodes.is_empty() {
                self.count_waits(vehicle, nodes.len() as u64);
                grants.push(Grant { vehicle, nodes });
            }
        }
    }

    /// Every vehicle that stands and wants has waited `granted` grants longer.
    fn count_waits(&mut self, served: usize, granted: u64) {
        for (vehicle, agent) in self.agents.iter_mut().enumerate() {
            if vehicle == served || !agent.wants() {
                agent.waits = 0;
            } else if agent.standing() {
                agent.waits += granted;
            }
        }
    }

    fn grant_next(&mut self, vehicle: usize) -> Option<Node> {
        let next = match self.rescue {
            Some(Rescue::Clearing { .. }) => self.retreat(vehicle)?,
            _ => self.next_on_route(vehicle)?,
        };
        let from = *self.agents[vehicle].held.back()?;
        let open = self.map.open_length_mm(from, next).is_some();
        let passable = self.claims.free_for(next, vehicle) && !self.kept_from(next, vehicle);
        if !open || !passable || !self.safe_after(vehicle, next) {
            return None;
        }
        self.claims.take(next, vehicle).ok()?;
        self.epoch += 1;
        let agent = &mut self.agents[vehicle];
        agent.held.push_back(next);
        if agent.route.front() == Some(&next) {
            agent.route.pop_front();
        } else {
            agent.routed_to = None;
        }
        Some(next)
    }

    /// The next node of the vehicle's route, which leads round parked vehicles if it can.
    fn next_on_route(&mut self, vehicle: usize) -> Option<Node> {
        self.refresh_route(vehicle);
        let next = *self.agents[vehicle].route.front()?;
        if !self.held_by_parked(next, vehicle) {
            return Some(next);
        }
        self.detour(vehicle)?;
        self.agents[vehicle].route.front().copied()
    }

    /// Makes a route to the present goal where there is none.
    fn refresh_route(&mut self, vehicle: usize) {
        let agent = &self.agents[vehicle];
        let (Some(&from), Some(goal)) = (agent.held.back(), agent.goal()) else {
            return;
        };
        let next = agent.route.front();
        let next_open = next.is_none_or(|&next| self.map.open_length_mm(from, next).is_some());
        if agent.routed_to == Some(goal) && next_open {
            return;
        }
        let oncoming = self.oncoming(vehicle);
        let toll = |from, to| {
            let parked = i64::from(self.held_by_parked(to, vehicle));
            let against = oncoming.get(&(from, to)).copied().unwrap_or(0);
            parked * STANDING_TOLL_MM + against * ONCOMING_TOLL_MM
        };
        let may = |node| self.may_ever(vehicle, node);
        let found = self.map.shortest(from, goal, may, toll);
        let agent = &mut self.agents[vehicle];
        agent.route = found.map(|(_, nodes)| nodes.into()).unwrap_or_default();
        agent.routed_to = Some(goal);
        self.schedule_fresh = false;
    }

    /// For each edge, how many others are to drive it the other way: going with the stream makes
    /// two-way aisles one-way for as long as it lasts.
    fn oncoming(&self, vehicle: usize) -> HashMap<(Node, Node), i64> {
        let mut count = HashMap::new();
        let others = self.agents.iter().enumerate().filter(|&(other, _)| other != vehicle);
        for (_, agent) in others {
            let held = agent.held.iter();
            let path: Vec<Node> = held.chain(&agent.route).copied().collect();
            for pair in path.windows(2) {
                *count.entry((pair[1], pair[0])).or_insert(0) += 1;
            }
        }
        count
    }

    /// A route round every parked vehicle, when there is one.
    fn detour(&mut self, vehicle: usize) -> Option<()> {
        let agent = &self.agents[vehicle];
        let (from, goal) = (*agent.held.back()?, agent.goal()?);
        let may = |node| self.may_ever(vehicle, node) && !self.held_by_parked(node, vehicle);
        let (_, nodes) = self.map.shortest(from, goal, may, |_, _| 0)?;
        self.agents[vehicle].route = nodes.into();
        self.schedule_fresh = false;
        Some(())
    }

    fn held_by_parked(&self, node: Node, vehicle: usize) -> bool {
        let holder = self.claims.holder(node).filter(|&by| by != vehicle);
        holder.is_some_and(|by| self.agents[by].parked() || self.agents[by].task == Task::Stuck)
    }

    /// Whether the vehicle may ever be at `node`: no other's home, and it can get home again
    /// (unless it cannot do so already).
    pub(super) fn may_ever(&self, vehicle: usize, node: Node) -> bool {
        let agent = &self.agents[vehicle];
        let trapped = agent.held.back().is_some_and(|&at| !agent.returnable[at]);
        self.claims.open_to(node, vehicle) && (trapped || agent.returnable[node])
    }

    /// Whether everyone still gets home after the grant; keeps the schedule that shows it.
    fn safe_after(&mut self, vehicle: usize, next: Node) -> bool {
        if self.agents[vehicle].refused == Some((next, self.epoch)) {
            return false;
        }
        let by_schedule = match self.rescue {
            Some(Rescue::Clearing { .. }) => true,
            Some(Rescue::Through { champion, .. }) => champion == vehicle,
            None => false,
        };
        let safe = if by_schedule {
            let schedule = self.schedule.as_mut();
            schedule.is_some_and(|schedule| schedule.follow(vehicle, next))
        } else {
            self.still_home_as_it_is(vehicle, next) && self.schedulable(vehicle, next)
        };
        if !safe {
            self.agents[vehicle].refused = Some((next, self.epoch));
        }
        safe
    }

    /// Whether there is a schedule after the grant in which nobody who would get through just by
    /// driving on and waiting loses that.
    fn schedulable(&mut self, vehicle: usize, next: Node) -> bool {
        self.freshen();
        if let Some(schedule) = &mut self.schedule
            && schedule.follow(vehicle, next)
        {
            return true;
        }
        let Some(after) = self.plan(Some((vehicle, next))) else {
            // Nobody planned what is found here; at least it must not get worse.
            let unplanned = self.schedule.is_none();
            return unplanned && self.no_fewer_home(Floor::Repaired, vehicle, next);
        };
        let before = self.schedule.as_ref();
        let better = before.is_none_or(|b| safety::no_worse(&b.flows, &after.flows));
        if better {
            self.keep(after);
        }
        better
    }

    /// Makes the schedule anew when goals or routes have changed. An older one stays when no
    /// new one is found: it still leads everyone home.
    fn freshen(&mut self) {
        let clearing = matches!(self.rescue, Some(Rescue::Clearing { .. }));
        if self.schedule_fresh || clearing {
            return;
        }
        self.schedule_fresh = true;
        match (self.plan(None), &mut self.schedule) {
            (Some(plan), _) => self.keep(plan),
            (None, Some(old)) => old.flows.fill(false),
            (None, None) => {}
        }
    }

    /// Keeps a new schedule. A champion drives first: its way is free and nobody else enters it.
    fn keep(&mut self, mut schedule: Schedule) {
        if let Some(Rescue::Through { champion, .. }) = self.rescue {
            let agent = &self.agents[champion];
            let way: Vec<Node> = agent.route.iter().chain(&agent.homeward).copied().collect();
            schedule.put_first(champion, &way);
        }
        self.schedule = Some(schedule);
    }

    /// A schedule for the repaired floor from here, or from after a grant.
    fn plan(&mut self, grant: Option<(usize, Node)>) -> Option<Schedule> {
        let mut paths = Vec::with_capacity(self.agents.len());
        for vehicle in 0..self.agents.len() {
            let granted = grant.filter(|&(v, _)| v == vehicle).map(|(_, node)| node);
            paths.push(self.path_home(vehicle, granted)?);
        }
        let homes: Vec<Node> = self.agents.iter().map(|agent| agent.home).collect();
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut board = self.board(Floor::Repaired);
        if let Some((vehicle, node)) = grant {
            if let Some(left) = board.at[vehicle].replace(node) {
                board.stood_on[left] = None;
            }
            board.stood_on[node] = Some(vehicle);
        }
        let at = board.at.clone();
        let straight = |(vehicle, at): (usize, &Option<Node>)| {
            let may = |node| self.claims.open_to(node, vehicle);
            let found = at.and_then(|at| self.open_map.shortest(at, homes[vehicle], may, |_, _| 0));
            found.map(|(_, way)| way).unwrap_or_default()
        };
        let homeward = || at.iter().enumerate().map(straight).collect();
        let plan = board.everyone_home(&mut scratch, &homes, &paths, homeward);
        self.scratch = scratch;
        plan
    }

    fn ahead_mm(&self, vehicle: usize) -> i64 {
        let held = &self.agents[vehicle].held;
        let pairs = held.iter().zip(held.iter().skip(1));
        pairs.map(|(&from, &to)| self.map.open_length_mm(from, to).unwrap_or(0)).sum()
    }

    /// Recomputes what depends on which edges are open.
    fn survey(&mut self) {
        for vehicle in 0..self.agents.len() {
            let home = self.agents[vehicle].home;
            let may = |node| self.claims.open_to(node, vehicle);
            let returnable = self.map.reaching(home, may);
            self.agents[vehicle].returnable = returnable;
            self.agents[vehicle].routed_to = None;
        }
        self.schedule_fresh = false;
        self.epoch += 1;
    }
}
