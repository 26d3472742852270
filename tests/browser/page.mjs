// Looks at pages in headless Chromium and prints, as one line of JSON, what it saw of each.
// node page.mjs PLAYWRIGHT CHROMIUM FOLDER_FOR_SCREENSHOTS PAGE...
const [playwright, executablePath, shots, ...pages] = process.argv.slice(2);
const { chromium } = (await import(playwright)).default;
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });

// Contrast of each text in a table with what lies behind it (WCAG 2): the least, and whose it is.
function leastContrast() {
  const parse = (text) => {
    const [red, green, blue, alpha = 1] = (text.match(/[\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
    return { rgb: [red, green, blue], alpha };
  };
  const over = ({ rgb, alpha }, below) => rgb.map((part, at) => part * alpha + below[at] * (1 - alpha));
  const chain = (node) => (node ? [...chain(node.parentElement), node] : []);
  const behind = (node) => chain(node).reduce((below, one) => over(parse(getComputedStyle(one).backgroundColor), below), [255, 255, 255]);
  const light = (rgb) => {
    const [red, green, blue] = rgb.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  let least = { ratio: 21, text: "" };
  for (const table of document.querySelectorAll(".gt_table")) {
    const walker = document.createTreeWalker(table, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.textContent.trim();
      if (!text) continue;
      const node = walker.currentNode.parentElement;
      const ground = behind(node);
      const ink = parse(getComputedStyle(node).color);
      ink.alpha *= chain(node).reduce((whole, one) => whole * Number(getComputedStyle(one).opacity), 1);
      const [low, high] = [light(ground), light(over(ink, ground))].sort((a, b) => a - b);
      const ratio = (high + 0.05) / (low + 0.05);
      if (ratio < least.ratio) least = { ratio, text };
    }
  }
  return least;
}

const seen = [];
for (const [number, path] of pages.entries()) {
  const one = {};
  await page.emulateMedia({ media: "screen" });
  await page.setViewportSize({ width: 1440, height: 1000 });
  await page.goto(`file://${path}`);
  one.screen = await page.evaluate(leastContrast);
  one.texts = await page.locator(".gt_table td, .gt_table th").count();
  one.alts = await page.locator("img").evaluateAll((all) => all.map((img) => img.alt));
  one.edges = await page.locator("main > .dt-period, h1, .gt_table, .gt_title, img").evaluateAll((all) => all.map((node) => {
    const { left } = node.getBoundingClientRect();
    return Math.round(left);
  }));
  await page.screenshot({ path: `${shots}/page-${number}.png` });
  await page.setViewportSize({ width: 800, height: 1000 });
  one.width = await page.evaluate(() => document.documentElement.scrollWidth);
  // What is wider than its place must be in something that scrolls, and that shows a shadow at its edge.
  one.cut = await page.locator("main table").evaluateAll((all) => all.filter((table) => {
    const above = (node) => (node ? [node, ...above(node.parentElement)] : []);
    const around = above(table.parentElement);
    const scrolls = (node) => getComputedStyle(node).overflowX === "auto" && getComputedStyle(node).backgroundImage.includes("gradient");
    return around.some((node) => table.scrollWidth > node.clientWidth + 1) && !around.some(scrolls);
  }).length);
  one.scrolling = await page.locator("main *").evaluateAll((all) => all.filter((node) => node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflowX === "auto").length);
  await page.screenshot({ path: `${shots}/page-${number}-800.png`, fullPage: true });
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize({ width: 1031, height: 700 });
  one.print = await page.evaluate(leastContrast);
  await page.pdf({ path: `${shots}/page-${number}.pdf`, preferCSSPageSize: true, printBackground: true });
  seen.push(one);
}
await browser.close();
console.log(JSON.stringify(seen));
