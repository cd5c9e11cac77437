"""Where copies of keys lie: the lists and pages of SSM, Lambda, CodeBuild and ECS as AWS makes them, and what it does not show
to who may not use the key that encrypts it. Secrets Manager's are in secret_values.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import codebuild, ecs, lambda_svc, ssm
from secret_access import demand, key_refused
from wire import Json, Params, Refused, Response, json_page

# ── Parameters ───────────────────────────────────────────────────────────────────────────────────────────────────────


def parameter_arn(name: str) -> str:
    if name.startswith("arn:"):
        return name
    return f"arn:aws:ssm:{get_region()}:{get_account_id()}:parameter{'' if name.startswith('/') else '/'}{name}"


def ssm_resource_arn(body: bytes) -> str | None:
    """A list by path is about the path, several parameters are about each: the first here, get_parameters asks for the rest."""
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return None
    if "Path" in request:
        return parameter_arn(request["Path"])
    return parameter_arn(request["Names"][0]) if request.get("Names") else None


def project_arn(body: bytes) -> str | None:
    """Several projects are about each: the first here, batch_get_projects asks for the rest."""
    try:
        names = json.loads(body or b"{}").get("names")
    except ValueError:
        return None
    return f"arn:aws:codebuild:{get_region()}:{get_account_id()}:project/{names[0]}" if names else None


def at_most(limit: int, count: int, member: str) -> None:
    if count > limit:
        message = f"1 validation error detected: Value '{count}' at '{member}' failed to satisfy constraint"
        raise Refused(400, "ValidationException", f"{message}: Member must have value less than or equal to {limit}")


def decrypted(parameters: list[Json], request: Json) -> list[Json]:
    """A SecureString under a key that the caller may not use fails the whole call."""
    wanted = bool(request.get("WithDecryption"))
    for parameter in parameters:
        if wanted and parameter["Type"] == "SecureString":
            context = {"PARAMETER_ARN": parameter["ARN"]}
            if key_refused("kms:Decrypt", parameter.get("KeyId"), "ssm", **context):
                raise Refused(
                    400,
                    "AccessDeniedException",
                    "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you "
                    "are not allowed to access.",
                )
    return [ssm._param_out(parameter, wanted) for parameter in parameters]


_get_parameter = ssm._get_parameter
_describe_parameters = ssm._describe_parameters
_get_parameters = ssm._get_parameters


def get_parameter(request: Json) -> Response:
    parameter, _ = ssm._select_parameter(request.get("Name"))
    if parameter:
        decrypted([parameter], request)
    return _get_parameter(request)


def get_parameters(request: Json) -> Response:
    """Ten at most, each of which the caller must be allowed."""
    names = request.get("Names") or []
    at_most(10, len(names), "names")
    for name in names[1:]:
        demand("ssm:GetParameters", parameter_arn(name))
    found = [ssm._select_parameter(name)[0] for name in names]
    decrypted([parameter for parameter in found if parameter], request)
    return _get_parameters(request)


def get_parameters_by_path(request: Json) -> Response:
    """Ten a page. What has no leading slash lies at the root."""
    at_most(10, int(request.get("MaxResults") or 10), "maxResults")
    path = str(request.get("Path", "/")).rstrip("/") + "/"
    below = []
    for name, parameter in sorted(ssm._parameters.items()):
        full = name if name.startswith("/") else f"/{name}"
        if full.startswith(path) and (request.get("Recursive") or "/" not in full[len(path) :]):
            below.append(parameter)
    page, rest = json_page(below, request, 10)
    return json_response({"Parameters": decrypted(page, request), **rest})


def describe_parameters(request: Json) -> Response:
    """Fifty a page."""
    at_most(50, int(request.get("MaxResults") or 50), "maxResults")
    return _describe_parameters({"MaxResults": 50} | request)


# ── Functions ────────────────────────────────────────────────────────────────────────────────────────────────────────

_get_function_config = lambda_svc._get_function_config
_get_function = lambda_svc._get_function

KMS_DENIED = "Lambda was unable to decrypt the environment variables because KMS access was denied."


def shown(config: Json) -> Json:
    """The environment of a function under a key that the caller may not use is an error in its place."""
    if config.get("Environment") and key_refused(
        "kms:Decrypt", config.get("KMSKeyArn"), "lambda", **{"aws:lambda:FunctionArn": config["FunctionArn"]}
    ):
        return config | {"Environment": {"Error": {"ErrorCode": "AccessDeniedException", "Message": KMS_DENIED}}}
    return config


def list_functions(query: Params) -> Response:
    """Fifty a page whatever is asked for, and with FunctionVersion=ALL the versions, which keep environments of their own."""
    asked = int(lambda_svc._qp_first(query, "MaxItems", "50"))
    configs = []
    for name in sorted(lambda_svc._functions.keys()):
        function = lambda_svc._functions[name]
        configs.append(function["config"])
        if lambda_svc._qp_first(query, "FunctionVersion") == "ALL":
            configs += [function["versions"][number]["config"] for number in sorted(function["versions"], key=int)]
    page, rest = json_page(configs, {"NextToken": lambda_svc._qp_first(query, "Marker"), "MaxResults": asked}, 50)
    more = {"NextMarker": rest["NextToken"]} if rest else {}
    return json_response({"Functions": [shown(config) for config in page], **more})


def get_function_config(name: str, qualifier: str | None = None) -> Response:
    status, headers, body = _get_function_config(name, qualifier)
    return (status, headers, body) if status >= 400 else json_response(shown(json.loads(body)))


def get_function(name: str, qualifier: str | None = None) -> Response:
    status, headers, body = _get_function(name, qualifier)
    if status >= 400:
        return status, headers, body
    told = json.loads(body)
    return status, headers, json.dumps(told | {"Configuration": shown(told["Configuration"])}).encode()


# ── Projects and task definitions ────────────────────────────────────────────────────────────────────────────────────

_list_projects = codebuild._list_projects
_batch_get_projects = codebuild._batch_get_projects
_list_task_definitions = ecs._list_task_definitions


def list_projects(request: Json) -> Response:
    """A hundred a page."""
    page, rest = json_page(json.loads(_list_projects(request)[2])["projects"], request)
    return json_response({"projects": page, **({"nextToken": rest["NextToken"]} if rest else {})})


def batch_get_projects(request: Json) -> Response:
    if not 1 <= len(request.get("names") or []) <= 100:
        return error_response_json("InvalidInputException", "Invalid project names: between 1 and 100 are taken", 400)
    for name in request["names"][1:]:
        demand("codebuild:BatchGetProjects", f"arn:aws:codebuild:{get_region()}:{get_account_id()}:project/{name}")
    return _batch_get_projects(request)


def list_task_definitions(request: Json) -> Response:
    """A hundred a page."""
    size = int(request.get("maxResults") or 100)
    if not 1 <= size <= 100:
        return error_response_json("InvalidParameterException", "maxResults must be between 1 and 100", 400)
    return _list_task_definitions(request)


def refusing(action: Callable[[Json], Response]) -> Callable[[Json], Response]:
    def handler(request: Json) -> Response:
        try:
            return action(request)
        except Refused as refused:
            return error_response_json(refused.code, str(refused), refused.status)

    return handler


def install(_app: Any) -> None:
    for action in (get_parameter, get_parameters, get_parameters_by_path, describe_parameters):
        setattr(ssm, f"_{action.__name__}", refusing(action))
    lambda_svc._list_functions = list_functions
    lambda_svc._get_function_config = get_function_config
    lambda_svc._get_function = get_function
    codebuild._list_projects, codebuild._batch_get_projects = list_projects, refusing(batch_get_projects)
    ecs._list_task_definitions = ecs._ACTION_MAP["ListTaskDefinitions"] = list_task_definitions
