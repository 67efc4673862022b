//! Closed sets of words (states, kinds) that are stored as text, shown in JSON,
//! and refuse what they do not know. Deliberately absent: what a word leads to;
//! transitions live in each room's `model.rs`.

/// A stored word that is not in its set: a newer program wrote it, or a hand did.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{word}\" is not one of the known words of {set}")]
pub struct UnknownWord {
    /// The text met.
    pub word: String,
    /// The set it should have been of.
    pub set: &'static str,
}

/// Declares an enum of words with `as_str`, `ALL`, parsing, serde and display.
#[macro_export]
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
                 serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }
        impl $name {
            /// Every word of the set.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            /// The word as it is stored and sent.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
        // By hand: the derive would document the variants' names, not the words.
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
                let words = Self::ALL.iter().map(|word| word.as_str());
                Schema::Object(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build()).into()
            }
        }
        impl utoipa::ToSchema for $name {}
        impl std::str::FromStr for $name {
            type Err = $crate::kernel::word::UnknownWord;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok($name::$variant),)+
                    other => Err($crate::kernel::word::UnknownWord {
                        word: other.chars().take(60).collect(), set: stringify!($name),
                    }),
                }
            }
        }
    };
}
