//! A handheld screen as a worker reads it: where to go, what to scan next.
//!
//! The shape is this crate's own; only the names of the JSON fields are shared
//! with the server, and unknown ones are ignored.

use serde::Deserialize;

/// The task behind the screen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct OfTask {
    pub id: String,
    pub kind: String,
    pub done: i64,
    pub of: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Say {
    /// ask, right, wrong, warn.
    pub tone: String,
    pub code: String,
    pub text: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Spot {
    pub label: String,
    pub hint: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct OfArticle {
    pub code: String,
    pub gtin: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Quantity {
    pub want: i64,
    pub done: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Expect {
    pub kind: String,
    pub label: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Choice {
    pub code: String,
}

/// One screen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Screen {
    pub task: OfTask,
    pub state: String,
    pub say: Say,
    #[serde(rename = "where")]
    pub spot: Option<Spot>,
    pub article: Option<OfArticle>,
    pub quantity: Option<Quantity>,
    pub expect: Expect,
    pub facts: Vec<(String, String)>,
    pub choices: Vec<Choice>,
}

impl Screen {
    /// The task is over.
    pub fn is_over(&self) -> bool {
        matches!(self.expect.kind.as_str(), "none" | "")
    }

    /// The last entry was refused.
    pub fn was_wrong(&self) -> bool {
        self.say.tone == "wrong"
    }

    /// Whether the screen has that button.
    pub fn offers(&self, choice: &str) -> bool {
        self.choices.iter().any(|one| one.code == choice)
    }

    /// A number among the facts.
    pub fn fact(&self, name: &str) -> Option<i64> {
        self.facts.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.parse().ok())
    }

    /// The label of where to go, or "".
    pub fn spot_label(&self) -> &str {
        self.spot.as_ref().map_or("", |spot| spot.label.as_str())
    }

    /// The article's code, or "".
    pub fn sku(&self) -> &str {
        self.article.as_ref().map_or("", |article| article.code.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_step_reads_leniently() {
        let step = json!({
            "task": {"id": "tsk_1", "kind": "pack", "site": "sit_1", "title": "x", "done": 1, "of": 4},
            "state": "pack.weigh",
            "say": {"tone": "wrong", "code": "weight.mismatch", "text": "no"},
            "where": {"label": "Box M", "zone": "", "hint": ""},
            "expect": {"kind": "weight", "label": ""},
            "facts": [["tare_g", "180"], ["note", "x"]],
            "choices": [{"code": "count_again", "label": "Again", "tone": "ask"}],
        });
        let screen: Screen = serde_json::from_value(step).expect("a screen");
        assert!(screen.was_wrong() && !screen.is_over() && screen.offers("count_again"));
        assert_eq!((screen.fact("tare_g"), screen.fact("note"), screen.sku()), (Some(180), None, ""));
        let over: Screen = serde_json::from_value(json!({"expect": {"kind": "none"}})).expect("a screen");
        assert!(over.is_over());
    }
}
