"""Rebuilds: one at a time in the whole fleet, with progress, an end, and no dead one in the way."""

import asyncio

import fakeredis
import pytest

from service.errors import Conflict, NotFound
from service.job_fields import first_fields, job_of, taken_over
from service.job_run import LEASE_MS, REPORT_EVERY
from service.jobs import GIVEN_UP_MS, RebuildFailed
from service.model import Item, Job
from service.settings import DAY_S
from tests.clock import Clock
from tests.service.shop import Shop, comes_true, open_shop


async def ended(shop: Shop, job: Job) -> Job:
    """The job after its end."""

    async def has_ended() -> bool:
        return (await shop.tandem.jobs.job(job.job_id)).state != "running"

    await comes_true(has_ended)
    return await shop.tandem.jobs.job(job.job_id)


async def has_stopped(shop: Shop) -> bool:
    """Whether the worker has given back the lease of what it ran."""
    return shop.tandem.jobs._running is None


async def stock(shop: Shop, count: int) -> None:
    items = [Item(f"i{n}", title=f"Tent {n % 7}", brand=f"b{n % 5}") for n in range(count)]
    await shop.recommender.put_items(items)
    await shop.recommender.settled()


async def test_a_rebuild_counts_what_it_has_done(shop: Shop) -> None:
    await stock(shop, 3)
    await shop.crowd(["i1"], 2)
    started = await shop.tandem.jobs.start()
    assert (started.state, started.done, started.started_ms) == ("running", 0, shop.clock.now_ms)
    done = await ended(shop, started)
    assert (done.state, done.phase, done.error) == ("done", "lists", None)
    assert (done.done, done.total) == (5, 5)
    assert done.finished_ms == shop.clock.now_ms
    assert done.eta_s is None


async def test_progress_has_a_rate_and_an_end_in_sight(shop: Shop) -> None:
    await stock(shop, 3 * REPORT_EVERY)
    started = await shop.tandem.jobs.start()
    shop.clock.advance(1_000)

    async def half_way() -> bool:
        return (await shop.tandem.jobs.job(started.job_id)).done >= REPORT_EVERY

    await comes_true(half_way)
    job = await shop.tandem.jobs.job(started.job_id)
    assert job.total == 3 * REPORT_EVERY
    assert job.rate == job.done
    if job.state == "running":
        assert job.eta_s == pytest.approx((job.total - job.done) / job.rate)


async def test_a_rebuild_computes_content_neighbours_anew(shop: Shop) -> None:
    await stock(shop, 8)
    await shop.redis.delete("tandem:similar:i0")
    await ended(shop, await shop.tandem.jobs.start())
    assert "i7" in await shop.redis.zrevrange("tandem:similar:i0", 0, 0)


async def test_an_empty_database_is_rebuilt_at_once(shop: Shop) -> None:
    done = await ended(shop, await shop.tandem.jobs.start())
    assert (done.state, done.done, done.total) == ("done", 0, 0)


async def test_users_of_the_last_day_are_recomputed_or_all_of_them(shop: Shop) -> None:
    await shop.view("ann", "a")
    shop.clock.advance(25 * 3_600_000)
    await shop.view("bob", "a")
    recent = await ended(shop, await shop.tandem.jobs.start("recent"))
    everybody = await ended(shop, await shop.tandem.jobs.start("all"))
    assert (recent.done, everybody.done) == (1, 2)


async def test_of_many_users_those_who_acted_last_are_recomputed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.rebuilding.RECENT_MOST", 2)
    for user in ("ann", "bob", "eve"):
        await shop.view(user, "a")
        shop.clock.advance(1_000)
    assert await shop.tandem.jobs._work.users("recent") == ["eve", "bob"]
    assert (await ended(shop, await shop.tandem.jobs.start("recent"))).done == 2


