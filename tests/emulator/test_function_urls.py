"""What the overlay claims of function URLs, held as fixtures.py says."""

from __future__ import annotations

import json

import fixtures
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from fixtures import ACCOUNT, Case, client, http, new_key, new_user, setUpModule, tearDownModule, unique

__all__ = ["setUpModule", "tearDownModule"]

FUNCTION_STACK = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }]
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Code: { ZipFile: "def handler(event, context):\n    return event['requestContext'] | {'raw': event['rawPath']}\n" }
  Url:
    Type: AWS::Lambda::Url
    Properties: { TargetFunctionArn: !Ref Function, AuthType: AWS_IAM }
Outputs:
  Url: { Value: !GetAtt Url.FunctionUrl }
  Function: { Value: !GetAtt Function.Arn }
"""


class FunctionUrls(Case):
    def test_the_function_knows_who_called(self) -> None:
        cloudformation, name = client("cloudformation"), unique("stack")
        cloudformation.create_stack(StackName=name, TemplateBody=FUNCTION_STACK, Capabilities=["CAPABILITY_IAM"])
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
        outputs = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
        named = {output["OutputKey"]: output["OutputValue"] for output in outputs}
        self.assertTrue(named["Url"].startswith(f"{fixtures.emulator.endpoint}/_aws/lambda-url/"))
        may = {"Effect": "Allow", "Action": ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"], "Resource": named["Function"]}
        user = new_user(may)
        key = new_key(user)
        status, body = signed_call(named["Url"] + "some/path", *key)
        self.assertEqual(status, 200, body)
        context = json.loads(body)
        caller = context["authorizer"]["iam"]
        unique_id = client("iam").get_user(UserName=user)["User"]["UserId"]
        organization = client("organizations").describe_organization()["Organization"]["Id"]
        expected = {
            "accessKey": key[0],
            "accountId": ACCOUNT,
            "callerId": unique_id,
            "userId": unique_id,
            "userArn": f"arn:aws:iam::{ACCOUNT}:user/{user}",
            "principalOrgId": organization,
        }
        self.assertEqual({name: caller[name] for name in expected}, expected)
        self.assertEqual(context["raw"], "/some/path")
        for action in ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction"):
            half = new_key(new_user(may | {"Action": action}))
            self.assertEqual(signed_call(named["Url"], *half)[0], 403)
        self.assertEqual(signed_call(named["Url"], key[0], "wrong-secret")[0], 403)
        self.assertEqual(http("GET", named["Url"].removeprefix(fixtures.emulator.endpoint))[0], 403)


def signed_call(url: str, key: str, secret: str, token: str | None = None) -> tuple[int, bytes]:
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials(key, secret, token), "lambda", "us-east-1").add_auth(request)
    return http("GET", url.removeprefix(fixtures.emulator.endpoint), **dict(request.headers))
