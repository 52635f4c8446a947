// Tasks by hosts. Only what can be seen is made, so that it works for many of both.

const grid = { rows: [], hosts: [], at: { row: 0, column: 0 }, ends: [] };
const coarse = matchMedia("(pointer: coarse)").matches;
const ROW = coarse ? 38 : 30;

function gridRows(tasks) {
  const rows = [];
  let play = -1;
  for (const task of tasks) {
    if (data.tasks[task].play !== play) {
      play = data.tasks[task].play;
      rows.push({ play });
    }
    rows.push({ task });
  }
  return rows;
}

// How wide names and columns are: with few hosts there is room for words.
function measure(width) {
  const longestHost = grid.hosts.reduce((most, host) => Math.max(most, short(host).length), 0);
  grid.titles = Math.round(Math.min(460, Math.max(150, width * (width < 600 ? 0.52 : 0.36))));
  const room = (width - grid.titles - 2) / Math.max(1, grid.hosts.length);
  grid.column = Math.floor(Math.min(190, Math.max(coarse ? 38 : 28, room)));
  grid.wide = grid.column >= 128;
  grid.upright = !grid.wide && longestHost * 8 + 12 > grid.column;
  grid.head = grid.upright ? Math.min(150, longestHost * 7.5 + 18) : 34;
}

function gridView() {
  const { hosts, tasks } = filtered();
  grid.hosts = hosts;
  grid.rows = gridRows(tasks);
  if (!tasks.length || !hosts.length) {
    return element("p", { class: "empty" }, data.cells.length ? "No result is like that." : "No task ran.");
  }
  grid.box = element("div", {
    id: "grid",
    role: "grid",
    tabindex: "0",
    "aria-label": "Tasks by hosts",
    "aria-rowcount": grid.rows.length + 1,
    "aria-colcount": hosts.length + 1,
    onscroll: () => requestAnimationFrame(paintGrid),
    onkeydown: gridKey,
    onclick: gridClick,
  });
  grid.canvas = element("div", { class: "canvas", role: "presentation" });
  grid.box.append(grid.canvas);
  return grid.box;
}

function layoutGrid() {
  if (!grid.box || !grid.box.isConnected) return;
  measure(grid.box.clientWidth);
  grid.canvas.style.width = `${grid.titles + grid.hosts.length * grid.column}px`;
  grid.canvas.style.height = `${grid.head + grid.rows.length * ROW}px`;
  grid.at = gridPosition(state.open) || grid.at;
  grid.at.row = Math.min(Math.max(grid.at.row, 1), grid.rows.length - 1);
  grid.at.column = Math.min(grid.at.column, grid.hosts.length - 1);
  paintGrid();
}

function gridPosition(what) {
  if (!what || what.task == null) return null;
  const row = grid.rows.findIndex((row) => row.task === what.task);
  const column = what.host == null ? 0 : grid.hosts.indexOf(what.host);
  return row < 0 || column < 0 ? null : { row, column };
}

function paintGrid() {
  const { box, canvas } = grid;
  if (!box.isConnected) return;
  const span = (from, size, extent, count) => [
    Math.max(0, Math.floor(from / size) - 3),
    Math.min(count, Math.ceil((from + extent) / size) + 3),
  ];
  const rows = span(box.scrollTop, ROW, box.clientHeight, grid.rows.length);
  const columns = span(box.scrollLeft, grid.column, box.clientWidth, grid.hosts.length);
  const parts = [headRow(columns)];
  for (let row = rows[0]; row < rows[1]; row += 1) parts.push(gridRow(row, columns));
  canvas.replaceChildren(...parts);
  box.setAttribute("aria-activedescendant", `cell-${grid.at.row}-${grid.at.column}`);
}

function headRow([from, to]) {
  const head = element(
    "div",
    { class: `row head${grid.upright ? " upright" : ""}`, role: "row", "aria-rowindex": 1, style: { height: `${grid.head}px` } },
    element("div", { class: "title", role: "columnheader", style: { width: `${grid.titles}px` } }, "Task"),
  );
  for (let column = from; column < to; column += 1) {
    const name = data.hosts[grid.hosts[column]];
    head.append(
      element(
        "div",
        {
          class: "host", role: "columnheader", "aria-colindex": column + 2, title: name, "data-host": grid.hosts[column],
          style: { left: `${grid.titles + column * grid.column}px`, width: `${grid.column}px` },
        },
        element("span", {}, short(grid.hosts[column])),
      ),
    );
  }
  return head;
}

