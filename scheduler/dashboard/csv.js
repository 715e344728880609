// As much of contact lists as the page reads by itself: the first rows of a file, to show its columns, and rejected rows,
// to write them down. The server reads the list; what is said here is only shown.

const FIRST_BYTES = 65_536;

/** The first rows of a file that is CSV, TSV or JSON Lines, gzipped or not: `{columns, rows}`; null where only the server can read it. */
export async function firstRows(file) {
  const name = file.name.toLowerCase();
  if (/\.xlsx(\.gz)?$/.test(name)) return null;
  const text = await firstText(file, name.endsWith(".gz"));
  if (text === null) return null;
  if (/\.(jsonl|ndjson|json)(\.gz)?$/.test(name) || text.startsWith("{")) return fromJson(text);
  const delimiter = /\.tsv(\.gz)?$/.test(name) ? "\t" : likelyDelimiter(text);
  const rows = records(text, delimiter, 6);
  return rows.length ? { columns: rows[0].map((one) => one.trim()), rows: rows.slice(1) } : { columns: [], rows: [] };
}

async function firstText(file, zipped) {
  let stream = file.slice(0, FIRST_BYTES).stream();
  if (zipped) stream = stream.pipeThrough(new DecompressionStream("gzip"));
  const reader = stream.getReader();
  const decoder = new TextDecoder("utf-8");
  let text = "";
  try {
    while (text.length < FIRST_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // A part of a gzip file ends too early: what came before is enough.
    if (text === "") return null;
  }
  return text.replace(/^\uFEFF/, "");
}

function fromJson(text) {
  const rows = text.split("\n").slice(0, 5).flatMap((line) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
  const columns = [...new Set(rows.flatMap(Object.keys))];
  return { columns, rows: rows.map((row) => columns.map((name) => String(row[name] ?? ""))) };
}

function likelyDelimiter(text) {
  const header = text.split(/\r?\n/, 1)[0];
  const counted = [",", ";", "\t", "|"].map((one) => [header.split(one).length, one]);
  return counted.sort((a, b) => b[0] - a[0])[0][1];
}

/** The first records of a CSV: fields may be quoted, and then hold anything. The last one may be cut off, and is left out. */
export function records(text, delimiter, most) {
  const rows = [];
  let row = [];
  let field = "";
  let quoted = false;
  for (let at = 0; at < text.length && rows.length < most; at += 1) {
    const one = text[at];
    if (quoted) {
      if (one !== '"') field += one;
      else if (text[at + 1] === '"') (field += one), (at += 1);
      else quoted = false;
    } else if (one === '"' && field === "") quoted = true;
    else if (one === delimiter) row.push(field), (field = "");
    else if (one === "\n") {
      row.push(field.replace(/\r$/, ""));
      if (row.length > 1 || row[0] !== "") rows.push(row);
      (row = []), (field = "");
    } else field += one;
  }
  if (rows.length < most && text.length < FIRST_BYTES && (field !== "" || row.length)) rows.push([...row, field]);
  return rows;
}

const quote = (text) => (/[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Rejected rows as a file: each as it was, with `line` and `reason` behind it. `answer` is an upload's, in JSON Lines. */
export function rejectsFile(answer) {
  const [first, ...lines] = answer.trimEnd().split("\n");
  const { header } = JSON.parse(first);
  const delimiter = header?.delimiter ?? ",";
  const rows = lines.map((line) => JSON.parse(line));
  const plain = (row) => row.row ?? new TextDecoder().decode(Uint8Array.from(atob(row.row_base64 ?? ""), (one) => one.charCodeAt(0)));
  if (!header) return rows.map((row) => JSON.stringify({ row: plain(row), line: row.line, reason: row.reason })).join("\n") + "\n";
  const missing = (text) => delimiter.repeat(Math.max(0, header.columns - records(`${text}\n`, delimiter, 1)[0]?.length || 0));
  const body = rows.map((row) => {
    const text = plain(row).replace(/[\r\n]+$/, "");
    return [text + missing(text), row.line, quote(row.reason)].join(delimiter);
  });
  return [[header.text, "line", "reason"].join(delimiter), ...body].join("\n") + "\n";
}
