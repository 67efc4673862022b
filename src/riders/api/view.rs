//! What a rider sees: shift, offer, load. Deliberately absent: phone numbers,
//! which no stop of a route needs to be driven to.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    kernel::*,
    network::{self, Site},
    orders, parties,
    riders::{Rider, RiderKind, cash, earned, open_offer_of, rider_by_id},
    store::{Db, Sql},
    transport::{self, Load, LoadState, Needs, Parcel, ParcelState, RouteStop, StopKind, StopState},
};

/// A site as a rider needs it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SiteForRider {
    /// Its id.
    pub id: SiteId,
    /// Its code.
    pub code: String,
    /// In English.
    pub name_en: String,
    /// In Chinese.
    pub name_zh: String,
    /// Street and number.
    pub street: String,
    /// Its gate.
    pub coord: Coord,
}

impl From<Site> for SiteForRider {
    fn from(site: Site) -> Self {
        let Site { id, code, name, street, coord, .. } = site;
        Self { id, code, name_en: name.en, name_zh: name.zh, street, coord }
    }
}

/// A shift.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ShiftView {
    /// True during it.
    pub on: bool,
    /// Since when.
    pub since: Option<Time>,
    /// rider or driver.
    pub kind: Option<RiderKind>,
    /// Where it starts from.
    pub site: Option<SiteForRider>,
    /// The van, for a driver.
    pub vehicle: Option<String>,
    /// Pay of this shift so far.
    pub earned_minor: i64,
    /// Cash taken in this shift so far.
    pub cash_minor: i64,
}

/// An offer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OfferForRider {
    /// Its id.
    pub id: OfferId,
    /// The load.
    pub load: LoadId,
    /// Pay, all of it.
    pub pay_minor: i64,
    /// The route from the site on.
    pub distance_m: i64,
    /// The way to the site.
    pub approach_m: i64,
    /// Driving and handing over.
    pub duration_ms: i64,
    /// Doors.
    pub stops: i64,
    /// Parcels.
    pub parcels: i64,
    /// Weight of all.
    pub weight_g: i64,
    /// True if something must be kept cold.
    pub cold: bool,
    /// Where to fetch it.
    pub pickup: SiteForRider,
    /// Until when it stands.
    pub expires_at: Time,
}

/// A parcel of a load.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ParcelForRider {
    /// Its id.
    pub id: ParcelId,
    /// The label.
    pub sscc: String,
    /// True once it was scanned in.
    pub scanned: bool,
    /// Where it stands.
    pub state: ParcelState,
}

/// A window.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = StopWindow)]
pub struct Window {
    /// Its begin.
    pub from: Option<Time>,
    /// Its end.
    pub to: Option<Time>,
}

/// A stop.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StopForRider {
    /// Its id.
    pub id: StopId,
    /// Place in the route, from 1.
    pub seq: i64,
    /// door or pickup_point.
    pub kind: StopKind,
    /// Where.
    pub coord: Coord,
    /// The address revision.
    pub address_id: Option<AddressId>,
    /// Street, door, district: only in the driver's own view.
    pub address: Option<String>,
    /// For whom, masked: only in the driver's own view.
    pub recipient: Option<String>,
    /// The pick-up point's name and street, for one.
    pub point: Option<SiteForRider>,
    /// The shopper's window.
    pub window: Option<Window>,
    /// Expected arrival.
    pub eta: Time,
    /// What is for this stop.
    pub parcels: Vec<ParcelForRider>,
    /// planned, arrived, done, failed, cancelled.
    pub state: StopState,
    /// Cash to take.
    pub cash_minor: i64,
    /// The proof asked for.
    pub needs: Needs,
    /// Which attempt this is.
    pub attempt: i64,
    /// The way from the stop before, `[lat, lon]` pairs.
    pub polyline: Vec<[f64; 2]>,
}

/// A load as its driver sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LoadForRider {
    /// Its id.
    pub id: LoadId,
    /// Where it stands.
    pub state: LoadState,
    /// Where it starts.
    pub site: SiteForRider,
    /// Everything on it.
    pub parcels: Vec<ParcelForRider>,
    /// The route.
    pub stops: Vec<StopForRider>,
    /// Labels to be taken out, or brought back to the site, and scanned there.
    pub bring_back: Vec<String>,
}

/// What lies before a rider.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RiderView {
    /// The shift.
    pub shift: ShiftView,
    /// An offer to answer.
    pub offer: Option<OfferForRider>,
    /// The load to carry.
    pub load: Option<LoadForRider>,
}

async fn site_for_rider(sql: &mut Sql, id: SiteId) -> Result<SiteForRider, Stop> {
    let site = network::site(sql, id).await?;
    let unknown = || network::Refusal::UnknownSite { site: id.to_string() };
    Ok(site.ok_or_else(unknown)?.into())
}

/// A shift as shown.
pub(super) async fn shift_view(sql: &mut Sql, rider: Rider) -> Result<ShiftView, Stop> {
    let (earned_minor, cash_minor) = earned(sql, rider.id, rider.since).await?;
    Ok(ShiftView {
        on: rider.on_shift,
        since: Some(rider.since),
        kind: Some(rider.kind),
        site: Some(site_for_rider(sql, rider.site).await?),
        vehicle: transport::vehicle_of(sql, rider.id).await?.map(|vehicle| vehicle.code),
        earned_minor,
        cash_minor,
    })
}

