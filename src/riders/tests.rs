//! Riders on both engines: offers and their races, hand-over and its proofs,
//! failures and what follows, pick-up, shifts.

use super::*;
use crate::{
    decisions,
    kernel::{time::HandClock, *},
    payments::{self, Method, TestCard},
    stock::Holder,
    store::{Actor, Db, Tx, on_both_engines},
    transport::{
        self, Acting, FailReason, LoadState, Mode, Needs, NewParcel, Onward, ParcelState, StopState, testkit::*,
    },
};

pub const JPEG: &str = "/9j/4AAQSkZJRg==";

fn code<T: std::fmt::Debug>(result: Result<T, Stop>) -> &'static str {
    result.unwrap_err().code().expect("a refusal, not a fault")
}

/// A rider on shift.
async fn rider(db: &Db, site: SiteId, coord: Coord) -> UserId {
    let id = act(db, async |tx| Ok(tx.id::<kind::User>())).await.unwrap();
    let begin = Begin { rider: id, kind: RiderKind::Rider, site: Some(site), coord, vehicle: None, cold: Some(true) };
    act(db, async |tx| begin_shift(tx, begin).await).await.unwrap();
    id
}

async fn offer_of(db: &Db, rider: UserId) -> Option<Offer> {
    open_offer_of(db.read().await.unwrap().sql(), rider).await.unwrap()
}

/// One parcel on one load that awaits a rider.
async fn open_load(db: &Db, site: SiteId, number: i64, coord: Coord) -> (transport::Parcel, LoadId) {
    let staged = stage(db, new_parcel(db, site, number, coord).await).await;
    let made = transport::plan(db, site, &[rider_capacity()]).await.unwrap();
    (staged, made.loads[0])
}

/// A parcel under way with a rider.
async fn under_way(db: &Db, new: NewParcel) -> (transport::Parcel, UserId, LoadId) {
    let site = new.site;
    let staged = stage(db, new).await;
    let who = match free_riders(db.read().await.unwrap().sql()).await.unwrap().first() {
        Some(free) => free.id,
        None => rider(db, site, at(50.0, 0.0)).await,
    };
    let id = plan(db, site).await.unwrap().loads[0];
    seek(db, id).await.unwrap();
    let offer = offer_of(db, who).await.expect("an offer");
    act(db, async |tx| accept(tx, offer.id, who).await).await.unwrap();
    send_off(db, id).await;
    (parcel(db, staged.id).await, who, id)
}

async fn hand(db: &Db, stop: StopId, evidence: Evidence, who: UserId) -> Result<transport::RouteStop, Stop> {
    act(db, async move |tx| deliver(tx, stop, &evidence, Acting::Driver(who)).await).await
}

fn pin(code: &str) -> Evidence {
    Evidence { pin: Some(code.to_owned()), ..Evidence::default() }
}

fn photo() -> Evidence {
    Evidence { photo: Some(JPEG.to_owned()), ..Evidence::default() }
}

async fn miss(db: &Db, stop: StopId, reason: FailReason, who: UserId) -> Option<Onward> {
    act(db, async move |tx| fail(tx, stop, reason, Acting::Driver(who)).await).await.unwrap().1
}

