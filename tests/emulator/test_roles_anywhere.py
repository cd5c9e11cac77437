"""What the overlay claims of Roles Anywhere, held as fixtures.py says."""

from __future__ import annotations

from fixtures import (
    ALLOW_ALL,
    OTHER,
    Case,
    certificate,
    client,
    http,
    new_key,
    new_role,
    new_user,
    setUpModule,
    tearDownModule,
    trust,
)

__all__ = ["setUpModule", "tearDownModule"]


class RolesAnywhere(Case):
    def test_anchors_and_profiles(self) -> None:
        service = client("rolesanywhere")
        source = {"sourceType": "CERTIFICATE_BUNDLE", "sourceData": {"x509CertificateData": certificate()}}
        anchor = service.create_trust_anchor(name="anchor", source=source, enabled=True)["trustAnchor"]
        trusted = trust({"Principal": {"Service": "rolesanywhere.amazonaws.com"}})
        role = new_role(trusted, ALLOW_ALL)
        profile = service.create_profile(name="profile", roleArns=[role], enabled=True)["profile"]
        named = {"profileId": profile["profileId"]}
        self.assertIn(anchor["trustAnchorId"], [a["trustAnchorId"] for a in service.list_trust_anchors()["trustAnchors"]])
        self.assertIn(profile["profileId"], [p["profileId"] for p in service.list_profiles()["profiles"]])
        self.assertEqual(client("rolesanywhere", OTHER).list_profiles()["profiles"], [])
        form = {"TrustAnchorArn": anchor["trustAnchorArn"], "ProfileArn": profile["profileArn"], "RoleArn": role}

        def session() -> int:
            return http("POST", "/_overlay/rolesanywhere/session", form=form)[0]

        self.assertEqual(session(), 201)
        self.assertFalse(service.disable_profile(**named)["profile"]["enabled"])
        self.assertEqual(session(), 403)
        service.enable_profile(**named)
        service.update_profile(**named, roleArns=[])
        self.assertEqual(service.get_profile(**named)["profile"]["roleArns"], [])
        self.assertEqual(session(), 403)
        service.update_profile(**named, roleArns=[role])
        self.assertEqual(session(), 201)
        service.disable_trust_anchor(trustAnchorId=anchor["trustAnchorId"])
        self.assertEqual(session(), 403)
        service.enable_trust_anchor(trustAnchorId=anchor["trustAnchorId"])
        document = trust({"Principal": {"Service": "rolesanywhere.amazonaws.com"}}, {"Effect": "Deny", "Principal": {"AWS": "*"}})
        client("iam").update_assume_role_policy(RoleName=role.rpartition("/")[2], PolicyDocument=document)
        self.assertEqual(session(), 403)
        service.delete_profile(**named)
        self.refused("ResourceNotFoundException", service.get_profile, **named)

    def test_permissions(self) -> None:
        profile = client("rolesanywhere").create_profile(name="profile", roleArns=[])["profile"]
        may = {"Effect": "Allow", "Action": "rolesanywhere:DisableProfile", "Resource": profile["profileArn"]}
        scoped = client("rolesanywhere", *new_key(new_user(may)))
        scoped.disable_profile(profileId=profile["profileId"])
        self.refused("AccessDeniedException", scoped.enable_profile, profileId=profile["profileId"])
        self.refused("AccessDeniedException", scoped.list_profiles)
