//! Getting a stalled or starved vehicle to its goal: reserve its way, clear it if need be.
//!
//! Deliberately absent: vehicles that are busy or out of order are never sent away.
//!
//! Why it ends. With a free way to its goal and on to its home, the champion needs nobody, and
//! all others may go on outside that way. Otherwise others move only while the shared fuel
//! lasts, which is filled up again only when somebody reaches a goal; after that all stand but
//! the champion, or the one vehicle sent home, and each of these steps is finite.

use super::roadmap::Node;
use super::traffic::{Agent, Task, Traffic};

/// Grants to bystanders between two goals reached, for each vehicle, while a rescue is on.
const FUEL_EACH: u64 = 8;

/// The one rescue under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rescue {
    champion: usize,
    stage: Stage,
    /// Nodes only the rescued may enter.
    reserved: Vec<Node>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The champion drives to its goal; when `returns`, its way home is free and reserved too.
    Through { goal: Node, returns: bool },
    /// This vehicle drives towards home (`None`: wait for those that still drive) until the
    /// champion's way is free.
    Clearing { retreating: Option<usize> },
}

impl Traffic {
    /// Bystanders may move again: somebody has got somewhere.
    pub(super) fn refuel(&mut self) {
        self.fuel = FUEL_EACH * self.agents.len() as u64;
    }

    /// Where the vehicle is to go now: its goal, or home while it makes way.
    pub(super) fn target(&self, vehicle: usize) -> Option<Node> {
        match self.retreating() {
            Some(retreating) if retreating == vehicle => Some(self.agents[vehicle].home),
            _ => self.agents[vehicle].goal(),
        }
    }

    fn retreating(&self) -> Option<usize> {
        match self.rescue.as_ref()?.stage {
            Stage::Clearing { retreating } => retreating,
            Stage::Through { .. } => None,
        }
    }

    /// Whether the vehicle wants a node and no rescue holds it back.
    pub(super) fn may_move(&self, vehicle: usize) -> bool {
        let agent = &self.agents[vehicle];
        if !agent.placed() || !agent.ready {
            return false;
        }
        if self.retreating() == Some(vehicle) {
            return agent.goal().is_some() && agent.held.back() != Some(&agent.home);
        }
        let Some(rescue) = &self.rescue else {
            return agent.wants();
        };
        let held_back = match rescue.stage {
            Stage::Through { returns: true, .. } => false,
            Stage::Through { .. } => rescue.champion != vehicle && self.fuel == 0,
            Stage::Clearing { .. } => rescue.champion == vehicle || self.fuel == 0,
        };
        agent.wants() && !held_back
    }

    /// Whether `node` is reserved for somebody else.
    pub(super) fn kept_from(&self, node: Node, vehicle: usize) -> bool {
        let rescue = self.rescue.as_ref().filter(|_| !self.rescued(vehicle));
        rescue.is_some_and(|rescue| rescue.reserved.contains(&node))
    }

    /// Whether the vehicle moves as part of a rescue, for which only getting home matters.
    pub(super) fn rescued(&self, vehicle: usize) -> bool {
        self.rescue
            .as_ref()
            .is_some_and(|rescue| match rescue.stage {
                Stage::Through { .. } => rescue.champion == vehicle,
                Stage::Clearing { retreating } => retreating == Some(vehicle),
            })
    }

    /// Whether the vehicle is a champion that needs nobody: its moves are safe by construction.
    pub(super) fn carefree(&self, vehicle: usize) -> bool {
        let stage = self.rescue.as_ref().map(|rescue| rescue.stage);
        matches!(stage, Some(Stage::Through { returns: true, .. })) && self.rescued(vehicle)
    }

    /// A bystander was granted a node.
    pub(super) fn burn(&mut self, vehicle: usize) {
        let stage = self.rescue.as_ref().map(|rescue| rescue.stage);
        let free = matches!(stage, None | Some(Stage::Through { returns: true, .. }));
        if !free && !self.rescued(vehicle) {
            self.fuel = self.fuel.saturating_sub(1);
        }
    }

    /// Ends, continues or turns the rescue under way according to where everyone is now.
    pub(super) fn review_rescue(&mut self) {
        let Some(Rescue {
            champion, stage, ..
        }) = self.rescue
        else {
            return;
        };
        let agent = &self.agents[champion];
        let Some(target) = agent.goal().filter(|goal| agent.held.back() != Some(goal)) else {
            self.rescue = None;
            return;
        };
        match stage {
            Stage::Through { goal, .. } if goal != target => self.rescue = None,
            Stage::Through { .. } => {
                if agent.ready && agent.standing() && !self.through(champion) {
                    self.clear_way(champion);
                }
            }
            Stage::Clearing { retreating } => {
                if self.through(champion) {
                    return;
                }
                let done = retreating.is_none_or(|vehicle| {
                    let agent = &self.agents[vehicle];
                    agent.goal().is_none() || agent.held.iter().eq([&agent.home])
                });
                if done {
                    self.clear_way(champion);
                }
            }
        }
    }