#[tokio::test]
async fn loads_go_to_the_riders_that_together_have_the_least_way() {
    on_both_engines(async |db, _| {
        let site = depot(&db).await;
        let (_, first) = open_load(&db, site, 1, at(700.0, 0.0)).await;
        let far = rider(&db, site, at(4000.0, 0.0)).await;
        let near = rider(&db, site, at(300.0, 0.0)).await;
        let away = rider(&db, site, at(60_000.0, 0.0)).await;
        let made = offer_loads(&db, site).await.unwrap();
        assert_eq!(made.len(), 1);
        let offer = offer_of(&db, near).await.expect("the nearest is asked");
        assert_eq!((offer.load, offer.pay_minor), (first, pay_minor(offer.distance_m)));
        assert!(offer.pay_minor > PAY_BASE_MINOR);
        let mut read = db.read().await.unwrap();
        let why = decisions::by_subject(read.sql(), &first.to_string()).await.unwrap().pop().unwrap();
        drop(read);
        let said = |who: UserId| {
            why.candidates.iter().find(|candidate| candidate.name == who.to_string()).unwrap().rejected.clone()
        };
        assert_eq!(said(near), None);
        assert_eq!(said(far).as_deref(), Some("has a longer way"));
        assert_eq!(said(away).as_deref(), Some("is too far away"));
        // One offer for a load, one for a rider: asking again changes nothing.
        assert!(offer_loads(&db, site).await.unwrap().is_empty());
        let (_, second) = open_load(&db, site, 2, at(0.0, 700.0)).await;
        assert_eq!(offer_loads(&db, site).await.unwrap().len(), 1);
        assert_eq!(offer_of(&db, far).await.unwrap().load, second);
        assert_eq!(count(&db, "offer.made").await, 2);
    })
    .await;
}

#[tokio::test]
async fn of_all_answers_exactly_one_counts() {
    on_both_engines(async |db, clock| {
        let site = depot(&db).await;
        let (_, id) = open_load(&db, site, 1, at(700.0, 0.0)).await;
        let who = rider(&db, site, at(300.0, 0.0)).await;
        let other = rider(&db, site, at(9000.0, 0.0)).await;
        seek(&db, id).await.unwrap();
        let offer = offer_of(&db, who).await.unwrap().id;
        assert_eq!(code(act(&db, async |tx| accept(tx, offer, other).await).await), "offer.unknown");
        let yes = || act(&db, async |tx| accept(tx, offer, who).await);
        let by_hand = act(&db, async |tx| {
            withdraw_offers(tx, id).await?;
            transport::assign(tx, id, other, None).await
        });
        let (one, two, three) = tokio::join!(yes(), by_hand, yes());
        let driver = load(&db, id).await.driver.unwrap();
        let accepted = one.is_ok() || three.is_ok();
        assert!(accepted != two.is_ok(), "one of the two has it: {one:?} {two:?} {three:?}");
        assert_eq!(driver, if accepted { who } else { other });
        assert_eq!(count(&db, "load.assigned").await, 1);
        let open = offers_of_load(db.read().await.unwrap().sql(), id).await.unwrap();
        assert!(open.iter().all(|offer| offer.state != OfferState::Offered));
        assert_eq!(count(&db, "offer.answered").await, 1);

        // Too late is too late, even if nobody swept the offer yet.
        let (_, id) = open_load(&db, site, 2, at(0.0, 700.0)).await;
        let third = rider(&db, site, at(100.0, 0.0)).await;
        seek(&db, id).await.unwrap();
        let offer = offer_of(&db, third).await.unwrap();
        clock.advance_ms(OFFER_MS);
        assert_eq!(code(act(&db, async |tx| accept(tx, offer.id, third).await).await), "offer.gone");
        act(&db, async |tx| expire(tx, offer.id).await).await.unwrap();
        act(&db, async |tx| expire(tx, offer.id).await).await.unwrap();
        assert_eq!(load(&db, id).await.state, LoadState::Planned);
        assert_eq!(count(&db, "offer.answered").await, 2);
    })
    .await;
}

#[tokio::test]
async fn accepting_twice_is_as_once_and_busy_riders_get_no_second_load() {
    on_both_engines(async |db, _| {
        let site = depot(&db).await;
        let (_, first) = open_load(&db, site, 1, at(700.0, 0.0)).await;
        let who = rider(&db, site, at(300.0, 0.0)).await;
        seek(&db, first).await.unwrap();
        let offer = offer_of(&db, who).await.unwrap().id;
        for _ in 0..2 {
            let taken = act(&db, async |tx| accept(tx, offer, who).await).await.unwrap();
            assert_eq!((taken.state, taken.driver), (LoadState::Assigned, Some(who)));
        }
        assert_eq!(count(&db, "load.assigned").await, 1);
        let (_, second) = open_load(&db, site, 2, at(0.0, 700.0)).await;
        assert!(offer_loads(&db, site).await.unwrap().is_empty(), "nobody is free");
        let twice = act(&db, async |tx| transport::assign(tx, second, who, None).await).await;
        assert_eq!(code(twice), "driver.busy");
        assert_eq!(load(&db, second).await.state, LoadState::Planned);
    })
    .await;
}

