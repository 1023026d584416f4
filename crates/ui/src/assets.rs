//! The files of the page, compiled in: nothing is fetched from elsewhere.

/// The page itself, the same for every run; its script reads the rest from its own address.
pub(crate) const PAGE: &str = include_str!("../page/index.html");

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// The kind and the content of a file under `/static/`.
pub(crate) fn find(path: &str) -> Option<(&'static str, &'static str)> {
    Some(match path.strip_prefix("/static/")? {
        "page.js" => (SCRIPT, include_str!("../page/page.js")),
        "page.css" => (STYLE, include_str!("../page/page.css")),
        "uPlot.js" => (SCRIPT, include_str!("../page/vendor/uPlot.iife.min.js")),
        "uPlot.css" => (STYLE, include_str!("../page/vendor/uPlot.min.css")),
        _ => return None,
    })
}
