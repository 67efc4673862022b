//! The OpenAPI 3.1 document: what the rooms say of their endpoints, and what holds
//! for all of them: how a caller proves who it is, and that every error is a problem
//! document. Deliberately absent: any endpoint; those are described where they stand.

use utoipa::openapi::{
    Content, Header, InfoBuilder, Object, ObjectBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Response, Type,
    path::{Operation, ParameterIn, PathItem},
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
};

const PROBLEM_TYPE: &str = "application/problem+json";

/// Endpoints that anybody may call, or that carry their own credential.
pub const PUBLIC: &[(&str, &str)] = &[
    ("get", "/health"),
    ("get", "/api/v1/openapi.json"),
    ("get", "/api/v1/articles"),
    ("get", "/api/v1/articles/{code}"),
    ("get", "/api/v1/categories"),
    ("get", "/api/v1/sites"),
    ("get", "/api/v1/sites/{code}"),
    ("get", "/api/v1/roads.geojson"),
    ("post", "/api/v1/quotes"),
    ("post", "/api/v1/sessions"),
    ("post", "/api/v1/sessions/badge"),
    ("post", "/api/v1/positions/{token}"),
];

/// The OpenAPI 3.1 document, from the code.
pub fn openapi() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Cartage")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("From a click to a doorstep: orders, stock, work on the floor, the last mile."))
        .build();
    let mut document = OpenApiBuilder::new().info(info).build();
    document.merge(super::described().into_openapi());
    let components = document.components.get_or_insert_default();
    for (name, scheme) in schemes() {
        components.add_security_scheme(name, scheme);
    }
    document.security = Some(schemes().map(|(name, _)| requirement(name)).to_vec());
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            // Names of functions repeat from room to room; places do not.
            operation.operation_id = Some(operation_id(method, path));
            if method == "get" && path.starts_with("/api/v1/") {
                tag(operation);
            }
            complete(operation, path, PUBLIC.contains(&(method, path.as_str())));
        }
    }
    document
}

fn schemes() -> [(&'static str, SecurityScheme); 3] {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A machine's token (`ctk_...`) or the secret of a session."))
        .build();
    let cookie = "A session in a browser; what changes something needs the session's `x-csrf` header as well.";
    let link = "A guest's link: reaches one order.";
    [
        ("bearer", SecurityScheme::Http(bearer)),
        ("session", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description("cartage_session", cookie)))),
        ("guest", SecurityScheme::ApiKey(ApiKey::Query(ApiKeyValue::with_description("g", link)))),
    ]
}

fn requirement(name: &str) -> SecurityRequirement {
    SecurityRequirement::new(name, Vec::<String>::new())
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("get", &mut item.get),
        ("post", &mut item.post),
        ("put", &mut item.put),
        ("patch", &mut item.patch),
        ("delete", &mut item.delete),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// `post /api/v1/orders/{id}/cancel` is `post_orders_id_cancel`.
fn operation_id(method: &str, path: &str) -> String {
    let place = path.trim_start_matches("/api/v1");
    let words = place.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(method.to_owned(), |id, word| format!("{id}_{word}"))
}

/// Tells of the tag that JSON answers of reads carry.
fn tag(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    let Some(RefOr::T(found)) = responses.get_mut("200") else { return };
    if !found.content.contains_key("application/json") {
        return;
    }
    let mut header = Header::new(ObjectBuilder::new().schema_type(Type::String).build());
    let told = "Names this answer; sent back in `If-None-Match` it is answered 304 while nothing changed.";
    header.description = Some(told.to_owned());
    found.headers.entry("ETag".to_owned()).or_insert(RefOr::T(header));
    responses.entry("304".to_owned()).or_insert_with(|| RefOr::T(Response::new(meaning("304"))));
}

/// Gives an operation what all have in common.
fn complete(operation: &mut Operation, path: &str, public: bool) {
    if public {
        operation.security = Some(Vec::new());
    }
    let (mut keyed, mut asks) = (false, operation.request_body.is_some());
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        asks |= matches!(parameter.parameter_in, ParameterIn::Query);
        if parameter.name == "Idempotency-Key" {
            parameter.schema = Some(key().into());
            keyed = true;
        }
    }
    operation.summary = operation.summary.take().map(|text| text.replace('\n', " "));
    let responses = &mut operation.responses.responses;
    let mut common = vec![("400", "The request cannot be read."), ("500", "Something broke; nothing was changed.")];
    if !public {
        common.extend([("401", "Sign in, or send a token."), ("403", "Not with these permissions, or not there.")]);
    }
    common.extend([("429", meaning("429")), ("503", meaning("503"))]);
    // Whatever is named may not be there, and fields may not go together.
    if asks || path.contains('{') {
        common.push(("404", meaning("404")));
    }
    if asks {
        common.push(("422", meaning("422")));
    }
    if keyed {
        common.extend([("409", meaning("409")), ("422", meaning("422"))]);
    }
    if operation.request_body.is_some() {
        common.extend([("413", meaning("413")), ("415", meaning("415"))]);
    }
    for (status, text) in common {
        responses.entry(status.to_owned()).or_insert_with(|| problem(text));
    }
    for status in ["429", "503"] {
        if let Some(RefOr::T(response)) = responses.get_mut(status) {
            response.headers.insert("Retry-After".to_owned(), RefOr::T(wait()));
        }
    }
    responses.entry("default".to_owned()).or_insert_with(|| problem("Any other refusal."));
    for (status, response) in responses {
        let RefOr::T(response) = response else { continue };
        if response.description.is_empty() {
            response.description = meaning(status).to_owned();
        }
        if status.starts_with(['4', '5'])
            && let Some(content) = response.content.shift_remove("application/json")
        {
            response.content.insert(PROBLEM_TYPE.to_owned(), content);
        }
    }
}

/// When to come again.
fn wait() -> Header {
    let mut header = Header::new(ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).build());
    header.description = Some("Seconds to wait before the request is sent again.".to_owned());
    header
}

/// What `exchange` takes for an `Idempotency-Key`: quoted or bare, 1 to 200 characters.
fn key() -> Object {
    let pattern = r#"^("[ -~]{1,200}"|[!#-~]([ -~]{0,198}[!-~])?)$"#;
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).build()
}

fn problem(description: &str) -> RefOr<Response> {
    let mut response = Response::new(description);
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    response.content.insert(PROBLEM_TYPE.to_owned(), content.into());
    RefOr::T(response)
}

/// What a status says, where a room did not say more.
fn meaning(status: &str) -> &'static str {
    match status {
        "200" => "Done, or found.",
        "201" => "Made.",
        "202" => "Will be done.",
        "204" => "Done; there is nothing to show.",
        "304" => "Not changed since.",
        "401" => "Sign in, or send a token.",
        "402" => "The payment was declined.",
        "403" => "Not with these permissions, or not there.",
        "404" => "There is no such thing, or the caller may not see it.",
        "409" => "It cannot be done as things are.",
        "412" => "Somebody changed it meanwhile.",
        "422" => "A field is not what it should be.",
        "413" => "The body is larger than this endpoint takes.",
        "415" => "The body is not of a kind that this endpoint takes.",
        "429" => "Too many tries; wait.",
        "503" => "Too much is going on, or it took too long; nothing was changed.",
        _ => "See the problem document.",
    }
}
