//! A handheld without a scanner: the camera reads the label, with the decoder that
//! comes with the house where the browser has none. Deliberately absent: blurred and
//! crooked labels; reading is the decoder's affair.

use std::{io::Write, path::Path};

use cartage::{identity::Permission, printing::code128::Code128};

use super::{Eyes, gate::Gate, within, worker};
use crate::{house::House, journey::order, pages};

const WIDE: usize = 480;
const HIGH: usize = 320;
/// Width of the narrowest bar.
const MODULE: usize = 3;
/// Pictures of an empty table, then of a label, ten a second.
const EMPTY: usize = 40;
const SHOWN: usize = 40;

/// Notes what stands on the sheet with the camera.
const NOTES: &str = "(new MutationObserver(() => { \
    const hint = document.querySelector('.camera p'); \
    if (hint) window.noted = hint.textContent; \
}).observe(document.body, { childList: true, subtree: true }), true)";

/// A film (YUV4MPEG2) of a table on which a label is laid.
fn film(file: &Path, text: &str) {
    let mut line = vec![200_u8; WIDE];
    let widths = Code128::encode(text).unwrap().widths();
    let mut at = (WIDE - widths.iter().map(|width| usize::from(*width) * MODULE).sum::<usize>()) / 2;
    line[at - 30..WIDE - at + 30].fill(235);
    for (index, width) in widths.iter().enumerate() {
        let long = usize::from(*width) * MODULE;
        if index % 2 == 0 {
            line[at..at + long].fill(16);
        }
        at += long;
    }
    let grey = vec![128_u8; WIDE * HIGH / 2];
    let empty = [vec![200_u8; WIDE * HIGH], grey.clone()].concat();
    let label = [vec![200_u8; WIDE * HIGH / 4], line.repeat(HIGH / 2), vec![200_u8; WIDE * HIGH / 4], grey].concat();
    let mut out = std::io::BufWriter::new(std::fs::File::create(file).unwrap());
    writeln!(out, "YUV4MPEG2 W{WIDE} H{HIGH} F10:1 Ip A1:1 C420").unwrap();
    for picture in std::iter::repeat_n(&empty, EMPTY).chain(std::iter::repeat_n(&label, SHOWN)) {
        writeln!(out, "FRAME").unwrap();
        out.write_all(picture).unwrap();
    }
    out.flush().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_label_is_read_by_the_camera_also_without_a_network() {
    within(camera()).await;
}

async fn camera() {
    let house = House::open_at(None, 30.0).await;
    pages::roads(&house).await;
    let gate = Gate::before(&house.app.base_url()).await;
    let eyes = Eyes::open(gate.base());
    let secret = pages::handheld(&house).await;
    house.machine(&[Permission::OrderPlace]).await.done("/api/v1/orders", order(2)).await;
    let file = house.folder.join("film.y4m");
    film(&file, "M01-1");
    let tab = eyes.phone_that_sees("camera", &file).await;
    worker::enter(&tab, &secret).await;
    worker::begin(&tab, "pick").await;
    assert_eq!(worker::asked(&tab).await, ("bin".into(), "M01-1".into()));
    // The label may be read before a slow test looks: the page itself notes the sheet.
    tab.js(NOTES).await;
    tab.tap("[data-camera]").await;
    tab.shot("40-camera").await;
    tab.until("the label", "document.querySelector('main').dataset.expect === 'article'").await;
    tab.until("the sheet gone", "document.querySelector('.camera') === null").await;
    assert_eq!(tab.js("window.noted").await, tab.t.get("hh.camera_hint"));
    // The decoder is kept with the task: it reads in a dead spot too, and the page knows
    // that a bin is no article.
    tab.until(
        "the decoder",
        "caches.match(document.querySelector('#hh').dataset.decoderWasm).then((kept) => kept !== undefined)",
    )
    .await;
    gate.shut().await;
    tab.network(false).await;
    tab.client.refresh().await.ok();
    tab.until("the page that was kept", "document.querySelector('#hh')?.dataset.held !== undefined").await;
    tab.sees("[data-screen=step]").await;
    tab.tap("[data-camera]").await;
    tab.says("hh.mismatch_title").await;
    tab.shot("41-camera-in-a-dead-spot").await;
    gate.open_again();
    tab.network(true).await;
    tab.client.close().await.unwrap();
    eyes.close();
    house.close().await;
}
