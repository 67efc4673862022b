//! The way out: TLS, no redirects, a limit of time, and no road to our own network
//! unless the configuration opens it. Names are checked when they are resolved, so
//! that one that points elsewhere tomorrow leads nowhere.

use std::{
    io,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{HttpConnector, dns::Name},
    },
    rt::TokioExecutor,
};
use reqwest::{Url, header::HeaderMap};

use super::model::{Answer, Refusal};
use crate::kernel::Fault;

/// A try that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(15);
/// Longest part of an answer that is kept.
const KEPT_CHARS: usize = 400;
/// An answer that is longer is not read.
const READ_BYTES: usize = 64 * 1024;
/// Longest address.
const URL_CHARS: usize = 500;

/// Which addresses may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// Also private ones, and without TLS: for systems in the same building.
    pub private: bool,
}

impl Reach {
    /// Checks an address as far as it can be told without looking its name up.
    pub fn check(self, url: &str) -> Result<(), Refusal> {
        let bad = |reason: &str| Err(Refusal::BadUrl { reason: reason.to_owned() });
        if url.len() > URL_CHARS {
            return bad("the address is longer than 500 characters");
        }
        let Ok(parsed) = Url::parse(url) else { return bad("it is not an address such as https://example.com/hook") };
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return bad("an address must not carry a login; the signature tells who sends");
        }
        let Some(host) = parsed.host_str().filter(|host| !host.is_empty()) else { return bad("it names no host") };
        let closed = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(ip) => is_private(ip),
            Err(_) => host == "localhost" || host.ends_with(".localhost"),
        };
        match parsed.scheme() {
            "https" | "http" if closed && !self.private => {
                bad("private addresses are closed (private_hooks opens them)")
            }
            "https" => Ok(()),
            "http" if self.private => Ok(()),
            _ => bad("use https"),
        }
    }
}

/// Loopback, private, link-local, and everything else that is not the internet.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_multicast()
                || ip.is_documentation()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 198 && (18..20).contains(&b))
                || (a == 192 && b == 0 && ip.octets()[2] == 0)
        }
        IpAddr::V6(ip) => match embedded(ip) {
            Some(inner) => is_private(inner),
            None => {
                ip.is_loopback()
                    || ip.is_unspecified()
                    || ip.is_multicast()
                    || ip.is_unique_local()
                    || ip.is_unicast_link_local()
            }
        },
    }
}

/// The IPv4 address inside of a mapped (`::ffff:`) or translated (`64:ff9b::`) one.
fn embedded(ip: Ipv6Addr) -> Option<IpAddr> {
    let [a, b, .., high, low] = ip.segments();
    let translated = (a, b) == (0x64, 0xff9b);
    let inner = || std::net::Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    ip.to_ipv4_mapped().or_else(|| translated.then(inner)).map(IpAddr::V4)
}

/// Looks names up and leaves out what must not be reached.
#[derive(Clone)]
struct Careful(Reach);

type Found = Pin<Box<dyn Future<Output = io::Result<std::vec::IntoIter<SocketAddr>>> + Send>>;

impl tower::Service<Name> for Careful {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Found;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Found {
        let private = self.0.private;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if !private && found.iter().any(|addr| is_private(addr.ip())) {
                return Err(io::Error::other("the name leads to a private address, which is closed"));
            }
            Ok(found.into_iter())
        })
    }
}

type Body = Full<io::Cursor<Vec<u8>>>;

/// Posts messages. Cheap to clone.
#[derive(Clone)]
pub(super) struct Poster {
    reach: Reach,
    client: Client<HttpsConnector<HttpConnector<Careful>>, Body>,
}

impl Poster {
    pub fn new(reach: Reach) -> Result<Self, Fault> {
        let mut plain = HttpConnector::new_with_resolver(Careful(reach));
        plain.enforce_http(false);
        plain.set_connect_timeout(Some(Duration::from_secs(5)));
        let roots = HttpsConnectorBuilder::new().with_native_roots();
        let tls = roots.map_err(|error| Fault::new(format!("no certificates to trust were found: {error}")))?;
        let connector = tls.https_or_http().enable_http1().wrap_connector(plain);
        Ok(Self { reach, client: Client::builder(TokioExecutor::new()).build(connector) })
    }

    /// One try. Whatever goes wrong is an answer with status 0.
    pub async fn post(&self, url: &str, headers: HeaderMap, body: String) -> Answer {
        let begun = Instant::now();
        let (status, reply) = match tokio::time::timeout(PATIENCE, self.try_post(url, headers, body)).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(reason)) => (0, reason),
            Err(_) => (0, "no answer within 15 seconds".to_owned()),
        };
        let took_ms = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        // PostgreSQL stores no NUL.
        let reply = reply.replace('\0', " ").chars().take(KEPT_CHARS).collect();
        Answer { status, reply, took_ms }
    }

    async fn try_post(&self, url: &str, headers: HeaderMap, body: String) -> Result<(u16, String), String> {
        self.reach.check(url).map_err(|refusal| refusal.to_string())?;
        let mut request = http::Request::post(url)
            .body(Full::new(io::Cursor::new(body.into_bytes())))
            .map_err(|error| error.to_string())?;
        *request.headers_mut() = headers;
        let response = self.client.request(request).await.map_err(|error| told(&error))?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), READ_BYTES).collect().await;
        let text = body.map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned()).unwrap_or_default();
        Ok((status, text))
    }
}

/// An error with what caused it: "connect error" alone helps nobody.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_internet_is_open_unless_told() {
        let (closed, open) = (Reach::default(), Reach { private: true });
        assert!(closed.check("https://shop.example/hook?a=1").is_ok());
        for inner in [
            "https://127.0.0.1/x",
            "https://10.1.2.3",
            "https://192.168.1.1:8443/",
            "https://169.254.169.254/latest",
            "https://[::1]/",
            "https://[fd00::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[64:ff9b::a00:1]/",
            "https://0.0.0.0/",
            "https://100.64.0.1/",
            "https://localhost/",
            "https://2130706433/",
            "http://shop.example/hook",
        ] {
            assert!(closed.check(inner).is_err(), "{inner}");
            assert!(open.check(inner).is_ok(), "{inner}");
        }
        for never in
            ["ftp://shop.example", "shop.example/hook", "https://me:pw@shop.example/", "file:///etc/passwd", ""]
        {
            assert!(open.check(never).is_err(), "{never}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_followed() {
        let answer = Poster::new(Reach::default())
            .unwrap()
            .post("https://localhost.localdomain/", HeaderMap::new(), String::new())
            .await;
        assert_eq!(answer.status, 0);
    }
}
