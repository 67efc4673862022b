//! What was decided of one order, small enough to be kept by the thousand: its rows, its
//! story and its answer all follow from it, with the promise or whenever the roll is
//! posted. Pure.

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::super::view::{LineView, OrderView, PartView};
use crate::{
    catalog::Names,
    decisions::Choice,
    event::Event,
    identity::Signer,
    kernel::*,
    orders::{self, Fulfilment, FulfilmentLine, FulfilmentState, NewOrder, Opened, Order, OrderState},
    payments::Payment,
    stock,
    store::{Actor, command::Marked},
};

/// An order that was promised. Changing a field changes what is on the roll of a server
/// that is being replaced: a new one needs `#[serde(default)]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Deed {
    /// Whose command it was.
    pub mark: Marked,
    /// When.
    pub at: Time,
    pub order: OrderId,
    pub pin: String,
    /// Its number for people; `None`: the short one.
    pub number: Option<String>,
    /// What was asked and promised, with today's prices.
    pub new: NewOrder,
    /// Its lines, in the order of what was asked.
    pub lines: Vec<Titled>,
    pub parts: Vec<Part>,
    pub payment: Payment,
    /// What the provider said, as a fact: kind and fields.
    pub said: Option<(String, Box<RawValue>)>,
    /// Work may begin as far as money goes.
    pub is_paid: bool,
    /// A person looks at its address first.
    pub is_doubtful: bool,
    pub wants_invoice: bool,
    pub choice: Choice,
}

/// A line with what its article is called.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Titled {
    pub id: LineId,
    pub code: String,
    pub name: Names,
}

/// What one site ships.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Part {
    pub id: FulfilmentId,
    pub site: SiteId,
    /// The site's code.
    pub code: String,
    pub due_at: Time,
    pub shares: Vec<Share>,
}

/// What of a line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Share {
    pub hold: HoldId,
    /// Place of the line in the order.
    pub line: usize,
    pub quantity: i64,
}

impl Deed {
    /// A fact in words, for [`Deed::said`].
    pub fn say(fact: &Event) -> (String, Box<RawValue>) {
        (fact.kind().to_owned(), to_raw_value(fact).expect("facts are plain data"))
    }

    /// Who acts.
    pub fn actor(&self) -> Actor {
        Actor::named(&self.mark.caller)
    }

    /// Goods of each pool, one after the other.
    pub fn goods(&self) -> impl Iterator<Item = ((SiteId, SkuId), i64)> {
        let of = |part: &Part, share: &Share| ((part.site, self.new.lines[share.line].sku), share.quantity);
        self.parts.iter().flat_map(move |part| part.shares.iter().map(move |share| of(part, share)))
    }

    /// The number that its channel gave it.
    pub fn external(&self) -> Option<(&str, &str)> {
        Some((self.new.channel.as_str(), self.new.external_id.as_deref()?))
    }

    /// The order as it stands when its placing is over.
    pub fn order(&self) -> Order {
        let mut order = orders::drafted(&self.new, self.order, self.pin.clone(), self.at);
        if let Some(number) = &self.number {
            order.number.clone_from(number);
        }
        if self.is_doubtful {
            (order.state, order.hold_reason) = (OrderState::OnHold, Some(orders::ADDRESS_DOUBTFUL.to_owned()));
            order.version += 1;
        } else if self.is_paid {
            order.state = OrderState::Accepted;
            order.version += 1;
        }
        order
    }

    fn order_lines(&self) -> impl Iterator<Item = orders::Line> {
        let lines = (1..).zip(self.lines.iter().zip(&self.new.lines));
        lines.map(|(seq, (titled, new))| orders::opened_line(titled.id, self.order, seq, new))
    }

    /// With its lines and parts.
    pub fn opened(&self) -> Opened {
        let (mut parts, mut shares) = (Vec::with_capacity(self.parts.len()), Vec::with_capacity(self.lines.len()));
        for part in &self.parts {
            parts.push(Fulfilment {
                id: part.id,
                order: self.order,
                site: part.site,
                state: FulfilmentState::Open,
                due_at: part.due_at,
                wave: None,
                created_at: self.at,
            });
            shares.extend(part.shares.iter().map(|share| FulfilmentLine {
                fulfilment: part.id,
                line: self.lines[share.line].id,
                hold: share.hold,
                sku: self.new.lines[share.line].sku,
                quantity: share.quantity,
                picked: 0,
                packed: 0,
                dropped: 0,
            }));
        }
        Opened { order: self.order(), lines: self.order_lines().collect(), parts, shares }
    }

    /// Its holds. They lapse unless the order is paid, also while a person still looks
    /// at it: paid goods do not lapse.
    pub fn holds(&self) -> impl Iterator<Item = (HoldId, stock::Want)> {
        let expires_at = (!self.is_paid).then(|| self.at.plus_ms(orders::PAYMENT_TERM_MS));
        self.parts.iter().flat_map(move |part| {
            part.shares.iter().map(move |share| {
                let want = stock::Want {
                    order: self.order,
                    line: self.lines[share.line].id,
                    site: part.site,
                    sku: self.new.lines[share.line].sku,
                    quantity: share.quantity,
                    promised_by: self.new.promised_by,
                    expires_at,
                    purpose: stock::Purpose::Order,
                };
                (share.hold, want)
            })
        })
    }

    /// What is to be paid, shipping included.
    fn total_minor(&self) -> i64 {
        let goods: i64 = self.new.lines.iter().map(|line| line.unit_price_minor * line.quantity).sum();
        goods + self.new.shipping_minor
    }

    /// Its story so far.
    pub fn facts(&self) -> Result<Vec<Event>, Fault> {
        let (order, new) = (self.order, &self.new);
        let mut facts = vec![Event::OrderPlaced {
            order,
            channel: new.channel.clone(),
            service: new.service.clone(),
            total_minor: self.total_minor(),
            promised_by: new.promised_by,
        }];
        for part in &self.parts {
            let (fulfilment, site) = (part.id, part.site);
            facts.push(Event::FulfilmentOpened { order, fulfilment, site });
            facts.extend(part.shares.iter().map(|share| Event::HoldPlaced {
                order,
                line: self.lines[share.line].id,
                hold: share.hold,
                site,
                sku: new.lines[share.line].sku,
                quantity: share.quantity,
            }));
        }
        if self.wants_invoice {
            facts.push(Event::InvoiceRequested { order, contact: new.contact });
        }
        if self.is_doubtful {
            facts.push(Event::OrderHeld { order, reason: orders::ADDRESS_DOUBTFUL.to_owned() });
        }
        if let Some((kind, body)) = &self.said {
            facts.push(Event::read(kind, serde_json::from_str(body.get())?)?);
        }
        if self.is_paid && !self.is_doubtful {
            facts.push(Event::OrderAccepted { order });
        }
        Ok(facts)
    }

    /// What [`crate::checkout::view`] would read, for who placed it.
    pub fn view(&self, signer: &Signer) -> OrderView {
        let titled =
            |(line, titled): (orders::Line, &Titled)| LineView::on_hand(line, titled.code.clone(), titled.name.clone());
        let part = |part: &Part| PartView { id: part.id, site: part.code.clone(), state: FulfilmentState::Open };
        OrderView {
            order: self.order(),
            lines: self.order_lines().zip(&self.lines).map(titled).collect(),
            fulfilments: self.parts.iter().map(part).collect(),
            total_minor: self.total_minor(),
            payment: Some(self.payment.state),
            delivery_pin: Some(self.pin.clone()),
            guest_link: Some(signer.sign(self.order)),
        }
    }
}
