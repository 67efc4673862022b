//! Where a parcel's goods change account: the one seam between the last mile and
//! the ledger. Deliberately absent: which goods; packing knows its cartons.

use super::model::Parcel;
use crate::{kernel::*, store::Tx};

/// The goods leave the site with the load.
pub(super) async fn depart(_tx: &mut Tx, _parcel: &Parcel, _load: LoadId) -> Result<(), Stop> {
    Ok(())
}

/// The goods become the customer's.
pub(super) async fn hand_over(_tx: &mut Tx, _parcel: &Parcel, _load: LoadId) -> Result<(), Stop> {
    Ok(())
}

/// The goods stand at the site again.
pub(super) async fn bring_back(_tx: &mut Tx, _parcel: &Parcel, _site: SiteId) -> Result<(), Stop> {
    Ok(())
}
