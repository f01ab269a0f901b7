"""What a run goes by that nobody needs to set; its unit is in its name, its reason beside it."""

VERSION = "0.1.0"
PROJECT_URL = "https://github.com/scraper-project/scraper"
FRONTIER_WINDOW = 10_000
"""Jobs that wait at a time: room to mix hosts, about 10 MB."""
HOST_SHARE = 100
"""Jobs of one host in that window; more wait in the backlog, so that a sorted list mixes its hosts too."""
BACKLOG_JOBS = 10_000
"""So many are held in memory, more on disk. The source is then read on only for a worker that has nothing to do."""
RESULTS_PER_WORKER = 2
"""Records that may wait for the writer, for each worker; more hold the workers back."""
SOCKETS_PER_WORKER = 2
"""Open sockets for each worker, idle keep-alive ones included."""
MOST_PROCESSES = 64
IDLE_SOCKET_S = 30.0
"""How long an idle keep-alive connection is kept."""
DNS_TIMEOUT_S = 10.0
DNS_TTL_S = 300.0
DNS_NEGATIVE_TTL_S = 30.0
RETRY_WAIT_S = 0.5
"""Full jitter: a random wait up to this times 2^(tries so far)."""
RETRY_WAIT_CAP_S = 30.0
RETRY_AFTER_CAP_S = 120.0
"""A server's Retry-After pauses its host up to here; a host that asks for more is left to the next run."""
BLOCKED_PAUSE_S = 5.0
"""A host that sends a challenge in place of a page is paused for so long, and slowed down as after a 429."""
CRAWL_DELAY_CAP_S = 30.0
"""A Crawl-delay is waited up to here; the URLs of a host that asks for more are `robots-denied`."""
ROBOTS_TTL_S = 24 * 3600.0
"""RFC 9309, section 2.4."""
ROBOTS_FAILURE_TTL_S = 3600.0
ROBOTS_ORIGINS = 200_000
"""Origins without rules, and as many that failed, whose robots.txt is remembered: 3 MB and 18 MB."""
ROBOTS_BYTES = 32 * 1024**2
"""Memory for the rules of the others: some 30,000 origins of the usual size."""
LARGE_PAGE_BYTES = 256 * 1024
"""A larger page is parsed beside the loop, one at a time: with all its links it takes 0.1 s or more for each MiB."""
WRITE_BYTES = 64 * 1024
"""At most so much of finished records is gathered before it is written."""
RECORDS_IN_MEMORY_BYTES = 32 * 1024**2
"""Of JSON: of a library call without an output so many records stay in memory; more go to a temporary file."""
FSYNC_INTERVAL_S = 5.0
"""A power loss costs at most what was written since; those URLs are fetched again."""
STALL_TOLD_S = 30.0
"""With nothing coming in though workers are busy, or the event loop held, a run tells what it waits for;"""
STALL_ENDED_S = 120.0
"""then it ends the requests that nothing comes of. Silence of one host among others has ended long before: 20 s."""