#[tokio::test]
async fn who_declines_is_not_asked_again_and_the_search_ends_with_a_van() {
    on_both_engines(async |db, clock| {
        let site = depot(&db).await;
        let (staged, id) = open_load(&db, site, 1, at(700.0, 0.0)).await;
        let near = rider(&db, site, at(300.0, 0.0)).await;
        let far = rider(&db, site, at(3000.0, 0.0)).await;
        seek(&db, id).await.unwrap();
        let offer = offer_of(&db, near).await.unwrap();
        for _ in 0..2 {
            let said = act(&db, async |tx| decline(tx, offer.id, near).await).await.unwrap();
            assert_eq!(said.state, OfferState::Declined);
        }
        seek(&db, id).await.unwrap();
        let offer = offer_of(&db, far).await.expect("the next candidate");
        assert_eq!(offer_of(&db, near).await, None);
        clock.advance_ms(OFFER_MS);
        act(&db, async |tx| expire(tx, offer.id).await).await.unwrap();
        seek(&db, id).await.unwrap();
        assert_eq!(offer_of(&db, far).await, None, "silence is respected for a while");
        clock.advance_ms(SILENCE_MS);
        seek(&db, id).await.unwrap();
        let offer = offer_of(&db, far).await.expect("asked once more");
        act(&db, async |tx| decline(tx, offer.id, far).await).await.unwrap();
        // The search is over, and no van is on shift: a person is called.
        clock.advance_ms(20 * 60_000);
        seek(&db, id).await.unwrap();
        assert_eq!(count(&db, "load.unserved").await, 1);
        assert_eq!(load(&db, id).await.state, LoadState::Planned);
        // With a van it is taken apart, and the van takes the parcel.
        van(&db, site, "VAN-1").await;
        clock.advance_ms(20 * 60_000 + 1);
        seek(&db, id).await.unwrap();
        assert_eq!(load(&db, id).await.state, LoadState::Cancelled);
        plan(&db, site).await.unwrap();
        let again = parcel(&db, staged.id).await;
        assert_eq!(load(&db, again.load.unwrap()).await.by, transport::CarriedBy::Vehicle);
    })
    .await;
}

