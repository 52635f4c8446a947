// When each host did what, a lane a host, and the tasks that took longest.

const LANE = 26;
const time = { hosts: [], zoom: 1, at: 0 };

function timeView() {
  time.hosts = filtered().hosts.filter((host) => cellsOfHost[host].length);
  time.at = 0;
  if (!time.hosts.length) return element("p", { class: "empty" }, "No task ran.");
  const zoom = (factor) => () => {
    time.zoom = Math.min(64, Math.max(1, time.zoom * factor));
    layoutTime();
  };
  time.canvas = element("div", { class: "canvas", role: "presentation" });
  time.box = element(
    "div",
    { id: "lanes", tabindex: "0", "aria-label": "When each host did what", onscroll: () => requestAnimationFrame(paintTime), onclick: timeClick, onkeydown: timeKey },
    time.canvas,
  );
  return element(
    "div",
    { class: "time" },
    element(
      "div",
      { class: "tools" },
      element("button", { onclick: zoom(2), "aria-label": "Closer" }, "+"),
      element("button", { onclick: zoom(0.5), "aria-label": "Farther" }, "−"),
      element("span", { class: "from" }, `${duration(data.took)} in all`),
    ),
    time.box,
    slowest(),
  );
}

function layoutTime() {
  if (!time.box || !time.box.isConnected) return;
  const width = time.box.clientWidth;
  time.names = Math.min(180, Math.max(70, width * 0.22));
  time.span = Math.max(1, data.took);
  time.scale = ((width - time.names - 12) * time.zoom) / time.span;
  time.canvas.style.width = `${time.names + 10 + time.span * time.scale}px`;
  time.canvas.style.height = `${(time.hosts.length + 1) * LANE}px`;
  paintTime();
}

function paintTime() {
  const { box, canvas, hosts } = time;
  if (!box.isConnected) return;
  const from = Math.max(0, Math.floor(box.scrollTop / LANE) - 2);
  const to = Math.min(hosts.length, Math.ceil((box.scrollTop + box.clientHeight) / LANE) + 2);
  const seen = [box.scrollLeft - 50, box.scrollLeft + box.clientWidth + 50];
  const lanes = [axis()];
  for (let lane = from; lane < to; lane += 1) lanes.push(laneOf(hosts[lane], lane, seen));
  canvas.replaceChildren(...lanes);
}

// A round number of milliseconds for every hundred pixels or so.
function axis() {
  const least = 110 / time.scale;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= least);
  const made = element("div", { class: "lane axis" }, element("div", { class: "name", style: { width: `${time.names}px` } }, "Host"));
  for (let at = 0; at <= time.span; at += step) {
    made.append(element("span", { class: "tick", style: { left: `${time.names + at * time.scale}px` } }, duration(Math.round(at))));
  }
  return made;
}

function laneOf(host, lane, [first, last]) {
  const made = element(
    "div",
    { class: "lane", style: { top: `${(lane + 1) * LANE}px` } },
    element("div", { class: `name${lane === time.at ? " at" : ""}`, title: data.hosts[host], "data-host": host, style: { width: `${time.names}px` } }, short(host)),
  );
  let covered = -1;
  for (const cell of cellsOfHost[host]) {
    const left = time.names + cell[BEGAN] * time.scale;
    const width = Math.max(1.5, cell[TOOK] * time.scale - 0.5);
    // What would be under another one, or is out of sight, is not made.
    if (left + width < covered + 0.75 || left + width < first || left > last) continue;
    covered = left + width;
    const { key, sign } = STATUS[cell[KIND]];
    made.append(
      element(
        "div",
        {
          class: `bar s-${key}${isWanted(cell[KIND]) ? "" : " dim"}`,
          title: `${titleOf(cell[TASK])}: ${key}, ${duration(cell[TOOK])}`,
          "data-task": cell[TASK], "data-host": host,
          style: { left: `${left}px`, width: `${width}px` },
        },
        width > 16 ? sign : "",
        width > 90 ? ` ${titleOf(cell[TASK])}` : "",
      ),
    );
  }
  return made;
}

function timeClick(event) {
  const { task, host } = event.target.dataset;
  if (host != null) openPanel({ task: task == null ? null : Number(task), host: Number(host) });
}

// Up and down choose a host, Enter opens it; left and right scroll.
function timeKey(event) {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (event.key === "Enter") openPanel({ task: null, host: time.hosts[time.at] });
  else if (by) {
    time.at = Math.min(Math.max(time.at + by, 0), time.hosts.length - 1);
    const top = time.at * LANE;
    if (top < time.box.scrollTop) time.box.scrollTop = top;
    if (top + 2 * LANE > time.box.scrollTop + time.box.clientHeight) time.box.scrollTop = top + 2 * LANE - time.box.clientHeight;
    paintTime();
  } else return;
  event.preventDefault();
}

function slowest() {
  const rows = filtered()
    .tasks.map((task) => {
      const cells = cellsOfTask[task].filter((cell) => cell[KIND] !== 7);
      const longest = cells.reduce((most, cell) => (!most || cell[TOOK] > most[TOOK] ? cell : most), null);
      const total = cells.reduce((sum, cell) => sum + cell[TOOK], 0);
      return { task, longest, total, mean: Math.round(total / Math.max(1, cells.length)) };
    })
    .filter((row) => row.longest)
    .sort((left, right) => right.longest[TOOK] - left.longest[TOOK]);
  const row = ({ task, longest, mean }) =>
    element(
      "tr",
      {},
      element("td", {}, element("button", { class: "link", onclick: () => openPanel({ task, host: longest[HOST] }) }, titleOf(task))),
      element("td", {}, duration(longest[TOOK])),
      element("td", {}, short(longest[HOST])),
      element("td", {}, duration(mean)),
    );
  const heads = ["Task", "Longest", "On", "Mean"].map((head) => element("th", { scope: "col" }, head));
  return element(
    "section",
    { class: "slowest" },
    element("h2", {}, "What took longest"),
    element("table", {}, element("thead", {}, element("tr", {}, heads)), element("tbody", {}, rows.slice(0, 20).map(row))),
  );
}
