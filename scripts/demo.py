#!/usr/bin/env python3
"""The main job, to watch: four events come in, four identities lose their access, signed proof goes out; one gets it back.
And a key is replaced under a service that works with it, without one failed call.

Runs against a stack that `scripts/stack.py run` deployed into the emulator, and finds it in the environment.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shlex
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from doors import BEDROCK, CERTIFICATE, EXPOSED, GIT, MINTED, NEW_SESSION, OTHER, SSH, Everything, Minting, Tried, table
from polling import Polling
from seed import EVENTS, Account, Key, create_key, seed

PATIENCE = 60.0
QUICK = Config(retries={"max_attempts": 1}, connect_timeout=2, read_timeout=70)


class DemoError(Exception):
    """What the demonstration shows is not what it promises."""


class Stage:
    """The deployed stack, and what is needed to look at it from outside."""

    def __init__(self, sever: Path, keep: Path) -> None:
        self.sever, self.keep = sever, keep
        self.endpoint = os.environ["AWS_ENDPOINT_URL"]
        self.session = boto3.Session(region_name=os.environ["AWS_REGION"])
        client = lambda name: self.session.client(name, config=QUICK)  # noqa: E731
        self.iam, self.s3, self.kms = client("iam"), client("s3"), client("kms")
        self.sns, self.sqs, self.lambda_, self.events = client("sns"), client("sqs"), client("lambda"), client("events")
        self.secrets = client("secretsmanager")
        self.inbox = self._subscribe()

    def _subscribe(self) -> str:
        """A responder's inbox: a queue that gets every message of the topic."""
        queue = self.sqs.create_queue(QueueName=f"responder-{os.getpid()}")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}],
        }
        self.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
        self.sns.subscribe(TopicArn=os.environ["SEVERANCE_TOPIC"], Protocol="sqs", Endpoint=arn)
        return queue

    def works(self, key: Key) -> tuple[bool, str]:
        """Whether AWS still accepts a key, and what it says."""
        caller = boto3.client(
            "sts", endpoint_url=self.endpoint, region_name="us-east-1", config=QUICK,
            aws_access_key_id=key.id, aws_secret_access_key=key.secret,
        )
        try:
            arn = caller.get_caller_identity()["Arn"]
        except ClientError as error:
            return False, f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
        return True, f"sts:GetCallerIdentity answers {arn}"

    def invoke(self, function: str, event: dict[str, Any]) -> None:
        """Hands an event to a function as EventBridge does: asynchronously."""
        self.lambda_.invoke(FunctionName=os.environ[function], InvocationType="Event", Payload=json.dumps(event))

    def put_on_bus(self, event: dict[str, Any]) -> None:
        """Sends one of our own events through the bus and its rule."""
        entry = {
            "Source": event["source"], "DetailType": event["detail-type"], "Detail": json.dumps(event["detail"]),
            "EventBusName": os.environ["SEVERANCE_BUS"],
        }
        answer = self.events.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise DemoError(f"the bus refused the event: {answer['Entries']}")

    def messages(self, count: int) -> list[dict[str, str]]:
        """Waits for this many new messages in the inbox."""
        found: list[dict[str, str]] = []
        deadline = time.monotonic() + PATIENCE
        while len(found) < count:
            if time.monotonic() > deadline:
                raise DemoError(f"only {len(found)} of {count} messages came within {PATIENCE:.0f} s; look at the function's log")
            answer = self.sqs.receive_message(QueueUrl=self.inbox, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                self.sqs.delete_message(QueueUrl=self.inbox, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
        return found

    def all_messages(self) -> list[dict[str, str]]:
        """Every message that is in the inbox by now."""
        found: list[dict[str, str]] = []
        while True:
            answer = self.sqs.receive_message(QueueUrl=self.inbox, MaxNumberOfMessages=10, WaitTimeSeconds=2)
            if not answer.get("Messages"):
                return found
            for message in answer["Messages"]:
                self.sqs.delete_message(QueueUrl=self.inbox, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))

    def tick(self) -> None:
        """What the schedule asks of the responder, now."""
        answer = self.lambda_.invoke(FunctionName=os.environ["SEVERANCE_RESPONDER_FUNCTION"], Payload=json.dumps({"request": "tick"}))
        said = answer["Payload"].read().decode()
        if answer.get("FunctionError"):
            raise DemoError(f"a tick failed: {said}")
        if failed := json.loads(said).get("ticked", {}).get("failed"):
            say(f"tick    not done yet: {'; '.join(failed)}")

    def evidence(self, message: dict[str, str]) -> Path:
        """Fetches the envelope that a message names."""
        uri = next(line.strip() for line in message["Message"].splitlines() if line.strip().startswith("s3://"))
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return self._kept(bucket, key)

    def _kept(self, bucket: str, key: str) -> Path:
        path = self.keep / key.replace("/", "_")
        path.write_bytes(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        return path

    def person(self, name: str) -> Key:
        """Somebody who may ask the responder, and do nothing else."""
        self.iam.create_user(UserName=name, Path="/people/")
        self.iam.attach_user_policy(UserName=name, PolicyArn=os.environ["SEVERANCE_INVOKE_POLICY"])
        return create_key(self.iam, name)

    def ask(self, person: Key, *words: str) -> str:
        """Runs `sever` as this person, shows it, and returns what it printed."""
        words = (*words, "--stack", os.environ["SEVERANCE_STACK"])
        say(f"$ {shlex.join(['sever', *words])}")
        environment = {name: value for name, value in os.environ.items() if name != "AWS_SESSION_TOKEN"}
        environment |= {"AWS_ACCESS_KEY_ID": person.id, "AWS_SECRET_ACCESS_KEY": person.secret}
        answer = subprocess.run([str(self.sever), *words], env=environment, text=True, capture_output=True, check=False)
        say(answer.stdout.rstrip(), 4)
        if answer.returncode != 0:
            raise DemoError(f"sever {words[0]} ended with {answer.returncode}:\n{answer.stderr}")
        return answer.stdout

    def public_key(self) -> Path:
        """The public half of the signing key, as an auditor gets it once."""
        der = self.kms.get_public_key(KeyId=os.environ["SEVERANCE_SIGNING_KEY"])["PublicKey"]
        body = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
        path = self.keep / "evidence-key.pem"
        path.write_text(f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n", encoding="ascii")
        return path

    def verify(self, *evidence: Path) -> subprocess.CompletedProcess[str]:
        """Checks evidence offline: the verifier is given files only."""
        command = [str(self.sever), "verify", *map(str, evidence), "--key", str(self.keep / "evidence-key.pem")]
        offline = {"PATH": os.environ["PATH"]}
        return subprocess.run(command, env=offline, text=True, capture_output=True, check=False)


def say(text: str = "", indent: int = 2) -> None:
    """Prints a block."""
    print(textwrap.indent(text, " " * indent), flush=True)


@contextmanager
def scene(title: str) -> Iterator[None]:
    """A headed part of the demonstration."""
    print(f"\n━━ {title} " + "━" * max(0, 96 - len(title)), flush=True)
    yield


def show_key(stage: Stage, when: str, who: str, key: Key, alive: bool) -> None:
    """Tries a key, says what came of it, and insists on it."""
    works, answer = stage.works(key)
    say(f"{when:<8}{who}'s key {key.id}: {'works' if works else 'is DEAD'} ({answer})")
    if works != alive:
        raise DemoError(f"{who}'s key should {'work' if alive else 'be dead'}")


def show_messages(stage: Stage, count: int) -> list[Path]:
    """Prints what a responder gets, and keeps the evidence."""
    kept = []
    for message in sorted(stage.messages(count), key=lambda message: message["Subject"]):
        say(f"\nmessage {message['Subject']}")
        say(message["Message"].rstrip(), 6)
        kept.append(stage.evidence(message))
    return kept


def threat(stage: Stage, account: Account) -> list[Path]:
    key = account.keys["ci-deployer"]
    with scene("1. A threat finding: GuardDuty says that the key of ci-deployer is misused"):
        show_key(stage, "before", "ci-deployer", key, alive=True)
        say("event   events/guardduty/compromised-access-key.json, with the real key id")
        stage.invoke("SEVERANCE_POSTURE_FINDING_FUNCTION", account.event("guardduty/compromised-access-key.json"))
        kept = show_messages(stage, 1)
        show_key(stage, "\nafter", "ci-deployer", key, alive=False)
        policies = stage.iam.list_user_policies(UserName="ci-deployer")["PolicyNames"]
        say(f"after   inline policies of ci-deployer: {', '.join(policies)}")
    return kept


def new_key(stage: Stage, account: Account) -> list[Path]:
    with scene("2. A new access key: somebody makes one for new-hire-bot, which nobody owns"):
        key = create_key(stage.iam, "new-hire-bot")
        account.keys["new-hire-bot"] = key
        show_key(stage, "before", "new-hire-bot", key, alive=True)
        say("event   events/cloudtrail-iam/create-access-key-no-owner.json, with the real key id")
        stage.invoke("SEVERANCE_KEY_CREATION_FUNCTION", account.event("cloudtrail-iam/create-access-key-no-owner.json"))
        kept = show_messages(stage, 1)
        show_key(stage, "\nafter", "new-hire-bot", key, alive=False)
    return kept


def leaver(stage: Stage, account: Account) -> list[Path]:
    key, shared = account.keys["alice"], account.keys["warehouse-sync"]
    with scene("3. A leaver: alice's last day; she owns a user, a secret, and shares a workload and a secret with bob"):
        show_key(stage, "before", "alice", key, alive=True)
        show_key(stage, "before", "warehouse-sync", shared, alive=True)
        say("event   events/severance/person-left.json, through the bus and its rule")
        stage.put_on_bus(account.event("severance/person-left.json"))
        kept = show_messages(stage, 4)
        show_key(stage, "\nafter", "alice", key, alive=False)
        show_key(stage, "after", "warehouse-sync", shared, alive=True)
        say("        (bob still needs it: held for review)")
        versions = stage.secrets.describe_secret(SecretId="alice/crm-token")["VersionIdsToStages"]
        say(f"after   versions of alice/crm-token: {sorted(stage for stages in versions.values() for stage in stages)}")
        say("        (its rotation function is not deployed here, so the rotation stays unfinished and the verdict says so)")
    return kept


def show_doors(when: str, tried: list[Tried], alive: Collection[str]) -> None:
    """Prints what came of each credential, and insists on which of them work."""
    say(f"\n{when}")
    say(table(tried), 4)
    wrong = [each.what for each in tried if each.opens != (each.what in alive)]
    if wrong:
        raise DemoError(f"otherwise than it should be: {', '.join(wrong)}")


def misused(user: Everything) -> dict[str, Any]:
    """GuardDuty's finding of just now that the user's exposed key is misused."""
    text = (EVENTS / "guardduty" / "compromised-access-key.json").read_text(encoding="utf-8")
    text = text.replace("ci-deployer", user.name).replace("AKIAEXAMPLECIDEPLOY1", user.exposed["AccessKeyId"])
    # Another finding than that of the first scene. What was made after it was seen would count as the attacker's.
    event = json.loads(text.replace("a1c5e7f0b2d34896817263544f5e6d7c", "b2d6f801c3e459a7928374655a6f7e8d"))
    seen = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    event["detail"]["service"]["eventLastSeen"] = seen
    return event


def nothing_left_alive(stage: Stage, _account: Account) -> list[Path]:
    with scene("4. Containment that leaves nothing alive, and can be undone: release-bot holds one of everything"):
        user = Everything("release-bot", "/team/", {"severance:owner": "platform@example.com", "severance:class": "workload"})
        carol = stage.person("carol")
        everything = user.try_all()
        show_doors("before  each credential, as its holder uses it:", everything, [each.what for each in everything])
        say("\nplan    what would be done, and what it would hit, asked by carol, who is on call. Nothing is changed:")
        planned = stage.ask(carol, "plan", user.arn, "--access-key", user.exposed["AccessKeyId"])
        for held in (user.exposed["AccessKeyId"], user.other["AccessKeyId"], user.ssh, user.certificate):
            if held not in planned:
                raise DemoError(f"the plan does not speak of {held}")
        show_doors("plan    and nothing was changed:", user.try_all(), [each.what for each in everything])

        # Times of issue have whole seconds: what is from before the finding must not look as if it came after.
        time.sleep(1.1)
        say("\nevent   events/guardduty/compromised-access-key.json, about the exposed key")
        minting = Minting(user)
        minting.start()
        stage.invoke("SEVERANCE_POSTURE_FINDING_FUNCTION", misused(user))
        minted = minting.key()
        minted_id = minted["ServiceSpecificCredentialId"]
        say(f"attack  as soon as the user was denied everything, an administrator's hand made it one more key: {minted_id}")
        [message] = stage.messages(1)
        say(f"\nmessage {message['Subject']}")
        say(message["Message"].rstrip(), 6)
        if minted_id not in message["Message"]:
            raise DemoError("the message does not speak of the key that was minted meanwhile")
        after = [*user.try_all(), user.try_bedrock(MINTED, minted)]
        show_doors("after   the same credentials, and the minted one:", after, [])
        # Not denied alone, which one call can lift: the credentials themselves are dead.
        denied = [each.what for each in after if each.what in (EXPOSED, OTHER) and each.said != "InvalidClientTokenId"]
        if denied or user.is_active(minted) or user.is_active(user.bedrock) or user.is_active(user.git):
            raise DemoError(f"only the deny-all policy holds down {', '.join(denied) or 'an API key'}")
        contained = stage.evidence(message)
        case = statement(contained)["predicate"]["case"]
        if case["verdict"] != "verified_revoked":
            raise DemoError(f"the verdict is {case['verdict']}")

        say("\nundo    the owner says that it was a drill. What would come back:")
        stage.ask(carol, "restore", case["id"], "--reason", "a drill, says the owner", "--dry-run")
        show_doors("undo    and nothing was changed:", [*user.try_all(), user.try_bedrock(MINTED, minted)], [])
        say("\nundo    now for real:")
        stage.ask(carol, "restore", case["id"], "--reason", "a drill, says the owner", "--ticket", "INC-42")
        [message] = stage.messages(1)
        say(f"\nmessage {message['Subject']}")
        say(message["Message"].rstrip(), 6)
        restored = stage.evidence(message)
        tried = [*user.try_all(), user.try_bedrock(MINTED, minted), user.try_session(NEW_SESSION, user.start_session())]
        back = [OTHER, BEDROCK, GIT, SSH, CERTIFICATE, NEW_SESSION]
        show_doors("now     what is back, and what is not:", tried, back)
        if user.is_active(minted):
            raise DemoError("the minted key was brought back")
        say("        (others may know the exposed key; whoever minted the other one was not its owner; of a password nobody has a")
        say("        copy; a session from before may be in other hands)")

        say("\nproof   both revisions of the case, verified offline:")
        key = stage.public_key()
        answer = stage.verify(contained, restored)
        say(f"$ sever verify {contained.name} {restored.name} --key {key.name}")
        say(answer.stdout.rstrip(), 4)
        if answer.returncode != 0:
            raise DemoError(f"the evidence does not verify:\n{answer.stderr}")
        told = [statement(path)["predicate"]["case"] for path in (contained, restored)]
        story = [(each["id"], each["revision"], each["verdict"]) for each in told]
        if story != [(case["id"], 1, "verified_revoked"), (case["id"], 2, "restored")]:
            raise DemoError(f"the evidence tells another story: {story}")
    return [contained, restored]


SERVICE = "invoice-sender"
SENDS = ("sqs:SendMessage",)


def without_an_outage(stage: Stage, _account: Account) -> list[Path]:
    with scene(f"5. Rotation without an outage: {SERVICE} works with its key ten times a second while it is replaced, twice"):
        queue = stage.sqs.create_queue(QueueName=f"invoices-{os.getpid()}")["QueueUrl"]
        arn = stage.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        tags = {"severance:owner": "billing@example.com", "severance:class": "workload"}
        made = stage.iam.create_user(UserName=SERVICE, Path="/service/", Tags=[{"Key": k, "Value": v} for k, v in tags.items()])
        may = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(SENDS), "Resource": arn}]}
        stage.iam.put_user_policy(UserName=SERVICE, PolicyName="work", PolicyDocument=json.dumps(may))
        first = create_key(stage.iam, SERVICE)
        dave = stage.person("dave")
        secret = f"severance/{SERVICE}"
        service = Polling(SERVICE, queue, first, secret)
        service.start()
        try:
            if not service.uses(first.id, PATIENCE):
                raise DemoError(f"the service cannot work with its own key: {service.polled().failures[-1:]}")
            say(f"before  {SERVICE} sends messages with {first.id}, which stands in no secret")
            say("\nadopt   dave, who is on call, has the key put under management:")
            stage.ask(dave, "adopt", made["User"]["Arn"], "--reason", "no key outside of secrets, OPS-7")
            second = moved(stage, service, secret, other_than=first.id)
            say(f"\nnow     the secret holds {second}, and the service works with it. The old key waits at its gate:")
            stage.ask(dave, "cutovers")
            through_the_gate(stage, first.id)

            say("\nrotate  a year later, in short:")
            rotated = stage.secrets.describe_secret(SecretId=secret)["ARN"]
            stage.ask(dave, "rotate", rotated, "--reason", "the yearly rotation")
            third = moved(stage, service, secret, other_than=second)
            say(f"\nnow     the secret holds {third}:")
            stage.ask(dave, "cutovers")
            through_the_gate(stage, second)
        finally:
            polled = service.end()
        used = ", ".join(f"{count} with {key}" for key, count in polled.calls.items())
        say(f"\npolls   {polled.calls.total()} calls: {used}")
        say(f"        read the secret again {polled.read_again} times; FAILED CALLS: {len(polled.failures)}")
        if polled.failures:
            raise DemoError(f"the service failed {len(polled.failures)} times: {polled.failures[0]}")
        if not {first.id, second, third} <= set(polled.calls):
            raise DemoError("the service has not worked with every key")
        kept = []
        say("\nmessages, one for each revision:")
        for message in stage.all_messages():
            say(message["Subject"], 4)
            kept.append(stage.evidence(message))
    return kept


