//! Permissions, roles, grants, and the rules for logins and repeated failures.
//! Deliberately absent: secrets and how they are kept (`secret.rs`).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    kernel::{DeviceId, SiteId, Time, TokenId, UserId},
    refusals, words,
};

words! {
    /// What a caller may do; granted for one site or for all.
    Permission {
        /// Place an order.
        OrderPlace = "order.place",
        /// See orders.
        OrderRead = "order.read",
        /// Cancel and amend orders.
        OrderChange = "order.change",
        /// See names, phones and addresses unmasked.
        PersonalRead = "personal.read",
        /// Capture and refund.
        PaymentAct = "payment.act",
        /// Change articles.
        CatalogEdit = "catalog.edit",
        /// Change sites, services and roads.
        NetworkEdit = "network.edit",
        /// Change bins and floors.
        LayoutEdit = "layout.edit",
        /// See stock and ledger.
        StockRead = "stock.read",
        /// Count, adjust and move goods between conditions.
        StockAdjust = "stock.adjust",
        /// Take tasks on a handheld.
        WorkDo = "work.do",
        /// Hand tasks to others, throttle services.
        WorkSupervise = "work.supervise",
        /// Receive goods.
        InboundReceive = "inbound.receive",
        /// Approve what differs from its announcement.
        InboundApprove = "inbound.approve",
        /// Lock vehicles out and in, close floor edges.
        FleetOperate = "fleet.operate",
        /// Plan loads, close roads.
        DispatchAct = "dispatch.act",
        /// Carry loads to doors.
        Ride = "ride",
        /// Own and settle cases.
        CaseHandle = "case.handle",
        /// Add people, roles, tokens and devices.
        PeopleManage = "people.manage",
        /// See reports.
        ReportRead = "report.read",
        /// Read the event log.
        EventRead = "event.read",
        /// Import files.
        ImportRun = "import.run",
        /// Change settings.
        ConfigEdit = "config.edit",
    }
}

/// A set of permissions.
pub type Permissions = BTreeSet<Permission>;

/// The roles that every house has; others are named lists of permissions.
pub const BUILT_IN: &[&str] = &[
    "admin",
    "supervisor",
    "worker",
    "inventory",
    "technician",
    "dispatcher",
    "rider",
    "driver",
    "customer_service",
    "director",
    "shopper",
    "machine",
];

/// What a built-in role may do; `None` for a custom role's name.
pub fn built_in(role: &str) -> Option<&'static [Permission]> {
    use Permission::*;
    Some(match role {
        "admin" => Permission::ALL,
        "supervisor" => &[
            OrderRead,
            StockRead,
            StockAdjust,
            WorkDo,
            WorkSupervise,
            InboundReceive,
            InboundApprove,
            FleetOperate,
            CaseHandle,
            ReportRead,
            EventRead,
        ],
        "worker" => &[WorkDo, StockRead, InboundReceive],
        "inventory" => &[WorkDo, OrderRead, StockRead, StockAdjust, InboundReceive, InboundApprove, CaseHandle],
        "technician" => &[FleetOperate, CaseHandle],
        "dispatcher" => &[DispatchAct, OrderRead, PersonalRead, CaseHandle, ReportRead, EventRead],
        "rider" | "driver" => &[Ride],
        "customer_service" => {
            &[OrderPlace, OrderRead, OrderChange, PersonalRead, PaymentAct, StockRead, CaseHandle, EventRead]
        }
        "director" => &[OrderRead, StockRead, ReportRead, EventRead],
        "shopper" => &[OrderPlace],
        "machine" => &[OrderPlace, OrderRead, OrderChange, StockRead, EventRead],
        _ => return None,
    })
}

/// A role at a site, or at every site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// A built-in role or a custom one.
    pub role: String,
    /// Where; everywhere when absent.
    #[serde(default)]
    pub site: Option<SiteId>,
}

/// A grant with what its role may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The role's name.
    pub role: String,
    /// Where; everywhere when absent.
    pub site: Option<SiteId>,
    /// What.
    pub permissions: Permissions,
}

/// A person who signs in, without any secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Person {
    /// `usr_...`.
    pub id: UserId,
    /// What they type to sign in.
    pub login: String,
    /// What colleagues call them.
    pub name: String,
    /// `en` or `zh`.
    pub lang: String,
    /// False once they may no longer sign in.
    pub active: bool,
    /// Their roles.
    pub grants: Vec<Grant>,
}

/// A custom role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// What it may do.
    #[schema(value_type = Vec<Permission>)]
    pub permissions: Permissions,
    /// True if it cannot be changed.
    pub built_in: bool,
}

/// An enrolled handheld, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Device {
    /// `dev_...`.
    pub id: DeviceId,
    /// As written on its back.
    pub name: String,
    /// Where it is used.
    pub site: SiteId,
    /// False once it was lost or retired.
    pub active: bool,
}

/// A machine's credential, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Token {
    /// `tok_...`.
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// What it may do.
    #[schema(value_type = Vec<Permission>)]
    pub permissions: Permissions,
    /// Where; everywhere when absent.
    pub site: Option<SiteId>,
    /// The only sales channel it may act for, if bound to one.
    pub channel: Option<String>,
    /// Until when, wall time.
    pub expires_at: Option<Time>,
    /// True once it was taken back.
    pub revoked: bool,
}

