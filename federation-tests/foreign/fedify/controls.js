// What a test can have the actor do, and what it can ask.
import {
  Announce,
  Delete,
  Flag,
  Follow,
  Like,
  Move,
  Note,
  PUBLIC_COLLECTION,
  Tombstone,
  Undo,
  Update,
} from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";
import {
  PARTNER,
  SUCCESSOR,
  createOf,
  follow,
  followers,
  following,
  notes,
  received,
  state,
} from "./federation.js";

// What may be undone, with those whom it went to.
const sent = new Map();

// Reads what stands at an address, with a signed request.
async function lookup(ctx, address) {
  const documentLoader = await ctx.getDocumentLoader({ identifier: PARTNER });
  const found = await ctx.lookupObject(address, { documentLoader });
  if (!found?.id) throw new Error(`${address} was not found`);
  return found;
}

async function lookupWithAuthor(ctx, address) {
  const object = await lookup(ctx, address);
  return { object, author: await lookup(ctx, object.attributionId) };
}

async function send(ctx, recipients, activity) {
  sent.set(activity.id.href, { recipients, activity });
  await ctx.sendActivity({ identifier: PARTNER }, recipients, activity);
  return { id: activity.id.href };
}

// The start of every activity of the actor.
const own = (ctx, kind) => ({
  id: new URL(`/${kind}/${crypto.randomUUID()}`, ctx.origin),
  actor: ctx.getActorUri(PARTNER),
});
const toEverybody = (ctx, ...also) => ({
  to: PUBLIC_COLLECTION,
  ccs: [ctx.getFollowersUri(PARTNER), ...also.map((one) => one.id)],
});
const everybody = (...also) => [...followers[PARTNER].values(), ...also];
const noteAt = (address) => notes.get(address.split("/").pop());

export const controls = {
  async follow(ctx, { actor }) {
    const recipient = await lookup(ctx, actor);
    const activity = await follow(ctx, recipient);
    sent.set(activity.id.href, { recipients: recipient, activity });
    return {
      id: activity.id.href,
      followed: recipient.id.href,
      name: String(recipient.name),
    };
  },

  async undo(ctx, { id }) {
    const { recipients, activity } = sent.get(id);
    if (activity instanceof Follow) following[PARTNER].delete(activity.objectId.href);
    return send(ctx, recipients, new Undo({ ...own(ctx, "undos"), object: activity }));
  },

  async post(ctx, { content, inReplyTo }) {
    const parent = inReplyTo ? await lookupWithAuthor(ctx, inReplyTo) : undefined;
    const addressed = parent ? [parent.author] : [];
    const id = crypto.randomUUID();
    const note = new Note({
      id: ctx.getObjectUri(Note, { id }),
      attribution: ctx.getActorUri(PARTNER),
      ...toEverybody(ctx, ...addressed),
      replyTarget: parent?.object.id,
      content,
      published: Temporal.Now.instant(),
      url: ctx.getObjectUri(Note, { id }),
    });
    notes.set(id, note);
    await send(ctx, everybody(...addressed), createOf(ctx, note));
    return { id: note.id.href };
  },

  async edit(ctx, { id, content }) {
    const note = noteAt(id).clone({ content, updated: Temporal.Now.instant() });
    notes.set(id.split("/").pop(), note);
    const activity = { ...own(ctx, "updates"), ...toEverybody(ctx), object: note };
    return send(ctx, everybody(), new Update(activity));
  },

  async delete(ctx, { id }) {
    notes.delete(id.split("/").pop());
    const object = new Tombstone({ id: new URL(id) });
    const activity = { ...own(ctx, "deletes"), ...toEverybody(ctx), object };
    return send(ctx, everybody(), new Delete(activity));
  },

  async like(ctx, { object: address }) {
    const { object, author } = await lookupWithAuthor(ctx, address);
    return send(ctx, author, new Like({ ...own(ctx, "likes"), to: author.id, object: object.id }));
  },

  async announce(ctx, { object: address }) {
    const { object, author } = await lookupWithAuthor(ctx, address);
    const activity = { ...own(ctx, "boosts"), ...toEverybody(ctx, author), object: object.id };
    return send(ctx, everybody(author), new Announce(activity));
  },

  async flag(ctx, { account, objects, content }) {
    const recipient = await lookup(ctx, account);
    const reported = [account, ...objects].map((address) => new URL(address));
    const activity = { ...own(ctx, "flags"), to: recipient.id, objects: reported, content };
    return send(ctx, recipient, new Flag(activity));
  },

  async move(ctx) {
    state.moved = true;
    const target = ctx.getActorUri(SUCCESSOR);
    const to = ctx.getFollowersUri(PARTNER);
    const activity = { ...own(ctx, "moves"), to, object: ctx.getActorUri(PARTNER), target };
    await send(ctx, everybody(), new Move(activity));
    return { target: target.href };
  },

  received: () => ({ activities: received }),
  followers: (ctx, { actor }) => ({ followers: addresses(ctx, followers, actor) }),
  following: (ctx, { actor }) => ({ following: addresses(ctx, following, actor) }),
};

function addresses(ctx, ends, actor) {
  return [...ends[ctx.parseUri(new URL(actor)).identifier].keys()];
}
