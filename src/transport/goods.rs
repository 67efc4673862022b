//! Where a parcel's goods change account: the one seam between the last mile and
//! the ledger. Deliberately absent: which goods; packing knows its cartons.

use super::model::Parcel;
use crate::{kernel::*, packing, store::Tx};

/// The goods leave the site with the load.
pub(super) async fn depart(tx: &mut Tx, parcel: &Parcel, load: LoadId) -> Result<(), Stop> {
    packing::depart(tx, parcel.id, load).await
}

/// The goods become the customer's.
pub(super) async fn hand_over(tx: &mut Tx, parcel: &Parcel, load: LoadId) -> Result<(), Stop> {
    packing::hand_over(tx, parcel.id, load).await
}

/// The goods stand at the site again.
pub(super) async fn bring_back(tx: &mut Tx, parcel: &Parcel, site: SiteId) -> Result<(), Stop> {
    packing::bring_back(tx, parcel.id, site).await
}
