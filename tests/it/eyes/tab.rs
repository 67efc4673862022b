//! One person's browser: finds things by the words on them, taps, types, scans,
//! and waits as long as a patient person would. Deliberately absent: judging what
//! is seen; `look` does.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use cartage::web::i18n::{Lang, Words};
use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource, KeyAction, KeyActions},
    elements::Element,
    key::Key,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::driver::Driver;

/// Nobody waits longer for a page.
const PATIENCE: Duration = Duration::from_secs(25);

/// A screen's size in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 390 x 844, with a finger.
    Phone,
    /// 1280 x 860, with a mouse.
    Desk,
}

/// One person's browser.
pub struct Tab {
    pub client: Client,
    /// Who looks; part of the names of pictures.
    pub persona: &'static str,
    pub size: Size,
    pub t: Words,
    pub base: String,
    pub(super) screens: PathBuf,
    pub(super) worries: Arc<Mutex<Vec<String>>>,
    commands: String,
}

fn capabilities(driver: &Driver, size: Size, film: Option<&Path>) -> serde_json::Map<String, Value> {
    let (width, height) = match size {
        Size::Phone => (390, 844),
        Size::Desk => (1280, 860),
    };
    let profile = driver.profile();
    let mut options = json!({"args": [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic",
        "--no-first-run", "--lang=en-US", "--mute-audio", "--hide-scrollbars", format!("--window-size={width},{height}"),
        format!("--user-data-dir={}", profile.display()),
    ]});
    if let (Some(film), Some(args)) = (film, options["args"].as_array_mut()) {
        let film = json!(format!("--use-file-for-fake-video-capture={}", film.display()));
        args.extend([json!("--use-fake-ui-for-media-stream"), json!("--use-fake-device-for-media-stream"), film]);
    }
    if size == Size::Phone {
        let metrics = json!({"width": width, "height": height, "pixelRatio": 1.0, "touch": true, "mobile": true});
        options["mobileEmulation"] = json!({"deviceMetrics": metrics});
    }
    let patience = json!({"pageLoad": 20_000, "script": 20_000});
    let all = json!({"browserName": "chrome", "goog:chromeOptions": options, "timeouts": patience});
    all.as_object().unwrap().clone()
}

impl Tab {
    pub(super) async fn open_browser(
        driver: &Driver,
        persona: &'static str,
        (size, film): (Size, Option<&Path>),
        base: String,
        screens: PathBuf,
        worries: Arc<Mutex<Vec<String>>>,
    ) -> Self {
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(capabilities(driver, size, film)).connect(&driver.url()).await.unwrap();
        let session = client.session_id().await.unwrap().unwrap();
        let commands = format!("{}/session/{session}/goog/cdp/execute", driver.url());
        Self { client, persona, size, t: Words::of(Lang::En), base, screens, worries, commands }
    }

    /// A command of the DevTools protocol.
    pub async fn devtools(&self, cmd: &str, params: Value) -> Value {
        let body = json!({"cmd": cmd, "params": params});
        let reply = reqwest::Client::new().post(&self.commands).json(&body).timeout(PATIENCE).send().await.unwrap();
        let said: Value = reply.json().await.unwrap();
        assert!(said["value"]["error"].is_null(), "{cmd}: {said}");
        said["value"].clone()
    }