#[tokio::test]
async fn a_hand_over_needs_the_code_or_a_picture_and_the_cash() {
    on_both_engines(async |db, _| {
        let site = depot(&db).await;
        let new = NewParcel { cash_minor: 4800, ..new_parcel(&db, site, 1, at(700.0, 0.0)).await };
        let (parcel_out, who, id) = under_way(&db, new).await;
        let stop = parcel_out.stop.unwrap();
        let stranger = UserId::new(ulid::Ulid::nil());
        assert_eq!(code(hand(&db, stop, pin("1001"), stranger).await), "load.not_yours");
        assert_eq!(code(hand(&db, stop, Evidence::default(), who).await), "proof.missing");
        assert_eq!(code(hand(&db, stop, photo(), who).await), "proof.missing", "who took it?");
        assert_eq!(code(hand(&db, stop, pin("9999"), who).await), "pin.wrong");
        assert_eq!(code(hand(&db, stop, pin("1001"), who).await), "cash.wrong");
        let bad = Evidence { photo: Some("R0lGODlh".to_owned()), ..Evidence::default() };
        assert_eq!(code(hand(&db, stop, bad, who).await), "proof.photo_invalid");
        for _ in 0..transport::PIN_TRIES {
            transport::spend_try(&db, stop).await.unwrap();
        }
        assert_eq!(code(transport::spend_try(&db, stop).await), "pin.locked");
        assert_eq!(count(&db, "parcel.delivered").await, 0, "nothing was changed so far");
        let seen = Evidence { cash_minor: Some(4800), received_by: Some(ReceivedBy::Neighbour), ..photo() };
        for _ in 0..2 {
            assert_eq!(hand(&db, stop, seen.clone(), who).await.unwrap().state, StopState::Done);
        }
        assert_eq!(parcel(&db, parcel_out.id).await.state, ParcelState::Delivered);
        assert_eq!(load(&db, id).await.state, LoadState::Finished);
        assert_eq!((count(&db, "parcel.delivered").await, count(&db, "load.finished").await), (1, 1));
        let mut read = db.read().await.unwrap();
        let attempts = attempts_of(read.sql(), parcel_out.id).await.unwrap();
        assert_eq!((attempts.len(), attempts[0].cash_minor, attempts[0].outcome), (1, 4800, Outcome::Delivered));
        let proof = rows::proof_by_id(read.sql(), attempts[0].proof.unwrap()).await.unwrap().unwrap();
        assert_eq!(proof.photo, Some(("image/jpeg".to_owned(), JPEG.to_owned())));
        let (pay, cash) = earned(read.sql(), who, Time::from_ms(0)).await.unwrap();
        assert!(pay > PAY_BASE_MINOR && cash == 4800);
        drop(read);
        let late = act(&db, async |tx| fail(tx, stop, FailReason::NobodyHome, Acting::Driver(who)).await).await;
        assert_eq!(code(late), "stop.wrong_state");
    })
    .await;
}

#[tokio::test]
async fn a_second_attempt_comes_first_then_the_pickup_point_and_the_code_opens_it() {
    on_both_engines(async |db, _| {
        let site = depot(&db).await;
        let point = point(&db, 3).await;
        let (out, who, id) = under_way(&db, new_parcel(&db, site, 1, at(700.0, 0.0)).await).await;
        let stop = out.stop.unwrap();
        assert_eq!(miss(&db, stop, FailReason::NobodyHome, who).await, Some(Onward::Retry));
        assert_eq!(miss(&db, stop, FailReason::NobodyHome, who).await, None, "twice is as once");
        assert_eq!(load(&db, id).await.state, LoadState::Out, "the parcel is aboard");
        for _ in 0..2 {
            let back = act(&db, async |tx| transport::bring_back(tx, id, &out.sscc, Acting::Driver(who)).await).await;
            assert_eq!(back.unwrap().state, ParcelState::Staged);
        }
        assert_eq!(load(&db, id).await.state, LoadState::Finished);
        assert_eq!(units_with(&db, Holder::Carrier(id)).await, 2, "between two attempts");
        // The second attempt, by whoever is free.
        let second = plan(&db, site).await.unwrap().loads[0];
        seek(&db, second).await.unwrap();
        let offer = offer_of(&db, who).await.unwrap();
        act(&db, async |tx| accept(tx, offer.id, who).await).await.unwrap();
        send_off(&db, second).await;
        let carried = (units_with(&db, Holder::Carrier(id)).await, units_with(&db, Holder::Carrier(second)).await);
        assert_eq!(carried, (0, 2), "the second load took the goods over");
        let stop = parcel(&db, out.id).await.stop.unwrap();
        assert_eq!(miss(&db, stop, FailReason::NobodyHome, who).await, Some(Onward::Pickup));
        let going = parcel(&db, out.id).await;
        assert_eq!((going.state, going.pickup, going.failures), (ParcelState::Out, Some(point), 2));
        transport::replan_load(&db, second, None, "a stop was added").await.unwrap();
        let drop_off = going.stop.unwrap();
        assert_eq!(code(hand(&db, drop_off, Evidence::default(), who).await), "proof.photo_needed");
        hand(&db, drop_off, photo(), who).await.unwrap();
        assert_eq!(parcel(&db, out.id).await.state, ParcelState::Waiting);
        assert_eq!(load(&db, second).await.state, LoadState::Finished);
        assert_eq!(count(&db, "parcel.ready_for_pickup").await, 1);
        // The shopper comes.
        let take = async |code: &str| act(&db, async |tx| collect(tx, point, code, None, 0, None).await).await;
        assert_eq!(code(take("0000").await), "pickup.pin_wrong");
        assert_eq!(take("1001").await.unwrap()[0].state, ParcelState::Delivered);
        assert_eq!(code(take("1001").await), "pickup.pin_wrong");
        let ended = (units_with(&db, Holder::Carrier(second)).await, units_with(&db, Holder::Customer).await);
        assert_eq!(ended, (0, 2));
        let attempts = attempts_of(db.read().await.unwrap().sql(), out.id).await.unwrap();
        let told: Vec<_> = attempts.iter().map(|attempt| (attempt.number, attempt.outcome)).collect();
        assert_eq!(told, [(1, Outcome::Failed), (2, Outcome::Failed), (3, Outcome::Delivered)]);
        let mut read = db.read().await.unwrap();
        let room = crate::network::site(read.sql(), point).await.unwrap().unwrap();
        assert_eq!(room.compartments_taken, 0, "its room is free again");
    })
    .await;
}

