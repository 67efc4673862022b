//! Granting nodes to vehicles: routes, the lookahead, and the safety check before each grant.
//!
//! Deliberately absent: how a stalled fleet is got moving again (see [`super::rescue`]).

use std::collections::{HashMap, VecDeque};

use super::claims::{Claims, Conflict};
use super::rescue::Rescue;
use super::roadmap::{Node, Roadmap, Scratch};
use super::safety::{self, Stand, Verdict};

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
        self.ready
            && self
                .goal()
                .is_some_and(|goal| self.held.back() != Some(&goal))
    }

    /// Stands and will not move of its own accord, so that a route should lead round it.
    fn parked(&self) -> bool {
        self.placed() && self.standing() && self.goal().is_none_or(|goal| goal == self.held[0])
    }
}

/// Which floor a check looks at.
#[derive(Debug, Clone, Copy)]
enum Floor {
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
    pub(super) fuel: u64,
    pub(super) scratch: Scratch,
    /// The last full check with goals; `None` once anything but a checked grant changed.
    verdict: Option<Verdict>,
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
            returnable: Vec::new(),
        };
        let mut traffic = Self {
            claims,
            agents: homes.iter().map(agent).collect(),
            rescue: None,
            fuel: 0,
            scratch: Scratch::default(),
            verdict: None,
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
            self.verdict = None;
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
            self.verdict = None;
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
        let found = self
            .map
            .shortest(from, goal, |node| self.may_ever(vehicle, node), |_, _| 0);
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
        let target = self.target(vehicle)?;
        self.refresh_route(vehicle, target);
        let mut next = *self.agents[vehicle].route.front()?;
        if self.held_by_parked(next, vehicle) {
            self.detour(vehicle, target)?;
            next = *self.agents[vehicle].route.front()?;
        }
        let passable = self.claims.free_for(next, vehicle) && !self.kept_from(next, vehicle);
        if !passable || !self.safe_after(vehicle, next) {
            return None;
        }
        self.claims.take(next, vehicle).ok()?;
        let agent = &mut self.agents[vehicle];
        agent.held.push_back(next);
        agent.route.pop_front();
        self.burn(vehicle);
        if self.agents[vehicle].goal() == Some(next) {
            self.refuel();
        }
        Some(next)
    }

    fn refresh_route(&mut self, vehicle: usize, target: Node) {
        let agent = &self.agents[vehicle];
        let from = *agent.held.back().expect("only placed vehicles are routed");
        let next_open = agent
            .route
            .front()
            .is_some_and(|&next| self.map.open_length_mm(from, next).is_some());
        if agent.routed_to == Some(target) && next_open {
            return;
        }
        let oncoming = self.oncoming(vehicle);
        let toll = |from, to| {
            let parked = i64::from(self.held_by_parked(to, vehicle));
            let against = oncoming.get(&(from, to)).copied().unwrap_or(0);
            parked * STANDING_TOLL_MM + against * ONCOMING_TOLL_MM
        };
        let may = |node| self.may_ever(vehicle, node);
        let found = self.map.shortest(from, target, may, toll);
        let agent = &mut self.agents[vehicle];
        agent.route = found.map(|(_, nodes)| nodes.into()).unwrap_or_default();
        agent.routed_to = Some(target);
    }

    /// For each edge, how many others are to drive it the other way: going with the stream makes
    /// two-way aisles one-way for as long as it lasts.
    fn oncoming(&self, vehicle: usize) -> HashMap<(Node, Node), i64> {
        let mut count = HashMap::new();
        let others = self
            .agents
            .iter()
            .enumerate()
            .filter(|&(other, _)| other != vehicle);
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
    fn detour(&mut self, vehicle: usize, target: Node) -> Option<()> {
        let from = *self.agents[vehicle].held.back()?;
        let may = |node| self.may_ever(vehicle, node) && !self.held_by_parked(node, vehicle);
        let (_, nodes) = self.map.shortest(from, target, may, |_, _| 0)?;
        self.agents[vehicle].route = nodes.into();
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

    fn safe_after(&mut self, vehicle: usize, next: Node) -> bool {
        if self.rescued(vehicle) {
            let before = self.verdict.take();
            if self.carefree(vehicle) {
                let before = before.as_ref();
                self.verdict = before.and_then(|b| self.still_safe(b, vehicle, next));
                return true;
            }
            return self.home_safe_after(vehicle, next);
        }
        if !self.safe_when_repaired(vehicle, next) {
            return false;
        }
        let before = match self.verdict.take() {
            Some(verdict) => verdict,
            None => self.check(None, true),
        };
        if let Some(verdict) = self.still_safe(&before, vehicle, next) {
            self.verdict = Some(verdict);
            return true;
        }
        let after = self.check(Some((vehicle, next)), true);
        let everyone = after.order.len() == self.agents.iter().filter(|a| a.placed()).count();
        let safe =
            after.no_worse_than(&before) && (everyone || self.home_safe_after(vehicle, next));
        self.verdict = Some(if safe { after } else { before });
        safe
    }

    /// The cheap check: the order found before still works, at most with another way for the
    /// vehicle itself.
    fn still_safe(&mut self, before: &Verdict, vehicle: usize, next: Node) -> Option<Verdict> {
        let rank = before.order.iter().position(|&v| v == vehicle)?;
        let earlier = &before.order[..rank];
        if earlier.iter().any(|&v| before.ways[v].contains(&next)) {
            return None;
        }
        let mut verdict = before.clone();
        if verdict.ways[vehicle].first() == Some(&next) {
            verdict.ways[vehicle].remove(0);
            return Some(verdict);
        }
        let mut stand = self.stand(vehicle);
        stand.at = Some(next);
        let mut scratch = std::mem::take(&mut self.scratch);
        let may = |node| {
            let gone = |by: usize| by == vehicle || earlier.contains(&by);
            let stands = self.stands_on(Floor::AsItIs, node);
            self.claims.open_to(node, vehicle) && stands.is_none_or(gone)
        };
        let way = safety::way_home(&self.map, &stand, true, &mut scratch, may);
        self.scratch = scratch;
        verdict.ways[vehicle] = way?;
        Some(verdict)
    }

    /// Whether everyone who can get home now still can after the grant, and could if every edge
    /// were open and nobody stuck.
    pub(super) fn home_safe_after(&mut self, vehicle: usize, next: Node) -> bool {
        let before = self.check(None, false);
        let after = self.check(Some((vehicle, next)), false);
        after.no_worse_than(&before) && self.safe_when_repaired(vehicle, next)
    }

    /// Whether the grant leaves no deadlock for the time after closed edges are opened and stuck
    /// vehicles go on. Who cannot get home now does not count in the check of the present, and
    /// must not wander into a knot meanwhile.
    fn safe_when_repaired(&mut self, vehicle: usize, next: Node) -> bool {
        let stuck = self.agents.iter().any(|agent| agent.task == Task::Stuck);
        if !stuck && self.closed_count == 0 {
            return true;
        }
        let before = self.check_on(Floor::Repaired, None, false);
        let after = self.check_on(Floor::Repaired, Some((vehicle, next)), false);
        after.no_worse_than(&before)
    }

    /// The full check of the present state, or of the one after a grant.
    pub(super) fn check(&mut self, grant: Option<(usize, Node)>, with_goals: bool) -> Verdict {
        self.check_on(Floor::AsItIs, grant, with_goals)
    }

    fn check_on(
        &mut self,
        floor: Floor,
        grant: Option<(usize, Node)>,
        with_goals: bool,
    ) -> Verdict {
        let mut stands: Vec<Stand> = (0..self.agents.len()).map(|v| self.stand(v)).collect();
        let nodes = 0..self.map.node_count();
        let mut obstacles: Vec<_> = nodes.map(|node| self.stands_on(floor, node)).collect();
        if let Some((vehicle, node)) = grant {
            if let Some(left) = stands[vehicle].at.replace(node) {
                obstacles[left] = None;
            }
            obstacles[node] = Some(vehicle);
        }
        let map = match floor {
            Floor::AsItIs => &self.map,
            Floor::Repaired => {
                stands.iter_mut().for_each(|stand| stand.stuck = false);
                &self.open_map
            }
        };
        safety::check(
            map,
            &self.claims,
            &stands,
            &obstacles,
            with_goals,
            &mut self.scratch,
        )
    }

    fn stand(&self, vehicle: usize) -> Stand {
        let agent = &self.agents[vehicle];
        Stand {
            at: agent.held.back().copied(),
            goal: agent.goal(),
            home: agent.home,
            stuck: agent.task == Task::Stuck,
        }
    }

    /// Who will stand on `node` once everyone has driven what is granted; of a vehicle that is
    /// stuck now every node counts.
    fn stands_on(&self, floor: Floor, node: Node) -> Option<usize> {
        let by = self.claims.holder(node)?;
        let agent = &self.agents[by];
        let stuck = matches!(floor, Floor::AsItIs) && agent.task == Task::Stuck;
        (stuck || agent.held.back() == Some(&node)).then_some(by)
    }

    fn ahead_mm(&self, vehicle: usize) -> i64 {
        let held = &self.agents[vehicle].held;
        let pairs = held.iter().zip(held.iter().skip(1));
        pairs
            .map(|(&from, &to)| self.map.open_length_mm(from, to).unwrap_or(0))
            .sum()
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
        self.verdict = None;
    }
}
