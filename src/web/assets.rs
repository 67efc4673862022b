//! What pages need in a browser, as `make assets` bundled it: embedded, named by
//! content, cached for a year. Deliberately absent: npm; cargo never runs it.

use std::{collections::HashMap, fmt, sync::LazyLock};

use askama::filters::HtmlSafe;
use axum::{
    Router,
    extract::RawQuery,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::exchange::Path;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "src/web/assets/dist/"]
#[allow_missing = true]
struct Files;

/// The first 12 digits of each file's SHA-256.
static VERSIONS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let version = |name: &str| {
        let hash = Files::get(name)?.metadata.sha256_hash();
        Some(hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect::<String>())
    };
    Files::iter().filter_map(|name| version(&name).map(|hash| (name.into_owned(), hash))).collect()
});

/// Where a file is found, with its version so that it may be kept for good.
pub fn asset(name: &str) -> String {
    match VERSIONS.get(name) {
        Some(version) => format!("/assets/{name}?v={version}"),
        None => format!("/assets/{name}"),
    }
}

/// An icon of the sprite, as wide as its text's line; says nothing to a reader.
pub fn icon(name: &str) -> Icon<'_> {
    Icon { file: "sprite.svg", class: "i", prefix: "i-", name, label: "" }
}

/// A drawn mark; safe in HTML because its names are checked to be plain.
#[derive(Debug, Clone, Copy)]
pub struct Icon<'a> {
    file: &'a str,
    class: &'a str,
    prefix: &'a str,
    name: &'a str,
    label: &'a str,
}

impl HtmlSafe for Icon<'_> {}

impl fmt::Display for Icon<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let name = if plain { self.name } else { "box" };
        write!(f, "<svg class=\"{}\"", self.class)?;
        match self.label {
            "" => f.write_str(" aria-hidden=\"true\"")?,
            label => write!(f, " role=\"img\" aria-label=\"{}\"", attribute(label))?,
        }
        write!(f, "><use href=\"{}#{}{name}\"/></svg>", asset(self.file), self.prefix)
    }
}

fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

/// The picture of an article: a symbol (`#a-carton`), an inline SVG (shown as an
/// image, so that nothing in it can run), a path on this host, or a plain box.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    image: &'a str,
    label: &'a str,
}

/// [`Picture`] of `image`; an empty `label` says nothing to a reader.
pub fn picture<'a>(image: &'a str, label: &'a str) -> Picture<'a> {
    Picture { image, label }
}

impl HtmlSafe for Picture<'_> {}

impl fmt::Display for Picture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (image, alt) = (self.image.trim(), attribute(self.label));
        if let Some(name) = image.strip_prefix("#a-").or_else(|| image.strip_prefix("a-")) {
            return Icon { file: "art.svg", class: "art", prefix: "a-", name, label: self.label }.fmt(f);
        }
        if image.starts_with("<svg") {
            let url = as_data_url(image);
            return write!(f, "<img class=\"art\" alt=\"{alt}\" loading=\"lazy\" src=\"{url}\">");
        }
        if image.starts_with('/') && !image.starts_with("//") {
            let path = attribute(image);
            return write!(f, "<img class=\"art\" alt=\"{alt}\" loading=\"lazy\" src=\"{path}\">");
        }
        Icon { file: "sprite.svg", class: "art blank", prefix: "i-", name: "box", label: self.label }.fmt(f)
    }
}

/// An SVG text as a `data:` URL; a picture so shown needs its name space.
fn as_data_url(svg: &str) -> String {
    let named = if svg.contains("xmlns=") {
        svg.to_owned()
    } else {
        svg.replacen("<svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"", 1)
    };
    let mut url = String::from("data:image/svg+xml,");
    for byte in named.bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b' '
            | b'/'
            | b'='
            | b'-'
            | b'.'
            | b','
            | b':'
            | b';'
            | b'('
            | b')' => url.push(char::from(byte)),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url
}

/// A text as one part of a path or one value of a query.
pub fn path_part(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The files.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{*name}", get(file)).route("/favicon.ico", get(favicon))
}

async fn favicon(headers: HeaderMap) -> Response {
    serve("logo.svg", RawQuery(None), &headers)
}

async fn file(Path(name): Path<String>, query: RawQuery, headers: HeaderMap) -> Response {
    serve(&name, query, &headers)
}

/// A bundled file as an answer.
pub(super) fn serve(name: &str, RawQuery(query): RawQuery, headers: &HeaderMap) -> Response {
    let (Some(file), Some(version)) = (Files::get(name), VERSIONS.get(name)) else {
        return (StatusCode::NOT_FOUND, "There is no such file. Run `make assets` first.").into_response();
    };
    let tag = format!("\"{version}\"");
    let named = query.is_some_and(|query| query == format!("v={version}"));
    let cache = if named { "public, max-age=31536000, immutable" } else { "no-cache" };
    let keep = [(header::CACHE_CONTROL, cache.to_owned()), (header::ETAG, tag.clone())];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|seen| seen.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, keep).into_response();
    }
    let kind = mime_guess::from_path(name).first_or_octet_stream().to_string();
    (keep, [(header::CONTENT_TYPE, kind)], file.data).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_cannot_carry_scripts_into_the_page() {
        let hostile = "<svg onload=\"alert(1)\"><script>alert(1)</script></svg>";
        let html = picture(hostile, "a \"b\" <c").to_string();
        assert!(html.starts_with("<img ") && !html.contains("<script") && !html.contains("onload=\""), "{html}");
        assert!(html.contains("alt=\"a &quot;b&quot; &lt;c\""));
        assert!(!picture("//elsewhere.example/x.png", "").to_string().contains("elsewhere"));
        assert!(!icon("\"><script>").to_string().contains("script"));
    }

    #[test]
    fn a_symbol_and_a_path_are_shown_as_such() {
        assert!(picture("#a-carton", "Milk").to_string().contains("#a-carton"));
        assert!(picture("/pictures/x.svg", "").to_string().contains("src=\"/pictures/x.svg\""));
    }
}
