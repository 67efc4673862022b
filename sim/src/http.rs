//! The one door through which everybody here acts: JSON over HTTP with a bearer
//! token, repeatable requests, and patience with a server that is restarting.
//!
//! A refusal is a value, not a failure of the run. There is no knowledge of any
//! endpoint here.

use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// One request may take so long (wall time).
const TIMEOUT: Duration = Duration::from_secs(30);
/// A server may be away for so long before a caller gives up (wall time).
const PATIENCE: Duration = Duration::from_secs(90);
const FIRST_PAUSE: Duration = Duration::from_millis(40);
const LONGEST_PAUSE: Duration = Duration::from_millis(1_000);

/// What the server said instead of yes (RFC 9457), or that it said nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// HTTP status; 0 when there was no answer.
    pub status: u16,
    /// The stable code, such as `stock.short`; `client.away` when there was no
    /// answer, `client.stopped` when the run ended while waiting for one.
    pub code: String,
    pub detail: String,
    /// The whole document.
    pub body: Value,
}

impl Problem {
    fn silent(code: &str, detail: String) -> Self {
        Self { status: 0, code: code.to_owned(), detail, body: Value::Null }
    }

    fn read(status: StatusCode, body: Value) -> Self {
        let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { status: status.as_u16(), code: text("code"), detail: text("detail"), body }
    }

    pub fn is(&self, code: &str) -> bool {
        self.code == code
    }

    /// The run is being stopped; nothing is wrong.
    pub fn stopped(&self) -> bool {
        self.is("client.stopped")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.code, self.detail)?;
        match self.body.get("errors") {
            Some(errors) => write!(f, " {errors}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}

/// Connections to one server, shared by everybody.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    base: Arc<str>,
    stop: CancellationToken,
    counts: Arc<Mutex<BTreeMap<&'static str, u64>>>,
}

impl Http {
    /// A door to `base_url`, such as `http://127.0.0.1:8080`; it shuts at `stop`.
    ///
    /// # Errors
    /// When the HTTP client cannot be built on this machine.
    pub fn new(base_url: &str, stop: CancellationToken) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build()?;
        let base = base_url.trim_end_matches('/').into();
        Ok(Self { client, base, stop, counts: Arc::default() })
    }

    /// A caller whose requests are counted under `persona`.
    pub fn caller(&self, persona: &'static str, bearer: &str) -> Caller {
        let bearer = (!bearer.is_empty()).then(|| bearer.into());
        Caller { http: self.clone(), persona, bearer }
    }

    /// Requests sent so far, by persona.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(persona, count)| ((*persona).to_owned(), *count)).collect()
    }

    fn count(&self, persona: &'static str) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(persona).or_default() += 1;
    }
}

/// Somebody who sends requests.
#[derive(Clone)]
pub struct Caller {
    http: Http,
    persona: &'static str,
    bearer: Option<Arc<str>>,
}

impl Caller {
    /// The same persona with another bearer token.
    pub fn signed_in(&self, bearer: &str) -> Self {
        Self { bearer: Some(bearer.into()), ..self.clone() }
    }

    /// Reads.
    ///
    /// # Errors
    /// The server's problem document, or that it stayed silent.
    pub async fn get(&self, path: &str) -> Result<Value, Problem> {
        self.send(Method::GET, path, None, None).await
    }

    /// Commands; the same `key` and body happen once, however often they are sent.
    /// An empty key sends none: for what may happen twice, such as signing in.
    ///
    /// # Errors
    /// As for [`Caller::get`].
    pub async fn post(&self, path: &str, key: &str, body: &Value) -> Result<Value, Problem> {
        self.send(Method::POST, path, Some(key).filter(|key| !key.is_empty()), Some(body)).await
    }