    /// Takes the network away, or gives it back.
    pub async fn network(&self, there: bool) {
        self.devtools("Network.enable", json!({})).await;
        let conditions = json!({"offline": !there, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.devtools("Network.emulateNetworkConditions", conditions).await;
    }

    /// Stands somewhere, as far as the phone knows.
    pub async fn stand_at(&self, lat: f64, lon: f64) {
        let grant = json!({"permissions": ["geolocation"], "origin": self.base});
        self.devtools("Browser.grantPermissions", grant).await;
        let place = json!({"latitude": lat, "longitude": lon, "accuracy": 5});
        self.devtools("Emulation.setGeolocationOverride", place).await;
    }

    /// Dark, as a phone is at night.
    pub async fn night(&self) {
        let dark = json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
        self.devtools("Emulation.setEmulatedMedia", dark).await;
    }

    /// By day again.
    pub async fn day(&self) {
        let light = json!({"features": [{"name": "prefers-color-scheme", "value": "light"}]});
        self.devtools("Emulation.setEmulatedMedia", light).await;
    }

    /// A window of another width; 0 for its own.
    pub async fn width(&self, px: i64) {
        if px == 0 {
            self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
            return;
        }
        let metrics = json!({"width": px, "height": 800, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Signs in by name, and goes on to a page.
    pub async fn sign_in(&self, login: &str, password: &str) {
        self.fill("#l", login).await;
        self.fill("#p", password).await;
        self.press("login.go").await;
    }

    /// Opens a page of ours.
    pub async fn open(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.base)).await.unwrap();
    }

    /// The value of an expression in the page; null while there is no page.
    pub async fn js(&self, expression: &str) -> Value {
        self.client.execute(&format!("return {expression}"), Vec::new()).await.unwrap_or_default()
    }

    /// All the text that a person sees.
    pub async fn text(&self) -> String {
        self.js("document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// Where we are.
    pub async fn path(&self) -> String {
        self.js("location.pathname").await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits for an expression to become true.
    pub async fn until(&self, what: &str, expression: &str) {
        let begin = Instant::now();
        while self.js(expression).await != Value::Bool(true) {
            if begin.elapsed() > PATIENCE {
                self.lost(what).await;
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }

    /// A picture of where it went wrong, then the end.
    async fn lost(&self, what: &str) -> ! {
        self.picture("lost").await;
        panic!("{} waited for {what} at {} and reads:\n{}", self.persona, self.path().await, self.text().await);
    }

    /// Waits until a text can be read.
    pub async fn reads(&self, text: &str) {
        let wanted = Value::from(text);
        // Style may write in capitals what the page says in small letters.
        let seen = format!("document.body.innerText.toLowerCase().includes({wanted}.toLowerCase())");
        self.until(&format!("\"{text}\""), &seen).await;
    }

    /// Waits until the words of a key can be read.
    pub async fn says(&self, key: &str) {
        self.reads(self.t.get(key)).await;
    }

    /// Waits until a selector matches something that is seen.
    pub async fn sees(&self, css: &str) {
        let css_text = Value::from(css);
        let seen = format!("[...document.querySelectorAll({css_text})].some((one) => one.checkVisibility())");
        self.until(css, &seen).await;
    }

    /// What a selector finds.
    pub async fn find(&self, css: &str) -> Element {
        self.sees(css).await;
        self.client.find(Locator::Css(css)).await.unwrap()
    }

    /// A person sees a screen before a thumb comes down on it.
    async fn looks(&self) {
        let still = "document.readyState === 'complete' && !document.documentElement.hasAttribute('data-new')";
        self.until("the page to stand still", still).await;
    }

    /// Taps what a selector finds.
    pub async fn tap(&self, css: &str) {
        let begin = Instant::now();
        self.sees(css).await;
        self.looks().await;
        loop {
            match self.find(css).await.click().await {
                Ok(()) => return,
                Err(error) if begin.elapsed() > PATIENCE => panic!("{} cannot tap {css}: {error}", self.persona),
                Err(_) => tokio::time::sleep(Duration::from_millis(40)).await,
            }
        }
    }

    /// Marks the first visible key, link or label with a text on it, and names it.
    async fn named(&self, text: &str) -> &'static str {
        let wanted = Value::from(text);
        let mark = format!(
            "(() => {{ document.querySelectorAll('[data-eye]').forEach((one) => one.removeAttribute('data-eye'));
            const all = [...document.querySelectorAll('a, button, label, summary')];
            const named = (one) => one.innerText.trim().includes({wanted}) || one.getAttribute('aria-label') === {wanted};
            const found = all.filter((one) => one.checkVisibility() && named(one))
                .sort((a, b) => a.innerText.length - b.innerText.length)[0];
            found?.setAttribute('data-eye', ''); return found !== undefined; }})()"
        );
        self.until(&format!("a key \"{text}\""), &mark).await;
        "[data-eye]"
    }

    /// Taps what has this text on it.
    pub async fn press_text(&self, text: &str) {
        let begin = Instant::now();
        loop {
            self.named(text).await;
            self.looks().await;
            // The page may have drawn itself anew meanwhile; then it is looked for again.
            let css = self.named(text).await;
            let tapped = match self.client.find(Locator::Css(css)).await {
                Ok(element) => element.click().await.is_ok(),
                Err(_) => false,
            };
            if tapped {
                return;
            }
            if begin.elapsed() > PATIENCE {
                self.lost(&format!("a tap on \"{text}\"")).await;
            }
        }
    }

    /// Taps what has the words of a key on it.
    pub async fn press(&self, key: &str) {
        self.press_text(self.t.get(key)).await;
    }

    /// A thumb that trembles: two taps at once, and one more on the same spot as soon
    /// as a new screen has come under the thumb. The events are the page's own,
    /// with the count that a real tap has: chromedriver waits for ever for the answer
    /// to a real one that a leaving page never gives.
    pub async fn press_twice(&self, text: &str) {
        self.named(text).await;
        self.looks().await;
        let css = self.named(text).await;
        let first = format!(
            "(() => {{ const one = document.querySelector('{css}'); one.scrollIntoView({{block: 'center'}});
            const box = one.getBoundingClientRect();
            const spot = [box.x + box.width / 2, box.y + box.height / 2];
            for (let n = 0; n < 2; n++) one.dispatchEvent(new MouseEvent('click', {{detail: n + 1, bubbles: true, cancelable: true}}));
            return spot; }})()"
        );
        let spot = self.js(&first).await;
        let again = format!(
            "(() => {{ const fresh = document.documentElement.hasAttribute('data-new') || performance.now() - performance.getEntriesByType('navigation')[0].responseStart < 350;
            const one = fresh && document.elementFromPoint({}, {});
            one && one.dispatchEvent(new MouseEvent('click', {{detail: 2, bubbles: true, cancelable: true}})); return Boolean(one); }})()",
            spot[0], spot[1]
        );
        for _ in 0..40 {
            if self.is(&again).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Writes into a field, in place of what stands there.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Chooses what has these words in a list.
    pub async fn choose(&self, css: &str, words: &str) {
        self.sees(css).await;
        let (css, words) = (Value::from(css), Value::from(words));
        let chosen = format!(
            "(() => {{ const list = document.querySelector({css}); const one = [...(list?.options ?? [])].find((one) => one.textContent.trim() === {words});
            if (!one) return false; list.value = one.value; list.dispatchEvent(new Event('change', {{bubbles: true}})); return true; }})()"
        );
        self.until(&format!("{words} in a list"), &chosen).await;
    }

    /// Strikes keys, wherever the focus is.
    pub async fn keys(&self, text: &str) {
        let strike =
            |keys: KeyActions, key: char| keys.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key });
        let keys = text.chars().fold(KeyActions::new("keys".to_owned()), strike);
        self.client.perform_actions(keys).await.unwrap();
    }

    /// One key.
    pub async fn key(&self, key: Key) {
        self.keys(&char::from(key).to_string()).await;
    }

    /// What a keyboard-wedge scanner does: strikes the label, then Enter, without
    /// looking where the focus is.
    pub async fn scan(&self, label: &str) {
        self.keys(&format!("{label}{}", char::from(Key::Enter))).await;
    }

    /// The other language from the next page on, as the switch remembers it.
    pub async fn speak(&mut self, lang: Lang) {
        self.t = Words::of(lang);
        let cookie = format!("cartage_lang={};path=/;max-age=9999", lang.code());
        self.js(&format!("document.cookie = {}", Value::from(cookie))).await;
    }

    /// An attribute of what a selector finds; empty if there is none.
    pub async fn attribute(&self, css: &str, name: &str) -> String {
        let (css, name) = (Value::from(css), Value::from(name));
        let value = self.js(&format!("document.querySelector({css})?.getAttribute({name}) ?? ''")).await;
        value.as_str().unwrap_or_default().to_owned()
    }
}
