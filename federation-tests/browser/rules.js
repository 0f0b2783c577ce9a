// What every page keeps: the rules of WCAG 2.2 AA that a program can check, and
// that nothing has to be scrolled sideways, down to 320 pixels (WCAG 1.4.10).
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// As wide as a page may have to be read: a desktop's at 400%.
export const narrowest = { width: 320, height: 640 };

// Which rules the page breaks at the width it has, with all that can be opened
// open; each as a line. The page's context must bypass its content policy,
// which rightly refuses our script.
export async function faults(page, name) {
  const { width } = page.viewportSize();
  await page.evaluate(() => {
    for (const part of document.querySelectorAll("details")) part.open = true;
  });
  await page.evaluate(axe);
  const found = await page.evaluate((runOnly) => globalThis.axe.run(document, { runOnly }), tags);
  const broken = found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  return [...broken, ...(await page.evaluate(tooWide))].map((fault) => `${name} at ${width}: ${fault}`);
}

// Only whether the page, or a part of it, is too wide at other widths.
export async function faultsOfWidth(page, name, widths) {
  const before = page.viewportSize();
  const found = [];
  for (const width of widths) {
    await page.setViewportSize({ ...before, width });
    found.push(...(await page.evaluate(tooWide)).map((fault) => `${name} at ${width}: ${fault}`));
  }
  await page.setViewportSize(before);
  return found;
}

// The innermost elements that reach out of the page at the side, and on narrow
// screens tables that have to be scrolled although they are stacked.
function tooWide() {
  const { clientWidth, scrollWidth } = document.documentElement;
  const shown = (element) => element.outerHTML.slice(0, 160);
  const stacked = matchMedia("(max-width: 40rem)").matches ? ".scroll" : "never";
  const cut = [...document.querySelectorAll(stacked)]
    .filter((part) => part.scrollWidth > part.clientWidth)
    .map((part) => `${part.scrollWidth - part.clientWidth} pixels too wide: ${shown(part)}`);
  if (scrollWidth <= clientWidth) return cut;
  const isOut = (element) => element.getBoundingClientRect().right > clientWidth + 0.5;
  const out = [...document.body.querySelectorAll("*")].filter(isOut);
  const inner = out.filter((element) => ![...element.children].some(isOut));
  return [`the page is ${scrollWidth - clientWidth} pixels too wide`, ...inner.map(shown), ...cut];
}
