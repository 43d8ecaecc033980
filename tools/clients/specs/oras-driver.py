"""Drives the ORAS Python client from its tests: one action per run, asked by JSON on standard input, answered by JSON
on standard output. A refusal is an exception, and so a non-zero exit code."""

import json
import sys
import types

import oras.client
import oras.decorator
import oras.oci


def no_second_try(_seconds):
    """The client takes a refusal for a bad network and waits up to three minutes: here the first refusal is the answer."""
    raise


oras.decorator.time = types.SimpleNamespace(sleep=no_second_try)


def client_for(ask):
    client = oras.client.OrasClient(hostname=ask["host"], insecure=True, auth_backend=ask["backend"])
    if ask.get("config"):
        client.auth.load_configs(client.get_container(ask["target"]), configs=[ask["config"]])
    return client


def login(ask):
    client = oras.client.OrasClient(hostname=ask["host"], insecure=True)
    return client.login(ask["user"], ask["secret"], hostname=ask["host"], config_path=ask["config"])


def push(ask):
    subject = oras.oci.Subject(**ask["subject"]) if ask.get("subject") else None
    response = client_for(ask).push(
        target=ask["target"],
        config_path=ask["config"],
        files=ask["files"],
        disable_path_validation=True,
        manifest_annotations=ask.get("annotations"),
        subject=subject,
        do_chunked=ask.get("chunk_size") is not None,
        chunk_size=ask.get("chunk_size") or oras.defaults.default_chunksize,
        quiet=True,
    )
    return {"digest": response.headers.get("Docker-Content-Digest")}


def pull(ask):
    return client_for(ask).pull(target=ask["target"], config_path=ask.get("config"), outdir=ask["outdir"])


def manifest(ask):
    return client_for(ask).get_manifest(ask["target"])


def tags(ask):
    return client_for(ask).get_tags(ask["target"])


def delete(ask):
    return client_for(ask).delete_tags(ask["target"], ask["tag"])


ACTIONS = {"login": login, "push": push, "pull": pull, "manifest": manifest, "tags": tags, "delete": delete}

request = json.load(sys.stdin)
try:
    print(json.dumps(ACTIONS[request["action"]](request)))
except Exception as refusal:  # a traceback's line numbers could be taken for a status
    sys.exit(f"{type(refusal).__name__}: {refusal}")
