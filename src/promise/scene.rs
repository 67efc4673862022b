//! Planning many baskets in one transaction: sites, pools and hours are read once,
//! each basket is planned in memory on what the ones before it left, and what was
//! taken is written at the end. The plans are those of [`super::plan`].
//!
//! Deliberately absent: writing pools; who holds the goods does that, and its guard
//! tells when the scene was out of date.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Instant,
};

use jiff::tz::TimeZone;
use solver::sourcing;

use super::{
    ahead::free_of,
    model::*,
    plan::{assemble, no_room},
    share::Shares,
};
use crate::{
    decisions::Candidate,
    kernel::*,
    network::{self, HourBook, Site, Slot, TakenHours},
    stock::{self, Pool, Supply},
    store::Tx,
};

/// What planning looks at.
pub struct Scene {
    now: Time,
    sites: Vec<(Arc<Site>, TimeZone)>,
    /// By service: the sites that offer it now, by place in `sites`.
    slots: HashMap<String, Vec<(usize, Slot)>>,
    pools: HashMap<SkuId, Vec<Pool>>,
    hours: HourBook,
    shares: Shares,
    /// What is announced, with a channel that may sell it.
    announced: Vec<(String, Supply)>,
}

/// A plan, and the hours it needs.
pub struct Drawn {
    /// Who ships what.
    pub plan: Plan,
    hours: Vec<(SiteId, Time, i64)>,
}

impl Scene {
    /// Reads what is needed to plan baskets of these articles.
    pub async fn read(tx: &mut Tx, skus: &BTreeSet<SkuId>) -> Result<Self, Fault> {
        let now = tx.now();
        let sites: Vec<_> = network::sites(tx.sql())
            .await?
            .into_iter()
            .map(|site| {
                let zone = site.zone();
                (Arc::new(site), zone)
            })
            .collect();
        let services = network::all_services(tx.sql()).await?;
        let mut slots: HashMap<String, Vec<(usize, Slot)>> = HashMap::new();
        let mut spans: HashMap<SiteId, Time> = HashMap::new();
        for (at, (site, _)) in sites.iter().enumerate().filter(|(_, (site, _))| site.ships()) {
            for (_, service) in services.iter().filter(|(of, service)| *of == site.id && service.open) {
                if let Some(slot) = network::slot(site, service, now) {
                    slots.entry(service.service.clone()).or_default().push((at, slot));
                    let by = spans.entry(site.id).or_insert(slot.ready_by);
                    *by = slot.ready_by.max(*by);
                }
            }
        }
        let spans: Vec<_> = spans.into_iter().map(|(site, by)| (site, now, by)).collect();
        let hours = HourBook::read(tx, &spans).await?;
        let shares = super::shares(tx.sql()).await?;
        let (pools, announced) = (HashMap::with_capacity(skus.len()), Vec::new());
        let mut scene = Self { now, sites, slots, pools, hours, shares, announced };
        scene.add_pools(tx, skus).await?;
        Ok(scene)
    }

    /// Reads the pools of more articles, and what is announced; each article once.
    pub async fn add_pools(&mut self, tx: &mut Tx, skus: &BTreeSet<SkuId>) -> Result<(), Fault> {
        for pool in stock::pools_of_all(tx, skus.iter().copied()).await? {
            self.pools.entry(pool.sku).or_default().push(pool);
        }
        self.announced.extend(stock::supplies_among(tx, skus).await?);
        Ok(())
    }

    /// A site by its code, in any case.
    pub fn site_by_code(&self, code: &str) -> Option<&Site> {
        let code = code.trim().to_uppercase();
        self.sites.iter().map(|(site, _)| &**site).find(|site| site.code == code)
    }

    /// The code of a site.
    pub fn code_of(&self, id: SiteId) -> &str {
        self.sites.iter().find(|(site, _)| site.id == id).map_or("", |(site, _)| &site.code)
    }

