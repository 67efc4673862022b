//! Two languages, one catalogue: every word of every page by its key. Deliberately
//! absent: names of goods, sites and people, which carry their own languages.

use std::{collections::HashMap, fmt::Display, sync::LazyLock};

use super::assets::{self, Icon, Picture};

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// 简体中文.
    Zh,
}

impl Lang {
    /// From what a query, a cookie or a person's record says.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "en" => Some(Self::En),
            "zh" => Some(Self::Zh),
            _ => None,
        }
    }

    /// As the rooms and the cookie write it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }

    /// As HTML's `lang` attribute wants it (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh-Hans",
        }
    }
}

type Table = HashMap<String, String>;

macro_rules! tables {
    ($lang:literal: $($file:literal)+) => {
        [$(include_str!(concat!("i18n/", $lang, "/", $file, ".json"))),+].as_slice()
    };
}

static EN: LazyLock<Table> =
    LazyLock::new(|| read(tables!("en": "common" "refusal" "handheld" "shop" "rider" "desk" "house")));
static ZH: LazyLock<Table> =
    LazyLock::new(|| read(tables!("zh": "common" "refusal" "handheld" "shop" "rider" "desk" "house")));

fn read(files: &[&str]) -> Table {
    let mut all = Table::new();
    for file in files {
        let part: Table = serde_json::from_str(file).expect("the catalogue is tested to be flat JSON");
        all.extend(part);
    }
    all
}

/// The words of one language; templates call it `t`. Places are `{0}`, `{1}`, `{2}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Words {
    lang: Lang,
}

impl Words {
    /// The words of `lang`.
    pub const fn of(lang: Lang) -> Self {
        Self { lang }
    }

    /// The language.
    pub const fn lang(self) -> Lang {
        self.lang
    }

    /// The value of HTML's `lang` attribute.
    pub const fn tag(self) -> &'static str {
        self.lang.tag()
    }

    /// `en` or `zh`.
    pub const fn code(self) -> &'static str {
        self.lang.code()
    }

    /// True for 简体中文.
    pub fn is_zh(self) -> bool {
        self.lang == Lang::Zh
    }

    fn table(self) -> &'static Table {
        match self.lang {
            Lang::En => &EN,
            Lang::Zh => &ZH,
        }
    }

    /// The words of `key` if there are any.
    pub fn find(self, key: &str) -> Option<&'static str> {
        self.table().get(key).map(String::as_str)
    }

    /// The words of `key`. A key without words shows itself, which a test forbids.
    pub fn get(self, key: &str) -> &str {
        self.find(key).unwrap_or(key)
    }

    /// The words of `key` with one thing put in.
    pub fn put(self, key: &str, a: impl Display) -> String {
        self.get(key).replace("{0}", &a.to_string())
    }

    /// The words of `key` with two things put in.
    pub fn put2(self, key: &str, a: impl Display, b: impl Display) -> String {
        self.put(key, a).replace("{1}", &b.to_string())
    }

    /// The words of `key` with three things put in.
    pub fn put3(self, key: &str, a: impl Display, b: impl Display, c: impl Display) -> String {
        self.put2(key, a, b).replace("{2}", &c.to_string())
    }

    /// The words for `n` things: `key.one` for a single one, where it exists.
    pub fn count(self, key: &str, n: impl Display) -> String {
        let n = n.to_string();
        let one = (n == "1").then(|| self.find(&format!("{key}.one"))).flatten();
        one.unwrap_or_else(|| self.get(key)).replace("{0}", &n)
    }

    /// The words of `prefix.code`, or `fallback`: for codes that other rooms
    /// make, whose English sentence always travels beside.
    pub fn or(self, prefix: &str, code: &str, fallback: &str) -> String {
        match self.find(&format!("{prefix}.{code}")) {
            Some(words) => words.to_owned(),
            None => fallback.to_owned(),
        }
    }

    /// What is said, and below it what to do: a text's first clause, and its rest.
    pub fn two(self, text: &str) -> (String, String) {
        for end in ["|", ". ", "; ", "。", "，"] {
            if let Some((lead, rest)) = text.split_once(end).filter(|(_, rest)| !rest.is_empty()) {
                let mut letters = rest.chars();
                let first = letters.next().map(char::to_uppercase).into_iter().flatten();
                return (lead.to_owned(), first.chain(letters).collect());
            }
        }
        (text.trim_end_matches(['.', '。']).to_owned(), String::new())
    }

    /// An icon; here because every template has its words at hand.
    pub fn icon(self, name: &str) -> Icon<'_> {
        assets::icon(name)
    }

    /// Where a bundled file is found.
    pub fn asset(self, name: &str) -> String {
        assets::asset(name)
    }

    /// The picture of an article, described by its name.
    pub fn picture<'a>(self, image: &'a str, name: &'a str) -> Picture<'a> {
        assets::picture(image, name)
    }

    /// One of two names.
    pub fn name<'n>(self, en: &'n str, zh: &'n str) -> &'n str {
        if self.is_zh() && !zh.is_empty() { zh } else { en }
    }
}

#[cfg(test)]
#[path = "i18n_tests.rs"]
mod tests;
