//! What each kind of case means, what to do next, and how it may end, in both
//! languages. Pure. Deliberately absent: blame.

use serde::Serialize;

use super::model::{CaseCode, Resolution, Severity};
use crate::catalog::Names;

/// The help beside a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Guide {
    /// What happened, in a few words.
    pub title: Names,
    /// What to do next.
    pub advice: Names,
    /// How much it matters unless told otherwise.
    pub severity: Severity,
    /// How it may end; every kind may also end by itself or as a duplicate.
    pub resolutions: Vec<Resolution>,
}

type Entry = (Severity, [&'static str; 4], &'static [Resolution]);

/// The guide for a code.
pub fn guide(code: CaseCode) -> Guide {
    let (severity, [title_en, title_zh, advice_en, advice_zh], special) = entry(code);
    let names = |en: &str, zh: &str| Names { en: en.to_owned(), zh: zh.to_owned() };
    let general = [Resolution::Settled, Resolution::Duplicate, Resolution::CorrectedItself];
    Guide {
        title: names(title_en, title_zh),
        advice: names(advice_en, advice_zh),
        severity,
        resolutions: special.iter().copied().chain(general).collect(),
    }
}

fn entry(code: CaseCode) -> Entry {
    use CaseCode::*;
    match code {
        GoodsDamaged | GoodsOver | GoodsShort | GoodsWrong | LabelUnknown => receiving(code),
        BinEmpty | CountBelowHeld | ToteFull | WeightMismatch | PrinterFailed => floor(code),
        GoodsRecalled | OrderShort | CancelledPacked | AddressDoubtful | AddressChanged | DeliveryFailed
        | PaymentLate | RefundDue => order(code),
        WorkerGone | MissionFailed | TaskProblem | FactParked => work(code),
    }
}

fn receiving(code: CaseCode) -> Entry {
    use Resolution::*;
    match code {
        CaseCode::GoodsDamaged => (
            Severity::Normal,
            [
                "Damaged goods received",
                "收到破损商品",
                "Look at the goods and the photo. Write them off, or send them back to the supplier.",
                "查看实物和照片，然后报损或退回供应商。",
            ],
            &[Accepted, SentBack, WrittenOff],
        ),
        CaseCode::GoodsOver => (
            Severity::High,
            [
                "More goods than announced",
                "到货多于预告",
                "Approve the extra goods, or have them sent back. They wait on the dock.",
                "批准多出的商品，或安排退回；商品在月台等待。",
            ],
            &[Accepted, SentBack],
        ),
        CaseCode::GoodsShort => (
            Severity::Normal,
            [
                "Fewer goods than announced",
                "到货少于预告",
                "Ask the supplier about the missing goods. The receipt is booked as counted.",
                "向供应商核实缺少的商品；收货已按实数入账。",
            ],
            &[Accepted, Found, Cancelled],
        ),
        CaseCode::GoodsWrong => (
            Severity::Normal,
            [
                "Other goods than announced",
                "到货与预告不符",
                "Compare goods and delivery note. Receive them blind, or send them back.",
                "核对实物与送货单；按盲收入库，或退回。",
            ],
            &[Accepted, SentBack],
        ),
        _ => (
            Severity::Normal,
            [
                "Label unknown or unreadable",
                "标签无法识别",
                "Find out which article it is, print a new label, and receive it with that.",
                "确认是哪种商品，打印新标签后再收货。",
            ],
            &[Relabelled, SentBack, WrittenOff],
        ),
    }
}

fn floor(code: CaseCode) -> Entry {
    use Resolution::*;
    match code {
        CaseCode::BinEmpty => (
            Severity::High,
            [
                "Bin empty or short",
                "货位缺货",
                "A count is on its way. Look in the neighbouring bins; what is found goes back into stock.",
                "盘点任务已生成。请检查相邻货位；找到的商品会恢复库存。",
            ],
            &[Recounted, Found, WrittenOff],
        ),
        CaseCode::CountBelowHeld => (
            Severity::High,
            [
                "Less in stock than promised",
                "库存少于已承诺数量",
                "Promises were broken, the latest first. Find the goods, or settle each order.",
                "已按最晚承诺优先取消占用。请找到商品，或逐单处理。",
            ],
            &[Found, Waits, ShippedPart, Cancelled],
        ),
        CaseCode::ToteFull => (
            Severity::Low,
            [
                "Tote full",
                "周转箱已满",
                "The picks go on in a new tote. Check that both reach the pack station.",
                "拣货已在新周转箱继续。请确认两个箱子都到达打包台。",
            ],
            &[Reassigned],
        ),
        CaseCode::WeightMismatch => (
            Severity::High,
            [
                "Weight differs",
                "重量不符",
                "Open the carton, scan each article again, then weigh it again.",
                "打开纸箱，逐件重新扫描，然后重新称重。",
            ],
            &[Reweighed, Accepted],
        ),
        _ => (
            Severity::Urgent,
            [
                "Printer does not print",
                "打印机故障",
                "Load labels, close the head, or send the job to another printer. Nothing is lost.",
                "装入标签、合上打印头，或改用其他打印机；任务不会丢失。",
            ],
            &[Reprinted, Reassigned],
        ),
    }
}

fn order(code: CaseCode) -> Entry {
    use Resolution::*;
    match code {
        CaseCode::OrderShort => (
            Severity::High,
            [
                "Order cannot be filled",
                "订单缺货",
                "Ask the shopper: wait, take part of it, or cancel. Refund what is not sent.",
                "询问顾客：等待、部分发货或取消；未发部分需退款。",
            ],
            &[Found, Waits, ShippedPart, Cancelled],
        ),
        CaseCode::GoodsRecalled => (
            Severity::High,
            [
                "Recalled goods for a shopper",
                "顾客的商品被召回",
                "Stop the parcel if it is still here; else call the shopper and take the goods back.",
                "若包裹仍在库内请拦下；否则联系顾客并收回商品。",
            ],
            &[Returned, Cancelled, SentBack],
        ),
        CaseCode::CancelledPacked => (
            Severity::High,
            [
                "Cancelled after packing",
                "打包后取消",
                "Open the carton, take the article out, void the label, and bring the goods back.",
                "打开纸箱取出商品，作废标签，并将商品放回货位。",
            ],
            &[Returned, Cancelled],
        ),
        CaseCode::AddressDoubtful => (
            Severity::High,
            [
                "Address in doubt",
                "地址存疑",
                "Call the recipient and confirm the address before the order is released.",
                "放行前请致电收件人确认地址。",
            ],
            &[AddressConfirmed, Cancelled],
        ),
        CaseCode::AddressChanged => (
            Severity::High,
            [
                "Address changed on the way",
                "途中更改地址",
                "See the new quote: same route, new route, or intercept. Tell the shopper.",
                "查看新的方案：原路线、新路线或拦截，并告知顾客。",
            ],
            &[AddressConfirmed, Redelivery, Returned, Cancelled],
        ),
        CaseCode::DeliveryFailed => (
            Severity::High,
            [
                "Delivery failed",
                "投递失败",
                "Agree on another attempt, a pick-up point, or the way back.",
                "与收件人约定再次投递、自提点或退回。",
            ],
            &[Redelivery, HeldForPickup, Returned],
        ),
        CaseCode::PaymentLate => (
            Severity::Normal,
            [
                "Payment came late",
                "付款迟到",
                "Hold the goods again if there are some, else pay the money back.",
                "有货则重新占用库存，否则退款。",
            ],
            &[HeldAgain, Refunded],
        ),
        _ => (
            Severity::Normal,
            [
                "Refund due",
                "需要退款",
                "Pay the amount back; the order shows for which lines.",
                "按订单所列行项目退款。",
            ],
            &[Refunded],
        ),
    }
}

fn work(code: CaseCode) -> Entry {
    use Resolution::*;
    match code {
        CaseCode::WorkerGone => (
            Severity::Normal,
            [
                "Task left in its middle",
                "任务中途无人处理",
                "The task is back in the queue with its progress. Give it to somebody, and look after the goods.",
                "任务已带进度退回队列。请指派他人，并看管相关商品。",
            ],
            &[Reassigned],
        ),
        CaseCode::MissionFailed => (
            Severity::High,
            [
                "Vehicle gave up",
                "搬运车任务失败",
                "Look at the vehicle before anyone enters the area. Another one may take the shelf.",
                "进入区域前先检查车辆；可由其他车辆继续搬运。",
            ],
            &[Retried, Reassigned],
        ),
        CaseCode::TaskProblem => (
            Severity::High,
            [
                "Problem on the floor",
                "现场问题",
                "Read the note, go and see. The task waits until this is closed or given on.",
                "查看备注并到现场处理；任务在关闭或转交前保持暂停。",
            ],
            &[Retried, Reassigned, Cancelled],
        ),
        _ => (
            Severity::Urgent,
            [
                "Event cannot be handled",
                "事件无法处理",
                "Later events of the same subject wait. Give the reason to the operator, then retry.",
                "同一对象的后续事件在等待。请将原因告知运维人员，然后重试。",
            ],
            &[Retried],
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_code_has_its_own_words_in_both_languages() {
        let mut titles = HashSet::new();
        let mut advices = HashSet::new();
        for code in CaseCode::ALL {
            let guide = guide(*code);
            for name in [&guide.title, &guide.advice] {
                assert!(name.en.is_ascii() && !name.en.is_empty(), "{code}");
                assert!(!name.zh.is_ascii(), "{code}");
            }
            assert!(titles.insert(guide.title.en) && advices.insert(guide.advice.zh), "{code}");
        }
    }

    #[test]
    fn every_way_to_end_is_listed_once() {
        let mut used = HashSet::new();
        for code in CaseCode::ALL {
            let ways = guide(*code).resolutions;
            assert_eq!(ways.iter().collect::<HashSet<_>>().len(), ways.len(), "{code}");
            used.extend(ways);
        }
        assert_eq!(used.len(), Resolution::ALL.len(), "a way to end that no case offers");
    }
}
