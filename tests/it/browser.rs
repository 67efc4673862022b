//! A visitor without a script: follows links, keeps cookies, fills in forms. What
//! works for it works in any browser.

use std::collections::HashMap;

use reqwest::{Client, StatusCode, redirect::Policy};

/// A visitor.
pub struct Browser {
    client: Client,
    base: String,
    cookies: HashMap<String, String>,
}

/// A page it got.
pub struct Page {
    pub status: StatusCode,
    /// Where it ended up, path and query.
    pub at: String,
    pub html: String,
}

impl Page {
    /// The value of the first field of that name.
    pub fn field(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let rest = self.html.split(&mark).nth(1).unwrap_or_else(|| panic!("no field {name} at {}", self.at));
        rest.split('"').next().unwrap().to_owned()
    }

    /// The first value of an attribute; empty if there is none.
    pub fn attribute(&self, name: &str) -> String {
        let mark = format!(" {name}=\"");
        self.html.split(&mark).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
    }

    /// The text between two marks.
    pub fn between(&self, from: &str, to: &str) -> String {
        let rest = self.html.split(from).nth(1).unwrap_or_else(|| panic!("no {from} at {}: {}", self.at, self.html));
        rest.split(to).next().unwrap().to_owned()
    }

    /// Fails unless the text is on the page.
    pub fn says(&self, text: &str) -> &Self {
        assert!(self.html.contains(text), "{} ({}) does not say {text}:\n{}", self.at, self.status, self.html);
        self
    }
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

impl Browser {
    /// A fresh one.
    pub fn new(base: String) -> Self {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { client, base, cookies: HashMap::new() }
    }

    /// Opens a page, following where it is sent.
    pub async fn open(&mut self, path: &str) -> Page {
        self.go(path.to_owned(), None, false).await
    }

    /// Sends a form.
    pub async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.go(path.to_owned(), Some(body(fields)), false).await
    }

    /// Sends a form as a script does, for a part of the page.
    pub async fn send_part(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.go(path.to_owned(), Some(body(fields)), true).await
    }

    /// Listens to a stream until it says `text`.
    pub async fn hear(&self, path: &str, text: &str) -> String {
        let jar: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.get(format!("{}{path}", self.base)).header("cookie", jar.join("; "));
        let mut response = request.send().await.unwrap();
        let mut heard = String::new();
        while !heard.contains(text) {
            let patience = std::time::Duration::from_secs(20);
            let chunk = tokio::time::timeout(patience, response.chunk()).await;
            let chunk = chunk.unwrap_or_else(|_| panic!("{path} never said {text}: {heard}")).unwrap();
            heard.push_str(&String::from_utf8_lossy(&chunk.unwrap_or_else(|| panic!("{path} ended: {heard}"))));
        }
        heard
    }

    async fn go(&mut self, mut path: String, mut form: Option<String>, part: bool) -> Page {
        for _ in 0..6 {
            let url = format!("{}{path}", self.base);
            let mut request = match form.take() {
                Some(form) => {
                    self.client.post(url).header("content-type", "application/x-www-form-urlencoded").body(form)
                }
                None => self.client.get(url),
            };
            if part {
                request = request.header("hx-request", "true");
            }
            let jar: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let response = request.header("cookie", jar.join("; ")).send().await.unwrap();
            for set in response.headers().get_all("set-cookie") {
                let (name, rest) = set.to_str().unwrap().split_once('=').unwrap();
                self.cookies.insert(name.to_owned(), rest.split(';').next().unwrap().to_owned());
            }
            let status = response.status();
            let to = response.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
            match to.filter(|_| status.is_redirection()) {
                Some(to) => path = to,
                None => return Page { status, at: path, html: response.text().await.unwrap() },
            }
        }
        panic!("sent around in circles at {path}");
    }
}

fn body(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect::<Vec<_>>().join("&")
}
