//! Cartons and the plan of what goes into which. Pure.

use serde::Serialize;

use crate::{catalog::Temperature, kernel::*, refusals, words};

/// The GS1 company prefix in our SSCCs: one reserved for use inside a company
/// until the retailer sets his own.
pub const COMPANY_PREFIX: &str = "0400000";

words! {
    /// Where a carton stands.
    CartonState {
        /// Nothing in it yet.
        Planned = "planned",
        /// Goods go in.
        Open = "open",
        /// On the scale, the weight is right; its label waits to be scanned.
        Weighed = "weighed",
        /// Sealed and labelled.
        Closed = "closed",
        /// Left the site.
        Departed = "departed",
        /// With the shopper.
        Delivered = "delivered",
        /// Came back.
        Returned = "returned",
        /// Nothing left to pack.
        Void = "void",
    }
}

impl CartonState {
    /// True while a packer has something to do with it.
    pub fn is_at_work(self) -> bool {
        matches!(self, Self::Planned | Self::Open | Self::Weighed)
    }
}

/// A size of box: the smallest that fits is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Its name on the shelf of boxes.
    pub code: &'static str,
    /// What fits in, millilitres.
    pub volume_ml: i64,
    /// Its longest inner side.
    pub length_mm: i64,
    /// Empty weight.
    pub tare_g: i64,
}

/// Boxes on hand, smallest first.
pub const SIZES: &[Size] = &[
    Size { code: "S", volume_ml: 4_000, length_mm: 250, tare_g: 90 },
    Size { code: "M", volume_ml: 12_000, length_mm: 350, tare_g: 180 },
    Size { code: "L", volume_ml: 30_000, length_mm: 450, tare_g: 320 },
    Size { code: "XL", volume_ml: 64_000, length_mm: 600, tare_g: 560 },
];

/// Goods fill a box to about three quarters: the rest is air between them.
const FILL_PERMILLE: i64 = 750;

/// A carton.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Carton {
    /// Id; goes on as the parcel's.
    pub parcel: ParcelId,
    /// The handling unit in the ledger.
    pub unit: UnitId,
    /// Of which part.
    pub fulfilment: FulfilmentId,
    /// Where it is packed.
    pub site: SiteId,
    /// First, second, ... of its part.
    pub seq: i64,
    /// Box size.
    pub size: String,
    /// What may be in it.
    pub temperature: String,
    /// Empty weight.
    pub tare_g: i64,
    /// Outer volume.
    pub volume_ml: i64,
    /// Its label.
    pub sscc: Option<String>,
    /// Where it stands.
    pub state: CartonState,
    /// Sum of what is in it and the box.
    pub expected_g: i64,
    /// What the scale said.
    pub measured_g: Option<i64>,
    /// On which load it left.
    pub load: Option<LoadId>,
    /// Its label's print job.
    pub print: Option<PrintId>,
}

/// Units of a line in a carton.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct CartonLine {
    /// In which carton.
    pub parcel: ParcelId,
    /// Which line.
    pub line: LineId,
    /// What.
    pub sku: SkuId,
    /// How many should go in.
    pub planned: i64,
    /// How many are in.
    pub packed: i64,
}

/// Goods to be packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Which line.
    pub line: LineId,
    /// What.
    pub sku: SkuId,
    /// Class.
    pub temperature: Temperature,
    /// One piece.
    pub volume_ml: i64,
    /// Longest side of one piece.
    pub length_mm: i64,
    /// How many.
    pub quantity: i64,
}

/// A box with what goes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// Which box.
    pub size: Size,
    /// Class of everything in it.
    pub temperature: Temperature,
    /// What goes in.
    pub items: Vec<(LineId, SkuId, i64)>,
}

