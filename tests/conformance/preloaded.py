"""The AWS CLI, loaded once.

The AWS CLI takes half a second to load, and the tests start it several hundred times. Here one
process loads it and forks for each call. A call runs the code of the installed AWS CLI in its own
process, with the caller's arguments, environment, folder and streams. test_aws_cli.py compares the
two.
"""

import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import contextmanager
from pathlib import Path

# The `aws` on the PATH: it passes everything on to the server, and exits with the call's exit code.
COMMAND = """#!{python} -IS
import json, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
request = json.dumps([["aws", *sys.argv[1:]], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(server, [len(request).to_bytes(8, "big")], [0, 1, 2])
server.sendall(request)
ended = server.recv(1)
sys.exit(ended[0] if ended else "the call ended without an exit code")
"""


@contextmanager
def aws():
    """A folder for the PATH with an `aws` that is the preloaded AWS CLI."""
    # Not pytest's own folder: its path may be too long for a socket.
    with tempfile.TemporaryDirectory(prefix="aws-") as name:
        folder = Path(name)
        address = str(folder / "socket")
        command = folder / "aws"
        command.write_text(COMMAND.format(python=sys.executable, address=address))
        command.chmod(0o755)
        server = subprocess.Popen([sys.executable, __file__, address], stdout=subprocess.PIPE)
        try:
            assert server.stdout.readline() == b"ready\n", "the AWS CLI does not load"
            yield folder
        finally:
            server.terminate()
            server.wait()


def serve(address):
    before = dict(os.environ)
    import awscli.clidriver

    # Loading it sets AWS_DATA_PATH.
    set_by_cli = dict(os.environ.items() - before.items())
    # Only for what it imports: a driver depends on the caller's environment.
    awscli.clidriver.create_clidriver()
    # A collection in a fork would touch, and so copy, the pages of everything loaded here.
    gc.freeze()
    # Nobody waits for the forks.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        print("ready", flush=True)
        while True:
            caller, _ = listener.accept()
            with caller:
                if os.fork() == 0:
                    listener.close()
                    answer(caller, awscli.clidriver.main, set_by_cli)


def answer(caller, main, more_environment):
    """Runs one call in the forked process, and ends it."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        size, streams, _, _ = socket.recv_fds(caller, 8, 3)
        length, request = int.from_bytes(size, "big"), b""
        while len(request) < length:
            request += caller.recv(length - len(request))
        sys.argv, folder, environment = json.loads(request)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment | more_environment)
        time.tzset()
        code = main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        caller.sendall(bytes([code]))
        os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1])
