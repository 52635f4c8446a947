// The page as a whole: heading, filters, tabs, and what is shown below them.

const OUTCOMES = {
  good: ["ok", "all is well"],
  failed: ["failed", "a host failed"],
  unreachable: ["unreachable", "a host could not be reached"],
  wrong: ["failed", "the playbook is wrong"],
  interrupted: ["interrupted", "interrupted"],
};

const VIEW_OF = { results: gridView, changes: changesView, unknowns: unknownsView, time: timeView, graph: graphView, messages: messagesView };

function heading() {
  const [kind, words] = OUTCOMES[data.outcome];
  const failed = data.outcome === "failed" ? new Set(data.cells.filter((cell) => cell[KIND] === 3).map((cell) => cell[HOST])).size : 0;
  const when = new Date(data.began);
  document.title = `${data.name || "Capstan"}: ${data.dry ? "dry run" : "run"}`;
  byId("heading").append(
    element("h1", {}, data.name || "A run", element("span", { class: `mode${data.dry ? " dry" : ""}` }, data.dry ? "dry run" : "real run")),
    element(
      "p",
      {},
      element("span", { class: `badge s-${kind}` }, failed > 1 ? `${number(failed)} hosts failed` : words),
      ` ${plural(data.tasks.length, "task")} on ${plural(data.hosts.length, "host")} in ${duration(data.took)}, `,
      element("time", { datetime: when.toISOString() }, when.toLocaleString()),
    ),
  );
}

function legend() {
  const chip = (status, kind) =>
    counts[kind] > 0 &&
    element(
      "button",
      {
        class: `chip s-${status.key}`, "aria-pressed": state.kinds.has(kind) ? "true" : "false", title: status.about,
        onclick: () => {
          if (!state.kinds.delete(kind)) state.kinds.add(kind);
          show();
        },
      },
      element("span", { class: "sign", "aria-hidden": "true" }, status.sign),
      `${status.key} `,
      element("span", { class: "count" }, number(counts[kind])),
    );
  const clear = element("button", { class: "clear", onclick: () => { state.kinds.clear(); state.task = ""; state.host = ""; show(); } }, "show all");
  const narrowed = state.kinds.size || state.task || state.host;
  byId("legend").replaceChildren(...STATUS.map(chip).filter(Boolean), ...(narrowed ? [clear] : []));
}

function tabs() {
  const notes = {
    changes: counts[1] && number(counts[1]),
    unknowns: counts[5] && number(counts[5]),
    messages: data.messages.length && number(data.messages.length),
  };
  const tab = (view) =>
    element(
      "button",
      {
        role: "tab", id: `tab-${view}`, "aria-selected": view === state.view ? "true" : "false", "aria-controls": "view",
        tabindex: view === state.view ? "0" : "-1",
        onclick: () => { state.view = view; show(); },
      },
      view[0].toUpperCase() + view.slice(1),
      notes[view] ? element("span", { class: "count" }, notes[view]) : null,
    );
  const wanted = VIEWS.filter((view) => view !== "unknowns" || data.dry);
  byId("tabs").replaceChildren(...wanted.map(tab));
  byId(`tab-${state.view}`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function panel() {
  const box = byId("panel");
  const what = state.open;
  document.body.classList.toggle("with-panel", Boolean(what));
  box.hidden = !what;
  if (!what) return box.replaceChildren();
  const [title, made] = what.task == null ? hostPanel(what.host) : what.host == null ? taskPanel(what.task) : resultPanel(what.task, what.host);
  box.replaceChildren(
    element(
      "div",
      { class: "panel-head" },
      element("h2", { id: "panel-title" }, title),
      element("button", { class: "close", "aria-label": "Close", title: "Close (Esc)", onclick: close }, "×"),
    ),
    element("div", { class: "panel-body" }, made),
  );
}

function open(what) {
  state.open = what;
  panel();
  writeAddress();
  layoutGrid();
  if (grid.box?.isConnected && what.task != null && gridPosition(what)) {
    intoView();
    paintGrid();
  }
}

function close() {
  state.open = null;
  panel();
  writeAddress();
  layoutGrid();
  layoutTime();
  (grid.box?.isConnected ? grid.box : byId("view")).focus({ preventScroll: true });
}

// Everything anew from the state.
function show() {
  legend();
  tabs();
  for (const [id, key] of [["task-filter", "task"], ["host-filter", "host"]]) {
    if (byId(id).value !== state[key]) byId(id).value = state[key];
  }
  const { hosts, tasks } = filtered();
  const narrowed = state.kinds.size || state.task || state.host;
  byId("found").textContent = narrowed ? `${plural(tasks.length, "task")} on ${plural(hosts.length, "host")}` : "";
  byId("view").replaceChildren(VIEW_OF[state.view]());
  byId("view").setAttribute("aria-labelledby", `tab-${state.view}`);
  byId("view").dataset.view = state.view;
  panel();
  writeAddress();
  layoutGrid();
  layoutTime();
  if (state.open && state.view === "results" && gridPosition(state.open)) {
    intoView();
    paintGrid();
  }
}

for (const [id, key] of [["task-filter", "task"], ["host-filter", "host"]]) {
  byId(id).addEventListener("input", (event) => {
    state[key] = event.target.value;
    show();
  });
}

byId("tabs").addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const all = [...byId("tabs").children];
  const next = all[(all.indexOf(document.activeElement) + by + all.length) % all.length];
  next.click();
  byId(next.id).focus();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && state.open) close();
  if (event.key === "/" && !/input/i.test(document.activeElement.tagName)) {
    byId("task-filter").focus();
    event.preventDefault();
  }
});

addEventListener("resize", () => { layoutGrid(); layoutTime(); });
addEventListener("hashchange", () => { readAddress(); show(); });

heading();
readAddress();
show();