/// Fills boxes class by class: as few of the largest as needed, the last as small
/// as will do. A piece larger than any box goes alone into the largest.
pub fn cartonise(items: &[Item]) -> Vec<Packed> {
    let mut boxes = Vec::new();
    for temperature in [Temperature::Ambient, Temperature::Chilled, Temperature::Frozen] {
        let mut open: Vec<(LineId, SkuId, i64)> = Vec::new();
        let (mut volume, mut length) = (0, 0);
        let largest = SIZES[SIZES.len() - 1].volume_ml * FILL_PERMILLE / 1000;
        for item in items.iter().filter(|item| item.temperature == temperature) {
            for _ in 0..item.quantity {
                if volume + item.volume_ml > largest && !open.is_empty() {
                    boxes.push(close(&mut open, volume, length, temperature));
                    (volume, length) = (0, 0);
                }
                volume += item.volume_ml;
                length = length.max(item.length_mm);
                match open.iter_mut().find(|(line, _, _)| *line == item.line) {
                    Some((_, _, quantity)) => *quantity += 1,
                    None => open.push((item.line, item.sku, 1)),
                }
            }
        }
        if !open.is_empty() {
            boxes.push(close(&mut open, volume, length, temperature));
        }
    }
    boxes
}

fn close(items: &mut Vec<(LineId, SkuId, i64)>, volume: i64, length: i64, temperature: Temperature) -> Packed {
    let fits = |size: &&Size| size.volume_ml * FILL_PERMILLE / 1000 >= volume && size.length_mm >= length;
    let size = *SIZES.iter().find(fits).unwrap_or(&SIZES[SIZES.len() - 1]);
    Packed { size, temperature, items: std::mem::take(items) }
}

/// How far the scale may be from the sum: 3 % and at least 30 g, the usual
/// spread of filling weights and tape.
pub fn weight_matches(expected_g: i64, measured_g: i64) -> bool {
    (expected_g - measured_g).abs() <= (expected_g * 3 / 100).max(30)
}

refusals! {
    /// Why packing cannot go on.
    Refusal {
        /// No such carton.
        Unknown { parcel: ParcelId } => "pack.unknown", 404, "There is no such carton.";
        /// Nothing to pack.
        Nothing { task: TaskId } => "pack.nothing", 404, "This task has nothing to pack any more; take another.";
        /// Not in a state for this.
        NotNow { state: CartonState } => "pack.not_now", 409, "The carton is {state}; that cannot be done now.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    fn item(n: u128, temperature: Temperature, volume_ml: i64, quantity: i64) -> Item {
        let line = LineId::new(Ulid::from_parts(1, n));
        Item { line, sku: SkuId::new(Ulid::nil()), temperature, volume_ml, length_mm: 100, quantity }
    }

    #[test]
    fn classes_never_share_a_carton_and_the_smallest_box_is_taken() {
        let boxes = cartonise(&[item(1, Temperature::Frozen, 500, 2), item(2, Temperature::Ambient, 1_000, 4)]);
        let sizes: Vec<_> = boxes.iter().map(|one| (one.temperature, one.size.code)).collect();
        assert_eq!(sizes, [(Temperature::Ambient, "M"), (Temperature::Frozen, "S")]);
    }

    proptest::proptest! {
        #[test]
        fn every_piece_is_in_exactly_one_box(
            wants in proptest::collection::vec((1_i64..80_000, 1_i64..9, 0_usize..3), 1..8)
        ) {
            let classes = [Temperature::Ambient, Temperature::Chilled, Temperature::Frozen];
            let items: Vec<Item> = wants.iter().enumerate()
                .map(|(n, (volume, quantity, class))| item(n as u128, classes[*class], *volume, *quantity)).collect();
            let boxes = cartonise(&items);
            for wanted in &items {
                let there: i64 = boxes.iter().filter(|one| one.temperature == wanted.temperature)
                    .flat_map(|one| &one.items).filter(|(line, ..)| *line == wanted.line).map(|(.., n)| n).sum();
                proptest::prop_assert_eq!(there, wanted.quantity);
            }
        }
    }

    #[test]
    fn the_scale_may_differ_a_little() {
        assert!(weight_matches(1_000, 1_030) && weight_matches(100, 129) && !weight_matches(1_000, 1_031));
    }
}
