"""Function URLs that can be called here, and that tell the function who called. On top of ministack's.

AWS: docs.aws.amazon.com/lambda/latest/dg/urls-auth.html and urls-invocation.html
"""

from __future__ import annotations

import json
import os
import re
from typing import Any

from ministack.core import iam_evaluator, router
from ministack.services import lambda_svc
from wire import Json, Response

PATH = "/_aws/lambda-url/"

_create_function_url_config = lambda_svc._create_function_url_config
_build_function_url_event = lambda_svc._build_function_url_event
_function_url_id = lambda_svc._function_url_id


def base() -> str:
    return f"http://127.0.0.1:{os.environ.get('GATEWAY_PORT', '4566')}{PATH}"


def create_function_url_config(function: str, data: Json, qualifier: str | None) -> Response:
    """The URL is one that reaches this emulator, also as CloudFormation's FunctionUrl: AWS's host would lead out of it."""
    status, headers, body = _create_function_url_config(function, data, qualifier)
    if status >= 400:
        return status, headers, body
    config = json.loads(body)
    config["FunctionUrl"] = f"{base()}{_function_url_id(config['FunctionUrl'])}/"
    lambda_svc._function_urls[lambda_svc._url_config_key(function, qualifier)]["FunctionUrl"] = config["FunctionUrl"]
    return status, headers, json.dumps(config).encode()


def function_url_id(url: str) -> str:
    named = re.search(re.escape(PATH) + "([^/]+)", url)
    return named[1] if named else _function_url_id(url)


def build_function_url_event(*request: Any, **more: Any) -> Json:
    """requestContext.authorizer.iam is who called, where the URL's AuthType is AWS_IAM."""
    event = _build_function_url_event(*request, **more)
    headers, query = request[5], request[7]
    key = router.extract_access_key_id(headers, query)
    caller = iam_evaluator.resolve_caller_identity(key)
    if caller is not None and not more.get("anonymous"):
        names = ("accessKey", "accountId", "userArn", "userId", "principalOrgId")
        iam = {name: caller[name] for name in names} | {"callerId": caller["userId"], "cognitoIdentity": None}
        event["requestContext"] |= {"authentication": None, "authorizer": {"iam": iam}}
    return event


def install(app: Any) -> None:
    lambda_svc._create_function_url_config = create_function_url_config
    lambda_svc._function_url_id = function_url_id
    lambda_svc._build_function_url_event = build_function_url_event
    within = app._handle_lambda_url_request

    async def handle(host: str, path: str, method: str, headers: Any, body: bytes, query: Any, *rest: Any, **more: Any) -> Any:
        """Since October 2025 calling a URL takes lambda:InvokeFunction beside lambda:InvokeFunctionUrl."""
        parsed = app._parse_lambda_url(host, path)
        if parsed is not None and lambda_svc._function_url_is_signed(headers, query):
            arn, context, _ = app._function_url_auth_target(parsed[0])
            context = context | {"lambda:InvokedViaFunctionUrl": "true"}
            denied = app._enforce_data_plane(
                "lambda", "lambda:InvokeFunction", headers, query, "", resource_arn=arn, service_context=context
            )
            if denied:
                return denied
        return await within(host, path, method, headers, body, query, *rest, **more)

    app._handle_lambda_url_request = handle
