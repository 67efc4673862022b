//! Every fact the system can state, and every chore it can owe itself: the
//! vocabulary at the bottom of the house. A fact is past tense, carries ids and
//! quantities, and never personal data. Deliberately absent: what follows from a
//! fact; that is `flow.rs`.

use serde::{Deserialize, Serialize};

use crate::{kernel::*, words};

macro_rules! events {
    ($($(#[$doc:meta])* $text:literal $name:ident ($subject:ident $(@ $site:ident)?) {
        $($field:ident : $type:ty),* $(,)?
    })*) => {
        /// A fact. Its subject groups facts that must be handled in order.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(untagged)]
        pub enum Event { $($(#[$doc])* #[allow(missing_docs)] $name { $($field: $type),* }),* }

        impl Event {
            /// Every kind of fact, for the catalogue and its tests.
            pub const KINDS: &'static [&'static str] = &[$($text),*];

            /// The stable dotted name.
            pub fn kind(&self) -> &'static str {
                match self { $(Event::$name { .. } => $text),* }
            }
            /// The id of what the fact is about.
            pub fn subject(&self) -> String {
                match self { $(Event::$name { $subject, .. } => $subject.to_string()),* }
            }
            /// The site where it happened, if at one.
            pub fn site(&self) -> Option<SiteId> {
                match self { $(Event::$name { $($site,)? .. } => events!(@site $($site)?)),* }
            }
            /// The fields as JSON.
            pub fn body(&self) -> serde_json::Value {
                serde_json::to_value(self).expect("facts are plain data")
            }
            /// Reads a stored fact.
            pub fn read(kind: &str, body: serde_json::Value) -> Result<Self, serde_json::Error> {
                match kind {
                    $($text => {
                        #[derive(Deserialize)]
                        struct Body { $($field: $type),* }
                        let Body { $($field),* } = serde_json::from_value(body)?;
                        Ok(Event::$name { $($field),* })
                    })*
                    other => Err(serde::de::Error::custom(format!("no such fact: {other}"))),
                }
            }
        }
    };
    (@site) => { None };
    (@site $site:ident) => { Some(*$site) };
}

events! {
    // orders and money
    /// A shopper asked, goods are held.
    "order.placed" OrderPlaced(order) { order: OrderId, channel: String, service: String, total_minor: i64, promised_by: Time }
    /// Paid, or to be paid in cash: work may begin.
    "order.accepted" OrderAccepted(order) { order: OrderId }
    /// What kept it is cleared.
    "order.resumed" OrderResumed(order) { order: OrderId }
    /// Something keeps the order from going on.
    "order.on_hold" OrderHeld(order) { order: OrderId, reason: String }
    /// The promise moved.
    "order.promise_changed" PromiseChanged(order) { order: OrderId, from: Time, to: Time, reason: String }
    /// Nothing of it will be delivered.
    "order.cancelled" OrderCancelled(order) { order: OrderId, reason: String }
    /// Everything that will be delivered is.
    "order.delivered" OrderDelivered(order) { order: OrderId }
    /// More of an article is wanted.
    "order.amended" OrderAmended(order) { order: OrderId, line: LineId, sku: SkuId, quantity: i64 }
    /// The address has a new revision.
    "order.address_changed" AddressChanged(order) { order: OrderId, address: AddressId }
    /// A person asked to see the recipient unmasked.
    "contact.shown" ContactShown(order) { order: OrderId, contact: ContactId }
    /// Part or all of a line is no longer wanted.
    "line.cancelled" LineCancelled(order) { order: OrderId, line: LineId, quantity: i64, stage: String, reason: String }
    /// Goods for a line are missing everywhere we looked.
    "line.short" LineShort(order) { order: OrderId, line: LineId, sku: SkuId, quantity: i64 }
    /// A site was given part of an order.
    "fulfilment.opened" FulfilmentOpened(order @ site) { order: OrderId, fulfilment: FulfilmentId, site: SiteId }
    /// A part of an order was taken into a wave.
    "fulfilment.released" FulfilmentReleased(order @ site) { order: OrderId, fulfilment: FulfilmentId, site: SiteId, wave: WaveId }
    /// All its goods are in totes.
    "fulfilment.picked" FulfilmentPicked(order @ site) { order: OrderId, fulfilment: FulfilmentId, site: SiteId }
    /// All its goods are in closed cartons.
    "fulfilment.packed" FulfilmentPacked(order @ site) { order: OrderId, fulfilment: FulfilmentId, site: SiteId }
    /// All its cartons left the site.
    "fulfilment.shipped" FulfilmentShipped(order @ site) { order: OrderId, fulfilment: FulfilmentId, site: SiteId }
    /// Nothing of it will be shipped.
    "fulfilment.cancelled" FulfilmentCancelled(order @ site) { order: OrderId, fulfilment: FulfilmentId, site: SiteId }
    /// Money is set aside for us.
    "payment.authorised" PaymentAuthorised(order) { order: OrderId, payment: PaymentId, amount_minor: i64 }
    /// The provider said no.
    "payment.declined" PaymentDeclined(order) { order: OrderId, payment: PaymentId, reason: String }
    /// Money is ours.
    "payment.captured" PaymentCaptured(order) { order: OrderId, payment: PaymentId, amount_minor: i64 }
    /// No payment came in time.
    "payment.lapsed" PaymentLapsed(order) { order: OrderId }
    /// Money must go back.
    "refund.due" RefundDue(order) { order: OrderId, payment: PaymentId, amount_minor: i64, reason: String }
    /// Money went back.
    "payment.refunded" PaymentRefunded(order) { order: OrderId, payment: PaymentId, amount_minor: i64 }
    /// Cash was taken at the door.
    "payment.collected" CashCollected(order) { order: OrderId, payment: PaymentId, amount_minor: i64 }
    /// The shopper wants an invoice; its text is with the parties.
    "invoice.requested" InvoiceRequested(order) { order: OrderId, contact: ContactId }

    // stock
    /// Goods are promised to a line.
    "hold.placed" HoldPlaced(order @ site) { order: OrderId, line: LineId, hold: HoldId, site: SiteId, sku: SkuId, quantity: i64 }
    /// A promise was given back.
    "hold.released" HoldReleased(order @ site) { order: OrderId, line: LineId, hold: HoldId, site: SiteId, sku: SkuId, quantity: i64, reason: String }
    /// Goods that were announced came: the promise stands on them now.
    "hold.covered" HoldCovered(order @ site) { order: OrderId, line: LineId, hold: HoldId, site: SiteId, sku: SkuId, quantity: i64 }
    /// Goods vanished under a promise, or did not come.
    "hold.broken" HoldBroken(order @ site) { order: OrderId, line: LineId, hold: HoldId, site: SiteId, sku: SkuId, quantity: i64 }
    /// What may be promised changed; absolute, with a rising version.
    "inventory.changed" InventoryChanged(sku @ site) { sku: SkuId, site: SiteId, channel: String, available: i64, version: i64 }
    /// A person's count or report changed what we believe is there.
    "stock.adjusted" StockAdjusted(sku @ site) { sku: SkuId, site: SiteId, holder: String, change: i64, reason: String }

    /// A lot was called back, or put into quarantine: so many units left sale.
    "recall.opened" RecallOpened(recall) { recall: RecallId, sku: SkuId, lot: String, stopped: i64 }
    /// It ended; lifted when the lot may be sold again.
    "recall.closed" RecallClosed(recall) { recall: RecallId, sku: SkuId, lot: String, lifted: bool }
    /// A bin held less than it should when goods were to be carried from it.
    "bin.short" BinShort(bin @ site) { bin: BinId, site: SiteId, task: TaskId, sku: SkuId, quantity: i64 }

    // network
    /// A road may not be used.
    "road.closed" RoadClosed(road) { road: String, reason: String }
    /// A road may be used again.
    "road.opened" RoadOpened(road) { road: String }
    /// A service of a site was throttled, closed or reopened.
    "service.changed" ServiceChanged(site @ site) { site: SiteId, service: String, open: bool, reason: String }

    // the floor
    /// A way on a floor was closed, or opened again, in one direction.
    "floor.changed" FloorChanged(site @ site) { site: SiteId, from: String, to: String, open: bool, reason: String }
    /// A row of work may be taken.
    "task.ready" TaskReady(task @ site) { task: TaskId, kind: String, site: SiteId }
    /// A person took it.
    "task.taken" TaskTaken(task @ site) { task: TaskId, kind: String, site: SiteId, user: UserId }
    /// It was put down before its end.
    "task.suspended" TaskSuspended(task @ site) { task: TaskId, kind: String, site: SiteId, reason: String }
    /// It is done.
    "task.done" TaskDone(task @ site) { task: TaskId, kind: String, site: SiteId }
    /// It is no longer wanted.
    "task.cancelled" TaskCancelled(task @ site) { task: TaskId, kind: String, site: SiteId }
    /// Parts of orders were released together.
    "wave.released" WaveReleased(wave @ site) { wave: WaveId, site: SiteId, fulfilments: Vec<FulfilmentId> }
    /// Picks were bundled into one walk.
    "batch.planned" BatchPlanned(batch @ site) { batch: BatchId, site: SiteId, task: TaskId, picks: i64 }
    /// Goods went from a bin into a tote.
    "line.picked" LinePicked(order @ site) { order: OrderId, line: LineId, fulfilment: FulfilmentId, pick: PickId, site: SiteId, sku: SkuId, quantity: i64, bin: String, tote: UnitId }
    /// A bin held less than it should.
    "pick.short" PickShort(order @ site) { order: OrderId, line: LineId, fulfilment: FulfilmentId, pick: PickId, site: SiteId, sku: SkuId, quantity: i64, bin: String }
    /// Goods lie in a tote though no pick wanted them any more.
    "pick.stray" PickStray(task @ site) { task: TaskId, order: OrderId, pick: PickId, site: SiteId, sku: SkuId, quantity: i64, bin: String, tote: String }
    /// A tote is full and its picks go on in another.
    "tote.filled" ToteFilled(batch @ site) { batch: BatchId, site: SiteId, tote: UnitId }
    /// A wrong label was refused.
    "scan.refused" ScanRefused(task @ site) { task: TaskId, site: SiteId, code: String }
    /// A carton is packed, weighed, labelled.
    "carton.closed" CartonClosed(order @ site) { order: OrderId, fulfilment: FulfilmentId, parcel: ParcelId, site: SiteId, sscc: String, weight_g: i64 }
    /// The scale and the sum disagree.
    "carton.weight_mismatch" WeightMismatch(order @ site) { order: OrderId, fulfilment: FulfilmentId, parcel: ParcelId, site: SiteId, expected_g: i64, measured_g: i64 }
    /// A closed carton was opened again and its label voided.
    "carton.reopened" CartonReopened(order @ site) { order: OrderId, fulfilment: FulfilmentId, parcel: ParcelId, site: SiteId }
    /// A carton that was begun is not wanted any more; nothing is in it.
    "carton.void" CartonVoid(order @ site) { order: OrderId, fulfilment: FulfilmentId, parcel: ParcelId, site: SiteId }
    /// A page waits for a printer.
    "print.queued" PrintQueued(print @ site) { print: PrintId, site: SiteId, subject: String }
    /// It came out.
    "print.done" PrintDone(print @ site) { print: PrintId, site: SiteId, copy: i64 }
    /// The printer failed; the page is kept.
    "print.failed" PrintFailed(print @ site) { print: PrintId, site: SiteId, reason: String }
    /// The page is not wanted any more.
    "print.void" PrintVoid(print @ site) { print: PrintId, site: SiteId }

    // fleet
    /// A shelf is wanted at a station.
    "mission.requested" MissionRequested(mission @ site) { mission: MissionId, site: SiteId, shelf: UnitId, station: String }
    /// A vehicle was chosen.
    "mission.assigned" MissionAssigned(mission @ site) { mission: MissionId, site: SiteId, vehicle: String }
    /// The shelf stands at its station.
    "shelf.arrived" ShelfArrived(mission @ site) { mission: MissionId, site: SiteId, shelf: UnitId, station: String }
    /// The shelf is back in its place.
    "mission.done" MissionDone(mission @ site) { mission: MissionId, site: SiteId, shelf: UnitId }
    /// The vehicle gave up.
    "mission.failed" MissionFailed(mission @ site) { mission: MissionId, site: SiteId, shelf: UnitId, reason: String }
    /// Nobody wants the shelf any more, and it was never lifted.
    "mission.cancelled" MissionCancelled(mission @ site) { mission: MissionId, site: SiteId, shelf: UnitId }
    /// A person took a vehicle out of service.
    "vehicle.locked_out" VehicleLockedOut(vehicle @ site) { vehicle: String, site: SiteId, reason: String }
    /// A person gave it back.
    "vehicle.released" VehicleReleased(vehicle @ site) { vehicle: String, site: SiteId }

    // inbound
    /// A delivery is announced.
    "asn.expected" AsnExpected(asn @ site) { asn: AsnId, site: SiteId }
    /// It comes at another time than was said.
    "asn.moved" AsnMoved(asn @ site) { asn: AsnId, site: SiteId, from: Time, to: Time }
    /// Goods were received in a condition.
    "receipt.received" GoodsReceived(receipt @ site) { receipt: ReceiptId, site: SiteId, sku: SkuId, quantity: i64, condition: String }
    /// Received goods differ from what was announced.
    "receipt.discrepancy" ReceiptDiscrepancy(receipt @ site) { receipt: ReceiptId, site: SiteId, code: String, sku: Option<SkuId>, quantity: Option<i64>, label: Option<String>, detail: String }
    /// The delivery is complete.
    "receipt.closed" ReceiptClosed(receipt @ site) { receipt: ReceiptId, site: SiteId }
    /// Goods stand in their bin.
    "goods.put_away" PutAway(task @ site) { task: TaskId, site: SiteId, sku: SkuId, quantity: i64, bin: String }

    // the last mile
    /// Parcels were put on one route.
    "load.planned" LoadPlanned(load @ site) { load: LoadId, site: SiteId, by: String, parcels: Vec<ParcelId> }
    /// Somebody drives it.
    "load.assigned" LoadAssigned(load @ site) { load: LoadId, site: SiteId, carrier: String }
    /// It left.
    "load.departed" LoadDeparted(load @ site) { load: LoadId, site: SiteId }
    /// Its way changed while under way.
    "load.rerouted" LoadRerouted(load @ site) { load: LoadId, site: SiteId, reason: String }
    /// Its last stop is done.
    "load.finished" LoadFinished(load @ site) { load: LoadId, site: SiteId }
    /// No rider wanted it and no van can take it.
    "load.unserved" LoadUnserved(load @ site) { load: LoadId, site: SiteId, reason: String }
    /// No route can take it, or none in time.
    "parcel.unserved" ParcelUnserved(order @ site) { order: OrderId, parcel: ParcelId, site: SiteId, reason: String }
    /// A rider may take a load until the deadline.
    "offer.made" OfferMade(load) { load: LoadId, offer: OfferId, rider: UserId, pay_minor: i64, expires_at: Time }
    /// accepted, declined, expired or withdrawn.
    "offer.answered" OfferAnswered(load) { load: LoadId, offer: OfferId, rider: UserId, answer: String }
    /// A rider began or ended a shift.
    "rider.shift" RiderShift(rider) { rider: UserId, on: bool }
    /// A parcel is on its way to the door.
    "parcel.out_for_delivery" ParcelOut(order) { order: OrderId, parcel: ParcelId, load: LoadId }
    /// Handed over, with proof.
    "parcel.delivered" ParcelDelivered(order) { order: OrderId, parcel: ParcelId, attempt: AttemptId, load: LoadId, by: String }
    /// Nobody there, wrong address, refused.
    "parcel.attempt_failed" AttemptFailed(order) { order: OrderId, parcel: ParcelId, attempt: AttemptId, number: i64, reason: String }
    /// It waits for the shopper at a pick-up point.
    "parcel.ready_for_pickup" ParcelReady(order) { order: OrderId, parcel: ParcelId, site: SiteId }
    /// It is on its way back.
    "parcel.returning" ParcelReturning(order) { order: OrderId, parcel: ParcelId, reason: String }
    /// It is back; its goods wait to be graded.
    "return.received" ReturnReceived(order @ site) { order: OrderId, parcel: ParcelId, site: SiteId }
    /// Pieces of it were looked at, and lie in a bin as what they are now.
    "return.graded" ReturnGraded(order @ site) { order: OrderId, parcel: ParcelId, site: SiteId, sku: SkuId, quantity: i64, condition: String, reason: String, bin: String }

    // exceptions
    /// A person is needed.
    "case.opened" CaseOpened(case) { case: CaseId, code: String, about: String, site: Option<SiteId> }
    /// It is settled.
    "case.closed" CaseClosed(case) { case: CaseId, code: String, resolution: String }
}

words! {
    /// What the house owes itself at some later time; `work.rs` does it.
    Chore {
        /// Lapse a hold: subject is the hold.
        ExpireHold = "hold.expire",
        /// Lapse an unpaid order.
        LapseOrder = "order.lapse",
        /// Release work at a site.
        PlanWave = "wave.plan",
        /// Choose bins and lay walks for a wave: subject is the wave.
        PlanPicks = "picking.plan",
        /// Ask an AGV again for a shelf: subject is the mission.
        RetryMission = "mission.retry",
        /// Send a page to its printer again.
        Print = "print.send",
        /// Put packed parcels of a site on routes.
        PlanLoads = "load.plan",
        /// Find a rider for a load.
        OfferLoad = "load.offer",
        /// Let an offer lapse.
        ExpireOffer = "offer.expire",
        /// Plan the rest of a load's route again.
        Reroute = "load.reroute",
        /// Give an abandoned task back: subject is the task.
        ReclaimTask = "task.reclaim",
        /// Choose bins for received goods: subject is the receipt.
        PlanPutAway = "inbound.put_away",
        /// Look whether a delivery is late: subject is the announcement.
        AsnOverdue = "inbound.overdue",
        /// Refill pick bins from reserve: subject is the site.
        Replenish = "slotting.replenish",
        /// Propose moves between bins of a site.
        ProposeMoves = "slotting.propose",
        /// Ask for the counts of a site that are due: subject is the site.
        CountCadence = "counting.cadence",
        /// Let a case whose cause is gone be closed.
        ReviewCase = "case.review",
        /// Forget what is old: finished commands, sessions.
        Sweep = "house.sweep",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_read_back_and_names_are_unique() {
        let order = OrderId::new(ulid::Ulid::from_parts(5, 6));
        let fact = Event::OrderHeld { order, reason: "address".to_owned() };
        assert_eq!(Event::read(fact.kind(), fact.body()).unwrap(), fact);
        assert_eq!((fact.subject(), fact.site()), (order.to_string(), None));
        let mut seen = std::collections::HashSet::new();
        assert!(Event::KINDS.iter().all(|kind| seen.insert(*kind)));
        assert!(Event::read("order.sung", serde_json::json!({})).is_err());
    }
}
