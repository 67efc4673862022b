//! What a sales channel listens to: its orders, fact by fact, and what it may sell of
//! each article now. What is told is read and put into words once for all listeners.
//! Deliberately absent: webhooks, which are sent.

mod orders;
mod stock;

use std::sync::Arc;

use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::head::Head;
use crate::{identity::Caller, problem::Problem, store::Db};

/// The feeds of a server.
pub(super) struct Feeds {
    db: Db,
    pub(super) head: Arc<Head>,
    orders: orders::Told,
    stock: stock::Hubs,
}

impl Feeds {
    /// Of a database.
    pub(super) fn of(db: Db) -> Arc<Self> {
        let head = Head::of(db.clone());
        Arc::new(Self { db, head, orders: orders::Told::default(), stock: stock::Hubs::default() })
    }
}

/// Streams stay open, so they stand outside of the time limit.
pub(super) fn streams() -> OpenApiRouter<Db> {
    OpenApiRouter::new().routes(routes!(orders::listen)).routes(routes!(stock::listen))
}

/// For which channel.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct For {
    /// The channel; when absent the one the token is bound to, else the whole house.
    #[serde(default)]
    channel: Option<String>,
}

impl For {
    /// The channel this caller hears; `None`: the whole house.
    fn channel(self, caller: &Caller) -> Result<Option<String>, Problem> {
        if let Some(channel) = &self.channel {
            caller.permit_channel(channel)?;
        }
        Ok(self.channel.or_else(|| caller.channel().map(str::to_owned)))
    }
}
