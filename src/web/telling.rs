//! Sentences that rooms keep as code and data, in the reader's language. Deliberately
//! absent: their English; it travels with them.

use super::{i18n::Words, page::filled};
use crate::{cases::Detail, tasks::Title};

/// What tells a task from its neighbours.
pub fn titled(t: Words, title: &Title) -> String {
    filled(t.or("title", title.code(), &title.to_string()), &title.members())
}

/// What is special about a case. `coded` says a code of a kind of words; `article`
/// is what its article is called, if it is about one.
pub fn detailed(t: Words, detail: &Detail, coded: impl Fn(&str, &str) -> String, article: Option<String>) -> String {
    let mut members = detail.members();
    if let Some(name) = article {
        members.insert("article".to_owned(), name.into());
    }
    for (field, kind) in [("reason", "reason"), ("policy", "policy"), ("what", "choice")] {
        if let Some(code) = members.get(field).and_then(|value| value.as_str()) {
            // What a worker pressed has the words of the key.
            let word = if kind == "choice" { t.or(kind, code, code) } else { coded(kind, code) };
            members.insert(field.to_owned(), word.into());
        }
    }
    filled(t.or("detail", detail.code(), &detail.to_string()), &members).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::i18n::Lang;

    #[test]
    fn every_sentence_has_words_in_both_languages() {
        for lang in [Lang::En, Lang::Zh] {
            for (set, codes) in [("title", Title::CODES), ("detail", Detail::CODES)] {
                for code in codes {
                    assert!(Words::of(lang).find(&format!("{set}.{code}")).is_some(), "no words for {set}.{code}");
                }
            }
        }
    }

    #[test]
    fn the_data_stands_in_the_words() {
        let title = Title::Pick { lines: 3, station: "PACK-1".into() };
        let told = [Lang::En, Lang::Zh].map(|lang| titled(Words::of(lang), &title));
        assert_eq!(told, ["3 lines to PACK-1", "3 行送往 PACK-1"]);
        assert_eq!(titled(Words::of(Lang::Zh), &Title::free("as it came")), "as it came");
        let short = Detail::OrderShort { quantity: 2, article: "TEA-1".into(), policy: "wait".into() };
        let told = detailed(Words::of(Lang::Zh), &short, |kind, code| format!("{kind}:{code}"), Some("绿茶".into()));
        assert_eq!(told, "缺 2 件绿茶；订单要求：policy:wait");
        let own = detailed(Words::of(Lang::En), &Detail::free("looked at it"), |_, _| String::new(), None);
        assert_eq!(own, "looked at it");
        let pressed = Detail::Problem { what: "device".into(), note: String::new() };
        let told = detailed(Words::of(Lang::Zh), &pressed, |_, _| String::new(), None);
        assert_eq!(told, "设备、打印机");
    }
}
