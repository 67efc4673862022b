//! Taking, revising and erasing people on both engines.

use super::*;
use crate::{
    kernel::Stop,
    store::{Actor, on_both_engines},
};

fn person() -> (NewContact, Address) {
    let contact = NewContact { name: "Ann Lee".into(), phone: "13812345678".into(), email: String::new() };
    let address = serde_json::from_value(serde_json::json!({"street": "12 Mill Row", "lat": 30.1, "lon": 123.4}));
    (contact, address.unwrap())
}

#[tokio::test]
async fn a_contact_is_revised_and_erased() {
    on_both_engines(async |db, _| {
        let (new, mut place) = person();
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let (id, first) = add_contact(&mut tx, &new, &place, None).await.unwrap();
        place.street = "13 Mill Row".into();
        let second = revise_address(&mut tx, id, &place).await.unwrap();
        let known = contact(tx.sql(), id).await.unwrap().unwrap();
        assert_eq!(known.masked().phone, "*******5678");
        let streets = [address(tx.sql(), first).await.unwrap(), address(tx.sql(), second).await.unwrap()];
        assert_eq!(streets.map(|one| one.unwrap().street), ["12 Mill Row", "13 Mill Row"]);
        erase(&mut tx, id).await.unwrap();
        let gone = contact(tx.sql(), id).await.unwrap().unwrap();
        assert!(gone.name.is_empty() && gone.phone.is_empty() && gone.erased_at.is_some());
        assert_eq!(address(tx.sql(), second).await.unwrap().unwrap().street, "");
    })
    .await;
}

#[tokio::test]
async fn a_person_without_phone_or_place_is_refused() {
    on_both_engines(async |db, _| {
        let mut tx = db.begin(Actor::house()).await.unwrap();
        let (new, place) = person();
        let no_phone = NewContact { phone: "12".into(), ..new.clone() };
        let nowhere = Address { lat: 99.0, ..place.clone() };
        let codes: Vec<_> =
            [add_contact(&mut tx, &no_phone, &place, None).await, add_contact(&mut tx, &new, &nowhere, None).await]
                .into_iter()
                .map(|answer| answer.err().as_ref().and_then(Stop::code))
                .collect();
        assert_eq!(codes, [Some("contact.bad_phone"), Some("address.bad_place")]);
    })
    .await;
}
