"""What the actors on cattle_grid do when they are told to, and what they remember.

This is an extension of cattle_grid. What it sends lies in the tables of the
extension `simple_storage`, which serves it, and leaves through `send_message`;
what arrives has passed cattle_grid's signature check.
"""

from datetime import datetime, timezone
from urllib.parse import urlparse
from uuid import UUID

from bovine.activitystreams.utils import as_list
from cattle_grid.account.account import add_actor_to_account, create_account
from cattle_grid.activity_pub import create_actor
from cattle_grid.activity_pub.actor.internals import bovine_actor_for_actor_id
from cattle_grid.activity_pub.actor.relationship import followers_for_actor, following_for_actor
from cattle_grid.app import app_globals
from cattle_grid.database.activity_pub import Base
from cattle_grid.database.activity_pub_actor import Actor
from cattle_grid.extensions import Extension
from cattle_grid.extensions.examples.simple_storage.config import SimpleStorageConfiguration
from cattle_grid.extensions.examples.simple_storage.models import StoredActivity, StoredObject
from cattle_grid.model import ActivityMessage
from sqlalchemy import select

CONTEXT = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{CONTEXT}#Public"

extension = Extension(name="partner", module=__name__)
storage = SimpleStorageConfiguration(prefix="/simple_storage/")

# The actor that is driven, and the one that it may move to.
actors = []
# What an actor's document says beyond what cattle_grid knows.
moves = {}
received = []


async def settle(origin):
    """Makes the tables, an account and the actors."""
    async with app_globals.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with app_globals.async_session_maker() as session:
        account = await create_account(session, "partners", "unused here")
        for handle in ("partner", "successor"):
            actor = await create_actor(
                session,
                origin,
                identifiers={"webfinger": f"acct:{handle}@{urlparse(origin).netloc}"},
                profile={
                    "type": "Organization",
                    "name": f"The {handle} on another platform",
                    "summary": "<p>Runs other software.</p>",
                },
                automatically_accept_followers=True,
            )
            await add_actor_to_account(session, account, actor, handle)
            actors.append(actor.actor_id)


@extension.subscribe("incoming.#")
async def remember(message: ActivityMessage):
    received.append(message.data["raw"])


@extension.subscribe("incoming.Move")
async def go_along(message: ActivityMessage):
    """cattle_grid leaves moves to applications: whoever was followed at the old
    address is followed at the new one, if that names the old one."""
    move = message.data["raw"]
    target = await fetch(move["target"])
    if move["actor"] == move["object"] and move["object"] in as_list(target.get("alsoKnownAs", [])):
        await follow(target["id"])


async def fetch(uri):
    """Reads a document of another server with a signed request."""
    async with app_globals.async_session_maker() as session:
        me = await bovine_actor_for_actor_id(session, actors[0])
    await me.init(session=app_globals.session)
    return await me.get(uri)


async def keep(table, document):
    """Gives a document an id and has it served under it."""
    document["id"], key = storage.make_id(actors[0])
    async with app_globals.async_session_maker() as session:
        session.add(table(id=key, data=document, actor=actors[0]))
        await session.commit()
    return document


async def send(kind, **fields):
    activity = {"@context": CONTEXT, "type": kind, "actor": actors[0], **fields}
    await keep(StoredActivity, activity)
    message = ActivityMessage(actor=actors[0], data=activity)
    exchange = app_globals.activity_exchange
    await app_globals.broker.publish(message, exchange=exchange, routing_key="send_message")
    return activity


def to_everybody(*also):
    return {"to": [PUBLIC], "cc": [f"{actors[0]}/followers", *also]}


async def kept(session, table, uri):
    return await session.get(table, UUID(uri.rsplit("/", 1)[1]))


def now():
    return datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")


async def follow(actor):
    recipient = await fetch(actor)
    sent = await send("Follow", object=recipient["id"], to=[recipient["id"]])
    return {"id": sent["id"], "followed": recipient["id"], "name": recipient.get("name")}


async def undo(id):
    async with app_globals.async_session_maker() as session:
        undone = (await kept(session, StoredActivity, id)).data
    recipients = {key: undone[key] for key in ("to", "cc") if key in undone}
    await send("Undo", object=id, **recipients)
    return {"undone": id}


async def post(content, inReplyTo=None):
    note = {
        "@context": CONTEXT,
        "type": "Note",
        "attributedTo": actors[0],
        "content": content,
        "published": now(),
        **to_everybody(),
    }
    if inReplyTo:
        parent = await fetch(inReplyTo)
        note["inReplyTo"] = parent["id"]
        note["cc"].append(parent["attributedTo"])
    await keep(StoredObject, note)
    await send("Create", object=note, to=note["to"], cc=note["cc"])
    return {"id": note["id"]}


async def edit(id, content):
    async with app_globals.async_session_maker() as session:
        row = await kept(session, StoredObject, id)
        row.data = row.data | {"content": content, "updated": now()}
        await session.commit()
    await send("Update", object=row.data, **to_everybody())
    return {"edited": id}


async def delete(id):
    async with app_globals.async_session_maker() as session:
        await session.delete(await kept(session, StoredObject, id))
        await session.commit()
    await send("Delete", object={"id": id, "type": "Tombstone"}, **to_everybody())
    return {"deleted": id}


async def like(object):
    liked = await fetch(object)
    sent = await send("Like", object=liked["id"], to=[liked["attributedTo"]])
    return {"id": sent["id"]}


async def announce(object):
    shared = await fetch(object)
    sent = await send("Announce", object=shared["id"], **to_everybody(shared["attributedTo"]))
    return {"id": sent["id"]}


async def flag(account, objects, content):
    sent = await send("Flag", object=[account, *objects], content=content, to=[account])
    return {"id": sent["id"]}


async def move():
    old, new = actors
    moves[new] = {"alsoKnownAs": [old]}
    moves[old] = {"movedTo": new}
    await send("Move", object=old, target=new, to=[f"{old}/followers"])
    return {"target": new}


async def list_received():
    return {"activities": received}


async def list_ends(read, actor):
    async with app_globals.async_session_maker() as session:
        found = await session.scalar(select(Actor).where(Actor.actor_id == actor))
        return list(await read(session, found))


async def list_followers(actor):
    return {"followers": await list_ends(followers_for_actor, actor)}


async def list_following(actor):
    return {"following": await list_ends(following_for_actor, actor)}


controls = {
    "follow": follow,
    "undo": undo,
    "post": post,
    "edit": edit,
    "delete": delete,
    "like": like,
    "announce": announce,
    "flag": flag,
    "move": move,
    "received": list_received,
    "followers": list_followers,
    "following": list_following,
}
