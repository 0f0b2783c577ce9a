// Reads from a node with masto.js.
// Usage: masto.js ORIGIN TOKEN ACCOUNT ENTRY
import { createRestAPIClient, createStreamingAPIClient } from "masto";
import { address, entry, finish, hasEntry, hears, origin, step, token } from "./report.js";

const stranger = createRestAPIClient({ url: origin });
const member = createRestAPIClient({ url: origin, accessToken: token });

await step("instance v1", async () => Boolean((await stranger.v1.instance.fetch()).uri));
await step("instance v2", async () => Boolean((await stranger.v2.instance.fetch()).domain));
await step("public timeline", async () => hasEntry(await stranger.v1.timelines.public.list()));
await step("home timeline", async () => hasEntry(await member.v1.timelines.home.list()));
await step("verify credentials", async () =>
  (await member.v1.accounts.verifyCredentials()).acct === "shelter");
const account = await step("lookup", () =>
  stranger.v1.accounts.lookup({ acct: address.replace(/^@/, "") }));
await step("relationship", async () =>
  (await member.v1.accounts.relationships.fetch({ id: [account.id] }))[0].following);
await step("account statuses", async () =>
  hasEntry(await stranger.v1.accounts.$select(account.id).statuses.list()));
await step("unfollow", async () =>
  !(await member.v1.accounts.$select(account.id).unfollow()).following);
await step("follow", async () =>
  (await member.v1.accounts.$select(account.id).follow()).id === account.id);
await step("search", async () =>
  hasEntry((await member.v2.search.list({ q: entry, resolve: true })).statuses));
const { streaming: streamingApiUrl } = (await stranger.v2.instance.fetch()).configuration.urls;
async function listen(subscription, told) {
  for await (const { event, payload } of subscription) {
    if (event === "update") told(payload);
  }
}
for (const [name, accessToken] of [["public", undefined], ["public", token], ["user", token]]) {
  await step(`${name} stream ${accessToken ? "with a token" : "as a stranger"}`, () =>
    hears((told) => {
      const client = createStreamingAPIClient({ streamingApiUrl, accessToken });
      const subscription = client[name].subscribe();
      listen(subscription, told);
      return () => client.close();
    }));
}
finish();
