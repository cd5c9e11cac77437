"""A service that works with the access key in its secret, as one does that caches it: while its key is replaced under it.

It looks into its secret before each call, reads it anew when AWS refuses a key, and tries once more. What AWS refuses even then
is a failed call: an outage.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from seed import Key
from subject import ONCE, as_holder

PAUSE = 0.1


@dataclass
class Polled:
    """What came of the calls so far."""

    calls: Counter[str] = field(default_factory=Counter)
    """Calls that AWS did, by the key that they were made with."""
    read_again: int = 0
    failures: list[str] = field(default_factory=list)


class Polling(threading.Thread):
    """The service: a user that may send messages into one queue, and its worker."""

    def __init__(self, name: str, queue: str, before: Key, secret_name: str) -> None:
        super().__init__(daemon=True, name=f"polling-{name}")
        self._queue, self._before, self._secret_name = queue, before, secret_name
        # By a role of its own in real life; the user's key would not be there to read its own secret.
        self._secrets: Any = boto3.client("secretsmanager", config=ONCE, endpoint_url=os.environ["AWS_ENDPOINT_URL"])
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._polled = Polled()

    def run(self) -> None:
        while not self._ended.is_set():
            try:
                key = self._key()
                try:
                    self._call(key)
                except ClientError:
                    with self._lock:
                        self._polled.read_again += 1
                    key = self._key()
                    self._call(key)
            except (ClientError, BotoCoreError, KeyError, ValueError) as error:
                with self._lock:
                    self._polled.failures.append(str(error))
            else:
                with self._lock:
                    self._polled.calls[key.id] += 1
            time.sleep(PAUSE)

    def _key(self) -> Key:
        """The key in the secret; until there is one, the key that the service had been configured with."""
        try:
            value = json.loads(self._secrets.get_secret_value(SecretId=self._secret_name)["SecretString"])
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return self._before
            raise
        return Key(value["accessKeyId"], value["secretAccessKey"]) if "accessKeyId" in value else self._before

    def _call(self, key: Key) -> None:
        credentials = {"AccessKeyId": key.id, "SecretAccessKey": key.secret}
        as_holder("sqs", credentials).send_message(QueueUrl=self._queue, MessageBody="an invoice")

    def polled(self) -> Polled:
        """What came of the calls so far."""
        with self._lock:
            return Polled(Counter(self._polled.calls), self._polled.read_again, list(self._polled.failures))

    def uses(self, key_id: str, patience: float) -> bool:
        """Waits until a call was made with this key."""
        deadline = time.monotonic() + patience
        while not self.polled().calls[key_id]:
            if time.monotonic() > deadline:
                return False
            time.sleep(PAUSE)
        return True

    def end(self) -> Polled:
        """Stops, and says what came of it all."""
        self._ended.set()
        self.join(10)
        return self.polled()
