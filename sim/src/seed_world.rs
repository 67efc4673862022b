//! Brings the generated world into a server through its import endpoints, enrols
//! handhelds and mints the tokens that the demo needs.
//!
//! Every step carries a key made from the seed, so that doing it twice changes
//! nothing. There is no knowledge of tables here.

mod rows;

pub use rows::{TOTES, tote_label};

use crate::access::{self, ADMIN, Access, EYE, SHOP};
use crate::http::{Caller, Http, Problem};
use crate::world::World;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// The channel in which the world's shoppers buy.
pub const CHANNEL: &str = "shop";

/// Fills the server with the world unless `access` says that it is there, and
/// answers access for everyone. `now_ms` is the server's domain time, from which
/// expiry dates are counted.
///
/// # Errors
/// When the server refuses a step; the message names the step and the reason.
pub async fn prepare(http: &Http, world: &World, mut access: Access, now_ms: i64) -> Result<Access> {
    let admin = http.caller("operator", access.token(ADMIN));
    if access.world_seed.is_none() {
        for (kind, content) in rows::all(world, now_ms) {
            import(&admin, world.seed, kind, &content).await?;
        }
        access.world_seed = Some(world.seed);
        access.logins = access::logins(world);
    } else if access.world_seed != Some(world.seed) {
        bail!("the data folder holds the world of seed {:?}, not of seed {}", access.world_seed, world.seed);
    }
    enrol(&admin, world, &mut access, now_ms).await?;
    mint(&admin, &mut access, now_ms).await?;
    Ok(access)
}

async fn import(admin: &Caller, seed: u64, kind: &str, content: &Value) -> Result<()> {
    let count = content.as_array().map_or(0, Vec::len);
    if count == 0 {
        return Ok(());
    }
    let key = format!("sim-{seed}-world-{kind}");
    match admin.post(&format!("/api/v1/import/{kind}"), &key, content).await {
        Ok(_) => Ok(()),
        // The same world with other expiry dates: it was brought on another day.
        Err(problem) if problem.is("idempotency.reused") => Ok(()),
        Err(problem) => Err(problem).with_context(|| format!("importing {count} {kind}")),
    }
}

/// One handheld secret for each site with a floor; its workers share it.
///
/// A secret is shown once, so the key differs each time this is tried.
async fn enrol(admin: &Caller, world: &World, access: &mut Access, now_ms: i64) -> Result<()> {
    let missing: Vec<_> = world.floors.iter().filter(|floor| !access.devices.contains_key(&floor.site)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let ids = site_ids(admin).await.context("reading the sites")?;
    for floor in missing {
        let site = ids.iter().find(|(code, _)| *code == floor.site);
        let (_, site) = site.with_context(|| format!("the site {} is not in the server", floor.site))?;
        let body = json!({ "name": format!("{} handhelds", floor.site), "site": site });
        let key = format!("sim-{}-device-{}-{now_ms}", world.seed, floor.site);
        let reply = admin.post("/api/v1/devices", &key, &body).await.context("enrolling handhelds")?;
        let secret = reply.get("secret").and_then(Value::as_str).context("a handheld without a secret")?;
        access.devices.insert(floor.site.clone(), secret.to_owned());
    }
    Ok(())
}

async fn mint(admin: &Caller, access: &mut Access, now_ms: i64) -> Result<()> {
    let wanted = [
        (SHOP, json!(["order.place", "order.read", "order.change", "payment.act"]), json!(CHANNEL)),
        (EYE, json!(["event.read", "stock.read", "order.read", "report.read"]), Value::Null),
    ];
    for (name, permissions, channel) in wanted {
        if access.tokens.contains_key(name) {
            continue;
        }
        let mut body = json!({ "name": format!("demo {name}"), "permissions": permissions });
        if !channel.is_null() {
            body["channel"] = channel;
        }
        let key = format!("sim-token-{name}-{now_ms}");
        let reply = admin.post("/api/v1/tokens", &key, &body).await.context("minting a token")?;
        let token = reply.get("token").and_then(Value::as_str).context("a token without its secret")?;
        access.tokens.insert(name.to_owned(), token.to_owned());
    }
    Ok(())
}

/// Code and id of every site.
///
/// # Errors
/// The server's problem document.
pub async fn site_ids(caller: &Caller) -> Result<Vec<(String, String)>, Problem> {
    let sites = caller.get("/api/v1/sites").await?;
    let text = |site: &Value, key: &str| site.get(key).and_then(Value::as_str).map(str::to_owned);
    let items = sites.as_array().cloned().unwrap_or_default();
    Ok(items.iter().filter_map(|site| text(site, "code").zip(text(site, "id"))).collect())
}
