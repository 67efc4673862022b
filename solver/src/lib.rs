//! Pure algorithms.
