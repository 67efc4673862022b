//! One entry of the counter. A second entry of the same goods replaces the first,
//! so a repeated scan counts nothing twice. Deliberately absent: posting.

use super::{
    model::*,
    post, rows,
    step::{believed, find, next_stage, only_lot, quantities, screen},
};
use crate::{
    catalog,
    kernel::*,
    store::Tx,
    tasks::{self, Scan, Step, Task, Tone},
};

/// Applies one entry and answers with the next screen.
pub async fn scan(tx: &mut Tx, task: &Task, scan: &Scan) -> Result<Step, Stop> {
    let count = find(tx, task).await?;
    match count.stage {
        Stage::Bin => at_bin(tx, task, count, scan).await,
        Stage::Article if scan.chose("done") || scan.chose("empty") => all(tx, task, count, scan).await,
        Stage::Article => at_article(tx, task, count, scan).await,
        Stage::Lot => at_lot(tx, task, count, scan).await,
        Stage::Serial => at_serial(tx, task, count, scan).await,
        Stage::Quantity => at_quantity(tx, task, count, scan).await,
        Stage::Done => screen(tx, task, &count).await,
    }
}

async fn wrong(tx: &mut Tx, task: &Task, count: &Count, code: &str, text: &str) -> Result<Step, Stop> {
    let screen = screen(tx, task, count).await?;
    Ok(tasks::refuse(tx, task, screen, code, text))
}

async fn go_on(tx: &mut Tx, task: &Task, count: &Count, code: &str, text: &str) -> Result<Step, Stop> {
    rows::save(tx.sql(), count).await?;
    let done = i64::try_from(rows::counted(tx.sql(), &count.id, count.round).await?.len()).unwrap_or(0);
    tasks::progress(tx, task.id, done, task.total.max(done)).await?;
    Ok(screen(tx, task, count).await?.saying(Tone::Right, code, text))
}

async fn at_bin(tx: &mut Tx, task: &Task, mut count: Count, scan: &Scan) -> Result<Step, Stop> {
    let label = scan.label();
    if label != count.bin_code.to_uppercase() {
        let text = format!("That is bin {label}. Go to {}.", count.bin_code);
        return wrong(tx, task, &count, "bin.wrong", &text).await;
    }
    count.stage = Stage::Article;
    go_on(tx, task, &count, "bin.right", "Right bin. Scan what lies in it.").await
}

async fn at_article(tx: &mut Tx, task: &Task, mut count: Count, scan: &Scan) -> Result<Step, Stop> {
    let Some((article, _)) = tasks::article(tx.sql(), scan).await? else {
        let text = "No article has this label. Scan another, or press Problem.";
        return wrong(tx, task, &count, "article.unknown", text).await;
    };
    let read = barcode::read(scan.code.as_deref().unwrap_or_default());
    count.sku = Some(article.id);
    (count.lot, count.expiry) = (read.lot.unwrap_or_default(), read.expiry.unwrap_or_default());
    count.serial = read.serial.filter(|_| article.serial_tracked).unwrap_or_default();
    if article.lot_rule == catalog::LotRule::None {
        (count.lot, count.expiry) = (String::new(), String::new());
    } else if count.lot.is_empty()
        && let Some((lot, expiry)) = only_lot(tx.sql(), &count).await?
    {
        (count.lot, count.expiry) = (lot, expiry);
    }
    count.stage = next_stage(&article, &count);
    if count.stage == Stage::Quantity && article.serial_tracked {
        return note(tx, task, count, 1).await;
    }
    go_on(tx, task, &count, "article.right", "Article read. Go on.").await
}

/// A lot or serial as typed: 1 to 20 printable characters (GS1 AI 10 and 21).
fn printed(scan: &Scan) -> Option<String> {
    let text = scan.label();
    ((1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())).then_some(text)
}

async fn after_text(tx: &mut Tx, task: &Task, mut count: Count) -> Result<Step, Stop> {
    let article = match count.sku {
        Some(sku) => catalog::by_id(tx.sql(), sku).await?,
        None => None,
    };
    let Some(article) = article else { return Err(Fault::new("a counted article left the catalogue").into()) };
    count.stage = next_stage(&article, &count);
    if count.stage == Stage::Quantity && article.serial_tracked {
        return note(tx, task, count, 1).await;
    }
    go_on(tx, task, &count, "label.right", "Read. Go on.").await
}

async fn at_lot(tx: &mut Tx, task: &Task, mut count: Count, scan: &Scan) -> Result<Step, Stop> {
    let read = barcode::read(scan.code.as_deref().unwrap_or_default());
    let Some(lot) = read.lot.or_else(|| printed(scan)) else {
        return wrong(tx, task, &count, "lot.missing", "Enter the lot as printed.").await;
    };
    count.lot = lot;
    if let Some(expiry) = read.expiry {
        count.expiry = expiry;
    }
    after_text(tx, task, count).await
}

async fn at_serial(tx: &mut Tx, task: &Task, mut count: Count, scan: &Scan) -> Result<Step, Stop> {
    let read = barcode::read(scan.code.as_deref().unwrap_or_default());
    let Some(serial) = read.serial.or_else(|| printed(scan)) else {
        return wrong(tx, task, &count, "serial.missing", "Scan the serial number as printed.").await;
    };
    count.serial = serial;
    after_text(tx, task, count).await
}

async fn at_quantity(tx: &mut Tx, task: &Task, count: Count, scan: &Scan) -> Result<Step, Stop> {
    match scan.number() {
        Some(quantity) if (0..=MOST).contains(&quantity) => note(tx, task, count, quantity).await,
        _ => wrong(tx, task, &count, "quantity.wrong", "Enter how many pieces lie there.").await,
    }
}

async fn note(tx: &mut Tx, task: &Task, mut count: Count, quantity: i64) -> Result<Step, Stop> {
    let Some(sku) = count.sku else { return Err(Fault::new("a count has no article in hand").into()) };
    let piece = Piece { sku, lot: count.lot.clone(), serial: count.serial.clone() };
    let expiry = count.expiry.clone();
    rows::note(tx.sql(), &count, &piece, &expiry, quantity).await?;
    (count.sku, count.stage) = (None, Stage::Article);
    (count.lot, count.expiry, count.serial) = (String::new(), String::new(), String::new());
    go_on(tx, task, &count, "count.noted", "Noted. Scan the next, or finish.").await
}

/// The worker says that this is all.
async fn all(tx: &mut Tx, task: &Task, mut count: Count, scan: &Scan) -> Result<Step, Stop> {
    let counted = rows::counted(tx.sql(), &count.id, count.round).await?;
    if scan.chose("empty") && !counted.is_empty() {
        return wrong(tx, task, &count, "count.not_empty", "Something was counted here. Press All counted.").await;
    }
    let believed = believed(tx.sql(), count.bin).await?;
    let told = quantities(counted.clone());
    let differing = differences(&believed, &told);
    let of = |piece: &Piece| believed.get(piece).copied().unwrap_or(0);
    if count.round > 1 || differing.iter().all(|(piece, by)| is_within(of(piece), *by)) {
        return post::post(tx, task, &count, &counted).await;
    }
    count.round = 2;
    for (piece, (quantity, expiry)) in counted.iter().filter(|(piece, _)| !differing.contains_key(piece)) {
        rows::note(tx.sql(), &count, piece, expiry, *quantity).await?;
    }
    let step = go_on(tx, task, &count, "count.again", "This differs. Count once more.").await?;
    Ok(Step { say: tasks::Say { tone: Tone::Warn, ..step.say.clone() }, ..step })
}