refusals! {
    /// Why identity says no.
    Refusal {
        /// Nobody signed in.
        Required => "auth.required", 401, "Sign in, or send a valid token as Authorization: Bearer.";
        /// A link that we did not sign.
        BadLink => "auth.link", 401, "This link is not valid; open it again from the message you received.";
        /// The session's CSRF token is missing.
        Csrf => "auth.csrf", 403, "Send the session's CSRF token in the x-csrf header; reload the page if it is older than your sign-in.";
        /// Not allowed, or not there.
        Forbidden { permission: Permission } => "auth.forbidden", 403, "You may not do this: it needs the permission {permission} for this site. Ask a supervisor.";
        /// A token for another channel.
        WrongChannel { channel: String } => "auth.channel", 403, "This token may not act for channel {channel}.";
        /// Login or password or badge or PIN is wrong.
        WrongSecret => "auth.wrong", 401, "That is not right. Check it and try again.";
        /// Too many failures.
        TooMany { wait_seconds: i64 } => "auth.too_many", 429, "Too many failed attempts. Wait {wait_seconds} seconds and try again.";
        /// The handheld is unknown or retired.
        UnknownDevice => "auth.device", 401, "This handheld is not enrolled. Ask a supervisor to enrol it.";
        /// The person has no role where the handheld is.
        NotHere => "auth.not_here", 403, "You have no role at this site. Ask a supervisor.";
        /// A login or badge that someone has.
        Taken { what: String } => "person.taken", 409, "This {what} belongs to somebody else; choose another.";
        /// A field that cannot be.
        Invalid { field: String, reason: String } => "person.invalid", 422, "{field}: {reason}";
        /// No such role.
        UnknownRole { role: String } => "role.unknown", 422, "There is no role {role}; make it first or use a built-in one.";
        /// A built-in role cannot be changed.
        BuiltIn { role: String } => "role.built_in", 409, "The role {role} is built in; make one of another name.";
        /// Giving away more than one has.
        MoreThanOwn { permission: Permission } => "auth.more_than_own", 403, "You cannot grant {permission} there, since you do not hold it there yourself.";
        /// Nothing of that id.
        Unknown { what: String } => "identity.unknown", 404, "There is no such {what}, or you may not see it.";
    }
}

/// Failures before waiting begins.
const FREE_FAILURES: i64 = 8;
/// The first wait.
const FIRST_WAIT_MS: i64 = 30_000;
/// The longest wait.
const LONGEST_WAIT_MS: i64 = 15 * 60_000;

/// How long to wait after so many failures in a row: nothing for the first
/// few, then 30 s doubling to 15 min.
pub fn penalty_ms(failures: i64) -> i64 {
    let over = failures - FREE_FAILURES;
    if over < 0 {
        return 0;
    }
    (FIRST_WAIT_MS << over.min(10)).min(LONGEST_WAIT_MS)
}

/// Lower case, 1 to 60 letters, digits, dot, dash, underscore or at sign.
pub fn check_login(login: &str) -> Result<(), Refusal> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_@".contains(c);
    if (1..=60).contains(&login.len()) && login.chars().all(good) {
        return Ok(());
    }
    Err(invalid("login", "use 1 to 60 lower-case letters, digits or . - _ @"))
}

/// 8 to 200 characters; length is what protects a password.
pub fn check_password(password: &str) -> Result<(), Refusal> {
    if (8..=200).contains(&password.chars().count()) {
        return Ok(());
    }
    Err(invalid("password", "use 8 to 200 characters"))
}

/// 4 to 8 digits.
pub fn check_pin(pin: &str) -> Result<(), Refusal> {
    if (4..=8).contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(invalid("pin", "use 4 to 8 digits"))
}

/// 1 to 120 characters that say something.
pub fn check_name(field: &str, name: &str) -> Result<(), Refusal> {
    if !name.trim().is_empty() && name.chars().count() <= 120 {
        return Ok(());
    }
    Err(invalid(field, "use 1 to 120 characters"))
}

/// A refusal of one field.
pub fn invalid(field: &str, reason: &str) -> Refusal {
    Refusal::Invalid { field: field.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_role_is_known_and_only_admin_may_all() {
        for role in BUILT_IN {
            let permissions = built_in(role).expect("a built-in role");
            assert!(!permissions.is_empty());
            assert_eq!(permissions.len() == Permission::ALL.len(), *role == "admin", "{role}");
        }
        assert_eq!(built_in("emperor"), None);
    }

    #[test]
    fn waiting_begins_late_doubles_and_ends() {
        assert_eq!((penalty_ms(0), penalty_ms(7)), (0, 0));
        assert_eq!((penalty_ms(8), penalty_ms(9)), (30_000, 60_000));
        assert_eq!((penalty_ms(14), penalty_ms(i64::MAX)), (900_000, 900_000));
    }

    #[test]
    fn fields_are_held_to_their_shape() {
        assert!(check_login("li.wei-2@north").is_ok());
        assert!(check_login("Li Wei").is_err() && check_login("").is_err());
        assert!(check_pin("0420").is_ok() && check_pin("42").is_err() && check_pin("12a4").is_err());
        assert!(check_password("short").is_err() && check_password("long enough").is_ok());
    }
}