def moved(stage: Stage, service: Polling, secret: str, *, other_than: str) -> str:
    """The key that the secret holds by now, once the service works with it."""
    key: str = json.loads(stage.secrets.get_secret_value(SecretId=secret)["SecretString"])["accessKeyId"]
    if key == other_than:
        raise DemoError(f"the secret still holds {key}")
    if not service.uses(key, PATIENCE):
        raise DemoError(f"the service does not work with {key}: {service.polled().failures[-1:]}")
    return key


def through_the_gate(stage: Stage, key: str) -> None:
    """Lets the schedule tick until a replaced key is deactivated, and then gone, and says when."""
    begun, told = time.monotonic(), ""
    while True:
        listed = stage.iam.list_access_keys(UserName=SERVICE)["AccessKeyMetadata"]
        state = next((each["Status"] for each in listed if each["AccessKeyId"] == key), "deleted")
        if state != told:
            say(f"gate    {time.monotonic() - begun:4.1f} s: {key} is {state}")
            told = state
        if state == "deleted":
            return
        if time.monotonic() - begun > PATIENCE:
            raise DemoError(
                f"{key} is still {state} after {PATIENCE:.0f} s. Is the stack deployed with short windows? make demo gives them "
                "(--parameter CutoverQuiet=*=3s --parameter CutoverDeletion=3s)"
            )
        stage.tick()
        time.sleep(1)


