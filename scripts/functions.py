"""The deployed functions, for programs that run them outside of the emulator as if they were in it."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, cast

import boto3
from console import Usage
from deployment import upper_snake

SESSION_SECONDS = 3600


def configuration(function: str) -> dict[str, Any]:
    """A function's configuration in the deployed stack, by its logical id, under which the stack names it as an output."""
    variable = f"SEVERANCE_{upper_snake(function)}"
    if not (name := os.environ.get(variable)):
        raise Usage(f"{variable} is not set: run this under scripts/stack.py, or source the file that `stack.py up` names")
    return cast(Any, boto3).client("lambda").get_function_configuration(FunctionName=name)


def variables(function: str) -> dict[str, str]:
    """The environment that a deployed function sees."""
    return dict(configuration(function)["Environment"]["Variables"])


@contextmanager
def sessions(functions: Iterable[str]) -> Iterator[dict[str, dict[str, str]]]:
    """What each function has in its environment: its variables, and a session of its own role. Under the emulator's root,
    which the caller is, no policy would be tried; and a copy of the role is not the role to the key's, bucket's and table's
    own policies.

    The role trusts Lambda alone, so for the time being it also trusts the emulated account."""
    iam, sts = cast(Any, boto3).client("iam"), cast(Any, boto3).client("sts")
    caller = {"AWS": f"arn:aws:iam::{sts.get_caller_identity()['Account']}:root"}
    with ExitStack() as undo:
        found: dict[str, dict[str, str]] = {}
        for function in functions:
            arn = configuration(function)["Role"]
            name = arn.rpartition("/")[2]
            trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
            statements = [*trust["Statement"], {"Effect": "Allow", "Principal": caller, "Action": "sts:AssumeRole"}]
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps({**trust, "Statement": statements}))
            undo.callback(iam.update_assume_role_policy, RoleName=name, PolicyDocument=json.dumps(trust))
            session = sts.assume_role(RoleArn=arn, RoleSessionName="as-function", DurationSeconds=SESSION_SECONDS)["Credentials"]
            found[function] = variables(function) | {
                "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
                "AWS_SESSION_TOKEN": session["SessionToken"],
            }
        yield found


def evidence(uri: str) -> bytes:
    """The envelope that a function wrote to s3://bucket/key."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bytes(cast(Any, boto3).client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def stated_case(envelope: bytes) -> dict[str, Any]:
    """The case that an envelope states. Whether it is genuine is for `sever verify` to say."""
    return dict(json.loads(base64.b64decode(json.loads(envelope)["payload"]))["predicate"]["case"])
