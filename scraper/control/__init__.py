"""Steering a run from another terminal: fixed verbs over a Unix socket beside its output, for its owner alone.

============  ==================================================================
`command`     what may be asked
`place`       where the socket is, and how it comes there
`server`      the run's end of it
`client`      the other
============  ==================================================================

One line of JSON goes there, one comes back.
"""