async def test_a_second_start_gives_the_running_job(shop: Shop) -> None:
    await stock(shop, 60)
    first, second = await shop.tandem.jobs.start(), await shop.tandem.jobs.start()
    assert second.job_id == first.job_id
    await ended(shop, first)
    third = await shop.tandem.jobs.start()
    assert third.job_id != first.job_id
    await ended(shop, third)


async def test_one_rebuild_runs_at_a_time_over_all_workers(clock: Clock) -> None:
    server = fakeredis.FakeServer()
    async with (
        open_shop(clock, server, worker_name="first") as shop,
        open_shop(clock, server, worker_name="second") as other,
    ):
        await stock(shop, 60)
        starts = [worker.tandem.jobs.start() for worker in (shop, other, shop, other)]
        jobs = await asyncio.gather(*starts)
        assert len({job.job_id for job in jobs}) == 1
        assert {job.state for job in jobs} == {"running"}
        assert (await ended(other, jobs[0])).done == 60
        assert len(await shop.redis.keys("tandem:job:*")) == 2


async def test_workers_of_the_same_name_do_not_take_each_others_lease(clock: Clock) -> None:
    server = fakeredis.FakeServer()
    async with (
        open_shop(clock, server, worker_name="same") as shop,
        open_shop(clock, server, worker_name="same") as other,
    ):
        await stock(shop, 60)
        first, second = await asyncio.gather(shop.tandem.jobs.start(), other.tandem.jobs.start())
        assert first.job_id == second.job_id
        assert (await ended(shop, first)).state == "done"


async def test_a_running_job_can_be_cancelled_from_any_worker(clock: Clock) -> None:
    server = fakeredis.FakeServer()
    async with open_shop(clock, server) as shop, open_shop(clock, server) as other:
        await stock(shop, 100)
        job = await shop.tandem.jobs.start()
        await other.tandem.jobs.cancel(job.job_id)
        cancelled = await ended(other, job)
        assert cancelled.state == "cancelled"
        assert cancelled.done < 100
        with pytest.raises(Conflict):
            await other.tandem.jobs.cancel(job.job_id)
        assert (await ended(other, await other.tandem.jobs.start())).state == "done"


async def test_an_unknown_job_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound):
        await shop.tandem.jobs.job("nothing")
    with pytest.raises(NotFound):
        await shop.tandem.jobs.cancel("nothing")


