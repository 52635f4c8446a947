"""Looks every minute whether ports are open."""
import json
import socket
import sys
import time

targets = json.load(open(sys.argv[1]))
while True:
    for target in targets:
        with socket.socket() as connection:
            connection.settimeout(1)
            print(target["name"], connection.connect_ex(("127.0.0.1", target["port"])), flush=True)
    time.sleep(60)
