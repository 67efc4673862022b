//! Granting nodes to vehicles: planning a schedule, and the lookahead along it.
//!
//! Deliberately absent: how moves are found (see [`super::schedule`]) and how a stalled fleet is
//! got moving again (see [`super::rescue`]).

use std::collections::VecDeque;

use super::claims::{Claims, Conflict};
use super::rescue::Rescue;
use super::roadmap::{Node, Roadmap, Scratch, UNREACHED};
use super::schedule::{self, Board, Player, Schedule};

/// Extra cost of a way through a node where somebody stands, in millimetres.
const STANDING_TOLL_MM: i64 = 8_000;
/// Rounds played ahead, besides one for every two nodes of the floor.
const ROUNDS: usize = 60;

/// Parts of what was played that are tried, the largest first.
const PREFIXES: [(usize, usize); 9] = [(1, 1), (7, 8), (3, 4), (5, 8), (1, 2), (3, 8), (1, 4), (1, 8), (0, 1)];

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
    /// Cost from each node to its home on the floor as it is.
    pub to_home: Vec<i64>,
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

    /// Stands and will not move of its own accord, so that a way should lead round it.
    fn parked(&self) -> bool {
        let content = self.goal().is_none_or(|goal| goal == self.held[0]);
        self.standing() && content || self.placed() && self.task == Task::Stuck
    }
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
    /// How everyone gets home from here once the floor is repaired: while there is such a
    /// schedule, there is no deadlock. Only its moves are granted. `None` when vehicles were
    /// found in places nobody granted them and no schedule is found.
    pub(super) schedule: Option<Schedule>,
    /// The schedule was made for the present goals and floor.
    pub(super) schedule_fresh: bool,
    granted_since_plan: bool,
    /// Precedence when playing ahead: older goals first, except where one had to yield.
    order: Vec<usize>,
    lookahead_mm: i64,
    pub(super) goals_set: u64,
    /// Grants since somebody was granted its goal.
    pub(super) fruitless: usize,
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
            to_home: Vec::new(),
        };
        let mut traffic = Self {
            claims,
            agents: homes.iter().map(agent).collect(),
            rescue: None,
            scratch: Scratch::default(),
            schedule: None,
            schedule_fresh: false,
            granted_since_plan: false,
            order: (0..homes.len()).collect(),
            lookahead_mm,
            goals_set: 0,
            fruitless: 0,
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
            self.rescue = None;
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
            agent.since = self.goals_set;
            self.goals_set += 1;
            self.schedule_fresh = false;
            self.order.retain(|&v| v != vehicle);
            self.order.push(vehicle);
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
            self.survey();
        }
        found
    }

    /// Length of the shortest way from the last node the vehicle holds to `goal` and only
    /// through nodes from which it can return, in millimetres; others' whereabouts are ignored.
    pub fn distance_mm(&self, vehicle: usize, goal: Node) -> Option<i64> {
        let from = *self.agents[vehicle].held.back()?;
        let may = |node| self.may_ever(vehicle, node);
        let found = self.map.shortest(from, goal, may);
        found.map(|(length_mm, _)| length_mm)
    }

    /// Whether the vehicle could drive from its home to `goal` and back if every edge were open
    /// and the floor empty.
    pub fn serves(&self, vehicle: usize, goal: Node) -> bool {
        let open = &self.open_map;
        let home = self.agents[vehicle].home;
        let may = |node| self.claims.open_to(node, vehicle);
        open.shortest(home, goal, may).is_some() && open.shortest(goal, home, may).is_some()
    }

    /// Grants every node that can safely be granted now.
    pub fn pump(&mut self) -> Vec<Grant> {
        let mut grants = Vec::new();
        self.review_rescue();
        self.plan_if_due();
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
        // What one is granted may be what another has to wait for.
        let mut again = true;
        while std::mem::take(&mut again) {
            for &vehicle in &turn {
                let nodes = self.grant_some(vehicle);
                if nodes.is_empty() {
                    continue;
                }
                again = true;
                match grants.iter_mut().find(|grant| grant.vehicle == vehicle) {
                    Some(grant) => grant.nodes.extend(nodes),
                    None => grants.push(Grant { vehicle, nodes }),
                }
            }
        }
    }

    /// Grants the vehicle what it can have within its lookahead.
    fn grant_some(&mut self, vehicle: usize) -> Vec<Node> {
        let mut nodes = Vec::new();
        while self.may_move(vehicle) && self.ahead_mm(vehicle) < self.lookahead_mm {
            match self.grant_next(vehicle) {
                Some(node) => nodes.push(node),
                None => break,
            }
        }
        nodes
    }

    /// The vehicle's next move of the schedule, if it can be made now.
    fn grant_next(&mut self, vehicle: usize) -> Option<Node> {
        let limit = self.movable();
        let next = self.schedule.as_ref()?.next(vehicle, limit)?;
        let from = *self.agents[vehicle].held.back()?;
        let open = self.map.open_length_mm(from, next).is_some();
        if !open || !self.claims.free_for(next, vehicle) || self.kept_from(next, vehicle) {
            return None;
        }
        self.claims.take(next, vehicle).ok()?;
        self.agents[vehicle].held.push_back(next);
        self.granted_since_plan = true;
        self.fruitless += 1;
        if self.agents[vehicle].goal() == Some(next) {
            self.fruitless = 0;
        }
        self.shorten(vehicle, next);
        self.schedule.as_mut()?.made(vehicle);
        Some(next)
    }

    /// Plans anew when goals or the floor have changed, or when somebody has come to the end of
    /// what was planned. An older schedule stays when no new one is found: it still leads
    /// everyone home.
    fn plan_if_due(&mut self) {
        if matches!(self.rescue, Some(Rescue::Clearing { .. })) {
            return;
        }
        let schedule = self.schedule.as_ref();
        let led = |v: usize| schedule.is_some_and(|s| s.leads(v));
        let agents = self.agents.iter().enumerate();
        let mut aimless = agents.filter(|(v, agent)| agent.wants() && !led(*v));
        let ended = self.granted_since_plan && aimless.next().is_some();
        if self.schedule_fresh && !ended {
            return;
        }
        self.schedule_fresh = true;
        self.granted_since_plan = false;
        let Some(mut plan) = self.plan() else {
            return;
        };
        if let Some(Rescue::Through { champion, way, .. }) = &self.rescue {
            plan.put_first(*champion, way);
        }
        self.schedule = Some(plan);
    }

    /// Plays the floor forward: first with everyone who is busy standing, then with them driving
    /// home as well. Whatever that comes to must leave everyone a way home.
    fn plan(&mut self) -> Option<Schedule> {
        let to_goal: Vec<Option<Vec<i64>>> =
            (0..self.agents.len()).map(|vehicle| self.costs_to_goal(vehicle)).collect();
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut order = std::mem::take(&mut self.order);
        let schedule = self.plan_with(&to_goal, &mut order, &mut scratch);
        self.order = order;
        self.scratch = scratch;
        schedule
    }

    fn plan_with(
        &self,
        to_goal: &[Option<Vec<i64>>],
        order: &mut Vec<usize>,
        scratch: &mut Scratch,
    ) -> Option<Schedule> {
        let homes: Vec<Node> = self.agents.iter().map(|agent| agent.home).collect();
        let mut players: Vec<Player> = Vec::with_capacity(self.agents.len());
        for (agent, to_goal) in self.agents.iter().zip(to_goal) {
            players.push(Player {
                to_goal: to_goal.as_deref(),
                to_home: &agent.to_home,
                fixed: agent.goal().is_none(),
            });
        }
        let rounds = ROUNDS + self.map.node_count() / 2;
        let mut board = self.board();
        board.play(&mut players, order, rounds);
        for (player, agent) in players.iter_mut().zip(&self.agents) {
            player.fixed = agent.task == Task::Stuck;
        }
        if !board.all_finished(&players) {
            board.play(&mut players, order, rounds);
        }
        let from = self.board().at;
        let goals: Vec<_> = self.agents.iter().map(Agent::goal).collect();
        let moves = schedule::without_idle_trips(&from, &goals, &board.moves);
        self.prove(moves, scratch, &homes)
    }

    /// As many of the moves as still leave everyone a way home, one by one, on the repaired
    /// floor.
    fn prove(&self, moves: Vec<(usize, Node)>, scratch: &mut Scratch, homes: &[Node]) -> Option<Schedule> {
        for (numerator, denominator) in PREFIXES {
            let live = moves.len() * numerator / denominator;
            let mut board = self.board();
            for &(vehicle, node) in &moves[..live] {
                board.step(vehicle, node);
            }
            self.repair(&mut board);
            if board.one_by_one(scratch, homes) {
                let moves = board.moves;
                return Some(Schedule { moves, live });
            }
        }
        None
    }

    fn costs_to_goal(&self, vehicle: usize) -> Option<Vec<i64>> {
        let goal = self.agents[vehicle].goal()?;
        let at = self.agents[vehicle].held.back()?;
        if goal == *at || goal == self.agents[vehicle].home {
            return None;
        }
        let may = |node| self.may_ever(vehicle, node);
        let toll = |node| match self.held_by_parked(node, vehicle) {
            true => STANDING_TOLL_MM,
            false => 0,
        };
        Some(self.map.costs_to(goal, may, toll))
    }

    fn held_by_parked(&self, node: Node, vehicle: usize) -> bool {
        let holder = self.claims.holder(node).filter(|&by| by != vehicle);
        holder.is_some_and(|by| self.agents[by].parked())
    }

    /// Whether the vehicle may ever be at `node`: no other's home, and it can get home again
    /// (unless it cannot do so already).
    pub(super) fn may_ever(&self, vehicle: usize, node: Node) -> bool {
        let agent = &self.agents[vehicle];
        let returns = |node: Node| agent.to_home[node] != UNREACHED;
        let trapped = agent.held.back().is_some_and(|&at| !returns(at));
        self.claims.open_to(node, vehicle) && (trapped || returns(node))
    }

    /// Where everyone will stand once all have driven what is granted, to try out moves.
    pub(super) fn board(&self) -> Board<'_> {
        let nodes = 0..self.map.node_count();
        Board {
            map: &self.map,
            claims: &self.claims,
            stood_on: nodes.map(|node| self.stands_on(node)).collect(),
            at: self.agents.iter().map(|a| a.held.back().copied()).collect(),
            moves: Vec::new(),
        }
    }

    /// Turns a board of the floor as it is into one of the repaired floor.
    pub(super) fn repair<'a>(&'a self, board: &mut Board<'a>) {
        board.map = &self.open_map;
        for (vehicle, agent) in self.agents.iter().enumerate() {
            for &node in &agent.held {
                if board.stood_on[node] == Some(vehicle) && board.at[vehicle] != Some(node) {
                    board.stood_on[node] = None;
                }
            }
        }
    }

    /// Who will stand on `node`; of a vehicle that is stuck now every node counts.
    fn stands_on(&self, node: Node) -> Option<usize> {
        let by = self.claims.holder(node)?;
        let agent = &self.agents[by];
        (agent.task == Task::Stuck || agent.held.back() == Some(&node)).then_some(by)
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
            let to_home = self.map.costs_to(home, may, |_| 0);
            self.agents[vehicle].to_home = to_home;
        }
        self.schedule_fresh = false;
    }
}
