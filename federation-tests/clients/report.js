// Runs named steps against a node and prints what passed and what failed.

export const [origin, token, address, entry] = process.argv.slice(2);

const passed = [];
const failed = {};

export async function step(name, act) {
  try {
    const result = await act();
    if (result === false) throw new Error("not what was expected");
    passed.push(name);
    return result;
  } catch (error) {
    failed[name] = String(error?.message ?? error);
    return undefined;
  }
}

export const hasEntry = (statuses) => statuses.some((status) => status.uri === entry);

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function publish(body) {
  const answer = await fetch(`${origin}/api/forum/v1/entries`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ kind: "note", body, language: "en", audience: "public" }),
  });
  if (!answer.ok) throw new Error(`publishing: ${answer.status} ${await answer.text()}`);
}

// Is a listener told of what is published while it listens? `listen` gets a
// function for each status, and answers how to stop.
export async function hears(listen) {
  const word = `heard${Date.now()}`;
  let heard = false;
  const stop = await listen((status) => {
    heard ||= status.content.includes(word);
  });
  // A client does not say when it has begun.
  for (let tries = 0; !heard && tries < 20; tries += 1) {
    await publish(`On a stream: ${word}`);
    await sleep(1000);
  }
  stop();
  return heard;
}

export function finish() {
  console.log(JSON.stringify({ passed, failed }));
  process.exit(0);
}
