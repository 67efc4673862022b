//! What the bridge reports, written down. Every report may come twice (a restart,
//! a lost reply), so each is a guarded step. Deliberately absent: positions; they
//! are not facts and live in memory.

use firmware_bridge::Report;

use super::{model::*, rows, verbs};
use crate::{
    decisions::{self, Candidate, Choice, DecisionKind},
    event::Event,
    kernel::*,
    store::Tx,
    units::{self, UnitState},
};

/// Takes note of one report about a mission.
pub async fn heard(tx: &mut Tx, report: &Report) -> Result<(), Stop> {
    let (Report::Assigned { mission, .. }
    | Report::StepDone { mission, .. }
    | Report::Waiting { mission, .. }
    | Report::Done { mission, .. }
    | Report::Failed { mission, .. }) = report
    else {
        return Ok(());
    };
    let Ok(id) = mission.parse::<MissionId>() else { return Ok(()) };
    let Some(known) = rows::by_id(tx.sql(), id).await? else { return Ok(()) };
    match report {
        Report::Assigned { serial, candidates, .. } => assigned(tx, &known, serial, candidates).await,
        Report::StepDone { step: 0, .. } => lifted(tx, &known).await,
        Report::Waiting { .. } => arrived(tx, &known).await,
        Report::Done { .. } => home(tx, &known).await,
        Report::Failed { reason, .. } => verbs::give_up(tx, &known, reason).await,
        _ => Ok(()),
    }
}

type Weighed = (String, Option<i64>, Option<String>);

async fn assigned(tx: &mut Tx, mission: &Mission, serial: &str, candidates: &[Weighed]) -> Result<(), Stop> {
    let now = tx.now();
    if !rows::assign(tx.sql(), mission.id, serial, now).await? {
        return Ok(());
    }
    let candidates = candidates
        .iter()
        .map(|(name, cost, rejected)| Candidate { name: name.clone(), cost: *cost, rejected: rejected.clone() })
        .collect::<Vec<_>>();
    let cost = candidates.iter().find(|one| one.name == serial).and_then(|one| one.cost);
    let choice = Choice {
        kind: DecisionKind::Agv,
        subject: mission.id.to_string(),
        site: Some(mission.site),
        chosen: serial.to_owned(),
        method: "nearest".to_owned(),
        inputs: decisions::told(&serde_json::json!({"unit": "millimetres to the shelf", "shelf": mission.shelf_code,
            "station": mission.station, "priority": mission.priority})),
        candidates,
        cost,
        bound: None,
        took_us: 0,
    };
    decisions::record(tx, &choice).await?;
    tx.emit(Event::MissionAssigned { mission: mission.id, site: mission.site, vehicle: serial.to_owned() });
    Ok(())
}

async fn lifted(tx: &mut Tx, mission: &Mission) -> Result<(), Stop> {
    let now = tx.now();
    for from in [MissionState::Requested, MissionState::Assigned] {
        if rows::step(tx.sql(), mission.id, from, MissionState::Carrying, now).await? {
            rows::set_done_steps(tx.sql(), mission.id, 1).await?;
            units::mark(tx, mission.shelf, UnitState::Moving).await?;
            units::place(tx, mission.shelf, None).await?;
        }
    }
    Ok(())
}

async fn arrived(tx: &mut Tx, mission: &Mission) -> Result<(), Stop> {
    lifted(tx, mission).await?;
    let now = tx.now();
    if rows::step(tx.sql(), mission.id, MissionState::Carrying, MissionState::Waiting, now).await? {
        units::place(tx, mission.shelf, Some(&mission.station_node)).await?;
        let Mission { id, site, shelf, station, .. } = mission.clone();
        tx.emit(Event::ShelfArrived { mission: id, site, shelf, station });
    }
    Ok(())
}

async fn home(tx: &mut Tx, mission: &Mission) -> Result<(), Stop> {
    let now = tx.now();
    for from in [MissionState::Returning, MissionState::Waiting, MissionState::Carrying] {
        if rows::step(tx.sql(), mission.id, from, MissionState::Done, now).await? {
            units::mark(tx, mission.shelf, UnitState::Free).await?;
            units::place(tx, mission.shelf, Some(&mission.home)).await?;
            tx.emit(Event::MissionDone { mission: mission.id, site: mission.site, shelf: mission.shelf });
        }
    }
    Ok(())
}
