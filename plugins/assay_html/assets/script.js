"use strict";
(() => {
  const PAGE = 100;
  const SVG = "http://www.w3.org/2000/svg";
  const make = (name, text) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const draw = (name, attributes) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };

  // --- tables that sort, filter and save

  function grid(box) {
    const content = JSON.parse(box.querySelector("script").textContent);
    const columns = content.columns.map(([title, numeric, bar]) => ({ title, numeric, bar }));
    const rows = content.rows;
    const state = { order: rows.map((_, index) => index), sorted: -1, down: false, first: 0, shown: [] };
    const body = box.querySelector("tbody");
    const tools = box.querySelector(".tools");
    const pages = box.querySelector(".pages");
    const heads = [...box.querySelectorAll("thead th")];
    const status = columns.findIndex((column) => column.title === "status");
    let folded = null;

    const key = (row, index) => (row[index].length > 1 && typeof row[index][1] !== "string" ? row[index][1] : row[index][0]);
    const compare = (index, down) => (a, b) => {
      const [x, y] = [key(rows[a], index), key(rows[b], index)];
      const none = (value) => value === null || value === "";
      if (none(x) || none(y)) return none(x) - none(y) || a - b;
      const found = columns[index].numeric ? x - y : x < y ? -1 : x > y ? 1 : 0;
      return (down ? -found : found) || a - b;
    };

    function cell(value, column, most) {
      const element = make("td");
      if (column.numeric) element.className = "n";
      if (value.length === 2 && typeof value[1] === "string") {
        const more = make("details");
        more.append(make("summary", value[0]), value[1]);
        element.append(more);
      } else {
        element.append(make("bdi", value[0]));
      }
      if (column.bar && typeof value[1] === "number" && most) {
        const part = (number) => `${((100 * number) / most).toFixed(1)}%`;
        const lossy = value[0].startsWith("*");
        const bar = draw("svg", { class: lossy ? "bar hollow" : "bar", "aria-hidden": "true" });
        bar.append(draw("rect", { width: part(value[1]) }));
        if (value.length === 4) bar.append(draw("line", { x1: part(value[2]), x2: part(value[3]) }));
        element.append(bar);
      }
      return element;
    }

    function show() {
      const last = Math.min(state.first + PAGE, state.shown.length);
      body.replaceChildren(
        ...state.shown.slice(state.first, last).map((index) => {
          const line = make("tr");
          line.append(...rows[index].map((value, number) => cell(value, columns[number], content.most[content.groups[index]][number])));
          return line;
        }),
      );
      tools.querySelector("output").textContent =
        state.shown.length === rows.length ? `${rows.length} rows` : `${state.shown.length} of ${rows.length} rows`;
      pages.hidden = state.shown.length <= PAGE;
      pages.querySelector("span").textContent = `${state.shown.length ? state.first + 1 : 0} to ${last} of ${state.shown.length}`;
      pages.querySelector("[name=back]").disabled = state.first === 0;
      pages.querySelector("[name=on]").disabled = last >= state.shown.length;
    }

    function choose() {
      const words = tools.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
      const wanted = tools.elements.status.value;
      if (words.length && folded === null) {
        folded = rows.map((row) => row.map((value) => (typeof value[1] === "string" ? value[1] : value[0])).join("\n").toLowerCase());
      }
      state.shown = state.order.filter(
        (index) => (!wanted || rows[index][status][0] === wanted) && words.every((word) => folded[index].includes(word)),
      );
      state.first = 0;
      show();
    }

    heads.forEach((head, index) => {
      const button = make("button", head.textContent);
      button.type = "button";
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        state.down = state.sorted === index ? !state.down : columns[index].numeric;
        state.sorted = index;
        state.order = rows.map((_, number) => number).sort(compare(index, state.down));
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
        choose();
      });
    });
    tools.addEventListener("submit", (event) => event.preventDefault());
    tools.addEventListener("input", choose);
    pages.querySelector("[name=back]").addEventListener("click", () => { state.first -= PAGE; show(); });
    pages.querySelector("[name=on]").addEventListener("click", () => { state.first += PAGE; show(); });
    tools.querySelector("[name=save]").addEventListener("click", () => {
      const plain = (value) => (typeof value[1] === "number" ? String(value[1]) : guarded(typeof value[1] === "string" ? value[1] : value[0]));
      const lines = [columns.map((column) => column.title), ...state.shown.map((index) => rows[index].map(plain))];
      const text = lines.map((line) => line.map((part) => `"${part.replaceAll('"', '""')}"`).join(",")).join("\r\n") + "\r\n";
      const link = make("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
      link.download = `${box.dataset.grid}.csv`;
      link.click();
      URL.revokeObjectURL(link.href);
    });
    tools.hidden = false;
    choose();
  }

  // A spreadsheet takes text that begins so for a formula, and so it does after a semicolon that ends a cell.
  const guarded = (text) => text.replace(/(^|;)(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20'])/g, "$1$2'");

  // --- the tokens of a text

  async function unpack(text) {
    const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const data = new Uint8Array(await new Response(stream).arrayBuffer());
    const numbers = [];
    for (let at = 0; at < data.length; ) {
      let number = 0;
      let scale = 1;
      for (; data[at] & 0x80; at++, scale *= 128) number += (data[at] & 0x7f) * scale;
      numbers.push(number + data[at++] * scale);
    }
    return numbers;
  }

  async function lost(pack) {
    const numbers = await unpack(pack);
    const found = [];
    let end = 0;
    for (let at = 0; at < numbers.length; at += 2) {
      const start = end + numbers[at];
      end = start + numbers[at + 1];
      found.push({ start, end });
    }
    return found;
  }

  async function tokens(pack) {
    const numbers = await unpack(pack);
    const found = [];
    let start = 0;
    for (let at = 0; at < numbers.length; at += 3) {
      start += numbers[at] % 2 ? -(numbers[at] + 1) / 2 : numbers[at] / 2;
      const flags = numbers[at + 2] % 4;
      found.push({ start, end: start + numbers[at + 1], id: (numbers[at + 2] - flags) / 4, unknown: flags >= 2 });
    }
    return found;
  }

  function reader(box) {
    const content = JSON.parse(box.querySelector("script").textContent);
    const text = box.querySelector("pre");
    const about = box.querySelector(".about");
    const line = box.querySelector(".token");
    const near = box.querySelector(".near");
    const able = typeof Highlight !== "undefined" && CSS.highlights;
    const cache = new Map();
    const state = { tokens: [], lost: [], hex: {}, at: -1 };
    text.textContent = content.text;
    const node = text.firstChild || text.appendChild(document.createTextNode(""));
    const range = (start, end) => {
      const made = new StaticRange({ startContainer: node, startOffset: start, endContainer: node, endOffset: end });
      return made;
    };
    const named = (token, number) => {
      if (state.hex[number] !== undefined) return state.hex[number].match(/../g).map((part) => part.toUpperCase()).join(" ");
      const part = content.text.slice(token.start, token.end);
      return part === "" ? "(nothing of the text)" : part.replaceAll(" ", "·").replaceAll("\n", "⏎").replaceAll("\t", "⇥");
    };

    function point(number, scroll) {
      if (!state.tokens.length) return;
      state.at = Math.max(0, Math.min(number, state.tokens.length - 1));
      const token = state.tokens[state.at];
      const marks = [token.unknown ? "unknown" : "", state.hex[state.at] !== undefined ? "bytes that are no whole character" : ""];
      line.textContent = `token ${state.at + 1} of ${state.tokens.length}: ${named(token, state.at)}, id ${token.id}` +
        marks.filter(Boolean).map((mark) => `, ${mark}`).join("");
      if (able) CSS.highlights.set("cursor", new Highlight(range(token.start, token.end)));
      const first = Math.max(0, Math.min(state.at - 4, state.tokens.length - 9));
      near.replaceChildren(
        ...state.tokens.slice(first, first + 9).map((other, index) => {
          const item = make("li");
          item.append(make("bdi", named(other, first + index)), make("small", String(other.id)));
          if (first + index === state.at) item.setAttribute("aria-current", "true");
          if (state.hex[first + index] !== undefined) item.classList.add("bytes");
          if (other.unknown) item.classList.add("unknown");
          return item;
        }),
      );
      if (scroll) {
        const living = document.createRange();
        living.setStart(node, token.start);
        living.setEnd(node, Math.max(token.end, Math.min(token.start + 1, node.length)));
        const place = living.getBoundingClientRect();
        const frame = text.getBoundingClientRect();
        if (place.top < frame.top || place.bottom > frame.bottom) text.scrollTop += place.top - frame.top - frame.height / 2;
      }
    }

    async function choose(number) {
      const one = content.tokenizers[number];
      if (one.reason !== undefined) {
        about.textContent = `${one.name}: ${one.reason}`;
        Object.assign(state, { tokens: [], lost: [], hex: {}, at: -1 });
      } else {
        if (!cache.has(number)) cache.set(number, { tokens: await tokens(content.packs[one.packed]), lost: await lost(content.packs[one.lost]) });
        Object.assign(state, { ...cache.get(number), hex: one.hex, at: -1 });
        about.textContent = `${one.count.toLocaleString("en")} tokens` +
          (one.unknown ? `, ${one.unknown.toLocaleString("en")} unknown` : "") +
          (one.exact ? "; decoding them gives this text again" : "; decoding them gives another text");
      }
      box.dataset.tokenizer = one.name;
      if (able) {
        const kinds = { even: new Highlight(), odd: new Highlight(), unknown: new Highlight(), lost: new Highlight() };
        state.tokens.forEach((token, index) => {
          kinds[token.unknown ? "unknown" : index % 2 ? "odd" : "even"].add(range(token.start, token.end));
        });
        for (const gap of state.lost) kinds.lost.add(range(gap.start, gap.end));
        for (const [name, kind] of Object.entries(kinds)) CSS.highlights.set(name, kind);
        CSS.highlights.delete("cursor");
      }
      line.textContent = able ? "no token pointed at" : "this browser cannot tint the tokens; the cursor still tells them";
      near.replaceChildren();
    }

    function beneath(event) {
      const found = document.caretPositionFromPoint?.(event.clientX, event.clientY);
      const old = found ? null : document.caretRangeFromPoint?.(event.clientX, event.clientY);
      const at = found ? found.offset : old ? old.startOffset : -1;
      if ((found ? found.offsetNode : old?.startContainer) !== node) return;
      let [low, high] = [0, state.tokens.length - 1];
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (state.tokens[middle].start <= at) low = middle;
        else high = middle - 1;
      }
      if (low !== state.at) point(low, false);
    }

    const moves = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10, Home: -Infinity, End: Infinity };
    text.addEventListener("keydown", (event) => {
      if (!(event.key in moves) || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      point(state.at < 0 && event.key === "ArrowLeft" ? 0 : state.at + moves[event.key], true);
    });
    text.addEventListener("pointermove", beneath);
    text.addEventListener("click", beneath);
    box.querySelector("fieldset").addEventListener("change", (event) => choose(Number(event.target.value)));
    for (const part of box.querySelectorAll("[hidden]")) part.hidden = false;
    return choose(0);
  }

  const ready = [...document.querySelectorAll("[data-reader]")].map(reader);
  document.querySelectorAll("[data-grid]").forEach(grid);
  Promise.all(ready).then(() => {
    document.documentElement.dataset.ready = performance.now().toFixed(1);
  });
})();
