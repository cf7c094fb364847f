"""on_terminal.py COMMAND... - run it on a terminal of its own, print what it wrote there."""
import os
import pty
import sys


def main():
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.argv[1], sys.argv[1:])
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # the terminal's last user is gone
            break
        if not data:
            break
        sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


sys.exit(main())
