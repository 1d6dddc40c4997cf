"use strict";
(() => {
  const form = document.querySelector(".filters");
  if (!form) return;
  const rows = [...document.querySelectorAll(".executions > tbody > tr")];
  const months = [...document.querySelectorAll(".month")];
  const shown = document.querySelector("#shown");
  // The details, a line of JSON for each row, once they are decompressed.
  let lines = [];
  const element = (name, className, text = "") => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  };
  // A text with code in backticks.
  const coded = (into, text) => {
    const parts = text.split("`");
    parts.forEach((part, at) => {
      const isCode = at % 2 === 1 && at < parts.length - 1;
      const open = at % 2 === 1 && !isCode ? "`" : "";
      into.append(isCode ? element("code", "", part) : open + part);
    });
    return into;
  };
  const fill = (into, parts) => {
    for (const [kind, text] of parts) {
      if (!kind) into.append(text);
      else if (kind.startsWith("badge")) into.append(element("span", kind, text), " ");
      else if (kind === "message") into.append(coded(element("span", kind), text));
      else into.append(element("div", kind, text));
    }
    return into;
  };
  const table = ({ table: caption, columns, rows }) => {
    const made = element("table", "stack");
    made.append(element("caption", "", caption));
    const head = made.createTHead().insertRow();
    for (const column of columns) {
      const cell = element("th", "", column);
      cell.scope = "col";
      head.append(cell);
    }
    const body = made.createTBody();
    for (const cells of rows) {
      const row = body.insertRow();
      cells.forEach((parts, at) => {
        const cell = fill(element(at ? "td" : "th"), parts);
        if (!at) cell.scope = "row";
        cell.dataset.label = columns[at];
        row.append(cell);
      });
    }
    return made;
  };
  const facts = (pairs) => {
    const made = element("dl", "facts");
    for (const [name, parts] of pairs) made.append(element("dt", "", name), fill(element("dd"), parts));
    return made;
  };
  const inside = (at) => {
    const made = element("div", "inside");
    for (const block of JSON.parse(lines[at])) {
      if (block.facts) made.append(facts(block.facts));
      else if (block.rows.length) made.append(table(block));
    }
    return made;
  };

  const isOpen = (row) => row.nextElementSibling?.classList.contains("more") ?? false;
  const open = (row, wanted) => {
    if (wanted === isOpen(row) || !lines.length) return;
    if (wanted) {
      const more = element("tr", "more");
      const cell = more.insertCell();
      cell.colSpan = row.cells.length;
      cell.append(inside(rows.indexOf(row)));
      row.after(more);
    } else {
      row.nextElementSibling.remove();
    }
    row.querySelector("button").setAttribute("aria-expanded", wanted);
  };
  for (const row of rows) {
    const id = row.cells[1];
    const button = element("button", "open", id.textContent);
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    id.replaceChildren(button);
  }
  document.querySelector("#executions").addEventListener("click", ({ target }) => {
    const row = target.closest("button.open")?.closest("tr");
    if (row) open(row, !isOpen(row));
  });

  const texts = new Map();
  const text = (row, at) => {
    if (!texts.has(row)) texts.set(row, `${row.textContent} ${lines[at] ?? ""}`.toLowerCase());
    return texts.get(row);
  };
  const apply = () => {
    const verdicts = new Set([...form.querySelectorAll("input[name=verdict]:checked")].map((box) => box.value));
    const look = form.elements.look.checked;
    const wanted = form.elements.text.value.trim().toLowerCase();
    let count = 0;
    rows.forEach((row, at) => {
      const fits = verdicts.has(row.classList[0]) && (!look || row.classList.contains("look")) && (!wanted || text(row, at).includes(wanted));
      row.hidden = !fits;
      if (isOpen(row)) row.nextElementSibling.hidden = !fits;
      count += fits;
    });
    for (const month of months) month.hidden = !month.querySelector("tbody > tr:not([hidden])");
    shown.textContent = `${count} of ${rows.length} executions shown`;
  };
  // In steps, so that the page stays usable.
  const all = async (wanted) => {
    for (const [at, row] of rows.entries()) {
      if (!row.hidden) open(row, wanted);
      if (at % 200 === 199) await new Promise((done) => setTimeout(done));
    }
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  document.querySelector("#open").addEventListener("click", () => all(true));
  document.querySelector("#close").addEventListener("click", () => all(false));
  shown.textContent = `${rows.length} of ${rows.length} executions shown`;

  // A link to an execution opens it, and shows it even if the filters hide it.
  const follow = () => {
    const row = rows.find((row) => `#${row.id}` === location.hash);
    if (!row) return;
    row.hidden = false;
    row.closest(".month").hidden = false;
    open(row, true);
    row.scrollIntoView();
    row.querySelector("button").focus({ preventScroll: true });
  };
  addEventListener("hashchange", follow);

  // On paper, the details of all executions are an appendix.
  addEventListener("beforeprint", () => {
    if (document.querySelector("#appendix") || !lines.length) return;
    const appendix = element("section");
    appendix.id = "appendix";
    appendix.append(element("h2", "", "Appendix: the details of each execution"));
    rows.forEach((row, at) => {
      const [started, id, , , verdict] = [...row.cells].map((cell) => cell.textContent);
      const part = element("article");
      part.append(element("h3", "", `${started}, ${id}: ${verdict}`), inside(at));
      appendix.append(part);
    });
    document.querySelector("main").append(appendix);
  });
  addEventListener("afterprint", () => document.querySelector("#appendix")?.remove());

  const unpack = async () => {
    const packed = atob(document.querySelector("#details").textContent);
    const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    lines = (await new Response(stream).text()).split("\n");
    document.documentElement.dataset.ready = "";
    follow();
  };
  unpack();
})();
