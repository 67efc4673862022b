//! What can be promised of an article, read without holding anything: the sites
//! with their hours, and what their pools can give. Deliberately absent: splitting
//! a basket over sites; the quote at checkout asks `promise`.

use super::{basket::Place, choices::CHANNEL};
use crate::{
    catalog::Article,
    kernel::{Coord, Fault, SkuId, Time},
    network::{self, NEXT_DAY, SAME_DAY, Service, Site, SiteKind},
    stock::{self, Pool, Supply},
    store::Sql,
    web::{
        assets, format,
        i18n::Words,
        shop::view::{Card, When},
    },
};

/// Fewer than this are named, so that nobody is surprised.
const FEW: i64 = 6;

/// All sites with their services, as of now.
pub struct Shelf {
    sites: Vec<(Site, Vec<Service>)>,
    /// Where to.
    pub place: Place,
    /// Now.
    pub now: Time,
}

/// The best answer for one article.
#[derive(Debug, Clone)]
pub struct Best {
    /// Which site.
    pub site: Site,
    /// When it would arrive.
    pub window: (Time, Time),
    /// The last moment for it, if one lies ahead today.
    pub order_by: Option<Time>,
    /// What that site can give.
    pub available: i64,
}

impl Shelf {
    /// Reads the sites; a visitor without a place is thought to live near the
    /// first forward site.
    pub async fn load(sql: &mut Sql, place: Option<Place>, now: Time) -> Result<Self, Fault> {
        let services = network::all_services(sql).await?;
        let of = |site: &Site| -> Vec<Service> {
            services.iter().filter(|(id, _)| *id == site.id).map(|(_, service)| service.clone()).collect()
        };
        let sites: Vec<(Site, Vec<Service>)> =
            network::sites(sql).await?.into_iter().map(|site| (of(&site), site)).map(|(s, site)| (site, s)).collect();
        let near = sites.iter().find(|(site, _)| site.kind == SiteKind::Forward).or(sites.first());
        let coord = near.map_or(Coord { lat: 0.0, lon: 0.0 }, |(site, _)| site.coord);
        Ok(Self { sites, place: place.unwrap_or(Place { coord, label: String::new() }), now })
    }

    /// The earliest arrival from a site that has at least one; the nearer site
    /// where two are equal.
    pub fn best(&self, pools: &[Pool], service: &str) -> Option<Best> {
        self.best_of(service, |site| pools.iter().find(|pool| pool.site == site.id).map_or(0, Pool::available))
    }

    /// The earliest window any site offers, whatever it has.
    pub fn soonest(&self) -> Option<Best> {
        self.best_of(SAME_DAY, |_| 1).or_else(|| self.best_of(NEXT_DAY, |_| 1))
    }

    fn best_of(&self, service: &str, has: impl Fn(&Site) -> i64) -> Option<Best> {
        let able = self.sites.iter().filter(|(site, _)| site.ships() && has(site) > 0);
        let offers = able.filter_map(|(site, services)| {
            let own = services.iter().find(|own| own.service == service)?;
            let slot = network::slot(site, own, self.now)?;
            Some((slot.window, site.coord.metres_to(self.place.coord), site, own))
        });
        let first = offers.min_by(|a, b| a.0.0.cmp(&b.0.0).then(a.1.total_cmp(&b.1)));
        first.map(|(window, _, site, own)| Best {
            site: site.clone(),
            window,
            order_by: cut_off(site, own, self.now),
            available: has(site),
        })
    }

    /// Pick-up points that have room, the nearest first.
    pub fn points(&self) -> Vec<&Site> {
        let open = |site: &&Site| {
            site.active && site.kind == SiteKind::PickupPoint && site.compartments_taken < site.compartments
        };
        let mut points: Vec<&Site> = self.sites.iter().map(|(site, _)| site).filter(open).collect();
        points.sort_by(|a, b| a.coord.metres_to(self.place.coord).total_cmp(&b.coord.metres_to(self.place.coord)));
        points
    }

    /// Metres from a site to the visitor.
    pub fn metres(&self, site: &Site) -> i64 {
        // Half the earth is 20 million metres.
        #[allow(clippy::cast_possible_truncation)]
        let metres = site.coord.metres_to(self.place.coord).round() as i64;
        metres
    }

    /// When an article would come, in a few words.
    pub fn when(&self, t: Words, pools: &[Pool]) -> When {
        let sum: i64 = pools.iter().map(|pool| pool.available().max(0)).sum();
        let day = self.best(pools, SAME_DAY).map(|best| (best, true));
        let Some((best, quick)) = day.or_else(|| self.best(pools, NEXT_DAY).map(|best| (best, false))) else {
            return When { k: "x", icon: "cross", text: t.get("shop.sold_out").to_owned(), sold_out: true };
        };
        let at = format::near_from(t, self.now, best.window.0, &best.site.time_zone);
        if sum < FEW {
            return When { k: "warn", icon: "warn", text: t.put2("shop.few_left", at, sum), sold_out: false };
        }
        let (k, icon) = if quick { ("ok", "check") } else { ("ask", "wait") };
        When { k, icon, text: at, sold_out: false }
    }

    /// The same, and if nothing is there, when what is announced of it ships.
    pub async fn when_or_ahead(&self, sql: &mut Sql, t: Words, article: SkuId, pools: &[Pool]) -> Result<When, Fault> {
        let when = self.when(t, pools);
        if !when.sold_out {
            return Ok(when);
        }
        let announced = stock::announced(sql, article, CHANNEL).await?;
        let site = |supply: &Supply| self.sites.iter().map(|(site, _)| site).find(|site| site.id == supply.site);
        let first = announced.first().and_then(|supply| Some((supply.not_before.max(self.now), site(supply)?)));
        let Some((from, site)) = first else { return Ok(when) };
        let text = t.put("shop.ships_from", format::near_day(t, self.now, from, &site.time_zone));
        Ok(When { k: "ask", icon: "wait", text, sold_out: false })
    }

    /// An article as it lies on the shelf.
    pub async fn card(&self, sql: &mut Sql, t: Words, article: &Article) -> Result<Card, Fault> {
        let pools = stock::pools_of(sql, article.id).await?;
        Ok(Card {
            code: article.code.clone(),
            path: assets::path_part(&article.code),
            name: t.name(&article.name.en, &article.name.zh).to_owned(),
            image: article.image.clone(),
            price: format::money(article.price_minor),
            size: format::weight(article.weight_g),
            when: self.when_or_ahead(sql, t, article.id, &pools).await?,
        })
    }

    /// Cards of many articles.
    pub async fn cards(&self, sql: &mut Sql, t: Words, articles: &[Article]) -> Result<Vec<Card>, Fault> {
        let mut cards = Vec::new();
        for article in articles {
            cards.push(self.card(sql, t, article).await?);
        }
        Ok(cards)
    }
}

/// The last minute of today's orders, if it still lies ahead.
fn cut_off(site: &Site, service: &Service, now: Time) -> Option<Time> {
    let local = format::zoned(now, &site.time_zone);
    let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
    let left = service.cutoff_minute - minute;
    (left > 0 && service.cutoff_minute < 24 * 60).then(|| now.plus_ms(left * 60_000))
}
