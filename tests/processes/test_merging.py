"""Several processes told as one."""

from scraper.engine.bottleneck import HostLoad, Load, explain
from scraper.processes.merging import explained, merged, total


def host(name, unfinished):
    return HostLoad(
        host=name, unfinished=unfinished, in_flight=1, slots=1, gap_s=1.0, paused_s=0.0, request_s=0.1, limit="delay"
    )


def load(**parts):
    fields = {
        "workers": 25, "elapsed_s": 10.0, "busy_s": 200.0, "waiting_s": 50.0, "starved_s": 0.0, "tail_s": 0.0,
        "phases_s": {"parse": 1.0}, "cpu_s": 9.5, "unfinished": 10, "records_per_s": 100.0, "hosts": [host("a", 5)],
    }  # fmt: skip
    return Load(**fields | parts)


def test_times_and_numbers_are_added_up_and_the_longest_hosts_are_kept():
    both = merged([load(), load(elapsed_s=12.0, phases_s={"parse": 2.0, "body": 3.0}, hosts=[host("b", 9)])])
    assert (both.workers, both.elapsed_s, both.cpu_s, both.processes, both.records_per_s) == (50, 12.0, 19.0, 2, 200.0)
    assert both.phases_s == {"parse": 3.0, "body": 3.0}
    assert [each.host for each in both.hosts] == ["b", "a"]


def test_two_full_cores_are_two():
    assert explain(merged([load(), load()])).startswith(
        "CPU-bound: 95 % of 2 cores, 40 of 50 workers busy, parsing 10 %"
    )


def test_one_full_core_beside_an_idle_one_is_told_by_its_host():
    said = explained([load(), load(cpu_s=1.0, busy_s=10.0)])
    assert said.startswith("CPU-bound in 1 of 2 processes, for a most of all")
    assert explained([load(), load(cpu_s=8.0)]).startswith("20 % of the time waiting for a")
    assert explained([load(), load()]).startswith("CPU-bound: 95 % of 2 cores")
    assert explained([]) == ""


def test_before_any_has_told_anything_there_is_nothing_to_say():
    assert explain(merged([])) == ""


def test_counts_by_name_are_added_up():
    assert total([{"a": 1}, {"a": 2, "b": 3}]) == {"a": 3, "b": 3}
    assert total([]) == {}
