//! Bytes to rows and back. Pure. Deliberately absent: other encodings than UTF-8
//! (a byte order mark is let pass).

use serde::{
    Deserializer, Serialize,
    de::{
        DeserializeOwned, Error as _, IntoDeserializer, Visitor,
        value::{Error as CellError, MapDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::Value;

use super::model::{Format, Mistakes, Numbered, Refusal};
use crate::{exchange::holds_nul, kernel::Fault};

/// The rows of a file; rows that cannot be read are noted and left out.
pub(super) fn read<T: DeserializeOwned>(
    format: Format,
    bytes: &[u8],
    mistakes: &mut Mistakes,
) -> Result<Vec<Numbered<T>>, Refusal> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.contains(&0) || (format == Format::Json && holds_nul(bytes)) {
        return Err(unreadable("a text may not hold the character NUL"));
    }
    match format {
        Format::Json => read_json(bytes, mistakes),
        Format::Csv => read_csv(bytes, mistakes),
    }
}

fn unreadable(error: impl std::fmt::Display) -> Refusal {
    Refusal::Unreadable { reason: error.to_string() }
}

fn read_json<T: DeserializeOwned>(bytes: &[u8], mistakes: &mut Mistakes) -> Result<Vec<Numbered<T>>, Refusal> {
    let values: Vec<Value> = serde_json::from_slice(bytes).map_err(unreadable)?;
    let mut rows = Vec::with_capacity(values.len());
    for (row, value) in (1..).zip(values) {
        note(row, serde_path_to_error::deserialize(value), &mut rows, mistakes);
    }
    Ok(rows)
}

fn read_csv<T: DeserializeOwned>(bytes: &[u8], mistakes: &mut Mistakes) -> Result<Vec<Numbered<T>>, Refusal> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let headers = reader.headers().map_err(unreadable)?.clone();
    if headers.is_empty() {
        return Err(unreadable("it has no header line"));
    }
    let mut rows = Vec::new();
    for (row, record) in (1..).zip(reader.records()) {
        match record {
            Ok(record) => {
                let filled = headers.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
                let cells = MapDeserializer::new(filled.map(|(header, cell)| (header, Cell(cell))));
                note(row, serde_path_to_error::deserialize(cells), &mut rows, mistakes);
            }
            Err(error) => mistakes.add(row, "", error.to_string()),
        }
    }
    Ok(rows)
}

/// Keeps a row, or notes what is wrong with it.
fn note<T, E: std::fmt::Display>(
    row: usize,
    read: Result<T, serde_path_to_error::Error<E>>,
    rows: &mut Vec<Numbered<T>>,
    mistakes: &mut Mistakes,
) {
    match read {
        Ok(value) => rows.push(Numbered { row, value }),
        Err(error) => {
            let path = error.path().to_string();
            let message = error.into_inner().to_string();
            mistakes.add(row, field_of(&path, &message), &message);
        }
    }
}

/// A cell that is not empty; what is wanted of it decides what it is.
struct Cell<'a>(&'a str);

impl<'de> IntoDeserializer<'de> for Cell<'de> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident $what:literal;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CellError> {
            match self.0.parse() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(CellError::custom(format!("\"{}\" is not {}", self.0, $what))),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Cell<'de> {
    type Error = CellError;

    parsed! {
        deserialize_bool visit_bool "true or false";
        deserialize_i64 visit_i64 "a whole number";
        deserialize_u64 visit_u64 "a whole number";
        deserialize_f64 visit_f64 "a number";
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CellError> {
        visitor.visit_borrowed_str(self.0)
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CellError> {
        visitor.visit_some(self)
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CellError> {
        self.0.into_deserializer().deserialize_enum(name, words, visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u32 u128 f32 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The field that an error is about: its path, or the name in a message such as
/// "missing field `code`".
fn field_of<'a>(path: &'a str, message: &'a str) -> &'a str {
    let named = message.strip_prefix("missing field `").or_else(|| message.strip_prefix("unknown field `"));
    match named.and_then(|rest| rest.split_once('`')) {
        Some((field, _)) => field,
        None if path == "." => "",
        None => path,
    }
}

/// Rows as a file.
pub(super) fn write<T: Serialize>(format: Format, rows: &[T]) -> Result<Vec<u8>, Fault> {
    let broken = |error: &dyn std::fmt::Display| Fault::new(format!("rows could not be written: {error}"));
    match format {
        Format::Json => serde_json::to_vec(rows).map_err(|error| broken(&error)),
        Format::Csv => {
            let mut writer = csv::Writer::from_writer(Vec::new());
            for row in rows {
                writer.serialize(row).map_err(|error| broken(&error))?;
            }
            writer.into_inner().map_err(|error| broken(&error))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, Serialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Row {
        code: String,
        count: i64,
        #[serde(default)]
        note: Option<String>,
    }

    fn pointers(format: Format, text: &str) -> (usize, Vec<String>) {
        let mut mistakes = Mistakes::default();
        let rows = read::<Row>(format, text.as_bytes(), &mut mistakes).unwrap();
        let errors = match mistakes.settle() {
            Err(Refusal::Rows { errors, .. }) => errors,
            _ => Vec::new(),
        };
        (rows.len(), errors.into_iter().map(|error| error.pointer).collect())
    }

    #[test]
    fn each_wrong_row_is_named_with_its_field() {
        let csv = "\u{feff}code,count,note\nA,1,\nB,x,\nC,3\n\"D, E\",4,hi\n";
        assert_eq!(pointers(Format::Csv, csv), (2, vec!["row 2/count".to_owned(), "row 3".to_owned()]));
        let json = r#"[{"code":"A","count":1},{"code":"B"},{"code":"C","count":"x"},{"code":"D","count":1,"z":2},7]"#;
        let (read, wrong) = pointers(Format::Json, json);
        assert_eq!((read, wrong), (1, ["2/count", "3/count", "4/z", "5"].map(|at| format!("row {at}")).to_vec()));
    }

    #[test]
    fn rows_come_back_from_both_formats() {
        let rows = [
            Row { code: "A,\"1\"\n".to_owned(), count: -5, note: None },
            Row { code: "茶".to_owned(), count: 7, note: Some("x".to_owned()) },
        ];
        for format in [Format::Json, Format::Csv] {
            let bytes = write(format, &rows).unwrap();
            let mut mistakes = Mistakes::default();
            let back = read::<Row>(format, &bytes, &mut mistakes).unwrap();
            assert!(mistakes.is_empty());
            // Cells are trimmed, as hands write them.
            assert_eq!(back[0].value.code.trim(), rows[0].code.trim());
            assert_eq!(back[1].value, rows[1]);
        }
        let mut none = Mistakes::default();
        assert!(read::<Row>(Format::Json, b"{}", &mut none).is_err());
        assert!(read::<Row>(Format::Csv, b"", &mut none).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_file_can_hurt(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..80)) {
            for format in [Format::Json, Format::Csv] {
                let _ = read::<Row>(format, &bytes, &mut Mistakes::default());
            }
        }
    }
}
