// The panel: a result, a task on all hosts, or a host.

const LINES_SHOWN = 80;

const LINE_CLASS = {
  N: "new", C: "changed", G: "gone", U: "used", n: "note", h: "head", "@": "hunk",
  "+": "added", "-": "removed", " ": "same", f: "folded",
};
const LINE_SIGN = { N: "+ ", C: "~ ", G: "- ", U: "! ", n: "    ", h: "", "@": "", f: "    " };

function differenceLine(line) {
  const mark = line[0] || " ";
  return element("div", { class: `line ${LINE_CLASS[mark]}` }, (LINE_SIGN[mark] ?? mark) + line.slice(1) || " ");
}

function difference(numbered) {
  const lines = text(numbered).split("\n");
  const more = (count) => `show ${plural(count, "more line")}`;
  return element("div", { class: "difference", tabindex: "0" }, shortened(lines, LINES_SHOWN, differenceLine, more));
}

function unknownCause(unknown) {
  const from = data.tasks.findIndex((task) => task.place != null && text(task.place) === text(unknown.place));
  const title = text(unknown.task);
  return element(
    "div",
    { class: "cause" },
    element("strong", {}, "Nobody can know: "),
    text(unknown.cause),
    (title || text(unknown.place)) &&
      element(
        "div",
        { class: "from" },
        "because of ",
        from >= 0 ? element("button", { class: "link", onclick: () => open({ task: from, host: null }) }, title || "a task") : title,
        element("code", {}, ` ${text(unknown.place)}`),
      ),
  );
}

// All that there is to say of a result, or of an item.
function detailParts(detail, expanded) {
  const parts = [];
  if (detail.unknown) parts.push(unknownCause(detail.unknown));
  if (detail.error != null) parts.push(element("pre", { class: "error", tabindex: "0" }, text(detail.error)));
  for (const warning of detail.warnings || []) parts.push(element("p", { class: "warning" }, text(warning)));
  for (const what of detail.included || []) parts.push(element("p", { class: "from" }, "included ", element("code", {}, text(what))));
  for (const numbered of detail.differences || []) parts.push(difference(numbered));
  for (const item of detail.items || []) {
    const inside = detailParts(item.detail, false);
    const title = [badge(item.status), element("code", {}, text(item.label))];
    const open = ![0, 2].includes(item.status);
    parts.push(
      inside.length
        ? element("details", { class: "item", open }, element("summary", {}, title), inside)
        : element("div", { class: "item plain" }, title),
    );
  }
  if (detail.result != null) parts.push(...resultParts(text(detail.result), expanded));
  return parts;
}

// What a program wrote, as text; then the result as it was registered, without what repeats that.
function resultParts(written, expanded) {
  const parts = [];
  let shown = written;
  try {
    const result = JSON.parse(written);
    for (const name of ["stdout", "stderr"]) {
      if (typeof result[name] !== "string") continue;
      if (result[name].trim()) parts.push(element("h4", {}, name), element("pre", { tabindex: "0" }, result[name]));
      for (const key of [name, `${name}_lines`]) delete result[key];
    }
    shown = JSON.stringify(result, null, 4);
  } catch {
    // A text that lost its middle is shown as it is.
  }
  if (shown !== "{}") {
    if (parts.length) parts.push(element("h4", {}, "as it was registered"));
    parts.push(element("pre", { tabindex: "0" }, shown));
  }
  return parts.length ? [element("details", { class: "result", open: expanded }, element("summary", {}, "Result"), parts)] : [];
}

function parts(cell) {
  const detail = detailOf(cell);
  const told = detail.differences || detail.items || detail.unknown;
  const made = detailParts(detail, !told || cell[KIND] === 3);
  if (cell[KIND] === 1 && !data.diff) {
    made.unshift(element("p", { class: "from" }, "Run it with --diff to see what changes."));
  }
  return made.length ? made : [element("p", { class: "from" }, "There is nothing more to say.")];
}

function facts(rows) {
  return element(
    "dl",
    { class: "facts" },
    rows.filter(([, value]) => value).flatMap(([key, value]) => [element("dt", {}, key), element("dd", {}, value)]),
  );
}

function taskFacts(task) {
  const { play, handler, action } = data.tasks[task];
  return [
    ["Place", placeOf(task) && element("code", {}, placeOf(task))],
    ["Action", action != null && element("code", {}, text(action))],
    ["Play", data.plays[play] && text(data.plays[play].name)],
    ["Handler", handler && "yes"],
  ];
}

