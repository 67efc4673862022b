//! Rows of own vans.

use serde::{Deserialize, Serialize};

use super::{
    model::{Mistakes, Numbered},
    sites::SiteCodes,
};
use crate::{
    kernel::Fault,
    network,
    store::{Sql, Tx},
    transport::{self, NewVehicle},
};

fn stops() -> i64 {
    NewVehicle::MAX_STOPS
}

/// A van, added or changed by its code.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VehicleRow {
    /// Number plate or fleet number.
    pub code: String,
    /// Code of its home site.
    pub site: String,
    /// Payload.
    pub max_weight_g: i64,
    /// Room.
    pub max_volume_ml: i64,
    /// Halts in one route; 40 unless told.
    #[serde(default = "stops")]
    pub max_stops: i64,
    /// True if it cools.
    #[serde(default)]
    pub cold: bool,
    /// Minor units, for sending it out at all.
    #[serde(default)]
    pub fixed_cost_minor: i64,
    /// Minor units.
    #[serde(default)]
    pub cost_per_km_minor: i64,
}

pub(super) async fn write(tx: &mut Tx, rows: Vec<Numbered<VehicleRow>>, mistakes: &mut Mistakes) -> Result<(), Fault> {
    let sites = SiteCodes::load(tx.sql()).await?;
    for Numbered { row, value } in rows {
        let Some(site) = sites.known(row, &value.site, mistakes) else { continue };
        let new = NewVehicle {
            code: value.code,
            max_weight_g: value.max_weight_g,
            max_volume_ml: value.max_volume_ml,
            max_stops: value.max_stops,
            cold: value.cold,
            fixed_cost_minor: value.fixed_cost_minor,
            cost_per_km_minor: value.cost_per_km_minor,
        };
        let outcome = transport::define_vehicle(tx, site, &new).await;
        mistakes.catch(row, outcome)?;
    }
    Ok(())
}

pub(super) async fn all(sql: &mut Sql) -> Result<Vec<VehicleRow>, Fault> {
    let mut rows = Vec::new();
    for site in network::sites(sql).await? {
        let row = |van: transport::Vehicle| VehicleRow {
            code: van.code,
            site: site.code.clone(),
            max_weight_g: van.max_weight_g,
            max_volume_ml: van.max_volume_ml,
            max_stops: van.max_stops,
            cold: van.cold,
            fixed_cost_minor: van.fixed_cost_minor,
            cost_per_km_minor: van.cost_per_km_minor,
        };
        rows.extend(transport::vehicles(sql, Some(site.id)).await?.into_iter().map(row));
    }
    Ok(rows)
}
