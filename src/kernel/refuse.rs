//! Refusals as values: each room declares a closed set with a stable code that a
//! handheld can translate. Deliberately absent: HTTP; `problem.rs` maps them.

use std::fmt;

/// Our own failure: the store, a file, a broken invariant. Logged once, at the edge.
#[derive(Debug)]
pub struct Fault {
    what: String,
    /// True if the same call may well succeed when made again.
    pub retryable: bool,
    /// True if a row with this key stood there already.
    pub duplicate: bool,
}

impl Fault {
    /// A failure described in a sentence for the operator.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), retryable: false, duplicate: false }
    }
}
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}
impl std::error::Error for Fault {}
impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::new(format!("stored JSON is not what was written: {error}"))
    }
}

/// A business "no": what is wrong, and what to do next.
pub trait Refuse: fmt::Debug + fmt::Display + Send + Sync {
    /// Stable, dotted, lower case: `stock.short`.
    fn code(&self) -> &'static str;
    /// The HTTP status that says the same.
    fn status(&self) -> u16;
    /// The fields that a machine may want beside the sentence.
    fn members(&self) -> serde_json::Map<String, serde_json::Value>;
}

/// Why a verb stopped: a refusal (a value, nothing is wrong with us) or a fault.
#[derive(Debug)]
pub enum Stop {
    /// The caller asked for something that cannot be.
    Refused(Box<dyn Refuse>),
    /// We could not do our part; nothing was changed.
    Fault(Fault),
}

impl<R: Refuse + 'static> From<R> for Stop {
    fn from(refusal: R) -> Self {
        Self::Refused(Box::new(refusal))
    }
}
impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => write!(f, "{refusal} ({})", refusal.code()),
            Self::Fault(fault) => write!(f, "{fault}"),
        }
    }
}
impl std::error::Error for Stop {}

impl Stop {
    /// The refusal's code, or `None` for a fault.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => Some(refusal.code()),
            Self::Fault(_) => None,
        }
    }
}

/// Declares a room's closed set of refusals:
/// `Variant { field: Type } => "code", status, "sentence with {field}";`
#[macro_export]
macro_rules! refusals {
    ($(#[$doc:meta])* $name:ident { $(
        $(#[$vdoc:meta])* $variant:ident $({ $($field:ident : $type:ty),* $(,)? })? => $code:literal, $status:literal, $text:literal;
    )+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $name { $($(#[$vdoc])* $variant $({ $(#[allow(missing_docs)] $field: $type),* })?),+ }
        impl std::fmt::Display for $name {
            #[allow(unused_variables)]
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self { $($name::$variant $({ $($field),* })? => write!(f, $text)),+ }
            }
        }
        impl std::error::Error for $name {}
        impl $crate::kernel::Refuse for $name {
            #[allow(unused_variables)]
            fn code(&self) -> &'static str {
                match self { $($name::$variant $({ $($field),* })? => $code),+ }
            }
            #[allow(unused_variables)]
            fn status(&self) -> u16 {
                match self { $($name::$variant $({ $($field),* })? => $status),+ }
            }
            fn members(&self) -> serde_json::Map<String, serde_json::Value> {
                #[allow(unused_mut)]
                let mut members = serde_json::Map::new();
                match self { $($name::$variant $({ $($field),* })? => {
                    $($(members.insert(stringify!($field).to_owned(), serde_json::json!($field));)*)?
                }),+ }
                members
            }
        }
    };
}
