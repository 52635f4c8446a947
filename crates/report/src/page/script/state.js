// What is looked at. All of it stands in the address behind `#`, so that it can be passed on and gone back to.

const VIEWS = ["results", "changes", "unknowns", "time", "graph", "messages"];

const state = { view: "results", task: "", host: "", kinds: new Set(), open: null };

// `TASK.HOST`; the host is left out for a task as a whole, and the task for a host as a whole.
function parseOpen(word) {
  const [task, host] = (word || "").split(".").map((part) => (part ? Number(part) : null));
  if (task == null && host == null) return null;
  const known = (value, list) => value == null || (Number.isInteger(value) && value >= 0 && value < list.length);
  return known(task, data.tasks) && known(host, data.hosts) ? { task, host: host ?? null } : null;
}

function readAddress() {
  const words = new URLSearchParams(location.hash.slice(1));
  state.view = VIEWS.includes(words.get("view")) ? words.get("view") : "results";
  state.task = words.get("task") || "";
  state.host = words.get("host") || "";
  const kinds = (words.get("status") || "").split(",").map((key) => STATUS.findIndex((status) => status.key === key));
  state.kinds = new Set(kinds.filter((kind) => kind >= 0));
  state.open = parseOpen(words.get("open"));
}

function writeAddress() {
  const words = new URLSearchParams();
  if (state.view !== "results") words.set("view", state.view);
  if (state.task) words.set("task", state.task);
  if (state.host) words.set("host", state.host);
  if (state.kinds.size) words.set("status", [...state.kinds].map((kind) => STATUS[kind].key).join(","));
  if (state.open) words.set("open", `${state.open.task ?? ""}.${state.open.host ?? ""}`);
  const address = words.toString().replaceAll("%2C", ",");
  if (address !== location.hash.slice(1)) history.replaceState(null, "", address ? `#${address}` : location.pathname);
}

const has = (whole, part) => whole.toLowerCase().includes(part.trim().toLowerCase());
const isWanted = (kind) => state.kinds.size === 0 || state.kinds.has(kind);

// The hosts and tasks that the filters leave, by number.
function filtered() {
  let hosts = data.hosts.map((_, host) => host).filter((host) => !state.host || has(data.hosts[host], state.host));
  let tasks = data.tasks.map((_, task) => task);
  if (state.task) tasks = tasks.filter((task) => has(titleOf(task), state.task) || has(placeOf(task), state.task));
  if (state.kinds.size || state.host) {
    const [ofHosts, ofTasks] = [new Set(hosts), new Set(tasks)];
    const wanted = data.cells.filter(
      (cell) => ofTasks.has(cell[TASK]) && ofHosts.has(cell[HOST]) && isWanted(cell[KIND]),
    );
    const left = { tasks: new Set(wanted.map((cell) => cell[TASK])), hosts: new Set(wanted.map((cell) => cell[HOST])) };
    tasks = tasks.filter((task) => left.tasks.has(task));
    if (state.kinds.size) hosts = hosts.filter((host) => left.hosts.has(host));
  }
  return { hosts, tasks };
}
