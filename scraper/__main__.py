"""python -m scraper, and the `scrape` command."""

import gc
import signal


def main() -> None:
    """Run the command line and exit. Ctrl-C while it is still imported ends it at once, as it ends any program."""
    is_asked = (
        signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )  # else a script's background job ignores it
    if is_asked:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.disable()  # imports leave no garbage, and what they make stays: to look through it again and again took 10 ms
    from scraper.cli import main as scrape  # noqa: PLC0415 - see above

    gc.freeze()
    gc.enable()
    if is_asked:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    scrape()


if __name__ == "__main__":
    main()
