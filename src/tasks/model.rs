//! The words of human work. Pure.

use serde::Serialize;

use crate::{kernel::*, refusals, sentences, words};

words! {
    /// What kind of work.
    TaskKind {
        /// Book a delivery in.
        Receive = "receive",
        /// Bring received goods to their bin.
        PutAway = "put_away",
        /// Fetch goods for orders.
        Pick = "pick",
        /// Bring goods from reserve to a pick bin.
        Replenish = "replenish",
        /// Bring goods to a better bin.
        Move = "move",
        /// Count a bin.
        Count = "count",
        /// Put goods into cartons.
        Pack = "pack",
        /// Bring picked goods back to a bin.
        PutBack = "put_back",
    }
}

words! {
    /// Where a task stands.
    TaskState {
        /// Something must come first: a shelf is on its way.
        Waiting = "waiting",
        /// Anyone may take it.
        Ready = "ready",
        /// Somebody does it.
        Taken = "taken",
        /// Done.
        Done = "done",
        /// No longer wanted.
        Cancelled = "cancelled",
    }
}

impl TaskState {
    /// True if nothing more will happen to it.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled)
    }
}

sentences! {
    /// A few words that tell a task from its neighbours.
    Title {
        /// A bin to be counted.
        Count { bin: String } => "count", "Count {bin}";
        /// Goods from one bin to another.
        Carry { from: String, to: String } => "carry", "{from} to {to}";
        /// Picked goods that nobody wants any more.
        Back { quantity: i64 } => "back", "{quantity} back to a bin";
        /// One line of orders.
        PickOne { station: String } => "pick_one", "1 line to {station}";
        /// Lines of orders.
        Pick { lines: i64, station: String } => "pick", "{lines} lines to {station}";
        /// One piece for a carton.
        PackOne => "pack_one", "1 piece to pack";
        /// Pieces for cartons.
        Pack { pieces: i64 } => "pack", "{pieces} pieces to pack";
        /// A carton that was opened, with nothing left to scan.
        CloseAgain => "close_again", "A box to close again";
        /// An announced delivery.
        Receive { asn: String, supplier: String } => "receive", "Receive {asn} from {supplier}";
        /// Goods that nobody announced, from somebody.
        ReceiveFrom { supplier: String } => "receive_from", "Receive from {supplier}";
        /// Goods that nobody announced.
        ReceiveBlind => "receive_blind", "Receive unannounced goods";
    }
}

/// One row of human work.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Task {
    /// Id.
    pub id: TaskId,
    /// Kind.
    pub kind: TaskKind,
    /// Where.
    pub site: SiteId,
    /// Part of the floor, or empty.
    pub zone: String,
    /// Higher goes first.
    pub priority: i64,
    /// When it should be done.
    pub due_at: Time,
    /// The batch, fulfilment, receipt or bin it is about.
    pub subject: String,
    /// A few words for lists; in JSON in English.
    #[serde(serialize_with = "sentence::english")]
    #[schema(value_type = String)]
    pub title: Title,
    /// Where it stands.
    pub state: TaskState,
    /// Who does it.
    pub assignee: Option<UserId>,
    /// On which handheld.
    pub device: Option<String>,
    /// Steps done.
    pub done: i64,
    /// Steps in all.
    pub total: i64,
    /// Why it was suspended.
    pub reason: Option<String>,
    /// Since when.
    pub created_at: Time,
    /// Last change.
    pub touched_at: Time,
}

/// A task to be added.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// Kind.
    pub kind: TaskKind,
    /// Where.
    pub site: SiteId,
    /// Part of the floor, or empty.
    pub zone: String,
    /// Higher goes first; 0 is usual.
    pub priority: i64,
    /// When it should be done.
    pub due_at: Time,
    /// What it is about.
    pub subject: String,
    /// A few words for lists.
    pub title: Title,
    /// Steps in all.
    pub total: i64,
    /// False if something must come first.
    pub ready: bool,
}

refusals! {
    /// Why a task cannot be had.
    Refusal {
        /// No such task.
        Unknown { task: String } => "task.unknown", 404, "There is no such task; go back to the list.";
        /// Somebody else does it.
        NotYours { task: TaskId } => "task.not_yours", 409, "Somebody else has this task now; take another from the list.";
        /// It is over or waits.
        NotNow { task: TaskId, state: TaskState } => "task.not_now", 409, "This task is {state}; take another from the list.";
        /// One at a time.
        HasOne { task: TaskId } => "task.has_one", 409, "You have a task already; finish it or put it down first.";
    }
}
