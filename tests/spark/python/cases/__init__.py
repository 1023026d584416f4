"""The programs, one function a case, by family. `inputs.json` names the same cases, and what each
of them reads. A parameter is an input of that name, or `sc`, `ssc` or `folder`."""

import inspect

from . import files, joins, pairs, printing, rdds, state, stateless, transforms, windows

FAMILIES = [stateless, transforms, pairs, joins, windows, state, printing, files, rdds]


def programs():
    """Every case by its name; whatever a family defines is one."""
    return {
        name: function
        for family in FAMILIES
        for name, function in inspect.getmembers(family, inspect.isfunction)
        if function.__module__ == family.__name__
    }
