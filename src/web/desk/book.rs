//! Names for ids: articles, people, sites, bins, units; looked up once for a page.
//! Also where each id's own page is. Deliberately absent: names of shoppers.

use std::collections::HashMap;

use super::{
    seat::{Seat, actor},
    story,
    table::short,
};
use crate::{
    cases::Detail,
    catalog,
    kernel::{BinId, LoadId, SkuId, UnitId},
    layout,
    problem::Problem,
    store::Sql,
    units,
    web::{i18n::Words, telling::detailed},
};

/// The names a page has looked up.
#[derive(Debug)]
pub struct Book<'s> {
    seat: &'s Seat,
    people: HashMap<String, String>,
    articles: HashMap<SkuId, (String, String)>,
    holders: HashMap<String, String>,
}

impl<'s> Book<'s> {
    /// An empty one.
    pub fn new(seat: &'s Seat) -> Self {
        Self { seat, people: HashMap::new(), articles: HashMap::new(), holders: HashMap::new() }
    }

    /// The words of the page.
    pub fn words(&self) -> Words {
        self.seat.t
    }

    /// Who acts.
    pub async fn person(&mut self, sql: &mut Sql, id: &str) -> Result<String, Problem> {
        if let Some(name) = self.people.get(id) {
            return Ok(name.clone());
        }
        let name = actor(sql, self.seat, id).await?;
        self.people.insert(id.to_owned(), name.clone());
        Ok(name)
    }

    /// Code and name of an article.
    pub async fn article(&mut self, sql: &mut Sql, id: SkuId) -> Result<(String, String), Problem> {
        if let Some(known) = self.articles.get(&id) {
            return Ok(known.clone());
        }
        let t = self.seat.t;
        let found = catalog::by_id(sql, id).await?;
        let known = found.map_or_else(
            || (short(&id.to_string()), String::new()),
            |one| (one.code, t.name(&one.name.en, &one.name.zh).to_owned()),
        );
        self.articles.insert(id, known.clone());
        Ok(known)
    }

    /// What is special about a case, with its article by name.
    pub async fn detail(&mut self, sql: &mut Sql, detail: &Detail) -> Result<String, Problem> {
        let seat = self.seat;
        let article = match detail.members().get("article").and_then(|code| code.as_str()) {
            Some(code) => match catalog::by_code(sql, code).await? {
                Some(found) => Some(seat.t.name(&found.name.en, &found.name.zh).to_owned()),
                None => None,
            },
            None => None,
        };
        Ok(detailed(seat.t, detail, |kind, code| story::coded(seat, kind, code), article))
    }

    /// An account's holder as people call it: a bin's or unit's label, or the word
    /// for what lies outside.
    pub async fn holder(&mut self, sql: &mut Sql, holder: &str) -> Result<String, Problem> {
        if let Some(known) = self.holders.get(holder) {
            return Ok(known.clone());
        }
        let known = if let Ok(bin) = holder.parse::<BinId>() {
            layout::bin(sql, bin).await?.map(|bin| bin.code)
        } else if let Ok(unit) = holder.parse::<UnitId>() {
            units::by_id(sql, unit).await?.map(|unit| unit.code)
        } else if let Some(load) = holder.strip_prefix("@carrier:").and_then(|load| load.parse::<LoadId>().ok()) {
            Some(self.seat.t.put("led.carrier", short(&load.to_string())))
        } else {
            holder.strip_prefix('@').map(|place| self.seat.word("account", place))
        };
        let known = known.unwrap_or_else(|| short(holder));
        self.holders.insert(holder.to_owned(), known.clone());
        Ok(known)
    }
}

/// Where the page of an id is; empty if it has none.
pub fn page_of(id: &str) -> String {
    match id.split('_').next().unwrap_or_default() {
        "ord" => format!("/desk/orders/{id}"),
        "cas" => format!("/desk/cases/{id}"),
        "tsk" => format!("/desk/tasks/{id}"),
        "dec" => format!("/desk/decisions/{id}"),
        "lod" => format!("/dispatch?load={id}"),
        "rcp" => format!("/desk/inbound/{id}"),
        "sku" => format!("/desk/stock/{id}"),
        _ => String::new(),
    }
}
