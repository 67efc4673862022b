//! Contacts, addresses, and how little of them is shown. Pure.

use serde::{Deserialize, Serialize};

use crate::{kernel::*, refusals};

/// A person or firm outside the house.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contact {
    /// Id; the only thing that leaves this room unmasked.
    pub id: ContactId,
    /// Name.
    pub name: String,
    /// Phone.
    pub phone: String,
    /// Mail, may be empty.
    pub email: String,
    /// When the text was erased.
    pub erased_at: Option<Time>,
}

impl Contact {
    /// As much as a helper needs: first letter of the name, last digits of the
    /// phone.
    #[must_use]
    pub fn masked(&self) -> Contact {
        Contact {
            name: mask_name(&self.name),
            phone: mask_phone(&self.phone),
            email: mask_email(&self.email),
            ..self.clone()
        }
    }
}

/// `Ann Lee` becomes `A*** L***`, `王小明` becomes `王**`.
pub fn mask_name(name: &str) -> String {
    let words: Vec<String> = name
        .split_whitespace()
        .map(|word| {
            let first: String = word.chars().take(1).collect();
            let stars = if word.is_ascii() { 3 } else { word.chars().count().saturating_sub(1).max(1) };
            format!("{first}{}", "*".repeat(stars))
        })
        .collect();
    words.join(" ")
}

/// All but the last four digits become stars.
pub fn mask_phone(phone: &str) -> String {
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    let mut seen = 0;
    phone
        .chars()
        .map(|c| {
            if !c.is_ascii_digit() {
                return c;
            }
            seen += 1;
            if seen + 4 > digits { c } else { '*' }
        })
        .collect()
}

/// `ann@shop.example` becomes `a***@shop.example`.
pub fn mask_email(email: &str) -> String {
    match email.split_once('@') {
        Some((name, host)) => format!("{}***@{host}", name.chars().take(1).collect::<String>()),
        None => String::new(),
    }
}

/// A postal address with its place; stored coordinates are WGS-84.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Country.
    #[serde(default)]
    pub country: String,
    /// Province or state.
    #[serde(default)]
    pub province: String,
    /// City.
    #[serde(default)]
    pub city: String,
    /// District.
    #[serde(default)]
    pub district: String,
    /// Street and number.
    pub street: String,
    /// Building, floor, door.
    #[serde(default)]
    pub detail: String,
    /// Postcode.
    #[serde(default)]
    pub postcode: String,
    /// Administrative code.
    #[serde(default)]
    pub adcode: String,
    /// As it was pasted.
    #[serde(default)]
    pub raw: String,
    /// Degrees north, WGS-84.
    pub lat: f64,
    /// Degrees east, WGS-84.
    pub lon: f64,
    /// How sure the geocoder is, 0 to 100; below 60 a person looks first.
    #[serde(default = "certain")]
    pub confidence: i64,
}

fn certain() -> i64 {
    100
}

/// Below this confidence an order waits for a person.
pub const DOUBTFUL_BELOW: i64 = 60;

impl Address {
    /// Where it is, if the degrees are on the globe.
    pub fn coord(&self) -> Result<Coord, Refusal> {
        Coord::checked(self.lat, self.lon).ok_or(Refusal::BadPlace)
    }
    /// The street without the door: what a map or a label may show to many.
    #[must_use]
    pub fn masked(&self) -> Address {
        Address { detail: String::new(), raw: String::new(), ..self.clone() }
    }
    /// The address in one line.
    pub fn line(&self) -> String {
        let parts = [&self.street, &self.detail, &self.district, &self.city, &self.postcode];
        parts.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(", ")
    }
}

/// A recipient as an order brings it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContact {
    /// Name.
    pub name: String,
    /// Phone.
    pub phone: String,
    /// Mail.
    #[serde(default)]
    pub email: String,
}

/// What an invoice should say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Invoice {
    /// To whom.
    pub title: String,
    /// Tax number, may be empty for a person.
    #[serde(default)]
    pub tax_id: String,
    /// personal, company, special.
    #[serde(default)]
    pub kind: String,
    /// Where to send it.
    #[serde(default)]
    pub email: String,
}

/// A recipient nobody knew before.
#[derive(Debug, Clone, Copy)]
pub struct Newcomer<'a> {
    /// The id to be.
    pub contact_id: ContactId,
    /// The id of the first revision of the address.
    pub address_id: AddressId,
    /// Who.
    pub contact: &'a NewContact,
    /// Where.
    pub address: &'a Address,
    /// What an invoice should say.
    pub invoice: Option<&'a Invoice>,
}

refusals! {
    /// Why a contact or address cannot be taken.
    Refusal {
        /// No name.
        NoName => "contact.no_name", 422, "A recipient needs a name.";
        /// No phone that could be called.
        BadPhone => "contact.bad_phone", 422, "A recipient needs a phone number of 5 to 20 digits.";
        /// Not on the globe.
        BadPlace => "address.bad_place", 422, "Latitude must be from -90 to 90 and longitude from -180 to 180.";
        /// No street.
        NoStreet => "address.no_street", 422, "An address needs a street.";
        /// Too long.
        TooLong { field: &'static str } => "contact.too_long", 422, "{field} is longer than 200 characters.";
    }
}

/// Checks an address: a street, of bearable length, on the globe.
pub fn checked_address(address: &Address) -> Result<(), Refusal> {
    if address.street.trim().is_empty() {
        return Err(Refusal::NoStreet);
    }
    if address.line().chars().count() > 800 || address.raw.chars().count() > 800 {
        return Err(Refusal::TooLong { field: "The address" });
    }
    address.coord().map(|_| ())
}

/// Checks a recipient.
pub fn checked(contact: &NewContact) -> Result<(), Refusal> {
    let digits = contact.phone.chars().filter(char::is_ascii_digit).count();
    match contact {
        _ if contact.name.trim().is_empty() => Err(Refusal::NoName),
        _ if contact.name.chars().count() > 200 => Err(Refusal::TooLong { field: "The name" }),
        _ if contact.email.chars().count() > 200 => Err(Refusal::TooLong { field: "The mail address" }),
        _ if !(5..=20).contains(&digits) || contact.phone.len() > 40 => Err(Refusal::BadPhone),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn little_is_shown_of_people() {
        assert_eq!(mask_name("Ann Lee"), "A*** L***");
        assert_eq!(mask_name("王小明"), "王**");
        assert_eq!(mask_phone("+86 138-1234-5678"), "+** ***-****-5678");
        assert_eq!(mask_email("ann@shop.example"), "a***@shop.example");
    }
}
