"""A service that works with the access key in its secret, as one does that caches it: while its key is replaced under it.

It looks into its secret before each call, reads it anew when AWS refuses a key, and tries once more. What AWS refuses even then
is a failed call: an outage.
"""

import json
import threading
from collections import Counter

from botocore.exceptions import BotoCoreError, ClientError
from console import until
from users import client

PAUSE = 0.1


class Polling(threading.Thread):
    """The service: a user that may send messages into one queue, and its worker."""

    def __init__(self, name: str, queue: str, before: dict[str, str], secret_name: str) -> None:
        super().__init__(daemon=True, name=f"polling-{name}")
        self._queue, self._before, self._secret_name = queue, before, secret_name
        # By a role of its own in real life; the user's key would not be there to read its own secret.
        self._secrets = client("secretsmanager")
        self._ended = threading.Event()
        self.calls: Counter[str] = Counter()
        """Calls that AWS did, by the key that they were made with."""
        self.read_again = 0
        self.failures: list[str] = []

    def run(self) -> None:
        while not self._ended.wait(PAUSE):
            try:
                try:
                    used = self._call()
                except ClientError:
                    self.read_again += 1
                    used = self._call()
            except (ClientError, BotoCoreError, KeyError, ValueError) as error:
                self.failures.append(str(error))
            else:
                self.calls[used] += 1

    def _call(self) -> str:
        key = self._key()
        client("sqs", key).send_message(QueueUrl=self._queue, MessageBody="an invoice")
        return key["AccessKeyId"]

    def _key(self) -> dict[str, str]:
        """The key in the secret; until there is one, the key that the service had been configured with."""
        try:
            value = json.loads(self._secrets.get_secret_value(SecretId=self._secret_name)["SecretString"])
        except self._secrets.exceptions.ResourceNotFoundException:
            return self._before
        if "accessKeyId" not in value:
            return self._before
        return {"AccessKeyId": value["accessKeyId"], "SecretAccessKey": value["secretAccessKey"]}

    def uses(self, key_id: str, patience: float) -> bool:
        """Waits until a call was made with this key."""
        return until(lambda: self.calls[key_id], patience, PAUSE) > 0

    def end(self) -> None:
        """Stops, after which nothing more is counted."""
        self._ended.set()
        self.join(10)