#[tokio::test]
async fn what_is_refused_comes_back_for_good() {
    on_both_engines(async |db, _| {
        let site = depot(&db).await;
        let (out, who, id) = under_way(&db, new_parcel(&db, site, 1, at(700.0, 0.0)).await).await;
        assert_eq!(miss(&db, out.stop.unwrap(), FailReason::Refused, who).await, Some(Onward::Back));
        assert_eq!(parcel(&db, out.id).await.state, ParcelState::Returning);
        let back = act(&db, async |tx| transport::bring_back(tx, id, &out.sscc, Acting::Driver(who)).await).await;
        assert_eq!(back.unwrap().state, ParcelState::Returned);
        assert_eq!(count(&db, "return.received").await, 1);
        assert_eq!(units_with(&db, Holder::Carrier(id)).await, 0);
        assert_eq!(load(&db, id).await.state, LoadState::Finished);

        // A wrong address waits at the site until somebody knows better.
        let (out, who, id) = under_way(&db, new_parcel(&db, site, 2, at(700.0, 0.0)).await).await;
        assert_eq!(miss(&db, out.stop.unwrap(), FailReason::WrongAddress, who).await, Some(Onward::Hold));
        act(&db, async |tx| transport::bring_back(tx, id, &out.sscc, Acting::Driver(who)).await).await.unwrap();
        assert!(plan(&db, site).await.unwrap().loads.is_empty());
        let place =
            transport::NewPlace { address: None, coord: at(0.0, 700.0), window: None, due: out.due, pickup: None };
        act(&db, async |tx| transport::change_destination(tx, out.id, &place).await).await.unwrap();
        assert_eq!(plan(&db, site).await.unwrap().loads.len(), 1);
        // Withdrawn between two attempts: it stands at the site, and is received there.
        let how = act(&db, async |tx| transport::withdraw(tx, out.id, "cancelled").await).await.unwrap();
        assert_eq!((how, count(&db, "return.received").await), (transport::Withdrawn::AtSite, 2));
        assert_eq!(parcel(&db, out.id).await.state, ParcelState::Returned);
        assert_eq!(units_with(&db, Holder::Carrier(id)).await, 0);
    })
    .await;
}

