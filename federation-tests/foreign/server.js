// A foreign ActivityPub server with one actor, built on Fedify.
//
// The federation tests start it beside real nodes and drive it over the
// `/control/…` routes; everything else is Fedify's own. What it lists under
// `/control/received` has passed Fedify's signature check.
import { createServer } from "node:http";
import { Readable } from "node:stream";
import {
  createFederation,
  generateCryptoKeyPair,
  InProcessMessageQueue,
  MemoryKvStore,
} from "@fedify/fedify";
import {
  Accept,
  Activity,
  Create,
  Delete,
  Endpoints,
  Follow,
  Note,
  Organization,
  PUBLIC_COLLECTION,
  Undo,
} from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";

const HANDLE = "partner";
const received = [];
const followers = new Map();
const notes = new Map();
const kv = new MemoryKvStore();

const federation = createFederation({
  kv,
  queue: new InProcessMessageQueue({ pollInterval: { milliseconds: 50 } }),
  // The nodes under test live on loopback addresses.
  allowPrivateAddress: true,
  // Deliveries are retried quickly, so that a restarted node is reached soon.
  outboxRetryPolicy: ({ attempts }) =>
    attempts < 60 ? Temporal.Duration.from({ milliseconds: 500 }) : null,
});

async function keyPair(algorithm) {
  const { privateKey, publicKey } = await generateCryptoKeyPair(algorithm);
  return { privateKey, publicKey };
}
const keyPairs = [
  await keyPair("RSASSA-PKCS1-v1_5"),
  await keyPair("Ed25519"),
];

federation
  .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
    if (identifier !== HANDLE) return null;
    const keys = await ctx.getActorKeyPairs(identifier);
    return new Organization({
      id: ctx.getActorUri(identifier),
      preferredUsername: identifier,
      name: "Partner on another platform",
      summary: "<p>Runs other software.</p>",
      url: ctx.getActorUri(identifier),
      inbox: ctx.getInboxUri(identifier),
      outbox: ctx.getOutboxUri(identifier),
      followers: ctx.getFollowersUri(identifier),
      endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
      publicKey: keys[0].cryptographicKey,
      assertionMethods: keys.map((key) => key.multikey),
    });
  })
  .setKeyPairsDispatcher((_ctx, identifier) =>
    identifier === HANDLE ? keyPairs : [],
  );

federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({
  items: [...followers.values()],
}));

federation.setOutboxDispatcher("/users/{identifier}/outbox", (ctx) => ({
  items: [...notes.keys()].map((id) => createOf(ctx, notes.get(id))),
}));

federation.setObjectDispatcher(Note, "/notes/{id}", (_ctx, { id }) =>
  notes.get(id) ?? null,
);

async function remember(ctx, activity) {
  const json = await activity.toJsonLd({ format: "compact" });
  received.push(json);
}

federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .on(Follow, async (ctx, follow) => {
    await remember(ctx, follow);
    const follower = await follow.getActor(ctx);
    if (!follower?.id || !follower.inboxId) return;
    followers.set(follower.id.href, {
      id: follower.id,
      inboxId: follower.inboxId,
      endpoints: follower.endpoints,
    });
    await ctx.sendActivity(
      { identifier: HANDLE },
      follower,
      new Accept({
        id: new URL(`/accepts/${crypto.randomUUID()}`, ctx.origin),
        actor: ctx.getActorUri(HANDLE),
        object: follow,
      }),
    );
  })
  .on(Undo, async (ctx, undo) => {
    await remember(ctx, undo);
    if (undo.actorId) followers.delete(undo.actorId.href);
  })
  .on(Activity, remember);

function createOf(ctx, note) {
  return new Create({
    id: new URL(`${note.id.href}#create`),
    actor: ctx.getActorUri(HANDLE),
    to: PUBLIC_COLLECTION,
    cc: ctx.getFollowersUri(HANDLE),
    object: note,
  });
}

async function follow(ctx, { actor }) {
  const recipient = await ctx.lookupObject(actor);
  if (!recipient?.id) return { error: `${actor} was not found` };
  await ctx.sendActivity(
    { identifier: HANDLE },
    recipient,
    new Follow({
      id: new URL(`/follows/${crypto.randomUUID()}`, ctx.origin),
      actor: ctx.getActorUri(HANDLE),
      object: recipient.id,
    }),
  );
  return { followed: recipient.id.href, name: String(recipient.name) };
}

async function post(ctx, { content }) {
  const id = crypto.randomUUID();
  const note = new Note({
    id: ctx.getObjectUri(Note, { id }),
    attribution: ctx.getActorUri(HANDLE),
    to: PUBLIC_COLLECTION,
    cc: ctx.getFollowersUri(HANDLE),
    content,
    published: Temporal.Now.instant(),
    url: ctx.getObjectUri(Note, { id }),
  });
  notes.set(id, note);
  await ctx.sendActivity({ identifier: HANDLE }, "followers", createOf(ctx, note));
  return { id: note.id.href };
}

async function remove(ctx, { id }) {
  const key = id.split("/").pop();
  notes.delete(key);
  await ctx.sendActivity(
    { identifier: HANDLE },
    "followers",
    new Delete({
      id: new URL(`${id}#delete`),
      actor: ctx.getActorUri(HANDLE),
      to: PUBLIC_COLLECTION,
      object: new URL(id),
    }),
  );
  return { deleted: id };
}

const controls = {
  "/control/follow": follow,
  "/control/post": post,
  "/control/delete": remove,
  "/control/received": () => ({ activities: received }),
  "/control/followers": () => ({ followers: [...followers.keys()] }),
};

async function answer(request) {
  const control = controls[new URL(request.url).pathname];
  if (!control) return federation.fetch(request, { contextData: undefined });
  const ctx = federation.createContext(request, undefined);
  const body = request.method === "POST" ? await request.json() : {};
  return Response.json(await control(ctx, body));
}

const server = createServer(async (incoming, outgoing) => {
  const hasBody = !["GET", "HEAD"].includes(incoming.method);
  const request = new Request(`http://${incoming.headers.host}${incoming.url}`, {
    method: incoming.method,
    headers: Object.entries(incoming.headersDistinct).flatMap(([name, values]) =>
      values.map((value) => [name, value]),
    ),
    body: hasBody ? Readable.toWeb(incoming) : undefined,
    duplex: "half",
  });
  try {
    const response = await answer(request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  } catch (error) {
    console.error(error);
    outgoing.writeHead(500, { "content-type": "application/json" });
    outgoing.end(JSON.stringify({ error: String(error) }));
  }
});

server.listen(0, "127.0.0.1", () => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  console.log(JSON.stringify({ origin, actor: `${origin}/users/${HANDLE}` }));
});
process.on("SIGTERM", () => process.exit(0));
