// Icons, drawn on 24 × 24 with lines of one width. They are marks beside words, so screen readers pass them over.

import { s } from "./dom.js";

const PATHS = {
  campaigns: ["M4 6h16", "M4 12h10", "M4 18h6", "M17 14l4 3-4 3z"],
  contacts: ["M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "M4 20c1.2-3.2 4.2-5 8-5s6.800 1.800 8 5"],
  shield: ["M12 3l7 3v5c0 4.600-2.900 8.200-7 10-4.100-1.800-7-5.400-7-10V6z", "M9 9l6 6", "M15 9l-6 6"],
  providers: ["M5 5h14v5H5z", "M5 14h14v5H5z", "M8.500 7.500h.01", "M8.500 16.500h.01"],
  workers: ["M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z", "M12 2.800v3", "M12 18.200v3", "M2.800 12h3", "M18.200 12h3", "M5.500 5.500l2.100 2.100", "M16.400 16.400l2.100 2.100", "M18.500 5.500l-2.100 2.100", "M7.600 16.400l-2.100 2.100"],
  search: ["M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14z", "M16.200 16.200L21 21"],
  play: ["M8 5.500v13l10.500-6.500z"],
  pause: ["M8.500 6v12", "M15.500 6v12"],
  stop: ["M7 7h10v10H7z"],
  check: ["M5 12.500l4.500 4.500L19 7.500"],
  clock: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M12 7v5l3.300 2"],
  draft: ["M5 19l1-4L16 5l3 3L9 18z", "M14 7l3 3"],
  alert: ["M12 4l9 16H3z", "M12 10v4", "M12 17h.01"],
  info: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M12 11v5", "M12 8h.01"],
  slow: ["M5 17a8 8 0 1 1 14 0", "M12 15l-3.500-4"],
  upload: ["M12 16V5", "M7.500 9.500L12 5l4.500 4.500", "M5 19h14"],
  download: ["M12 5v11", "M7.500 11.500L12 16l4.500-4.500", "M5 19h14"],
  sun: ["M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "M12 3v2", "M12 19v2", "M3 12h2", "M19 12h2", "M5.600 5.600L7 7", "M17 17l1.400 1.400", "M18.400 5.600L17 7", "M7 17l-1.400 1.400"],
  moon: ["M20 14.500A8 8 0 0 1 9.500 4 8 8 0 1 0 20 14.500z"],
  auto: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M12 3v18", "M12 7h5", "M12 11h7", "M12 15h6"],
  leave: ["M10 5H5v14h5", "M14 8l4 4-4 4", "M18 12H9"],
  help: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M9.500 9.500c.2-1.500 1.300-2.300 2.600-2.300 1.500 0 2.600 1 2.600 2.300 0 1.800-2.700 2-2.700 4", "M12 16.800h.01"],
  back: ["M14 6l-6 6 6 6"],
  phone: ["M6 4h3l1.500 4.500L8.500 10a11 11 0 0 0 5.500 5.500l1.500-2L20 15v3c0 1.100-.9 2-2 2C10.800 20 4 13.200 4 6c0-1.100.9-2 2-2z"],
  open: ["M12 17.500a5.500 5.500 0 1 0 0-11 5.500 5.500 0 0 0 0 11z"],
  closed: ["M12 17.500a5.500 5.500 0 1 0 0-11 5.500 5.500 0 0 0 0 11z", "M8 8l8 8"],
  plus: ["M12 5v14", "M5 12h14"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  file: ["M7 3h7l4 4v14H7z", "M14 3v4h4"],
};

const FILLED = new Set(["play", "stop", "open"]);

/** An icon by its name. */
export function icon(name, className = "") {
  const lines = PATHS[name].map((d) => s("path", { d }));
  const classes = `icon ${FILLED.has(name) ? "filled" : ""} ${className}`;
  return s("svg", { viewBox: "0 0 24 24", class: classes, "aria-hidden": "true", focusable: "false" }, lines);
}
