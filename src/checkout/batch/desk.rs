//! What the orders of a batch are decided on: read for one batch under the writer's
//! lock, or laid for all batches of half a second. Deliberately absent: deciding.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::{Duration, Instant},
};

use super::{
    super::buyers::{Bound, Comer},
    Wish,
};
use crate::{
    catalog::{self, Listing},
    identity::{self, Signer},
    kernel::*,
    orders,
    promise::Scene,
    store::{Actor, Db, Tx, command},
};

/// How long a desk stands.
const STANDS_FOR: Duration = Duration::from_millis(500);
/// Longer orders are rare, and change what a batch costs.
const MOST_LINES: usize = 100;

/// Everything the orders of a batch are decided on.
pub(super) struct Desk {
    pub scene: Scene,
    pub articles: HashMap<String, Listing>,
    /// Numbers of channels that are taken.
    pub externals: HashSet<(String, String)>,
    /// Limits, quotas, and who comes, in the order of the wishes.
    pub bound: Bound,
}

fn codes(wishes: &[Wish]) -> impl Iterator<Item = &str> {
    wishes.iter().flat_map(|wish| &wish.order.lines).map(|want| want.sku.as_str())
}

impl Desk {
    /// For these wishes alone.
    pub async fn read(tx: &mut Tx, wishes: &[Wish]) -> Result<Self, Stop> {
        let engine = tx.engine();
        let codes: BTreeSet<&str> = codes(wishes).collect();
        let found = catalog::listings(tx.sql(), engine, codes.into_iter()).await?;
        let skus: BTreeSet<SkuId> = found.iter().map(|article| article.id).collect();
        let articles = found.into_iter().map(|article| (article.code.clone(), article)).collect();
        let asked = wishes
            .iter()
            .filter_map(|wish| Some((wish.order.channel.as_str(), wish.order.external_order_id.as_deref()?)));
        let asked: Vec<_> = asked.collect();
        let mut externals: HashSet<_> = orders::known_externals(tx, asked.iter().copied()).await?.into_iter().collect();
        externals.extend(command::claimed(tx, asked.into_iter()).await?);
        // Before the pools are read: whoever serves the same quota waits here.
        let comers: Vec<_> = wishes.iter().map(|wish| Comer::of(&wish.order, wish.shopper)).collect();
        let bound = Bound::read(tx, &skus, &comers).await?;
        Ok(Self { scene: Scene::read(tx, &skus).await?, articles, externals, bound })
    }
}

/// A desk that stands through a rush. What was taken on it it knows; what others do
/// meanwhile it does not, so a yes is only good with the guards of the statements, and
/// a no is no answer.
pub(super) struct Standing {
    pub desk: Desk,
    pub signer: Signer,
    /// Articles whose limits or quotas must be asked under a lock.
    limited: HashSet<SkuId>,
    /// Codes that were looked up.
    met: HashSet<String>,
    laid: Instant,
}

impl Standing {
    /// Lays an empty desk: sites, services, hours, shares.
    pub async fn lay(db: &Db) -> Result<Self, Fault> {
        // A look keeps nothing: a key that was made in it would be lost.
        let signer = identity::house_signer(db).await?;
        let mut tx = db.look(Actor::house()).await?;
        let scene = Scene::read(&mut tx, &BTreeSet::new()).await?;
        let desk = Desk { scene, articles: HashMap::new(), externals: HashSet::new(), bound: Bound::default() };
        Ok(Self { desk, signer, limited: HashSet::new(), met: HashSet::new(), laid: Instant::now() })
    }

    /// Whether it has stood for too long.
    pub fn is_old(&self) -> bool {
        self.laid.elapsed() > STANDS_FOR
    }

    /// Fetches the articles that it has not met.
    pub async fn meet(&mut self, db: &Db, wishes: &[Wish]) -> Result<(), Fault> {
        let fresh: BTreeSet<&str> = codes(wishes).filter(|code| !self.met.contains(*code)).collect();
        if fresh.is_empty() {
            return Ok(());
        }
        let mut tx = db.look(Actor::house()).await?;
        let engine = tx.engine();
        let found = catalog::listings(tx.sql(), engine, fresh.iter().copied()).await?;
        let known: HashSet<SkuId> = self.desk.articles.values().map(|article| article.id).collect();
        let skus: BTreeSet<SkuId> = found.iter().map(|one| one.id).filter(|sku| !known.contains(sku)).collect();
        self.limited.extend(Bound::limited(&mut tx, &skus).await?);
        self.desk.scene.add_pools(&mut tx, &skus).await?;
        self.desk.articles.extend(found.into_iter().map(|article| (article.code.clone(), article)));
        self.met.extend(fresh.into_iter().map(str::to_owned));
        Ok(())
    }

    /// Whether a wish asks for something that only the writer can answer.
    pub fn is_beyond(&self, wish: &Wish) -> bool {
        let limited = |code: &str| {
            let article = self.desk.articles.get(&catalog::tidy_code(code));
            article.is_none_or(|article| self.limited.contains(&article.id))
        };
        wish.order.lines.len() > MOST_LINES || wish.order.lines.iter().any(|want| limited(&want.sku))
    }
}
