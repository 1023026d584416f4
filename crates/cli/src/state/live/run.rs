//! A run as its page tells of it.

use serde_json::Value;

use super::error::LiveError;
use super::http::{Answer, encoded, get};
use super::url::PageUrl;

/// A run behind an address, and the questions that it answers.
#[derive(Debug)]
pub(super) struct LiveRun<'a> {
    url: &'a PageUrl,
    /// The path of its streaming interface.
    path: String,
    overview: Value,
}

/// An answer about one store.
pub(super) enum Found {
    Value(Value),
    /// The store has no such key.
    Nothing,
}

impl LiveRun<'_> {
    /// Asks an address for its run.
    ///
    /// # Errors
    /// If nobody answers, or something else than a page of millrace does, or several runs are there.
    pub(super) fn at(url: &PageUrl) -> Result<LiveRun<'_>, LiveError> {
        let stranger = |why: &str| LiveError::stranger(url, why);
        let runs = json(url, &get(url, "/api/v1/applications")?)?;
        let runs = runs
            .as_array()
            .ok_or_else(|| stranger("it has no list of runs"))?;
        let page = url.to_string();
        let ids = runs.iter().filter_map(|run| run["id"].as_str());
        let id = match (url.run(), runs.as_slice()) {
            (Some(named), _) => {
                let run = named.to_owned();
                ids.into_iter()
                    .find(|id| *id == named)
                    .ok_or(LiveError::NoRun { page, run })?
            }
            (None, [run]) => run["id"]
                .as_str()
                .ok_or_else(|| stranger("its run has no id"))?,
            (None, runs) => {
                return Err(LiveError::Runs {
                    page,
                    runs: runs.len(),
                });
            }
        };
        let path = format!("/api/v1/applications/{}/streaming", encoded(id));
        let answer = get(url, &format!("{path}/overview"))?;
        if answer.status == 404 {
            return Err(stranger(
                "it answers as Spark's does, which has no state to show",
            ));
        }
        let overview = json(url, &answer)?;
        Ok(LiveRun {
            url,
            path,
            overview,
        })
    }

    /// All that the page shows.
    pub(super) fn overview(&self) -> &Value {
        &self.overview
    }

    /// The name of the program.
    pub(super) fn program(&self) -> &str {
        self.overview["run"]["name"].as_str().unwrap_or_default()
    }

    /// The stores with their figures.
    pub(super) fn stores(&self) -> &[Value] {
        self.overview["state"].as_array().map_or(&[], Vec::as_slice)
    }

    /// The numbers of the stores to ask: one, or all of them.
    ///
    /// # Errors
    /// If there is nothing to ask.
    pub(super) fn wanted(&self, number: Option<usize>) -> Result<Vec<usize>, LiveError> {
        let program = self.program().to_owned();
        if self.overview["answersAboutState"] != Value::Bool(true) {
            return Err(LiveError::Ended { program });
        }
        let stores = self.stores().len();
        if stores == 0 {
            let completed = &self.overview["statistics"]["numTotalCompletedBatches"];
            return Err(match completed.as_u64() {
                Some(1..) => LiveError::NoState { program },
                _ => LiveError::NoBatch { program },
            });
        }
        match number {
            None => Ok((0..stores).collect()),
            Some(number) if number < stores => Ok(vec![number]),
            Some(number) => Err(LiveError::NoStore { number, stores }),
        }
    }

    /// Asks about a store.
    ///
    /// # Errors
    /// If there is no answer.
    pub(super) fn ask(&self, store: usize, query: &str) -> Result<Found, LiveError> {
        let answer = get(self.url, &format!("{}/state/{store}?{query}", self.path))?;
        if answer.status == 404 && answer.body.starts_with("unknown key") {
            return Ok(Found::Nothing);
        }
        json(self.url, &answer).map(Found::Value)
    }
}

/// The JSON of an answer.
fn json(url: &PageUrl, answer: &Answer) -> Result<Value, LiveError> {
    match answer.status {
        200 => serde_json::from_str(&answer.body)
            .map_err(|error| LiveError::stranger(url, format!("its answer is no JSON: {error}"))),
        // 421: the name of the host; 503: too many questions; 404: what the page says of it.
        404 | 421 | 503 if !answer.body.trim_start().starts_with('<') => {
            Err(LiveError::refused(url, &answer.body))
        }
        status => Err(LiveError::stranger(
            url,
            format!("it answers with status {status}"),
        )),
    }
}
