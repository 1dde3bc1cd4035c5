//! A page for people where no page can be rendered: it needs no database, no file and no script.

use app::error::Problem;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse as _, Response};
use pulldown_cmark_escape::escape_html;

use super::problem::wants_page;

/// Looks like the app's, in light and dark, as far as a page can without its style sheet.
const STYLE: &str = "\
    :root{color-scheme:light dark;font:100%/1.5 system-ui,sans-serif}\
    body{margin:0;display:grid;min-height:100vh;place-items:center}\
    main{max-width:30rem;padding:1.5rem}\
    h1{font-size:1.5rem;margin:0 0 .5rem}\
    a{color:inherit}";

/// Nothing but the page itself.
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'");

/// A problem document is longer than this only by mistake.
const MAX_PROBLEM_BYTES: usize = 64 * 1024;

/// A heading, what it means, and links on.
pub fn page(status: StatusCode, heading: &str, text: &str, links: &[(&str, &str)]) -> Response {
    let escaped = |text: &str| {
        let mut out = String::new();
        // Writing to a String can't fail.
        let _ = escape_html(&mut out, text);
        out
    };
    let (heading, text) = (escaped(heading), escaped(text));
    let link = |(to, label): &(&str, &str)| format!("<p><a href=\"{}\">{}</a></p>", escaped(to), escaped(label));
    let links: String = links.iter().map(link).collect();
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{heading} · SmartLink</title><style>{STYLE}</style></head>\
         <body><main><h1>{heading}</h1><p>{text}</p>{links}</main></body></html>"
    );
    let mut response = (status, Html(html)).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Shows a problem document as a page to people, who would see raw JSON otherwise. Paths of programs keep theirs.
pub async fn show_problems(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_for_programs = ["/api", "/apps", "/app", "/broadcasting", "/metrics"]
        .iter()
        .any(|it| path.strip_prefix(it).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    let wants_page = wants_page(request.headers()) && !is_for_programs;
    // A form can't be sent again by a link.
    let again = request.method().is_safe().then(|| request.uri().path_and_query().map(ToString::to_string)).flatten();
    let response = next.run(request).await;
    let is_problem = response.headers().get(header::CONTENT_TYPE).is_some_and(|it| it == "application/problem+json");
    if !wants_page || !is_problem {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let problem =
        to_bytes(body, MAX_PROBLEM_BYTES).await.ok().and_then(|it| serde_json::from_slice::<Problem>(&it).ok());
    let (heading, text) = words(parts.status, problem.as_ref());
    let links: Vec<(&str, &str)> =
        again.as_deref().map(|it| (it, "Try again")).into_iter().chain([("/", "To the start")]).collect();
    let page = page(parts.status, &heading, &text, &links);
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        parts.headers.remove(name);
    }
    let (page_parts, body) = page.into_parts();
    parts.headers.extend(page_parts.headers);
    Response::from_parts(parts, body)
}

/// What a person is told: our fault and what to do, or what the problem says.
fn words(status: StatusCode, problem: Option<&Problem>) -> (String, String) {
    match problem {
        Some(problem) if status.is_client_error() => {
            let mut detail: Vec<char> = problem.detail.chars().collect();
            if let Some(first) = detail.first_mut() {
                *first = first.to_ascii_uppercase();
            }
            (problem.title.clone(), format!("{}.", detail.iter().collect::<String>()))
        }
        _ if status == StatusCode::SERVICE_UNAVAILABLE => (
            "SmartLink is not available right now".to_owned(),
            "It is not your connection: our database does not answer. Nothing you sent before is lost. Try again in a minute."
                .to_owned(),
        ),
        _ => ("Something went wrong".to_owned(), "It is our fault, and it was noted. Try again in a minute.".to_owned()),
    }
}
