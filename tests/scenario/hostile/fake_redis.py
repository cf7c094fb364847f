"""fake_redis.py SOCKET MODE - a peer that speaks a little RESP and then misbehaves.

loading  answers every command as a server that still loads its data
silent   accepts and never answers
half     answers the first commands and stops in the middle of SCAN's reply
garbage  answers with bytes that are no RESP
huge     announces a bulk string of 2 GB in SCAN's reply and sends on and on
"""
import socketserver
import sys
import time

MODE = sys.argv[2]
INFO = b"redis_version:7.0.15\r\nredis_mode:standalone\r\nrole:master\r\nloading:0\r\n# Keyspace\r\ndb0:keys=1000,expires=0,avg_ttl=0\r\n"


def bulk(data):
    return b"$%d\r\n%s\r\n" % (len(data), data)


class Peer(socketserver.StreamRequestHandler):
    def command(self):
        head = self.rfile.readline()
        if not head.startswith(b"*"):
            return None
        words = []
        for _ in range(int(head[1:])):
            length = int(self.rfile.readline()[1:])
            words.append(self.rfile.read(length + 2)[:-2])
        return words

    def answer(self, words):
        name = words[0].upper()
        if MODE == "silent":
            time.sleep(3600)
        if MODE == "loading":
            return b"-LOADING Redis is loading the dataset in memory\r\n"
        if MODE == "garbage":
            return b"HTTP/1.1 400 Bad Request\r\n\r\n"
        if name == b"INFO":
            return bulk(INFO)
        if name == b"SCAN":
            if MODE == "half":
                self.wfile.write(b"*2\r\n$1\r\n7\r\n*50\r\n$10\r\nwp:op")
                time.sleep(3600)
            self.wfile.write(b"*2\r\n$1\r\n7\r\n*1\r\n$2147483000\r\n")
            while True:
                self.wfile.write(b"x" * 65536)
        if name == b"DBSIZE":
            return b":1000\r\n"
        return b"+OK\r\n"

    def handle(self):
        try:
            while True:
                words = self.command()
                if words is None:
                    return
                self.wfile.write(self.answer(words))
        except (ConnectionError, ValueError):
            return


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


with Server(sys.argv[1], Peer) as server:
    server.serve_forever()
