// Draws a board and says what was chosen in it. All names are set as text, never as markup: whatever a
// name holds, it is shown. The kernel is told a mark and places on its axis, nothing that it could run.

const SVG = "http://www.w3.org/2000/svg";

function html(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function svg(tag, attributes = {}, text = null) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== null) made.textContent = text;
  return made;
}

// -- numbers and days

let locale = "en-US";  // how numbers are written; the board says which

function writer(unit, currency) {
  if (unit === "currency") {
    const exact = new Intl.NumberFormat(locale, { style: "currency", currency });
    const short = new Intl.NumberFormat(locale, { style: "currency", currency, notation: "compact", maximumSignificantDigits: 3 });
    return { exact: (value) => exact.format(value), short: (value) => short.format(value) };
  }
  if (unit === "ratio") {
    const percent = new Intl.NumberFormat(locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
    return { exact: (value) => percent.format(value), short: (value) => percent.format(value) };
  }
  const plain = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const short = new Intl.NumberFormat(locale, { notation: "compact", maximumSignificantDigits: 3 });
  const after = unit === "s" || unit === "min" ? ` ${unit}` : "";
  return { exact: (value) => plain.format(value) + after, short: (value) => short.format(value) + after };
}

const said = (write, value) => (value === null ? "–" : write(value));
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function dayAt(first, days) {
  const day = new Date(`${first}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + days);
  return day;
}

function dayText(day) {
  return `${DAYS[(day.getUTCDay() + 6) % 7]} ${day.toISOString().slice(0, 10)}`;
}

// -- one chart: its card, its keyboard, its messages

class Chart {
  constructor(board, data) {
    this.board = board;
    this.name = data.name;
    this.heading = html("h3");
    this.clear = html("button", { type: "button", class: "dtx-clear" }, "clear");
    this.clear.addEventListener("click", () => this.choose(null));
    this.body = html("div", { class: "dtx-body" });
    this.card = html("section", { class: `dtx-card dtx-${data.kind}` }, html("header", {}, this.heading, this.clear), this.body);
    this.card.dataset.mark = data.name;
    this.cursor = null;
  }

  choose(value) {
    this.board.tell({ mark: this.name, value });
  }

  update(data) {
    this.data = data;
    this.write = writer(data.unit, this.board.currency);
    this.heading.textContent = data.kind === "bars" ? data.title : `${data.label} ${data.kind === "trend" ? data.title : `by ${data.title}`}`;
    this.clear.hidden = !data.active;
    this.clear.setAttribute("aria-label", `clear the choice of ${data.title}`);
    this.draw();
  }

  tip(text, x, y) {
    this.board.tip(text, x, y);
  }
}

class Drawing extends Chart {
  constructor(board, data) {
    super(board, data);
    this.root = svg("svg", { tabindex: "0", role: "application" });
    this.layer = svg("g");
    this.over = svg("g", { class: "dtx-over" });
    this.root.append(this.layer, this.over);
    this.body.append(this.root);
    this.root.addEventListener("pointerdown", (event) => this.down(event));
    this.root.addEventListener("pointermove", (event) => this.move(event));
    this.root.addEventListener("pointerup", (event) => this.up(event));
    this.root.addEventListener("pointercancel", () => { this.start = null; this.mark(); });
    this.root.addEventListener("pointerleave", () => this.tip(null));
    this.root.addEventListener("blur", () => { this.cursor = null; this.anchor = null; this.mark(); this.tip(null); });
    this.root.addEventListener("keydown", (event) => this.key(event));
  }

  get width() {
    return Math.max(220, this.body.clientWidth || 400);
  }

  frame(height) {
    this.root.setAttribute("viewBox", `0 0 ${this.width} ${height}`);
    this.root.setAttribute("height", height);
    this.root.setAttribute("aria-label", `${this.heading.textContent}. Arrow keys move, with Shift they choose several, Enter chooses, Escape clears.`);
  }

  at(event) {
    const box = this.root.getBoundingClientRect();
    const scale = this.width / box.width;
    return this.place((event.clientX - box.left) * scale, (event.clientY - box.top) * scale);
  }

  down(event) {
    if (event.button !== 0) return;
    const place = this.at(event);
    if (place === null) return;
    this.start = place;
    this.end = place;
    try { this.root.setPointerCapture(event.pointerId); } catch { /* a pointer that has gone */ }
    this.mark();
  }

  move(event) {
    const place = this.at(event);
    if (place === null) return;
    this.tip(this.words(place), event.clientX, event.clientY);
    if (this.start != null && String(place) !== String(this.end)) {
      this.end = place;
      this.mark();
      this.choose(this.between(this.start, this.end));
    }
  }

  up(event) {
    if (this.start == null) return;
    const [start, end] = [this.start, this.at(event) ?? this.end];
    this.start = null;
    this.mark();
    this.pick(start, end, event);
  }

  pick(start, end) {
    const wanted = this.between(start, end);
    const same = String(start) === String(end) && JSON.stringify(wanted) === JSON.stringify(this.last) && this.data.active;
    this.last = same ? null : wanted;
    this.choose(same ? null : wanted);
  }

  key(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], Home: [-1e6, 0], End: [1e6, 0] };
    if (event.key === "Escape") {
      this.anchor = null;
      this.choose(null);
    } else if (event.key in steps) {
      if (event.shiftKey && this.anchor == null) this.anchor = this.cursor ?? this.home();
      if (!event.shiftKey) this.anchor = null;
      this.cursor = this.step(this.cursor, steps[event.key]);
      this.mark();
      const box = this.root.getBoundingClientRect();
      this.tip(this.words(this.cursor), box.left + 20, box.top);
      this.board.speak(this.words(this.cursor));
      if (event.shiftKey) this.choose(this.between(this.anchor, this.cursor));
    } else if ((event.key === "Enter" || event.key === " ") && this.cursor !== null) {
      this.pick(this.cursor, this.cursor);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  home() {
    return 0;
  }
}

// -- a span along one axis: days, talk time

class Span extends Drawing {
  draw() {
    const height = this.data.kind === "trend" ? 150 : 230;
    this.frame(height);
    const { values } = this.data;
    const known = values.filter((value) => value !== null);
    const top = Math.max(0, ...known);
    const bottom = Math.min(0, ...known);
    const span = top - bottom || 1;
    this.box = { left: 56, right: this.width - 8, top: this.data.kind === "talk" ? 18 : 10, bottom: height - 20 };
    const { box } = this;
    const y = (value) => box.bottom - ((value - bottom) / span) * (box.bottom - box.top);
    this.x = (place) => box.left + (place / Math.max(values.length, 1)) * (box.right - box.left);
    const parts = [];
    for (const tick of new Set([bottom, bottom + span / 2, top])) {
      parts.push(svg("line", { class: "dtx-grid", x1: box.left, x2: box.right, y1: y(tick), y2: y(tick) }));
      parts.push(svg("text", { class: "dtx-tick", x: box.left - 6, y: y(tick) + 4, "text-anchor": "end" }, this.write.short(tick)));
    }
    const chosen = this.data.chosen === null ? null : new Set(this.data.chosen);
    const gap = this.x(1) - this.x(0) > 4 ? 1 : 0;
    const paths = { in: "", out: "", loss: "" };
    values.forEach((value, place) => {
      if (value === null || value === 0) return;
      const [left, right] = [this.x(place) + gap / 2, this.x(place + 1) - gap / 2];
      const path = `M${left},${y(0)}V${y(value)}H${right}V${y(0)}Z`;
      paths[chosen && !chosen.has(place) ? "out" : value < 0 ? "loss" : "in"] += path;
    });
    for (const [kind, d] of Object.entries(paths)) if (d) parts.push(svg("path", { class: `dtx-bar dtx-${kind}`, d }));
    parts.push(svg("line", { class: "dtx-axis", x1: box.left, x2: box.right, y1: y(0), y2: y(0) }));
    parts.push(...this.ticks(), ...this.buffers());
    this.layer.replaceChildren(...parts);
    this.mark();
  }

  ticks() {
    const { box } = this;
    const made = [];
    const write = (place, text) => {
      const x = this.x(place);
      const anchor = x > box.right - 30 ? "end" : place === 0 ? "start" : "middle";
      made.push(svg("text", { class: "dtx-tick", x, y: box.bottom + 15, "text-anchor": anchor }, text));
    };
    const count = this.data.values.length;
    const every = Math.max(1, Math.ceil(count / Math.max(2, Math.floor((box.right - box.left) / 78))));
    for (let place = 0; place < count; place += every) {
      if (this.data.kind === "talk") write(place, `${place * this.data.width} s`);
      else {
        const day = dayAt(this.data.first, place * this.data.step);
        write(place + 0.5, `${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]}`);
      }
    }
    return made;
  }

  // A line where calls begin to qualify; whose line it is stands below the chart.
  buffers() {
    const made = [];
    const buffers = new Map();
    for (const { name, at } of this.data.buffers ?? []) buffers.set(at, [...(buffers.get(at) ?? []), name]);
    const sorted = [...buffers].sort(([one], [other]) => one - other);
    let free = 0;
    for (const [at] of sorted) {
      const x = this.x(at / this.data.width);
      if (x > this.box.right) continue;
      made.push(svg("line", { class: "dtx-buffer", x1: x, x2: x, y1: this.box.top - 4, y2: this.box.bottom }));
      if (x < free) continue;
      made.push(svg("text", { class: "dtx-note", x, y: this.box.top - 7, "text-anchor": "middle" }, `${at} s`));
      free = x + 34;
    }
    if (this.data.kind === "talk") {
      this.note ??= this.body.appendChild(html("p", { class: "dtx-more" }));
      this.note.textContent = sorted.length ? `Calls qualify from: ${sorted.map(([at, names]) => `${at} s ${names.join(", ")}`).join("; ")}` : "";
    }
    return made;
  }

  mark() {
    const made = [];
    if (this.box) {
      const rect = (from, to, kind) => svg("rect", { class: kind, x: this.x(from), width: Math.max(1, this.x(to) - this.x(from)), y: this.box.top, height: this.box.bottom - this.box.top });
      if (this.start != null) made.push(rect(...this.between(this.start, this.end), "dtx-brush"));
      else if (this.data.chosen?.length) made.push(rect(this.data.chosen[0], this.data.chosen.at(-1) + 1, "dtx-brush"));
      if (this.cursor !== null) made.push(rect(this.cursor, this.cursor + 1, "dtx-cursor"));
    }
    this.over.replaceChildren(...made);
  }

  place(x) {
    const count = this.data.values.length;
    if (!count || !this.box) return null;
    const place = Math.floor(((x - this.box.left) / (this.box.right - this.box.left)) * count);
    return Math.min(count - 1, Math.max(0, place));
  }

  between(one, other) {
    return [Math.min(one, other), Math.max(one, other) + 1];
  }

  step(cursor, [across, down]) {
    const count = this.data.values.length;
    return Math.min(count - 1, Math.max(0, (cursor ?? -across) + across - down));
  }

  words(place) {
    const value = said(this.write.exact, this.data.values[place]);
    if (this.data.kind === "talk") {
      const from = place * this.data.width;
      return `${from} s ${place === this.data.values.length - 1 ? "or longer" : `to ${from + this.data.width} s`}: ${value} ${this.data.label}`;
    }
    const first = dayAt(this.data.first, place * this.data.step);
    const last = dayAt(this.data.first, (place + 1) * this.data.step - 1);
    return `${dayText(first)}${this.data.step > 1 ? ` to ${dayText(last)}` : ""}: ${this.data.label} ${value}`;
  }
}

// -- cells: hours of the week, states

function shade(value, most) {
  if (value === null || value === 0) return "var(--dtx-faint)";
  const share = Math.round(12 + 88 * Math.abs(value / most));
  return `color-mix(in srgb, ${value < 0 ? "var(--dtx-loss)" : "var(--dtx-bar)"} ${share}%, var(--dtx-paper))`;
}

class Cells extends Drawing {
  draw() {
    const { values, chosen } = this.data;
    const most = Math.max(...[...values, this.data.kind === "states" ? this.data.unknown : 0].map((value) => Math.abs(value ?? 0)));
    this.lay();
    const inside = chosen === null ? null : new Set(chosen);
    const parts = this.names();
    this.cells.forEach(({ key, x, y, width, height, value, name }) => {
      const look = { x, y, width, height, rx: 2, style: `fill: ${shade(value, most)}`, class: `dtx-cell${inside && !inside.has(key) ? " dtx-out" : ""}` };
      parts.push(svg("rect", look));
      if (name) {
        const strong = value !== null && Math.abs(value) > 0.45 * most;
        parts.push(svg("text", { class: `dtx-name${strong ? " dtx-strong" : ""}`, x: x + width / 2, y: y + height / 2 + 4, "text-anchor": "middle" }, name));
      }
    });
    this.layer.replaceChildren(...parts);
    this.mark();
  }

  mark() {
    const made = [];
    if (this.cells) {
      const boxes = (keys, kind) => this.cells.filter((cell) => keys.includes(cell.key)).forEach((cell) => {
        made.push(svg("rect", { class: kind, x: cell.x, y: cell.y, width: cell.width, height: cell.height, rx: 2 }));
      });
      if (this.start != null) boxes(this.keys(this.start, this.end), "dtx-brush");
      if (this.cursor !== null) boxes([this.cursor], "dtx-cursor");
    }
    this.over.replaceChildren(...made);
  }

  place(x, y) {
    const found = this.cells?.find((cell) => x >= cell.x && x <= cell.x + cell.width && y >= cell.y && y <= cell.y + cell.height);
    return found ? found.key : this.start != null ? this.end : null;
  }

  words(key) {
    const cell = this.cells.find((one) => one.key === key);
    return cell ? `${cell.words}: ${this.data.label} ${said(this.write.exact, cell.value)}` : "";
  }
}

class Week extends Cells {
  lay() {
    const left = 34;
    const width = (this.width - left - 2) / 24;
    const height = Math.max(14, Math.min(28, width * 1.6));
    this.frame(7 * height + 20);
    this.cells = this.data.values.map((value, key) => {
      const [day, hour] = [Math.floor(key / 24), key % 24];
      return { key, value, x: left + hour * width, y: day * height, width: width - 1, height: height - 1, words: `${DAYS[day]} ${hour}:00` };
    });
    this.tall = height;
    this.wide = width;
  }

  names() {
    const days = DAYS.map((day, at) => svg("text", { class: "dtx-tick", x: 28, y: at * this.tall + this.tall / 2 + 4, "text-anchor": "end" }, day));
    const hours = [0, 6, 12, 18].map((hour) => svg("text", { class: "dtx-tick", x: 34 + hour * this.wide, y: 7 * this.tall + 14 }, `${hour}:00`));
    return [...days, ...hours];
  }

  sides(one, other) {
    const range = (a, b) => Array.from({ length: Math.abs(a - b) + 1 }, (_, at) => Math.min(a, b) + at);
    return { days: range(Math.floor(one / 24), Math.floor(other / 24)), hours: range(one % 24, other % 24) };
  }

  keys(one, other) {
    const { days, hours } = this.sides(one, other);
    return days.flatMap((day) => hours.map((hour) => day * 24 + hour));
  }

  between(one, other) {
    return this.sides(one, other);
  }

  step(cursor, [across, down]) {
    if (cursor === null) return 0;
    const clip = (value, size) => Math.min(size - 1, Math.max(0, value));
    return clip(Math.floor(cursor / 24) + down, 7) * 24 + clip((cursor % 24) + across, 24);
  }
}

class States extends Cells {
  lay() {
    const size = Math.min(34, (this.width - 2) / 11);
    const left = Math.max(0, (this.width - 11 * size) / 2);
    this.frame(8 * size + 26);
    this.cells = this.data.tiles.map(([name, row, column], at) => ({ key: at + 1, name, words: name, value: this.data.values[at], x: left + column * size, y: row * size, width: size - 2, height: size - 2, row, column }));
    this.cells.push({ key: 0, name: "elsewhere or unknown", words: "elsewhere or unknown", value: this.data.unknown, x: left, y: 8 * size + 4, width: 5.5 * size, height: 20, row: 8, column: 0 });
  }

  names() {
    return [];
  }

  keys(one, other) {
    return [one, other];
  }

  between(one, other) {
    return [...new Set([one, other])];
  }

  move(event) {
    const place = this.at(event);
    this.tip(place === null ? null : this.words(place), event.clientX, event.clientY);
  }

  // A click adds a state or takes it away.
  pick(start) {
    const chosen = new Set(this.data.chosen ?? []);
    if (!chosen.delete(start)) chosen.add(start);
    this.choose(chosen.size ? [...chosen] : null);
  }

  step(cursor, [across, down]) {
    const from = this.cells.find((cell) => cell.key === cursor);
    if (!from) return this.cells[0].key;
    const ahead = this.cells.filter((cell) => (across ? cell.row === from.row && (cell.column - from.column) * across > 0 : (cell.row - from.row) * down > 0));
    const far = (cell) => Math.abs(cell.row - from.row) * 20 + Math.abs(cell.column - from.column);
    ahead.sort((one, other) => far(one) - far(other));
    return ahead.length ? ahead[0].key : cursor;
  }
}

// -- values of a column

class Bars extends Chart {
  constructor(board, data) {
    super(board, data);
    this.list = html("div", { class: "dtx-list", role: "group" });
    this.more = html("p", { class: "dtx-more" });
    this.body.append(this.list, this.more);
    this.list.addEventListener("keydown", (event) => {
      const down = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") this.choose(null);
      else if (down) (down > 0 ? document.activeElement.nextElementSibling : document.activeElement.previousElementSibling)?.focus();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  draw() {
    const { rows, more } = this.data;
    const focused = this.list.contains(document.activeElement) ? document.activeElement.dataset.code : null;
    const values = rows.map((row) => row.value ?? 0);
    const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)];
    const span = most - least || 1;
    this.list.setAttribute("aria-label", `${this.data.label} by ${this.data.title}`);
    this.list.replaceChildren(...rows.map((row) => {
      const value = row.value ?? 0;
      const bar = html("i", { class: value < 0 ? "dtx-loss" : "" });
      bar.style.left = `${((Math.min(0, value) - least) / span) * 100}%`;
      bar.style.width = `${(Math.abs(value) / span) * 100}%`;
      const name = html("span", { class: "dtx-label" });
      name.textContent = row.name;
      name.title = row.name;
      const number = html("span", { class: "dtx-number" });
      number.textContent = said(this.write.exact, row.value);
      const button = html("button", { type: "button", "aria-pressed": String(row.chosen) }, name, html("span", { class: "dtx-track" }, bar), number);
      button.dataset.code = row.code;
      if (this.data.active && !row.chosen) button.classList.add("dtx-out");
      button.addEventListener("click", () => this.toggle(row.code));
      return button;
    }));
    this.more.textContent = more ? `and ${more.toLocaleString(locale)} more, which the table holds` : "";
    if (focused !== null) this.list.querySelector(`[data-code="${focused}"]`)?.focus();
  }

  toggle(code) {
    const chosen = new Set(this.data.rows.filter((row) => row.chosen).map((row) => row.code));
    if (!chosen.delete(code)) chosen.add(code);
    this.choose(chosen.size ? [...chosen] : null);
  }
}

// -- the table

class Table {
  constructor(board) {
    this.board = board;
    this.filter = html("input", { type: "search", placeholder: "filter by name", "aria-label": "filter the table by name" });
    this.filter.addEventListener("input", () => this.tell({}));
    this.filter.addEventListener("keydown", (event) => event.stopPropagation());
    this.head = html("tr");
    this.rows = html("tbody");
    this.foot = html("p", { class: "dtx-more" });
    const table = html("table", {}, html("thead", {}, this.head), this.rows);
    this.heading = html("h3");
    this.card = html("section", { class: "dtx-card dtx-table" }, html("header", {}, this.heading, this.filter), html("div", { class: "dtx-scroll", tabindex: "0", role: "region", "aria-label": "table" }, table), this.foot);
  }

  tell(change) {
    this.board.tell({ table: { sort: this.data.sort, descending: this.data.descending, text: this.filter.value, ...change } });
  }

  update(data) {
    this.data = data;
    const names = data.columns.filter((column) => column.unit === "").map((column) => column.label);
    this.heading.textContent = names.join(" × ");
    const focused = this.head.contains(document.activeElement) ? document.activeElement.dataset.column : null;
    this.head.replaceChildren(...data.columns.map((column) => {
      const button = html("button", { type: "button" });
      const sorted = column.name === data.sort;
      button.textContent = column.label + (sorted ? (data.descending ? " ▾" : " ▴") : "");
      button.dataset.column = column.name;
      button.addEventListener("click", () => this.tell({ sort: column.name, descending: sorted ? !data.descending : column.unit !== "" }));
      return html("th", { scope: "col", class: column.unit ? "dtx-right" : "", "aria-sort": sorted ? (data.descending ? "descending" : "ascending") : "none" }, button);
    }));
    if (focused !== null) [...this.head.querySelectorAll("button")].find((one) => one.dataset.column === focused)?.focus();
    const writers = data.columns.map((column) => (column.unit ? writer(column.unit, this.board.currency).exact : null));
    this.rows.replaceChildren(...data.rows.map((row) => html("tr", {}, ...row.map((cell, at) => {
      const made = html("td", { class: writers[at] ? "dtx-right" : "" });
      made.textContent = writers[at] ? said(writers[at], cell) : cell;
      return made;
    }))));
    const cut = data.rows.length < data.matching ? `the first ${data.rows.length} of ` : "";
    this.foot.textContent = `${cut}${data.matching.toLocaleString(locale)} ${data.matching === 1 ? "row" : "rows"}${data.text ? ` with that name, of ${data.every.toLocaleString(locale)}` : ""}`;
  }
}

// -- the board

const KINDS = { trend: Span, talk: Span, week: Week, states: States, bars: Bars };

class Board {
  constructor(model, el) {
    this.model = model;
    this.asked = 0;
    this.waiting = false;
    this.next = null;
    this.charts = new Map();
    this.head = html("div", { class: "dtx-headline" });
    this.metric = html("select", { "aria-label": "metric of the charts" });
    this.metric.addEventListener("change", () => this.tell({ metric: this.metric.value }));
    this.chips = html("div", { class: "dtx-chips" });
    this.live = html("div", { class: "dtx-live", "aria-live": "polite" });
    this.error = html("p", { class: "dtx-error", role: "alert" });
    this.pop = html("div", { class: "dtx-tip" });
    this.grid = html("div", { class: "dtx-grid" });
    this.table = new Table(this);
    this.root = html("div", { class: "dtx" }, html("div", { class: "dtx-top" }, this.head, html("label", { class: "dtx-metric" }, "charts show ", this.metric)), this.chips, this.error, this.grid, this.live, this.pop);
    el.append(this.root);
    this.update();
    this.onChange = () => this.answered();
    model.on("change:shown", this.onChange);
    this.resize = new ResizeObserver(() => this.charts.forEach((chart) => chart.data && chart.draw()));
    this.resize.observe(this.root);
  }

  // One question at a time: while an answer is awaited only the newest choice is kept.
  tell(message) {
    if (this.waiting) {
      this.next = message;
      return;
    }
    this.waiting = true;
    this.asked += 1;
    this.root.classList.add("dtx-busy");
    this.model.send({ ...message, asked: this.asked });
  }

  answered() {
    this.waiting = false;
    this.root.classList.remove("dtx-busy");
    this.update();
    if (this.next) {
      const message = this.next;
      this.next = null;
      this.tell(message);
    }
  }

  speak(text) {
    this.live.textContent = text;
  }

  tip(text, x, y) {
    this.pop.textContent = text ?? "";
    this.pop.hidden = !text;
    if (!text) return;
    const box = this.root.getBoundingClientRect();
    this.pop.style.left = `${Math.max(0, Math.min(x - box.left + 12, box.width - this.pop.offsetWidth - 8))}px`;
    this.pop.style.top = `${y - box.top + 18}px`;
  }

  update() {
    const shown = this.model.get("shown");
    if (!shown.marks) return;
    this.currency = shown.currency;
    locale = shown.locale;
    this.error.textContent = shown.error ?? "";
    const units = new Map(shown.metrics.map((one) => [one.name, one]));
    const nothing = shown.chips.length === 0;
    this.head.replaceChildren(...shown.headline.map((one) => {
      const { label, unit } = units.get(one.name);
      const write = writer(unit, this.currency).exact;
      const big = html("div", { class: "dtx-selected" });
      big.textContent = said(write, one.selected);
      big.dataset.metric = one.name;
      const small = html("div", { class: "dtx-all" });
      small.textContent = nothing ? "all calls" : `of all: ${said(write, one.all)}`;
      return html("div", {}, html("div", { class: "dtx-what" }, label), big, small);
    }));
    this.metric.replaceChildren(...shown.metrics.map((one) => {
      const option = html("option", { value: one.name }, one.label);
      option.selected = one.name === shown.metric;
      return option;
    }));
    const focused = this.chips.contains(document.activeElement);
    this.chips.replaceChildren(...shown.chips.map((chip) => {
      const text = html("span");
      text.textContent = chip.text;
      const button = html("button", { type: "button" }, text, html("b", { "aria-hidden": "true" }, "×"));
      button.setAttribute("aria-label", `take back ${chip.text}`);
      button.addEventListener("click", () => this.tell({ mark: chip.mark, value: null }));
      return button;
    }));
    if (!nothing) {
      const every = html("button", { type: "button", class: "dtx-every" }, "clear all");
      every.addEventListener("click", () => this.tell({ clear: true }));
      this.chips.append(every);
    } else {
      this.chips.append(html("span", { class: "dtx-hint" }, "Drag over days, hours or talk time, click names and states; each choice filters the rest. board.calls has the calls."));
    }
    if (focused) this.chips.querySelector("button")?.focus();
    for (const data of shown.marks) {
      if (!this.charts.has(data.name)) {
        const chart = new KINDS[data.kind](this, data);
        this.charts.set(data.name, chart);
        this.grid.append(chart.card);
      }
      this.charts.get(data.name).update(data);
    }
    if (!this.table.card.isConnected) this.grid.append(this.table.card);
    this.table.update(shown.table);
  }

  gone() {
    this.resize.disconnect();
    this.model.off("change:shown", this.onChange);
  }
}

export default {
  render({ model, el }) {
    const board = new Board(model, el);
    return () => board.gone();
  },
};
