"""Programs that were built beside the extension: `cargo test --workspace` builds both."""

import os

HERE = os.path.dirname(os.path.abspath(__file__))


def built(name):
    """The path of a program; None if it has not been built. In CI it has to be there."""
    beside = os.path.dirname(os.path.abspath(os.environ.get("MILLRACE_ENGINE", HERE)))
    for directory in (beside, os.path.dirname(beside)):
        path = os.path.join(directory, name)
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            return path
    assert "CI" not in os.environ, "%s has not been built beside the extension" % name
    return None
