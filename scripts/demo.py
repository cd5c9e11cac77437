#!/usr/bin/env python3
"""The main job, to watch: four events come in, four identities lose their access, signed proof goes out; one gets it back.
And a key is replaced under a service that works with it, without one failed call.

Runs against a stack that `scripts/stack.py run` deployed into the emulator, and finds it in the environment.
"""

import argparse
import base64
import json
import os
import shlex
import subprocess
import tempfile
import textwrap
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boto3
from console import Failure, end_with, table
from cryptography.hazmat.primitives import serialization
from deployment import evidence, stated_case
from access_paths import BEDROCK, CERTIFICATE, EXPOSED, GIT, MINTED, NEW_SESSION, OTHER, PATIENCE, SSH, Everything, Tried
from polling import Polling
from seed import Account, seed
from users import allow, client, finding, new_key, new_user, refusal

SERVICE = "invoice-sender"
COMPROMISED = "guardduty/compromised-access-key.json"


class Stage:
    """The deployed stack, and what is needed to look at it from outside."""

    def __init__(self, sever: Path, keep: Path) -> None:
        self.sever, self.keep = sever, keep
        self.kept: list[Path] = []
        self.iam, self.sqs, self.lambda_ = client("iam"), client("sqs"), client("lambda")
        self.secrets = client("secretsmanager")
        # A responder's inbox gets every message of the topic.
        self.inbox, arn = self.new_queue("responder")
        sends = allow(Principal={"Service": "sns.amazonaws.com"}, Action="sqs:SendMessage", Resource=arn)
        self.sqs.set_queue_attributes(QueueUrl=self.inbox, Attributes={"Policy": sends})
        client("sns").subscribe(TopicArn=os.environ["SEVERANCE_TOPIC"], Protocol="sqs", Endpoint=arn)

    def new_queue(self, name: str) -> tuple[str, str]:
        """A queue's URL and ARN."""
        queue = self.sqs.create_queue(QueueName=f"{name}-{os.getpid()}")["QueueUrl"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
        return queue, attributes["QueueArn"]

    def send(self, function: str, event: dict[str, Any]) -> None:
        """Hands an event to a function as EventBridge does: asynchronously."""
        self.lambda_.invoke(FunctionName=os.environ[function], InvocationType="Event", Payload=json.dumps(event))

    def ask_function(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        """Hands an event to a function, and waits for its answer."""
        answer = self.lambda_.invoke(FunctionName=os.environ[function], Payload=json.dumps(event))
        said = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            raise Failure(f"{function} failed: {said}")
        return dict(said)

    def put_on_bus(self, event: dict[str, Any]) -> None:
        """Sends one of our own events through the bus and its rule."""
        entry = {
            "Source": event["source"], "DetailType": event["detail-type"], "Detail": json.dumps(event["detail"]),
            "EventBusName": os.environ["SEVERANCE_BUS"],
        }  # fmt: skip
        answer = client("events").put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise Failure(f"the bus refused the event: {answer['Entries']}")

    def messages(self, count: int) -> list[dict[str, str]]:
        """Waits for this many new messages in the inbox."""
        found: list[dict[str, str]] = []
        begun = time.monotonic()
        while len(found) < count:
            if time.monotonic() - begun > PATIENCE:
                raise Failure(f"{len(found)} of {count} messages within {PATIENCE:.0f} s; look at the function's log")
            found += self.new_messages()
        return found

    def new_messages(self) -> list[dict[str, str]]:
        """Some of the messages that are in the inbox by now, until there is none."""
        answer = self.sqs.receive_message(QueueUrl=self.inbox, MaxNumberOfMessages=10, WaitTimeSeconds=2)
        for message in answer.get("Messages", []):
            self.sqs.delete_message(QueueUrl=self.inbox, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    def keep_evidence(self, message: dict[str, str]) -> None:
        """Fetches the envelope that a message names."""
        uri = next(line.strip() for line in message["Message"].splitlines() if line.strip().startswith("s3://"))
        path = self.keep / uri.removeprefix("s3://").partition("/")[2].replace("/", "_")
        path.write_bytes(evidence(uri))
        self.kept.append(path)

    def person(self, name: str) -> dict[str, str]:
        """The key of somebody who may ask the responder, and do nothing else."""
        new_user(name, path="/people/", owner=None, kind=None)
        self.iam.attach_user_policy(UserName=name, PolicyArn=os.environ["SEVERANCE_INVOKE_POLICY"])
        return new_key(name)

    def ask(self, person: dict[str, str], *words: str) -> str:
        """Runs `sever` as this person, shows it, and returns what it printed."""
        words = (*words, "--stack", os.environ["SEVERANCE_STACK"])
        say(f"$ {shlex.join(['sever', *words])}")
        credentials = {"AWS_ACCESS_KEY_ID": person["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": person["SecretAccessKey"]}
        answer = self._run(words, os.environ | credentials)
        say(answer.stdout.rstrip(), 4)
        if answer.returncode != 0:
            raise Failure(f"sever {words[0]} ended with {answer.returncode}:\n{answer.stderr}")
        return answer.stdout

    def verify(self, *kept: Path) -> subprocess.CompletedProcess[str]:
        """Checks evidence offline: the verifier is given files only. An auditor gets the public key once."""
        der = client("kms").get_public_key(KeyId=os.environ["SEVERANCE_SIGNING_KEY"])["PublicKey"]
        form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        key = self.keep / "evidence-key.pem"
        key.write_bytes(serialization.load_der_public_key(der).public_bytes(*form))
        return self._run(("verify", *map(str, kept), "--key", str(key)), {"PATH": os.environ["PATH"]})

    def verified(self, *kept: Path) -> str:
        """What the verifier says of evidence that is genuine."""
        answer = self.verify(*kept)
        if answer.returncode != 0:
            raise Failure(f"the evidence does not verify:\n{answer.stdout}{answer.stderr}")
        return answer.stdout.rstrip()

    def _run(self, words: tuple[str, ...], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(self.sever), *words], env=environment, text=True, capture_output=True, check=False)


def say(text: str = "", indent: int = 2) -> None:
    """Prints a block."""
    print(textwrap.indent(text, " " * indent), flush=True)


def scene(title: str) -> None:
    """The heading of a part of the demonstration."""
    print(f"\n━━ {title} " + "━" * max(0, 96 - len(title)), flush=True)


def show_key(when: str, who: str, key: dict[str, str], *, alive: bool) -> None:
    """Tries a key, says what came of it, and insists on it."""
    sts = client("sts", key)
    if refused := refusal(sts.get_caller_identity):
        said = f"is DEAD ({refused['Code']}: {refused['Message']})"
    else:
        said = f"works (sts:GetCallerIdentity answers {sts.get_caller_identity()['Arn']})"
    say(f"{when:<8}{who}'s key {key['AccessKeyId']}: {said}")
    if alive == bool(refused):
        raise Failure(f"{who}'s key should {'work' if alive else 'be dead'}")


def show_messages(stage: Stage, count: int) -> list[dict[str, str]]:
    """Prints what a responder gets, and keeps the evidence."""
    messages = sorted(stage.messages(count), key=lambda message: message["Subject"])
    for message in messages:
        say(f"\nmessage {message['Subject']}")
        say(message["Message"].rstrip(), 6)
        stage.keep_evidence(message)
    return messages


def show_last_word(stage: Stage, case: str) -> list[dict[str, str]]:
    """Has a case rechecked until its last verdict is reached, as the schedule does every minute, and prints what a responder gets."""
    begun = time.monotonic()
    while True:
        stage.ask_function("SEVERANCE_RESPONDER_FUNCTION", {"request": {"recheck": {"case": case}}})
        record = stage.ask_function("SEVERANCE_RESPONDER_FUNCTION", {"request": {"status": {"case": case}}})["case"]
        if record["verdict"] and "nextAt" not in record.get("rechecking", {}):
            break
        if time.monotonic() - begun > PATIENCE:
            raise Failure(f"{case} is still being rechecked after {PATIENCE:.0f} s")
        time.sleep(0.2)
    messages: list[dict[str, str]] = []
    while new := stage.new_messages():
        messages += new
    messages.sort(key=lambda message: message["Message"].partition(" revision ")[2])
    say("\nlater   IAM and CloudTrail have had their time (twenty minutes in AWS, seconds here):")
    for message in messages:
        say(f"\nmessage {message['Subject']}")
        stage.keep_evidence(message)
    if messages:
        say(messages[-1]["Message"].rstrip(), 6)
    return messages


def show_the_end(stage: Stage, account: Account, user: str, function: str, name: str) -> None:
    """Hands the event of a file to a function, and shows that a user's key works before it and not after it."""
    show_key("before", user, account.keys[user], alive=True)
    say(f"event   events/{name}, with the real key id")
    stage.send(function, account.event(name))
    show_messages(stage, 1)
    show_key("\nafter", user, account.keys[user], alive=False)
    case = stated_case(stage.kept[-1].read_bytes())
    if "rechecking" in case:
        show_last_word(stage, case["id"])


def threat(stage: Stage, account: Account) -> None:
    scene("1. A threat finding: GuardDuty says that the key of ci-deployer is misused")
    show_the_end(stage, account, "ci-deployer", "SEVERANCE_POSTURE_FINDING_FUNCTION", COMPROMISED)
    policies = stage.iam.list_user_policies(UserName="ci-deployer")["PolicyNames"]
    say(f"after   inline policies of ci-deployer: {', '.join(policies)}")


def fresh_key(stage: Stage, account: Account) -> None:
    scene("2. A new access key: somebody makes one for new-hire-bot, which nobody owns")
    account.keys["new-hire-bot"] = new_key("new-hire-bot")
    created = "cloudtrail-iam/create-access-key-no-owner.json"
    show_the_end(stage, account, "new-hire-bot", "SEVERANCE_KEY_CREATION_FUNCTION", created)


def leaver(stage: Stage, account: Account) -> None:
    key, shared = account.keys["alice"], account.keys["warehouse-sync"]
    scene("3. A leaver: alice's last day; she owns a user, a secret, and shares a workload and a secret with bob")
    show_key("before", "alice", key, alive=True)
    show_key("before", "warehouse-sync", shared, alive=True)
    say("event   events/severance/person-left.json, through the bus and its rule")
    stage.put_on_bus(account.event("severance/person-left.json"))
    show_messages(stage, 4)
    show_key("\nafter", "alice", key, alive=False)
    show_key("after", "warehouse-sync", shared, alive=True)
    say("        (bob still needs it: held for review)")
    versions = stage.secrets.describe_secret(SecretId="alice/crm-token")["VersionIdsToStages"]
    say(f"after   versions of alice/crm-token: {sorted(stage for stages in versions.values() for stage in stages)}")
    say("        (its rotation function is not deployed here, so the rotation stays unfinished and the verdict says so)")


def show_access_paths(when: str, tried: list[Tried], alive: Collection[str]) -> None:
    """Prints what came of each credential, and insists on which of them work."""
    say(f"\n{when}")
    rows = [(each.what, each.by, "WORKS" if each.opens else "dead", each.said) for each in tried]
    say(table(["CREDENTIAL", "TRIED WITH", "", "AWS SAYS"], rows), 4)
    wrong = [each.what for each in tried if each.opens != (each.what in alive)]
    if wrong:
        raise Failure(f"otherwise than it should be: {', '.join(wrong)}")


def nothing_left_alive(stage: Stage, _account: Account) -> None:
    scene("4. Containment that leaves nothing alive, and can be undone: release-bot holds one of everything")
    user = Everything("release-bot", "/team/")
    carol = stage.person("carol")
    everything = user.try_all()
    show_access_paths("before  each credential, as its holder uses it:", everything, [each.what for each in everything])
    say("\nplan    what would be done, and what it would hit, asked by carol, who is on call. Nothing is changed:")
    planned = stage.ask(carol, "plan", user.arn, "--access-key", user.exposed["AccessKeyId"])
    keys = [key["AccessKeyId"] for key in user.keys]
    for held in (*keys, *user.ssh_keys, *user.statuses("signing certificate")):
        if held not in planned:
            raise Failure(f"the plan does not speak of {held}")
    show_access_paths("plan    and nothing was changed:", user.try_all(), [each.what for each in everything])

    # Times of issue have whole seconds: what is from before the finding must not look as if it came after.
    time.sleep(1.1)
    say(f"\nevent   events/{COMPROMISED}, about the exposed key")
    event = finding(user.name, user.exposed)
    # What was made since it was first seen, or in the day before, may be the attacker's. Nothing here is a day old, so the finding is
    # a day ahead.
    ahead = datetime.now(timezone.utc) + timedelta(days=1)
    event["detail"]["service"] |= dict.fromkeys(("eventFirstSeen", "eventLastSeen"), f"{ahead:%FT%T.%fZ}")
    with ThreadPoolExecutor() as attacker:
        minting = attacker.submit(user.mint_when_denied)
        stage.send("SEVERANCE_POSTURE_FINDING_FUNCTION", event)
    minted = minting.result()
    minted_id = minted["ServiceSpecificCredentialId"]
    say(f"attack  as soon as the user was denied everything, an administrator's hand made it one more key: {minted_id}")
    show_messages(stage, 1)
    told = len(stage.kept) - 1
    messages = show_last_word(stage, stated_case(stage.kept[-1].read_bytes())["id"])
    contained = stage.kept[-1]
    if minted_id not in "".join(message["Message"] for message in messages):
        raise Failure("no message speaks of the key that was minted meanwhile")
    after = [*user.try_all(), user.try_bedrock(MINTED, minted)]
    show_access_paths("after   the same credentials, and the minted one:", after, [])
    # Not denied alone, which one call can lift: the credentials themselves are dead.
    denied = [each.what for each in after if each.what in (EXPOSED, OTHER) and each.said != "InvalidClientTokenId"]
    if denied or user.is_active(minted) or user.is_active(user.bedrock) or user.is_active(user.git):
        raise Failure(f"only the deny-all policy holds down {', '.join(denied) or 'an API key'}")
    case = stated_case(contained.read_bytes())
    if case["verdict"] != "verified_revoked":
        raise Failure(f"the verdict is {case['verdict']}")

    say("\nundo    the owner says that it was a drill. What would come back:")
    stage.ask(carol, "restore", case["id"], "--reason", "a drill, says the owner", "--dry-run")
    show_access_paths("undo    and nothing was changed:", [*user.try_all(), user.try_bedrock(MINTED, minted)], [])
    say("\nundo    now for real:")
    stage.ask(carol, "restore", case["id"], "--reason", "a drill, says the owner", "--ticket", "INC-42")
    show_messages(stage, 1)
    restored = stage.kept[-1]
    tried = [*user.try_all(), user.try_bedrock(MINTED, minted), user.try_session(NEW_SESSION, user.start_session())]
    back = [OTHER, BEDROCK, GIT, SSH, CERTIFICATE, NEW_SESSION]
    show_access_paths("now     what is back, and what is not:", tried, back)
    if user.is_active(minted):
        raise Failure("the minted key was brought back")
    say("        (others may know the exposed key; whoever minted the other one was not its owner; of a password nobody has a")
    say("        copy; a session from before may be in other hands)")

    say("\nproof   all revisions of the case, verified offline:")
    revisions = stage.kept[told:]
    say(f"$ sever verify {' '.join(path.name for path in revisions)} --key evidence-key.pem")
    say(stage.verified(*revisions), 4)
    stated = [stated_case(path.read_bytes()) for path in revisions]
    story = [(each["id"], each["verdict"]) for each in stated]
    expected = [*["revoked_unverified"] * (len(stated) - 2), "verified_revoked", "restored"]
    if story != [(case["id"], verdict) for verdict in expected]:
        raise Failure(f"the evidence tells another story: {story}")
    if [each["revision"] for each in stated] != list(range(1, len(stated) + 1)):
        raise Failure("a revision is missing")


def without_an_outage(stage: Stage, _account: Account) -> None:
    scene(f"5. Rotation without an outage: {SERVICE} works with its key ten times a second while it is replaced, twice")
    queue, queue_arn = stage.new_queue("invoices")
    may = allow(Action="sqs:SendMessage", Resource=queue_arn)
    user = new_user(SERVICE, may, path="/service/", owner="billing@example.com")
    key = new_key(SERVICE)
    first = key["AccessKeyId"]
    dave = stage.person("dave")
    secret = f"severance/{SERVICE}"
    service = Polling(SERVICE, queue, key, secret)
    service.start()
    try:
        if not service.uses(first, PATIENCE):
            raise Failure(f"the service cannot work with its own key: {service.failures[-1:]}")
        say(f"before  {SERVICE} sends messages with {first}, which stands in no secret")
        say("\nadopt   dave, who is on call, has the key put under management:")
        stage.ask(dave, "adopt", user, "--reason", "no key outside of secrets, OPS-7")
        second = moved(stage, service, secret, other_than=first)
        say(f"\nnow     the secret holds {second}, and the service works with it. The old key waits at its cutover:")
        stage.ask(dave, "cutovers")
        through_the_gate(stage, first)

        say("\nrotate  a year later, in short:")
        rotated = stage.secrets.describe_secret(SecretId=secret)["ARN"]
        stage.ask(dave, "rotate", rotated, "--reason", "the yearly rotation")
        third = moved(stage, service, secret, other_than=second)
        say(f"\nnow     the secret holds {third}:")
        stage.ask(dave, "cutovers")
        through_the_gate(stage, second)
    finally:
        service.end()
    used = ", ".join(f"{count} with {key}" for key, count in service.calls.items())
    say(f"\npolls   {service.calls.total()} calls: {used}")
    say(f"        read the secret again {service.read_again} times; FAILED CALLS: {len(service.failures)}")
    if service.failures:
        raise Failure(f"the service failed {len(service.failures)} times: {service.failures[0]}")
    if not {first, second, third} <= set(service.calls):
        raise Failure("the service has not worked with every key")
    say("\nmessages, one for each revision:")
    while messages := stage.new_messages():
        for message in messages:
            say(message["Subject"], 4)
            stage.keep_evidence(message)


def moved(stage: Stage, service: Polling, secret: str, *, other_than: str) -> str:
    """The key that the secret holds by now, once the service works with it."""
    key: str = json.loads(stage.secrets.get_secret_value(SecretId=secret)["SecretString"])["accessKeyId"]
    if key == other_than:
        raise Failure(f"the secret still holds {key}")
    if not service.uses(key, PATIENCE):
        raise Failure(f"the service does not work with {key}: {service.failures[-1:]}")
    return key


def through_the_gate(stage: Stage, key: str) -> None:
    """Lets the schedule run until a replaced key is deactivated, and then gone, and says when."""
    begun, told = time.monotonic(), ""
    while True:
        listed = stage.iam.list_access_keys(UserName=SERVICE)["AccessKeyMetadata"]
        state = next((each["Status"] for each in listed if each["AccessKeyId"] == key), "deleted")
        if state != told:
            say(f"cutover {time.monotonic() - begun:4.1f} s: {key} is {state}")
            told = state
        if state == "deleted":
            return
        if time.monotonic() - begun > PATIENCE:
            raise Failure(
                f"{key} is still {state} after {PATIENCE:.0f} s. Is the stack deployed with short windows? make demo gives them "
                "(--parameter CutoverQuiet=*=3s --parameter CutoverDeletion=3s)"
            )
        # What the schedule asks of the responder.
        run = stage.ask_function("SEVERANCE_RESPONDER_FUNCTION", {"request": "scheduled_run"}).get("scheduled_run", {})
        if failed := run.get("failed"):
            say(f"run     not done yet: {'; '.join(failed)}")
        time.sleep(1)


def proof(stage: Stage, _account: Account) -> None:
    scene("6. The proof: every statement verified offline, with files alone")
    say(f"sever verify {len(stage.kept)} files --key evidence-key.pem")
    # The first record whole, of the others who and how it ended: the messages above said the rest.
    records = stage.verified(*stage.kept).split("\n\n")
    say(records[0] + "\n", 4)
    brief = ("VERIFIED", "  Verdict ", "  Who ", "RESULT")
    say("\n".join(line for record in records[1:] for line in record.splitlines() if line.startswith(brief)), 4)
    forged = stage.keep / "forged.dsse.json"
    envelope = json.loads(stage.kept[0].read_text(encoding="utf-8"))
    payload = bytearray(base64.b64decode(envelope["payload"]))
    at = payload.index(b"revoked_unverified")
    payload[at] ^= 1
    forged.write_text(json.dumps(envelope | {"payload": base64.b64encode(payload).decode()}), encoding="utf-8")
    answer = stage.verify(forged)
    if answer.returncode == 0:
        raise Failure("a forged statement verifies")
    say("\nand one with a single bit changed:")
    say((answer.stdout + answer.stderr).rstrip(), 4)
    say(f"(exit code {answer.returncode})", 4)


def second_delivery(stage: Stage, account: Account) -> None:
    scene("7. The same finding once more: EventBridge delivers at least once")
    response = stage.ask_function("SEVERANCE_POSTURE_FINDING_FUNCTION", account.event(COMPROMISED))
    for reaction in response["reactions"]:
        say(f"{reaction['case']}: {reaction['verdict']}, replayed: {reaction['replayed']}")
        if not reaction["replayed"]:
            raise Failure("the second delivery acted again")
    say(f"AWS calls: {', '.join(f'{name} {count}' for name, count in sorted(response['calls'].items()))}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sever", type=Path, required=True, help="the sever command")
    sever = parser.parse_args().sever
    with tempfile.TemporaryDirectory(prefix="severance-demo-") as keep:
        stage = Stage(sever, Path(keep))
        scene("0. An account with people, service accounts, keys and secrets")
        account = seed(boto3.Session())
        rows = []
        for user in ("ci-deployer", "report-batch", "new-hire-bot", "payments-api", "alice", "warehouse-sync"):
            tags = {tag["Key"]: tag["Value"] for tag in stage.iam.list_user_tags(UserName=user)["Tags"]}
            key = account.keys[user]["AccessKeyId"] if user in account.keys else "none yet"
            rows.append((user, tags.get("severance:owner", "nobody"), tags.get("severance:class", "-"), key))
        say(table(["user", "owner", "class", "access key"], rows))
        for play in (threat, fresh_key, leaver, nothing_left_alive, without_an_outage, proof, second_delivery):
            play(stage, account)
        scene("Done")
        say("Four events, four identities whose keys AWS refused, and signed evidence that verifies offline.")
        say("A key was replaced twice under a service that never noticed, and each old one died when nobody used it any more.")
        say("What appeared meanwhile died too. What was undone came back on purpose, without what others may know.")
        say("What was shared was left alone and held for review; what was not confirmed is called not verified.")
        say("\nNext: docs/OPERATIONS.md deploys it to an account of yours (it starts in observe mode);")
        say("      docs/EVIDENCE.md says what the evidence states and how an auditor checks it.")
    return 0


if __name__ == "__main__":
    end_with(main)
