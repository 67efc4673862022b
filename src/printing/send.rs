//! The wire to a network printer: raw ZPL over TCP (port 9100). The label may
//! come out twice if the process dies between wire and commit; it is never lost.
//! Deliberately absent: spooling; a job stays in the queue until it is on paper.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{model::*, rows, zpl};
use crate::{
    event::{Chore, Event},
    kernel::*,
    store::{Actor, Db},
};

/// Transport time: how long to wait for a connection or a write.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long to wait for the printer to answer or hang up.
const HANG_UP: Duration = Duration::from_millis(800);

/// Sends one job to its printer: the chore `print.send`. `Some(time)` asks to be
/// called again then (the caller postpones the chore); `None` means that nothing
/// is left to do. Facts: `print.done`, or `print.failed` once [`TRIES`] failed. A
/// printer that prints again gets the jobs it failed.
///
/// # Errors
/// Only when the database fails; a printer's failure is part of the answer.
pub async fn send(db: &Db, id: PrintId) -> Result<Option<Time>, Fault> {
    let mut tx = db.begin(Actor::house()).await?;
    let now = tx.now();
    if !rows::claim(tx.sql(), id, now).await? {
        return Ok(None);
    }
    let Some(print) = rows::by_id(tx.sql(), id).await? else { return Ok(None) };
    let printers = rows::printers(tx.sql(), print.site).await?;
    tx.commit().await?;
    let outcome = match printers.iter().find(|printer| printer.name == print.printer) {
        Some(printer) if !printer.address.is_empty() => deliver(printer, &print).await,
        _ => Err("the printer was taken out of the list".to_owned()),
    };
    match outcome {
        Ok(()) => succeeded(db, &print).await,
        Err(reason) => failed(db, &print, &reason).await,
    }
}

async fn succeeded(db: &Db, print: &Print) -> Result<Option<Time>, Fault> {
    let mut tx = db.begin(Actor::house()).await?;
    let now = tx.now();
    if rows::done(tx.sql(), print.id, &[PrintState::Sending], now).await? {
        tx.emit(Event::PrintDone { print: print.id, site: print.site, copy: print.copies + 1 });
        for id in rows::revive(tx.sql(), print.site, &print.printer, now).await? {
            tx.later(Chore::Print, id, now).await?;
        }
    }
    tx.commit().await?;
    Ok(None)
}

async fn failed(db: &Db, print: &Print, reason: &str) -> Result<Option<Time>, Fault> {
    let mut tx = db.begin(Actor::house()).await?;
    let (now, failures) = (tx.now(), print.attempts + 1);
    let over = failures >= TRIES;
    let to = if over { PrintState::Failed } else { PrintState::Queued };
    tracing::warn!(print = %print.id, printer = %print.printer, "a label did not print: {reason}");
    if rows::fail(tx.sql(), print.id, to, reason, now).await? && over {
        tx.emit(Event::PrintFailed { print: print.id, site: print.site, reason: reason.to_owned() });
    }
    tx.commit().await?;
    Ok((!over).then(|| now.plus_ms(backoff_ms(failures))))
}

async fn deliver(printer: &Printer, print: &Print) -> Result<(), String> {
    let page = zpl::render(&print.label, &printer.font).ok_or("the label cannot be drawn")?;
    let mut wire = match timeout(PATIENCE, TcpStream::connect(&printer.address)).await {
        Ok(Ok(wire)) => wire,
        Ok(Err(error)) => return Err(format!("no connection: {}", error.kind())),
        Err(_) => return Err("no connection: no answer".to_owned()),
    };
    if printer.asks_status {
        write(&mut wire, zpl::ASK_STATUS).await?;
        if let Some(trouble) = zpl::trouble(&status(&mut wire).await.map_err(broke)?) {
            return Err(format!("the printer says: {trouble}"));
        }
    }
    write(&mut wire, &page).await?;
    wire.shutdown().await.map_err(broke)?;
    listen_for_the_end(&mut wire).await
}

async fn write(wire: &mut TcpStream, text: &str) -> Result<(), String> {
    match timeout(PATIENCE, wire.write_all(text.as_bytes())).await {
        Ok(done) => done.map_err(broke),
        Err(_) => Err("the printer takes no data".to_owned()),
    }
}

fn broke(error: io::Error) -> String {
    format!("the connection broke: {}", error.kind())
}

/// Reads until three lines ended (ETX), the printer hangs up, or it says no more.
async fn status(wire: &mut TcpStream) -> io::Result<String> {
    let mut answer = Vec::new();
    let mut part = [0; 256];
    while answer.iter().filter(|byte| **byte == 3).count() < 3 && answer.len() < 4096 {
        match timeout(HANG_UP, wire.read(&mut part)).await {
            Ok(Ok(0)) | Err(_) => break,
            Ok(Ok(count)) => answer.extend_from_slice(&part[..count]),
            Ok(Err(error)) => return Err(error),
        }
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// A printer that takes everything hangs up or keeps silent; one that breaks
/// off resets the connection.
async fn listen_for_the_end(wire: &mut TcpStream) -> Result<(), String> {
    let mut part = [0; 256];
    loop {
        match timeout(HANG_UP, wire.read(&mut part)).await {
            Ok(Ok(0)) | Err(_) => return Ok(()),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(broke(error)),
        }
    }
}
