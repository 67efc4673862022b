//! What is asked of sourcing and what it answers. Pure.

use std::sync::Arc;

use serde::Serialize;
use solver::sourcing;

use super::share::Shares;
use crate::{kernel::*, network::Site, refusals, stock::Pool};

/// Units wanted of one article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// What.
    pub sku: SkuId,
    /// How much.
    pub quantity: i64,
}

/// A basket and where it should go.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where it is sold: a channel takes from its pools alone.
    pub channel: String,
    /// What; each article once.
    pub lines: Vec<Demand>,
    /// The door or pick-up point.
    pub destination: Coord,
    /// same_day, next_day.
    pub service: String,
    /// May one line come from several sites?
    pub divisible: bool,
}

/// One site's share of one line.
#[derive(Debug, Clone, Serialize)]
pub struct Part {
    /// Index of the line in the request.
    pub line: usize,
    /// What.
    pub sku: SkuId,
    /// From where.
    pub site: SiteId,
    /// The delivery that brings it there; `None` if it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supply: Option<AsnId>,
    /// How much.
    pub quantity: i64,
    /// When it must leave the site.
    pub due_at: Time,
}

/// The answer: parts, what is nowhere to be had, and the promise.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Who ships what.
    pub parts: Vec<Part>,
    /// Articles that are short, and by how much.
    pub short: Vec<(SkuId, i64)>,
    /// The latest moment of arrival.
    pub promised_by: Time,
    /// The window told to the shopper.
    pub window: (Time, Time),
    /// For the decision record: request, candidates, cost, bound, time.
    pub choice: crate::decisions::Choice,
}

refusals! {
    /// Why nothing can be promised.
    Refusal {
        /// No site offers the service now.
        NoService { service: String } => "promise.no_service", 409, "No site offers {service} to this address now; choose another service.";
        /// No such pool of sites.
        NoPool { pool: String } => "pool.unknown", 422, "There is no pool {pool}; define it first.";
        /// A rule that makes no sense.
        BadPool { field: &'static str } => "pool.invalid", 422, "{field} is missing, stands twice, or is out of bounds.";
        /// The model cannot be solved.
        Unsolvable { reason: String } => "promise.unsolvable", 422, "This basket cannot be sourced: {reason}.";
    }
}

/// A site that could take part: its slot and what it has of each line.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The site.
    pub site: Arc<Site>,
    /// When goods must leave.
    pub ready_by: Time,
    /// When they arrive.
    pub window: (Time, Time),
    /// Available of each line.
    pub available: Vec<i64>,
}

impl Offer {
    /// What a parcel from here costs to its door, in minor units: a base, and a
    /// rate for each kilometre as the crow flies.
    pub fn parcel_cost(&self, destination: Coord) -> i64 {
        let metres = self.site.coord.metres_to(destination);
        // Metres fit: half the earth is 20 million.
        #[allow(clippy::cast_possible_truncation)]
        let km_milli = metres.round() as i64;
        self.site.ship_cost_minor + self.site.cost_per_km_minor * km_milli / 1000
    }
}

/// The solver's model of a request.
pub fn problem(request: &Request, offers: &[Offer], now: Time) -> sourcing::Problem {
    let sites = offers
        .iter()
        .map(|offer| sourcing::Site {
            available: offer.available.clone(),
            fixed_cost: offer.parcel_cost(request.destination),
            line_cost: 20,
            unit_cost: 0,
            eta_ms: offer.window.1.since(now).max(0),
            line_capacity: None,
        })
        .collect();
    sourcing::Problem {
        lines: request.lines.iter().map(|line| sourcing::Line { quantity: line.quantity }).collect(),
        sites,
        late_after_ms: None,
        late_cost: 0,
        max_sites: offers.len().min(3),
        divisible: request.divisible,
    }
}

/// What the pools can give a channel of each line at a site.
pub fn available_at(site: SiteId, pools: &[Vec<Pool>], shares: &Shares, channel: &str) -> Vec<i64> {
    pools
        .iter()
        .map(|of_line| of_line.iter().find(|pool| pool.site == site).map_or(0, |pool| shares.free(channel, pool)))
        .collect()
}
