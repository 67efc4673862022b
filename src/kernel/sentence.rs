//! Closed sets of sentences that are stored as code and data: machines read them in
//! English, pages in the reader's language. Deliberately absent: the translations;
//! the web room has them by the same codes and names.

use std::fmt::Display;

use serde::Serializer;

/// Serialises a sentence as its English text, for those who ask for a text.
pub fn english<S: Serializer>(sentence: &impl Display, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(sentence)
}

/// Declares a set of sentences: `Variant { field: Type } => "code", "text with {field}";`
/// Beside its own, each set has `Free`: words that somebody wrote, kept as they came.
/// Serde writes `{"code":{"field":..}}`; so do [`stored`](crate::kernel::sentence) rows.
#[macro_export]
macro_rules! sentences {
    ($(#[$doc:meta])* $name:ident { $(
        $(#[$vdoc:meta])* $variant:ident $({ $($field:ident : $type:ty),* $(,)? })? => $code:literal, $text:literal;
    )+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $code)] $variant { $($(#[allow(missing_docs)] $field: $type),*)? },)+
            /// What somebody wrote, as it came.
            #[serde(rename = "free")]
            Free {
                /// The words.
                text: String,
            },
        }
        impl $name {
            /// The codes of all sentences but the free one.
            pub const CODES: &'static [&'static str] = &[$($code),+];
            /// The stable code.
            #[allow(unused_variables)]
            pub fn code(&self) -> &'static str {
                match self { $($name::$variant { $($($field),*)? } => $code,)+ $name::Free { .. } => "free" }
            }
            /// The data by name.
            pub fn members(&self) -> serde_json::Map<String, serde_json::Value> {
                #[allow(unused_mut)]
                let mut members = serde_json::Map::new();
                match self {
                    $($name::$variant { $($($field),*)? } => {
                        $($(members.insert(stringify!($field).to_owned(), serde_json::json!($field));)*)?
                    })+
                    $name::Free { text } => { members.insert("text".to_owned(), serde_json::json!(text)); }
                }
                members
            }
            /// Words that somebody wrote.
            pub fn free(text: impl Into<String>) -> Self {
                $name::Free { text: text.into() }
            }
            /// As a row keeps it.
            pub fn stored(&self) -> String {
                serde_json::to_string(self).expect("a sentence is plain data")
            }
            /// As a row kept it; a row of older days holds the words themselves.
            pub fn read(row: &str) -> Self {
                serde_json::from_str(row).unwrap_or_else(|_| Self::free(row))
            }
        }
        impl Default for $name {
            fn default() -> Self { Self::free("") }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $($name::$variant { $($($field),*)? } => write!(f, $text),)+
                    $name::Free { text } => f.write_str(text),
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    crate::sentences! {
        /// What is said of a shelf.
        Said {
            /// It is empty.
            Empty => "empty", "nothing there";
            /// So many.
            Some { quantity: i64, bin: String } => "some", "{quantity} in {bin}";
        }
    }

    #[test]
    fn a_sentence_is_stored_as_code_and_data_and_read_back() {
        let some = Said::Some { quantity: 3, bin: "A-1".into() };
        assert_eq!(some.stored(), r#"{"some":{"quantity":3,"bin":"A-1"}}"#);
        for said in [some.clone(), Said::Empty {}, Said::free("behind the shelf")] {
            assert_eq!(Said::read(&said.stored()), said);
        }
        assert_eq!(Said::CODES, ["empty", "some"]);
        assert_eq!((some.to_string(), some.code()), ("3 in A-1".to_owned(), "some"));
        assert_eq!(Said::read("Count A-1"), Said::free("Count A-1"), "a row of older days");
        assert_eq!(some.members()["bin"], "A-1");
    }
}
