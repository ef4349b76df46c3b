"""Whether a Redis server keeps what it was told: version, memory, durability, scripts and clock."""

from collections.abc import Iterator, Mapping

from service.check import Check, unsafe
from service.settings import Settings
from store.server_facts import ServerFacts

OLDEST_VERSION = (6, 2)
CLOCK_WARN_MS = 2_000
CLOCK_FAIL_MS = 300_000  # beyond it events count as coming from the future
# CVE-2025-49844 and three more: the first release of each branch without them.
LUA_FIXED = {(6, 2): 20, (7, 2): 11, (7, 4): 6, (8, 0): 4, (8, 2): 2}
_STRENGTH = {"none": 0, "everysec": 1, "always": 2}


def check_server(facts: ServerFacts, settings: Settings, now_ms: int) -> Iterator[Check]:
    """Version, memory, durability, scripts and clock."""
    yield _version(facts.version)
    yield _policy(facts.settings, settings)
    yield _durability(facts.settings, settings)
    if facts.scripts_problem is None:
        yield Check("ok", "scripts", "load")
    else:
        yield Check(
            "fail", "scripts", facts.scripts_problem, "Allow EVAL, EVALSHA and SCRIPT LOAD."
        )
    yield _clock(facts.time_ms, now_ms)


def _version(version: str | None) -> Check:
    if version is None:
        return Check(
            "warn", "Redis", "answers, hides its version", "Tandem needs Redis 6.2 or newer."
        )
    numbers = tuple(int(part) for part in version.split(".")[:3] if part.isdecimal())
    if numbers[:2] < OLDEST_VERSION:
        return Check("fail", "Redis", version, "Tandem needs Redis 6.2 or newer.")
    if _has_lua_flaws(numbers):
        found = f"{version}: whoever may run scripts there can break out of them (CVE-2025-49844)"
        newest = "6.2.20, 7.2.11, 7.4.6, 8.0.4, 8.2.2"
        advice = f"Use {newest} or newer, or a build into which its maker has put the fix."
        return Check("warn", "Redis", found, advice)
    return Check("ok", "Redis", version)


def _has_lua_flaws(numbers: tuple[int, ...]) -> bool:
    branch, patch = numbers[:2], (*numbers, 0, 0)[2]
    fixed = LUA_FIXED.get((branch[0], (*branch, 0)[1]))
    return branch < max(LUA_FIXED) if fixed is None else patch < fixed


def _policy(held: Mapping[str, str], settings: Settings) -> Check:
    name = "maxmemory-policy"
    policy = held.get(name)
    if policy is None:
        return Check("warn", name, "hidden", "Make sure that it is noeviction.")
    if policy != "noeviction":
        advice = "redis-cli CONFIG SET maxmemory-policy noeviction, and in redis.conf."
        return unsafe(settings, name, f"{policy}: counts may vanish without a word", advice)
    return Check("ok", name, policy)


def _durability(held: Mapping[str, str], settings: Settings) -> Check:
    """What the server does beside what the settings promise."""
    if "appendonly" not in held:
        advice = "Events may be lost when the server ends."
        return Check("warn", "appendonly", "hidden", advice)
    if held["appendonly"] == "yes" and "appendfsync" not in held:
        advice = f"Make sure that it is {settings.durability}."
        return Check("warn", "appendfsync", "hidden", advice)
    kept = _kept(held)
    if _STRENGTH[kept] < _STRENGTH[settings.durability]:
        return _too_weak(held, settings)
    loses = {"none": "what was not saved is lost", "everysec": "a power cut loses seconds"}
    told = "no" if held["appendonly"] != "yes" else f"yes, appendfsync {held['appendfsync']}"
    return Check("ok", "appendonly", f"{told}: {loses[kept]}" if kept in loses else told)


def _kept(held: Mapping[str, str]) -> str:
    """`always`, `everysec` or `none`."""
    fsync = held["appendfsync"] if held["appendonly"] == "yes" else "no"
    return "none" if fsync == "no" else fsync


def _too_weak(held: Mapping[str, str], settings: Settings) -> Check:
    wanted = settings.durability
    own = f"or set TANDEM_DURABILITY={_kept(held)}, if that will do."
    if held["appendonly"] != "yes":
        advice = f"appendonly yes and appendfsync {wanted}, or a restart loses events; {own}"
        return unsafe(settings, "appendonly", "no", advice)
    advice = f"appendfsync {wanted}, or a power cut loses acknowledged events; {own}"
    return unsafe(settings, "appendfsync", held["appendfsync"], advice)


def _clock(server_ms: int | None, now_ms: int) -> Check:
    if server_ms is None:
        return Check("warn", "clock", "the server hides its own", "Compare the clocks by hand.")
    offset_ms = server_ms - now_ms
    found = f"Redis is {abs(offset_ms)} ms {'ahead' if offset_ms >= 0 else 'behind'}"
    if abs(offset_ms) >= CLOCK_FAIL_MS:
        return Check("fail", "clock", found, "Set the clock: run NTP on both machines.")
    if abs(offset_ms) >= CLOCK_WARN_MS:
        return Check("warn", "clock", found, "Run NTP on both machines.")
    return Check("ok", "clock", found)
