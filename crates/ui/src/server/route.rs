//! Paths to answers, and the headers that every answer has.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use tokio::sync::{Semaphore, oneshot};

use super::LISTENERS;
use super::body::{AnswerBody, Changes};
use super::guard::Guard;
use crate::assets;
use crate::desk::{Desk, StateAnswer};
use crate::metrics::Metrics;
use crate::rest;
use crate::run::Run;
use crate::runs::Runs;

/// The pages that a server has to show.
pub(crate) struct Pages {
    pub(crate) runs: Arc<dyn Runs>,
    /// Metrics of the run of this process; a server of event logs has none.
    pub(crate) metrics: Option<Arc<Metrics>>,
}

/// Pages behind a guard.
pub(super) struct Site {
    pages: Pages,
    guard: Guard,
    listeners: Arc<Semaphore>,
    desk: Desk,
}

/// A response, now or when a question has been answered.
pub(super) enum Reply {
    Now(Response<AnswerBody>),
    Later(oneshot::Receiver<StateAnswer>),
}

/// Scripts and styles from this server alone, no frames, no forms, nothing guessed, nothing kept.
const HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
];

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";
const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

impl Site {
    pub(super) fn new(pages: Pages, guard: Guard) -> Site {
        Site {
            pages,
            guard,
            listeners: Arc::new(Semaphore::new(LISTENERS)),
            desk: Desk::default(),
        }
    }

    /// The response to a request, whose headers are to be completed by [`finish`].
    pub(super) fn respond<B>(&self, request: &Request<B>) -> Reply {
        match self.guard.check(request.method(), request.headers()) {
            Err((status, reason)) => {
                let mut refusal = text(status, TEXT, format!("{reason}\n"));
                if status == StatusCode::METHOD_NOT_ALLOWED {
                    let allowed = HeaderValue::from_static("GET, HEAD");
                    refusal.headers_mut().insert(header::ALLOW, allowed);
                }
                Reply::Now(refusal)
            }
            Ok(()) => self.answer(request.uri().path(), request.uri().query().unwrap_or("")),
        }
    }

    fn answer(&self, path: &str, query: &str) -> Reply {
        if let Some(rest) = path.strip_prefix("/api/v1/") {
            return self.rest(rest, query);
        }
        Reply::Now(self.page(path))
    }

    fn page(&self, path: &str) -> Response<AnswerBody> {
        if let Some((kind, body)) = assets::find(path) {
            return text(StatusCode::OK, kind, body);
        }
        match (path.trim_end_matches('/'), self.pages.runs.live()) {
            ("/metrics/prometheus", Some(run)) => match &self.pages.metrics {
                Some(metrics) => {
                    let figures = metrics.text(&run.model());
                    text(StatusCode::OK, METRICS, figures)
                }
                None => not_found(path),
            },
            // Spark 3.5: without its last slash the path is only led to the one with it.
            ("/metrics/json", Some(run)) if path.ends_with('/') => {
                json(&rest::gauges(&run.model()))
            }
            ("/metrics/json", Some(_)) => redirect("/metrics/json/"),
            // Spark 3.5 leads from `/` to `/jobs/`; there are no jobs here.
            ("" | "/jobs" | "/stages" | "/executors", Some(_)) => redirect("/streaming/"),
            ("/streaming", Some(_)) if !path.ends_with('/') => redirect("/streaming/"),
            ("/streaming" | "/streaming/batch", Some(_)) => page(),
            ("", None) => page(),
            (path, None) => self.history(path),
            _ => not_found(path),
        }
    }

    /// The page of one of several runs: `/history/<id>/streaming/`.
    fn history(&self, path: &str) -> Response<AnswerBody> {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match parts.as_slice() {
            ["history", id, rest @ ..] if self.pages.runs.find(id).is_some() => match rest {
                ["streaming"] | ["streaming", "batch"] => page(),
                [] => redirect(&format!("/history/{id}/streaming/")),
                _ => not_found(path),
            },
            _ => not_found(path),
        }
    }

    fn rest(&self, path: &str, query: &str) -> Reply {
        Reply::Now(match rest::answer(&*self.pages.runs, path, query) {
            rest::Answer::Json(value) => json(&value),
            rest::Answer::NotFound(message) => text(StatusCode::NOT_FOUND, TEXT, message),
            rest::Answer::Wrong(message) => text(StatusCode::BAD_REQUEST, TEXT, message),
            rest::Answer::Events(run) => self.changes(run),
            rest::Answer::Ask(probe, question) => match self.desk.ask(probe, question) {
                Some(answered) => return Reply::Later(answered),
                None => busy(),
            },
        })
    }

    fn changes(&self, run: Arc<Run>) -> Response<AnswerBody> {
        let Ok(place) = Arc::clone(&self.listeners).try_acquire_owned() else {
            let reason = format!("{LISTENERS} pages are open already; close one\n");
            return text(StatusCode::SERVICE_UNAVAILABLE, TEXT, reason);
        };
        let mut response = Response::new(AnswerBody::Changes(Changes::of(run, place)));
        let kind = HeaderValue::from_static("text/event-stream");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}

/// Gives a response the headers that every one has. The response to HEAD has no body.
pub(super) fn finish(mut response: Response<AnswerBody>, method: &Method) -> Response<AnswerBody> {
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    if *method == Method::HEAD && response.body().listens() {
        *response.body_mut() = AnswerBody::Text(Full::default());
    }
    response
}

/// The response to a question that has been answered, or that nobody answers any more.
pub(super) fn answered(answer: Option<StateAnswer>) -> Response<AnswerBody> {
    match answer {
        Some(Ok(value)) => json(&value),
        Some(Err(message)) => text(StatusCode::NOT_FOUND, TEXT, message),
        None => busy(),
    }
}

fn busy() -> Response<AnswerBody> {
    let reason = "the state is being read for others; try again\n";
    text(StatusCode::SERVICE_UNAVAILABLE, TEXT, reason)
}

fn json(value: &serde_json::Value) -> Response<AnswerBody> {
    text(StatusCode::OK, JSON, format!("{value:#}\n"))
}

fn page() -> Response<AnswerBody> {
    text(StatusCode::OK, "text/html; charset=utf-8", assets::PAGE)
}

fn not_found(path: &str) -> Response<AnswerBody> {
    text(
        StatusCode::NOT_FOUND,
        TEXT,
        format!("no such page: {path}\n"),
    )
}

fn redirect(to: &str) -> Response<AnswerBody> {
    let mut response = text(StatusCode::FOUND, TEXT, "");
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

fn text(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::Text(Full::new(body.into())));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
