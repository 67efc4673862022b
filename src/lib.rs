//! Cartage.
