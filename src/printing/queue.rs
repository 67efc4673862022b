//! Putting pages into the queue, and taking them out. Deliberately absent: the
//! wire; see `send.rs`.

use super::{model::*, rows, zpl};
use crate::{
    event::{Chore, Event},
    kernel::*,
    store::Tx,
};

/// Finished jobs keep their recipient's lines this long (domain time): 30 days.
const KEPT_MS: i64 = 30 * 24 * 3_600_000;

/// Queues a label for the printer of its station. Fact: `print.queued`. Chore:
/// `print.send`, if a network printer serves the station.
pub async fn print(tx: &mut Tx, new: &NewPrint) -> Result<PrintId, Stop> {
    if zpl::render(&new.label, "").is_none() {
        let text = new.label.code.encoded().chars().filter(|c| !c.is_control()).take(40).collect();
        return Err(Refusal::BadCode { text }.into());
    }
    let (id, now) = (tx.id(), tx.now());
    let printer = printer_for(tx, new.site, &new.station).await?;
    rows::add(tx.sql(), id, new, &printer, now).await?;
    tx.emit(Event::PrintQueued { print: id, site: new.site, subject: new.subject.clone() });
    if !printer.is_empty() {
        tx.later(Chore::Print, id, now).await?;
    }
    Ok(id)
}

async fn printer_for(tx: &mut Tx, site: SiteId, station: &str) -> Result<String, Fault> {
    let printers = rows::printers(tx.sql(), site).await?;
    Ok(choose(&printers, station).map_or_else(String::new, |printer| printer.name.clone()))
}

/// Prints a finished label again: the same content, so the same SSCC; the copy
/// is counted when it comes out.
pub async fn reprint(tx: &mut Tx, id: PrintId) -> Result<(), Stop> {
    requeue(tx, id, &[PrintState::Done], None).await
}

/// Starts a job again that failed or waits: on its station's printer, on the
/// printer named, or (an empty name) through the browser.
pub async fn retry(tx: &mut Tx, id: PrintId, on: Option<&str>) -> Result<(), Stop> {
    requeue(tx, id, &[PrintState::Failed, PrintState::Queued], on).await
}

async fn requeue(tx: &mut Tx, id: PrintId, from: &[PrintState], on: Option<&str>) -> Result<(), Stop> {
    let (print, now) = (find(tx, id).await?, tx.now());
    let printer = match on {
        None => printer_for(tx, print.site, &print.station).await?,
        Some("") => String::new(),
        Some(name) => {
            let printers = rows::printers(tx.sql(), print.site).await?;
            let known = printers.into_iter().find(|printer| printer.name == name);
            let Some(known) = known else {
                return Err(Refusal::NoPrinter { name: name.chars().take(60).collect() }.into());
            };
            if known.address.is_empty() { String::new() } else { known.name }
        }
    };
    if !rows::requeue(tx.sql(), id, from, &printer, now).await? {
        return Err(Refusal::NotNow { print: id, state: print.state }.into());
    }
    tx.emit(Event::PrintQueued { print: id, site: print.site, subject: print.subject });
    if !printer.is_empty() {
        tx.later(Chore::Print, id, now).await?;
    }
    Ok(())
}

/// A person says that the page came out of the browser's dialog. Confirming
/// twice counts once. Fact: `print.done`.
pub async fn confirm(tx: &mut Tx, id: PrintId) -> Result<(), Stop> {
    let (print, now) = (find(tx, id).await?, tx.now());
    if print.state == PrintState::Done {
        return Ok(());
    }
    if !rows::done(tx.sql(), id, &[PrintState::Queued, PrintState::Failed], now).await? {
        return Err(Refusal::NotNow { print: id, state: print.state }.into());
    }
    tx.emit(Event::PrintDone { print: id, site: print.site, copy: print.copies + 1 });
    Ok(())
}

/// Takes the labels of a subject out of use: a carton was opened again. Fact:
/// `print.void`.
pub async fn void(tx: &mut Tx, subject: &str) -> Result<(), Stop> {
    let now = tx.now();
    for (print, site) in rows::void(tx.sql(), subject, now).await? {
        tx.emit(Event::PrintVoid { print, site });
    }
    Ok(())
}

/// Erases the recipient's lines from the labels of a subject.
pub async fn forget(tx: &mut Tx, subject: &str) -> Result<(), Stop> {
    Ok(rows::forget(tx.sql(), subject).await?)
}

/// Erases the recipient's lines from jobs that ended a month ago.
pub async fn forget_old(tx: &mut Tx) -> Result<(), Stop> {
    let before = tx.now().plus_ms(-KEPT_MS);
    Ok(rows::forget_old(tx.sql(), before).await?)
}

/// Adds or changes a printer of a site.
pub async fn set_printer(tx: &mut Tx, printer: &Printer) -> Result<(), Stop> {
    printer.checked()?;
    Ok(rows::set_printer(tx.sql(), printer).await?)
}

async fn find(tx: &mut Tx, id: PrintId) -> Result<Print, Stop> {
    match rows::by_id(tx.sql(), id).await? {
        Some(print) => Ok(print),
        None => Err(Refusal::Unknown { print: id.to_string() }.into()),
    }
}
