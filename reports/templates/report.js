"use strict";
(function () {
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const root = document.documentElement;

  // The choice of colours is kept where the browser lets a file keep anything.
  const kept = { get: () => { try { return localStorage.getItem("waitctx-theme"); } catch { return null; } },
    set: (name) => { try { localStorage.setItem("waitctx-theme", name); } catch { /* not kept */ } } };
  const theme = document.getElementById("theme");
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const label = () => { theme.textContent = dark() ? "Light colours" : "Dark colours"; };
  if (kept.get() === "dark" || kept.get() === "light") root.dataset.theme = kept.get();
  theme.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; kept.set(root.dataset.theme); label(); });
  theme.hidden = false;
  label();

  const search = document.getElementById("search");
  const boxes = all("#verdicts input");
  const clauses = all(".clause").map((row) => ({ row, text: row.textContent.toLowerCase(), verdict: row.dataset.verdict }));
  const said = document.getElementById("said");
  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const { row, text, verdict } of clauses) {
      row.hidden = !(wanted.has(verdict) && words.every((word) => text.includes(word)));
      shown += !row.hidden;
    }
    for (const group of all(".group")) group.hidden = all(".clause", group).every((row) => row.hidden);
    said.textContent = shown + " of " + clauses.length + " clauses";
  }
  search.addEventListener("input", filter);
  for (const box of boxes) box.addEventListener("change", filter);
  document.getElementById("tools").hidden = false;
  filter();

  const unfold = document.getElementById("unfold");
  if (unfold) unfold.addEventListener("click", () => {
    const open = unfold.getAttribute("aria-pressed") !== "true";
    for (const { row } of clauses) row.open = open && !row.hidden;
    unfold.setAttribute("aria-pressed", String(open));
  });

  // What a link leads to is unfolded, and shown even if it was filtered out.
  function reveal() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const box = target && target.closest("details");
    if (!box) return;
    if (target.hidden) { search.value = ""; for (const one of boxes) one.checked = true; filter(); }
    for (let outer = box; outer; outer = outer.parentElement.closest("details")) outer.open = true;
    target.scrollIntoView({ block: box === target ? "start" : "center" });
    (box === target ? target.querySelector("summary") : target).focus({ preventScroll: true });
  }
  addEventListener("hashchange", reveal);
  reveal();

  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.matches("input")) return;
    event.preventDefault();
    search.focus();
  });

  // On paper nothing can be unfolded: what failed is printed whole.
  let folded = [];
  addEventListener("beforeprint", () => { folded = all(".failure:not([open])"); for (const one of folded) one.open = true; });
  addEventListener("afterprint", () => { for (const one of folded) one.open = false; });
})();