    /// The vehicle to rescue: the longest standing one when nobody moves, or a starved one.
    pub(super) fn in_need(&self, granted: bool) -> Option<usize> {
        if self.rescue.is_some() && granted {
            return None;
        }
        let moving = |a: &Agent| {
            let settling = !a.ready && a.goal().is_some_and(|goal| a.held.back() != Some(&goal));
            a.placed() && a.task != Task::Stuck && (a.held.len() > 1 || settling)
        };
        let stalled = !granted && !self.agents.iter().any(moving);
        let patience = 100 + 40 * self.agents.len() as u64;
        let needs = |&v: &usize| {
            let agent = &self.agents[v];
            let starved = self.rescue.is_none() && agent.waits > patience;
            agent.placed() && agent.standing() && agent.wants() && (stalled || starved)
        };
        (0..self.agents.len())
            .filter(needs)
            .min_by_key(|&v| (self.agents[v].since, v))
    }

    /// Starts a rescue of `first` or, when nothing can be done for it, of the next in age.
    pub(super) fn start_rescue(&mut self, first: usize) -> bool {
        let mut turn: Vec<usize> = (0..self.agents.len()).collect();
        turn.retain(|&v| self.agents[v].placed() && self.agents[v].standing());
        turn.retain(|&v| self.agents[v].wants());
        turn.sort_by_key(|&v| (v != first, self.agents[v].since, v));
        for champion in turn {
            self.agents[champion].waits = 0;
            if self.through(champion) || self.clear_way(champion) {
                return true;
            }
        }
        self.rescue = None;
        false
    }

    /// Lets the champion drive when its way is free and leaves everyone a way home.
    fn through(&mut self, champion: usize) -> bool {
        let Some(goal) = self.agents[champion].goal() else {
            return false;
        };
        let from = *self.agents[champion].held.back().expect("placed");
        let Some(way) = self.free_way(champion, from, goal) else {
            return false;
        };
        let home = self.agents[champion].home;
        let back = self.free_way(champion, goal, home);
        let safe = back.is_some() || way.iter().all(|&node| self.home_safe_after(champion, node));
        if !safe {
            return false;
        }
        let returns = back.is_some();
        let reserved = way.iter().copied().chain(back.into_iter().flatten());
        self.rescue = Some(Rescue {
            champion,
            stage: Stage::Through { goal, returns },
            reserved: reserved.collect(),
        });
        self.set_route(champion, goal, way);
        true
    }

    /// Sends the next vehicle home that can go and may be sent; `false` when that cannot help.
    fn clear_way(&mut self, champion: usize) -> bool {
        self.rescue = None;
        let Some(wanted) = self.clearable(champion) else {
            return false;
        };
        let order = self.check(None, false).order;
        let sendable = |&v: &usize| {
            let agent = &self.agents[v];
            let away = agent.held.back() != Some(&agent.home);
            agent.ready && agent.goal().is_some() && away
        };
        let mut candidates: Vec<usize> = order.into_iter().filter(sendable).collect();
        // Those in the way first, the champion itself last.
        let in_way = |v: usize| self.agents[v].held.iter().any(|node| wanted.contains(node));
        candidates.sort_by_key(|&v| (v == champion, !in_way(v)));
        for retreating in candidates {
            let (from, home) = (
                self.agents[retreating].held.back(),
                self.agents[retreating].home,
            );
            let from = *from.expect("placed");
            if let Some(way) = self.free_way(retreating, from, home) {
                self.rescue = Some(Rescue {
                    champion,
                    stage: Stage::Clearing {
                        retreating: Some(retreating),
                    },
                    reserved: wanted.into_iter().chain(way.iter().copied()).collect(),
                });
                self.set_route(retreating, home, way);
                return true;
            }
        }
        let unsettled = self.agents.iter().any(|agent| {
            agent.placed() && agent.goal().is_some() && (!agent.standing() || !agent.ready)
        });
        if unsettled {
            self.rescue = Some(Rescue {
                champion,
                stage: Stage::Clearing { retreating: None },
                reserved: wanted,
            });
        }
        unsettled
    }

    fn set_route(&mut self, vehicle: usize, target: Node, way: Vec<Node>) {
        let agent = &mut self.agents[vehicle];
        agent.route = way.into();
        agent.routed_to = Some(target);
    }

    /// The way the champion would have if everyone who may be sent home were there.
    fn clearable(&self, champion: usize) -> Option<Vec<Node>> {
        let goal = self.agents[champion].goal()?;
        let from = *self.agents[champion].held.back()?;
        let may = |node| {
            let holder = self.claims.holder(node).filter(|&by| by != champion);
            self.may_ever(champion, node)
                && holder.is_none_or(|by| self.agents[by].goal().is_some())
        };
        let found = self.map.shortest(from, goal, may, |_, _| 0);
        found.map(|(_, way)| way)
    }

    fn free_way(&self, vehicle: usize, from: Node, to: Node) -> Option<Vec<Node>> {
        let may = |node| self.may_ever(vehicle, node) && self.claims.free_for(node, vehicle);
        let found = self.map.shortest(from, to, may, |_, _| 0);
        found.map(|(_, way)| way)
    }
}
