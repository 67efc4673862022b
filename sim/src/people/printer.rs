//! Label printers of the warehouses: each takes ZPL on a socket, as a real one
//! does on port 9100, and now and then runs out of labels until somebody comes.
//!
//! Nothing is drawn; a label that was taken is a label on paper.

use crate::faults::Mishap;
use crate::stage::Stage;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A page that does not come to its end within this is given up (wall time).
const PAGE_TIME: Duration = Duration::from_secs(5);

/// Printers by the id of their site.
#[derive(Default)]
pub struct Printers {
    jammed: Mutex<BTreeMap<String, Arc<AtomicBool>>>,
}

impl Printers {
    fn jam(&self, site: &str) -> Arc<AtomicBool> {
        let mut jammed = self.jammed.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(jammed.entry(site.to_owned()).or_default())
    }

    /// Somebody loads labels and closes the lid.
    pub fn mend(&self, site: &str) {
        self.jam(site).store(false, Ordering::Relaxed);
    }
}

/// Stands a printer at every site with a floor, tells the server where, and
/// prints until the run is over.
pub async fn live(stage: Arc<Stage>) {
    let operator = stage.operator();
    for floor in &stage.world.floors {
        let Some(site) = stage.sites.get(&floor.site) else { continue };
        let listener = match TcpListener::bind("127.0.0.1:0").await {
            Ok(listener) => listener,
            Err(error) => return stage.trouble("sim.no_printer", &floor.site, error.to_string()),
        };
        let address = listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
        let body = json!({ "site": site, "name": "LABELS", "address": address });
        if let Err(problem) = operator.put("/api/v1/printers", &body).await {
            stage.surprise("operator", "setting up a printer", &problem);
            continue;
        }
        tokio::spawn(serve(Arc::clone(&stage), site.clone(), listener));
    }
}

async fn serve(stage: Arc<Stage>, site: String, listener: TcpListener) {
    let jammed = stage.printers.jam(&site);
    loop {
        let wire = tokio::select! {
            () = stage.stop.cancelled() => return,
            wire = listener.accept() => wire,
        };
        let Ok((wire, _)) = wire else { continue };
        if !jammed.load(Ordering::Relaxed) && stage.mishaps.chance(Mishap::PrinterFailure).is_some() {
            jammed.store(true, Ordering::Relaxed);
        }
        tokio::spawn(page(wire, jammed.load(Ordering::Relaxed)));
    }
}

/// Takes a page; a jammed printer breaks off in its middle.
async fn page(mut wire: TcpStream, jammed: bool) {
    let read = async {
        let mut part = [0; 2_048];
        if jammed {
            // What is left unread makes the connection break instead of close.
            let _ = wire.read(&mut part[..1]).await;
            return;
        }
        while matches!(wire.read(&mut part).await, Ok(count) if count > 0) {}
        let _ = wire.shutdown().await;
    };
    let _ = tokio::time::timeout(PAGE_TIME, read).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn send(jammed: bool) -> std::io::Result<usize> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move {
            if let Ok((wire, _)) = listener.accept().await {
                page(wire, jammed).await;
            }
        });
        let mut wire = TcpStream::connect(address).await?;
        wire.write_all(b"^XA^FDlabel^FS^XZ").await?;
        wire.shutdown().await?;
        wire.read(&mut [0; 16]).await
    }

    #[tokio::test]
    async fn a_printer_takes_a_page_and_a_jammed_one_breaks_off() {
        assert_eq!(send(false).await.expect("a page taken"), 0);
        assert!(send(true).await.is_err());
    }

    #[test]
    fn a_jam_lasts_until_it_is_mended() {
        let printers = Printers::default();
        printers.jam("sit_1").store(true, Ordering::Relaxed);
        assert!(printers.jam("sit_1").load(Ordering::Relaxed));
        printers.mend("sit_1");
        assert!(!printers.jam("sit_1").load(Ordering::Relaxed));
    }
}
