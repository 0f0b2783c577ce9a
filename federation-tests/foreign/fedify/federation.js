// The actors, what they serve, and what they do with what arrives. What is
// listed in `received` has passed Fedify's signature check.
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
  Endpoints,
  Follow,
  Move,
  Note,
  Organization,
  PUBLIC_COLLECTION,
  Undo,
} from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";

// The actor that is driven, and the one that it may move to.
export const PARTNER = "partner";
export const SUCCESSOR = "successor";

const newEnds = () => ({ [PARTNER]: new Map(), [SUCCESSOR]: new Map() });
// Of each actor, by address.
export const followers = newEnds();
export const following = newEnds();
export const notes = new Map();
export const received = [];
export const state = { moved: false };

export const federation = createFederation({
  kv: new MemoryKvStore(),
  queue: new InProcessMessageQueue({ pollInterval: { milliseconds: 50 } }),
  // The nodes under test live on loopback addresses.
  allowPrivateAddress: true,
  // Deliveries are retried quickly, so that a restarted node is reached soon.
  outboxRetryPolicy: ({ attempts }) =>
    attempts < 60 ? Temporal.Duration.from({ milliseconds: 500 }) : null,
});

// Fedify's own RSA keys have 4096 bits, which take seconds to find.
const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: "SHA-256",
};
async function keyPairs() {
  return [
    await crypto.subtle.generateKey(RSA, true, ["sign", "verify"]),
    await generateCryptoKeyPair("Ed25519"),
  ];
}
const keys = { [PARTNER]: await keyPairs(), [SUCCESSOR]: await keyPairs() };

function whereItMoved(ctx, identifier) {
  if (!state.moved) return {};
  return identifier === PARTNER
    ? { successor: ctx.getActorUri(SUCCESSOR) }
    : { aliases: [ctx.getActorUri(PARTNER)] };
}

federation
  .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
    if (!(identifier in keys)) return null;
    const pairs = await ctx.getActorKeyPairs(identifier);
    return new Organization({
      id: ctx.getActorUri(identifier),
      preferredUsername: identifier,
      name: `The ${identifier} on another platform`,
      summary: "<p>Runs other software.</p>",
      url: ctx.getActorUri(identifier),
      inbox: ctx.getInboxUri(identifier),
      outbox: ctx.getOutboxUri(identifier),
      followers: ctx.getFollowersUri(identifier),
      endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
      publicKey: pairs[0].cryptographicKey,
      assertionMethods: pairs.map((pair) => pair.multikey),
      ...whereItMoved(ctx, identifier),
    });
  })
  .setKeyPairsDispatcher((_ctx, identifier) => keys[identifier] ?? []);

federation.setFollowersDispatcher("/users/{identifier}/followers", (_ctx, identifier) => ({
  items: [...followers[identifier].values()],
}));

federation.setOutboxDispatcher("/users/{identifier}/outbox", (ctx, identifier) => ({
  items: identifier === PARTNER ? [...notes.values()].map((note) => createOf(ctx, note)) : [],
}));

federation.setObjectDispatcher(Note, "/notes/{id}", (_ctx, { id }) => notes.get(id) ?? null);

export function createOf(ctx, note) {
  return new Create({
    id: new URL(`${note.id.href}#create`),
    actor: ctx.getActorUri(PARTNER),
    to: PUBLIC_COLLECTION,
    ccs: [...note.ccIds],
    object: note,
  });
}

federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .on(Follow, async (ctx, follow) => {
    await remember(ctx, follow);
    const followed = ctx.parseUri(follow.objectId)?.identifier;
    const follower = await follow.getActor(ctx);
    if (!followers[followed] || !follower?.id || !follower.inboxId) return;
    followers[followed].set(follower.id.href, follower);
    await ctx.sendActivity(
      { identifier: followed },
      follower,
      new Accept({
        id: new URL(`/accepts/${crypto.randomUUID()}`, ctx.origin),
        actor: ctx.getActorUri(followed),
        object: follow,
      }),
    );
  })
  .on(Accept, async (ctx, accept) => {
    await remember(ctx, accept);
    following[PARTNER].set(accept.actorId.href, accept);
  })
  .on(Undo, async (ctx, undo) => {
    await remember(ctx, undo);
    const undone = await undo.getObject(ctx);
    if (!(undone instanceof Follow)) return;
    const followed = ctx.parseUri(undone.objectId)?.identifier;
    followers[followed]?.delete(undo.actorId.href);
  })
  .on(Move, async (ctx, move) => {
    await remember(ctx, move);
    // Whoever was followed at the old address is followed at the new one, if
    // that names the old one.
    const target = await move.getTarget(ctx);
    const names = target.aliasIds.some((alias) => alias.href === move.objectId.href);
    if (names && move.actorId.href === move.objectId.href) await follow(ctx, target);
  })
  .on(Activity, remember);

async function remember(ctx, activity) {
  received.push(await activity.toJsonLd({ format: "compact" }));
}

export async function follow(ctx, recipient) {
  const activity = new Follow({
    id: new URL(`/follows/${crypto.randomUUID()}`, ctx.origin),
    actor: ctx.getActorUri(PARTNER),
    object: recipient.id,
  });
  await ctx.sendActivity({ identifier: PARTNER }, recipient, activity);
  return activity;
}