    /// What is left of an article for a channel, at all sites and of what is announced.
    pub fn free(&self, channel: &str, sku: SkuId) -> i64 {
        let of = self.pools.get(&sku).map(Vec::as_slice).unwrap_or_default();
        of.iter().map(|pool| self.shares.free(channel, pool)).sum::<i64>() + self.free_ahead(channel, sku)
    }

    /// What a channel may still sell of an article before it is here.
    pub fn free_ahead(&self, channel: &str, sku: SkuId) -> i64 {
        let mut of: Vec<&Supply> = self
            .announced
            .iter()
            .filter(|(whose, supply)| supply.sku == sku && (whose == channel || whose == "*"))
            .map(|(_, supply)| supply)
            .collect();
        of.sort_by_key(|supply| supply.asn);
        of.dedup_by_key(|supply| supply.asn);
        of.into_iter().map(|supply| free_of(&self.shares, channel, supply)).sum()
    }

    /// Plans a basket on what is left; nothing is taken yet. Refusals as in
    /// [`super::plan`].
    pub fn plan(&mut self, request: &Request) -> Result<Drawn, Stop> {
        let started = Instant::now();
        let mut offers = self.offers(request);
        let mut full: Vec<Candidate> = Vec::new();
        loop {
            if offers.is_empty() {
                return Err(Refusal::NoService { service: request.service.clone() }.into());
            }
            let answer = sourcing::solve(&problem(request, &offers, self.now))
                .map_err(|error| Refusal::Unsolvable { reason: error.to_string() })?;
            match self.find_hours(&offers, &answer) {
                Ok(hours) => {
                    let plan = assemble(request, &offers, &answer, full, self.now, started);
                    return Ok(Drawn { plan, hours });
                }
                Err(index) => full.push(no_room(&offers.remove(index))),
            }
        }
    }

    fn offers(&self, request: &Request) -> Vec<Offer> {
        let available = |site: SiteId| {
            let of = |line: &Demand| self.pools.get(&line.sku)?.iter().find(|pool| pool.site == site);
            request
                .lines
                .iter()
                .map(|line| of(line).map_or(0, |pool| self.shares.free(&request.channel, pool)))
                .collect()
        };
        let slots = self.slots.get(&request.service).map(Vec::as_slice).unwrap_or_default();
        let offer = |(at, slot): &(usize, Slot)| {
            let site = Arc::clone(&self.sites[*at].0);
            Offer { available: available(site.id), site, ready_by: slot.ready_by, window: slot.window }
        };
        slots.iter().map(offer).collect()
    }

    /// An hour at each site that takes part, or the index of one without room.
    fn find_hours(&mut self, offers: &[Offer], answer: &sourcing::Plan) -> Result<Vec<(SiteId, Time, i64)>, usize> {
        let mut found = Vec::new();
        for (index, offer) in offers.iter().enumerate() {
            let parts = answer.parts.iter().filter(|part| part.site == index).count();
            let lines = i64::try_from(parts).unwrap_or(i64::MAX);
            if lines == 0 {
                continue;
            }
            let zone = self.sites.iter().find(|(site, _)| site.id == offer.site.id).map(|(_, zone)| zone);
            let zone = zone.expect("offers are of our sites");
            let hours = self.hours.find(&offer.site, zone, self.now, offer.ready_by, lines).ok_or(index)?;
            found.extend(hours.into_iter().map(|(hour, lines)| (offer.site.id, hour, lines)));
        }
        Ok(found)
    }

    /// Takes goods and hours of a plan, so that the next basket sees what is left.
    pub fn take(&mut self, drawn: &Drawn) {
        for (site, hour, lines) in &drawn.hours {
            self.hours.take(*site, *hour, *lines);
        }
        for part in &drawn.plan.parts {
            let pools = self.pools.get_mut(&part.sku);
            if let Some(pool) = pools.and_then(|pools| pools.iter_mut().find(|pool| pool.site == part.site)) {
                pool.held += part.quantity;
            }
        }
    }

    /// The hours that were taken since this was last asked: to be written by
    /// [`network::write_hours`].
    pub fn taken_hours(&mut self) -> TakenHours {
        self.hours.taken()
    }
}
