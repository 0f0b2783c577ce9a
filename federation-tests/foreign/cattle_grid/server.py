"""A foreign ActivityPub server with two actors, built on cattle_grid.

The federation tests start it beside real nodes, in a directory of its own, and
drive it over the `/control/…` routes. Signatures, actors, follows, inboxes and
deliveries are cattle_grid's own. This file is what stands around it where it is
installed: a reverse proxy, and a message broker.
"""

import asyncio
import json
import logging
import os
import socket
from dataclasses import dataclass

import httpx
import uvicorn
from cattle_grid.config.auth import new_auth_config
from faststream.exceptions import SubscriberNotFound
from faststream.rabbit import RabbitBroker
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

STORAGE = "cattle_grid.extensions.examples.simple_storage"


def configure(origin):
    """Has to be done before cattle_grid's application is imported."""
    extensions = [
        {"module": STORAGE, "api_prefix": "/simple_storage"},
        {"module": "partner"},
    ]
    fetcher = new_auth_config(f"{origin}/cattle_grid_actor", "fetcher")
    settings = {
        "AMQP_URL": "amqp://:memory:",
        "DB_URL": "sqlite+aiosqlite:///foreign.sqlite",
        "PROCESSOR_IN_APP": "true",
        "EXTENSIONS": f"@json {json.dumps(extensions)}",
        "AUTH": f"@json {fetcher.model_dump_json()}",
    }
    for name, value in settings.items():
        os.environ[f"CATTLE_GRID_{name}"] = value


@dataclass
class Place:
    """Where cattle_grid answers for the paths with this beginning."""

    prefix: str
    root: str
    signed: bool = True


PLACES = [
    Place("/.well-known/", "/ap", signed=False),
    Place("/cattle_grid_actor", "/auth", signed=False),
    Place("/actor/", "/ap"),
    Place("/inbox/", "/ap"),
    Place("/object/", "/ap"),
    Place("/shared_inbox", "/ap"),
    Place("/simple_storage/", ""),
]


class Front:
    """The reverse proxy: has cattle_grid check each signature, tells it what it
    found, and passes the request on."""

    def __init__(self, origin, application):
        self.origin = origin
        transport = httpx.ASGITransport(app=application)
        self.inner = httpx.AsyncClient(transport=transport, base_url=origin)

    async def pass_on(self, request: Request):
        path = request.url.path
        place = next((one for one in PLACES if path.startswith(one.prefix)), None)
        if not place:
            return Response(status_code=404)
        # What cattle_grid believes its proxy, nobody else may say.
        headers = {
            name: value
            for name, value in request.headers.items()
            if not name.startswith("x-") and name != "content-length"
        }
        verdict = await self.check(request, headers) if place.signed else None
        if verdict and verdict.status_code != 200:
            return Response(status_code=verdict.status_code)
        found = verdict.headers if verdict else {}
        headers |= {name: found[name] for name in found if name.startswith("x-cattle-grid")}
        headers["x-ap-location"] = self.origin + path
        reply = await self.inner.request(
            request.method,
            place.root + path,
            params=request.query_params,
            headers=headers,
            content=await request.body(),
        )
        content = reply.content
        if path.startswith("/actor/") and reply.status_code == 200:
            content = with_moves(content)
        kind = reply.headers.get("content-type")
        return Response(content, reply.status_code, {"content-type": kind} if kind else None)

    async def check(self, request, headers):
        original = {
            "x-original-method": request.method,
            "x-original-uri": request.url.path,
            "x-original-host": request.headers["host"],
            "x-forwarded-proto": "http",
        }
        return await self.inner.get("/auth/auth", headers=headers | original)


def with_moves(content):
    """cattle_grid's actors have no words for where they were and where they went."""
    import partner

    document = json.loads(content)
    return json.dumps(document | partner.moves.get(document["id"], {})).encode()


def queue_messages(broker):
    """Lets messages wait until their sender is done, as a broker does that is a
    process of its own: the one in memory hands them on before what the sender
    writes is committed."""
    hand_on, waiting = broker.publish, asyncio.Queue()

    async def publish(*args, **kwargs):
        waiting.put_nowait((args, kwargs))

    async def work():
        while True:
            args, kwargs = await waiting.get()
            try:
                await hand_on(*args, **kwargs)
            except SubscriberNotFound:
                pass
            except Exception:
                logging.exception("a message was not dealt with")

    broker.publish = publish
    return asyncio.create_task(work())


async def control(request: Request):
    import partner

    body = await request.json() if request.method == "POST" else dict(request.query_params)
    answer = await partner.controls[request.path_params["name"]](**body)
    return JSONResponse(answer)


async def main():
    listener = socket.create_server(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    configure(origin)
    from cattle_grid import create_app
    from cattle_grid.app import app_globals
    import partner

    # It warns of the broker in memory, which is meant.
    logging.disable(logging.WARNING)
    application = create_app(run_migration=False)
    routes = [
        Route("/control/{name}", control, methods=["GET", "POST"]),
        Route("/{path:path}", Front(origin, application).pass_on, methods=["GET", "POST"]),
    ]
    # One that is never connected: its address says that messages stay in memory.
    app_globals.broker = RabbitBroker()
    async with application.router.lifespan_context(application):
        worker = queue_messages(app_globals.broker)
        await partner.settle(origin)
        print(json.dumps({"origin": origin, "actor": partner.actors[0]}), flush=True)
        server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="warning"))
        await server.serve(sockets=[listener])
        worker.cancel()


asyncio.run(main())
