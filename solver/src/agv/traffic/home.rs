//! Who still gets home after a grant, played forward vehicle by vehicle.

use super::*;

impl Traffic {
    /// The vehicle's route and from its end home, beginning after `granted` or after what it
    /// holds.
    pub(in crate::agv) fn path_home(&mut self, vehicle: usize, granted: Option<Node>) -> Option<Vec<Node>> {
        let agent = &self.agents[vehicle];
        let Some(at) = granted.or(agent.held.back().copied()) else {
            return Some(Vec::new());
        };
        let routed = agent.goal().is_some() && agent.goal() == agent.routed_to;
        let ahead = agent.route.iter().copied();
        let skipped = usize::from(granted.is_some() && granted == agent.route.front().copied());
        let mut path: Vec<Node> = match routed {
            true => ahead.skip(skipped).collect(),
            false => Vec::new(),
        };
        let end = path.last().copied().unwrap_or(at);
        if agent.homeward_from != Some(end) {
            let may = |node| self.claims.open_to(node, vehicle);
            let found = self.open_map.shortest(end, agent.home, may, |_, _| 0);
            let (_, way) = found?;
            self.agents[vehicle].homeward = way;
            self.agents[vehicle].homeward_from = Some(end);
        }
        path.extend(&self.agents[vehicle].homeward);
        Some(path)
    }

    /// Where everyone will stand, to try out moves.
    pub(in crate::agv) fn board(&self, floor: Floor) -> Board<'_> {
        let nodes = 0..self.map.node_count();
        Board {
            map: match floor {
                Floor::AsItIs => &self.map,
                Floor::Repaired => &self.open_map,
            },
            claims: &self.claims,
            stood_on: nodes.map(|node| self.stands_on(floor, node)).collect(),
            at: self.agents.iter().map(|a| a.held.back().copied()).collect(),
            moves: Vec::new(),
        }
    }

    /// Turns a board of the floor as it is into one of the repaired floor.
    pub(in crate::agv) fn repair<'a>(&'a self, board: &mut Board<'a>) {
        board.map = &self.open_map;
        for (vehicle, agent) in self.agents.iter().enumerate() {
            for &node in &agent.held {
                if board.stood_on[node] == Some(vehicle) && board.at[vehicle] != Some(node) {
                    board.stood_on[node] = None;
                }
            }
        }
    }

    /// While edges are closed or vehicles stuck: whether everyone who can get home on the floor
    /// as it is still can after the grant.
    pub(in crate::agv) fn still_home_as_it_is(&mut self, vehicle: usize, next: Node) -> bool {
        let stuck = self.agents.iter().any(|agent| agent.task == Task::Stuck);
        let impaired = stuck || self.closed_count > 0;
        !impaired || self.no_fewer_home(Floor::AsItIs, vehicle, next)
    }

    pub(in crate::agv) fn no_fewer_home(&mut self, floor: Floor, vehicle: usize, next: Node) -> bool {
        let before = self.who_gets_home(floor, None);
        let after = self.who_gets_home(floor, Some((vehicle, next)));
        safety::no_worse(&before, &after)
    }

    pub(in crate::agv) fn who_gets_home(&mut self, floor: Floor, grant: Option<(usize, Node)>) -> Vec<bool> {
        let stand = |agent: &Agent| Stand {
            at: agent.held.back().copied(),
            home: agent.home,
            stuck: matches!(floor, Floor::AsItIs) && agent.task == Task::Stuck,
        };
        let mut stands: Vec<Stand> = self.agents.iter().map(stand).collect();
        let mut stood_on = self.board(floor).stood_on;
        if let Some((vehicle, node)) = grant {
            if let Some(left) = stands[vehicle].at.replace(node) {
                stood_on[left] = None;
            }
            stood_on[node] = Some(vehicle);
        }
        let map = match floor {
            Floor::AsItIs => &self.map,
            Floor::Repaired => &self.open_map,
        };
        let claims = &self.claims;
        safety::who_gets_home(map, claims, &stands, stood_on, &mut self.scratch)
    }

    /// Who will stand on `node` once everyone has driven what is granted; of a vehicle that is
    /// stuck now every node counts.
    pub(in crate::agv) fn stands_on(&self, floor: Floor, node: Node) -> Option<usize> {
        let by = self.claims.holder(node)?;
        let agent = &self.agents[by];
        let stuck = matches!(floor, Floor::AsItIs) && agent.task == Task::Stuck;
        (stuck || agent.held.back() == Some(&node)).then_some(by)
    }
}
