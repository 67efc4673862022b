//! The vehicle in its own time, without a wire.
