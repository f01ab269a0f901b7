"""A run in numbers that a monitor reads, in Prometheus's text format.

============  ==================================================================
`catalogue`   every metric: its name, kind, help and labels
`collect`     what they are at one moment, from what the run tells of itself
`exposition`  the text format 0.0.4
`server`      answers a Prometheus server while the run goes on
`file`        the file for node_exporter's textfile collector, at the end
`data/`       a dashboard for Grafana, and alert rules
============  ==================================================================
"""
