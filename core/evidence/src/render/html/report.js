"use strict";
(() => {
  const form = document.querySelector(".filters");
  const rows = [...document.querySelectorAll(".executions > tbody")];
  const shown = document.querySelector("#shown");
  const texts = new Map();
  const text = (row) => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  };
  const apply = () => {
    const verdicts = new Set([...form.querySelectorAll("input[name=verdict]:checked")].map((box) => box.value));
    const look = form.elements.look.checked;
    const wanted = form.elements.text.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      const fits = verdicts.has(row.dataset.verdict) && (!look || row.classList.contains("look")) && (!wanted || text(row).includes(wanted));
      row.hidden = !fits;
      count += fits;
    }
    shown.textContent = `${count} of ${rows.length} executions shown`;
  };
  const all = (open) => {
    for (const row of rows) if (!row.hidden) row.querySelector("details").open = open;
  };
  if (form) {
    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(apply));
    document.querySelector("#open").addEventListener("click", () => all(true));
    document.querySelector("#close").addEventListener("click", () => all(false));
    apply();
  }
  // A link to an execution opens it, and shows it even if the filters hide it.
  const follow = () => {
    const row = rows.find((row) => `#${row.id}` === location.hash);
    if (!row) return;
    row.hidden = false;
    row.querySelector("details").open = true;
    row.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  follow();
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = rows.map((row) => row.querySelector("details")).filter((details) => !details.open);
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of closed) details.open = false;
  });
})();
