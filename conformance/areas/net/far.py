"""Connects from a vantage point, and says what came of it.

Sent over standard input to a Python there, 3.6 or later, that has nothing but its standard library. It is told what to
do by a job, decides nothing, and writes a JSON object a line.
"""

import asyncio
import base64
import errno
import json
import os
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, List, Set, Tuple

AT_ONCE = 200  # connections: below the 256 open files that some systems leave a process
ENOUGH = 16  # bytes: what a protocol is told by stands at the beginning
LINGER = 0.3  # seconds without another byte: the greeting is whole
MOST_ADDRESSES = 16  # of one name

REFUSED = (errno.ECONNREFUSED, errno.ECONNRESET)
SPENT = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


def tell(job: Dict[str, Any], **what: Any) -> None:
    """Write a result on a line of its own, whatever else stands on the way."""
    sys.stdout.write("\n" + json.dumps(dict(what, portero=job["token"])) + "\n")
    sys.stdout.flush()


class Far:
    """One job: the looks of a vantage point."""

    def __init__(self, job: Dict[str, Any], loop: asyncio.AbstractEventLoop) -> None:
        """Open nothing yet."""
        self.job = job
        self.loop = loop
        self.opened = 0
        self.room = asyncio.Semaphore(AT_ONCE)
        self.slots: Dict[str, asyncio.Semaphore] = {}
        self.turns: Dict[str, float] = {}
        self.names: Dict[str, Any] = {}

    async def run(self) -> None:
        """Look everywhere; the addresses where nobody can answer are settled when all names are known."""
        looks = self.job["looks"]
        for look in looks:
            self.names.setdefault(look["host"], asyncio.ensure_future(self.resolve(look)))
        await asyncio.gather(*self.names.values())
        await asyncio.gather(*[self.look(look) for look in looks + self.nowhere()])

    async def resolve(self, look: Dict[str, Any]) -> Tuple[List[Any], str]:
        """Return a name's sockaddrs and, where there are none, why."""
        names = look["addresses"] or [look["host"]]
        try:
            asked = [self.loop.getaddrinfo(name, 0, type=socket.SOCK_STREAM) for name in names]
            answers = await asyncio.wait_for(asyncio.gather(*asked), self.job["resolving"])
        except asyncio.TimeoutError:
            return [], f"the resolver did not answer within {self.job['resolving']:g} s"
        except (OSError, UnicodeError) as error:
            return [], getattr(error, "strerror", None) or str(error)
        found: List[Any] = []
        for family, _, _, _, address in [one for answer in answers for one in answer]:
            if (family, address) not in found and family in (socket.AF_INET, socket.AF_INET6):
                found.append((family, address))
        return found[:MOST_ADDRESSES], ""

    def nowhere(self) -> List[Dict[str, Any]]:
        """Return the looks at documentation addresses, from a range that no name here and no network of ours is in."""
        known = [address[0] for task in self.names.values() for _, address in task.result()[0]]
        families: Set[int] = {family for task in self.names.values() for family, _ in task.result()[0]}
        looks: List[Dict[str, Any]] = []
        for family, wanted in ((socket.AF_INET, True), (socket.AF_INET6, socket.AF_INET6 in families)):
            for prefix, address in self.job["nowhere"].get("4" if family == socket.AF_INET else "6", ()):
                if wanted and not any(one.startswith(prefix) for one in [*known, own_address(family, address)]):
                    self.names[address] = asyncio.ensure_future(self.resolve({"host": address, "addresses": []}))
                    looks += [self.stranger(address, port) for port in self.job["nowhere_ports"]]
                    break
        return looks

    def stranger(self, address: str, port: int) -> Dict[str, Any]:
        """Return the look at an address that nobody has."""
        return {"key": "nowhere", "host": address, "port": port, "questions": []}

    async def look(self, look: Dict[str, Any]) -> None:
        """Look at every address of one host and port, and say so."""
        addresses, unresolved = await self.names[look["host"]]
        found = [self.address(look, family, (address[0], look["port"], *address[2:])) for family, address in addresses]
        seen = await asyncio.gather(*found)
        tell(self.job, key=look["key"], host=look["host"], port=look["port"], unresolved=unresolved, seen=seen)

    async def address(self, look: Dict[str, Any], family: int, address: Any) -> Dict[str, Any]:
        """Connect and ask the first question; where it is met with silence, the others, each on its own connection."""
        began = time.monotonic()
        questions = [self.job["questions"][number] for number in look["questions"]]
        came = [await self.ask(look, family, address, questions[0] if questions else None)]
        if came[0][0] == "open" and not came[0][2]:
            came += await asyncio.gather(*[self.ask(look, family, address, other) for other in questions[1:]])
        return {
            "address": address[0],
            "came": came[0][0],
            "detail": came[0][1],
            "heard": [[detail, heard] for state, detail, heard in came if state == "open"],
            "seconds": round(time.monotonic() - began, 3),
        }

    async def ask(self, look: Dict[str, Any], family: int, address: Any, question: Any) -> Tuple[str, str, str]:
        """Open one connection, and return its state, why nothing was heard on it, and what was (base64)."""
        width = self.job["width"] if look["key"] != "nowhere" else AT_ONCE
        slot = self.slots.setdefault(look["host"], asyncio.Semaphore(width))
        async with slot, self.room:
            if self.opened >= self.job["most"]:
                return "failed", "the limit of connections a run was reached", ""
            self.opened += 1
            await self.turn(look["host"])
            try:
                with socket.socket(family, socket.SOCK_STREAM) as sock:
                    sock.settimeout(0)
                    await asyncio.wait_for(self.loop.sock_connect(sock, address), self.job["connecting"])
                    return await self.converse(sock, question) if question else ("open", "was asked nothing", "")
            except asyncio.TimeoutError:
                return "filtered", f"no answer within {self.job['connecting']:g} s", ""
            except OSError as error:
                return state_of(error, family), (os.strerror(error.errno) if error.errno else str(error)), ""

    async def turn(self, host: str) -> None:
        """Wait until the pace allows another connection to `host`."""
        now = time.monotonic()
        mine = max(now, self.turns.get(host, now))
        self.turns[host] = mine + 1 / self.job["rate"]
        if mine > now:
            await asyncio.sleep(mine - now)

    async def converse(self, sock: socket.socket, question: Dict[str, Any]) -> Tuple[str, str, str]:
        """Send the question, and return what is heard first."""
        heard = b""
        try:
            await asyncio.wait_for(self.question(sock, question), self.job["answering"])
            heard = await asyncio.wait_for(self.loop.sock_recv(sock, 1 << 12), self.job["answering"])
            more = heard
            while more and len(heard) < ENOUGH:
                more = await asyncio.wait_for(self.loop.sock_recv(sock, 1 << 12), LINGER)
                heard += more
        except asyncio.TimeoutError:
            why = "silent"
        except OSError:
            why = "reset"
        else:
            why = "closed"
        return "open", "" if heard else why, base64.b64encode(heard[:64]).decode("ascii")

    async def question(self, sock: socket.socket, question: Dict[str, Any]) -> None:
        """Send a question; a service that spoke and hung up before has still been heard."""
        try:
            await self.loop.sock_sendall(sock, base64.b64decode(question["send"]))
            if question["end"]:
                sock.shutdown(socket.SHUT_WR)
        except OSError:
            return


