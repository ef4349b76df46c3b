"""Reads files of events: rows become events, facts about items, or rows reported as bad.

`times`, `fields`, `rows`, `presets` and `mapping` are pure. `files` opens what is named on the
command line, `survey` reads it once before anything is sent, `ordering` brings events into the
order of time, `plan` joins these, and `progress` remembers on the service what is done.
docs/importing.md is the user's side of it.
"""
