"""The worker's end of the conversation, for workers in Python: one JSON object per line, in and out."""

import json
import os
import sys
import time

import numpy as np

out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # Libraries that print do not disturb the conversation.


def serve(about, works):
    """Answers requests until the input ends. `works[name]` gives the variants of a work: functions of a reader of
    arrays that return a dict with `step`, `checks` and further facts."""
    prepared = {}

    def prepare(request):
        def read(name):
            file = os.path.join(request["folder"], name + ".f32")
            return np.fromfile(file, np.float32).reshape(request["shapes"][name])

        made = works[request["work"]][request["variant"]](read)
        prepared[request["variant"]] = made.pop("step")
        return made

    def release(_):
        prepared.clear()
        return {}

    answers = {
        "hello": lambda _: about,
        "variants": lambda request: {"variants": list(works.get(request["work"], {}))},
        "prepare": prepare,
        "measure": lambda r: {"samples": measure(prepared[r["variant"]], r["seconds"], r["least"])},
        "release": release,
    }
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = answers[request["do"]](request)
        except Exception as error:  # Whatever fails in a library is an answer, too.
            lines = [part for part in f"{error}".strip().splitlines() if part.strip()]
            answer = {"error": f"{type(error).__name__}: {lines[0] if lines else ''}"}
        out.write(json.dumps({"id": request["id"], **answer}) + "\n")
        out.flush()


def measure(step, seconds, least):
    """Milliseconds of each step, at least `least` of them, for about `seconds`; some more come first, unmeasured."""
    now = time.perf_counter
    warm = now() + 0.15 * seconds
    step()
    while now() < warm:
        step()
    samples = []
    end = now() + seconds
    while True:
        start = now()
        if (len(samples) >= least and start > end) or len(samples) >= 20_000:
            return samples
        step()
        samples.append(1000 * (now() - start))


def timed(step):
    """Runs a step; gives its result and how many milliseconds it took."""
    start = time.perf_counter()
    result = step()
    return result, 1000 * (time.perf_counter() - start)


def train_checks(step_with_values, count=3):
    """The values of the first steps, and how long the first and the second step took."""
    checks, times = [], []
    for _ in range(count):
        values, ms = timed(step_with_values)
        checks += [float(value) for value in values]
        times.append(ms)
    return {"checks": checks, "firstMs": times[0], "secondMs": times[1]}
