"""A run that nobody watches: its turn, its checks, what it publishes and whom it tells."""

from scraper.cron.checks import Limit, broken_limits, parse_limits
from scraper.cron.publish import prune, publish, refuse_publishing
from scraper.cron.tell import heartbeat, notify
from scraper.cron.turn import Turn

__all__ = [
    "Limit",
    "Turn",
    "broken_limits",
    "heartbeat",
    "notify",
    "parse_limits",
    "prune",
    "publish",
    "refuse_publishing",
]
