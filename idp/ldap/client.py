"""Speaks LDAP, in a process of its own: a request on each line that comes in, an answer on each that goes out.

bonsai connects while it holds the interpreter, and heeds no timeout there (noirello/bonsai#113): a directory that is
silent would stop everything in the process. So nothing else is in it, and whoever waits for too long ends it.
Run as a file, it imports nothing of ours.
"""

from __future__ import annotations

import json
import signal
import sys
from typing import Any

import bonsai

MANY = 2  # entries are enough to know that there is not one


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """The names of the entries that a search found, or none after a bind; else a result code (RFC 4511 §A.1)."""
    try:
        with _client(request).connect(timeout=request["seconds"]) as connection:
            search = request.get("search")
            if search is None:
                return {"found": []}
            found = connection.search(
                search["base"],
                bonsai.LDAPSearchScope.SUBTREE,
                search["filter"],
                attrlist=["1.1"],  # none (RFC 4511 §4.5.1.8)
                timeout=request["seconds"],
                sizelimit=MANY,
            )
            return {"found": [str(entry.dn) for entry in found if entry.dn]}
    except bonsai.errors.SizeLimitError:
        return {"found": [""] * MANY}
    except bonsai.LDAPError as error:
        return {"code": error.code, "words": str(error)}
    except (ValueError, OSError) as error:
        return {"code": -1, "words": str(error)}


def _client(request: dict[str, Any]) -> bonsai.LDAPClient:
    client = bonsai.LDAPClient(request["server"], request["starttls"])
    client.set_cert_policy("demand")
    if request["ca_file"]:
        client.set_ca_cert(request["ca_file"])
    client.set_ignore_referrals(True)
    client.set_server_chase_referrals(False)  # a directory does not send us elsewhere with a password
    if request["bind"] is not None:
        name, password = request["bind"]
        client.set_credentials("SIMPLE", user=name, password=password)
    return client


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's: our input ends with it
    print("{}", flush=True)  # ready
    for line in sys.stdin.buffer:
        print(json.dumps(answer(json.loads(line))), flush=True)
