//! Who asks, and what they may do. Deliberately absent: how a request proves it
//! (`api/extract.rs`) and where it is looked up (`authenticate.rs`).

use super::model::{Granted, Permission, Permissions, Refusal};
use crate::kernel::{DeviceId, OrderId, SessionId, SiteId, TokenId, UserId};

/// Somebody who proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub(super) id: String,
    pub(super) who: Who,
    pub(super) grants: Vec<Granted>,
    pub(super) lang: String,
    pub(super) csrf: Option<String>,
}

/// The three kinds of callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A person in a session.
    Person {
        /// The person.
        user: UserId,
        /// What they type to sign in.
        login: String,
        /// What colleagues call them.
        name: String,
        /// Their session.
        session: SessionId,
        /// The handheld they signed in on, and its site.
        device: Option<(DeviceId, SiteId)>,
    },
    /// A machine.
    Token {
        /// Its credential.
        token: TokenId,
        /// The only channel it may act for.
        channel: Option<String>,
    },
    /// The holder of one order's link.
    Guest {
        /// That order.
        order: OrderId,
    },
}

/// Where a caller holds a permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sites {
    /// Everywhere.
    All,
    /// At these sites; possibly none.
    Only(Vec<SiteId>),
}

impl Sites {
    /// True if `site` is among them.
    pub fn holds(&self, site: SiteId) -> bool {
        match self {
            Self::All => true,
            Self::Only(sites) => sites.contains(&site),
        }
    }
}