#[tokio::test]
async fn cash_is_what_the_order_owes_now_and_is_taken_once() {
    on_both_engines(async |db, _| {
        let site = depot(&db).await;
        let new = NewParcel { cash_minor: 9_999, ..new_parcel(&db, site, 1, at(700.0, 0.0)).await };
        let order = new.order;
        let pay = async |tx: &mut Tx| payments::begin(tx, order, Method::CashOnDelivery, TestCard::default()).await;
        act(&db, pay).await.unwrap();
        let (out, who, _) = under_way(&db, new).await;
        let stop = out.stop.unwrap();
        let seen = api::rider_view(&db, who).await.unwrap();
        assert_eq!(seen.load.unwrap().stops[0].cash_minor, 1_600, "two articles and shipping, whatever was packed");
        assert_eq!(code(hand(&db, stop, Evidence { cash_minor: Some(9_999), ..pin("1001") }, who).await), "cash.wrong");
        hand(&db, stop, Evidence { cash_minor: Some(1_600), ..pin("1001") }, who).await.unwrap();
        assert_eq!(count(&db, "payment.collected").await, 1);
        let mut read = db.read().await.unwrap();
        assert_eq!(earned(read.sql(), who, Time::from_ms(0)).await.unwrap().1, 1_600);
        let paid = payments::of_order(read.sql(), order).await.unwrap().unwrap();
        assert_eq!((paid.state, paid.collected_minor), (payments::PaymentState::Collected, 1_600));
    })
    .await;
}

#[tokio::test]
async fn what_nobody_collects_is_fetched_by_the_next_van() {
    on_both_engines(async |db, clock| {
        let site = depot(&db).await;
        let (point, driver) = (point(&db, 1).await, van(&db, site, "VAN-1").await);
        let base = new_parcel(&db, site, 1, at(0.0, 1000.0)).await;
        let new = NewParcel { mode: Mode::PickupPoint, pickup: Some(point), ..base };
        let staged = stage(&db, new).await;
        let id = plan(&db, site).await.unwrap().loads[0];
        send_off(&db, id).await;
        hand(&db, stops(&db, id).await[0].id, photo(), driver).await.unwrap();
        clock.advance_ms(3 * 24 * 3_600_000);
        // The chore of the pick-up point turns it round, that of the site has it fetched.
        plan(&db, point).await.unwrap();
        assert_eq!(parcel(&db, staged.id).await.state, ParcelState::Returning);
        let fetch = plan(&db, site).await.unwrap().loads[0];
        act(&db, async |tx| transport::depart(tx, fetch, false, Acting::Driver(driver)).await).await.unwrap();
        hand(&db, stops(&db, fetch).await[0].id, photo(), driver).await.unwrap();
        assert_eq!(load(&db, fetch).await.state, LoadState::Out, "it is aboard");
        let back =
            act(&db, async |tx| transport::bring_back(tx, fetch, &staged.sscc, Acting::Driver(driver)).await).await;
        assert_eq!(back.unwrap().state, ParcelState::Returned);
        assert_eq!(load(&db, fetch).await.state, LoadState::Finished);
        let mut read = db.read().await.unwrap();
        assert_eq!(crate::network::site(read.sql(), point).await.unwrap().unwrap().compartments_taken, 0);
    })
    .await;
}

