//! Counts requests and how long they took, by route.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::http::StatusCode;

use super::page::{self, Page};

/// Upper bounds of the histogram, in seconds.
const BOUNDS_S: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// What is counted of every request: by route, and there by method and status. The number of those bounds its size.
#[derive(Debug, Default)]
pub struct RequestMetrics(Mutex<BTreeMap<String, BTreeMap<Kind, Durations>>>);

/// Method and status.
type Kind = (&'static str, u16);

#[derive(Debug, Clone, Default)]
struct Durations {
    buckets: [u64; BOUNDS_S.len()],
    count: u64,
    sum: Duration,
}

/// A request that is being answered.
#[derive(Debug)]
pub struct Measurement {
    method: &'static str,
    /// `None` if there is no such route.
    route: Option<MatchedPath>,
    start: Instant,
}

/// Counts the request under the route that answers it, once that has ended.
pub fn measure(request: &Request) -> Measurement {
    let method = known_method(request.method().as_str());
    Measurement { method, route: request.extensions().get::<MatchedPath>().cloned(), start: Instant::now() }
}

impl Measurement {
    /// The answer's head is there.
    pub fn end(self, metrics: &RequestMetrics, status: StatusCode) {
        let route = self.route.as_ref().map_or("(none)", MatchedPath::as_str);
        metrics.add(route, (self.method, status.as_u16()), self.start.elapsed());
    }
}

/// A method of somebody's own invention would be a line of its own for ever.
fn known_method(method: &str) -> &'static str {
    ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"].into_iter().find(|it| *it == method).unwrap_or("other")
}

impl RequestMetrics {
    fn add(&self, route: &str, kind: Kind, duration: Duration) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The name is copied for the first request alone.
        let of_route = match all.get_mut(route) {
            Some(of_route) => of_route,
            None => all.entry(route.to_owned()).or_default(),
        };
        let durations = of_route.entry(kind).or_default();
        durations.count += 1;
        durations.sum += duration;
        for (bucket, bound) in durations.buckets.iter_mut().zip(BOUNDS_S) {
            *bucket += u64::from(duration.as_secs_f64() <= bound);
        }
    }

    pub(super) fn write(&self, page: &mut Page) {
        const NAME: &str = "smartlink_http_request_duration_seconds";
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        page.head(NAME, page::Kind::Histogram, "Time from a request's head to its answer's head.");
        let each = all.iter().flat_map(|(route, kinds)| kinds.iter().map(move |(kind, it)| (route, kind, it)));
        for (route, (method, status), durations) in each {
            let status = status.to_string();
            let labels = [("method", *method), ("route", route.as_str()), ("status", status.as_str())];
            for (bucket, bound) in durations.buckets.iter().zip(BOUNDS_S) {
                write_bucket(page, NAME, labels, &bound.to_string(), *bucket);
            }
            write_bucket(page, NAME, labels, "+Inf", durations.count);
            page.line(&format!("{NAME}_sum"), &labels, durations.sum.as_secs_f64());
            page.line(&format!("{NAME}_count"), &labels, durations.count);
        }
    }
}

fn write_bucket(page: &mut Page, name: &str, [a, b, c]: [(&str, &str); 3], bound: &str, count: u64) {
    page.line(&format!("{name}_bucket"), &[a, b, c, ("le", bound)], count);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_in_every_bucket_that_it_fits_into() {
        let metrics = RequestMetrics::default();
        metrics.add("/up", ("GET", 200), Duration::from_millis(20));
        let mut page = Page::default();
        metrics.write(&mut page);
        let text = page.into_text();
        for (bound, count) in [("0.01", 0), ("0.025", 1), ("+Inf", 1)] {
            let line = format!("_bucket{{method=\"GET\",route=\"/up\",status=\"200\",le=\"{bound}\"}} {count}\n");
            assert!(text.contains(&line), "{line} is missing in {text}");
        }
    }
}
