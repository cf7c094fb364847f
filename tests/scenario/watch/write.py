"""write.py SOCKET [STEPS] - a site that makes up option names: each step stores a larger
notoptions and one more entry of the group prices. Goes on until it is ended, or for STEPS
steps and then prints how many names there are."""
import socket
import sys
import time


def command(*words):
    out = b"*%d\r\n" % len(words)
    for word in words:
        word = word if isinstance(word, bytes) else word.encode()
        out += b"$%d\r\n%s\r\n" % (len(word), word)
    return out


def step(redis, number):
    names = [f"tariff_{i:06d}_v2" for i in range(40 * number)]
    value = "a:%d:{%s}" % (len(names), "".join(f's:{len(n)}:"{n}";b:1;' for n in names))
    redis.sendall(command("SET", "wp:options:notoptions", value)
                  + command("SET", "wp:options:alloptions", "a:0:{}")
                  + command("SET", f"wp:prices:{number}", "O" * 500))
    replies = b""
    while replies.count(b"\r\n") < 3:
        replies += redis.recv(4096)
    return len(names)


def main():
    redis = socket.socket(socket.AF_UNIX)
    redis.connect(sys.argv[1])
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    number, names = 0, 0
    while number < steps or not steps:
        number += 1
        names = step(redis, number)
        if not steps:
            time.sleep(0.02)
    print(names)


main()
