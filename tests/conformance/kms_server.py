"""moto's server, whose KMS signs as AWS's does. As a program, it serves until it is ended:

    python3 tests/conformance/kms_server.py PORT

moto 5.2.1 hashes what is a digest already. AWS signs a digest as it is (AWS KMS API Reference,
`Sign`, `MessageType`), so its signature is that of the message. moto also signs with a disabled
key, and looks at the policy of a key in DescribeKey only. Here a disabled key signs nothing, and a
policy that denies `kms:Sign` on `*` denies it to everybody.
"""

import base64
import json
import sys
import threading

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from iam_endpoint import serving
from moto.core.exceptions import JsonRESTError
from moto.kms.exceptions import ValidationException
from moto.kms.models import KmsBackend
from moto.kms.policy_validator import ALTERNATIVE_ACTIONS, validate_policy
from moto.kms.responses import KmsResponse
from moto.server import ThreadedMotoServer

__all__ = ["serving"]

moto_sign = KmsResponse.sign


def sign(response):
    """Sign, for keys of P-256. moto checks the key and the algorithm, and says what AWS says."""
    signed = json.loads(moto_sign(response))
    message = response._get_param("Message")
    is_digest = response._get_param("MessageType") == "DIGEST"
    if is_digest and len(message) != 32:
        raise ValidationException("Digest is invalid length for algorithm ECDSA_SHA_256.")
    assert signed["SigningAlgorithm"] == "ECDSA_SHA_256"
    backend: KmsBackend = response.kms_backend
    key = backend.describe_key(signed["KeyId"])
    validate_policy(key, "kms:Sign")
    if not key.enabled:
        raise JsonRESTError("DisabledException", f"{key.arn} is disabled.")
    hashed = utils.Prehashed(hashes.SHA256()) if is_digest else hashes.SHA256()
    signature = key.private_key.private_key.sign(message, ec.ECDSA(hashed))
    return json.dumps({**signed, "Signature": base64.b64encode(signature).decode()})


KmsResponse.sign = sign
ALTERNATIVE_ACTIONS["kms:Sign"] = ["kms:Sign"]


if __name__ == "__main__":
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=int(sys.argv[1]), verbose=False)
    server.start()
    threading.Event().wait()
