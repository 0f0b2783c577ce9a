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

export function finish() {
  console.log(JSON.stringify({ passed, failed }));
  process.exit(0);
}