function gridRow(index, [from, to]) {
  const { play, task } = grid.rows[index];
  const style = { top: `${grid.head + index * ROW}px`, height: `${ROW}px` };
  if (task == null) {
    const name = text(data.plays[play].name) || "play";
    const title = element("div", { class: "title", role: "rowheader", title: name, style: { maxWidth: `${grid.box.clientWidth}px` } }, name);
    return element("div", { class: "row play", role: "row", "aria-rowindex": index + 2, style }, title);
  }
  const worst = worstOf(cellsOfTask[task]);
  const title = element(
    "div",
    { class: "title", role: "rowheader", "data-task": task, title: `${titleOf(task)}\n${placeOf(task)}`, style: { width: `${grid.titles}px` } },
    element("span", { class: `dot s-${STATUS[worst]?.key}`, "aria-hidden": "true" }, STATUS[worst]?.sign ?? ""),
    data.tasks[task].handler && element("span", { class: "handler", title: "handler" }, "↳"),
    element("span", { class: "words" }, titleOf(task)),
  );
  const row = element("div", { class: "row", role: "row", "aria-rowindex": index + 2, style }, title);
  for (let column = from; column < to; column += 1) row.append(gridCell(index, column, task));
  return row;
}

function gridCell(row, column, task) {
  const host = grid.hosts[column];
  const cell = cellAt(task, host);
  const status = cell && STATUS[cell[KIND]];
  const at = grid.at.row === row && grid.at.column === column;
  const opened = state.open && state.open.task === task && (state.open.host === host || state.open.host == null);
  const classes = ["cell", status ? `s-${status.key}` : "none", at && "at", opened && "opened", cell && !isWanted(cell[KIND]) && "dim"];
  return element(
    "div",
    {
      class: classes.filter(Boolean).join(" "),
      id: `cell-${row}-${column}`,
      role: "gridcell",
      "aria-colindex": column + 2,
      "aria-selected": opened ? "true" : "false",
      "aria-label": `${data.hosts[host]}: ${status ? status.key : "did not run"}`,
      title: status ? `${data.hosts[host]}: ${status.key}, ${duration(cell[TOOK])}` : `${data.hosts[host]}: did not run`,
      "data-row": row,
      "data-column": column,
      style: { left: `${grid.titles + column * grid.column}px`, width: `${grid.column}px` },
    },
    status && element("span", { class: "sign" }, status.sign),
    status && grid.wide && element("span", { class: "word" }, status.key),
    status && grid.wide && cell[TOOK] >= 100 && element("span", { class: "took" }, duration(cell[TOOK])),
  );
}

function gridClick(event) {
  const cell = event.target.closest(".cell");
  const title = event.target.closest("[data-task]");
  const host = event.target.closest("[data-host]");
  if (cell) {
    grid.at = { row: Number(cell.dataset.row), column: Number(cell.dataset.column) };
    openPanel({ task: grid.rows[grid.at.row].task, host: grid.hosts[grid.at.column] });
  } else if (title) openPanel({ task: Number(title.dataset.task), host: null });
  else if (host) openPanel({ task: null, host: Number(host.dataset.host) });
}

function gridKey(event) {
  const page = Math.max(1, Math.floor(grid.box.clientHeight / ROW) - 3);
  const moves = {
    ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
    PageUp: [-page, 0], PageDown: [page, 0],
    Home: event.ctrlKey ? [-Infinity, -Infinity] : [0, -Infinity], End: event.ctrlKey ? [Infinity, Infinity] : [0, Infinity],
  };
  const what = () => ({ task: grid.rows[grid.at.row].task, host: grid.hosts[grid.at.column] });
  if (event.key === "Enter" || event.key === " ") {
    openPanel(what());
  } else if (moves[event.key]) {
    const [down, right] = moves[event.key];
    const within = (value, most) => Math.min(Math.max(value, 0), most);
    let row = within(grid.at.row + down, grid.rows.length - 1);
    // The names of plays are no results.
    if (grid.rows[row].task == null) row = row + (down > 0 || row === 0 ? 1 : -1);
    grid.at = { row, column: within(grid.at.column + right, grid.hosts.length - 1) };
    intoView();
    if (state.open) open(what());
    else paintGrid();
  } else return;
  event.preventDefault();
}

// Scrolls so that the cell at the cursor is not under the names.
function intoView() {
  const { box, at } = grid;
  const [top, left] = [at.row * ROW, at.column * grid.column];
  const [height, width] = [box.clientHeight - grid.head, box.clientWidth - grid.titles];
  if (top < box.scrollTop) box.scrollTop = top;
  if (top + ROW > box.scrollTop + height) box.scrollTop = top + ROW - height;
  if (left < box.scrollLeft) box.scrollLeft = left;
  if (left + grid.column > box.scrollLeft + width) box.scrollLeft = left + grid.column - width;
}
