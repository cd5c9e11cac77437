"""What the overlay claims of sessions, of users and of roles, held as fixtures.py says."""

from __future__ import annotations

import base64
import datetime as dt
import json
import time
from typing import Any

from fixtures import (
    ACCOUNT,
    ALLOW_ALL,
    DENY_ALL,
    OTHER,
    Case,
    client,
    new_key,
    new_role,
    new_user,
    of_session,
    policy,
    setUpModule,
    tearDownModule,
    trust,
    unique,
)

__all__ = ["setUpModule", "tearDownModule"]


def issued_before(moment: dt.datetime) -> dict[str, Any]:
    condition = {"DateLessThan": {"aws:TokenIssueTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}}
    return DENY_ALL | {"Condition": condition}


def after_this_second() -> dt.datetime:
    """A time that is later than everything issued so far: token times have whole seconds."""
    time.sleep(1.05)
    return dt.datetime.now(dt.timezone.utc)


class Sessions(Case):
    def test_sessions_of_a_user_end_with_what_denies_him(self) -> None:
        iam, user = client("iam"), new_user(ALLOW_ALL)
        key = new_key(user)
        sts = client("sts", *key)
        session_token = sts.get_session_token()["Credentials"]
        federated = sts.get_federation_token(Name="someone", Policy=policy(ALLOW_ALL))["Credentials"]
        old = [of_session("sqs", session_token), of_session("sqs", federated)]
        for queue in old:
            queue.list_queues()
        iam.put_user_policy(UserName=user, PolicyName="deny", PolicyDocument=policy(issued_before(after_this_second())))
        for queue in old:
            self.refused("AccessDenied", queue.list_queues)
        client("sqs", *key).list_queues()
        of_session("sqs", sts.get_session_token()["Credentials"]).list_queues()
        iam.put_user_policy(UserName=user, PolicyName="deny", PolicyDocument=policy(DENY_ALL))
        self.refused("AccessDenied", client("sqs", *key).list_queues)
        late = sts.get_session_token()["Credentials"]
        self.refused("AccessDenied", of_session("sqs", late).list_queues)
        self.assertIn(user, of_session("sts", late).get_caller_identity()["Arn"])

    def test_sessions_of_a_user_end_with_the_user(self) -> None:
        iam, user = client("iam"), new_user(ALLOW_ALL)
        key = new_key(user)
        sts = client("sts", *key)
        made = [
            sts.get_session_token()["Credentials"],
            sts.get_federation_token(Name="someone", Policy=policy(ALLOW_ALL))["Credentials"],
        ]
        iam.delete_access_key(UserName=user, AccessKeyId=key[0])
        for credentials in made:
            of_session("sqs", credentials).list_queues()
        iam.delete_user_policy(UserName=user, PolicyName="own")
        iam.delete_user(UserName=user)
        iam.create_user(UserName=user)
        iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=policy(ALLOW_ALL))
        for credentials in made:
            self.refused("InvalidClientTokenId", of_session("sns", credentials).list_topics)

    def test_sessions_of_a_role_end_at_a_time_and_with_the_role(self) -> None:
        iam = client("iam")
        arn = new_role(trust({"Principal": {"AWS": ACCOUNT}}), ALLOW_ALL)
        name = arn.rpartition("/")[2]
        user = new_user(ALLOW_ALL)
        sts = client("sts", *new_key(user))
        old = of_session("sqs", sts.assume_role(RoleArn=arn, RoleSessionName="old")["Credentials"])
        old.list_queues()
        iam.put_role_policy(RoleName=name, PolicyName="cut", PolicyDocument=policy(issued_before(after_this_second())))
        self.refused("AccessDenied", old.list_queues)
        new = of_session("sqs", sts.assume_role(RoleArn=arn, RoleSessionName="new")["Credentials"])
        new.list_queues()
        for policy_name in ("own", "cut"):
            iam.delete_role_policy(RoleName=name, PolicyName=policy_name)
        iam.delete_role(RoleName=name)
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust({"Principal": {"AWS": ACCOUNT}}))
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(ALLOW_ALL))
        self.refused("InvalidClientTokenId", new.list_queues)

    def test_a_deny_in_the_trust_policy_shuts_everybody_out(self) -> None:
        iam, sts = client("iam"), client("sts", *new_key(new_user(ALLOW_ALL)))
        allowed = {"Principal": {"AWS": ACCOUNT}}
        arn = new_role(trust(allowed))
        assume = {"RoleArn": arn, "RoleSessionName": "visit"}
        sts.assume_role(**assume)
        name = arn.rpartition("/")[2]
        for principal in ({"AWS": "*"}, "*"):
            document = trust(allowed, {"Effect": "Deny", "Principal": principal})
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
            self.refused("AccessDenied", sts.assume_role, **assume)
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust(allowed))
        sts.assume_role(**assume)

    def test_a_trust_policy_that_names_the_user_is_enough(self) -> None:
        user = new_user()
        sts = client("sts", *new_key(user))
        named = new_role(trust({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/{user}"}}))
        sts.assume_role(RoleArn=named, RoleSessionName="visit")
        not_named = new_role(trust({"Principal": {"AWS": ACCOUNT}}))
        self.refused("AccessDenied", sts.assume_role, RoleArn=not_named, RoleSessionName="visit")

    def test_web_identity(self) -> None:
        iam = client("iam")
        host = unique("idp") + ".example.com"
        provider = iam.create_open_id_connect_provider(Url=f"https://{host}", ClientIDList=["app"])["OpenIDConnectProviderArn"]
        listed = [p["Arn"] for p in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
        self.assertIn(provider, listed)
        web = {"Action": "sts:AssumeRoleWithWebIdentity"}
        condition = {"StringEquals": {f"{host}:sub": "build"}}
        allowed = web | {"Principal": {"Federated": provider}, "Condition": condition}
        arn = new_role(trust(allowed), ALLOW_ALL)
        sts = client("sts")

        def token(subject: str) -> str:
            parts = ({"alg": "none"}, {"iss": f"https://{host}", "sub": subject, "aud": "app"})
            encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
            return ".".join([*encoded, "x"])

        def assume(subject: str = "build", **more: Any) -> dict[str, Any]:
            asked = {"RoleArn": arn, "RoleSessionName": "visit", "WebIdentityToken": token(subject)}
            return sts.assume_role_with_web_identity(**asked, **more)["Credentials"]

        of_session("sqs", assume()).list_queues()
        self.refused("AccessDenied", assume, subject="other")
        limited = assume(Policy=policy({"Effect": "Allow", "Action": "sns:*", "Resource": "*"}))
        self.refused("AccessDenied", of_session("sqs", limited).list_queues)
        for principal in ({"AWS": "*"}, {"Federated": [provider]}, {"Federated": "*"}):
            document = trust(allowed, web | {"Effect": "Deny", "Principal": principal})
            iam.update_assume_role_policy(RoleName=arn.rpartition("/")[2], PolicyDocument=document)
            self.refused("AccessDenied", assume)
        iam.update_assume_role_policy(RoleName=arn.rpartition("/")[2], PolicyDocument=trust(allowed))
        assume()
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider)
        self.refused("InvalidIdentityToken", assume)

    def test_saml(self) -> None:
        iam, sts = client("iam"), client("sts")
        metadata = "<m>" + "x" * 1000 + "</m>"
        provider = iam.create_saml_provider(Name=unique("idp"), SAMLMetadataDocument=metadata)["SAMLProviderArn"]
        self.assertIn(provider, [p["Arn"] for p in iam.list_saml_providers()["SAMLProviderList"]])
        saml = {"Action": "sts:AssumeRoleWithSAML", "Principal": {"Federated": provider}}
        arn = new_role(trust(saml), ALLOW_ALL)
        role, name = (f"https://aws.amazon.com/SAML/Attributes/{last}" for last in ("Role", "RoleSessionName"))
        assertion = (
            f'<Response><Attribute Name="{role}"><AttributeValue>{arn},{provider}</AttributeValue></Attribute>'
            f'<Attribute Name="{name}"><AttributeValue>someone</AttributeValue></Attribute></Response>'
        )
        asked = {"RoleArn": arn, "PrincipalArn": provider, "SAMLAssertion": base64.b64encode(assertion.encode()).decode()}
        made = sts.assume_role_with_saml(**asked)
        self.assertTrue(made["AssumedRoleUser"]["Arn"].endswith("/someone"))
        of_session("sqs", made["Credentials"]).list_queues()
        document = trust(saml, saml | {"Effect": "Deny"})
        iam.update_assume_role_policy(RoleName=arn.rpartition("/")[2], PolicyDocument=document)
        self.refused("AccessDenied", sts.assume_role_with_saml, **asked)

    def test_across_accounts(self) -> None:
        hub = new_user(ALLOW_ALL)
        sts = client("sts", *new_key(hub))
        external = {"StringEquals": {"sts:ExternalId": "secret-word"}}
        here = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        arn = new_role(trust({"Principal": here, "Condition": external}), ALLOW_ALL, account=OTHER)
        asked = {"RoleArn": arn, "RoleSessionName": "visit"}
        self.refused("AccessDenied", sts.assume_role, **asked)
        self.refused("AccessDenied", sts.assume_role, **asked, ExternalId="wrong")
        asked |= {"ExternalId": "secret-word"}
        made = sts.assume_role(**asked)["Credentials"]
        self.assertEqual(of_session("sts", made).get_caller_identity()["Account"], OTHER)
        there = new_user(account=OTHER)
        of_session("iam", made).get_user(UserName=there)
        only = policy({"Effect": "Allow", "Action": "iam:GetUser", "Resource": f"arn:aws:iam::{OTHER}:user/{there}"})
        cut = of_session("iam", sts.assume_role(**asked, Policy=only)["Credentials"])
        cut.get_user(UserName=there)
        self.refused("AccessDenied", cut.get_user, UserName=new_user(account=OTHER))
        self.refused("AccessDenied", cut.list_users)
        # Who may assume is settled on both sides.
        self.refused("AccessDenied", client("sts", *new_key(new_user())).assume_role, **asked)

    def test_source_identity(self) -> None:
        key = new_key(new_user(ALLOW_ALL))
        sts = client("sts", *key)
        principal = {"Principal": {"AWS": ACCOUNT}}
        silent = new_role(trust(principal))
        self.refused("AccessDenied", sts.assume_role, RoleArn=silent, RoleSessionName="visit", SourceIdentity="case-1")
        both = principal | {"Action": ["sts:AssumeRole", "sts:SetSourceIdentity"]}
        whose = {"StringLike": {"sts:SourceIdentity": "case-*"}}
        arn = new_role(trust(both | {"Condition": whose}), ALLOW_ALL)
        self.refused("AccessDenied", sts.assume_role, RoleArn=arn, RoleSessionName="visit", SourceIdentity="other")
        made = sts.assume_role(RoleArn=arn, RoleSessionName="visit", SourceIdentity="case-1")
        self.assertEqual(made["SourceIdentity"], "case-1")
        condition = {"StringEquals": {"aws:SourceIdentity": "case-1"}}
        client("iam").put_role_policy(
            RoleName=arn.rpartition("/")[2], PolicyName="deny", PolicyDocument=policy(DENY_ALL | {"Condition": condition})
        )
        self.refused("AccessDenied", of_session("sqs", made["Credentials"]).list_queues)
        only_assume = new_user({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
        may_not = client("sts", *new_key(only_assume))
        self.refused("AccessDenied", may_not.assume_role, RoleArn=arn, RoleSessionName="visit", SourceIdentity="case-1")