    /// Sets; repeating it changes nothing.
    ///
    /// # Errors
    /// As for [`Caller::get`].
    pub async fn put(&self, path: &str, body: &Value) -> Result<Value, Problem> {
        self.send(Method::PUT, path, None, Some(body)).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Value, Problem> {
        let started = tokio::time::Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let last = match self.once(&method, path, key, body).await {
                Ok(value) => return Ok(value),
                Err(problem) if !is_passing(&problem) => return Err(problem),
                Err(problem) => problem,
            };
            if started.elapsed() > PATIENCE {
                return Err(last);
            }
            tokio::select! {
                () = self.http.stop.cancelled() => return Err(stopped()),
                () = tokio::time::sleep(pause) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn once(
        &self,
        method: &Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Value, Problem> {
        self.http.count(self.persona);
        let mut request = self.http.client.request(method.clone(), format!("{}{path}", self.http.base));
        if let Some(bearer) = &self.bearer {
            request = request.bearer_auth(bearer);
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = tokio::select! {
            () = self.http.stop.cancelled() => return Err(stopped()),
            answer = request.send() => answer,
        };
        match answer {
            Ok(response) => read(response).await,
            Err(error) => Err(Problem::silent("client.away", format!("{method} {path}: {error}"))),
        }
    }
}

fn stopped() -> Problem {
    Problem::silent("client.stopped", "The run is over.".to_owned())
}

async fn read(response: Response) -> Result<Value, Problem> {
    let status = response.status();
    let bytes = response.bytes().await;
    let bytes = bytes.map_err(|error| Problem::silent("client.away", format!("the answer broke off: {error}")))?;
    let body = if bytes.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&bytes) };
    match body {
        Ok(body) if status.is_success() => Ok(body),
        Ok(body) => Err(Problem::read(status, body)),
        Err(_) => Err(Problem {
            status: status.as_u16(),
            code: "client.not_json".to_owned(),
            detail: String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned(),
            body: Value::Null,
        }),
    }
}

/// Worth sending again: nobody answered, the server is busy, or the first of two
/// equal commands is still being done.
fn is_passing(problem: &Problem) -> bool {
    match problem.status {
        0 => problem.is("client.away"),
        429 | 502 | 503 | 504 => true,
        409 => problem.is("idempotency.in_flight"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A server that gives each connection one answer of the list, in order, and
    /// tells which requests it got.
    async fn server(answers: Vec<&'static str>) -> (String, tokio::task::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let talk = tokio::spawn(async move {
            let mut heard = Vec::new();
            for answer in answers {
                let (mut wire, _) = listener.accept().await.expect("a caller");
                let mut part = [0; 4096];
                let count = wire.read(&mut part).await.expect("a request");
                heard.push(String::from_utf8_lossy(&part[..count]).into_owned());
                wire.write_all(answer.as_bytes()).await.expect("an open wire");
            }
            heard
        });
        (base, talk)
    }

    const BUSY: &str = "HTTP/1.1 503 Busy\r\ncontent-length: 15\r\nconnection: close\r\n\r\n{\"code\":\"busy\"}";
    const FINE: &str = "HTTP/1.1 201 Made\r\ncontent-length: 10\r\nconnection: close\r\n\r\n{\"id\":\"a\"}";
    const SHORT: &str = "HTTP/1.1 409 No\r\ncontent-length: 46\r\nconnection: close\r\n\r\n\
        {\"code\":\"stock.short\",\"available_quantity\":2 }";
    const NOTHING: &str = "HTTP/1.1 204 None\r\nconnection: close\r\n\r\n";

    #[tokio::test]
    async fn a_busy_or_broken_server_is_asked_again_with_the_same_key() {
        let (base, talk) = server(vec![BUSY, "", FINE]).await;
        let http = Http::new(&base, CancellationToken::new()).expect("a client");
        let caller = http.caller("shopper", "secret");
        let reply = caller.post("/orders", "k-1", &json!({"a": 1})).await.expect("yes at last");
        assert_eq!(reply["id"], "a");
        let heard = talk.await.expect("an end");
        assert!(heard.iter().all(|text| text.contains("k-1") && text.contains("Bearer secret")), "{heard:?}");
        assert_eq!(http.counts()["shopper"], 3);
    }

    #[tokio::test]
    async fn a_refusal_is_a_value_and_no_content_is_null() {
        let (base, _talk) = server(vec![SHORT, NOTHING]).await;
        let http = Http::new(&base, CancellationToken::new()).expect("a client");
        let caller = http.caller("worker", "");
        let problem = caller.get("/x").await.expect_err("a refusal");
        assert!(problem.is("stock.short") && problem.status == 409);
        assert_eq!(problem.body["available_quantity"], 2);
        assert_eq!(caller.get("/x").await, Ok(Value::Null));
    }

    #[tokio::test]
    async fn a_stopped_run_waits_for_nobody() {
        let stop = CancellationToken::new();
        stop.cancel();
        let http = Http::new("http://127.0.0.1:9", stop).expect("a client");
        let problem = http.caller("rider", "").get("/x").await.expect_err("no answer");
        assert!(problem.stopped(), "{problem}");
    }
}
