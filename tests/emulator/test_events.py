"""What the overlay claims of EventBridge, held as fixtures.py says."""

from __future__ import annotations

import json
import time
import urllib.parse
from collections.abc import Callable
from typing import Any

import fixtures
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from fixtures import (
    ACCOUNT,
    ALLOW_ALL,
    ASSUMED_BY_LAMBDA,
    OTHER,
    Case,
    another_emulator,
    client,
    http,
    new_function,
    new_key,
    new_role,
    new_user,
    policy,
    setUpModule,
    tearDownModule,
    trust,
    unique,
)

__all__ = ["setUpModule", "tearDownModule"]

TAGGED = [{"Key": "overlay:events", "Value": "true"}]
SECONDS = 30.0


class Queue:
    """A queue that a rule delivers to."""

    def __init__(self, account: str = "test", region: str = "us-east-1") -> None:
        self.sqs = client("sqs", account, region=region)
        self.url = self.sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
        got = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        self.arn = got["Attributes"]["QueueArn"]
        self.got: list[dict[str, Any]] = []
        self.attributes: list[dict[str, str]] = []

    def poll(self) -> None:
        asked = {"MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        for message in self.sqs.receive_message(QueueUrl=self.url, **asked).get("Messages", []):
            self.got.append(json.loads(message["Body"]))
            told = message.get("MessageAttributes", {}).items()
            self.attributes.append({name: value["StringValue"] for name, value in told})

    def wait(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            self.poll()
            for event in self.got:
                if fits(event):
                    return event
            time.sleep(0.05)
        raise AssertionError(f"no such event among {[name(event) for event in self.got]}")


def name(event: dict[str, Any]) -> str:
    return event["detail"].get("eventName", "")


def new_rule(
    target: str, pattern: dict[str, Any], account: str = "test", region: str = "us-east-1", bus: str = "default", **more: Any
) -> str:
    events, rule = client("events", account, region=region), unique("rule")
    state = {"State": more.pop("State")} if "State" in more else {}
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern), EventBusName=bus, **state)
    events.put_targets(Rule=rule, EventBusName=bus, Targets=[{"Id": "one", "Arn": target, **more}])
    return rule


def put_event(event: dict[str, Any], account: str = "test", **more: str) -> int:
    signed = f"AWS4-HMAC-SHA256 Credential={account}/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0"
    form = {"Action": "OverlayPutEvent", "Event": json.dumps(event)} | more
    return http("POST", "/", form=form, Authorization=signed)[0]


def forwarding_role(bus: str, account: str = "test") -> str:
    may = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}
    return new_role(trust({"Principal": {"Service": "events.amazonaws.com"}}), may, account=account)