/// Everything a rider has before him.
///
/// # Errors
/// A fault.
pub async fn rider_view(db: &Db, id: UserId) -> Result<RiderView, Stop> {
    let mut read = db.read().await?;
    let sql = read.sql();
    let Some(rider) = rider_by_id(sql, id).await? else {
        let shift =
            ShiftView { on: false, since: None, kind: None, site: None, vehicle: None, earned_minor: 0, cash_minor: 0 };
        return Ok(RiderView { shift, offer: None, load: None });
    };
    let load = match transport::load_of_driver(sql, id).await? {
        Some(load) => {
            let seen = load_for_rider(sql, load).await?;
            Some(with_addresses(sql, seen).await?)
        }
        None => None,
    };
    let offer = offer_for_rider(sql, id, db.clock.now()).await?;
    Ok(RiderView { shift: shift_view(sql, rider).await?, offer, load })
}

async fn offer_for_rider(sql: &mut Sql, id: UserId, now: Time) -> Result<Option<OfferForRider>, Stop> {
    let Some(offer) = open_offer_of(sql, id).await?.filter(|offer| offer.expires_at > now) else { return Ok(None) };
    let Some(load) = transport::load_by_id(sql, offer.load).await? else { return Ok(None) };
    // Taken apart a moment ago: the offer is withdrawn with the next search.
    if load.state != LoadState::Offered {
        return Ok(None);
    }
    let parcels = transport::parcels_of_load(sql, load.id).await?;
    Ok(Some(OfferForRider {
        id: offer.id,
        load: offer.load,
        pay_minor: offer.pay_minor,
        distance_m: offer.distance_m,
        approach_m: offer.approach_m,
        duration_ms: load.duration_ms,
        stops: offer.stops,
        parcels: i64::try_from(parcels.len()).unwrap_or(i64::MAX),
        weight_g: load.weight_g,
        cold: load.cold,
        pickup: site_for_rider(sql, load.site).await?,
        expires_at: offer.expires_at,
    }))
}

fn parcel_for_rider(parcel: &Parcel) -> ParcelForRider {
    ParcelForRider {
        id: parcel.id,
        sscc: parcel.sscc.clone(),
        scanned: parcel.state != ParcelState::Planned,
        state: parcel.state,
    }
}

/// Adds what only the driver may read, and only while the stop lies before him.
/// It is joined at reading and kept nowhere: replies to commands are stored, so
/// they go without.
async fn with_addresses(sql: &mut Sql, mut load: LoadForRider) -> Result<LoadForRider, Stop> {
    for stop in load.stops.iter_mut().filter(|stop| stop.state.is_open() && stop.kind == StopKind::Door) {
        if let Some(id) = stop.address_id {
            stop.address = parties::address(sql, id).await?.map(|address| address.line());
        }
        let Some(first) = stop.parcels.first() else { continue };
        let Some(parcel) = transport::parcel_by_id(sql, first.id).await? else { continue };
        if let Some(order) = orders::by_id(sql, parcel.order).await? {
            let contact = parties::contact(sql, order.contact).await?;
            stop.recipient = contact.map(|contact| contact.masked().name);
        }
    }
    Ok(load)
}

/// A load as its driver sees it, without names and addresses.
///
/// # Errors
/// A fault; a site that is no more.
pub async fn load_for_rider(sql: &mut Sql, load: Load) -> Result<LoadForRider, Stop> {
    let mut parcels = transport::parcels_of_load(sql, load.id).await?;
    parcels.retain(|parcel| parcel.state != ParcelState::Cancelled);
    let mut stops = Vec::new();
    for stop in transport::stops_of(sql, load.id).await? {
        if stop.state != StopState::Cancelled {
            stops.push(stop_for_rider(sql, stop, &parcels).await?);
        }
    }
    let back =
        |parcel: &&Parcel| parcel.is_in_vehicle() && !matches!(parcel.state, ParcelState::Loaded | ParcelState::Out);
    Ok(LoadForRider {
        id: load.id,
        state: load.state,
        site: site_for_rider(sql, load.site).await?,
        bring_back: parcels.iter().filter(back).map(|parcel| parcel.sscc.clone()).collect(),
        parcels: parcels.iter().map(parcel_for_rider).collect(),
        stops,
    })
}

async fn stop_for_rider(sql: &mut Sql, stop: RouteStop, parcels: &[Parcel]) -> Result<StopForRider, Stop> {
    let here: Vec<&Parcel> = parcels.iter().filter(|parcel| parcel.stop == Some(stop.id)).collect();
    let due: Vec<Parcel> = here.iter().filter(|parcel| parcel.is_on_route()).map(|parcel| (*parcel).clone()).collect();
    let cash_minor = if stop.kind == StopKind::Door { cash::due(sql, &due).await? } else { 0 };
    let by_pin = stop.kind == StopKind::Door && here.iter().any(|parcel| parcel.needs == Needs::Pin);
    let point = match stop.site {
        Some(site) if stop.kind == StopKind::PickupPoint => Some(site_for_rider(sql, site).await?),
        _ => None,
    };
    let window = stop.window_from.is_some() || stop.window_to.is_some();
    Ok(StopForRider {
        id: stop.id,
        seq: stop.seq,
        kind: stop.kind,
        coord: stop.coord,
        address_id: stop.address,
        address: None,
        recipient: None,
        point,
        window: window.then_some(Window { from: stop.window_from, to: stop.window_to }),
        eta: stop.eta,
        cash_minor,
        needs: if by_pin { Needs::Pin } else { Needs::Photo },
        attempt: here.iter().map(|parcel| parcel.failures).max().unwrap_or(0) + 1,
        parcels: here.into_iter().map(parcel_for_rider).collect(),
        state: stop.state,
        polyline: stop.polyline,
    })
}
