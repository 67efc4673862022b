//! Getting a stalled or starved vehicle to its goal: reserve its way, clear it if need be.
//!
//! Deliberately absent: vehicles that are busy or out of order are never sent away.

use super::roadmap::Node;
use super::traffic::{Task, Traffic};

/// The one rescue under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rescue {
    None,
    /// The champion drives to its goal; everyone else stops at the end of what is granted.
    Through {
        champion: usize,
        goal: Node,
    },
    /// `retreating` drives towards home (`None`: wait for those that still drive); everyone else
    /// is held until the champion's way is free.
    Clearing {
        champion: usize,
        retreating: Option<usize>,
    },
}

impl Traffic {
    /// Where the vehicle is to go now: its goal, or home while it makes way.
    pub(super) fn target(&self, vehicle: usize) -> Option<Node> {
        match self.rescue {
            Rescue::Clearing { retreating, .. } if retreating == Some(vehicle) => {
                Some(self.agents[vehicle].home)
            }
            _ => self.agents[vehicle].goal(),
        }
    }

    /// Whether the vehicle wants a node and no rescue holds it back.
    pub(super) fn may_move(&self, vehicle: usize) -> bool {
        let agent = &self.agents[vehicle];
        if !agent.placed() || !agent.ready {
            return false;
        }
        match self.rescue {
            Rescue::Clearing { retreating, .. } => {
                retreating == Some(vehicle)
                    && agent.goal().is_some()
                    && agent.held.back() != Some(&agent.home)
            }
            Rescue::Through { champion, .. } => champion == vehicle && agent.wants(),
            Rescue::None => agent.wants(),
        }
    }

    /// Whether the vehicle moves as part of a rescue, for which only getting home matters.
    pub(super) fn rescued(&self, vehicle: usize) -> bool {
        match self.rescue {
            Rescue::None => false,
            Rescue::Through { champion, .. } => champion == vehicle,
            Rescue::Clearing { retreating, .. } => retreating == Some(vehicle),
        }
    }

    /// Ends, continues or turns the rescue under way according to where everyone is now.
    pub(super) fn review_rescue(&mut self) {
        match self.rescue.clone() {
            Rescue::None => {}
            Rescue::Through { champion, goal } => {
                let agent = &self.agents[champion];
                if agent.goal() != Some(goal) || agent.held.back() == Some(&goal) {
                    self.rescue = Rescue::None;
                } else if agent.ready && agent.standing() && !self.through(champion) {
                    self.clear_way(champion);
                }
            }
            Rescue::Clearing {
                champion,
                retreating,
            } => {
                let agent = &self.agents[champion];
                if agent
                    .goal()
                    .is_none_or(|goal| agent.held.back() == Some(&goal))
                {
                    self.rescue = Rescue::None;
                    return;
                }
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
        if self.rescue != Rescue::None && granted {
            return None;
        }
        let moving = |a: &super::traffic::Agent| {
            let settling = !a.ready && a.goal().is_some_and(|goal| a.held.back() != Some(&goal));
            a.placed() && a.task != Task::Stuck && (a.held.len() > 1 || settling)
        };
        let stalled = !granted && !self.agents.iter().any(moving);
        let patience = 50 + 12 * self.agents.len() as u64;
        let needs = |&v: &usize| {
            let agent = &self.agents[v];
            let starved = self.rescue == Rescue::None && agent.waits > patience;
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
        self.rescue = Rescue::None;
        false
    }

    /// Lets the champion drive when its way is free and safe at every node: as nobody else moves
    /// meanwhile, it then arrives.
    fn through(&mut self, champion: usize) -> bool {
        let Some(goal) = self.agents[champion].goal() else {
            return false;
        };
        let Some(way) = self.free_way(champion, goal) else {
            return false;
        };
        if !way.iter().all(|&node| self.home_safe_after(champion, node)) {
            return false;
        }
        let agent = &mut self.agents[champion];
        agent.route = way.into();
        agent.routed_to = Some(goal);
        self.rescue = Rescue::Through { champion, goal };
        true
    }

    /// Sends the next vehicle home that can go and may be sent; `false` when that cannot help.
    fn clear_way(&mut self, champion: usize) -> bool {
        self.rescue = Rescue::None;
        if !self.clearable(champion) {
            return false;
        }
        let order = self.check(None, false).order;
        let sendable = |&v: &usize| {
            let agent = &self.agents[v];
            let away = agent.held.back() != Some(&agent.home);
            agent.ready && agent.goal().is_some() && away
        };
        let mut candidates: Vec<usize> = order.into_iter().filter(sendable).collect();
        candidates.sort_by_key(|&v| v == champion);
        for retreating in candidates {
            let home = self.agents[retreating].home;
            if let Some(way) = self.free_way(retreating, home) {
                let agent = &mut self.agents[retreating];
                agent.route = way.into();
                agent.routed_to = Some(home);
                let retreating = Some(retreating);
                self.rescue = Rescue::Clearing {
                    champion,
                    retreating,
                };
                return true;
            }
        }
        let unsettled = self.agents.iter().any(|agent| {
            agent.placed() && agent.goal().is_some() && (!agent.standing() || !agent.ready)
        });
        if unsettled {
            let retreating = None;
            self.rescue = Rescue::Clearing {
                champion,
                retreating,
            };
        }
        unsettled
    }

    /// Whether the champion's way would be free if everyone who may be sent home were there.
    fn clearable(&mut self, champion: usize) -> bool {
        let Some(goal) = self.agents[champion].goal() else {
            return false;
        };
        let from = *self.agents[champion].held.back().expect("placed");
        let may = |node| {
            let holder = self.claims.holder(node).filter(|&by| by != champion);
            self.may_ever(champion, node)
                && holder.is_none_or(|by| self.agents[by].goal().is_some())
        };
        let found = self.map.shortest(from, goal, may, |_| 0);
        found.is_some()
    }

    fn free_way(&self, vehicle: usize, to: Node) -> Option<Vec<Node>> {
        let from = *self.agents[vehicle].held.back()?;
        let may = |node| self.may_ever(vehicle, node) && self.claims.free_for(node, vehicle);
        self.map
            .shortest(from, to, may, |_| 0)
            .map(|(_, nodes)| nodes)
    }
}
