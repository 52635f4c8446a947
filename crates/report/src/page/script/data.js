// The run as it was written down, and ways to ask it.

const data = JSON.parse(document.getElementById("capstan-data").textContent);
const text = (number) => data.texts[number];

// In the order of their numbers.
const STATUS = [
  { key: "ok", sign: "✓", about: "as it should be" },
  { key: "changed", sign: "~", about: data.dry ? "would change something" : "changed something" },
  { key: "skipped", sign: "–", about: "a condition said no" },
  { key: "failed", sign: "×", about: "failed" },
  { key: "unreachable", sign: "∅", about: "the host could not be reached" },
  { key: "unknown", sign: "?", about: "a dry run can't know" },
  { key: "ignored", sign: "!", about: "failed, and the play went on all the same" },
  { key: "interrupted", sign: "■", about: "was at work when the run was interrupted" },
];
// The worst first: what a task as a whole is marked with.
const WORST = [3, 4, 7, 6, 5, 1, 0, 2];

const [TASK, HOST, KIND, BEGAN, TOOK, DETAIL] = [0, 1, 2, 3, 4, 5];

// The cell of a task on a host, by both numbers; -1 for none.
const places = new Int32Array(data.tasks.length * data.hosts.length).fill(-1);
data.cells.forEach((cell, number) => (places[cell[TASK] * data.hosts.length + cell[HOST]] = number));

const cellAt = (task, host) => data.cells[places[task * data.hosts.length + host]];
const detailOf = (cell) => data.details[cell[DETAIL]] || {};

const cellsOfTask = data.tasks.map(() => []);
const cellsOfHost = data.hosts.map(() => []);
const counts = STATUS.map(() => 0);
for (const cell of data.cells) {
  cellsOfTask[cell[TASK]].push(cell);
  cellsOfHost[cell[HOST]].push(cell);
  counts[cell[KIND]] += 1;
}
cellsOfHost.forEach((cells) => cells.sort((left, right) => left[BEGAN] - right[BEGAN]));

const worstOf = (cells) => WORST.find((kind) => cells.some((cell) => cell[KIND] === kind));
const titleOf = (task) => text(data.tasks[task].title) || "(no name)";
const placeOf = (task) => (data.tasks[task].place == null ? "" : text(data.tasks[task].place));

// What all hosts' names end with from a dot on: it tells nothing apart.
const shared = (() => {
  const ends = data.hosts.map((host) => (host.includes(".") ? host.slice(host.indexOf(".")) : ""));
  const isAddress = data.hosts.some((host) => /^[\d.:]+$/.test(host));
  return data.hosts.length > 1 && !isAddress && ends.every((end) => end === ends[0]) ? ends[0] : "";
})();
const short = (host) => data.hosts[host].slice(0, data.hosts[host].length - shared.length);

function duration(milliseconds) {
  if (milliseconds < 1000) return `${milliseconds} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const number = (value) => value.toLocaleString("en");
const plural = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;
