"""Replays public logs through the product's own code and says how good the lists are.

    ids, tables, readers, invoices, pairs    files of any origin become logs and questions
    questions, splits                        sessions as questions; which part of a log is what
    timeline, replay, patience               a service of one's own, and the clock by which a log is replayed into it
    options, asking, trial                   record, learn, rebuild, ask
    next_item, baskets, prequential          the protocols; protocols, moments: as they are asked for by name
    figures, intervals, report               what the lists scored

docs/quality.md says what the figures mean and how they compare with the published ones.
"""