impl Caller {
    /// `usr_...`, `tok_...` or `guest:ord_...`; stands beside facts and keys.
    pub fn id(&self) -> &str {
        &self.id
    }
    /// Person, token or guest.
    pub fn who(&self) -> &Who {
        &self.who
    }
    /// The person, if one.
    pub fn user(&self) -> Option<UserId> {
        match &self.who {
            Who::Person { user, .. } => Some(*user),
            _ => None,
        }
    }
    /// The name to show.
    pub fn name(&self) -> &str {
        match &self.who {
            Who::Person { name, .. } => name,
            _ => "",
        }
    }
    /// The only channel a token may act for.
    pub fn channel(&self) -> Option<&str> {
        match &self.who {
            Who::Token { channel, .. } => channel.as_deref(),
            _ => None,
        }
    }
    /// The one order a guest may see.
    pub fn guest_order(&self) -> Option<OrderId> {
        match &self.who {
            Who::Guest { order } => Some(*order),
            _ => None,
        }
    }
    /// The handheld of the session.
    pub fn device(&self) -> Option<DeviceId> {
        match &self.who {
            Who::Person { device, .. } => device.map(|(device, _)| device),
            _ => None,
        }
    }
    /// The site of that handheld.
    pub fn device_site(&self) -> Option<SiteId> {
        match &self.who {
            Who::Person { device, .. } => device.map(|(_, site)| site),
            _ => None,
        }
    }
    /// The session, if one.
    pub fn session(&self) -> Option<SessionId> {
        match &self.who {
            Who::Person { session, .. } => Some(*session),
            _ => None,
        }
    }
    /// `en` or `zh`.
    pub fn lang(&self) -> &str {
        &self.lang
    }
    /// What pages put into their forms.
    pub fn csrf(&self) -> Option<&str> {
        self.csrf.as_deref()
    }
    /// The names of the roles, each once.
    pub fn roles(&self) -> Vec<&str> {
        let mut roles: Vec<&str> = self.grants.iter().map(|grant| grant.role.as_str()).collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// Where the caller holds `permission`; lists are filtered by it.
    pub fn sites(&self, permission: Permission) -> Sites {
        let mut only = Vec::new();
        for grant in self.grants.iter().filter(|grant| grant.permissions.contains(&permission)) {
            match grant.site {
                None => return Sites::All,
                Some(site) if !only.contains(&site) => only.push(site),
                Some(_) => {}
            }
        }
        Sites::Only(only)
    }

    /// Refuses unless the caller holds `permission` at `site`; with no site,
    /// unless the caller holds it somewhere (then filter by [`Caller::sites`]).
    pub fn permit(&self, permission: Permission, site: Option<SiteId>) -> Result<(), Refusal> {
        let held = match (self.sites(permission), site) {
            (Sites::All, _) => true,
            (Sites::Only(sites), Some(site)) => sites.contains(&site),
            (Sites::Only(sites), None) => !sites.is_empty(),
        };
        if held { Ok(()) } else { Err(Refusal::Forbidden { permission }) }
    }

    /// Which site a list is of: the one asked for, or the only one where the
    /// caller holds `permission`; `None` means all, for those who hold it everywhere.
    pub fn scope(&self, permission: Permission, site: Option<SiteId>) -> Result<Option<SiteId>, Refusal> {
        self.permit(permission, site)?;
        match (site, self.sites(permission)) {
            (Some(site), _) => Ok(Some(site)),
            (None, Sites::All) => Ok(None),
            (None, Sites::Only(sites)) if sites.len() == 1 => Ok(sites.first().copied()),
            (None, Sites::Only(_)) => Err(Refusal::Forbidden { permission }),
        }
    }

    /// Refuses unless the caller holds `permission` for every site: for what
    /// belongs to the whole house, such as articles and roads.
    pub fn permit_house(&self, permission: Permission) -> Result<(), Refusal> {
        if self.sites(permission) == Sites::All { Ok(()) } else { Err(Refusal::Forbidden { permission }) }
    }

    /// Refuses if the caller is bound to another channel.
    pub fn permit_channel(&self, channel: &str) -> Result<(), Refusal> {
        match self.channel() {
            Some(own) if own != channel => Err(Refusal::WrongChannel { channel: channel.chars().take(60).collect() }),
            _ => Ok(()),
        }
    }

    /// Refuses to give away what the caller does not hold at `site` (everywhere
    /// when absent).
    pub fn may_give(&self, permissions: &Permissions, site: Option<SiteId>) -> Result<(), Refusal> {
        let held = |permission| match site {
            Some(site) => self.sites(permission).holds(site),
            None => self.sites(permission) == Sites::All,
        };
        match permissions.iter().find(|permission| !held(**permission)) {
            Some(permission) => Err(Refusal::MoreThanOwn { permission: *permission }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::model::built_in;

    fn site(n: u64) -> SiteId {
        SiteId::new(ulid::Ulid::from_parts(1, n.into()))
    }

    fn person(grants: &[(&str, Option<SiteId>)]) -> Caller {
        let granted = |(role, site): &(&str, Option<SiteId>)| Granted {
            role: (*role).to_owned(),
            site: *site,
            permissions: built_in(role).unwrap().iter().copied().collect(),
        };
        Caller {
            id: "usr_x".to_owned(),
            who: Who::Token { token: TokenId::new(ulid::Ulid::nil()), channel: Some("shop".to_owned()) },
            grants: grants.iter().map(granted).collect(),
            lang: "en".to_owned(),
            csrf: None,
        }
    }

    #[test]
    fn a_permission_holds_where_it_was_granted() {
        let caller = person(&[("worker", Some(site(1))), ("director", None)]);
        assert!(caller.permit(Permission::WorkDo, Some(site(1))).is_ok());
        assert!(caller.permit(Permission::WorkDo, Some(site(2))).is_err());
        assert!(caller.permit(Permission::WorkDo, None).is_ok());
        assert!(caller.permit_house(Permission::WorkDo).is_err());
        assert_eq!(caller.scope(Permission::WorkDo, None).ok(), Some(Some(site(1))));
        assert_eq!(caller.scope(Permission::ReportRead, None).ok(), Some(None));
        assert!(caller.scope(Permission::WorkDo, Some(site(2))).is_err());
        assert!(caller.permit_house(Permission::ReportRead).is_ok());
        assert!(caller.permit(Permission::Ride, None).is_err());
        assert!(caller.permit_channel("shop").is_ok() && caller.permit_channel("mall").is_err());
    }

    #[test]
    fn nobody_gives_away_more_than_they_hold() {
        let caller = person(&[("supervisor", Some(site(1)))]);
        let worker: Permissions = built_in("worker").unwrap().iter().copied().collect();
        assert!(caller.may_give(&worker, Some(site(1))).is_ok());
        assert!(caller.may_give(&worker, Some(site(2))).is_err());
        assert!(caller.may_give(&worker, None).is_err());
        let admin: Permissions = Permission::ALL.iter().copied().collect();
        assert!(caller.may_give(&admin, Some(site(1))).is_err());
    }
}
