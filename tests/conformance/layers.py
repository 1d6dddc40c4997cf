"""Layers of Lambda in moto's server, as CodeBuild projects of the templates read them."""

import io
import json
import zipfile

from moto.awslambda.models import LayerVersion
from moto.awslambda.responses import LambdaResponse


def readable_layers(monkeypatch, folder):
    """Adds two things that moto leaves out: where a layer's content can be read, and layers by
    ARN.
    """

    def described(version):
        path = folder / f"{version.name}-{version.version}.zip"
        path.write_bytes(version.code_bytes)
        location = {"Content": {"Location": path.as_uri()}}
        return {**before(version), **location}

    def by_arn(response):
        if "find" not in response.querystring:
            return list_layers(response)
        (arn,) = response.querystring["Arn"]
        return json.dumps(response.backend.layers_versions_by_arn(arn).get_layer_version())

    before, list_layers = LayerVersion.get_layer_version, LambdaResponse.list_layers
    monkeypatch.setattr(LayerVersion, "get_layer_version", described)
    monkeypatch.setattr(LambdaResponse, "list_layers", by_arn)


def layer_of(**files):
    """A zip of these files, as somebody might upload it."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as zip:
        for name, content in files.items():
            zip.writestr(name, content)
    return written.getvalue()


def publish(aws, folder, name, zip):
    path = folder / "layer.zip"
    path.write_bytes(zip)
    arguments = ["--layer-name", name, "--zip-file", f"fileb://{path}"]
    return aws("lambda", "publish-layer-version", *arguments)["LayerVersionArn"]
