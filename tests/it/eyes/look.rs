//! What is looked at on every screen: a picture for human eyes, and what a machine
//! can judge. Rules of accessibility come from axe-core (Deque, MPL-2.0), an npm
//! package for development: it is put into the page by the test and never shipped.
//! Deliberately absent: taste; look at the pictures.

use std::sync::OnceLock;

use base64::Engine as _;
use cartage::web::i18n::Lang;
use serde_json::{Value, json};

use super::tab::{Size, Tab};

/// The rules, as npm brought them.
fn rules() -> &'static str {
    static RULES: OnceLock<String> = OnceLock::new();
    RULES.get_or_init(|| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/node_modules/axe-core/axe.min.js");
        std::fs::read_to_string(path).expect("axe-core is not there: `npm ci` brings it")
    })
}

/// Words that people themselves wrote, in any language.
const TOLD: [&str; 27] = [
    "ada", "lin", "knock", "nothing", "sven", "kai", "ida", "ines", "ravi", "dana", "nora", "tess", "wang", "mei",
    "test", "web", "agv", "battery", "squeaks", "one", "enough", "cartage", "pallet", "broken", "wheel", "flood",
    "oiled",
];

/// Names whatever breaks a rule badly: `rule: selector`.
const JUDGE: &str = "
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ['violations'] }).then((found) => done((found.passes.length < 5 ? ['too few rules were asked'] : []).concat(found.violations
    .filter((rule) => ['serious', 'critical'].includes(rule.impact))
    .flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')} ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ''}`)))),
    (error) => done([String(error)]));";

/// Names what is wider than the screen, cut off, too small for a thumb, from
/// another host, or in the wrong language.
const MEASURE: &str = r"
const [chinese, thumb, told] = arguments;
const out = [];
const name = (one) => one.tagName.toLowerCase() + (one.className?.baseVal === undefined && one.className ? '.' + one.className.split(' ').join('.') : '') + ' ' + (one.innerText ?? '').slice(0, 40);
const shown = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest('.vh, .sr');
const wide = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth > wide) out.push(`scrolls sideways by ${document.documentElement.scrollWidth - wide}`);
for (const one of document.querySelectorAll('body *')) {
    if (!shown(one) || one.closest('svg')) continue;
    const style = getComputedStyle(one);
    const cut = !one.closest('.leaflet-container') && style.overflowX === 'hidden' && one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1;
    if (cut && style.textOverflow !== 'ellipsis' && one.innerText) out.push('cut off: ' + name(one));
    const box = one.getBoundingClientRect();
    if (thumb && one.matches('button, .btn, select') && (box.height < 40 || box.width < 40)) out.push(`small for a thumb, ${Math.round(box.width)} x ${Math.round(box.height)}: ` + name(one));
}
for (const entry of performance.getEntriesByType('resource')) {
    if (new URL(entry.name).host !== location.host && !entry.name.startsWith('data:')) out.push('from elsewhere: ' + entry.name);
}
if (chinese) {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const { parentElement: by, data } = walk.currentNode;
        const foreign = (data.match(/\b[a-z]{3,}\b/g) ?? []).filter((word) => !told.includes(word));
        if (shown(by) && !by.closest('[lang=en], script, style') && foreign.length > 0) out.push('not in Chinese: ' + data.trim());
    }
}
return out;";

impl Tab {
    /// A picture of the whole page, `<persona>-<step>-<lang>.png`.
    pub async fn picture(&self, step: &str) {
        let size = self.devtools("Page.getLayoutMetrics", json!({})).await;
        let content = &size["cssContentSize"];
        let (width, height) = (content["width"].as_f64().unwrap(), content["height"].as_f64().unwrap().min(3_000.0));
        let clip = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": 1});
        let params = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let taken = self.devtools("Page.captureScreenshot", params).await;
        let bytes = base64::engine::general_purpose::STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
        let name = format!("{}-{step}-{}.png", self.persona, self.t.code());
        std::fs::write(self.screens.join(name), bytes).unwrap();
    }

    /// Judges the screen as it stands, and takes its picture.
    pub async fn shot(&self, step: &str) {
        self.until("the page to be whole", "document.readyState === 'complete'").await;
        self.picture(step).await;
        let args = vec![json!(self.t.lang() == Lang::Zh), json!(self.size == Size::Phone), json!(TOLD)];
        let mut found = self.client.execute(MEASURE, args).await.unwrap();
        if self.js("typeof axe").await == "undefined" {
            self.client.execute(rules(), Vec::new()).await.unwrap();
        }
        let judged = self.client.execute_async(JUDGE, Vec::new()).await.unwrap();
        found.as_array_mut().unwrap().extend(judged.as_array().unwrap().iter().cloned());
        let mut worries = self.worries.lock().unwrap();
        for worry in found.as_array().unwrap() {
            let worry = worry.as_str().unwrap_or_default();
            worries.push(format!("{} {step} ({}): {worry}", self.persona, self.t.code()));
        }
    }

    /// [`Tab::shot`] of the page at hand in both languages; for pages that may be
    /// asked for again.
    pub async fn shot_both(&mut self, step: &str) {
        let own = self.t.lang();
        self.shot(step).await;
        self.speak(if own == Lang::En { Lang::Zh } else { Lang::En }).await;
        self.client.refresh().await.unwrap();
        self.shot(step).await;
        self.speak(own).await;
        self.client.refresh().await.unwrap();
    }

    /// A desk page in both languages, each at 1280 and at 1024 px.
    pub async fn shot_wide(&mut self, step: &str) {
        let own = self.t.lang();
        for lang in [own, if own == Lang::En { Lang::Zh } else { Lang::En }] {
            if lang != own {
                self.speak(lang).await;
                self.client.refresh().await.unwrap();
            }
            self.shot(step).await;
            self.width(1024).await;
            self.shot(&format!("{step}-1024")).await;
            self.width(0).await;
        }
        self.speak(own).await;
        self.client.refresh().await.unwrap();
    }

    /// True in a page's script.
    pub async fn is(&self, expression: &str) -> bool {
        self.js(expression).await == Value::Bool(true)
    }
}
