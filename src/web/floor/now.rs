//! What the floor's island asks for again and again, as JSON; the plan itself it
//! fetches once from `/api/v1/sites/{code}/floor`. Deliberately absent: history.

use serde::Serialize;

/// A vehicle.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Vehicle {
    /// Serial.
    pub id: String,
    /// Millimetres east.
    pub x_mm: i64,
    /// Millimetres north.
    pub y_mm: i64,
    /// Heading in thousandths of a radian, counter-clockwise from east.
    pub theta_mrad: i64,
    /// `driving`, `waiting`, `charging`, `idle`, `fault`, `locked`, `silent`.
    pub doing: String,
    /// The same in the reader's language.
    pub word: String,
    /// Charge, 0 to 1000.
    pub battery_permille: i64,
    /// The shelf it carries; empty for none.
    pub load: String,
    /// Nodes it may drive on.
    pub path: Vec<String>,
}

/// Somebody at work, where the task last placed them.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Person {
    /// Task.
    pub id: String,
    /// Name.
    pub name: String,
    /// Initials.
    pub letters: String,
    /// Millimetres east.
    pub x_mm: i64,
    /// Millimetres north.
    pub y_mm: i64,
    /// What they do, in the reader's language.
    pub word: String,
}

/// How often a bin was visited lately.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Heat {
    /// Bin.
    pub bin: String,
    /// 1 for few to 5 for many.
    pub level: u8,
}

/// The moving part of a floor.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FloorNow {
    /// Vehicles that were heard.
    pub vehicles: Vec<Vehicle>,
    /// People with a task.
    pub people: Vec<Person>,
    /// Visits; sent now and then, empty in between.
    pub heat: Vec<Heat>,
    /// Closed edges as `[from, to]`.
    pub closed: Vec<[String; 2]>,
    /// Station, the vehicle or person there, and its rate.
    pub stations: Vec<[String; 3]>,
}

/// Levels of heat from counts of visits: five equal steps up to the busiest.
pub fn levels(visits: &[(String, i64)]) -> Vec<Heat> {
    let most = visits.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let level = |count: i64| u8::try_from(((count * 5 + most - 1) / most).clamp(1, 5)).unwrap_or(1);
    visits
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(bin, count)| Heat { bin: bin.clone(), level: level(*count) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heat_has_five_steps() {
        let visits = [("a", 0), ("b", 1), ("c", 50), ("d", 100)].map(|(bin, count)| (bin.to_owned(), count));
        let heat: Vec<_> = levels(&visits).into_iter().map(|heat| (heat.bin, heat.level)).collect();
        assert_eq!(heat, [("b".to_owned(), 1), ("c".to_owned(), 3), ("d".to_owned(), 5)]);
        assert!(levels(&[]).is_empty());
    }
}
