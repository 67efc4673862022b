//! Identity: who may act, from the first endpoint on. It owns people and their
//! roles by site, enrolled handhelds, tokens, sessions and signed guest links.
//!
//! ```text
//! person   active <-> shut out        (shutting out ends the sessions)
//! device   enrolled -> retired        (retiring ends the sessions on it)
//! token    minted -> revoked | out of date
//! session  open -> signed out | out of date
//! attempts 0 1 2 ... 7 | wait 30 s, 60 s ... 15 min   (success begins anew)
//! ```
//!
//! Deliberately absent: customers (they are contacts of `parties`), and any
//! secret in clear: passwords and PINs are Argon2 hashes, tokens, sessions and
//! handhelds SHA-256 digests, badges sealed with the house's key.

pub mod api;
mod authenticate;
mod caller;
mod credentials;
mod guests;
mod model;
mod people;
mod rows;
pub mod secret;
mod sessions;
#[cfg(test)]
pub(crate) mod tests;

pub use api::extract::{FormCaller, GUEST_COOKIE, OptionalCaller, SESSION_COOKIE};
pub use authenticate::{by_link, by_secret};
pub use caller::{Caller, Sites, Who};
pub use credentials::{NewToken, enrol_device, mint_token, retire_device, revoke_token};
pub use guests::{Signer, house_signer, sign_guest, signer};
pub use model::{BUILT_IN, Device, Grant, Permission, Permissions, Person, Refusal, Role, Token, built_in};
pub use people::{
    NewPerson, Prepared, add_person, first_start, hash_password, permissions_of, put_role, set_active, set_grants,
    set_password,
};
pub use rows::{custom_roles, devices, find_device, find_login, find_person, find_token, people, tokens};
pub use secret::hmac_sha256;
pub use sessions::{Opened, SESSION_MS, sign_in, sign_in_badge, sign_out, sweep, wall_now};
