// Changes, unknowns, the graph and messages.

function taskHeading(task, note) {
  return element(
    "h3",
    {},
    element("button", { class: "link", onclick: () => openPanel({ task, host: null }) }, titleOf(task)),
    element("code", {}, placeOf(task)),
    note && element("span", { class: "from" }, note),
  );
}

// What changed, the same on several hosts told once.
function changesView() {
  const { hosts, tasks } = filtered();
  const wanted = new Set(hosts);
  const changed = (cell) => cell[KIND] === 1 || (detailOf(cell).items || []).some((item) => item.status === 1);
  const found = tasks
    .map((task) => [task, groups(task).filter((group) => changed(group.cell))])
    .map(([task, list]) => [task, list.map((group) => ({ ...group, hosts: group.hosts.filter((host) => wanted.has(host)) })).filter((group) => group.hosts.length)])
    .filter(([, list]) => list.length);
  if (!found.length) return element("p", { class: "empty" }, data.dry ? "Nothing would change." : "Nothing changed.");
  const block = ([task, list]) =>
    element(
      "section",
      { class: "block" },
      taskHeading(task),
      shortened(list, 8, (group, index) => groupElement(group, found.length < 40 && index < 3), (count) => `show ${plural(count, "other result")}`),
    );
  return element("div", { class: "list" }, shortened(found, 100, block, (count) => `show ${plural(count, "more task")}`));
}

// Every cause, with the tasks that can't be known because of it.
function unknownsView() {
  const { hosts, tasks } = filtered();
  const [ofHosts, ofTasks] = [new Set(hosts), new Set(tasks)];
  const causes = new Map();
  const note = (unknown, cell) => {
    const key = JSON.stringify(unknown);
    if (!causes.has(key)) causes.set(key, { unknown, tasks: new Map() });
    const affected = causes.get(key).tasks;
    if (!affected.has(cell[TASK])) affected.set(cell[TASK], new Set());
    affected.get(cell[TASK]).add(cell[HOST]);
  };
  for (const cell of data.cells) {
    if (!ofHosts.has(cell[HOST]) || !ofTasks.has(cell[TASK])) continue;
    const detail = detailOf(cell);
    if (detail.unknown) note(detail.unknown, cell);
    for (const item of detail.items || []) if (item.detail.unknown) note(item.detail.unknown, cell);
  }
  if (!causes.size) return element("p", { class: "empty" }, data.dry ? "Everything could be known." : "This was no dry run: nothing is unknown.");
  const affected = ([task, on]) =>
    element(
      "li",
      {},
      element("button", { class: "link", onclick: () => openPanel({ task, host: on.size === 1 ? [...on][0] : null }) }, titleOf(task)),
      element("code", {}, placeOf(task)),
      element("span", { class: "from" }, hostNames([...on])),
    );
  const block = ({ unknown, tasks: list }) =>
    element(
      "section",
      { class: "block" },
      unknownCause(unknown),
      element("p", { class: "from" }, `${plural(list.size, "task")} can't be known for this:`),
      element("ul", { class: "plain" }, shortened([...list], 30, affected, (count) => plural(count, "more task"))),
    );
  const sorted = [...causes.values()].sort((left, right) => right.tasks.size - left.tasks.size);
  return element("div", { class: "list" }, shortened(sorted, 60, block, (count) => `show ${plural(count, "more cause")}`));
}

function messagesView() {
  if (!data.messages.length) return element("p", { class: "empty" }, "There was nothing to warn of.");
  const block = (message) => element("pre", { class: message.error ? "error" : "warning", tabindex: "0" }, text(message.text));
  return element("div", { class: "list" }, shortened(data.messages, 200, block, (count) => `show ${plural(count, "more message")}`));
}

// The pictures of the playbooks, each task marked with the worst that came of it.
function graphView() {
  const pictures = [...byId("graphs").querySelectorAll("template")];
  if (!pictures.length) return element("p", { class: "empty" }, "There is no graph of this run.");
  const byPlace = new Map();
  data.tasks.forEach((_, task) => byPlace.set(placeOf(task), [...(byPlace.get(placeOf(task)) || []), task]));
  const figure = (picture) => {
    const drawn = picture.content.cloneNode(true);
    for (const node of drawn.querySelectorAll("g")) {
      const told = node.querySelector("title")?.textContent || "";
      const tasks = byPlace.get(told.slice(told.lastIndexOf("(") + 1, -1)) || [];
      const worst = worstOf(tasks.flatMap((task) => cellsOfTask[task]));
      // A play stands where its first task does.
      if (worst == null || /^p\d/.test(node.querySelector("text")?.textContent || "")) continue;
      node.classList.add("node", `n-${STATUS[worst].key}`);
      const words = node.querySelector("text");
      words.prepend(`${STATUS[worst].sign} `);
      words.setAttribute("x", words.getAttribute("x") - 5);
      node.setAttribute("tabindex", "0");
      node.setAttribute("role", "button");
      const act = () => openPanel({ task: tasks[0], host: null });
      node.addEventListener("click", act);
      node.addEventListener("keydown", (event) => event.key === "Enter" && act());
    }
    return element(
      "figure",
      { class: "graph" },
      element("figcaption", {}, picture.dataset.name),
      element("div", { class: "paper", tabindex: "0" }, drawn),
    );
  };
  return element("div", { class: "list wide" }, pictures.map(figure));
}