def statement(evidence: Path) -> dict[str, Any]:
    """What an envelope states. Whether it is genuine is for `sever verify` to say."""
    return json.loads(base64.b64decode(json.loads(evidence.read_text(encoding="utf-8"))["payload"]))


def proof(stage: Stage, kept: list[Path]) -> None:
    with scene("6. The proof: every statement verified offline, with files alone"):
        key = stage.public_key()
        say(f"sever verify {len(kept)} files --key {key.name}")
        answer = stage.verify(*kept)
        if answer.returncode != 0:
            raise DemoError(f"the evidence does not verify:\n{answer.stdout}{answer.stderr}")
        # The first record whole, of the others who and how it ended: the messages above said the rest.
        records = answer.stdout.rstrip().split("\n\n")
        say(records[0] + "\n", 4)
        brief = ("VERIFIED", "  Verdict ", "  Who ", "RESULT")
        say("\n".join(line for record in records[1:] for line in record.splitlines() if line.startswith(brief)), 4)
        forged = stage.keep / "forged.dsse.json"
        envelope = json.loads(kept[0].read_text(encoding="utf-8"))
        payload = bytearray(base64.b64decode(envelope["payload"]))
        at = payload.index(b"verified_revoked")
        payload[at] ^= 1
        forged.write_text(json.dumps(envelope | {"payload": base64.b64encode(payload).decode()}), encoding="utf-8")
        answer = stage.verify(forged)
        if answer.returncode == 0:
            raise DemoError("a forged statement verifies")
        say("\nand one with a single bit changed:")
        say((answer.stdout + answer.stderr).rstrip(), 4)
        say(f"(exit code {answer.returncode})", 4)


