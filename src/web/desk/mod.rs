//! The desk: orders and their story, stock, ledger, cases, tasks, facts, decisions,
//! printing and the director's board. Views are plain structs; a handler fills them
//! from the rooms. Deliberately absent: who may see what, and any rule of the house.
//!
//! ```text
//! frame.rs   the bar around every desk page      table.rs   lists that sort, filter and export
//! list.rs    one page for every list             order.rs   an order's whole story
//! stock.rs   one article everywhere              case.rs    one exception and its ways out
//! why.rs     one decision, opened by "why?"      board.rs   promise against result
//! ```

pub mod board;
pub mod case;
pub mod frame;
pub mod list;
pub mod order;
pub mod stock;
pub mod table;
pub mod why;

pub use frame::{Frame, Tone};
