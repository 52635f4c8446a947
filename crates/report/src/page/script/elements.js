// Elements made without any markup in strings, so that nothing in the data can be one.

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "style") Object.assign(made.style, value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return made;
}

const byId = (id) => document.getElementById(id);

// A status by sign and word.
function badge(kind, note = "") {
  const { key, sign } = STATUS[kind];
  return element(
    "span",
    { class: `badge s-${key}` },
    element("span", { class: "sign", "aria-hidden": "true" }, sign),
    key + note,
  );
}

// A list of which only the beginning is made at first.
function shortened(items, shown, make, more) {
  const made = items.slice(0, shown).map(make);
  if (items.length <= shown) return made;
  const button = element(
    "button",
    {
      class: "more",
      onclick: () => button.replaceWith(...items.slice(shown).map(make)),
    },
    more(items.length - shown),
  );
  return [...made, button];
}

function hostNames(hosts) {
  if (hosts.length === 1) return data.hosts[hosts[0]];
  const named = hosts.slice(0, 6).map(short).join(", ");
  const rest = hosts.length > 6 ? ` and ${number(hosts.length - 6)} more` : "";
  return `${number(hosts.length)} hosts: ${named}${rest}`;
}
