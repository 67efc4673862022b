use super::{FormatError, Instance};
pub(super) fn read(_text: &str) -> Result<Instance, FormatError> { Err(FormatError::new(0, "unknown")) }
