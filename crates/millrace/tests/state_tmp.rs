#![allow(clippy::unwrap_used, dead_code, missing_docs)]
mod laws {
    mod delta_cost;
    mod map_with_state;
    mod model;
    mod state;
    mod support;
}
