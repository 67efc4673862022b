//! A closed carton without the floor's work: for tests of the rooms that come
//! after. Deliberately absent: anything outside of tests.

use super::{model::*, rows};
use crate::{kernel::*, store::Tx};

/// Writes a carton that is closed and labelled. Its goods are the caller's affair.
pub async fn closed(tx: &mut Tx, carton: &Carton, lines: &[CartonLine]) -> Result<(), Stop> {
    rows::add(tx.sql(), carton).await?;
    rows::save(tx.sql(), &Carton { state: CartonState::Closed, ..carton.clone() }).await?;
    for line in lines {
        rows::save_line(tx.sql(), line).await?;
    }
    Ok(())
}
