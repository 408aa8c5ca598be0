(function () {
  // One stop of the tab key for the whole table; the arrow keys go on from there.
  const grid = document.getElementById("grid");
  const links = Array.from(grid.querySelectorAll("tbody td a"));
  const stop = (link) => { for (const one of links) one.tabIndex = one === link ? 0 : -1; };
  stop(links[0]);
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -Infinity], End: [0, Infinity] };
  grid.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    const cell = event.target.closest("tbody td");
    if (!step || !cell || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const some = Array.from(grid.querySelectorAll(".clause")).filter((row) => !row.hidden);
    const within = (number, most) => Math.max(0, Math.min(most, number));
    const row = some[within(some.indexOf(cell.parentElement) + step[0], some.length - 1)];
    const next = row.cells[within(cell.cellIndex - 1 + step[1], row.cells.length - 2) + 1].querySelector("a");
    stop(next);
    next.focus();
  });
  grid.addEventListener("focusin", (event) => { if (event.target.matches("tbody td a")) stop(event.target); });
})();