async def test_an_error_ends_the_job_and_says_so(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    await stock(shop, 3)
    await shop.redis.hset("tandem:item:i1", "title", "no JSON")
    failed = await ended(shop, await shop.tandem.jobs.start())
    assert failed.state == "failed"
    assert failed.error
    assert "Expecting value" in failed.error
    assert "failed" in caplog.text
    await shop.redis.hset("tandem:item:i1", "title", '"JSON"')
    assert (await ended(shop, await shop.tandem.jobs.start())).state == "done"


async def test_a_worker_that_stops_leaves_its_job_to_the_others(clock: Clock) -> None:
    server = fakeredis.FakeServer()
    async with (
        open_shop(clock, server, worker_name="first") as shop,
        open_shop(clock, server, worker_name="second") as other,
    ):
        await stock(shop, 60)
        job = await shop.tandem.jobs.start()
        async with shop.wire.hold():
            await shop.wire.held.wait()
            stopping = asyncio.create_task(shop.tandem.jobs.aclose())
            await asyncio.sleep(0)
        await stopping
        assert (await other.tandem.jobs.job(job.job_id)).state == "running"
        await other.tandem.jobs._look_after()
        finished = await ended(other, job)
        assert (finished.state, finished.owner) == ("done", "second")


async def test_the_job_of_a_worker_that_died_is_taken_over_by_the_next_start(
    clock: Clock,
) -> None:
    server = fakeredis.FakeServer()
    async with open_shop(clock, server) as shop:
        await stock(shop, 5)
        dead = await _killed_in_its_midst(shop)
        assert (await shop.tandem.jobs.start()).job_id == dead.job_id
        clock.advance(LEASE_MS)
        taken_over = await shop.tandem.jobs.start()
        assert taken_over.job_id != dead.job_id
        assert (await ended(shop, taken_over)).state == "done"
        given_up = await shop.tandem.jobs.job(dead.job_id)
        assert (given_up.state, given_up.error) == ("failed", "its worker went away")


async def _killed_in_its_midst(shop: Shop) -> Job:
    """A job as a worker leaves it that dies: running, with its lease."""
    job = await ended(shop, await shop.tandem.jobs.start())
    await comes_true(lambda: has_stopped(shop))
    await shop.redis.hset(f"tandem:job:{job.job_id}", "state", "running")
    await shop.redis.hdel(f"tandem:job:{job.job_id}", "finished_ms", "error")
    until = str(shop.clock.now_ms + LEASE_MS)
    await shop.redis.hset("tandem:lock:rebuild", items=["owner", job.job_id, "until", until])
    return job


async def test_a_rebuild_that_lost_its_lease_stops_and_leaves_the_job_alone(shop: Shop) -> None:
    await stock(shop, 60)
    job = await shop.tandem.jobs.start()
    await shop.redis.hset("tandem:lock:rebuild", "owner", "somebody else")
    await comes_true(lambda: has_stopped(shop))
    assert (await shop.tandem.jobs.job(job.job_id)).state == "running"
    assert await shop.redis.hget("tandem:lock:rebuild", "owner") == "somebody else"


async def test_a_job_that_nobody_took_over_is_shown_as_failed(shop: Shop) -> None:
    job = await ended(shop, await shop.tandem.jobs.start())
    await shop.redis.hset(f"tandem:job:{job.job_id}", "state", "running")
    shop.clock.advance(GIVEN_UP_MS)
    assert (await shop.tandem.jobs.job(job.job_id)).state == "running"
    shop.clock.advance(1)
    found = await shop.tandem.jobs.job(job.job_id)
    assert (found.state, found.error) == ("failed", "its worker went away")


async def test_whoever_waits_for_a_rebuild_is_told_how_it_ended(shop: Shop) -> None:
    await stock(shop, 3)
    done = await shop.tandem.jobs.run_to_end()
    assert (done.state, done.done) == ("done", 3)
    await shop.redis.hset("tandem:item:i1", "title", "no JSON")
    with pytest.raises(RebuildFailed, match="Expecting value"):
        await shop.tandem.jobs.run_to_end()


async def test_a_rebuild_that_has_just_ended_is_not_joined(shop: Shop) -> None:
    first = await shop.tandem.jobs.run_to_end()  # its lease is still being given back
    assert (await shop.tandem.jobs.run_to_end()).job_id != first.job_id


async def test_who_joins_a_rebuild_waits_for_its_end_too(shop: Shop) -> None:
    await stock(shop, 60)
    first, second = await asyncio.gather(
        shop.tandem.jobs.run_to_end(), shop.tandem.jobs.run_to_end()
    )
    assert first == second


async def test_a_job_whose_worker_went_away_is_finished_by_another(clock: Clock) -> None:
    """From the phase that it had reached: what was done before is not done again."""
    server = fakeredis.FakeServer()
    async with open_shop(clock, server, worker_name="second") as shop:
        await stock(shop, 3)
        dead = await _killed_in_its_midst(shop)
        await shop.redis.hset(f"tandem:job:{dead.job_id}", "phase", "walk")
        clock.advance(LEASE_MS)
        await shop.tandem.jobs._look_after()
        assert (await shop.tandem.jobs.job(dead.job_id)).state == "running"  # it may only be slow
        clock.advance(1)
        await shop.tandem.jobs._look_after()
        taken = await ended(shop, dead)
        assert (taken.state, taken.owner, taken.job_id) == ("done", "second", dead.job_id)
        assert await shop.redis.hmget("tandem:models", "collaborative", "walk") == ["1", "2"]


async def test_whoever_takes_a_job_over_counts_on_from_the_phases_that_were_done(
    clock: Clock,
) -> None:
    async with open_shop(clock) as shop:
        await stock(shop, 3)
        await shop.crowd(["i1"], 2)
        dead = await _killed_in_its_midst(shop)
        assert dead.phase == "lists"
        await shop.redis.hset(f"tandem:job:{dead.job_id}", "done", "4")
        clock.advance(LEASE_MS + 1)
        await shop.tandem.jobs._look_after()
        assert (await shop.tandem.jobs.job(dead.job_id)).done == 3
        taken = await ended(shop, dead)
        assert (taken.done, taken.total) == (5, 5)


def test_the_rate_of_a_job_that_was_taken_over_is_that_of_its_new_worker() -> None:
    """It lay still for an hour; since then 20 more of 200 units were done in 10 seconds."""
    first = first_fields("first", "none", "", 0)
    left = {name: str(value) for name, value in first.items()} | {"done_before": "100"}
    taken = {name: str(value) for name, value in taken_over("second", left, 3_600_000).items()}
    job = job_of("j", left | taken | {"done": "120", "total": "200", "reported_ms": "3610000"})
    assert (job.rate, job.eta_s, job.started_ms) == (2.0, 40.0, 0)


async def test_a_lease_whose_answer_was_lost_is_found_with_its_token_in_one_look(
    shop: Shop,
) -> None:
    """In two, somebody else's token could be taken for ours."""
    token = await shop.tandem.jobs._take_lease("ours")
    shop.wire.trips.clear()
    assert await shop.tandem.jobs._take_lease("ours") == token
    assert shop.wire.trips == ["EVALSHA", "HMGET"]
    assert await shop.tandem.jobs._take_lease("theirs") == 0


async def test_of_two_workers_one_takes_an_abandoned_job_over(clock: Clock) -> None:
    server = fakeredis.FakeServer()
    async with open_shop(clock, server) as shop, open_shop(clock, server) as other:
        await stock(shop, 60)
        await _killed_in_its_midst(shop)
        clock.advance(LEASE_MS + 1)
        both = [worker.tandem.jobs for worker in (shop, other)]
        await asyncio.gather(*(jobs._look_after() for jobs in both))
        assert [jobs._running is None for jobs in both].count(True) == 1


async def test_a_rebuild_begins_by_itself_when_it_is_due(clock: Clock) -> None:
    """By the newest job's time, whoever ran it."""
    server = fakeredis.FakeServer()
    settings = {"rebuild_interval_s": 60}
    async with open_shop(clock, server, **settings) as shop, open_shop(clock, server) as other:
        await other.tandem.jobs.run_to_end()
        clock.advance(59_999)
        await shop.tandem.jobs._look_after()
        assert shop.tandem.jobs._running is None
        clock.advance(1)
        await shop.tandem.jobs._look_after()
        assert shop.tandem.jobs._running is not None


async def test_the_newest_rebuild_is_remembered_longer_than_the_longest_interval(
    clock: Clock,
) -> None:
    """Or else the next would begin by itself when it is forgotten."""
    async with open_shop(clock, rebuild_interval_s=30 * DAY_S) as shop:
        job = await shop.tandem.jobs.run_to_end()
        for key in ("current", job.job_id):
            assert await shop.redis.pttl(f"tandem:job:{key}") > 30 * DAY_S * 1_000


async def test_without_an_interval_none_begins_by_itself(clock: Clock) -> None:
    async with open_shop(clock, rebuild_interval_s=0) as shop:
        await shop.tandem.jobs._look_after()
        assert await shop.redis.keys("tandem:job:*") == []


async def test_without_scipy_the_models_are_left_out_and_the_job_says_so(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.rebuilding.can_build", lambda: False)
    await stock(shop, 3)
    done = await shop.tandem.jobs.run_to_end()
    assert done.state == "done"
    assert done.note
    assert "SciPy is not installed" in done.note
    assert await shop.redis.hgetall("tandem:models") == {}