class Emitted(Case):
    def test_calls_about_who_is_tagged(self) -> None:
        queue, iam = Queue(), client("iam")
        new_rule(queue.arn, {"source": ["aws.iam"]})
        other, user = new_user(), unique("user")
        iam.create_user(UserName=user, Tags=TAGGED)
        iam.list_access_keys(UserName=user)
        key = new_key(user)
        new_key(other)
        event = queue.wait(lambda event: name(event) == "CreateAccessKey")
        self.assertEqual((event["source"], event["detail-type"]), ("aws.iam", "AWS API Call via CloudTrail"))
        self.assertEqual((event["account"], event["region"]), (ACCOUNT, "us-east-1"))
        detail = event["detail"]
        self.assertEqual(detail["requestParameters"], {"userName": user})
        self.assertEqual(detail["responseElements"]["accessKey"]["accessKeyId"], key[0])
        self.assertNotIn(key[1], json.dumps(event))
        self.assertEqual(event["time"], detail["eventTime"])
        # What is refused is an event as well, and so is what the user does himself, wherever IAM is called.
        self.refused("AccessDenied", client("iam", *key, region="eu-west-1").create_user, UserName="x")
        event = queue.wait(lambda event: event["detail"].get("errorCode") == "AccessDenied")
        self.assertEqual(event["detail"]["userIdentity"]["userName"], user)
        iam.delete_access_key(UserName=user, AccessKeyId=key[0])
        iam.delete_user(UserName=user)
        queue.wait(lambda event: name(event) == "DeleteUser")
        self.assertNotIn(other, json.dumps(queue.got))
        self.assertNotIn("ListAccessKeys", [name(event) for event in queue.got])

    def test_reads_on_demand(self) -> None:
        queue, iam, user = Queue(), client("iam"), unique("user")
        new_rule(queue.arn, {"source": ["aws.iam"]}, State="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
        iam.create_user(UserName=user, Tags=TAGGED)
        iam.list_access_keys(UserName=user)
        queue.wait(lambda event: name(event) == "ListAccessKeys")
        self.assertIn("CreateUser", [name(event) for event in queue.got])

    def test_sessions_start_where_they_are_asked_for(self) -> None:
        here, there = Queue(), Queue(region="eu-west-1")
        new_rule(here.arn, {"source": ["aws.sts"]})
        new_rule(there.arn, {"source": ["aws.sts"]}, region="eu-west-1")
        user = new_user(ALLOW_ALL)
        client("iam").tag_user(UserName=user, Tags=TAGGED)
        arn = new_role(trust({"Principal": {"AWS": ACCOUNT}}))
        client("sts", *new_key(user), region="eu-west-1").assume_role(RoleArn=arn, RoleSessionName="visit")
        event = there.wait(lambda event: name(event) == "AssumeRole")
        self.assertEqual((event["region"], event["detail"]["awsRegion"]), ("eu-west-1", "eu-west-1"))
        client("sts", *new_key(user)).get_session_token()
        here.wait(lambda event: name(event) == "GetSessionToken")
        self.assertNotIn("AssumeRole", [name(event) for event in here.got])

    def test_secrets(self) -> None:
        queue, user = Queue(), new_user(ALLOW_ALL)
        client("iam").tag_user(UserName=user, Tags=TAGGED)
        new_rule(queue.arn, {"source": ["aws.secretsmanager"]})
        made = client("secretsmanager", *new_key(user)).create_secret(Name=unique("secret"), SecretString="a word")
        event = queue.wait(lambda event: name(event) == "CreateSecret")
        self.assertNotIn("a word", json.dumps(event))
        self.assertIn(made["Name"], json.dumps(event))

    def test_all_on_demand(self) -> None:
        with another_emulator(OVERLAY_EVENTS="on"):
            queue = Queue()
            new_rule(queue.arn, {"source": ["aws.iam"]})
            user = new_user()
            queue.wait(lambda event: name(event) == "CreateUser" and user in json.dumps(event))
        with another_emulator(OVERLAY_EVENTS=OTHER, OVERLAY_EVENT_DELAY_SECONDS="1"):
            here, there = Queue(), Queue(OTHER)
            new_rule(here.arn, {"source": ["aws.iam"]})
            new_rule(there.arn, {"source": ["aws.iam"]}, OTHER)
            new_user()
            start = time.monotonic()
            new_user(account=OTHER)
            there.wait(lambda event: name(event) == "CreateUser")
            self.assertGreaterEqual(time.monotonic() - start, 0.9)
            here.poll()
            self.assertEqual(here.got, [])


class Forwarded(Case):
    finding = {"source": "aws.guardduty", "detail-type": "GuardDuty Finding", "detail": {"type": "x"}}
    pattern = {"source": ["aws.guardduty"]}

    def test_to_another_region(self) -> None:
        there, bus = Queue(region="eu-west-1"), f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/default"
        dead = Queue()
        new_rule(there.arn, {"source": ["aws.iam"]}, region="eu-west-1")
        mark = unique("user")
        about = {"source": ["aws.iam"], "detail": {"requestParameters": {"userName": [mark]}}}
        rule = new_rule(bus, about, RoleArn=forwarding_role(bus), DeadLetterConfig={"Arn": dead.arn})
        client("iam").create_user(UserName=mark, Tags=TAGGED)
        event = there.wait(lambda event: name(event) == "CreateUser")
        self.assertEqual((event["source"], event["region"], event["account"]), ("aws.iam", "us-east-1", ACCOUNT))
        useless = forwarding_role(bus.replace("default", "other"))
        target = {"Id": "one", "Arn": bus, "RoleArn": useless, "DeadLetterConfig": {"Arn": dead.arn}}
        client("events").put_targets(Rule=rule, Targets=[target])
        new_key(mark)
        dead.wait(lambda event: name(event) == "CreateAccessKey")
        there.poll()
        self.assertNotIn("CreateAccessKey", [name(event) for event in there.got])

    def test_to_another_account(self) -> None:
        bus, queue, dead = unique("bus"), Queue(), Queue(OTHER)
        events = client("events")
        arn = events.create_event_bus(Name=bus)["EventBusArn"]
        new_rule(queue.arn, self.pattern, bus=bus)
        target = {"RoleArn": forwarding_role(arn, OTHER), "DeadLetterConfig": {"Arn": dead.arn}}
        new_rule(arn, self.pattern, OTHER, **target)
        event = self.finding | {"id": unique("event")}
        self.assertEqual(put_event(event, OTHER), 200)
        self.assertEqual(dead.wait(lambda got: got["id"] == event["id"])["account"], OTHER)
        events.put_permission(EventBusName=bus, StatementId="them", Principal=OTHER, Action="events:PutEvents")
        event = self.finding | {"id": unique("event")}
        put_event(event, OTHER)
        got = queue.wait(lambda got: got["id"] == event["id"])
        self.assertEqual((got["source"], got["account"], got["region"]), ("aws.guardduty", OTHER, "us-east-1"))
        self.assertEqual(len(queue.got), 1)
        allowed = {"Sid": "one", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "events:PutEvents", "Resource": arn}
        of_source = allowed | {"Condition": {"StringEquals": {"events:source": "aws.other"}}}
        events.put_permission(EventBusName=bus, Policy=policy(of_source))
        event = self.finding | {"id": unique("event")}
        put_event(event, OTHER)
        dead.wait(lambda got: got["id"] == event["id"])

    def test_to_another_bus_of_the_account(self) -> None:
        bus, queue = unique("bus"), Queue()
        arn = client("events").create_event_bus(Name=bus)["EventBusArn"]
        new_rule(queue.arn, self.pattern, bus=bus)
        new_rule(arn, self.pattern)
        event = self.finding | {"id": unique("event")}
        put_event(event)
        queue.wait(lambda got: got["id"] == event["id"])


class Buses(Case):
    def setUp(self) -> None:
        self.events, self.bus, self.queue = client("events"), unique("bus"), Queue()
        self.arn = self.events.create_event_bus(Name=self.bus)["EventBusArn"]
        new_rule(self.queue.arn, {"account": [ACCOUNT, OTHER]}, bus=self.bus)

    def entry(self, source: str = "severance") -> dict[str, list[dict[str, str]]]:
        return {"Entries": [{"Source": source, "DetailType": "x", "Detail": "{}", "EventBusName": self.arn}]}

    def may_put(self, account: str = "test", **more: Any) -> Any:
        may = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": self.arn} | more
        return client("events", *new_key(new_user(may, account=account), account))

    def test_their_policies_count(self) -> None:
        statement = {"Action": "events:PutEvents", "Resource": self.arn, "Principal": {"AWS": "*"}}
        own = self.may_put()
        own.put_events(**self.entry())
        deny = statement | {"Effect": "Deny", "Condition": {"StringNotEquals": {"events:source": "severance"}}}
        self.events.put_permission(EventBusName=self.bus, Policy=policy(deny))
        own.put_events(**self.entry())
        self.refused("AccessDeniedException", own.put_events, **self.entry("other"))
        limited = self.may_put(Condition={"StringEquals": {"events:source": "other"}})
        self.refused("AccessDeniedException", limited.put_events, **self.entry())

    def test_another_account_puts_events_in_where_it_may(self) -> None:
        senders = (client("events", OTHER), self.may_put(OTHER))
        for sender in senders:
            self.refused("AccessDeniedException", sender.put_events, **self.entry())
        self.events.put_permission(EventBusName=self.bus, StatementId="them", Principal=OTHER, Action="events:PutEvents")
        for sender in senders:
            self.assertEqual(sender.put_events(**self.entry())["FailedEntryCount"], 0)
            self.assertEqual(sender.put_events(**self.entry("aws.iam"))["FailedEntryCount"], 1)
        self.assertEqual(self.queue.wait(lambda event: event["source"] == "severance")["account"], OTHER)
        without = client("events", *new_key(new_user(account=OTHER), OTHER))
        self.refused("AccessDeniedException", without.put_events, **self.entry())


class PutIn(Case):
    def test_as_if_aws_had_sent_it(self) -> None:
        queue, mark = Queue(region="us-west-2"), unique("mark")
        new_rule(queue.arn, {"source": ["aws.health"], "detail": {"mark": [mark]}}, region="us-west-2")
        event = {
            "id": unique("event"),
            "source": "aws.health",
            "detail-type": "AWS Health Event",
            "time": "2026-01-31T12:00:00Z",
            "account": OTHER,
            "resources": ["AKIAIOSFODNN7EXAMPLE"],
            "detail": {"mark": mark},
        }
        self.assertEqual(put_event(event, Region="us-west-2"), 200)
        self.assertEqual(queue.wait(lambda got: got["id"] == event["id"]), event | {"region": "us-west-2", "version": "0"})
        self.assertEqual(put_event({"source": "aws.health"}), 400)
        refused = client("events").put_events(Entries=[{"Source": "aws.health", "DetailType": "x", "Detail": "{}"}])
        self.assertEqual(refused["FailedEntryCount"], 1)

    def test_only_root_may(self) -> None:
        body = urllib.parse.urlencode({"Action": "OverlayPutEvent", "Event": json.dumps(Forwarded.finding)}).encode()
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        request = AWSRequest("POST", fixtures.emulator.endpoint + "/", form, body)
        SigV4Auth(Credentials(*new_key(new_user(ALLOW_ALL))), "iam", "us-east-1").add_auth(request)
        self.assertEqual(http("POST", "/", data=body, **dict(request.headers))[0], 403)

    def test_functions_and_their_failures(self) -> None:
        dead, mark = Queue(), unique("mark")
        function = new_function(new_role(ASSUMED_BY_LAMBDA, ALLOW_ALL), "#!/bin/sh\nexit 1\n")
        destination = {"OnFailure": {"Destination": dead.arn}}
        client("lambda").put_function_event_invoke_config(FunctionName=function, DestinationConfig=destination)
        new_rule(function, {"detail": {"mark": [mark]}})
        gone = Queue()
        missing = function + "-gone"
        new_rule(missing, {"detail": {"mark": [mark]}}, DeadLetterConfig={"Arn": gone.arn})
        put_event({"source": "aws.test", "detail-type": "x", "detail": {"mark": mark}})
        gone.wait(lambda got: got["detail"] == {"mark": mark})
        (attributes,) = gone.attributes
        self.assertEqual((attributes["TARGET_ARN"], attributes["ERROR_CODE"]), (missing, "RESOURCE_NOT_FOUND"))
        deadline = time.monotonic() + SECONDS
        while not dead.got and time.monotonic() < deadline:
            dead.poll()
            time.sleep(0.1)
        self.assertEqual(dead.got[0]["requestPayload"]["detail"], {"mark": mark})
