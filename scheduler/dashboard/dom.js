// Building and changing the page. Text is always set as text: nothing that comes from a server is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.entries(value).forEach(([key, one]) => element.style.setProperty(key, one));
    else if (name === "value" || name === "checked" || name === "disabled") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...flat(children));
  return element;
}

function flat(children) {
  return children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false && child !== "");
}

/** An element with attributes (`on…`: listeners) and children; empty children are left out. */
export function h(name, props, ...children) {
  return fill(document.createElement(name), props, children);
}

/** The same in SVG. */
export function s(name, props, ...children) {
  return fill(document.createElementNS(SVG, name), props, children);
}

/** Puts other children in place of those an element has. */
export function put(element, ...children) {
  element.replaceChildren(...flat(children));
  return element;
}

/** Sets a text if it is another one, so that what has not changed is left alone. */
export function say(element, text) {
  const wanted = String(text);
  if (element.textContent !== wanted) element.textContent = wanted;
}

/** Sets an attribute if it is another one; null takes it away. */
export function mark(element, name, value) {
  if (value === null || value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) {
    element.setAttribute(name, String(value));
  }
}

const madeFrom = new WeakMap();

/** Rebuilds an element's children only when what they are made from has changed. */
export function when(element, key, build) {
  const known = JSON.stringify(key);
  if (madeFrom.get(element) !== known) {
    madeFrom.set(element, known);
    put(element, build());
  }
}

const kept = new WeakMap();

/** Keeps a list of keyed rows: makes new ones, updates all, drops those that went, and puts them in order. */
export function keyed(parent, items, keyOf, make) {
  if (!kept.has(parent)) kept.set(parent, new Map());
  const known = kept.get(parent);
  const wanted = new Set();
  let before = null;
  for (const item of items) {
    const key = keyOf(item);
    wanted.add(key);
    let row = known.get(key);
    if (!row) known.set(key, (row = make(item)));
    row.update(item);
    const place = before ? before.nextSibling : parent.firstChild;
    if (row.element !== place) parent.insertBefore(row.element, place);
    before = row.element;
  }
  for (const [key, row] of known) {
    if (!wanted.has(key)) {
      row.element.remove();
      known.delete(key);
    }
  }
}

/** Whether the user asked for less movement. */
export const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
