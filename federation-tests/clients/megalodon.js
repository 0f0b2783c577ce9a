// Reads from a node with megalodon.
// Usage: megalodon.js ORIGIN TOKEN ACCOUNT ENTRY
import megalodon, { detector } from "megalodon";
import { address, entry, finish, hasEntry, hears, origin, step, token } from "./report.js";

const generator = megalodon.default ?? megalodon;
const stranger = generator("mastodon", origin);
const member = generator("mastodon", origin, token);

await step("detect", async () => (await detector(origin)) === "mastodon");
await step("instance", async () => Boolean((await stranger.getInstance()).data.uri));
await step("public timeline", async () => hasEntry((await stranger.getPublicTimeline()).data));
await step("home timeline", async () => hasEntry((await member.getHomeTimeline()).data));
await step("verify credentials", async () =>
  (await member.verifyAccountCredentials()).data.username === "shelter");
const account = await step("search account", async () =>
  (await member.search(address, { type: "accounts", resolve: true })).data.accounts[0]);
await step("relationship", async () =>
  (await member.getRelationships([account.id])).data[0].following);
await step("account", async () => (await stranger.getAccount(account.id)).data.id === account.id);
await step("account statuses", async () =>
  hasEntry((await stranger.getAccountStatuses(account.id)).data));
await step("unfollow", async () => !(await member.unfollowAccount(account.id)).data.following);
await step("follow", async () =>
  (await member.followAccount(account.id)).data.id === account.id);
await step("search status", async () =>
  hasEntry((await member.search(entry, { type: "statuses", resolve: true })).data.statuses));
for (const name of ["publicStreaming", "localStreaming", "userStreaming"]) {
  await step(name, () =>
    hears(async (told) => {
      const stream = await member[name]();
      stream.on("update", told);
      return () => stream.stop();
    }));
}
finish();
