//! How much one caller may ask for, and how much all together: who asks too often is
//! told when to come again (429), and when too much is going on at once the next one is
//! turned away at the door (503), before any queue grows. Deliberately absent: sign-ins
//! that fail, which identity counts, and orders, whose line the till keeps.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::problem::Problem;

/// A caller may save up so much of quiet time.
const SAVED: Duration = Duration::from_secs(4);
/// Callers remembered before those who are quiet are forgotten.
const REMEMBERED: usize = 16_384;

/// What is allowed; 0 stands for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
    /// Requests a second of one caller, in the long run.
    pub per_second: u32,
    /// Requests that are worked on at once.
    pub at_once: usize,
}

/// Counts callers and requests. One for a server.
pub struct Limits {
    allowed: Allowed,
    /// Until when each caller has used what is his (the generic cell rate algorithm:
    /// one moment a caller stands for a whole bucket).
    used: Mutex<HashMap<u64, Instant>>,
    hasher: RandomState,
    going_on: AtomicUsize,
}

/// Gives the place back, however the request ends.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Limits {
    /// Limits of a server.
    pub fn new(allowed: Allowed) -> Arc<Self> {
        let (used, hasher, going_on) = (Mutex::default(), RandomState::new(), AtomicUsize::new(0));
        Arc::new(Self { allowed, used, hasher, going_on })
    }

    /// One request of a caller; else how long he has to wait.
    fn ask(&self, caller: u64, now: Instant) -> Result<(), Duration> {
        if self.allowed.per_second == 0 {
            return Ok(());
        }
        let each = Duration::from_secs(1) / self.allowed.per_second;
        let mut used = self.used.lock().expect("no panic holds the callers");
        if used.len() >= REMEMBERED {
            used.retain(|_, until| *until > now);
        }
        let until = used.entry(caller).or_insert(now);
        let next = (*until).max(now) + each;
        // Who saved nothing may still ask once.
        let most = now + SAVED.max(each);
        if next > most {
            return Err(next - most);
        }
        *until = next;
        Ok(())
    }

    /// A place among those who are worked on.
    fn enter(&self) -> Option<Place<'_>> {
        let before = self.going_on.fetch_add(1, Ordering::Relaxed);
        let place = Place(&self.going_on);
        (self.allowed.at_once == 0 || before < self.allowed.at_once).then_some(place)
    }

    /// Who asks: the credential if there is one, else the address.
    fn caller(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> u64 {
        let credential = [header::AUTHORIZATION, header::COOKIE].iter().find_map(|name| headers.get(name));
        match credential {
            Some(value) => self.hasher.hash_one(value.as_bytes()),
            None => self.hasher.hash_one(address(headers, peer)),
        }
    }
}

/// A proxy on this machine tells whom it speaks for; nobody else is believed.
fn address(headers: &HeaderMap, peer: Option<IpAddr>) -> Option<IpAddr> {
    let told = || headers.get("x-forwarded-for")?.to_str().ok()?.rsplit(',').next()?.trim().parse().ok();
    match peer {
        Some(peer) if peer.is_loopback() => told().or(Some(peer)),
        other => other,
    }
}

/// The layer in front of every room.
pub(super) async fn limited(State(limits): State<Arc<Limits>>, request: Request, next: Next) -> Response {
    // Pictures and scripts are cached and cost nothing.
    if request.uri().path().starts_with("/assets/") {
        return next.run(request).await;
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let caller = limits.caller(request.headers(), peer);
    if let Err(wait) = limits.ask(caller, Instant::now()) {
        return too_often(wait, limits.allowed.per_second);
    }
    let Some(_place) = limits.enter() else {
        let detail = "Too much is going on at once; nothing was changed. Send the request again in a second.";
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).into_response();
    };
    next.run(request).await
}

fn too_often(wait: Duration, per_second: u32) -> Response {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let detail = format!("You may ask {per_second} times a second; nothing was changed. Wait {seconds} s and go on.");
    let mut response = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate.too_often", detail).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(per_second: u32, at_once: usize) -> Arc<Limits> {
        Limits::new(Allowed { per_second, at_once })
    }

    #[test]
    fn a_caller_has_what_he_saved_and_then_his_share() {
        let (limits, begin) = (limits(10, 0), Instant::now());
        let after = |ms| begin + Duration::from_millis(ms);
        let saved = (0..100).take_while(|_| limits.ask(1, begin).is_ok()).count();
        assert_eq!(saved, 40);
        assert_eq!(limits.ask(1, begin), Err(Duration::from_millis(100)));
        assert!(limits.ask(2, begin).is_ok(), "another caller is not held up");
        let later = (1..=20_u64).filter(|n| limits.ask(1, after(n * 50)).is_ok()).count();
        assert_eq!(later, 10, "ten a second");
        assert!(Limits::new(Allowed { per_second: 0, at_once: 0 }).ask(1, begin).is_ok());
        assert!(self::limits(1, 0).ask(1, begin).is_ok());
    }

    #[test]
    fn places_are_given_back() {
        let limits = limits(0, 2);
        let (one, two) = (limits.enter(), limits.enter());
        assert!(one.is_some() && two.is_some() && limits.enter().is_none());
        drop(one);
        assert!(limits.enter().is_some());
    }

    #[test]
    fn a_proxy_of_our_own_is_believed_and_nobody_else() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("10.0.0.9, 203.0.113.7"));
        let ip = |text: &str| text.parse::<IpAddr>().ok();
        assert_eq!(address(&headers, ip("127.0.0.1")), ip("203.0.113.7"));
        assert_eq!(address(&headers, ip("198.51.100.1")), ip("198.51.100.1"));
        assert_eq!(address(&HeaderMap::new(), ip("::1")), ip("::1"));
        let limits = limits(1, 0);
        assert_eq!(limits.caller(&headers, ip("::1")), limits.caller(&headers, ip("::1")));
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer x"));
        assert_ne!(limits.caller(&headers, ip("::1")), limits.caller(&HeaderMap::new(), ip("::1")));
    }
}
