// Drives JupyterLab in headless Chromium and prints what it saw as one line of JSON.
// node lab.mjs PLAYWRIGHT CHROMIUM LAB_URL TOKEN FOLDER_FOR_SCREENSHOTS HOSTILE_PAGE REPORT_PAGE
const [playwright, executablePath, lab, token, shots, hostile, report] = process.argv.slice(2);
const { chromium } = (await import(playwright)).default;

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
page.setDefaultTimeout(60_000);
const seen = {};

process.on("uncaughtException", async (error) => {
  await page.screenshot({ path: `${shots}/lab-failure.png` });
  console.error(error.message);
  process.exit(1);
});

async function open(notebook) {
  await page.goto(`${lab}/lab/tree/${notebook}?token=${token}&reset`);
  await page.locator(".jp-Notebook:visible .jp-Cell").first().waitFor();
  await page.locator(".jp-Spinner").waitFor({ state: "hidden" });
  await idle();
}

async function idle() {
  await page.locator("#jp-main-statusbar").getByText("| Idle").waitFor();
}

async function choose(menu, item) {
  await page.click(`.lm-MenuBar-itemLabel:text-is("${menu}")`);
  await page.click(`.lm-Menu-itemLabel:text-is("${item}")`);
}

// What the notebook was saved with goes first: only what this session ran is looked at.
async function runAll() {
  await choose("Edit", "Clear Outputs of All Cells");
  await page.waitForFunction(() => !document.querySelector(".jp-Notebook .jp-OutputArea-child"));
  await choose("Run", "Run All Cells");
  await page.waitForFunction(() => {
    const shown = [...document.querySelectorAll(".jp-Notebook .jp-CodeCell")];
    const filled = shown.filter((cell) => cell.querySelector(".cm-content").innerText.trim());
    const done = (cell) => /^\[\d+\]:$/.test(cell.querySelector(".jp-InputPrompt").innerText.trim());
    return filled.length > 0 && filled.every(done);
  });
}

async function typeAtTheEnd(code) {
  await page.locator(".jp-Notebook:visible .jp-Cell").last().click();
  await page.keyboard.press("Escape");
  await page.keyboard.press("b");
  await page.keyboard.press("Enter");
  await page.keyboard.type(code);
}

// JupyterLab gives a kernel one second to answer; the first question, which reads all of pandas, takes longer.
async function insist(key, expected) {
  for (let attempt = 0; attempt < 8; attempt += 1) {
    await page.keyboard.press(key);
    if (await expected.waitFor({ timeout: 4000 }).then(() => true, () => false)) return;
    await idle();
  }
  throw new Error(`${key} brought nothing`);
}

await open("00_start_here.ipynb");
await runAll();
seen.errors = await page.locator('.jp-RenderedText[data-mime-type="application/vnd.jupyter.error"]').count();
seen.figures = await page.locator(".jp-OutputArea img").evaluateAll((all) => all.filter((img) => img.naturalWidth > 300).length);
seen.tables = await page.locator(".jp-OutputArea table").count();
await page.locator(".jp-OutputArea", { hasText: "calls of LeadFlow History" }).first().scrollIntoViewIfNeeded();
await page.screenshot({ path: `${shots}/lab-summary.png` });
await page.locator(".jp-OutputArea img").first().scrollIntoViewIfNeeded();
await page.screenshot({ path: `${shots}/lab-notebook.png` });

await typeAtTheEnd("calls.calls.");
await insist("Tab", page.locator(".jp-Completer-item").first());
seen.completions = await page.locator(".jp-Completer-item .jp-Completer-match").allInnerTexts();
await page.screenshot({ path: `${shots}/lab-completion.png` });
await page.keyboard.press("Escape");

await page.keyboard.type("unsold(");
await insist("Tab", page.locator(".jp-Completer-item").getByText("hours=").first());
seen.keywords = await page.locator(".jp-Completer-item .jp-Completer-match").allInnerTexts();
await page.keyboard.press("Escape");
await insist("Shift+Tab", page.locator(".jp-Tooltip").getByText("Docstring"));
seen.docstring = await page.locator(".jp-Tooltip").innerText();
await page.screenshot({ path: `${shots}/lab-docstring.png` });

await open("hostile.ipynb");
await runAll();
await page.waitForTimeout(1000); // an image that cannot be fetched would have called its handler by now
seen.hostile = await page.evaluate(() => window.ran ?? null);
seen.shown = await page.locator(".jp-OutputArea").evaluateAll((all) => all.filter((one) => one.innerText.includes("<img")).length);
await page.screenshot({ path: `${shots}/lab-hostile.png` });

await page.goto(`file://${hostile}`);
await page.waitForTimeout(500);
seen.report = await page.evaluate(() => window.ran ?? null);
seen.reportText = (await page.locator("body").innerText()).includes("<img");
await page.screenshot({ path: `${shots}/report-hostile.png` });

// A4 landscape less its margins is 1031 px wide: what is wider would be cut off on paper.
await page.emulateMedia({ media: "print" });
await page.setViewportSize({ width: 1031, height: 700 });
await page.goto(`file://${report}`);
seen.printWidth = await page.evaluate(() => document.documentElement.scrollWidth);
seen.scrolling = await page.locator("main *").evaluateAll((all) => all.filter((one) => ["auto", "scroll"].includes(getComputedStyle(one).overflowX)).length);
seen.tallest = Math.max(...(await page.locator("main img").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height))));
await page.pdf({ path: `${shots}/report.pdf`, preferCSSPageSize: true, printBackground: true });

await browser.close();
console.log(JSON.stringify(seen));
