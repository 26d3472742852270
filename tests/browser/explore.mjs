// Looks at boards in JupyterLab as a person does: drags, clicks, types; prints what it saw as one line of JSON.
// node explore.mjs PLAYWRIGHT CHROMIUM LAB_URL TOKEN FOLDER_FOR_SCREENSHOTS
const [playwright, executablePath, lab, token, shots] = process.argv.slice(2);
const { chromium } = (await import(playwright)).default;

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage({ viewport: { width: 1440, height: 1500 } });
page.setDefaultTimeout(120_000);
const seen = { errors: [], outside: [] };
page.on("pageerror", (error) => seen.errors.push(error.message));
page.on("request", (request) => {
  const { protocol, hostname } = new URL(request.url());
  if (protocol.startsWith("http") && hostname !== "127.0.0.1") seen.outside.push(request.url());
});

process.on("uncaughtException", async (error) => {
  await page.screenshot({ path: `${shots}/explore-failure.png` });
  console.error(error.message);
  process.exit(1);
});

async function open(notebook) {
  await page.goto(`${lab}/lab/tree/${notebook}?token=${token}&reset`);
  await page.locator(".jp-Notebook:visible .jp-Cell").first().waitFor();
  await page.locator(".jp-Spinner").waitFor({ state: "hidden" });
  await idle();
  await page.keyboard.press("Control+b"); // the list of files would take a third of a narrow window
}

async function idle() {
  await page.locator("#jp-main-statusbar").getByText("| Idle").waitFor();
}

async function choose(...items) {
  await page.click(`.lm-MenuBar-itemLabel:text-is("${items[0]}")`);
  for (const item of items.slice(1)) await page.click(`.lm-Menu-itemLabel:text-is("${item}")`);
}

async function headline() {
  await page.waitForFunction(() => !document.querySelector(".dtx-busy"));
  return Object.fromEntries(await page.locator(".dtx-selected").evaluateAll((all) => all.map((one) => [one.dataset.metric, one.textContent])));
}

async function lastCell() {
  await page.locator(".jp-Notebook .jp-CodeCell").last().locator(".cm-content").click();
  await page.keyboard.press("Control+Enter");
  const output = page.locator(".jp-Notebook .jp-CodeCell").last().locator(".jp-OutputArea-output");
  await output.waitFor();
  await idle();
  return output.innerText();
}

async function drag(mark, from, to) {
  const at = page.locator(`[data-mark="${mark}"] svg`);
  await at.scrollIntoViewIfNeeded();
  const box = await at.boundingBox();
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + from(box.width), y);
  await page.mouse.down();
  await page.mouse.move(box.x + to(box.width), y, { steps: 10 });
  await page.mouse.up();
  await headline();
}

await open("board.ipynb");
await choose("Run", "Run All Cells");
await page.locator(".dtx").waitFor();
await idle();
seen.start = await headline();
await page.screenshot({ path: `${shots}/explore-1440-light.png` });

// Days 5 to 11 of 31; the days lie between 56 from the left and 8 from the right.
const day = (number) => (width) => 56 + ((number - 0.5) / 31) * (width - 64);
await drag("window", day(5), day(11));
seen.days = await page.locator(".dtx-chips button").first().innerText();
await page.locator('[data-mark="affiliate"] button', { hasText: "Brightpath Search" }).click();
seen.chosen = await headline();
await page.screenshot({ path: `${shots}/explore-1440-light-chosen.png` });
seen.margin = await lastCell();

await page.locator(".dtx-every").click();
await headline();
const affiliate = page.locator('[data-mark="affiliate"] .dtx-list button');
await affiliate.first().focus();
await page.keyboard.press("ArrowDown");
await page.keyboard.press("Enter");
await headline();
await page.locator('[data-mark="week"] svg').focus();
await page.keyboard.press("ArrowRight");
for (const key of ["ArrowDown", "ArrowRight"]) await page.keyboard.press(`Shift+${key}`);
await headline();
seen.keyboard = await page.locator(".dtx-chips button").allInnerTexts();
await page.keyboard.press("Escape");
await headline();
seen.escaped = await page.locator(".dtx-chips button").allInnerTexts();
await page.locator('.dtx-table input').fill("gold");
await page.waitForFunction(() => document.querySelectorAll(".dtx-table tbody tr").length === 1);
seen.filtered = await page.locator(".dtx-table tbody tr td").first().innerText();

await page.setViewportSize({ width: 800, height: 1500 });
await page.locator(".dtx-top").scrollIntoViewIfNeeded();
await page.waitForTimeout(500); // the charts are drawn anew for the new width
seen.wide = await page.locator(".dtx").evaluate((board) => board.scrollWidth - board.clientWidth);
await page.screenshot({ path: `${shots}/explore-800-light.png` });
await choose("Settings", "Theme", "JupyterLab Dark");
await page.waitForFunction(() => document.body.dataset.jpThemeLight === "false");
await page.screenshot({ path: `${shots}/explore-800-dark.png` });
await page.setViewportSize({ width: 1440, height: 1500 });
await page.waitForTimeout(500);
seen.colours = await page.locator(".dtx").evaluate((board) => [getComputedStyle(board).color, getComputedStyle(board).backgroundColor]);
await page.screenshot({ path: `${shots}/explore-1440-dark.png` });

await open("hostile.ipynb");
await choose("Run", "Run All Cells");
await page.locator(".dtx").waitFor();
await page.locator("table.dataTable tbody td").first().waitFor();
await page.locator('[data-mark="affiliate"] .dtx-list button').first().click();
await headline();
await page.locator('[data-mark="affiliate"] .dtx-list button').first().hover();
await page.waitForTimeout(1000); // an image that cannot be fetched would have called its handler by now
seen.ran = await page.evaluate(() => window.ran ?? null);
seen.images = await page.locator(".dtx img, table.dataTable img").count();
seen.board = await page.locator(".dtx").innerText();
seen.shown = await page.locator("table.dataTable").innerText();
await page.locator("table.dataTable").scrollIntoViewIfNeeded();
await page.screenshot({ path: `${shots}/explore-hostile.png` });
const [download] = await Promise.all([page.waitForEvent("download"), page.getByText("save as CSV").click()]);
const stream = await download.createReadStream();
seen.csv = "";
for await (const part of stream) seen.csv += part;

await browser.close();
console.log(JSON.stringify(seen));
