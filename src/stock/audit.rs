//! Does the ledger add up? Asked by `cartage doctor` and by tests. Deliberately
//! absent: mending; a wrong ledger is a defect, to be found and not painted over.

use serde::Serialize;

use super::rows;
use crate::{kernel::Fault, store::Sql};

/// What was compared, and every difference found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Audit {
    /// Articles whose accounts do not sum to zero.
    pub unbalanced: Vec<String>,
    /// Pools that differ from the pooled accounts.
    pub pool_differs: Vec<String>,
    /// Pools whose `held` differs from their open holds.
    pub held_differs: Vec<String>,
    /// Deliveries of which more or less is promised than holds stand on.
    pub pledged_differs: Vec<String>,
    /// Accounts that differ from the replay of all transfers.
    pub replay_differs: Vec<String>,
}

impl Audit {
    /// True if nothing differs.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }
    /// How many differences there are.
    pub fn differences(&self) -> usize {
        let Self { unbalanced, pool_differs, held_differs, pledged_differs, replay_differs } = self;
        [unbalanced, pool_differs, held_differs, pledged_differs, replay_differs].iter().map(|found| found.len()).sum()
    }
}

/// Compares accounts, pools, holds and transfers with each other.
pub async fn audit(sql: &mut Sql) -> Result<Audit, Fault> {
    Ok(Audit {
        unbalanced: rows::unbalanced(sql).await?,
        pool_differs: rows::pool_differs(sql).await?,
        held_differs: rows::held_differs(sql).await?,
        pledged_differs: rows::pledged_differs(sql).await?,
        replay_differs: rows::replay_differs(sql).await?,
    })
}
