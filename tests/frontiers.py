"""Jobs and cores for the tests of the frontier."""

from scraper.frontier import FrontierCore, Pace
from scraper.models import Job, Row


def job(number, host="a", priority=0.0, *, is_robots=False):
    url = f"http://{host}/{number}"
    row = Row(url=url, line=number, priority=priority)
    return Job(row=row, href=url, host=host, ordinal=number, origin=f"http://{host}", is_robots=is_robots)


def core(*, per_host=1000, delay=0.0):
    return FrontierCore(lambda _: Pace(slots=per_host, gap_s=delay, jitter=lambda: 0.0))


def drain(frontier, now=0.0):
    """Start all that may start; return their numbers."""
    jobs = []
    while (found := frontier.pop(now)) is not None:
        jobs.append(found.ordinal)
    return jobs