#[tokio::test]
async fn guessing_at_a_pickup_point_is_stopped_and_shared_codes_are_told_apart() {
    on_both_engines(async |db, clock| {
        let site = depot(&db).await;
        let (point, driver) = (point(&db, 5).await, van(&db, site, "VAN-1").await);
        for number in 1..=2 {
            let base = new_parcel(&db, site, number, at(0.0, 1000.0)).await;
            let pin = Some("4321".to_owned());
            stage(&db, NewParcel { mode: Mode::PickupPoint, pickup: Some(point), pin, ..base }).await;
        }
        let id = plan(&db, site).await.unwrap().loads[0];
        send_off(&db, id).await;
        hand(&db, stops(&db, id).await[0].id, photo(), driver).await.unwrap();
        let take =
            async |sscc: Option<&str>| act(&db, async |tx| collect(tx, point, "4321", sscc, 0, None).await).await;
        assert_eq!(code(take(None).await), "pickup.ambiguous");
        assert_eq!(take(Some(&label(2))).await.unwrap()[0].sscc, label(2));
        assert_eq!(take(None).await.unwrap()[0].sscc, label(1));
        for _ in 0..pickup::PICKUP_TRIES {
            spend_pickup_try(&db, point).await.unwrap();
        }
        assert_eq!(code(spend_pickup_try(&db, point).await), "pickup.locked");
        clock.advance_ms(pickup::TRIES_MS + 1);
        spend_pickup_try(&db, point).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_shift_ends_without_a_load_and_gives_back_what_is_untouched() {
    on_both_engines(async |db, _| {
        let site = depot(&db).await;
        let (_, id) = open_load(&db, site, 1, at(700.0, 0.0)).await;
        let who = rider(&db, site, at(300.0, 0.0)).await;
        seek(&db, id).await.unwrap();
        let end = async || act(&db, async |tx| end_shift(tx, who).await).await;
        assert!(!end().await.unwrap().on_shift);
        assert_eq!(load(&db, id).await.state, LoadState::Planned, "the offer was declined");
        let begin = || Begin {
            rider: who,
            kind: RiderKind::Rider,
            site: None,
            coord: at(300.0, 0.0),
            vehicle: None,
            cold: None,
        };
        let on = act(&db, async |tx| begin_shift(tx, begin()).await).await.unwrap();
        assert_eq!((on.site, on.on_shift), (site, true));
        act(&db, async |tx| transport::assign(tx, id, who, None).await).await.unwrap();
        end().await.unwrap();
        assert_eq!((load(&db, id).await.state, load(&db, id).await.driver), (LoadState::Planned, None));
        act(&db, async |tx| begin_shift(tx, begin()).await).await.unwrap();
        act(&db, async |tx| transport::assign(tx, id, who, None).await).await.unwrap();
        send_off(&db, id).await;
        assert_eq!(code(end().await), "rider.still_carrying");
        assert_eq!(count(&db, "rider.shift").await, 5);
    })
    .await;
}

#[tokio::test]
async fn positions_are_kept_thin_and_forgotten() {
    on_both_engines(async |db, clock: std::sync::Arc<HandClock>| {
        let site = depot(&db).await;
        let who = rider(&db, site, at(0.0, 0.0)).await;
        let tracker = Tracker::default();
        let report = async |coord: Coord| positions::report(&db, &tracker, who, coord.lat, coord.lon, None).await;
        for step in 0..20 {
            clock.advance_ms(1_000);
            report(at(f64::from(step) * 20.0, 0.0)).await.unwrap();
        }
        assert_eq!(code(report(Coord { lat: 91.0, lon: 0.0 }).await), "rider.place");
        let mut read = db.read().await.unwrap();
        let kept = trail(read.sql(), who, Time::from_ms(0)).await.unwrap();
        assert!((2..=5).contains(&kept.len()), "{}", kept.len());
        assert_eq!(tracker.everybody()[0].coord, at(380.0, 0.0));
        drop(read);
        clock.advance_ms(positions::TRAIL_MS + 60_000);
        let mut tx = db.begin(Actor::house()).await.unwrap();
        positions::prune(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let mut read = db.read().await.unwrap();
        assert!(trail(read.sql(), who, Time::from_ms(0)).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_photo_stop_takes_a_photo_and_two_parcels_go_over_together() {
    on_both_engines(async |db, _| {
        let site = depot(&db).await;
        let base = new_parcel(&db, site, 1, at(700.0, 0.0)).await;
        let first = NewParcel { needs: Needs::Photo, pin: None, ..base };
        let twin = NewParcel {
            order: first.order,
            needs: Needs::Photo,
            pin: None,
            ..new_parcel(&db, site, 2, at(700.0, 0.0)).await
        };
        stage(&db, twin).await;
        let (out, who, id) = under_way(&db, first).await;
        let stop = out.stop.unwrap();
        assert_eq!(code(hand(&db, stop, Evidence::default(), who).await), "proof.photo_needed");
        hand(&db, stop, photo(), who).await.unwrap();
        assert_eq!((count(&db, "parcel.delivered").await, load(&db, id).await.state), (2, LoadState::Finished));
    })
    .await;
}
