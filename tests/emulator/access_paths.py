"""Ways in for credentials that do not sign requests: passwords, API keys, git's. Each opens as far as AWS would let it."""

from __future__ import annotations

import base64
import re
import secrets
from urllib.parse import unquote

import lag
import trail
import wire
from credentials import LAST_SIGN_IN, PASSWORDS, SERVICE_CREDENTIALS, SSH_KEYS, digest, scrambled, settled
from ministack.core.responses import get_region, request_scope
from ministack.services import bedrock_runtime, iam
from wire import Json, Request, Response, access_path, now, plain_json

user_may = lag.enforced(wire.user_may)


@access_path
async def sign_in(request: Request) -> Response | None:
    """The console's sign-in, as an overlay-only address: form AccountId, UserName, Password.

    A user without any permission may still sign in; without a login profile nobody can.
    """
    if request.path != "/_overlay/signin" or request.method != "POST":
        return None
    form = request.form
    with request_scope(form.get("AccountId", ""), "us-east-1"), lag.ENFORCEMENT.showing():
        name = form.get("UserName", "")
        user = iam._users.get(name)
        kept = PASSWORDS.get(name)
        known = user is not None and name in iam._login_profiles and kept is not None
        if known and secrets.compare_digest(scrambled(form.get("Password", ""), kept[0]), kept[1]):
            LAST_SIGN_IN[name] = now()
            trail.console_login(user, success=True)
            return plain_json(200, {"Arn": user["Arn"]})
        if user is not None:
            trail.console_login(user, success=False)
    return plain_json(401, {"Message": "Authentication failed"})


@lag.enforced
def usable(secret: str, service: str, *, user_name: str = "") -> tuple[str, Json] | None:
    """The account and record of an active service-specific credential with this secret."""
    sought = digest(secret)
    for (account, _), record in list(SERVICE_CREDENTIALS.to_dict().items()):
        if record["ServiceName"] == service and secrets.compare_digest(record["digest"], sought):
            named = not user_name or record.get("ServiceUserName") == user_name
            return (account, record) if named and settled(record)["Status"] == "Active" else None
    return None


def bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme == "Bearer" else ""


def api_key_refusal(request: Request, service: str, also: str = "", resource: str = "*") -> Response | tuple[str, str]:
    """Why the API key of a request does not open a service, or else the account and user who hold it."""
    prefix = service.partition(".")[0]
    found = usable(bearer(request), service)
    if found is None:
        message = "Authentication failed: Please make sure your API Key is valid."
        return plain_json(403, {"Message": message}, **{"x-amzn-errortype": "AccessDeniedException"})
    account, record = found
    with request_scope(account, get_region()):
        name = record["UserName"]
        kind = {f"{prefix}:bearerTokenType": "LONG_TERM"}
        for action, on in ((f"{prefix}:CallWithBearerToken", "*"), (also, resource)):
            if action and not user_may(name, action, on, **kind):
                arn = (iam._users.get(name) or {}).get("Arn", "")
                message = f"User: {arn} is not authorized to perform: {action}"
                return plain_json(403, {"Message": message}, **{"x-amzn-errortype": "AccessDeniedException"})
        return account, name


@access_path
async def bedrock(request: Request) -> Response | None:
    """Bedrock's runtime opens to a long-term API key, as far as its user may CallWithBearerToken and InvokeModel."""
    called = re.fullmatch(r"/model/(.+)/(converse|invoke)", request.path)
    if called is None or request.method != "POST" or not bearer(request):
        return None
    arn = f"arn:aws:bedrock:{get_region()}::foundation-model/{unquote(called[1])}"
    opened = api_key_refusal(request, "bedrock.amazonaws.com", "bedrock:InvokeModel", arn)
    if len(opened) == 3:
        return opened
    account, name = opened
    with request_scope(account, get_region()):
        trail.bearer_call("bedrock", called[2], iam._users[name])
        return await bedrock_runtime.handle_request("POST", request.path, request.headers, request.body, {})


@access_path
async def other_api_keys(request: Request) -> Response | None:
    """The other API keys have no service here to open. At `POST /_overlay/bearer/<service>` they are tried: 200 or 403."""
    service = request.path.removeprefix("/_overlay/bearer/")
    if request.method != "POST" or service == request.path:
        return None
    opened = api_key_refusal(request, service)
    return opened if len(opened) == 3 else plain_json(200, {"UserName": opened[1]})


@access_path
async def git_over_https(request: Request) -> Response | None:
    """CodeCommit's HTTPS front for git: `GET /v1/repos/<name>/info/refs?service=git-upload-pack` with Basic credentials."""
    asked = re.fullmatch(r"/v1/repos/([^/]+)/info/refs", request.path)
    if asked is None:
        return None
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme != "Basic":
        return 401, {"WWW-Authenticate": 'Basic realm="CodeCommit"'}, b""
    name, _, password = base64.b64decode(given + "==").decode("utf-8", "replace").partition(":")
    found = usable(password, "codecommit.amazonaws.com", user_name=name)
    service = (request.query.get("service") or [""])[0]
    return git_answer(found, asked[1], service)


@access_path
async def git_over_ssh(request: Request) -> Response | None:
    """There is no SSH here: `POST /_overlay/ssh` with form SSHPublicKeyId, Repository, Service stands for git over SSH by the
    holder of that key, whose proof is not asked for."""
    if request.path != "/_overlay/ssh" or request.method != "POST":
        return None
    form = request.form
    with lag.ENFORCEMENT.showing():
        for (account, key_id), record in list(SSH_KEYS.to_dict().items()):
            if key_id == form.get("SSHPublicKeyId") and record["Status"] == "Active":
                return git_answer((account, record), form.get("Repository", ""), form.get("Service", "git-upload-pack"))
        return git_answer(None, "", "")


def git_answer(found: tuple[str, Json] | None, repository: str, service: str) -> Response:
    action = "codecommit:GitPush" if service == "git-receive-pack" else "codecommit:GitPull"
    if found is not None:
        account, record = found
        with request_scope(account, get_region()):
            if user_may(record["UserName"], action, f"arn:aws:codecommit:{get_region()}:{account}:{repository}"):
                return 200, {"Content-Type": f"application/x-{service}-advertisement"}, b"0000"
    return 403, {"Content-Type": "text/plain"}, b"Forbidden"