def second_delivery(stage: Stage, account: Account) -> None:
    with scene("7. The same finding once more: EventBridge delivers at least once"):
        event = account.event("guardduty/compromised-access-key.json")
        function = os.environ["SEVERANCE_POSTURE_FINDING_FUNCTION"]
        answer = stage.lambda_.invoke(FunctionName=function, Payload=json.dumps(event))
        response = json.loads(answer["Payload"].read())
        for reaction in response["reactions"]:
            say(f"{reaction['case']}: {reaction['verdict']}, replayed: {reaction['replayed']}")
            if not reaction["replayed"]:
                raise DemoError("the second delivery acted again")
        say(f"AWS calls: {', '.join(f'{name} {count}' for name, count in sorted(response['calls'].items()))}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sever", type=Path, required=True, help="the sever command")
    parser.add_argument("--keep", type=Path, help="folder that keeps evidence and public key (default: a temporary one)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="severance-demo-") as scratch:
        keep = options.keep or Path(scratch)
        keep.mkdir(parents=True, exist_ok=True)
        stage = Stage(options.sever, keep)
        with scene("0. An account with people, service accounts, keys and secrets"):
            account = seed(stage.session)
            say(f"{'user':<18}{'owner':<40}{'class':<10}access key")
            for user in ("ci-deployer", "report-batch", "new-hire-bot", "payments-api", "alice", "warehouse-sync"):
                tags = {tag["Key"]: tag["Value"] for tag in stage.iam.list_user_tags(UserName=user)["Tags"]}
                key = account.keys[user].id if user in account.keys else "none yet"
                say(f"{user:<18}{tags.get('severance:owner', 'nobody'):<40}{tags.get('severance:class', '-'):<10}{key}")
        scenes: list[Callable[[Stage, Account], list[Path]]] = [threat, new_key, leaver, nothing_left_alive, without_an_outage]
        kept = [path for play in scenes for path in play(stage, account)]
        proof(stage, kept)
        second_delivery(stage, account)
        with scene("Done"):
            say("Four events, four identities whose keys AWS refused, and signed evidence that verifies offline.")
            say("A key was replaced twice under a service that never noticed, and each old one died when nobody used it any more.")
            say("What appeared meanwhile died too. What was undone came back on purpose, without what others may know.")
            say("What was shared was left alone and held for review; what was not confirmed is called not verified.")
            if options.keep:
                say(f"\nEvidence and public key are kept in {keep}.")
            say("\nNext: docs/OPERATIONS.md deploys it to an account of yours (it starts in observe mode);")
            say("      docs/EVIDENCE.md says what the evidence states and how an auditor checks it.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except DemoError as error:
        print(f"\nThe demonstration failed: {error}", file=sys.stderr)
        sys.exit(1)
