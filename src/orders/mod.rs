//! Customer demand: Order, Line, and Fulfilment, the part of an order that one
//! site ships.
//!
//! ```text
//!   order:       placed --accept--> accepted --(all lines ended)--> delivered
//!                  | lapse, cancel     | hold <-> resume            or cancelled
//!   fulfilment:  [scheduled ->] open -> released -> picked -> packed -> shipped -> closed
//!                  \-------------------- cancelled <----------/
//!   line:        ordered >= held + picked + cancelled ; picked >= packed >= shipped
//!                >= delivered + returned
//! ```
//!
//! A line carries quantities, not one status; every change of them is a verb here.
//! Deliberately absent: choosing sites (promise), money moving (payments), bins.

mod cancel;
mod change;
mod model;
mod place;
mod progress;
mod rows;
mod scheduled;
mod waiting;

pub use cancel::{Cancelled, cancel_lines, hold_broken};
pub use change::{ADDRESS_DOUBTFUL, change_address, hold_order, resume_order};
pub use model::*;
pub use place::{
    PAYMENT_TERM_MS, WAVE_PATIENCE_MS, add_part, add_scheduled, drafted, number_apart, open, opened_line, pin, raise,
    resource_line, undo_parts, wanted,
};
pub use progress::{accept, delivered, packed, picked, release, returned, settle_fulfilment, shipped, unpacked};
pub use rows::{
    Filter, Kept, add_opened, baskets, by_external, by_id, by_number, channels, channels_among, click_to_door, count,
    fulfilment, fulfilment_lines, fulfilments, fulfilments_among, in_wave, kept, known_externals, latest, latest_for,
    lines, lines_among, open_at_site, order_of_line, orders_of_shopper, placed_by_hour, search,
};
pub use scheduled::{goods_here, supply_moved};
pub use waiting::{WAITS_FOR_GOODS, drop_uncovered, goods_came, look_again};
