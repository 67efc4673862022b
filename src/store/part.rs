//! Parts of a transaction: what one of several commands did in it, kept or undone
//! without the others. Deliberately absent: parts within parts.

use std::collections::BTreeMap;

use super::{Actor, Tx};
use crate::{
    event::Chore,
    kernel::{Fault, Time},
};

/// A part that was begun: what the transaction had stated and asked for until then.
pub struct Part {
    actor: Actor,
    facts: usize,
    chores: BTreeMap<(Chore, String), Time>,
}

impl Tx {
    /// Begins a part in which somebody else acts.
    pub async fn begin_part(&mut self, actor: Actor) -> Result<Part, Fault> {
        sqlx::query("SAVEPOINT part").execute(self.sql()).await?;
        let actor = std::mem::replace(&mut self.actor, actor);
        Ok(Part { actor, facts: self.facts.len(), chores: self.chores.clone() })
    }

    /// Keeps a part; its facts are of who acted in it.
    pub async fn keep_part(&mut self, part: Part) -> Result<(), Fault> {
        sqlx::query("RELEASE SAVEPOINT part").execute(self.sql()).await?;
        let actor = std::mem::replace(&mut self.actor, part.actor);
        for (who, ..) in &mut self.facts[part.facts..] {
            who.get_or_insert_with(|| actor.clone());
        }
        Ok(())
    }

    /// Undoes a part; what was before stands.
    pub async fn undo_part(&mut self, part: Part) -> Result<(), Fault> {
        sqlx::query("ROLLBACK TO SAVEPOINT part").execute(self.sql()).await?;
        sqlx::query("RELEASE SAVEPOINT part").execute(self.sql()).await?;
        self.facts.truncate(part.facts);
        (self.actor, self.chores) = (part.actor, part.chores);
        Ok(())
    }
}
