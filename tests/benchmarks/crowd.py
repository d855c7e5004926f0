"""Thirty users on one process: each has a session and presses something every five seconds."""

import asyncio
import random
import statistics

from tests.benchmarks.streamlit_session import Session

PEOPLE = 30
SECONDS_BETWEEN_PRESSES = 5.0
SECONDS = 45.0
ALONE_PRESSES = 15
VIEWS = ("reason=check-overdue", "", "condition=T2DM", "sort=name")


async def alone(port: int) -> list[float]:
    """Returns the reruns of a single user in milliseconds, with a press every second."""
    times = []
    async with Session(port) as person:
        for view in VIEWS:
            await person.rerun(view)
        for number in range(ALONE_PRESSES):
            await asyncio.sleep(1)
            times.append(await person.rerun(VIEWS[number % len(VIEWS)]))
    return times


async def together(port: int, people: int = PEOPLE) -> list[float]:
    """Returns the reruns of all users in milliseconds; their presses begin at random times."""
    chance = random.Random(7)
    starts = [chance.uniform(0, SECONDS_BETWEEN_PRESSES) for _ in range(people)]
    results = await asyncio.gather(*(_person(port, start) for start in starts))
    return [milliseconds for times in results for milliseconds in times]


async def _person(port: int, start: float) -> list[float]:
    times = []
    clock = asyncio.get_running_loop()
    async with Session(port) as person:
        await person.rerun()
        await asyncio.sleep(start)
        end = clock.time() + SECONDS
        number = 0
        while clock.time() < end:
            pressed = clock.time()
            times.append(await person.rerun(VIEWS[number % len(VIEWS)]))
            number += 1
            await asyncio.sleep(max(0.0, pressed + SECONDS_BETWEEN_PRESSES - clock.time()))
    return times


def median(times: list[float]) -> float:
    return statistics.median(times)


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]