function resultPanel(task, host) {
  const cell = cellAt(task, host);
  const step = (label, by, list, make) => {
    const next = list[list.indexOf(make === "host" ? host : task) + by];
    const to = make === "host" ? { task, host: next } : { task: next, host };
    return element("button", { disabled: next == null, onclick: () => open(to), "aria-label": label, title: label }, by < 0 ? "‹" : "›");
  };
  const { hosts } = filtered();
  const hostsHere = hosts.filter((other) => cellAt(task, other));
  const tasksHere = cellsOfHost[host].map((other) => other[TASK]);
  const detail = cell ? detailOf(cell) : {};
  return [
    titleOf(task),
    [
      element(
        "div",
        { class: "steps" },
        element("span", {}, step("Previous task on this host", -1, tasksHere, "task"), " task ", step("Next task on this host", 1, tasksHere, "task")),
        element("span", {}, step("Previous host", -1, hostsHere, "host"), " host ", step("Next host", 1, hostsHere, "host")),
        element("button", { onclick: () => open({ task, host: null }) }, "all hosts"),
      ),
      element(
        "p",
        { class: "what" },
        cell ? badge(cell[KIND]) : "did not run",
        " on ",
        element("button", { class: "link", onclick: () => open({ task: null, host }) }, data.hosts[host]),
        detail.delegate != null && [" by ", element("strong", {}, text(detail.delegate))],
      ),
      facts([
        ...taskFacts(task),
        ["Time", cell && cell[KIND] !== 7 && `${duration(cell[TOOK])}, from ${duration(cell[BEGAN])} on`],
      ]),
      cell && parts(cell),
    ],
  ];
}

// Hosts to which the same happened are told together, the worst first.
function groups(task) {
  const found = new Map();
  for (const cell of cellsOfTask[task]) {
    const key = `${cell[KIND]}.${cell[DETAIL]}`;
    if (!found.has(key)) found.set(key, { cell, hosts: [] });
    found.get(key).hosts.push(cell[HOST]);
  }
  const rank = (group) => WORST.indexOf(group.cell[KIND]);
  return [...found.values()].sort((left, right) => rank(left) - rank(right) || right.hosts.length - left.hosts.length);
}

// What is inside is made when it is opened: there may be many.
function groupElement({ cell, hosts }, open) {
  const inside = () => [
    parts(cell),
    hosts.length > 1 &&
      element(
        "p",
        { class: "hosts" },
        shortened(
          hosts,
          40,
          (host) => element("button", { class: "link", onclick: () => openPanel({ task: cell[TASK], host }) }, short(host)),
          (count) => plural(count, "more host"),
        ),
      ),
  ];
  const made = element(
    "details",
    { class: "group", open },
    element("summary", {}, badge(cell[KIND]), element("span", { class: "who" }, hostNames(hosts))),
  );
  const fill = () => made.append(...[inside()].flat(Infinity).filter(Boolean));
  if (open) fill();
  else made.addEventListener("toggle", fill, { once: true });
  return made;
}

function taskPanel(task) {
  const cells = cellsOfTask[task];
  const longest = cells.reduce((most, cell) => (cell[TOOK] > most[TOOK] ? cell : most), cells[0]);
  const all = groups(task);
  return [
    titleOf(task),
    [
      facts([
        ...taskFacts(task),
        ["Longest", longest && `${duration(longest[TOOK])} on ${data.hosts[longest[HOST]]}`],
      ]),
      shortened(all, 20, (group, index) => groupElement(group, index < 2), (count) => `show ${plural(count, "other result")}`),
    ],
  ];
}

function hostPanel(host) {
  const cells = cellsOfHost[host];
  const tally = STATUS.map((_, kind) => cells.filter((cell) => cell[KIND] === kind).length);
  const link = (cell) =>
    element(
      "li",
      {},
      badge(cell[KIND]),
      element("button", { class: "link", onclick: () => openPanel({ task: cell[TASK], host }) }, titleOf(cell[TASK])),
      element("span", { class: "from" }, ` ${duration(cell[TOOK])}`),
    );
  return [
    data.hosts[host],
    [
      element("p", { class: "tally" }, tally.map((count, kind) => count > 0 && badge(kind, ` ${number(count)}`))),
      element(
        "button",
        { onclick: () => { state.host = data.hosts[host]; state.open = null; show(); } },
        "show this host only",
      ),
      element("ul", { class: "plain" }, shortened(cells, 400, link, (count) => plural(count, "more task"))),
    ],
  ];
}

function openPanel(what) {
  open(what);
  byId("panel").focus();
}
