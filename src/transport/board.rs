//! The dispatcher's board: what is on no route, what is under way. Deliberately
//! absent: riders, their offers and their places; that room adds them.

use serde::Serialize;
use utoipa::ToSchema;

use super::{model::*, rows};
use crate::{kernel::*, store::Sql};

/// A load with its route and parcels.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LoadView {
    /// The load.
    #[serde(flatten)]
    pub load: Load,
    /// Its route.
    pub stops: Vec<RouteStop>,
    /// Its parcels.
    pub parcels: Vec<Parcel>,
}

/// A load with what belongs to it.
pub async fn view(sql: &mut Sql, load: Load) -> Result<LoadView, Fault> {
    let stops = rows::stops_of(sql, load.id).await?;
    let parcels = rows::parcels_of_load(sql, load.id).await?;
    Ok(LoadView { load, stops, parcels })
}

/// The state of the last mile at some sites.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Board {
    /// Staged parcels, the most urgent first, with what hinders them.
    pub unassigned: Vec<Parcel>,
    /// Loads that are not finished.
    pub loads: Vec<LoadView>,
    /// The vans.
    pub vehicles: Vec<Vehicle>,
}

/// The board of the sites that `sees` lets through.
pub async fn board(sql: &mut Sql, sees: impl Fn(SiteId) -> bool) -> Result<Board, Fault> {
    let mut unassigned = rows::staged(sql, 1000).await?;
    unassigned.retain(|parcel| sees(parcel.site));
    let mut loads = Vec::new();
    for load in rows::loads_out(sql).await? {
        if sees(load.site) {
            loads.push(view(sql, load).await?);
        }
    }
    let mut vehicles = rows::vehicles(sql, None).await?;
    vehicles.retain(|vehicle| sees(vehicle.site));
    Ok(Board { unassigned, loads, vehicles })
}
