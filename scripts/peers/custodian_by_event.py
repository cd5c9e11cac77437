"""Cloud Custodian's Lambda function, without Lambda: run by the Python that has c7n, for scripts/bench_containment.py.

    custodian_by_event.py POLICY.yml FOLDER     events on standard input, one a line

Loads c7n and calls its handler as Lambda does, in the folder, with the config.json that `custodian run` would deploy.
Answers each event with one line of JSON: how long the handler took. The caller's clock tells the rest.
"""

import json
import os
import sys
import time
from pathlib import Path

import yaml


class Context:
    """What the handler asks of Lambda's context: the time that is left."""

    function_name = "custodian-contain-user-by-event"
    aws_request_id = "bench"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def main(policy: Path, folder: Path) -> None:
    policies = yaml.safe_load(policy.read_text(encoding="utf-8"))["policies"]
    for each in policies:
        # Else it writes below /tmp.
        each["mode"]["execution-options"] = {"output_dir": str(folder)}
    (folder / "config.json").write_text(json.dumps({"execution-options": {}, "policies": policies}), encoding="utf-8")
    os.chdir(folder)
    # It repeats each event in its log by default, which costs time and helps nobody here.
    os.environ["C7N_DEBUG_EVENT"] = "no"
    # What Lambda loads at its start, and so part of what a fresh process costs.
    from c7n import handler

    for line in sys.stdin:
        begun = time.perf_counter()
        handler.dispatch_event(json.loads(line), Context())
        print(json.dumps({"milliseconds": (time.perf_counter() - begun) * 1000}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
