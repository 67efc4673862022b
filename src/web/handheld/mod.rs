//! The handheld: badge and PIN, one next task, one screen for each step of it.
//! The page shows what `tasks::Step` says. Deliberately absent: rules of work.

pub mod read;
pub mod view;
