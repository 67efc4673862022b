//! What the floor page is drawn from beside its plan. Deliberately absent: places of
//! vehicles; the island asks for them.

use askama::Template;

use crate::web::{
    desk::{Frame, Tone, why::Decision},
    i18n::Words,
};

/// Something on the floor that needs a person.
#[derive(Debug, Clone, Default)]
pub struct Alarm {
    /// What it is about: a serial, an edge.
    pub name: String,
    /// How it stands.
    pub state: (Tone, String),
    /// What happened and what it means.
    pub text: String,
    /// Its case; empty if there is none.
    pub case: String,
    /// The vehicle to show; empty if it is no vehicle.
    pub vehicle: String,
    /// The closed way that may be opened again, as two nodes; empty if it is none.
    pub way: (String, String),
}

/// A vehicle in the list.
#[derive(Debug, Clone, Default)]
pub struct VehicleRow {
    /// Serial.
    pub id: String,
    /// What it does.
    pub state: (Tone, String),
    /// Charge in per cent.
    pub battery: i64,
    /// The shelf it carries, or where it goes; may be empty.
    pub detail: String,
    /// True for the one in the panel.
    pub on: bool,
}

/// A step of a mission.
#[derive(Debug, Clone, Default)]
pub struct MissionStep {
    /// Meaning.
    pub tone: Tone,
    /// What is done.
    pub text: String,
    /// True for the one that runs.
    pub now: bool,
}

/// One vehicle, beside the plan.
#[derive(Debug, Clone, Default)]
pub struct Panel {
    /// Serial.
    pub id: String,
    /// Maker and kind.
    pub detail: String,
    /// What it does.
    pub state: (Tone, String),
    /// Label and value: battery, node, load.
    pub facts: Vec<(String, String)>,
    /// Its mission; empty if it has none.
    pub mission: String,
    /// Steps of the mission.
    pub steps: Vec<MissionStep>,
    /// What it reports, as sent: VDA 5050 names and values.
    pub report: Vec<(String, String)>,
    /// True while it is out of service.
    pub locked: bool,
    /// Who locked it out, when and why; empty otherwise.
    pub locked_by: String,
    /// True if the reader may lock it out or give it back.
    pub may_lock: bool,
    /// Why this vehicle got this mission.
    pub why: Option<Decision>,
}

/// The floor of a site.
#[derive(Debug, Template)]
#[template(path = "floor/page.html")]
pub struct FloorPage {
    /// Words.
    pub t: Words,
    /// Frame.
    pub frame: Frame,
    /// Site code.
    pub site: String,
    /// `Northgate floor`.
    pub head: String,
    /// Sites with a floor: code, name, whether it is this one.
    pub sites: Vec<(String, String, bool)>,
    /// Label, value, of what.
    pub sums: Vec<(String, String, String)>,
    /// What needs a person.
    pub alarms: Vec<Alarm>,
    /// Vehicles.
    pub fleet: Vec<VehicleRow>,
    /// Open tasks by kind: word and count.
    pub work: Vec<(String, i64)>,
    /// The chosen vehicle.
    pub panel: Option<Panel>,
    /// True if the reader may close and open ways and lock vehicles out.
    pub may_operate: bool,
    /// Why the last deed was refused, or what it did.
    pub notice: Option<(Tone, String)>,
}

/// The panel alone.
#[derive(Debug, Template)]
#[template(path = "floor/_panel.html")]
pub struct PanelPart {
    /// Words.
    pub t: Words,
    /// The session's form token.
    pub csrf: String,
    /// Site code.
    pub site: String,
    /// The vehicle.
    pub panel: Panel,
}
