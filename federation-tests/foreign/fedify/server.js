// A foreign ActivityPub server with two actors, built on Fedify.
//
// The federation tests start it beside real nodes and drive it over the
// `/control/…` routes; everything else is Fedify's own.
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { controls } from "./controls.js";
import { PARTNER, federation } from "./federation.js";

async function answer(request) {
  const url = new URL(request.url);
  const control = controls[url.pathname.replace(/^\/control\//, "")];
  if (!control) return federation.fetch(request, { contextData: undefined });
  const ctx = federation.createContext(request, undefined);
  const body =
    request.method === "POST" ? await request.json() : Object.fromEntries(url.searchParams);
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
  console.log(JSON.stringify({ origin, actor: `${origin}/users/${PARTNER}` }));
});
process.on("SIGTERM", () => process.exit(0));
