//! The story on top: each fact and the verb that follows, the house on one page.
//! One exhaustive match: a new fact without a decision here does not compile.
//! Runs inside the consumer's transaction, so each effect happens once.
//! Deliberately absent: effects outside the database, and slow work; those are
//! chores.

use crate::{
    cases::{self, CaseCode},
    counting,
    event::{Chore, Event},
    inbound,
    kernel::*,
    orders, packing, payments, picking, printing, riders, slotting, stock, tasks, transport,
    store::Tx,
};

/// Does what follows from one fact.
pub async fn follow(tx: &mut Tx, fact: &Event) -> Result<(), Stop> {
    use Event as E;
    let now = tx.now();
    match fact {
        // Orders: goods are held when placed; work begins when accepted.
        E::OrderPlaced { .. } | E::OrderAccepted { .. } | E::OrderDelivered { .. } => Ok(()),
        E::FulfilmentOpened { .. } | E::FulfilmentReleased { .. } | E::FulfilmentCancelled { .. } => Ok(()),
        E::PromiseChanged { .. } | E::InvoiceRequested { .. } | E::HoldPlaced { .. } | E::HoldReleased { .. } => Ok(()),
        E::OrderHeld { order, reason } => open(tx, CaseCode::AddressDoubtful, order, None, reason).await,
        E::OrderCancelled { order, .. } => payments::settle(tx, *order, "order_cancelled").await,
        E::AddressChanged { order, .. } => transport::follow_address(tx, *order).await,
        E::LineCancelled { order, line, quantity, stage, reason } => {
            cancelled(tx, *order, *line, *quantity, stage).await?;
            payments::settle(tx, *order, reason).await
        }
        E::LineShort { order, line, sku, quantity } => short(tx, *order, *line, *sku, *quantity).await,
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
            open(tx, CaseCode::PaymentLate, order, None, reason).await
        }
        E::RefundDue { .. } => Ok(()),

        // The floor: released work is planned, picked totes are packed, parcels go out.
        E::WaveReleased { wave, .. } => Ok(tx.later(Chore::PlanPicks, wave, now).await?),
        E::BatchPlanned { .. } | E::ToteFilled { .. } | E::ScanRefused { .. } => Ok(()),
        E::LinePicked { site, sku, quantity, .. } => slotting::note_pick(tx, *site, *sku, *quantity).await,
        E::PickShort { site, bin, quantity, .. } => {
            counting::add(tx, *site, bin, "short_pick").await?;
            open(tx, CaseCode::BinEmpty, bin, Some(*site), &format!("{quantity} were not found")).await
        }
        E::FulfilmentPicked { fulfilment, .. } => packing::expect(tx, *fulfilment).await,
        E::TaskDone { task, kind, .. } => task_done(tx, *task, kind).await,
        E::TaskReady { .. } | E::TaskTaken { .. } | E::TaskCancelled { .. } => Ok(()),
        E::TaskSuspended { task, site, reason, .. } if reason == "abandoned" => {
            open(tx, CaseCode::WorkerGone, task, Some(*site), "nobody touched it for a while").await
        }
        E::TaskSuspended { .. } => Ok(()),
        E::WeightMismatch { parcel, site, expected_g, measured_g, .. } => {
            let detail = format!("{expected_g} g expected, {measured_g} g measured");
            open(tx, CaseCode::WeightMismatch, parcel, Some(*site), &detail).await
        }
        E::CartonClosed { parcel, .. } => cases::settle(tx, CaseCode::WeightMismatch, &parcel.to_string()).await,
        E::CartonReopened { parcel, .. } => transport::withdraw(tx, *parcel).await,
        E::FulfilmentPacked { fulfilment, .. } => transport::accept_packed(tx, *fulfilment).await,
        E::PrintQueued { print, .. } => Ok(tx.later(Chore::Print, print, now).await?),
        E::PrintFailed { print, site, reason } => {
            open(tx, CaseCode::PrinterFailed, print, Some(*site), reason).await
        }
        E::PrintDone { print, .. } => cases::settle(tx, CaseCode::PrinterFailed, &print.to_string()).await,

        // Goods: what changed may free or break something.
        E::InventoryChanged { .. } | E::GoodsReceived { .. } | E::PutAway { .. } => Ok(()),
        E::StockAdjusted { site, holder, change, reason, .. } => adjusted(tx, *site, holder, *change, reason).await,
        E::AsnExpected { asn, .. } => inbound::expect(tx, *asn).await,
        E::ReceiptDiscrepancy { receipt, site, code, detail } => {
            open(tx, inbound_case(code), receipt, Some(*site), detail).await
        }
        E::ReceiptClosed { .. } => Ok(()),

        // Vehicles on the floor.
        E::MissionRequested { .. } | E::MissionAssigned { .. } => Ok(()),
        E::ShelfArrived { mission, shelf, .. } => picking::shelf_arrived(tx, *mission, *shelf).await,
        E::MissionDone { mission, shelf, .. } => {
            cases::settle(tx, CaseCode::MissionFailed, &mission.to_string()).await?;
            picking::shelf_home(tx, *shelf).await
        }
        E::MissionFailed { shelf, site, reason, .. } => {
            open(tx, CaseCode::MissionFailed, shelf, Some(*site), reason).await
        }
        E::VehicleLockedOut { .. } | E::VehicleReleased { .. } => Ok(()),

        // The road.
        E::RoadClosed { .. } | E::RoadOpened { .. } => transport::roads_changed(tx).await,
        E::ServiceChanged { .. } | E::RiderShift { .. } | E::LoadFinished { .. } => Ok(()),
        E::LoadPlanned { load, site, by, .. } if by == "rider" => {
            let _ = load;
            Ok(tx.later(Chore::OfferLoad, site, now).await?)
        }
        E::LoadPlanned { .. } | E::LoadAssigned { .. } | E::LoadDeparted { .. } | E::LoadRerouted { .. } => Ok(()),
        E::OfferMade { .. } => Ok(()),
        E::OfferAnswered { load, answer, .. } => riders::answered(tx, *load, answer).await,
        E::ParcelOut { .. } | E::ParcelReady { .. } | E::ParcelReturning { .. } => Ok(()),
        E::ParcelDelivered { parcel, .. } => cases::settle(tx, CaseCode::DeliveryFailed, &parcel.to_string()).await,
        E::AttemptFailed { parcel, reason, .. } => open(tx, CaseCode::DeliveryFailed, parcel, None, reason).await,
        E::ReturnReceived { order, parcel, .. } => {
            cases::settle(tx, CaseCode::DeliveryFailed, &parcel.to_string()).await?;
            payments::settle(tx, *order, "returned").await
        }

        E::CaseOpened { .. } | E::CaseClosed { .. } => Ok(()),
    }
}
