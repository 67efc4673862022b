//! A rider or a van driver: begins the shift, answers offers, fetches a load,
//! drives the route and hands over with proof.
//!
//! Which load, which way and for what pay is the server's affair; who opens the
//! door, and what the shopper says there, is known here alone.

use super::road::Way;
use super::route::{Load, Offer, Stop, View};
use crate::access::Login;
use crate::faults::Mishap;
use crate::http::{Caller, Problem};
use crate::news::ride_bell;
use crate::seed::Chance;
use crate::stage::Stage;
use crate::world::geo::LatLon;
use crate::world::people::Rider;
use crate::world::sites::{Site, SiteKind};
use rand::RngExt;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Domain time to read an offer.
const READING_MS: i64 = 8_000;
/// Domain time to scan one parcel in or out.
const SCAN_MS: i64 = 3_000;
/// Domain time at a door, from the bell to the hand-over.
const DOOR_MS: i64 = 45_000;
/// Domain time between two signs of life while idle; a silent rider is passed over.
const SIGN_OF_LIFE_MS: i64 = 120_000;
/// Domain time on the way to a warehouse between two looks for work.
const DRIFT_MS: i64 = 60_000;
/// Close enough to a warehouse to wait there.
const NEAR_M: f64 = 400.0;
/// Even without a bell a rider looks so often (wall time).
const LOOK: Duration = Duration::from_secs(4);
/// Out of so many offers one is declined, and one is left unanswered.
const DECLINED_ONE_IN: u32 = 9;
const IGNORED_ONE_IN: u32 = 23;
/// Tries at one door before the rider gives up on it.
const DOOR_TRIES: u32 = 3;
/// A picture of a door: PNG in base64.
const PHOTO: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAGElEQVR42mO4du8JVsQAoSo8NOBoMEsAALwAdsF2/piHAAAAAElFTkSuQmCC";

/// Lives until the run is over.
pub async fn live(stage: Arc<Stage>, login: Login, rider: Rider) {
    let persona = if rider.vehicle.is_some() { "driver" } else { "rider" };
    let Some((caller, id)) = stage.sign_in(persona, &login, None).await else { return };
    let chance = stage.chance(&format!("rider {}", login.login));
    let at = LatLon { lat: rider.lat, lon: rider.lon };
    Riding { stage, caller, login: login.login, id, rider, chance, at }.live().await;
}

struct Riding {
    stage: Arc<Stage>,
    caller: Caller,
    login: String,
    /// `usr_...`.
    id: String,
    rider: Rider,
    chance: Chance,
    at: LatLon,
}

impl Riding {
    async fn live(&mut self) {
        while !self.begin_shift().await {
            if !self.stage.rest(30_000).await {
                return;
            }
        }
        let bell = self.stage.news.bell(&ride_bell(&self.id));
        while !self.stage.stop.is_cancelled() {
            match self.look().await {
                Some(View { load: Some(load), .. }) if self.carry(&load).await => continue,
                Some(View { load: None, offer: Some(offer) }) if self.answer(&offer).await => continue,
                Some(View { load: None, offer: None }) if self.drift().await => continue,
                _ => {}
            }
            self.report().await;
            tokio::select! {
                () = self.stage.stop.cancelled() => return,
                () = bell.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
                _ = self.stage.rest(SIGN_OF_LIFE_MS) => {}
            }
        }
    }

