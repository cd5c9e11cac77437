"""The credentials of an IAM user beside access keys: SSH public keys, signing certificates, service-specific credentials
(passwords for CodeCommit and Keyspaces, long-term API keys), console passwords. ministack has none of the first three.

No secret is kept: of passwords and API keys there are digests only. access_paths.py is where they are tried.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import time

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from ministack.core.responses import AccountScopedDict, get_account_id
from ministack.services import iam
from wire import (
    Handler,
    Json,
    Params,
    Refused,
    Response,
    elements,
    iam_action,
    iam_result,
    iso,
    members,
    no_such,
    now,
    own_user,
    paginate,
    param,
    unique_id,
    user_named,
)

SSH_KEYS = AccountScopedDict()
CERTIFICATES = AccountScopedDict()
SERVICE_CREDENTIALS = AccountScopedDict()
PASSWORDS = AccountScopedDict()
"""User name → salt and digest."""
LAST_SIGN_IN = AccountScopedDict()


def quota(name: str, limit: int) -> Refused:
    return Refused(409, "LimitExceeded", f"Cannot exceed quota for {name}: {limit}")


def held(store: AccountScopedDict, user: str) -> list[Json]:
    return [record for record in store.values() if record["UserName"] == user]


def one_held(store: AccountScopedDict, params: Params, field: str, what: str) -> Json:
    """The credential that a request names. UserName is optional, but must fit when given."""
    record = store.get(param(params, field))
    user = own_user(params)
    if user and user not in iam._users:
        raise no_such(f"The user with name {user}")
    if record is None or (user and record["UserName"] != user):
        raise no_such(f"The {what} with id {param(params, field)}")
    return record


def set_status(store: AccountScopedDict, params: Params, field: str, what: str) -> None:
    status = param(params, "Status")
    if status not in ("Active", "Inactive"):
        raise Refused(400, "ValidationError", "Status must be Active or Inactive")
    one_held(store, params, field, what)["Status"] = status


# ── SSH public keys ──────────────────────────────────────────────────────────────────────────────────────────────────

SSH_KEY = ("UserName", "SSHPublicKeyId", "Fingerprint", "SSHPublicKeyBody", "Status", "UploadDate")
SSH_KEY_METADATA = ("UserName", "SSHPublicKeyId", "Status", "UploadDate")


def rsa_key(body: str) -> rsa.RSAPublicKey:
    """IAM takes RSA keys of 2048 bits and more, as ssh-rsa or PEM."""
    try:
        load = serialization.load_ssh_public_key if body.startswith("ssh-rsa ") else serialization.load_pem_public_key
        key = load(body.strip().encode())
    except ValueError:
        key = None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < 2048:
        raise Refused(400, "InvalidPublicKey", "The public key is not a valid RSA key of at least 2048 bits.")
    return key


def ssh_form(key: rsa.RSAPublicKey) -> str:
    return key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()


@iam_action("UploadSSHPublicKey")
def upload_ssh_public_key(_: Handler | None, params: Params) -> Response:
    user = user_named(params)["UserName"]
    body = param(params, "SSHPublicKeyBody")
    key = rsa_key(body)
    if any(ssh_form(rsa_key(other["SSHPublicKeyBody"])) == ssh_form(key) for other in held(SSH_KEYS, user)):
        raise Refused(400, "DuplicateSSHPublicKey", "The SSH public key is already associated with the user.")
    if len(held(SSH_KEYS, user)) >= 5:
        raise quota("SSHPublicKeysPerUser", 5)
    digest = hashlib.md5(base64.b64decode(ssh_form(key).split()[1]), usedforsecurity=False).hexdigest()
    record = {
        "UserName": user,
        "SSHPublicKeyId": unique_id("APKA", 20),
        "Fingerprint": ":".join(re.findall("..", digest)),
        "SSHPublicKeyBody": body,
        "Status": "Active",
        "UploadDate": now(),
    }
    SSH_KEYS[record["SSHPublicKeyId"]] = record
    return iam_result("UploadSSHPublicKey", f"<SSHPublicKey>{elements(record, *SSH_KEY)}</SSHPublicKey>")


@iam_action("GetSSHPublicKey")
def get_ssh_public_key(_: Handler | None, params: Params) -> Response:
    record = one_held(SSH_KEYS, params, "SSHPublicKeyId", "Public Key")
    key = rsa_key(record["SSHPublicKeyBody"])
    match param(params, "Encoding"):
        case "SSH":
            body = ssh_form(key)
        case "PEM":
            form = serialization.PublicFormat.SubjectPublicKeyInfo
            body = key.public_bytes(serialization.Encoding.PEM, form).decode()
        case _:
            raise Refused(400, "UnrecognizedPublicKeyEncoding", "Encoding must be SSH or PEM")
    shown = elements(record | {"SSHPublicKeyBody": body}, *SSH_KEY)
    return iam_result("GetSSHPublicKey", f"<SSHPublicKey>{shown}</SSHPublicKey>")


@iam_action("ListSSHPublicKeys")
def list_ssh_public_keys(_: Handler | None, params: Params) -> Response:
    found = [elements(record, *SSH_KEY_METADATA) for record in held(SSH_KEYS, user_named(params)["UserName"])]
    return iam_result("ListSSHPublicKeys", members("SSHPublicKeys", found))


@iam_action("UpdateSSHPublicKey")
def update_ssh_public_key(_: Handler | None, params: Params) -> Response:
    set_status(SSH_KEYS, params, "SSHPublicKeyId", "Public Key")
    return iam_result("UpdateSSHPublicKey")


@iam_action("DeleteSSHPublicKey")
def delete_ssh_public_key(_: Handler | None, params: Params) -> Response:
    SSH_KEYS.pop(one_held(SSH_KEYS, params, "SSHPublicKeyId", "Public Key")["SSHPublicKeyId"])
    return iam_result("DeleteSSHPublicKey")


# ── Signing certificates ─────────────────────────────────────────────────────────────────────────────────────────────

CERTIFICATE = ("UserName", "CertificateId", "CertificateBody", "Status", "UploadDate")


@iam_action("UploadSigningCertificate")
def upload_signing_certificate(_: Handler | None, params: Params) -> Response:
    user = user_named(params)["UserName"]
    body = param(params, "CertificateBody")
    try:
        parsed = x509.load_pem_x509_certificate(body.strip().encode())
    except ValueError:
        raise Refused(400, "MalformedCertificate", "Certificate is malformed.") from None
    fingerprint = hashlib.sha256(parsed.public_bytes(serialization.Encoding.DER)).hexdigest()
    if any(other["fingerprint"] == fingerprint for other in CERTIFICATES.values()):
        raise Refused(409, "DuplicateCertificate", "The certificate already exists.")
    if len(held(CERTIFICATES, user)) >= 2:
        raise quota("SigningCertificatesPerUser", 2)
    record = {
        "UserName": user,
        "CertificateId": unique_id("", 32),
        "CertificateBody": body,
        "Status": "Active",
        "UploadDate": now(),
        "fingerprint": fingerprint,
    }
    CERTIFICATES[record["CertificateId"]] = record
    return iam_result("UploadSigningCertificate", f"<Certificate>{elements(record, *CERTIFICATE)}</Certificate>")


@iam_action("ListSigningCertificates")
def list_signing_certificates(_: Handler | None, params: Params) -> Response:
    found = [elements(record, *CERTIFICATE) for record in held(CERTIFICATES, user_named(params)["UserName"])]
    return iam_result("ListSigningCertificates", members("Certificates", found))


@iam_action("UpdateSigningCertificate")
def update_signing_certificate(_: Handler | None, params: Params) -> Response:
    set_status(CERTIFICATES, params, "CertificateId", "Certificate")
    return iam_result("UpdateSigningCertificate")


@iam_action("DeleteSigningCertificate")
def delete_signing_certificate(_: Handler | None, params: Params) -> Response:
    CERTIFICATES.pop(one_held(CERTIFICATES, params, "CertificateId", "Certificate")["CertificateId"])
    return iam_result("DeleteSigningCertificate")


# ── Service-specific credentials ─────────────────────────────────────────────────────────────────────────────────────

API_KEY_PREFIXES = {
    "bedrock.amazonaws.com": "ABSK",
    "aws-external-anthropic.amazonaws.com": "AEAA",
    "cloudwatch.amazonaws.com": "APIAACWM",
    "logs.amazonaws.com": "ACWL",
}
"""Services with long-term API keys; they are told apart by how a key begins.

docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_api_keys_for_aws_services.html
"""
PASSWORD_SERVICES = ("codecommit.amazonaws.com", "cassandra.amazonaws.com")

METADATA = (
    "UserName",
    "Status",
    "ServiceUserName",
    "ServiceCredentialAlias",
    "CreateDate",
    "ExpirationDate",
    "ServiceSpecificCredentialId",
    "ServiceName",
)


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def new_secret(record: Json) -> Json:
    """Draw a new secret: its digest goes into the record, itself into what is returned, once."""
    service = record["ServiceName"]
    if service in API_KEY_PREFIXES:
        key = f"{record['ServiceCredentialAlias']}:{secrets.token_urlsafe(45)}"
        secret = {"ServiceCredentialSecret": API_KEY_PREFIXES[service] + base64.b64encode(key.encode()).decode()}
    else:
        secret = {"ServicePassword": base64.b64encode(secrets.token_bytes(33)).decode()}
    record["digest"] = digest(*secret.values())
    return secret


def settled(record: Json) -> Json:
    """The record with the status that it has by now: API keys expire by themselves."""
    expires = record.get("ExpirationDate")
    return record | {"Status": "Expired"} if expires and expires <= now() else record


def created(action: str, record: Json, secret: Json) -> Response:
    shown = elements(settled(record) | secret, *METADATA, "ServicePassword", "ServiceCredentialSecret")
    return iam_result(action, f"<ServiceSpecificCredential>{shown}</ServiceSpecificCredential>")


def supported(service: str) -> None:
    if service not in API_KEY_PREFIXES and service not in PASSWORD_SERVICES:
        raise Refused(404, "NotSupportedService", f"No such service {service} is supported for Service Specific Credentials")


@iam_action("CreateServiceSpecificCredential")
def create_service_specific_credential(_: Handler | None, params: Params) -> Response:
    user = user_named(params)["UserName"]
    service = param(params, "ServiceName")
    supported(service)
    others = [record for record in held(SERVICE_CREDENTIALS, user) if record["ServiceName"] == service]
    if len(others) >= 2:
        raise quota("ServiceSpecificCredentialsPerUser", 2)
    days = param(params, "CredentialAgeDays")
    if days and (service not in API_KEY_PREFIXES or not days.isdecimal() or not 1 <= int(days) <= 36600):
        raise Refused(400, "ValidationError", "CredentialAgeDays must be 1 to 36600, and is for API keys only")
    names = [record.get("ServiceUserName") or record.get("ServiceCredentialAlias") for record in others]
    name = next(name for name in (f"{user}-at-{get_account_id()}", f"{user}+1-at-{get_account_id()}") if name not in names)
    record = {
        "UserName": user,
        "ServiceName": service,
        "ServiceSpecificCredentialId": unique_id("ACCA", 21),
        "Status": "Active",
        "CreateDate": now(),
        "ServiceCredentialAlias" if service in API_KEY_PREFIXES else "ServiceUserName": name,
    }
    if days:
        record["ExpirationDate"] = iso(time.time() + int(days) * 86400)
    secret = new_secret(record)
    SERVICE_CREDENTIALS[record["ServiceSpecificCredentialId"]] = record
    return created("CreateServiceSpecificCredential", record, secret)


@iam_action("ListServiceSpecificCredentials")
def list_service_specific_credentials(_: Handler | None, params: Params) -> Response:
    everyone = param(params, "AllUsers") == "true"
    if everyone and param(params, "UserName"):
        raise Refused(400, "ValidationError", "AllUsers and UserName cannot be specified together")
    if service := param(params, "ServiceName"):
        supported(service)
    found = SERVICE_CREDENTIALS.values() if everyone else held(SERVICE_CREDENTIALS, user_named(params)["UserName"])
    shown = [elements(settled(record), *METADATA) for record in found if service in ("", record["ServiceName"])]
    return iam_result("ListServiceSpecificCredentials", members("ServiceSpecificCredentials", shown))


CREDENTIAL = ("ServiceSpecificCredentialId", "service specific credential")


@iam_action("UpdateServiceSpecificCredential")
def update_service_specific_credential(_: Handler | None, params: Params) -> Response:
    set_status(SERVICE_CREDENTIALS, params, *CREDENTIAL)
    return iam_result("UpdateServiceSpecificCredential")


@iam_action("ResetServiceSpecificCredential")
def reset_service_specific_credential(_: Handler | None, params: Params) -> Response:
    record = one_held(SERVICE_CREDENTIALS, params, *CREDENTIAL)
    return created("ResetServiceSpecificCredential", record, new_secret(record))


@iam_action("DeleteServiceSpecificCredential")
def delete_service_specific_credential(_: Handler | None, params: Params) -> Response:
    record = one_held(SERVICE_CREDENTIALS, params, *CREDENTIAL)
    SERVICE_CREDENTIALS.pop(record["ServiceSpecificCredentialId"])
    return iam_result("DeleteServiceSpecificCredential")


@iam_action("OverlaySetCredentialDates")
def set_credential_dates(_: Handler | None, params: Params) -> Response:
    """Not an AWS action: makes a service-specific credential look old or expired. Only the account's root may.

    Parameters: ServiceSpecificCredentialId; CreateDate and ExpirationDate, each optional, as 2025-01-31T00:00:00Z.
    """
    record = SERVICE_CREDENTIALS.get(param(params, CREDENTIAL[0]))
    if record is None:
        raise no_such("The service specific credential")
    record |= {name: param(params, name) for name in ("CreateDate", "ExpirationDate") if param(params, name)}
    return iam_result("OverlaySetCredentialDates")


for _action in ("ListSSHPublicKeys", "ListSigningCertificates", "ListServiceSpecificCredentials"):
    iam._IAM_HANDLERS[_action] = paginate(iam._IAM_HANDLERS[_action])


# ── Console passwords ────────────────────────────────────────────────────────────────────────────────────────────────


def scrambled(password: str, salt: bytes) -> bytes:
    # Cheap on purpose: these passwords live as long as a test.
    return hashlib.scrypt(password.encode(), salt=salt, n=2**10, r=8, p=1)


def keep_password(user: str, password: str) -> None:
    salt = secrets.token_bytes(16)
    PASSWORDS[user] = (salt, scrambled(password, salt))


def acceptable(password: str) -> None:
    """The policy of an account that has set none: 8 characters, of three kinds out of four."""
    kinds = sum(bool(re.search(kind, password)) for kind in ("[a-z]", "[A-Z]", "[0-9]", r"[!@#$%^&*()_+\-=\[\]{}|']"))
    if len(password) < 8 or kinds < 3:
        raise Refused(400, "PasswordPolicyViolation", "Password should have a minimum length of 8 and three kinds of characters")


@iam_action("CreateLoginProfile")
def create_login_profile(original: Handler, params: Params) -> Response:
    """The password counts: it is held to the policy, and one can sign in with it."""
    user = user_named(params)["UserName"]
    password = param(params, "Password")
    acceptable(password)
    response = original(params)
    if response[0] == 200:
        keep_password(user, password)
    return response


@iam_action("UpdateLoginProfile")
def update_login_profile(original: Handler, params: Params) -> Response:
    user = user_named(params)["UserName"]
    if password := param(params, "Password"):
        acceptable(password)
    response = original(params)
    if response[0] == 200 and password:
        keep_password(user, password)
    return response


@iam_action("DeleteLoginProfile")
def delete_login_profile(original: Handler, params: Params) -> Response:
    response = original(params)
    if response[0] == 200:
        PASSWORDS.pop(param(params, "UserName"), None)
    return response


# ── Deleting a user ──────────────────────────────────────────────────────────────────────────────────────────────────


@iam_action("DeleteUser")
def delete_user(original: Handler, params: Params) -> Response:
    """A user goes last: all that belongs to him must have gone before. ministack minds access keys and attached policies."""
    name = user_named(params)["UserName"]
    for left, what in (
        (name in iam._login_profiles, "must delete login profile first"),
        (held(SSH_KEYS, name), "must delete SSH public keys first"),
        (held(CERTIFICATES, name), "must delete signing certificates first"),
        (held(SERVICE_CREDENTIALS, name), "must delete service specific credentials first"),
        (iam._user_inline_policies.get(name), "must delete policies first"),
        (any(name in group["Users"] for group in iam._groups.values()), "must remove users from group first"),
    ):
        if left:
            raise Refused(409, "DeleteConflict", f"Cannot delete entity, {what}.")
    response = original(params)
    if response[0] == 200:
        # A later user of that name is another one.
        LAST_SIGN_IN.pop(name, None)
    return response
