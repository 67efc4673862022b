//! The story on top: each fact and the verb that follows, the house on one page.
//! One exhaustive match: a new fact without a decision here does not compile.
//! Runs inside the consumer's transaction, so each effect happens once.
//! Deliberately absent: effects outside the database, and slow work; those are
//! chores.

mod after;
mod parcels;

use crate::{
    cases::{CaseCode, Detail, Resolution},
    counting,
    event::{Chore, Event},
    inbound,
    kernel::*,
    layout, orders, packing, payments, picking, slotting,
    stock::Condition,
    store::Tx,
};
use after::{open, settle};

/// Does what follows from one fact.
pub async fn follow(tx: &mut Tx, fact: &Event) -> Result<(), Stop> {
    use Event as E;
    let now = tx.now();
    match fact {
        // Orders: goods are held when placed; work begins when accepted.
        E::OrderPlaced { .. } | E::OrderAccepted { .. } | E::OrderDelivered { .. } => Ok(()),
        E::FulfilmentOpened { .. } | E::FulfilmentReleased { .. } | E::FulfilmentCancelled { .. } => Ok(()),
        E::ContactShown { .. }
        | E::OrderAmended { .. }
        | E::PromiseChanged { .. }
        | E::InvoiceRequested { .. }
        | E::HoldPlaced { .. }
        | E::HoldReleased { .. } => Ok(()),
        // The case of what is missing is open already.
        E::OrderHeld { reason, .. } if reason == orders::WAITS_FOR_GOODS => Ok(()),
        E::OrderResumed { order } => payments::resume(tx, *order).await,
        E::OrderHeld { order, reason } => {
            open(tx, CaseCode::AddressDoubtful, order, None, Detail::reason(reason)).await
        }
        E::OrderCancelled { order, .. } => payments::settle(tx, *order, "order_cancelled").await,
        E::AddressChanged { order, .. } => after::address_changed(tx, *order).await,
        E::LineCancelled { order, line, quantity, stage, reason } => {
            after::cancelled(tx, *order, *line, *quantity, stage).await?;
            payments::settle(tx, *order, reason).await
        }
        E::LineShort { order, line, sku, quantity } => after::short(tx, *order, *line, *sku, *quantity).await,
        E::HoldCovered { line, hold, .. } => orders::goods_here(tx, *line, *hold).await,
        E::HoldBroken { order, line, hold, quantity, .. } => {
            orders::hold_broken(tx, *line, *hold, *quantity).await?;
            picking::trim(tx, *order, *line).await?;
            orders::resource_line(tx, *order, *line).await
        }

        // Money: settled against what is due whenever that may have changed.
        E::FulfilmentShipped { order, .. } => payments::settle(tx, *order, "shipped").await,
        E::PaymentDeclined { .. } | E::PaymentAuthorised { .. } | E::PaymentCaptured { .. } => Ok(()),
        E::PaymentRefunded { .. } | E::CashCollected { .. } | E::PaymentLapsed { .. } => Ok(()),
        E::RefundDue { order, reason, .. } if reason == "paid_after_lapse" => {
            open(tx, CaseCode::PaymentLate, order, None, Detail::reason(reason)).await
        }
        E::RefundDue { .. } => Ok(()),

        // The floor: released work is planned, picked totes are packed, parcels go out.
        E::WaveReleased { wave, .. } => Ok(tx.later(Chore::PlanPicks, wave, now).await?),
        E::BatchPlanned { .. } | E::ToteFilled { .. } | E::ScanRefused { .. } => Ok(()),
        E::LinePicked { site, sku, quantity, .. } => slotting::note_pick(tx, *site, *sku, *quantity).await,
        E::BinShort { bin, quantity, .. } => {
            let bin = layout::bin(tx.sql(), *bin).await?;
            after::bin_short(tx, bin, *quantity).await
        }
        E::PickShort { site, bin, quantity, .. } => {
            let bin = layout::bin_by_code(tx.sql(), *site, bin).await?;
            after::bin_short(tx, bin, *quantity).await
        }
        E::PickStray { .. } => after::stray(tx, fact).await,
        E::FulfilmentPicked { fulfilment, .. } => packing::expect(tx, *fulfilment).await,
        E::TaskDone { task, kind, .. } => after::task_done(tx, *task, kind).await,
        E::TaskCancelled { task, .. } => {
            counting::given_up(tx, *task).await?;
            inbound::given_up(tx, *task).await
        }
        E::TaskReady { .. } | E::TaskTaken { .. } => Ok(()),
        E::TaskSuspended { task, site, reason, .. } if reason == "abandoned" => {
            open(tx, CaseCode::WorkerGone, task, Some(*site), Detail::Abandoned {}).await
        }
        E::TaskSuspended { .. } => Ok(()),
        E::WeightMismatch { parcel, site, expected_g, measured_g, .. } => {
            let detail = Detail::Weight { expected_g: *expected_g, measured_g: *measured_g };
            open(tx, CaseCode::WeightMismatch, parcel, Some(*site), detail).await
        }
        E::CartonClosed { parcel, .. } => settle(tx, CaseCode::WeightMismatch, parcel, Resolution::Reweighed).await,
        E::CartonVoid { parcel, .. } => settle(tx, CaseCode::WeightMismatch, parcel, Resolution::CorrectedItself).await,
        E::CartonReopened { parcel, .. } => after::reopened(tx, *parcel).await,
        E::FulfilmentPacked { fulfilment, .. } => parcels::accept_packed(tx, *fulfilment).await,
        E::PrintQueued { print, .. } => Ok(tx.later(Chore::Print, print, now).await?),
        E::PrintFailed { print, site, reason } => {
            open(tx, CaseCode::PrinterFailed, print, Some(*site), Detail::reason(reason)).await
        }
        E::PrintDone { print, .. } => settle(tx, CaseCode::PrinterFailed, print, Resolution::Reprinted).await,
        E::PrintVoid { print, .. } => settle(tx, CaseCode::PrinterFailed, print, Resolution::CorrectedItself).await,

        // Goods: what changed may free or break something.
        E::InventoryChanged { .. } | E::RecallOpened { .. } => Ok(()),
        E::RecallClosed { sku, lifted: true, .. } => after::goods_came(tx, *sku).await,
        E::RecallClosed { .. } => Ok(()),
        E::GoodsReceived { sku, quantity, .. } | E::PutAway { sku, quantity, .. } if *quantity > 0 => {
            after::goods_came(tx, *sku).await
        }
        E::GoodsReceived { .. } | E::PutAway { .. } => Ok(()),
        E::StockAdjusted { site, holder, change, reason, sku } => {
            if *change > 0 {
                after::goods_came(tx, *sku).await?;
            }
            after::adjusted(tx, *site, holder, *change, reason).await
        }
        E::AsnExpected { asn, .. } => after::announced(tx, *asn).await,
        E::AsnMoved { asn, .. } => orders::supply_moved(tx, *asn).await,
        E::ReceiptClosed { .. } => Ok(()),
        E::ReceiptDiscrepancy { .. } => after::differs(tx, fact).await,

        // Vehicles on the floor.
        E::MissionRequested { .. } | E::MissionAssigned { .. } => Ok(()),
        E::ShelfArrived { mission, shelf, .. } => after::shelf_arrived(tx, *mission, *shelf).await,
        E::MissionDone { shelf, .. } => {
            settle(tx, CaseCode::MissionFailed, shelf, Resolution::Retried).await?;
            after::shelf_home(tx, *shelf).await
        }
        E::MissionCancelled { shelf, .. } => after::shelf_home(tx, *shelf).await,
        E::MissionFailed { shelf, site, reason, .. } => {
            open(tx, CaseCode::MissionFailed, shelf, Some(*site), Detail::reason(reason)).await
        }
        E::VehicleLockedOut { .. } | E::VehicleReleased { .. } | E::FloorChanged { .. } => Ok(()),

        // The road.
        E::RoadClosed { .. } | E::RoadOpened { .. } => Ok(tx.later(Chore::Reroute, "roads", now).await?),
        E::ServiceChanged { .. } | E::RiderShift { .. } | E::LoadFinished { .. } => Ok(()),
        E::LoadPlanned { .. } | E::LoadAssigned { .. } | E::LoadDeparted { .. } | E::LoadRerouted { .. } => Ok(()),
        E::LoadUnserved { load, site, reason } => {
            open(tx, CaseCode::DeliveryFailed, load, Some(*site), Detail::reason(reason)).await
        }
        E::ParcelUnserved { parcel, site, reason, .. } => {
            open(tx, CaseCode::DeliveryFailed, parcel, Some(*site), Detail::reason(reason)).await
        }
        E::OfferMade { .. } | E::OfferAnswered { .. } => Ok(()),
        E::ParcelOut { .. } | E::ParcelReady { .. } | E::ParcelReturning { .. } => Ok(()),
        E::ParcelDelivered { parcel, .. } => settle(tx, CaseCode::DeliveryFailed, parcel, Resolution::Retried).await,
        E::AttemptFailed { parcel, reason, .. } => {
            open(tx, CaseCode::DeliveryFailed, parcel, None, Detail::reason(reason)).await
        }
        E::ReturnReceived { order, parcel, .. } => {
            settle(tx, CaseCode::DeliveryFailed, parcel, Resolution::SentBack).await?;
            payments::settle(tx, *order, "returned").await
        }

        E::ReturnGraded { sku, condition, .. } if condition == Condition::Sellable.as_str() => {
            after::goods_came(tx, *sku).await
        }
        E::ReturnGraded { .. } => Ok(()),

        E::CaseOpened { .. } | E::CaseClosed { .. } => Ok(()),
    }
}
