//! What the packer's handheld shows. Deliberately absent: changing anything.

use super::{model::*, rows};
use crate::{
    catalog,
    kernel::*,
    picking::{label_of, shown},
    store::Tx,
    tasks::{Choice, ExpectKind, Spot, Step, StepQuantity, Target, Task, Tone},
};

/// The part a pack task is about.
pub(super) fn part_of(task: &Task) -> Result<FulfilmentId, Stop> {
    task.subject.parse().map_err(|_| Refusal::Nothing { task: task.id }.into())
}

/// The next screen of a pack task.
pub async fn step(tx: &mut Tx, task: &Task) -> Result<Step, Stop> {
    let cartons = rows::cartons_of(tx.sql(), part_of(task)?).await?;
    let Some(carton) = current(&cartons) else { return Ok(Step::over(task, "All packed. Take the next task.")) };
    let lines = rows::lines(tx.sql(), carton.parcel).await?;
    let mut screen = match (carton.state, lines.iter().find(|line| line.packed < line.planned)) {
        (CartonState::Planned, _) => {
            let text = "Take the box and scan its size";
            Step::ask(task, "pack.take_box", text, ExpectKind::Carton, &format!("BOX-{}", carton.size))
        }
        (CartonState::Open, Some(line)) => return article(tx, task, carton, line).await,
        (CartonState::Open, None) => {
            Step::ask(task, "pack.weigh", "Close the box and weigh it", ExpectKind::Weight, "")
        }
        _ => {
            let label = carton.sscc.clone().unwrap_or_default();
            Step::ask(task, "pack.scan_label", "Put the label on and scan it", ExpectKind::Label, &label)
        }
    };
    dress(&mut screen, carton, cartons.len());
    Ok(screen)
}

/// The carton that work goes on with.
pub(super) fn current(cartons: &[Carton]) -> Option<&Carton> {
    let at_work = cartons.iter().filter(|carton| carton.state.is_at_work());
    at_work.max_by_key(|carton| (carton.state != CartonState::Planned, -carton.seq))
}

async fn article(tx: &mut Tx, task: &Task, carton: &Carton, line: &CartonLine) -> Result<Step, Stop> {
    let article = catalog::by_id(tx.sql(), line.sku).await?;
    let label = label_of(article.as_ref());
    let mut screen = Step::ask(task, "pack.scan_article", "Scan each piece into the box", ExpectKind::Article, &label);
    screen.article = article.as_ref().map(|article| shown(article, "", ""));
    screen.quantity = Some(StepQuantity { want: line.planned, done: line.packed, unit: "piece".to_owned() });
    dress(&mut screen, carton, 0);
    Ok(screen)
}

fn dress(screen: &mut Step, carton: &Carton, of: usize) {
    let zone = carton.temperature.clone();
    screen.spot = Some(Spot { label: format!("Box {}", carton.size), zone, hint: String::new() });
    screen.into = Some(Target { label: format!("Box {}", carton.size), hint: format!("{} of {of}", carton.seq) });
    screen.facts.push(("tare_g".to_owned(), carton.tare_g.to_string()));
    if of == 0 {
        screen.into = Some(Target { label: format!("Box {}", carton.size), hint: String::new() });
    }
    if carton.state == CartonState::Open && carton.measured_g.is_some() && screen.state == "pack.weigh" {
        screen.say.tone = Tone::Warn;
        screen.choices.push(Choice {
            code: "count_again".to_owned(),
            label: "Scan everything again".to_owned(),
            tone: Tone::Ask,
        });
    }
}