def state_of(error: OSError, family: int) -> str:
    """Return the word for a connection that was not made."""
    if error.errno in REFUSED:
        return "refused"
    if error.errno == errno.ETIMEDOUT:
        return "filtered"
    if error.errno in SPENT or (error.errno == errno.EADDRNOTAVAIL and family == socket.AF_INET):
        return "failed"
    return "unreachable"


def own_address(family: int, address: str) -> str:
    """Return the address that connections to `address` would come from, or nothing; nothing is sent."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((address, 9))
            return str(sock.getsockname()[0])
    except OSError:
        return ""


def give_up(seconds: float) -> None:
    """Leave at once."""
    sys.stderr.write(f"its looks were not through after {seconds:g} s: name fewer ports, or raise [limits]\n")
    sys.stderr.flush()
    os._exit(3)


def main(job: Dict[str, Any]) -> None:
    """Do the job, at most for the time that it gives, and leave without waiting for a resolver that hangs."""
    limit = threading.Timer(job["seconds"], give_up, [job["seconds"]])
    limit.daemon = True
    limit.start()
    tell(job, begun=True)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_default_executor(ThreadPoolExecutor(32))

    async def whole() -> int:
        far = Far(job, loop)
        await far.run()
        return far.opened

    opened = loop.run_until_complete(whole())
    tell(job, done=True, opened=opened, python=sys.version.split()[0])
    os._exit(0)