    /// The nearest warehouse, and how far it is in metres.
    fn nearest_site(&self) -> Option<(&Site, f64)> {
        let world = &self.stage.world;
        let plane = world.city.plane();
        let here = plane.to_point(self.at);
        let away = |site: &Site| plane.to_point(site.place()).distance(here);
        let sites = world.sites.iter().filter(|site| site.kind != SiteKind::PickupPoint);
        sites.map(|site| (site, away(site))).min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Without work a rider goes where work begins: a little of the way, then looks
    /// again. False if there already.
    async fn drift(&mut self) -> bool {
        let Some((site, away_m)) = self.nearest_site() else { return false };
        if away_m < NEAR_M {
            return false;
        }
        let way = Way::straight(self.rider.ride, self.at, site.place());
        let whole_ms = way.whole_ms().max(1);
        let here = way.at(DRIFT_MS as f64 / whole_ms as f64);
        if !self.stage.rest(DRIFT_MS.min(whole_ms)).await {
            return false;
        }
        self.at = here;
        self.report().await;
        true
    }

    /// Begins the shift at the nearest warehouse, or in the van that waits there.
    async fn begin_shift(&self) -> bool {
        let Some((site, _)) = self.nearest_site() else { return false };
        let mut body = json!({
            "on": true, "lat": self.at.lat, "lon": self.at.lon, "site": site.code, "cold": self.rider.insulated,
        });
        if let Some(van) = &self.rider.vehicle {
            body["vehicle"] = json!(van);
        }
        let done = self.caller.post("/api/v1/rider/shift", &self.stage.key(&self.login), &body).await;
        done.map_err(|problem| self.stage.surprise(&self.login, "beginning the shift", &problem)).is_ok()
    }

    async fn look(&self) -> Option<View> {
        match self.caller.get("/api/v1/rider").await {
            Ok(view) => serde_json::from_value(view)
                .map_err(|error| self.stage.trouble("sim.rider_view", &self.login, error.to_string()))
                .ok(),
            Err(problem) => {
                self.stage.surprise(&self.login, "looking", &problem);
                None
            }
        }
    }

    async fn report(&self) {
        let body = json!({ "lat": self.at.lat, "lon": self.at.lon });
        if let Err(problem) = self.caller.post("/api/v1/rider/position", "", &body).await {
            self.stage.surprise(&self.login, "reporting a position", &problem);
        }
    }

    /// Answers an offer, or lets it run out; false if there is nothing to go on with.
    async fn answer(&mut self, offer: &Offer) -> bool {
        self.stage.pass(READING_MS).await;
        if self.chance.random_range(0..IGNORED_ONE_IN) == 0 {
            // The phone is in the pocket until the offer has run out.
            return self.stage.rest((offer.expires_at_ms - self.stage.now_ms()).max(0)).await;
        }
        let word = if self.chance.random_range(0..DECLINED_ONE_IN) == 0 { "decline" } else { "accept" };
        match self.command(&format!("/api/v1/offers/{}/{word}", offer.id), json!({})).await {
            Ok(_) => true,
            // Withdrawn or run out in the meantime.
            Err(problem) => !problem.stopped() && problem.status != 409,
        }
    }

    /// Goes on with the load; false if there is nothing to do for it now.
    async fn carry(&mut self, load: &Load) -> bool {
        match load.state.as_str() {
            "assigned" | "loading" => self.fetch(load).await,
            "out" => match load.next_stop() {
                Some(stop) => self.serve(stop).await,
                None if !load.bring_back.is_empty() => self.return_home(load).await,
                None => false,
            },
            _ => false,
        }
    }

    /// Drives to the site, scans every parcel, leaves.
    async fn fetch(&mut self, load: &Load) -> bool {
        self.drive(&Way::straight(self.rider.ride, self.at, load.site.coord)).await;
        for label in &load.bring_back {
            self.scan(load, "return", label).await;
        }
        for parcel in load.parcels.iter().filter(|parcel| !parcel.scanned && parcel.state == "planned") {
            self.scan(load, "scan", &parcel.sscc).await;
        }
        let path = format!("/api/v1/loads/{}/depart", load.id);
        match self.command(&path, json!({})).await {
            Ok(_) => true,
            Err(problem) if problem.stopped() => false,
            // Something was called back while it was being loaded: look again.
            Err(problem) => {
                tracing::debug!(who = self.login, "not leaving yet: {problem}");
                self.stage.rest(20_000).await && self.command(&path, json!({ "leave_behind": true })).await.is_ok()
            }
        }
    }

    async fn scan(&self, load: &Load, what: &str, sscc: &str) {
        self.stage.pass(SCAN_MS).await;
        let path = format!("/api/v1/loads/{}/{what}", load.id);
        if let Err(problem) = self.command(&path, json!({ "sscc": sscc })).await {
            // Called back a moment ago; the next look tells.
            tracing::debug!(who = self.login, sscc, "not scanned: {problem}");
        }
    }

    /// Drives to a stop and hands over, or notes why not.
    async fn serve(&mut self, stop: &Stop) -> bool {
        if stop.state == "planned" {
            let way = Way::along(self.rider.ride, &self.stage.streets, self.at, &stop.polyline, stop.coord);
            self.drive(&way).await;
            // The route may have changed on the way, and what is to be paid as well:
            // look again before knocking.
            return match self.command(&format!("/api/v1/stops/{}/arrive", stop.id), json!({})).await {
                Ok(_) => true,
                Err(problem) => !problem.stopped() && self.stage.rest(5_000).await,
            };
        }
        self.stage.pass(DOOR_MS).await;
        if self.nobody_home(stop) {
            return self.fail(stop, "nobody_home").await;
        }
        for evidence in self.evidence(stop).iter().cycle().take(DOOR_TRIES as usize) {
            match self.command(&format!("/api/v1/stops/{}/deliver", stop.id), evidence.clone()).await {
                Ok(_) => return true,
                Err(problem) if problem.stopped() => return false,
                // Paid with another parcel, or cancelled, in this very minute: look again.
                Err(problem) if problem.code == "cash.wrong" => return true,
                Err(problem) => self.stage.surprise(&self.login, &format!("delivering at {}", stop.id), &problem),
            }
        }
        self.fail(stop, "no_access").await
    }

    async fn fail(&self, stop: &Stop, reason: &str) -> bool {
        match self.command(&format!("/api/v1/stops/{}/fail", stop.id), json!({ "reason": reason })).await {
            Ok(_) => true,
            Err(problem) => {
                self.stage.surprise(&self.login, &format!("failing at {}", stop.id), &problem);
                !problem.stopped() && self.stage.rest(10_000).await
            }
        }
    }

    /// Whether a mishap keeps the shopper of this stop away, this once.
    fn nobody_home(&self, stop: &Stop) -> bool {
        stop.kind == "door"
            && self.orders_at(stop).iter().any(|order| {
                let placed = self.stage.register.find(order);
                placed.is_some_and(|placed| self.stage.mishap_of(Mishap::AbsentCustomer, placed.index).is_some())
            })
    }

    /// Orders whose parcels are for this stop, from what was said when their
    /// cartons were closed.
    fn orders_at(&self, stop: &Stop) -> Vec<String> {
        let facts = self.stage.news.since(0);
        let closed = facts.iter().filter(|fact| fact.kind == "carton.closed");
        let here = closed.filter(|fact| stop.parcels.iter().any(|parcel| parcel.id == fact.text("parcel")));
        let mut orders: Vec<String> = here.map(|fact| fact.subject.clone()).collect();
        orders.dedup();
        orders
    }

    /// Proofs to be tried in turn: the code the shopper says, else a picture.
    fn evidence(&self, stop: &Stop) -> Vec<Value> {
        let at_door = stop.kind == "door";
        let received_by = if at_door { "recipient" } else { "point" };
        let mut photo = json!({ "photo": PHOTO, "received_by": received_by });
        if stop.cash_minor > 0 {
            photo["cash_minor"] = json!(stop.cash_minor);
        }
        let order = self.orders_at(stop).into_iter().find_map(|order| self.stage.register.find(&order));
        let Some(pin) =
            order.map(|order| order.pin.clone()).filter(|pin| at_door && stop.needs == "pin" && !pin.is_empty())
        else {
            return vec![photo];
        };
        let mut by_pin = json!({ "pin": pin });
        if stop.cash_minor > 0 {
            by_pin["cash_minor"] = json!(stop.cash_minor);
        }
        vec![by_pin, photo]
    }

    /// Brings back to the site what could not be handed over.
    async fn return_home(&mut self, load: &Load) -> bool {
        self.drive(&Way::straight(self.rider.ride, self.at, load.site.coord)).await;
        for label in &load.bring_back {
            self.scan(load, "return", label).await;
        }
        self.stage.rest(10_000).await
    }

    /// Drives, telling where it is from time to time; by the clock, so that telling
    /// slows nobody down.
    async fn drive(&mut self, way: &Way) {
        let whole_ms = way.whole_ms();
        let every_ms = self.stage.sight_ms().max(1);
        let begin_ms = self.stage.now_ms();
        let mut gone_ms = 0;
        while gone_ms < whole_ms {
            if !self.stage.pass(every_ms.min(whole_ms - gone_ms)).await {
                return;
            }
            gone_ms = (self.stage.now_ms() - begin_ms).max(gone_ms + 1);
            self.at = way.at(gone_ms as f64 / whole_ms as f64);
            self.report().await;
        }
        self.at = way.end();
    }

    async fn command(&self, path: &str, body: Value) -> Result<Value, Problem> {
        self.caller.post(path, &self.stage.key(&self.login), &body).await
    }
}
